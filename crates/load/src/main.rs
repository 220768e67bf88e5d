//! Load generator for the benchmark: one thread, frames built in advance, two message protocols.
//! It runs one case against a server and prints what it measured as one line of JSON.

use std::process::ExitCode;

mod cases;
mod connection;
mod fleet;
mod frame;
mod histogram;
mod options;
mod payload;
mod poller;
mod process;
mod protocol;
mod report;
mod result;
mod times;
mod window;

use options::Options;
use report::Report;
use result::Result;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("load: {error}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(report) => {
            println!("{}", report.to_json());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<Report> {
    match options.case.as_str() {
        "echo" => cases::echo::run(options),
        "broadcast" => cases::broadcast::run(options),
        "connect" => cases::connect::run(options),
        "idle" => cases::idle::run(options),
        "push" => cases::push::run(options),
        other => Err(format!("unknown case {other}").into()),
    }
}
