//! Load generator for the benchmark: one thread, frames built in advance, two message protocols.
//! It puts a case of load on a server and prints what it measured as one line of JSON.

use std::process::ExitCode;
use std::time::Duration;

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
mod window;

use options::Options;
use report::Report;

/// Result of everything that can fail: the message is for a person.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Pause between the handshake's answer and the first request, for every peer: the original loses a
/// request that comes within about a millisecond.
pub const SETTLE: Duration = Duration::from_millis(5);

/// The same for many connections that were opened at once: the original is not done with the last of
/// them when it has answered, and would leave them out of a broadcast.
pub const SETTLE_ALL: Duration = Duration::from_millis(200);

/// A server that sends nothing for this long while it should has failed.
pub const STALL: Duration = Duration::from_secs(10);

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
