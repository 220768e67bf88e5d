//! Connections that something is done with in parts.

use std::collections::HashMap;
use std::vec::IntoIter;

use line_socket_core::ConnectionRef;

/// Connections of one part: each may be sent a replay of hundreds of messages.
const AT_ONCE: usize = 32;

/// The connections that calls are under way for, by the keys of these.
#[derive(Default)]
pub struct Selections {
    last_key: u32,
    left: HashMap<u32, IntoIter<ConnectionRef>>,
}

impl Selections {
    /// Notes connections; returns their key.
    pub fn add(&mut self, members: Vec<ConnectionRef>) -> u32 {
        self.last_key = self.last_key.wrapping_add(1);
        self.left.insert(self.last_key, members.into_iter());
        self.last_key
    }

    /// The next part. `None` when nothing is left.
    pub fn take(&mut self, key: u32) -> Option<Vec<ConnectionRef>> {
        let left = self.left.get_mut(&key)?;
        let some: Vec<_> = left.by_ref().take(AT_ONCE).collect();
        if some.is_empty() {
            self.left.remove(&key);
            return None;
        }
        Some(some)
    }

    /// Forgets what is left.
    pub fn drop(&mut self, key: u32) {
        self.left.remove(&key);
    }
}
