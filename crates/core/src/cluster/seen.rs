//! Which messages of other nodes were delivered already. A message for several rooms comes once for each of them,
//! and a message whose outcome a node does not know is published again.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::node_id::NodeId;
use super::wire::Origin;

/// Messages of one node, behind its latest, that are known.
const WINDOW: u32 = 1024;

const WORDS: usize = WINDOW as usize / 64;

/// The latest messages of one node.
struct Window {
    latest: u32,
    /// A bit for each of the last messages, at the place of its number modulo [`WINDOW`].
    bits: [u64; WORDS],
    /// Since when the node counts as gone.
    gone: Option<Instant>,
}

/// The latest messages of each node.
#[derive(Default)]
pub struct Seen {
    nodes: HashMap<NodeId, Box<Window>>,
}

impl Seen {
    /// Notes a message. False when it was noted before. One that is older than the window counts as new.
    pub fn note(&mut self, origin: Origin) -> bool {
        let Origin { node, sequence } = origin;
        let window = self.nodes.entry(node).or_insert_with(|| {
            Box::new(Window {
                latest: sequence.wrapping_sub(1),
                bits: [0; WORDS],
                gone: None,
            })
        });
        window.note(sequence)
    }

    /// Forgets nodes that are gone for longer than `limit`. One that was cut off comes back, and publishes again what it
    /// had published before.
    pub fn expire(&mut self, now: Instant, limit: Duration, is_there: impl Fn(NodeId) -> bool) {
        self.nodes.retain(|node, window| {
            if is_there(*node) {
                window.gone = None;
                return true;
            }
            let since = *window.gone.get_or_insert(now);
            now.duration_since(since) <= limit
        });
    }
}

impl Window {
    fn note(&mut self, sequence: u32) -> bool {
        let ahead = sequence.wrapping_sub(self.latest);
        if ahead == 0 || ahead > u32::MAX / 2 {
            let behind = self.latest.wrapping_sub(sequence);
            if behind >= WINDOW {
                return true;
            }
        } else {
            // The places between stood for messages that are too old now.
            if ahead >= WINDOW {
                self.bits = [0; WORDS];
            } else {
                for step in 1..ahead {
                    let (word, bit) = place(self.latest.wrapping_add(step));
                    self.bits[word] &= !bit;
                }
                let (word, bit) = place(sequence);
                self.bits[word] &= !bit;
            }
            self.latest = sequence;
        }
        let (word, bit) = place(sequence);
        let is_new = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        is_new
    }
}

fn place(sequence: u32) -> (usize, u64) {
    let index = (sequence % WINDOW) as usize;
    (index / 64, 1 << (index % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn of(node: u8, sequence: u32) -> Origin {
        let node = NodeId([node; 8]);
        Origin { node, sequence }
    }

    #[test]
    fn each_message_is_new_once() {
        let mut seen = Seen::default();
        assert!(seen.note(of(1, 7)));
        assert!(!seen.note(of(1, 7)));
        assert!(seen.note(of(2, 7)), "of another node");
        assert!(seen.note(of(1, 9)));
        assert!(seen.note(of(1, 8)), "late");
        assert!(!seen.note(of(1, 8)));
        assert!(seen.note(of(1, 9 + WINDOW)));
        assert!(!seen.note(of(1, 9 + WINDOW)));
    }

    #[test]
    fn nodes_that_are_gone_are_known_for_a_while() {
        let start = Instant::now();
        let limit = Duration::from_mins(1);
        let mut seen = Seen::default();
        assert!(seen.note(of(1, 7)) && seen.note(of(2, 7)));
        let expire = |seen: &mut Seen, seconds, there: &[u8]| {
            let now = start + Duration::from_secs(seconds);
            seen.expire(now, limit, |node| there.contains(&node.0[0]));
        };
        expire(&mut seen, 0, &[1]);
        expire(&mut seen, 60, &[1]);
        assert!(!seen.note(of(2, 7)));
        expire(&mut seen, 61, &[]);
        assert!(seen.note(of(2, 7)), "forgotten");
        assert!(!seen.note(of(1, 7)));
        expire(&mut seen, 120, &[1, 2]);
        expire(&mut seen, 122, &[]);
        assert!(!seen.note(of(1, 7)), "it was back");
        expire(&mut seen, 183, &[]);
        assert!(seen.nodes.is_empty());
    }

    #[test]
    fn numbers_begin_anew() {
        let mut seen = Seen::default();
        assert!(seen.note(of(1, u32::MAX)));
        assert!(seen.note(of(1, 0)));
        assert!(!seen.note(of(1, u32::MAX)));
        assert!(seen.note(of(1, u32::MAX - 1)));
    }

    proptest! {
        #[test]
        fn agrees_with_a_set(steps in prop::collection::vec(0u32..3000, 1..300)) {
            let mut seen = Seen::default();
            let mut all = HashSet::new();
            let mut latest = None;
            for sequence in steps {
                let within = latest.is_none_or(|latest| sequence + WINDOW > latest);
                let is_new = seen.note(of(1, sequence));
                if within {
                    prop_assert_eq!(is_new, all.insert(sequence));
                }
                latest = latest.max(Some(sequence));
            }
        }
    }
}
