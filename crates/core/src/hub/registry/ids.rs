//! Which connection has which id.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use slab::Slab;

use super::id::Id;
use super::slot::Slot;

/// Slots by the ids of their connections. The ids themselves are in the slots, so that an entry takes five bytes.
#[derive(Default)]
pub(super) struct Ids {
    table: HashTable<u32>,
    /// Keyed, because clients may choose ids.
    hasher: RandomState,
}

impl Ids {
    /// The slot of the connection that has `id`.
    pub(super) fn get(&self, id: &str, slots: &Slab<Slot>) -> Option<u32> {
        let has_it = |slot: &u32| id_in(slots, *slot).is_some_and(|found| found.is(id));
        self.table.find(self.hasher.hash_one(id), has_it).copied()
    }

    /// Notes that a connection has `id`, which its slot tells. No other connection may have it.
    pub(super) fn insert(&mut self, id: &str, slot: u32, slots: &Slab<Slot>) {
        let Self { table, hasher } = self;
        let hash_of = |id: &Id| id.with_text(|text| hasher.hash_one(text));
        let hash = |slot: &u32| id_in(slots, *slot).map_or(0, hash_of);
        table.insert_unique(hasher.hash_one(id), slot, hash);
    }

    /// Notes that a connection does not have `id` any more.
    pub(super) fn remove(&mut self, id: &Id, slot: u32) {
        let hash = id.with_text(|text| self.hasher.hash_one(text));
        if let Ok(entry) = self.table.find_entry(hash, |found| *found == slot) {
            entry.remove();
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }
}

fn id_in(slots: &Slab<Slot>, slot: u32) -> Option<&Id> {
    slots.get(slot as usize)?.id.as_ref()
}
