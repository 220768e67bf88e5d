//! Whom a message for many is for: the members of some rooms, or everyone, with exceptions.

use super::Hub;
use super::connection::ConnectionRef;
use super::members::Snapshot;
use super::order::{Found, in_order_of_all};
use super::registry::Group;

/// Members that are looked up in the registry while it is locked once.
pub(super) const AT_ONCE: usize = 128;

/// Whom something is for.
#[derive(Debug, Default)]
pub struct Target {
    /// Names of rooms, whose members are meant; `None` for every connection whose handshake is resolved.
    pub rooms: Option<Vec<String>>,
    /// Ids of connections whose handshake is resolved: these are meant, whatever rooms are named.
    pub ids: Option<Vec<String>>,
    /// Slots of connections that are not meant.
    pub except: Vec<u32>,
    /// Ids of connections that are not meant.
    pub except_ids: Vec<String>,
    /// Names of rooms whose members are not meant.
    pub except_rooms: Vec<String>,
    /// Members on other nodes are not meant.
    pub local: bool,
}

/// The connections that a [`Target`] means at one moment.
pub struct Selected<'a> {
    members: Vec<&'a Snapshot>,
    /// Connections that are meant by their ids.
    named: Vec<ConnectionRef>,
    excluded: SlotSet,
}

impl Selected<'_> {
    /// Each connection once, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &ConnectionRef> {
        // Whoever was seen is not seen again. All snapshots are of one moment, so a slot is one connection.
        let mut seen = self.excluded.clone();
        let members = self.members.iter().flat_map(|members| members.iter());
        let members = members.chain(&self.named);
        members.filter(move |connection| seen.insert(connection.slot()))
    }
}

/// Each name once.
pub(super) fn distinct(names: &[String]) -> Vec<&str> {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl Hub {
    /// The connections that a target does not mean, now.
    pub(super) fn excluded(&self, target: &Target) -> SlotSet {
        let mut excluded = SlotSet::default();
        for &slot in &target.except {
            excluded.insert(slot);
        }
        let registry = self.registry();
        for id in &target.except_ids {
            if let Some(slot) = registry.holder(id) {
                excluded.insert(slot);
            }
        }
        let rooms = target.except_rooms.iter();
        let rooms: Vec<Snapshot> = rooms
            .map(|name| registry.members(Group::Room(name)))
            .collect();
        drop(registry);
        for connection in rooms.iter().flat_map(Snapshot::iter) {
            excluded.insert(connection.slot());
        }
        excluded
    }

    /// Calls `act_on` with whom a target means, under the order locks of its rooms. Nothing is called when none of
    /// its rooms exists. Connections that are meant by their ids have no order lock.
    pub fn in_order_of<R>(
        &self,
        target: &Target,
        act_on: impl FnOnce(&Selected<'_>) -> R,
    ) -> Option<R> {
        if let Some(ids) = &target.ids {
            let registry = self.registry();
            let slots = ids.iter().filter_map(|id| registry.find(id));
            let named = slots.filter_map(|slot| registry.get(slot).cloned());
            let named: Vec<ConnectionRef> = named.collect();
            drop(registry);
            let excluded = self.excluded(target);
            return Some(act_on(&Selected {
                members: Vec::new(),
                named,
                excluded,
            }));
        }
        let act = |members: Vec<&Snapshot>| {
            let excluded = self.excluded(target);
            act_on(&Selected {
                members,
                named: Vec::new(),
                excluded,
            })
        };
        match target.rooms.as_deref() {
            None => self.in_order(Group::All, |_, members| act(vec![members])),
            Some([name]) => self.in_order(Group::Room(name), |_, members| act(vec![members])),
            Some(names) => {
                let names = distinct(names);
                let look_up = || {
                    let registry = self.registry();
                    let rooms = names.iter();
                    let rooms = rooms.filter_map(|name| registry.look_up(Group::Room(name)));
                    rooms.collect::<Vec<Found<Snapshot>>>()
                };
                in_order_of_all(look_up, |_, found| {
                    if found.is_empty() {
                        return None;
                    }
                    Some(act(found.iter().map(|room| &room.members).collect()))
                })
            }
        }
    }

    /// Whom a target means now.
    pub fn select(&self, target: &Target) -> Vec<ConnectionRef> {
        self.in_order_of(target, |selected| selected.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// How many a target means now.
    pub fn count(&self, target: &Target) -> usize {
        self.in_order_of(target, |selected| selected.iter().count())
            .unwrap_or(0)
    }
}

/// Small integers, as bits.
#[derive(Debug, Clone, Default)]
pub(super) struct SlotSet(Vec<u64>);

impl SlotSet {
    /// Adds a slot. False when it is in there.
    pub(super) fn insert(&mut self, slot: u32) -> bool {
        let (word, bit) = (slot as usize / 64, 1 << (slot % 64));
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        let is_new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        is_new
    }

    /// Whether a slot is in there.
    pub(super) fn contains(&self, slot: u32) -> bool {
        let word = self.0.get(slot as usize / 64).copied().unwrap_or(0);
        word & (1 << (slot % 64)) != 0
    }
}

#[cfg(test)]
mod tests;
