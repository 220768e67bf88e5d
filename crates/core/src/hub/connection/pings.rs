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
        self.marks.fetch_and(!mark::PONG, Relaxed);
        self.pong_due.swap(due::NONE, Relaxed) != due::NONE
    }

    /// Has the task that owns the stream look for an answer that is due. It may have come, and wait to be read.
    pub(in crate::hub) fn check_pong(&self, now: u64) {
        if self.is_overdue(now) {
            self.marks.fetch_or(mark::PONG_OVERDUE, Relaxed);
            self.wake();
        }
    }

    fn is_overdue(&self, now: u64) -> bool {
        self.pong_due(now).is_some_and(|due| now >= due)
    }

    /// What becomes of a pong that has not been found, at `now` in the hub's milliseconds.
    pub(in crate::hub) fn look_for_pong(&self, now: impl FnOnce() -> u64) -> PongState {
        let marks = self.marks.load(Relaxed);
        if marks & mark::PONG_OVERDUE == 0 {
            return PongState::NotDue;
        }
        if !self.is_overdue(now()) {
            // Another thread has set the mark right after the answer had come.
            self.marks.fetch_and(!mark::PONG, Relaxed);
            return PongState::NotDue;
        }
        if marks & mark::PONG_LOOKED_FOR != 0 {
            return PongState::Missing;
        }
        self.marks.fetch_or(mark::PONG_LOOKED_FOR, Relaxed);
        PongState::Unsure
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::testing::{Peer, hub};

    #[test]
    fn a_mark_that_is_late_does_not_fail_the_next_ping() {
        let (hub, _) = hub();
        let Peer { connection, .. } = Peer::admitted(&hub);
        connection.await_pong(0, 10);
        connection.end_ping();
        connection.marks.fetch_or(mark::PONG_OVERDUE, Relaxed);
        connection.await_pong(100, 10);
        for _ in 0..3 {
            assert_eq!(connection.look_for_pong(|| 109), PongState::NotDue);
        }
        connection.check_pong(110);
        assert_eq!(connection.look_for_pong(|| 110), PongState::Unsure);
        assert_eq!(connection.look_for_pong(|| 110), PongState::Missing);
    }

    #[test]
    fn times_are_right_when_their_lower_bits_begin_anew() {
        let (hub, _) = hub();
        let Peer { connection, .. } = Peer::admitted(&hub);
        for begin in [0, u64::from(u32::MAX) - 5, u64::from(u32::MAX), 1 << 40] {
            connection.await_pong(begin, 10);
            assert!(!connection.is_overdue(begin + 9), "{begin}");
            assert!(connection.is_overdue(begin + 12), "{begin}");
            connection.await_pong(begin, u32::MAX);
            assert_eq!(connection.pong_due(begin), Some(begin + u64::from(LONGEST)));
            connection.await_pong(begin, 0);
            assert!(connection.is_pinged() && !connection.is_overdue(u64::MAX));
        }
    }
}
