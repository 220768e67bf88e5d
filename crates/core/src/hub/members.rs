//! The members of a room, in chunks that snapshots share.
//!
//! A [`Snapshot`] costs one reference count, however many members there are. A change copies only what a
//! snapshot still holds: the chunk that changes and the list of chunks. So neither a broadcast nor a change
//! during one takes time for each member while the registry is locked.

use std::collections::HashMap;
use std::sync::Arc;

use super::connection::{ConnectionRef, PREFETCHED, prefetch};

/// Members in one chunk. A change of 20,000 members copies at most so many references, and as many to the
/// other chunks.
const CHUNK: usize = 128;

#[derive(Clone)]
struct Member {
    connection: ConnectionRef,
    /// Larger than that of whoever joined anything before.
    joined: u64,
}

/// All chunks but the last are full.
type Chunks = Vec<Arc<Vec<Member>>>;

/// Members by slot. Removal swaps, which costs the same however many there are; who asks for them
/// in order sorts by the time of joining.
#[derive(Default)]
pub struct Members {
    /// Where the member in a slot is: the number of its chunk, times [`CHUNK`], and its index.
    places: HashMap<u32, u32>,
    chunks: Arc<Chunks>,
}

/// The members at one moment, in no order.
#[derive(Clone, Default)]
pub struct Snapshot(Arc<Chunks>);

impl Members {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether the connection in a slot is one.
    pub fn contains(&self, slot: u32) -> bool {
        self.places.contains_key(&slot)
    }

    /// Adds a member. False when it is one already.
    pub fn add(&mut self, slot: u32, connection: &ConnectionRef, joined: u64) -> bool {
        let place = self.places.len();
        let entry = match self.places.entry(slot) {
            std::collections::hash_map::Entry::Occupied(_) => return false,
            std::collections::hash_map::Entry::Vacant(entry) => entry,
        };
        entry.insert(place as u32);
        let member = Member {
            connection: Arc::clone(connection),
            joined,
        };
        let chunks = Arc::make_mut(&mut self.chunks);
        match chunks.last_mut() {
            Some(last) if last.len() < CHUNK => Arc::make_mut(last).push(member),
            _ => chunks.push(Arc::new(vec![member])),
        }
        true
    }

    /// Removes a member. False when it is none.
    pub fn remove(&mut self, slot: u32) -> bool {
        let Some(place) = self.places.remove(&slot) else {
            return false;
        };
        let place = place as usize;
        let chunks = Arc::make_mut(&mut self.chunks);
        let Some(last) = chunks.last_mut().map(Arc::make_mut) else {
            return false;
        };
        let moved = last.pop();
        if last.is_empty() {
            chunks.pop();
        }
        // The last member takes the place, unless it was the one.
        if let Some(moved) = moved
            && place < self.places.len()
        {
            self.places.insert(moved.connection.slot(), place as u32);
            Arc::make_mut(&mut chunks[place / CHUNK])[place % CHUNK] = moved;
        }
        true
    }

    /// The members as they are now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(Arc::clone(&self.chunks))
    }
}

impl Snapshot {
    /// How many members there are.
    pub fn len(&self) -> usize {
        let full = self.0.len().saturating_sub(1) * CHUNK;
        full + self.0.last().map_or(0, |last| last.len())
    }

    /// The members, in no order, to queue something for each.
    pub fn iter(&self) -> impl Iterator<Item = &ConnectionRef> {
        let groups = self.0.iter().flat_map(|chunk| chunk.chunks(PREFETCHED));
        groups.flat_map(|group| {
            let connections = group.iter().map(|member| &member.connection);
            prefetch(connections.clone());
            connections
        })
    }

    /// The members, in the order they joined.
    pub fn in_order(&self) -> Vec<&ConnectionRef> {
        let mut members: Vec<&Member> = self.members().collect();
        members.sort_unstable_by_key(|member| member.joined);
        let connections = members.into_iter().map(|member| &member.connection);
        connections.collect()
    }

    fn members(&self) -> impl Iterator<Item = &Member> {
        self.0.iter().flat_map(|chunk| chunk.iter())
    }
}

#[cfg(test)]
mod tests;
