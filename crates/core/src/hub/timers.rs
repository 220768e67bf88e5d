//! The deadlines of connections. Each deadline is one entry of a heap, and messages need no timers.
//! An entry is looked at when it is due, and set again if something has come from the peer since.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::connection::Connection;

/// What a deadline is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deadline {
    /// The handshake must be resolved.
    Handshake,
    /// Something must have come from the peer, or it is pinged.
    Ping,
    /// The peer must have answered a ping.
    Pong,
    /// The peer must have answered our close frame.
    Close,
    /// Kept messages of rooms must be looked at. Of no connection.
    Sweep,
    /// The presence of rooms must be looked at. Of no connection.
    Presence,
}

/// Due time in the clock's milliseconds, slot and serial of the connection, purpose.
type Entry = Reverse<(u64, u32, u64, Deadline)>;

/// Milliseconds since the hub was made.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that begins at 0 now. It is monotonic: changes of the system's time do not move it.
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// Milliseconds since the start.
    pub fn now(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }

    /// When `at` (milliseconds since the start) will be.
    pub fn instant(&self, at: u64) -> Instant {
        self.start + Duration::from_millis(at)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

/// Wakes another task to run the deadlines when the task that holds this ends. Only one task is told of
/// an earlier deadline, and that task may have ended before it is due.
#[derive(Debug)]
pub struct TimerGuard<'a>(&'a Timers);

impl Drop for TimerGuard<'_> {
    fn drop(&mut self) {
        self.0.earlier.notify_one();
    }
}

/// The heap of deadlines.
#[derive(Debug, Default)]
pub struct Timers {
    heap: Mutex<BinaryHeap<Entry>>,
    /// An earlier deadline than all others was set.
    earlier: Notify,
}

impl Timers {
    /// Sets a deadline.
    pub fn set(&self, due: u64, connection: &Connection, purpose: Deadline) {
        self.push((due, connection.slot(), connection.serial(), purpose));
    }

    /// Sets [`Deadline::Presence`].
    pub fn set_presence(&self, due: u64) {
        self.push((due, u32::MAX, 0, Deadline::Presence));
    }

    /// Sets [`Deadline::Sweep`].
    pub fn set_sweep(&self, due: u64) {
        self.push((due, u32::MAX, 0, Deadline::Sweep));
    }

    fn push(&self, entry: (u64, u32, u64, Deadline)) {
        let (due, ..) = entry;
        let mut heap = self.lock();
        let first = heap.peek().is_none_or(|Reverse((next, ..))| due < *next);
        heap.push(Reverse(entry));
        if first {
            self.earlier.notify_one();
        }
    }

    /// The next deadline.
    pub fn next_due(&self) -> Option<u64> {
        self.lock().peek().map(|Reverse((due, ..))| *due)
    }

    /// Takes one deadline that is due at `now`: slot and serial of its connection, and purpose.
    pub fn take_due(&self, now: u64) -> Option<(u32, u64, Deadline)> {
        let mut heap = self.lock();
        let &Reverse((due, slot, serial, purpose)) = heap.peek()?;
        if due > now {
            return None;
        }
        heap.pop();
        // Each connection has two deadlines at first and one later. Room that is not needed any more is given back, and a quarter
        // more than is needed kept, so that neither happens often.
        if heap.len() * 8 < heap.capacity() * 3 {
            let room = heap.len() + heap.len() / 4;
            heap.shrink_to(room);
        }
        Some((slot, serial, purpose))
    }

    /// How many deadlines are set.
    #[cfg(test)]
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// To be held by each task that runs the deadlines.
    pub fn guard(&self) -> TimerGuard<'_> {
        TimerGuard(self)
    }

    /// Resolves when an earlier deadline than all others has been set, to one of the tasks that
    /// wait.
    pub async fn changed(&self) {
        self.earlier.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, BinaryHeap<Entry>> {
        self.heap.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_for_deadlines_is_given_back() {
        let timers = Timers::default();
        let take = |count| (0..count).filter_map(|_| timers.take_due(u64::MAX)).count();
        for due in 0..20_000 {
            timers.set_presence(due);
        }
        assert_eq!(take(10_000), 10_000);
        let room = timers.lock().capacity();
        assert!((10_000..=27_000).contains(&room), "{room}");
        assert_eq!(take(9_900), 9_900);
        let room = timers.lock().capacity();
        assert!((100..=270).contains(&room), "{room}");
        assert_eq!(take(1000), 100);
        assert_eq!(timers.lock().capacity(), 0);
    }
}
