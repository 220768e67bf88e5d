//! When an io thread polls its sockets instead of sleeping.
//!
//! A thread that sleeps until a socket is ready has to be woken. The system takes longer for that than the
//! thread takes for one request. When many requests come, one wake serves many of them. When one client sends
//! a request as soon as the last one is answered, each request needs a wake. Then the thread stays awake for a
//! moment, as kernels do (`halt_poll_ns` of KVM, `net.core.busy_poll` of Linux).

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Longest time that a thread polls for the next event. It is longer than a round trip over the loopback or to
/// a neighbouring machine. Round trips across the internet take longer, so that a thread does not poll for
/// them.
const WINDOW: Duration = Duration::from_micros(200);

/// Events that must have come one by one, each within [`WINDOW`] of the one before, before a thread polls. So at
/// most one window for so many events is spent in vain.
const STREAK: u32 = 64;

/// Decides for one io thread.
#[derive(Debug)]
pub struct BusyPoll {
    /// See [`WINDOW`].
    window: Duration,
    state: Mutex<PollState>,
}

impl Default for BusyPoll {
    fn default() -> Self {
        Self::within(WINDOW)
    }
}

#[derive(Debug, Default)]
struct PollState {
    /// When the last event came.
    last: Option<Instant>,
    /// How many have come one by one.
    streak: u32,
    /// How many there had ever been.
    seen: u64,
}

impl BusyPoll {
    /// Polls for `window` at most, after events that came within `window` of one another.
    pub fn within(window: Duration) -> Self {
        Self {
            window,
            state: Mutex::default(),
        }
    }

    /// Whether the thread, which is about to wait at `now`, is to poll its sockets again at once. `events` is the
    /// number of events that have ever come.
    pub fn goes_on(&self, events: u64, now: Instant) -> bool {
        // Only this thread takes the lock, which is needed because a hook of a runtime must be `Sync`.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_soon = state
            .last
            .is_some_and(|last| now.saturating_duration_since(last) < self.window);
        match events - state.seen {
            0 if is_soon => {}
            0 => state.streak = 0,
            1 => {
                state.streak = if is_soon { state.streak + 1 } else { 0 };
                state.last = Some(now);
            }
            // With several events at a time, a wake is worth its cost.
            _ => (state.streak, state.last) = (0, None),
        }
        state.seen = events;
        state.streak >= STREAK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thread {
        polls: BusyPoll,
        events: u64,
        now: Instant,
    }

    impl Thread {
        fn new() -> Self {
            Self {
                polls: BusyPoll::default(),
                events: 0,
                now: Instant::now(),
            }
        }

        /// A turn that brings so many events, so long after the one before.
        fn turn(&mut self, events: u64, microseconds: u64) -> bool {
            self.events += events;
            self.now += Duration::from_micros(microseconds);
            self.polls.goes_on(self.events, self.now)
        }

        /// Events that come one by one, until it polls.
        fn streak(&mut self, microseconds: u64) -> Option<u32> {
            (0..1000).find(|_| self.turn(1, microseconds))
        }
    }

    #[test]
    fn polls_after_a_streak_of_lone_events() {
        let mut thread = Thread::new();
        assert_eq!(thread.streak(50), Some(STREAK));
        assert!(thread.turn(0, 10), "looks again");
        assert!(thread.turn(1, 150), "and again after the next");
    }

    #[test]
    fn sleeps_when_nothing_came_for_a_window() {
        let mut thread = Thread::new();
        thread.streak(50);
        assert!(thread.turn(0, 199));
        assert!(!thread.turn(0, 1));
        assert!(!thread.turn(1, 1), "the streak begins anew");
        assert_eq!(thread.streak(50), Some(STREAK - 1));
    }

    #[test]
    fn never_polls_for_slow_clients() {
        assert_eq!(Thread::new().streak(200), None);
        assert!(!Thread::new().turn(0, 0));
    }

    #[test]
    fn sleeps_when_several_events_come() {
        let mut thread = Thread::new();
        thread.streak(50);
        assert!(!thread.turn(2, 10));
        assert!(!thread.turn(0, 10));
        assert_eq!(thread.streak(50), Some(STREAK));
    }
}
