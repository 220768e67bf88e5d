//! Waiting for sockets, and for a server that has gone silent.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Registry};

use crate::result::Result;
use crate::times::STALL;

/// Readiness events taken from the kernel at once.
const EVENTS: usize = 1024;

/// The kernel's poller.
pub struct Poller {
    poll: Poll,
    events: Events,
    /// How long nothing has come while waiting. Time that was not spent waiting, as between two turns, does not count.
    silence: Duration,
}

impl Poller {
    /// A poller without sockets.
    ///
    /// # Errors
    /// When none can be made.
    pub fn new() -> Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS),
            silence: Duration::ZERO,
        })
    }

    /// Where sockets are registered.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        self.poll.registry()
    }

    /// Waits until something is ready, at most for `timeout`; a signal may end the wait early.
    ///
    /// # Errors
    /// When the kernel refuses to wait, or nothing has come in [`STALL`] of waiting.
    pub fn wait(&mut self, timeout: Duration) -> Result<()> {
        let begun = Instant::now();
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => self.events.clear(),
            result => result?,
        }
        if !self.events.is_empty() {
            self.silence = Duration::ZERO;
            return Ok(());
        }
        self.silence += begun.elapsed();
        if self.silence > STALL {
            return Err(format!("the server has sent nothing for {} s", STALL.as_secs()).into());
        }
        Ok(())
    }

    /// The events of the last wait.
    #[must_use]
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// Resets the time: nothing is expected of the server until the next wait.
    pub fn reset_silence(&mut self) {
        self.silence = Duration::ZERO;
    }
}
