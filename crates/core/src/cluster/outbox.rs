//! What waits for the engine: bounded in bytes and in time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::engine::Publication;

/// What a message counts as besides its data, in bytes.
const COST: usize = 64;

/// Most messages and bytes that are published at once.
const BATCH: usize = 512;
const BATCH_BYTES: usize = 1024 * 1024;

/// What waits for the engine.
pub trait Weigh {
    /// Its bytes.
    fn weight(&self) -> usize;
}

impl Weigh for Publication {
    fn weight(&self) -> usize {
        self.data.len()
    }
}

/// How much may wait, which several outboxes share.
#[derive(Debug)]
pub struct Bound {
    max_bytes: usize,
    max_time: Duration,
    bytes: AtomicUsize,
}

impl Bound {
    /// Nothing waits yet.
    pub fn new(max_bytes: usize, max_time: Duration) -> Self {
        Self {
            max_bytes,
            max_time,
            bytes: AtomicUsize::new(0),
        }
    }

    /// Bytes that wait or are being published.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Relaxed)
    }
}

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The application is told of it under this key.
    pub receipt: Option<u32>,
    since: Instant,
    cost: usize,
}

/// Messages that wait for the engine, in order.
#[derive(Debug)]
pub struct Outbox<M> {
    bound: Arc<Bound>,
    messages: VecDeque<(M, Waiting)>,
}

impl<M: Weigh> Outbox<M> {
    /// An empty one.
    pub fn new(bound: Arc<Bound>) -> Self {
        Self {
            bound,
            messages: VecDeque::new(),
        }
    }

    /// Adds messages that belong together, of which the last has the receipt. False when there is no room: then
    /// none was added. A single message of any size has room when nothing waits.
    pub fn push(&mut self, messages: Vec<M>, receipt: Option<u32>, now: Instant) -> bool {
        let cost: usize = messages.iter().map(cost_of).sum();
        let bytes = self.bound.bytes();
        if bytes > 0 && bytes.saturating_add(cost) > self.bound.max_bytes {
            return false;
        }
        let last = messages.len().saturating_sub(1);
        for (index, message) in messages.into_iter().enumerate() {
            let waiting = Waiting {
                receipt: receipt.filter(|_| index == last),
                since: now,
                cost: cost_of(&message),
            };
            self.messages.push_back((message, waiting));
        }
        self.bound.bytes.fetch_add(cost, Relaxed);
        true
    }

    /// Takes the messages that are published next. They still count: see [`Outbox::done`] and
    /// [`Outbox::put_back`].
    pub fn take(&mut self) -> (Vec<M>, Vec<Waiting>) {
        let mut bytes = 0;
        let count = self.messages.iter().take(BATCH).take_while(|(_, waiting)| {
            let fits = bytes == 0 || bytes + waiting.cost <= BATCH_BYTES;
            bytes += waiting.cost;
            fits
        });
        let count = count.count();
        self.messages.drain(..count).unzip()
    }

    /// Messages that were taken are published, or given up.
    pub fn done(&mut self, waiting: &[Waiting]) {
        let bytes: usize = waiting.iter().map(|one| one.cost).sum();
        self.bound.bytes.fetch_sub(bytes, Relaxed);
    }

    /// Messages that were taken are to be published again, before all others.
    pub fn put_back(&mut self, messages: Vec<M>, waiting: Vec<Waiting>) {
        for both in messages.into_iter().zip(waiting).rev() {
            self.messages.push_front(both);
        }
    }

    /// Gives up what has waited for too long.
    pub fn expire(&mut self, now: Instant) -> Vec<Waiting> {
        let mut expired = Vec::new();
        while let Some((_, waiting)) = self.messages.front()
            && now.duration_since(waiting.since) > self.bound.max_time
            && let Some((_, waiting)) = self.messages.pop_front()
        {
            expired.push(waiting);
        }
        self.done(&expired);
        expired
    }

    /// Gives up everything that waits.
    pub fn clear(&mut self) -> Vec<Waiting> {
        let all: Vec<Waiting> = self
            .messages
            .drain(..)
            .map(|(_, waiting)| waiting)
            .collect();
        self.done(&all);
        all
    }

    /// Changes what waits. It keeps its size.
    pub fn change(&mut self, mut change: impl FnMut(&mut M)) {
        for (message, _) in &mut self.messages {
            change(message);
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }
}

fn cost_of(message: &impl Weigh) -> usize {
    message.weight() + COST
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::channel::Channel;

    fn message(length: usize) -> Publication {
        Publication {
            channel: Channel::Everyone,
            data: vec![0; length],
        }
    }

    fn outbox(max_bytes: usize) -> Outbox<Publication> {
        let bound = Bound::new(max_bytes, Duration::from_secs(30));
        Outbox::new(Arc::new(bound))
    }

    fn push(outbox: &mut Outbox<Publication>, length: usize, receipt: u32, now: Instant) -> bool {
        outbox.push(vec![message(length)], Some(receipt), now)
    }

    fn receipts(waiting: &[Waiting]) -> Vec<Option<u32>> {
        waiting.iter().map(|one| one.receipt).collect()
    }

    #[test]
    fn bytes_are_bounded_until_they_are_done() {
        let now = Instant::now();
        let mut outbox = outbox(400);
        assert!(push(&mut outbox, 136, 1, now));
        assert!(push(&mut outbox, 136, 2, now));
        assert!(!push(&mut outbox, 1, 3, now));
        let (messages, waiting) = outbox.take();
        assert_eq!(receipts(&waiting), [Some(1), Some(2)]);
        assert!(!push(&mut outbox, 1, 3, now), "they are under way");
        outbox.put_back(messages, waiting);
        let (messages, waiting) = outbox.take();
        assert_eq!(messages.len(), 2);
        outbox.done(&waiting);
        assert_eq!(outbox.bound.bytes(), 0);
        assert!(
            push(&mut outbox, 5000, 4, now),
            "a large one alone has room"
        );
    }

    #[test]
    fn several_are_added_together_or_not_at_all() {
        let now = Instant::now();
        let mut outbox = outbox(300);
        assert!(outbox.push(vec![message(0), message(0)], Some(5), now));
        assert!(!outbox.push(vec![message(100), message(100)], None, now));
        let (_, waiting) = outbox.take();
        assert_eq!(receipts(&waiting), [None, Some(5)]);
    }

    #[test]
    fn what_waits_for_too_long_is_given_up() {
        let start = Instant::now();
        let mut outbox = outbox(10_000);
        push(&mut outbox, 1, 1, start);
        push(&mut outbox, 1, 2, start + Duration::from_secs(20));
        assert!(outbox.expire(start + Duration::from_secs(30)).is_empty());
        let expired = outbox.expire(start + Duration::from_secs(31));
        assert_eq!(receipts(&expired), [Some(1)]);
        assert_eq!(receipts(&outbox.clear()), [Some(2)]);
        assert_eq!(outbox.bound.bytes(), 0);
    }

    #[test]
    fn a_batch_is_bounded() {
        let now = Instant::now();
        let mut outbox = outbox(usize::MAX);
        for _ in 0..=BATCH {
            push(&mut outbox, 1, 1, now);
        }
        assert_eq!(outbox.take().0.len(), BATCH);
        assert_eq!(outbox.take().0.len(), 1);
        for _ in 0..3 {
            push(&mut outbox, 600 * 1024, 1, now);
        }
        assert_eq!(outbox.take().0.len(), 1);
    }
}
