//! One of the two queues of an inbox, as in FQ-CoDel (RFC 8290, section 5.1). Connections that send little at a
//! time are served before those that have built up a backlog, so that a flood delays only those who flood.

use std::collections::VecDeque;
use std::time::Duration;

use super::batch::Batch;

/// Which queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lane {
    /// Of connections without a backlog, and of the hub itself. Served first.
    #[default]
    Sparse = 0,
    /// Of connections that had sent more than their quota before it was taken.
    Backlogged = 1,
}

/// Both queues.
pub const LANES: [Lane; 2] = [Lane::Sparse, Lane::Backlogged];

/// What the application says when it has handled all events of the oldest batches that it took of a queue.
#[derive(Debug, Clone, Copy)]
pub struct Handled {
    /// The queue.
    pub lane: Lane,
    /// How many batches of the queue it has taken and not yet handled.
    pub left: usize,
    /// How long it was busy with the events of that queue since it said this last.
    pub time: Duration,
}

impl Handled {
    /// All that was taken of a queue, in no time.
    pub fn all(lane: Lane) -> Self {
        Self {
            lane,
            left: 0,
            time: Duration::ZERO,
        }
    }
}

/// How events come, and how long they take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workload {
    /// Events there have ever been.
    pub events: u64,
    /// Nanoseconds the application needs for a small event: a moving average.
    pub unit_time: u64,
}

/// A batch that a reader waits for: until it is taken, or until it is handled.
#[derive(Clone, Copy)]
pub(super) struct Until {
    pub(super) lane: Lane,
    pub(super) batch: u64,
    pub(super) is_backlogged: bool,
}

/// Batches in the order they were filled. Each has a number, counted from 1.
#[derive(Debug)]
pub(super) struct Queue {
    pub filling: Batch,
    sealed: VecDeque<Batch>,
    /// `filling` is to be taken though it is not full: the turn that filled it has ended.
    due: bool,
    /// Number of the batch being filled.
    pub filling_number: u64,
    /// Number of the last batch taken.
    pub taken_number: u64,
    /// Number of the last batch whose events, and those of all batches before it, have been handled.
    pub handled_number: u64,
    /// Work ([`Batch::work`]) of the batches that were taken and are not handled yet.
    work_in_hand: usize,
    /// About how many connections have events that have not been taken.
    pub senders: usize,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            filling: Batch::default(),
            sealed: VecDeque::new(),
            due: false,
            filling_number: 1,
            taken_number: 0,
            handled_number: 0,
            work_in_hand: 0,
            senders: 0,
        }
    }
}

impl Queue {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.filling.records.is_empty() && self.sealed.is_empty()
    }

    /// Whether there is a batch to take.
    pub fn is_ready(&self) -> bool {
        !self.sealed.is_empty() || (self.due && !self.filling.records.is_empty())
    }

    /// Allows taking the batch being filled, as far as it has been filled.
    pub fn end_turn(&mut self) {
        self.due |= !self.filling.records.is_empty();
    }

    /// Closes the batch being filled and begins with `next`. Returns the work in it.
    pub fn seal(&mut self, next: Batch) -> usize {
        let full = std::mem::replace(&mut self.filling, next);
        let work = full.work();
        self.sealed.push_back(full);
        self.filling_number += 1;
        self.due = false;
        work
    }

    /// Whether the batch being filled has to be sealed before there is one to take.
    pub fn must_seal(&self) -> bool {
        self.sealed.is_empty() && self.is_ready()
    }

    /// Takes the oldest sealed batch.
    pub fn take(&mut self) -> Option<Batch> {
        let batch = self.sealed.pop_front()?;
        self.taken_number += 1;
        self.work_in_hand += batch.work();
        self.senders = self.senders.saturating_sub(batch.senders);
        Some(batch)
    }

    /// All batches that were taken have been handled, except for the last `left`. Returns the work that was, as if all of
    /// these batches had the same.
    pub fn mark_handled(&mut self, left: usize) -> usize {
        let before = self.in_hand();
        let left = before.min(left as u64);
        self.handled_number = self.taken_number - left;
        let still = match left {
            0 => 0,
            _ => (self.work_in_hand as u64 * left / before) as usize,
        };
        std::mem::replace(&mut self.work_in_hand, still) - still
    }

    /// Batches that were taken and are not handled.
    fn in_hand(&self) -> u64 {
        self.taken_number - self.handled_number
    }

    /// Whether the application has taken a further batch before it had handled the last: events take long.
    pub fn is_slow(&self) -> bool {
        self.in_hand() > 1
    }

    /// Whether a reader may go on: when its last batch has been taken. A connection with a backlog waits until
    /// that batch has been handled if it is to change its queue, and while events take long: the application
    /// would have ever more of them in hand.
    pub fn has_come(&self, until: Until) -> bool {
        let number = if until.is_backlogged && (until.lane == Lane::Sparse || self.is_slow()) {
            self.handled_number
        } else {
            self.taken_number
        };
        number >= until.batch
    }

    /// Number of the last batch with events; 0 when there has been none.
    pub fn last_number(&self) -> u64 {
        self.filling_number - u64::from(self.filling.records.is_empty())
    }
}
