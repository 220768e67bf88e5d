//! Many client connections, driven by one thread.

use std::time::{Duration, Instant};

use mio::Token;

use crate::connection::{Connection, Event};
use crate::frame::Frame;
use crate::options::Options;
use crate::poller::Poller;
use crate::result::Result;
use crate::times::{SETTLE_ALL, STALL};

/// Connections that may be opening at the same time: well below the backlog of every peer.
const OPENING_AT_ONCE: usize = 128;
/// Size of the buffer that every connection is read through.
pub const SCRATCH: usize = 256 * 1024;

/// A case handles the messages that arrive.
pub trait Workload {
    /// A message arrived on connection `index`.
    ///
    /// # Errors
    /// When the message is not what the server should have sent.
    fn on_message(&mut self, index: usize, message: &Frame<'_>) -> Result<()>;

    /// All messages that connection `index` had to read have been handed over. Answers are sent here, once for the
    /// whole batch.
    ///
    /// # Errors
    /// When a connection is broken.
    fn after_read(&mut self, index: usize, connections: &mut [Connection]) -> Result<()>;
}

/// Connections, the poller and the shared read buffer.
pub struct Fleet {
    poller: Poller,
    scratch: Vec<u8>,
    options: Options,
    /// All connections, by the number of their token.
    pub connections: Vec<Connection>,
}

impl Fleet {
    /// A fleet without connections.
    ///
    /// # Errors
    /// When no poller can be made.
    pub fn new(options: &Options) -> Result<Self> {
        Ok(Self {
            poller: Poller::new()?,
            scratch: vec![0; SCRATCH],
            options: options.clone(),
            connections: Vec::new(),
        })
    }

    /// A fleet with as many open connections as the options ask for.
    ///
    /// # Errors
    /// As for [`Fleet::open`].
    pub fn with_connections(options: &Options) -> Result<Self> {
        let mut fleet = Self::new(options)?;
        fleet.open(options.connections)?;
        Ok(fleet)
    }

    /// Opens connections until there are `count`, handshakes included, and lets them settle.
    ///
    /// # Errors
    /// When the server refuses one, or nothing happens for [`STALL`].
    pub fn open(&mut self, count: usize) -> Result<()> {
        let mut opening = Opening {
            ready: self.connections.len(),
        };
        while opening.ready < count {
            while self.connections.len() < count
                && self.connections.len() - opening.ready < OPENING_AT_ONCE
            {
                let number = self.connections.len();
                let registry = self.poller.registry();
                let connection = Connection::open(
                    registry,
                    Token(number),
                    self.options.server,
                    self.options.protocol,
                    number,
                )?;
                self.connections.push(connection);
            }
            self.turn_with(&mut opening, STALL, |opening| opening.ready += 1)?;
        }
        // Keep-alive messages may be due to some of the connections while the others settle.
        self.idle(SETTLE_ALL)
    }

    /// Answers pings, and nothing else, for the length of `pause`.
    ///
    /// # Errors
    /// When a connection breaks or sends anything but pings.
    pub fn idle(&mut self, pause: Duration) -> Result<()> {
        let until = Instant::now() + pause;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.poller.reset_silence();
            // A longer wait without an event would count as a failure of the server.
            self.turn(&mut Opening { ready: 0 }, left.min(STALL / 2))?;
        }
    }

    /// Waits for readiness, at most for `timeout`, and serves what is ready.
    ///
    /// # Errors
    /// When a connection ends or breaks, the workload fails, or nothing has happened for [`STALL`].
    pub fn turn<W: Workload>(&mut self, workload: &mut W, timeout: Duration) -> Result<()> {
        self.turn_with(workload, timeout, |_| ())
    }

    fn turn_with<W: Workload>(
        &mut self,
        workload: &mut W,
        timeout: Duration,
        mut on_ready: impl FnMut(&mut W),
    ) -> Result<()> {
        self.poller.wait(timeout)?;
        for event in self.poller.events() {
            let index = event.token().0;
            let connection = &mut self.connections[index];
            connection.flush()?;
            if !event.is_readable() {
                continue;
            }
            let mut got_message = false;
            connection.read(
                &mut self.scratch,
                event.is_read_closed(),
                |event| match event {
                    Event::Ready => {
                        on_ready(workload);
                        Ok(())
                    }
                    Event::Message(frame) => {
                        got_message = true;
                        workload.on_message(index, &frame)
                    }
                    Event::Ended => Err(format!("the server ended connection {index}").into()),
                },
            )?;
            if got_message {
                workload.after_read(index, &mut self.connections)?;
            }
        }
        Ok(())
    }
}

/// The workload of connections that are opening or idle: no message is expected.
struct Opening {
    ready: usize,
}

impl Workload for Opening {
    fn on_message(&mut self, index: usize, message: &Frame<'_>) -> Result<()> {
        let text = String::from_utf8_lossy(message.payload.unwrap_or_default());
        Err(format!("unexpected message on connection {index}: {text}").into())
    }

    fn after_read(&mut self, _: usize, _: &mut [Connection]) -> Result<()> {
        Ok(())
    }
}
