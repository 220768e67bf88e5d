//! What a peer may do: whether its handshake is resolved, it counts as gone, and which of its messages the
//! application is still given.

use std::sync::atomic::Ordering::Relaxed;

use super::Connection;

/// Which of the peer's messages the application is still given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heed {
    /// All.
    All,
    /// Responses, for which a promise of the application may wait: it has closed the connection.
    Responses,
    /// None: it has closed the connection, and waits for no response.
    Nothing,
}

/// Bits of one byte, for which there is room in a [`Connection`].
mod mark {
    /// [`Heed::Responses`](super::Heed::Responses).
    pub const HEEDS_RESPONSES: u8 = 1;
    /// [`Heed::Nothing`](super::Heed::Nothing).
    pub const HEEDS_NOTHING: u8 = 2;
    /// See [`Connection::is_given_up`](super::Connection::is_given_up).
    pub const GIVEN_UP: u8 = 4;
    /// See [`Connection::is_trusted`](super::Connection::is_trusted).
    pub const TRUSTED: u8 = 8;
}

impl Connection {
    /// Whether the connection is one of all: its handshake is resolved, and the application was told.
    pub fn is_admitted(&self) -> bool {
        self.admitted.load(Relaxed)
    }

    /// Whether the peer may send large messages, for listeners: its handshake is resolved, or is with the answer
    /// that is on its way.
    pub fn is_trusted(&self) -> bool {
        self.marks.load(Relaxed) & mark::TRUSTED != 0
    }

    /// The handshake is about to be resolved. Called before its answer is queued, which the peer may
    /// follow with a large message at once.
    pub fn trust(&self) {
        self.marks.fetch_or(mark::TRUSTED, Relaxed);
    }

    /// The handshake is resolved. False when that was known already.
    pub(in crate::hub) fn admit(&self) -> bool {
        self.trust();
        !self.admitted.swap(true, Relaxed)
    }

    /// From now on the peer counts as gone, whether or not its stream has ended.
    pub(in crate::hub) fn give_up(&self) {
        self.marks.fetch_or(mark::GIVEN_UP, Relaxed);
    }

    /// Whether the peer counts as gone.
    pub fn is_given_up(&self) -> bool {
        self.marks.load(Relaxed) & mark::GIVEN_UP != 0
    }

    /// Has the application given less of the peer's messages; never more.
    pub fn set_heed(&self, heed: Heed) {
        let bits = match heed {
            Heed::All => return,
            Heed::Responses => mark::HEEDS_RESPONSES,
            Heed::Nothing => mark::HEEDS_NOTHING,
        };
        self.marks.fetch_or(bits, Relaxed);
    }

    /// Which of the peer's messages the application is given.
    pub fn heed(&self) -> Heed {
        match self.marks.load(Relaxed) {
            bits if bits & mark::HEEDS_NOTHING != 0 => Heed::Nothing,
            bits if bits & mark::HEEDS_RESPONSES != 0 => Heed::Responses,
            _ => Heed::All,
        }
    }
}
