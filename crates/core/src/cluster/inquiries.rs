//! What other nodes ask this one, until it is answered. Sans-IO. All of it is bounded, because any program that may
//! publish to the channels of the nodes can ask.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::control::Ask;
use super::node_id::NodeId;

/// Most questions that wait to be looked at, and most messages whose answers the application owes.
const MOST: usize = 10_000;

/// What a question counts as, in bytes, besides its text.
const COST: usize = 64;

/// Where an answer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Asker {
    /// The node.
    pub node: NodeId,
    /// The number of the question there.
    pub number: u32,
}

/// What other nodes ask this one.
#[derive(Debug)]
pub struct Inquiries {
    most_bytes: usize,
    bytes: usize,
    waiting: VecDeque<(NodeId, Ask)>,
    /// Keys of the hub whose answers can be taken, and whether they are complete.
    gathered: Vec<(u32, bool)>,
    /// Messages that the application has not answered, by their keys.
    messages: BTreeMap<u64, (Asker, Option<Instant>)>,
    /// Nothing among them is over before: they are not searched in vain.
    soonest: Option<Instant>,
    last_message: u64,
}

impl Inquiries {
    /// Nothing is asked yet. Questions of at most so many bytes wait to be looked at.
    pub fn new(most_bytes: usize) -> Self {
        Self {
            most_bytes,
            bytes: 0,
            waiting: VecDeque::new(),
            gathered: Vec::new(),
            messages: BTreeMap::new(),
            soonest: None,
            last_message: 0,
        }
    }

    /// A question has come. False when too many wait.
    pub fn add(&mut self, from: NodeId, ask: Ask) -> bool {
        let cost = ask.what.get().len() + COST;
        let has_room = self.waiting.len() < MOST && self.bytes + cost <= self.most_bytes;
        if has_room || self.waiting.is_empty() {
            self.bytes += cost;
            self.waiting.push_back((from, ask));
            return true;
        }
        false
    }

    /// The question that has waited longest.
    pub fn next(&mut self) -> Option<(NodeId, Ask)> {
        let (from, ask) = self.waiting.pop_front()?;
        self.bytes -= ask.what.get().len() + COST;
        Some((from, ask))
    }

    /// Whether nothing waits to be looked at.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Connections have answered under a key of the hub.
    pub fn gathered(&mut self, key: u32, is_complete: bool) {
        self.gathered.push((key, is_complete));
    }

    /// Takes the keys under which connections have answered.
    pub fn take_gathered(&mut self) -> Vec<(u32, bool)> {
        std::mem::take(&mut self.gathered)
    }

    /// Notes that the application is told of a message, and returns its key.
    pub fn note_message(&mut self, asker: Asker, timeout: u32, now: Instant) -> u64 {
        let is_over = |due: Option<Instant>| due.is_some_and(|due| due < now);
        if self.messages.len() >= MOST && is_over(self.soonest) {
            self.messages.retain(|_, &mut (_, due)| !is_over(due));
            self.soonest = self.messages.values().filter_map(|&(_, due)| due).min();
        }
        if self.messages.len() >= MOST {
            self.messages.pop_first();
        }
        self.last_message += 1;
        let time = Duration::from_millis(timeout.into());
        let due = (timeout > 0).then(|| now + time);
        self.messages.insert(self.last_message, (asker, due));
        self.soonest = self.soonest.into_iter().chain(due).min();
        self.last_message
    }

    /// The application answers a message: to whom? `None` when nobody waits for it.
    pub fn take_message(&mut self, key: u64) -> Option<Asker> {
        self.messages.remove(&key).map(|(asker, _)| asker)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    const NODE: NodeId = NodeId([1; 8]);

    fn ask(length: usize) -> Ask {
        Ask {
            key: 1,
            what: RawValue::from_string(format!("\"{}\"", "x".repeat(length))).unwrap(),
            timeout: 0,
        }
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut inquiries = Inquiries::new(1000);
        assert!(inquiries.add(NODE, ask(2000)), "one alone");
        assert!(!inquiries.add(NODE, ask(1)));
        assert!(inquiries.next().is_some());
        assert!(inquiries.add(NODE, ask(500)));
        assert!(!inquiries.add(NODE, ask(500)));
        assert!(inquiries.next().is_some() && inquiries.next().is_none());
        assert_eq!(inquiries.bytes, 0);
        let mut inquiries = Inquiries::new(usize::MAX);
        let added = (0..=MOST).filter(|_| inquiries.add(NODE, ask(1)));
        assert_eq!(added.count(), MOST);
    }

    #[test]
    fn messages_that_are_not_answered_are_bounded() {
        let now = Instant::now();
        let mut inquiries = Inquiries::new(1000);
        let asker = |number| Asker { node: NODE, number };
        for number in 0..MOST as u32 {
            inquiries.note_message(asker(number), 1 + number % 2, now);
        }
        let later = now + Duration::from_micros(1500);
        let key = inquiries.note_message(asker(9), 0, later);
        assert_eq!(inquiries.messages.len(), MOST / 2 + 1);
        assert_eq!(inquiries.take_message(key), Some(asker(9)));
        assert_eq!(inquiries.take_message(key), None);
        // Those that are left are over at other times, which is seen as well.
        for number in 0..MOST as u32 / 2 {
            inquiries.note_message(asker(number), 5, later);
        }
        assert_eq!(inquiries.messages.len(), MOST);
        inquiries.note_message(asker(9), 1, now + Duration::from_millis(3));
        assert_eq!(inquiries.messages.len(), MOST / 2 + 1);
        for number in 0..=MOST as u32 {
            inquiries.note_message(asker(number), 0, now);
        }
        assert_eq!(inquiries.messages.len(), MOST);
    }
}
