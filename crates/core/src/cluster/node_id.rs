//! The ids of nodes.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

/// Which node: 64 random bits, made at each start, and anew when another process has the same (see
/// [`twins`](super::twins)). Written as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub [u8; 8]);

impl NodeId {
    /// An id that no other node has.
    pub fn random() -> Self {
        Self(random_bits().to_be_bytes())
    }

    /// The id as a number, and back.
    pub(super) fn bits(self) -> u64 {
        u64::from_be_bytes(self.0)
    }

    pub(super) fn from_bits(bits: u64) -> Self {
        Self(bits.to_be_bytes())
    }

    /// What stands in the ids that the node gives connections.
    pub fn mark(self) -> u32 {
        let [a, b, c, d, ..] = self.0;
        u32::from_be_bytes([a, b, c, d])
    }

    /// Reads an id as it is written; `None` when the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_written_so = text.len() == 16
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let number = is_written_so.then(|| u64::from_str_radix(text, 16).ok());
        Some(Self(number.flatten()?.to_be_bytes()))
    }
}

/// 64 random bits. Two copies of a virtual machine may get the same random numbers at first, but not at the same
/// nanosecond.
pub(super) fn random_bits() -> u64 {
    let (random, _) = Uuid::new_v4().as_u64_pair();
    // The bits of the version are the same in all, so they are mixed with others.
    let (more, _) = Uuid::new_v4().as_u64_pair();
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = time.map_or(0, |time| time.as_nanos() as u64);
    random ^ more.rotate_left(32) ^ nanos.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_it_is_written() {
        let id = NodeId([0, 1, 2, 0xab, 0xff, 5, 6, 7]);
        assert_eq!(id.to_string(), "000102abff050607");
        assert_eq!(NodeId::parse("000102abff050607"), Some(id));
        for wrong in [
            "",
            "000102ABff050607",
            "+00102abff050607",
            "000102abff0506070",
        ] {
            assert_eq!(NodeId::parse(wrong), None, "{wrong}");
        }
        assert_ne!(NodeId::random(), NodeId::random());
    }
}
