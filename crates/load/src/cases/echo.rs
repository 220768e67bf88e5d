//! Request and response in a closed loop: the next request is sent when an answer has come.

use std::collections::VecDeque;
use std::time::Instant;

use super::{TICK, expect};
use crate::connection::Connection;
use crate::fleet::{Fleet, Workload};
use crate::frame::Frame;
use crate::options::Options;
use crate::protocol::Requests;
use crate::report::Report;
use crate::result::Result;
use crate::window::Window;

/// Requests of one connection.
#[derive(Default)]
struct InFlight {
    /// When each unanswered request was sent, oldest first.
    sent: VecDeque<Instant>,
    /// Requests sent so far.
    requests: usize,
    /// Answers received so far.
    answers: usize,
}

struct Echo {
    requests: Requests,
    in_flight: Vec<InFlight>,
    /// Answers that arrived in the current read.
    answered: usize,
    /// When the current read began. All its answers count as having arrived then.
    read_at: Option<Instant>,
    /// With a limit on all requests together, the connection whose turn it is.
    turn: Option<usize>,
    window: Option<Window>,
}

/// Runs the case.
///
/// # Errors
/// When the server closes a connection or answers wrongly.
pub fn run(options: &Options) -> Result<Report> {
    let mut fleet = Fleet::with_connections(options)?;
    let mut echo = Echo {
        requests: Requests::echo(options.protocol, "echo", &options.payload, options.inflight),
        in_flight: std::iter::repeat_with(InFlight::default)
            .take(options.connections)
            .collect(),
        answered: 0,
        read_at: None,
        turn: options.outstanding.map(|_| 0),
        window: None,
    };
    match options.outstanding {
        Some(count) => echo.send_in_turn(count, &mut fleet.connections)?,
        None => {
            for index in 0..options.connections {
                echo.send(index, options.inflight, &mut fleet.connections)?;
            }
        }
    }
    let warm = Instant::now() + options.warmup;
    while Instant::now() < warm {
        fleet.turn(&mut echo, TICK)?;
    }
    echo.window = Some(Window::open(options)?);
    while let Some(window) = &mut echo.window
        && window.goes_on()?
    {
        fleet.turn(&mut echo, TICK)?;
    }
    echo.window.take().ok_or("no window")?.close()
}

impl Echo {
    /// Sends `count` requests on one connection, in one write.
    fn send(&mut self, index: usize, count: usize, connections: &mut [Connection]) -> Result<()> {
        let in_flight = &mut self.in_flight[index];
        connections[index].send(self.requests.frames(in_flight.requests, count))?;
        in_flight.requests += count;
        in_flight
            .sent
            .extend(std::iter::repeat_n(Instant::now(), count));
        Ok(())
    }

    /// Sends `count` requests, each on the next connection.
    fn send_in_turn(&mut self, count: usize, connections: &mut [Connection]) -> Result<()> {
        for _ in 0..count {
            let index = self.turn.unwrap_or_default();
            self.turn = Some((index + 1) % connections.len());
            self.send(index, 1, connections)?;
        }
        Ok(())
    }
}

impl Workload for Echo {
    fn on_message(&mut self, index: usize, message: &Frame<'_>) -> Result<()> {
        let in_flight = &mut self.in_flight[index];
        expect(message, self.requests.answer(in_flight.answers))?;
        let sent = in_flight
            .sent
            .pop_front()
            .ok_or("an answer without a request")?;
        in_flight.answers += 1;
        self.answered += 1;
        let now = *self.read_at.get_or_insert_with(Instant::now);
        if let Some(window) = &mut self.window {
            window.record(now.saturating_duration_since(sent));
        }
        Ok(())
    }

    fn after_read(&mut self, index: usize, connections: &mut [Connection]) -> Result<()> {
        self.read_at = None;
        let count = std::mem::take(&mut self.answered);
        if self.turn.is_some() {
            self.send_in_turn(count, connections)
        } else {
            self.send(index, count, connections)
        }
    }
}
