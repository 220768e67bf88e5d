//! Connections of this node that another node asks: their answers leave in one message per 50 ms. Sans-IO.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::hub::FIRST_KEY_OF_NODES;

use super::inquiries::Asker;

/// Time between two messages with answers to one question.
const INTERVAL: Duration = Duration::from_millis(50);

/// For how long a question of a node that is not known is carried on.
const UNKNOWN: Duration = Duration::from_secs(15);

#[derive(Debug)]
struct Gathering {
    asker: Asker,
    begun: Instant,
    deadline: Option<Instant>,
    /// When answers may leave next.
    next: Instant,
    /// When answers that are there are to leave.
    leaves: Option<Instant>,
}

/// What is gathered for other nodes, by the keys of the hub.
#[derive(Debug, Default)]
pub struct Gatherings {
    last: u32,
    open: HashMap<u32, Gathering>,
}

/// What is to be done with a key of the hub.
#[derive(Debug, PartialEq, Eq)]
pub enum Due {
    /// The answers that are there are sent.
    Some(u32, Asker),
    /// The time is over: all is sent.
    All(u32, Asker),
}

impl Gatherings {
    /// A key of the hub for a question of another node.
    pub fn next_key(&mut self) -> u32 {
        loop {
            self.last = self.last.wrapping_add(1) | FIRST_KEY_OF_NODES;
            if !self.open.contains_key(&self.last) {
                return self.last;
            }
        }
    }

    /// Connections are asked under a key.
    pub fn begin(&mut self, key: u32, asker: Asker, timeout: u32, now: Instant) {
        let time = Duration::from_millis(timeout.into());
        let gathering = Gathering {
            asker,
            begun: now,
            deadline: (timeout > 0).then(|| now + time),
            next: now,
            leaves: None,
        };
        self.open.insert(key, gathering);
    }

    /// There are answers under a key, or all that will come.
    pub fn gathered(&mut self, key: u32, is_complete: bool, now: Instant) {
        if let Some(gathering) = self.open.get_mut(&key) {
            let soonest = if is_complete { now } else { now + INTERVAL };
            let leaves = soonest.max(gathering.next);
            gathering.leaves = Some(gathering.leaves.map_or(leaves, |due| due.min(leaves)));
        }
    }

    /// What is due.
    pub fn due(&mut self, now: Instant) -> Vec<Due> {
        let mut due = Vec::new();
        for (&key, gathering) in &mut self.open {
            if gathering.deadline.is_some_and(|deadline| deadline <= now) {
                due.push(Due::All(key, gathering.asker));
            } else if gathering.leaves.is_some_and(|leaves| leaves <= now) {
                gathering.leaves = None;
                gathering.next = now + INTERVAL;
                due.push(Due::Some(key, gathering.asker));
            }
        }
        due
    }

    /// When something is due next.
    pub fn next_due(&self) -> Option<Instant> {
        let times = self.open.values();
        times
            .flat_map(|gathering| gathering.deadline.into_iter().chain(gathering.leaves))
            .min()
    }

    /// A question is answered to the end.
    pub fn end(&mut self, key: u32) {
        self.open.remove(&key);
    }

    /// Nobody waits for the answers to a question any more. Returns its key.
    pub fn forget(&mut self, asker: Asker) -> Option<u32> {
        let (&key, _) = (self.open.iter()).find(|(_, gathering)| gathering.asker == asker)?;
        self.open.remove(&key);
        Some(key)
    }

    /// Ends questions of nodes that are not known, and have not been for a while. Returns their keys.
    pub fn forget_unknown(&mut self, now: Instant, is_known: impl Fn(Asker) -> bool) -> Vec<u32> {
        let is_over = |_: &u32, gathering: &mut Gathering| {
            now.duration_since(gathering.begun) > UNKNOWN && !is_known(gathering.asker)
        };
        let over = self.open.extract_if(is_over);
        over.map(|(key, _)| key).collect()
    }

    /// All keys.
    pub fn keys(&self) -> Vec<u32> {
        self.open.keys().copied().collect()
    }

    /// Whether nothing is gathered.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::node_id::NodeId;
    use super::*;

    fn asker(number: u32) -> Asker {
        let node = NodeId([1; 8]);
        Asker { node, number }
    }

    #[test]
    fn answers_leave_every_50_ms() {
        let now = Instant::now();
        let at = |millis| now + Duration::from_millis(millis);
        let mut gatherings = Gatherings::default();
        let key = gatherings.next_key();
        assert!(key >= FIRST_KEY_OF_NODES);
        gatherings.begin(key, asker(1), 1000, now);
        assert_eq!(gatherings.next_due(), Some(at(1000)));
        gatherings.gathered(key, false, now);
        assert_eq!(gatherings.next_due(), Some(at(50)));
        assert!(gatherings.due(at(49)).is_empty());
        assert_eq!(gatherings.due(at(50)), [Due::Some(key, asker(1))]);
        gatherings.gathered(key, true, at(60));
        assert!(gatherings.due(at(99)).is_empty());
        assert_eq!(gatherings.due(at(100)), [Due::Some(key, asker(1))]);
        assert_eq!(gatherings.due(at(1000)), [Due::All(key, asker(1))]);
        gatherings.end(key);
        assert!(gatherings.is_empty());
    }

    #[test]
    fn what_is_complete_at_once_leaves_at_once() {
        let now = Instant::now();
        let mut gatherings = Gatherings::default();
        let key = gatherings.next_key();
        gatherings.begin(key, asker(1), 0, now);
        gatherings.gathered(key, false, now);
        gatherings.gathered(key, true, now);
        assert_eq!(gatherings.due(now), [Due::Some(key, asker(1))]);
        assert_eq!(gatherings.forget(asker(2)), None);
        assert!(
            gatherings
                .forget_unknown(now + UNKNOWN, |_| false)
                .is_empty()
        );
        let later = now + UNKNOWN * 2;
        assert!(gatherings.forget_unknown(later, |_| true).is_empty());
        assert_eq!(gatherings.forget_unknown(later, |_| false), [key]);
        assert_eq!(gatherings.next_due(), None);
    }
}
