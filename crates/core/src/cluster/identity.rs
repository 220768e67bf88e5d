//! Which node this is, and by what it knows its own traces. Sans-IO.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::node_id::{NodeId, random_bits};

/// Marks and heartbeats that are remembered.
const REMEMBERED: usize = 64;

/// Which node this is, and by what it knows its own traces.
pub struct Identity {
    id: AtomicU64,
    /// What this node has announced itself with, the latest first.
    marks: Mutex<VecDeque<u64>>,
    /// When its heartbeats were sent, the latest first.
    beats: Mutex<VecDeque<u64>>,
    has_twin: AtomicBool,
}

impl Identity {
    pub fn new(id: NodeId) -> Self {
        Self {
            id: AtomicU64::new(id.bits()),
            marks: Mutex::default(),
            beats: Mutex::default(),
            has_twin: AtomicBool::new(false),
        }
    }

    pub fn id(&self) -> NodeId {
        NodeId::from_bits(self.id.load(Relaxed))
    }

    /// Draws a mark: a connection begins.
    pub fn draw_mark(&self) {
        remember(&self.marks, random_bits());
    }

    /// The marks of this node, that of this connection first.
    pub fn marks(&self) -> Vec<u64> {
        locked(&self.marks).iter().copied().collect()
    }

    /// A heartbeat is sent.
    pub fn beats(&self, sent: u64) {
        remember(&self.beats, sent);
    }

    /// Another process has the id.
    pub fn note_twin(&self) {
        self.has_twin.store(true, Relaxed);
    }

    /// Draws another id if another process has the id. Returns the old one and the new one.
    pub fn draw_id(&self) -> Option<(NodeId, NodeId)> {
        if !self.has_twin.swap(false, Relaxed) {
            return None;
        }
        let (before, now) = (self.id(), NodeId::random());
        self.id.store(now.bits(), Relaxed);
        Some((before, now))
    }

    /// Whether this node has sent a heartbeat.
    pub fn has_sent(&self, sent: u64) -> bool {
        locked(&self.beats).contains(&sent)
    }
}

fn locked(list: &Mutex<VecDeque<u64>>) -> MutexGuard<'_, VecDeque<u64>> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remember(list: &Mutex<VecDeque<u64>>, one: u64) {
    let mut list = locked(list);
    list.truncate(REMEMBERED - 1);
    list.push_front(one);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_latest_traces() {
        let identity = Identity::new(NodeId([7; 8]));
        assert_eq!(identity.id(), NodeId([7; 8]));
        for sent in 0..100 {
            identity.beats(sent);
            identity.draw_mark();
        }
        assert!(identity.has_sent(99) && identity.has_sent(36));
        assert!(!identity.has_sent(35) && !identity.has_sent(100));
        let marks = identity.marks();
        assert_eq!(marks.len(), REMEMBERED);
        assert_eq!(identity.draw_id(), None);
        identity.draw_mark();
        assert_eq!(identity.marks()[1..], marks[..REMEMBERED - 1]);
    }
}
