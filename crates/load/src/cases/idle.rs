//! Memory of idle connections: the server's resident bytes before and after they are opened. Both are read after a full
//! garbage collection, which the server does when it is asked for `stats`.

use std::time::Duration;

use super::TICK;
use crate::connection::Connection;
use crate::fleet::{Fleet, Workload};
use crate::frame::Frame;
use crate::options::Options;
use crate::process::resident_bytes;
use crate::protocol::Requests;
use crate::report::Report;
use crate::result::Result;

/// Connections that are open already at the first reading, so that what the server loads and compiles for its first
/// connections does not count for the others.
const BEFORE: usize = 100;

/// Time for the server to give memory back after a collection.
const AFTER_COLLECTION: Duration = Duration::from_millis(500);

/// Runs the case; `options.duration` is the pause between the opening and the second reading.
///
/// # Errors
/// When the server closes a connection.
pub fn run(options: &Options) -> Result<Report> {
    let mut fleet = Fleet::new(options)?;
    fleet.open(BEFORE)?;
    let before = collect_and_read(&mut fleet, options)?;
    let count = options.connections.max(1);
    fleet.open(BEFORE + count)?;
    fleet.idle(options.duration)?;
    let after = collect_and_read(&mut fleet, options)?;
    let mut report = Report::default();
    report.add("connections", count as f64);
    report.add("before_bytes", before as f64);
    report.add("after_bytes", after as f64);
    report.add("bytes", (after as f64 - before as f64) / count as f64);
    Ok(report)
}

/// Makes the server collect its garbage twice, and reads its resident memory. The second collection frees what the
/// first has only marked for finalizing.
fn collect_and_read(fleet: &mut Fleet, options: &Options) -> Result<u64> {
    let requests = Requests::echo(options.protocol, "stats", "0", 2);
    for number in 0..2 {
        fleet.connections[0].send(requests.frames(number, 1))?;
        let mut answer = Answer(false);
        while !answer.0 {
            fleet.turn(&mut answer, TICK)?;
        }
        fleet.idle(AFTER_COLLECTION)?;
    }
    resident_bytes(options.pid)
}

/// Waits for any answer.
struct Answer(bool);

impl Workload for Answer {
    fn on_message(&mut self, index: usize, _: &Frame<'_>) -> Result<()> {
        self.0 = index == 0;
        Ok(())
    }

    fn after_read(&mut self, _: usize, _: &mut [Connection]) -> Result<()> {
        Ok(())
    }
}
