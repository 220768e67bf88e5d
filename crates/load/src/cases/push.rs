//! Messages from the server that await an answer (`send()`). Each connection asks the server once to keep some in
//! flight, and answers each message. An operation is one answered message. No latency is recorded, because it would be
//! that of the load generator.

use std::time::Instant;

use super::TICK;
use crate::connection::Connection;
use crate::fleet::{Fleet, Workload};
use crate::frame::{self, Frame};
use crate::options::Options;
use crate::protocol::Protocol;
use crate::report::Report;
use crate::result::Result;
use crate::window::Window;

struct Push {
    protocol: Protocol,
    /// Answers to send at the end of the current read.
    answers: Vec<u8>,
    answered: u64,
}

/// Runs the case.
///
/// # Errors
/// When the server closes a connection, or sends a message that awaits no answer.
pub fn run(options: &Options) -> Result<Report> {
    let mut fleet = Fleet::with_connections(options)?;
    let mut push = Push {
        protocol: options.protocol,
        answers: Vec::new(),
        answered: 0,
    };
    let payload = format!(
        r#"{{"inflight":{},"payload":{}}}"#,
        options.inflight, options.payload
    );
    let ask = frame::text(&options.protocol.message("push", &payload));
    for connection in &mut fleet.connections {
        connection.send(&ask)?;
    }
    let warm = Instant::now() + options.warmup;
    while Instant::now() < warm {
        fleet.turn(&mut push, TICK)?;
    }
    let mut window = Window::open(options)?;
    push.answered = 0;
    while window.goes_on()? {
        fleet.turn(&mut push, TICK)?;
        window.operations = push.answered;
    }
    window.close()
}

impl Workload for Push {
    fn on_message(&mut self, index: usize, message: &Frame<'_>) -> Result<()> {
        let payload = message.payload.unwrap_or_default();
        let answer = self.protocol.answer(payload).ok_or_else(|| {
            format!(
                "connection {index} cannot answer {}",
                String::from_utf8_lossy(payload)
            )
        })?;
        self.answers.extend_from_slice(&answer);
        self.answered += 1;
        Ok(())
    }

    fn after_read(&mut self, index: usize, connections: &mut [Connection]) -> Result<()> {
        connections[index].send(&self.answers)?;
        self.answers.clear();
        Ok(())
    }
}
