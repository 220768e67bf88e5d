//! What the inbox knows of one connection: a flow, as fair queueing calls it (RFC 8290, section 1.2).

use super::lane::Lane;

/// One connection's part in what waits.
#[derive(Debug, Default)]
pub struct Share {
    /// Number of the batch its last event went into.
    pub(super) batch: u64,
    /// Its number among the readers that ever waited for room; 0 when it never did.
    pub(super) ticket: u64,
    /// Bytes it has waiting, at most: reset when that batch has been taken.
    pub(super) bytes: usize,
    /// The same as work.
    pub(super) work: u32,
    /// Where its events go.
    pub(super) lane: Lane,
    /// It sent more than its share, and has had more to be read ever since.
    pub(super) is_backlogged: bool,
    /// Its handshake is not resolved: clients that are served come first.
    pub(super) is_stranger: bool,
}

impl Share {
    /// The share of a connection whose handshake is not resolved.
    pub fn of_stranger() -> Self {
        Self {
            is_stranger: true,
            ..Self::default()
        }
    }

    /// The handshake is resolved.
    pub fn accept(&mut self) {
        self.is_stranger = false;
    }

    /// Nothing is left to be read from the peer: it has no backlog.
    pub fn caught_up(&mut self) {
        self.is_backlogged = false;
    }

    /// When the connection may have more waiting: when its last batch is taken. If it has to change its
    /// queue, when that is handled.
    pub(super) fn until(&self) -> Until {
        Until {
            lane: self.lane,
            batch: self.batch,
            handled: self.is_backlogged && self.lane == Lane::Sparse,
        }
    }
}

/// A batch that is to be taken, or handled.
#[derive(Clone, Copy)]
pub(super) struct Until {
    pub(super) lane: Lane,
    pub(super) batch: u64,
    pub(super) handled: bool,
}
