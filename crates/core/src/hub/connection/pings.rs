//! The ping that is due or under way.

use std::sync::atomic::Ordering::Relaxed;

use super::Connection;
use super::peer_state::mark;

/// What is kept of the ping under way, in 32 bits, so that a [`Connection`] stays small: when its answer is due, in the hub's
/// milliseconds without the higher bits, or one of these.
mod due {
    /// No ping is under way.
    pub const NONE: u32 = 0;
    /// There is no limit.
    pub const NEVER: u32 = 1;
    /// The least time.
    pub const FIRST: u32 = 2;
}

/// The longest time for an answer, in ms: 24 days.
const LONGEST: u32 = i32::MAX as u32;

/// What a reader finds that has nothing to read, see [`Connection::look_for_pong`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PongState {
    /// No pong is overdue.
    NotDue,
    /// One is, as the reader sees for the first time.
    Unsure,
    /// It still is.
    Missing,
}

impl Connection {
    /// Claims the next ping; false while one is due or under way.
    pub(in crate::hub) fn claim_ping(&self) -> bool {
        !self.is_pinged() && !self.pinging.swap(true, Relaxed)
    }

    /// From now on the answer to a ping is awaited, for `timeout` ms; 0 is no limit.
    pub(in crate::hub) fn await_pong(&self, now: u64, timeout: u32) {
        let due = match timeout {
            0 => due::NEVER,
            _ => (now as u32)
                .wrapping_add(timeout.min(LONGEST))
                .max(due::FIRST),
        };
        self.pong_due.store(due, Relaxed);
    }

    /// Whether a ping is under way.
    pub(in crate::hub) fn is_pinged(&self) -> bool {
        self.pong_due.load(Relaxed) != due::NONE
    }

    /// When the answer to the ping under way is due, in the hub's milliseconds; `None` without one, or without a limit.
    pub(in crate::hub) fn pong_due(&self, now: u64) -> Option<u64> {
        let due = self.pong_due.load(Relaxed);
        let left = due.wrapping_sub(now as u32).cast_signed();
        (due >= due::FIRST).then(|| now.saturating_add_signed(left.into()))
    }

    /// The ping under way is answered, or has failed. False when there is none.
    pub(in crate::hub) fn end_ping(&self) -> bool {
        let marks = mark::PONG_OVERDUE | mark::PONG_LOOKED_FOR;
        self.marks.fetch_and(!marks, Relaxed);
        self.pong_due.swap(due::NONE, Relaxed) != due::NONE
    }

    /// Has the task that owns the stream look for an answer that is due. It may have come, and wait to be read.
    pub(in crate::hub) fn check_pong(&self, now: u64) {
        if self.pong_due(now).is_some_and(|due| now >= due) {
            self.marks.fetch_or(mark::PONG_OVERDUE, Relaxed);
            self.wake();
        }
    }

    /// What becomes of a pong that has not been found.
    pub(in crate::hub) fn look_for_pong(&self) -> PongState {
        let marks = self.marks.load(Relaxed);
        if marks & mark::PONG_OVERDUE == 0 {
            return PongState::NotDue;
        }
        if marks & mark::PONG_LOOKED_FOR != 0 {
            return PongState::Missing;
        }
        self.marks.fetch_or(mark::PONG_LOOKED_FOR, Relaxed);
        PongState::Unsure
    }
}
