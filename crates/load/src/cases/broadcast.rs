//! Broadcast: connection 0 sends a request, the server sends the payload to all connections, and once all have it,
//! connection 0 sends the next request. An operation is one delivery. The latency is that of a whole broadcast, from
//! the request to the last delivery.

use std::time::{Duration, Instant};

use super::{TICK, expect};
use crate::connection::Connection;
use crate::fleet::{Fleet, Workload};
use crate::frame::{self, Frame};
use crate::options::Options;
use crate::report::Report;
use crate::result::Result;
use crate::window::Window;

struct Broadcast {
    /// The frame of the request.
    ask: Vec<u8>,
    /// Text of each delivery.
    news: String,
    /// Broadcasts that each connection has received.
    received: Vec<usize>,
    /// Broadcasts requested.
    asked: usize,
    /// Deliveries still missing of the current broadcast.
    missing: usize,
    asked_at: Instant,
    /// How long the last complete broadcast took; taken by the main loop.
    completed: Option<Duration>,
}

/// Runs the case.
///
/// # Errors
/// When the server closes a connection or delivers something else.
pub fn run(options: &Options) -> Result<Report> {
    let mut fleet = Fleet::with_connections(options)?;
    let mut broadcast = Broadcast {
        ask: frame::text(&options.protocol.message("broadcast", &options.payload)),
        news: options.protocol.message("news", &options.payload),
        received: vec![0; options.connections],
        asked: 0,
        missing: 0,
        asked_at: Instant::now(),
        completed: None,
    };
    let warm = Instant::now() + options.warmup;
    loop {
        broadcast.run_one(&mut fleet)?;
        if Instant::now() >= warm {
            break;
        }
    }
    let mut window = Window::open(options)?;
    let mut broadcasts = 0;
    loop {
        if options.count == Some(broadcasts) || !window.goes_on()? {
            return window.close();
        }
        let took = broadcast.run_one(&mut fleet)?;
        window.operations += options.connections as u64;
        window.record_latency(took);
        broadcasts += 1;
    }
}

impl Broadcast {
    /// Requests a broadcast, waits until all connections have it, and returns how long that took.
    fn run_one(&mut self, fleet: &mut Fleet) -> Result<Duration> {
        self.asked += 1;
        self.missing = self.received.len();
        self.asked_at = Instant::now();
        fleet.connections[0].send(&self.ask)?;
        loop {
            fleet.turn(self, TICK)?;
            if let Some(took) = self.completed.take() {
                return Ok(took);
            }
        }
    }
}

impl Workload for Broadcast {
    fn on_message(&mut self, index: usize, message: &Frame<'_>) -> Result<()> {
        expect(message, &self.news)?;
        self.received[index] += 1;
        if self.received[index] != self.asked {
            return Err(format!("connection {index} got a broadcast twice").into());
        }
        self.missing -= 1;
        if self.missing == 0 {
            self.completed = Some(self.asked_at.elapsed());
        }
        Ok(())
    }

    fn after_read(&mut self, _: usize, _: &mut [Connection]) -> Result<()> {
        Ok(())
    }
}
