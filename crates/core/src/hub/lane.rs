//! One of the two queues of an inbox, as in FQ-CoDel (RFC 8290, section 5.1). Connections that send little at a
//! time are served before those that have built up a backlog, so that a flood delays only those who flood.

use std::collections::VecDeque;

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
    /// Number of the last batch whose events have all been handled.
    pub handled_number: u64,
    /// Work ([`Batch::work`]) that was taken and is not handled yet.
    in_hand: usize,
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
            in_hand: 0,
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
        self.in_hand += batch.work();
        self.senders = self.senders.saturating_sub(batch.senders);
        Some(batch)
    }

    /// All that was taken has been handled. Returns the work that was.
    pub fn mark_handled(&mut self) -> usize {
        self.handled_number = self.taken_number;
        std::mem::take(&mut self.in_hand)
    }

    /// Number of the last batch with events; 0 when there has been none.
    pub fn last_number(&self) -> u64 {
        self.filling_number - u64::from(self.filling.records.is_empty())
    }
}
