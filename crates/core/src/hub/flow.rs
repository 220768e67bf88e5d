//! What the inbox knows of one connection: a flow, as fair queueing calls it (RFC 8290, section 1.2).

use super::lane::{Lane, Until};

/// What one connection has waiting for the application.
#[derive(Debug, Default)]
pub struct Flow {
    /// Number of the batch its last event went into.
    pub(super) batch: u64,
    /// Its place among the readers that wait for room; 0 while its reader does not wait.
    pub(super) wait_number: u64,
    /// Bytes it has waiting, at most. Reset when that batch has been taken.
    pub(super) bytes: usize,
    /// The same as work ([`Batch::work`](super::batch::Batch::work)).
    pub(super) work: u32,
    /// The queue that its events go to.
    pub(super) lane: Lane,
    /// It exceeded its quota, and there has been more to read ever since.
    pub(super) is_backlogged: bool,
    /// Its handshake is not resolved. Clients whose handshake is resolved come first.
    pub(super) is_handshaking: bool,
}

impl Flow {
    /// The flow of a connection whose handshake is not resolved.
    pub fn before_handshake() -> Self {
        Self {
            is_handshaking: true,
            ..Self::default()
        }
    }

    /// A flow that only tells whether the events of this one have been handled.
    #[must_use]
    pub fn mark(&self) -> Self {
        Self {
            batch: self.batch,
            lane: self.lane,
            ..Self::default()
        }
    }

    /// The handshake is resolved.
    pub fn accept(&mut self) {
        self.is_handshaking = false;
    }

    /// Nothing is left to be read from the peer: it has no backlog.
    pub fn caught_up(&mut self) {
        self.is_backlogged = false;
    }

    /// What has to happen before the connection may have more waiting: see
    /// `Queue::has_come`.
    pub(super) fn until(&self) -> Until {
        Until {
            lane: self.lane,
            batch: self.batch,
            is_backlogged: self.is_backlogged,
        }
    }
}
