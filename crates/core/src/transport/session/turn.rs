//! How much of a connection is read before others have their turn.

use std::time::{Duration, Instant};

/// Reads in a row before other connections have their turn.
pub(super) const READS_A_TURN: usize = 8;

/// How long a connection is read before others have their turn. Reads alone are no measure, because tiny
/// messages that are answered here take the thread far longer than reading them.
const TURN: Duration = Duration::from_micros(200);

/// Messages after which the time of the turn is checked.
const MESSAGES_A_LOOK: u32 = 16;

/// Counts of what some bytes contained.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) messages: u64,
    pub(super) bytes: u64,
    /// Bytes that were inflated.
    pub(super) inflated: usize,
    /// Something was queued for the peer.
    pub(super) flush: bool,
}

impl Tally {
    #[inline]
    pub(super) fn message(&mut self, length: usize) {
        self.messages += 1;
        self.bytes += length as u64;
    }
}

/// One connection's turn of the thread. The clock is read only for connections that send much.
#[derive(Default)]
pub(super) struct ReadTurn {
    /// Messages and control frames so far.
    messages: u32,
    /// When the clock was first read.
    began: Option<Instant>,
}

impl ReadTurn {
    /// Counts a message. Returns whether the turn is over.
    #[inline]
    pub(super) fn is_over(&mut self) -> bool {
        self.messages += 1;
        if !self.messages.is_multiple_of(MESSAGES_A_LOOK) {
            return false;
        }
        let began = *self.began.get_or_insert_with(Instant::now);
        began.elapsed() >= TURN
    }
}
