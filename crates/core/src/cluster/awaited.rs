//! The nodes that have to be back after an outage before this node publishes what has waited.
//!
//! Plain messages reach those who are subscribed when they are published. After an outage of the engine each node
//! comes back at a time of its own, with pauses of up to 5 s between its tries. A node that published at once what it
//! has kept would do so before the others are there.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::back_off::LONGEST;
use super::node_id::NodeId;

/// Longest time that others are waited for: the longest pause between two tries, and a second.
const PATIENCE: Duration = Duration::from_millis(LONGEST + 1000);

/// The nodes that are waited for.
#[derive(Debug, Default)]
pub struct Awaited {
    nodes: HashSet<NodeId>,
    until: Option<Instant>,
}

impl Awaited {
    /// The engine is lost; these nodes were there.
    pub fn lost(&mut self, nodes: impl Iterator<Item = NodeId>) {
        self.nodes.extend(nodes);
        self.until = None;
    }

    /// The engine is back.
    pub fn back(&mut self, now: Instant) {
        self.until = Some(now + PATIENCE);
    }

    /// A node is there, or has ended. True when none is waited for any longer, and one was.
    pub fn heard(&mut self, node: NodeId) -> bool {
        self.nodes.remove(&node) && self.nodes.is_empty()
    }

    /// Until when to wait; `None` when none is waited for.
    pub fn until(&mut self, now: Instant) -> Option<Instant> {
        if self.until.is_some_and(|until| until <= now) {
            self.nodes.clear();
        }
        self.until.filter(|_| !self.nodes.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_waited_for_until_they_are_back_but_not_for_ever() {
        let start = Instant::now();
        let (one, two) = (NodeId([1; 8]), NodeId([2; 8]));
        let mut awaited = Awaited::default();
        awaited.back(start);
        assert_eq!(awaited.until(start), None, "nobody was there");
        awaited.lost([one, two].into_iter());
        awaited.back(start);
        assert_eq!(awaited.until(start), Some(start + PATIENCE));
        assert!(!awaited.heard(one));
        assert!(awaited.heard(two));
        assert!(!awaited.heard(two));
        assert_eq!(awaited.until(start), None);
        awaited.lost([one].into_iter());
        awaited.back(start);
        assert_eq!(awaited.until(start + PATIENCE), None);
    }
}
