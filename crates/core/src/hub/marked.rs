//! The ids that connections have unless the application gives them others: random UUIDs. Those of one of several nodes
//! are of version 8 and begin with 32 bits of the node, so that others know where to look for the connection.

use uuid::Uuid;

use super::random::random_uuid;

/// A new id, of a node with this mark or of a server alone.
pub(super) fn new_id(mark: Option<u32>) -> String {
    let mut id = random_uuid();
    if let Some(mark) = mark {
        let mut bytes = id.into_bytes();
        bytes[..4].copy_from_slice(&mark.to_be_bytes());
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        id = Uuid::from_bytes(bytes);
    }
    id.hyphenated().to_string()
}

/// The mark of the node that has given an id; `None` when it is another kind of id.
pub fn mark_of(id: &str) -> Option<u32> {
    // Other forms of a UUID are not what is given.
    let is_written_so = id.len() == 36 && id.as_bytes()[14] == b'8';
    let bytes = Uuid::try_parse(id)
        .ok()
        .filter(|_| is_written_so)?
        .into_bytes();
    let [a, b, c, d, ..] = bytes;
    Some(u32::from_be_bytes([a, b, c, d]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_their_node() {
        assert_eq!(mark_of(&new_id(None)), None);
        let id = new_id(Some(0x0012_abff));
        assert!(id.starts_with("0012abff-"), "{id}");
        assert_eq!(mark_of(&id), Some(0x0012_abff));
        assert_ne!(new_id(Some(1)), new_id(Some(1)));
        for other in ["", "user:8", "0012abff00000000800000000000000000008"] {
            assert_eq!(mark_of(other), None, "{other}");
        }
        // A letter of several bytes where the version stands.
        assert_eq!(mark_of("0012abff-0000-\u{e9}00-8000-00000000000"), None);
    }
}
