//! What the hub knows of the peer: whether its handshake is resolved, whether it counts as gone, and which of
//! its messages are delivered to the application.

use std::sync::atomic::Ordering::Relaxed;

use super::Connection;

/// Which of the peer's messages are delivered to the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// All.
    All,
    /// Responses only: the application has closed the connection, and may wait for a response.
    Responses,
    /// None: the application has closed the connection, and does not wait for a response.
    Nothing,
}

/// Bits of one byte, so that a [`Connection`] stays small.
pub(super) mod mark {
    /// [`Delivery::Responses`](super::Delivery::Responses).
    pub const DELIVERS_RESPONSES: u8 = 1;
    /// [`Delivery::Nothing`](super::Delivery::Nothing).
    pub const DELIVERS_NOTHING: u8 = 2;
    /// See [`Connection::is_given_up`](super::Connection::is_given_up).
    pub const GIVEN_UP: u8 = 4;
    /// See [`Connection::is_handshake_resolved`](super::Connection::is_handshake_resolved).
    pub const HANDSHAKE_RESOLVED: u8 = 8;
    /// See [`Connection::knows_positions`](super::Connection::knows_positions).
    pub const KNOWS_POSITIONS: u8 = 16;
    /// See [`Connection::is_returning`](super::Connection::is_returning).
    pub const RETURNING: u8 = 32;
    /// The answer to a ping has not come in time.
    pub const PONG_OVERDUE: u8 = 64;
    /// The reader has looked for that answer once.
    pub const PONG_LOOKED_FOR: u8 = 128;
    /// Both.
    pub const PONG: u8 = PONG_OVERDUE | PONG_LOOKED_FOR;
}

impl Connection {
    /// Whether the connection is in the group of all: its handshake is resolved, and the application was told.
    pub fn is_admitted(&self) -> bool {
        self.admitted.load(Relaxed)
    }

    /// Whether the peer may send large messages, and messages for listeners. Its handshake is resolved, or the
    /// answer that resolves it is about to be queued.
    pub fn is_handshake_resolved(&self) -> bool {
        self.marks.load(Relaxed) & mark::HANDSHAKE_RESOLVED != 0
    }

    /// The handshake is about to be resolved. To be called before its answer is queued, because the peer may
    /// send a large message as soon as it has the answer.
    pub fn mark_handshake_resolved(&self) {
        self.marks.fetch_or(mark::HANDSHAKE_RESOLVED, Relaxed);
    }

    /// The handshake is resolved. False when that was known already.
    pub(in crate::hub) fn admit(&self) -> bool {
        self.mark_handshake_resolved();
        !self.admitted.swap(true, Relaxed)
    }

    /// The peer understands positions in rooms, and has brought some if it `is_returning`.
    pub(in crate::hub) fn set_positions(&self, is_returning: bool) {
        let returning = if is_returning { mark::RETURNING } else { 0 };
        self.marks
            .fetch_or(mark::KNOWS_POSITIONS | returning, Relaxed);
    }

    /// Whether the peer is told its positions in rooms with history.
    pub fn knows_positions(&self) -> bool {
        self.marks.load(Relaxed) & mark::KNOWS_POSITIONS != 0
    }

    /// Whether the peer has brought positions: it was connected before.
    pub fn is_returning(&self) -> bool {
        self.marks.load(Relaxed) & mark::RETURNING != 0
    }

    /// From now on the peer counts as gone, whether or not its stream has ended.
    pub(in crate::hub) fn give_up(&self) {
        self.marks.fetch_or(mark::GIVEN_UP, Relaxed);
    }

    /// Whether the peer counts as gone.
    pub fn is_given_up(&self) -> bool {
        self.marks.load(Relaxed) & mark::GIVEN_UP != 0
    }

    /// From now on fewer of the peer's messages are delivered. It is never more again.
    pub fn limit_delivery(&self, delivery: Delivery) {
        let bits = match delivery {
            Delivery::All => return,
            Delivery::Responses => mark::DELIVERS_RESPONSES,
            Delivery::Nothing => mark::DELIVERS_NOTHING,
        };
        self.marks.fetch_or(bits, Relaxed);
    }

    /// Which of the peer's messages are delivered to the application.
    pub fn delivery(&self) -> Delivery {
        match self.marks.load(Relaxed) {
            bits if bits & mark::DELIVERS_NOTHING != 0 => Delivery::Nothing,
            bits if bits & mark::DELIVERS_RESPONSES != 0 => Delivery::Responses,
            _ => Delivery::All,
        }
    }
}
