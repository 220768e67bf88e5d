//! The other nodes that are alive, as far as this one knows.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::control::Beat;
use super::node_id::NodeId;

/// Nodes that have said goodbye, and are remembered.
const DEPARTED: usize = 256;

/// A node that is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Which.
    pub id: NodeId,
    /// What it has told of itself.
    pub beat: Beat,
    /// When it told that.
    pub seen: Instant,
}

/// The other nodes that are alive.
#[derive(Debug, Default)]
pub struct Roster {
    peers: HashMap<NodeId, Peer>,
    /// Nodes that have said goodbye, the latest last.
    departed: VecDeque<NodeId>,
}

impl Roster {
    /// A node has told that it lives. True when it was not known.
    pub fn beat(&mut self, id: NodeId, beat: Beat, now: Instant) -> bool {
        let peer = Peer {
            id,
            beat,
            seen: now,
        };
        self.peers.insert(id, peer).is_none()
    }

    /// A node has said goodbye. Returns it if it was known.
    pub fn remove(&mut self, id: NodeId) -> Option<Peer> {
        let peer = self.peers.remove(&id)?;
        if self.departed.len() >= DEPARTED {
            self.departed.pop_front();
        }
        self.departed.push_back(id);
        Some(peer)
    }

    /// Whether a node has said goodbye, as far as that is remembered.
    pub fn has_departed(&self, id: NodeId) -> bool {
        self.departed.contains(&id)
    }

    /// Takes out the nodes that were silent for longer than `limit`.
    pub fn expire(&mut self, now: Instant, limit: Duration) -> Vec<Peer> {
        let is_over = |_: &NodeId, peer: &mut Peer| now.duration_since(peer.seen) > limit;
        let expired = self.peers.extract_if(is_over);
        expired.map(|(_, peer)| peer).collect()
    }

    /// The nodes, in no order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Peer> {
        self.peers.values()
    }

    /// Whether a node is known.
    pub fn contains(&self, id: NodeId) -> bool {
        self.peers.contains_key(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat() -> Beat {
        Beat {
            name: "one".into(),
            pid: 1,
            version: "1.0.0".into(),
            connections: 0,
            rooms: 0,
            hello: false,
            sent: 0,
        }
    }

    #[test]
    fn silent_nodes_are_dead() {
        let start = Instant::now();
        let limit = Duration::from_secs(15);
        let (one, two) = (NodeId([1; 8]), NodeId([2; 8]));
        let mut roster = Roster::default();
        assert!(roster.beat(one, beat(), start));
        assert!(roster.beat(two, beat(), start));
        assert!(!roster.beat(two, beat(), start + limit));
        assert!(roster.expire(start + limit, limit).is_empty());
        let dead = roster.expire(start + limit * 2, limit);
        assert_eq!(dead.iter().map(|peer| peer.id).collect::<Vec<_>>(), [one]);
        assert!(roster.contains(two));
        assert!(!roster.has_departed(two));
        assert!(roster.remove(two).is_some());
        assert!(roster.has_departed(two));
        assert_eq!(roster.iter().len(), 0);
    }
}
