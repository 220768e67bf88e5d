//! Does one thing the core does for a message a number of times, and nothing else worth mentioning:
//! a program to run under a counter of instructions (see README.md and run.js).
//!
//! ```text
//! instructions list              the cases, one a line: name and iterations to begin with
//! instructions CASE ITERATIONS
//! ```
//!
//! Everything is the same in every run: payloads, frames, and the order of things.

mod cases;
mod codec;
mod envelope;
mod hub;
mod inputs;
#[path = "../../../crates/load/src/payload.rs"]
mod payload;

use std::process::ExitCode;

use cases::CASES;

const USAGE: &str = "usage: instructions list | instructions CASE ITERATIONS";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["list"] => {
            for case in CASES {
                println!("{} {}", case.name, case.iterations);
            }
            Ok(())
        }
        [name, iterations] => run(name, iterations),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

/// Runs a case, and makes sure that it did what it is there for.
fn run(name: &str, iterations: &str) -> Result<(), String> {
    let case = CASES.iter().find(|case| case.name == name);
    let case = case.ok_or_else(|| format!("no case {name}\n{USAGE}"))?;
    let iterations = iterations.parse().map_err(|_| USAGE.to_owned())?;
    let expected = case.units * iterations;
    let done = (case.run)(iterations);
    if done == expected {
        Ok(())
    } else {
        Err(format!(
            "{name}: {done} of {expected} messages came through"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_does_its_work() {
        for case in CASES {
            assert_eq!(run(case.name, "3"), Ok(()), "{}", case.name);
        }
    }

    #[test]
    fn names_are_unique() {
        for case in CASES {
            let alike = CASES.iter().filter(|other| other.name == case.name);
            assert_eq!(alike.count(), 1, "{}", case.name);
        }
    }

    #[test]
    fn what_cannot_be_run_is_said() {
        assert!(run("no-such-case", "1").is_err());
        assert!(run("scan-64", "many").is_err());
    }
}
