//! Random bytes of the system, fetched for many ids at once: a system call for each would be one of some fifteen that a
//! connection takes.

use std::cell::RefCell;

use ring::rand::{SecureRandom, SystemRandom};
use uuid::{Builder, Uuid};

/// Bytes of an id.
const ID: usize = 16;

/// Ids whose bytes are fetched together: Linux gives up to 256 bytes without interruption.
const IDS: usize = 16;

/// Bytes that were fetched, of which the first `left` ids are not used yet.
struct Pool {
    bytes: [[u8; ID]; IDS],
    left: usize,
}

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { bytes: [[0; ID]; IDS], left: 0 }) };
}

/// A random UUID.
pub(super) fn random_uuid() -> Uuid {
    let bytes = POOL.with_borrow_mut(Pool::take);
    bytes.map_or_else(Uuid::new_v4, |bytes| {
        Builder::from_random_bytes(bytes).into_uuid()
    })
}

impl Pool {
    /// The bytes of an id, which nobody gets again. `None` when the system gives none.
    fn take(&mut self) -> Option<[u8; ID]> {
        if self.left == 0 {
            SystemRandom::new()
                .fill(self.bytes.as_flattened_mut())
                .ok()?;
            self.left = IDS;
        }
        self.left -= 1;
        Some(std::mem::take(&mut self.bytes[self.left]))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_random_uuids_and_differ() {
        let make = || (0..100).map(|_| random_uuid());
        let other_thread = std::thread::spawn(move || make().collect::<Vec<_>>());
        let mut ids: HashSet<Uuid> = make().collect();
        ids.extend(other_thread.join().unwrap());
        assert_eq!(ids.len(), 200);
        assert!(ids.iter().all(|id| id.get_version_num() == 4));
        assert!(
            ids.iter()
                .all(|id| id.get_variant() == uuid::Variant::RFC4122)
        );
    }

    #[test]
    fn nothing_is_kept_of_what_was_used() {
        let mut pool = Pool {
            bytes: [[0; ID]; IDS],
            left: 0,
        };
        assert!(pool.take().is_some());
        assert_eq!(pool.bytes[IDS - 1], [0; ID]);
        assert_eq!(pool.left, IDS - 1);
    }
}
