//! Who is connected, under which id, and in which rooms: the one source of truth, behind the hub's
//! lock. Membership is by slot, so that changing an id changes nothing else.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use slab::Slab;

use super::admission::Permit;
use super::connection::{Connection, ConnectionRef};

/// Whom a broadcast or a query is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group<'a> {
    /// Every connection whose handshake is resolved.
    All,
    /// The members of a room.
    Room(&'a str),
}

/// Members by slot. Removal swaps, which costs the same however many there are; who asks for them
/// in order sorts by the time of joining.
type Members = IndexMap<u32, Member>;

struct Member {
    connection: ConnectionRef,
    /// Larger than that of whoever joined anything before.
    joined: u64,
}

struct Slot {
    connection: ConnectionRef,
    /// Reserved from the moment the application learns of the connection, until its withdrawal.
    id: Option<Arc<str>>,
    /// Keys of the rooms joined; `None` without any. Boxed because the set takes a hundred bytes, and
    /// many connections are in no room.
    rooms: Option<Box<IndexSet<u32>>>,
    /// See [`Registry::withdraw`].
    withdrawn: bool,
    /// Counts the connection; shared with the task of its stream, with which it ends.
    permit: Option<Arc<Permit>>,
}

struct Room {
    name: Arc<str>,
    /// Rooms are listed in the order they were made.
    made: u64,
    members: Members,
}

/// Connections, ids and rooms.
#[derive(Default)]
pub struct Registry {
    slots: Slab<Slot>,
    ids: HashMap<Arc<str>, u32>,
    admitted: Members,
    rooms: Slab<Room>,
    rooms_by_name: HashMap<Arc<str>, u32>,
    /// Joins so far, of rooms and of the group of all: their order.
    joins: u64,
}

impl Registry {
    /// Gives a connection its slot.
    pub fn insert(&mut self, connection: ConnectionRef) -> u32 {
        let entry = self.slots.vacant_entry();
        let slot = entry.key() as u32;
        connection.set_slot(slot);
        entry.insert(Slot {
            connection,
            id: None,
            rooms: None,
            withdrawn: false,
            permit: None,
        });
        slot
    }

    /// Takes a connection out of everything and frees its slot and id.
    pub fn remove(&mut self, slot: u32) -> Option<ConnectionRef> {
        self.withdraw(slot);
        let gone = self.slots.try_remove(slot as usize)?;
        Some(gone.connection)
    }

    /// Takes a connection out of everything and frees its id, for good, while it still has its slot: its
    /// peer is gone, and its end has yet to come.
    pub fn withdraw(&mut self, slot: u32) {
        self.leave_all(slot);
        self.admitted.swap_remove(&slot);
        let Some(entry) = self.slots.get_mut(slot as usize) else {
            return;
        };
        entry.withdrawn = true;
        if let Some(id) = entry.id.take() {
            self.ids.remove(&id);
        }
    }

    /// Notes what a connection is counted by.
    pub fn set_permit(&mut self, slot: u32, permit: Arc<Permit>) {
        if let Some(entry) = self.slots.get_mut(slot as usize) {
            entry.permit = Some(permit);
        }
    }

    /// What a connection is counted by, to be left.
    pub fn take_permit(&mut self, slot: u32) -> Option<Arc<Permit>> {
        self.slots.get_mut(slot as usize)?.permit.take()
    }

    /// The connection in a slot.
    pub fn get(&self, slot: u32) -> Option<&ConnectionRef> {
        self.slots.get(slot as usize).map(|entry| &entry.connection)
    }

    /// Every open connection, its handshake resolved or not.
    pub fn connections(&self) -> impl Iterator<Item = &ConnectionRef> {
        self.slots.iter().map(|(_, entry)| &entry.connection)
    }

    /// The connections that have no id: the application does not know of them yet.
    pub fn unknown(&self) -> impl Iterator<Item = &ConnectionRef> {
        self.slots
            .iter()
            .filter(|(_, entry)| entry.id.is_none() && !entry.withdrawn)
            .map(|(_, entry)| &entry.connection)
    }

    /// How many connections are open, their handshakes resolved or not.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether no connection is open.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Reserves `id` for a connection and frees the one it had. False when another has it, or the
    /// connection was withdrawn.
    pub fn set_id(&mut self, slot: u32, id: &str) -> bool {
        if let Some(&holder) = self.ids.get(id) {
            return holder == slot;
        }
        let Some(entry) = self.member(slot) else {
            return false;
        };
        let id: Arc<str> = id.into();
        if let Some(old) = entry.id.replace(Arc::clone(&id)) {
            self.ids.remove(&old);
        }
        self.ids.insert(id, slot);
        true
    }

    /// The id of a connection; `None` before the application learns of it, and after its release.
    pub fn id_of(&self, connection: &Connection) -> Option<Arc<str>> {
        let entry = self.slots.get(connection.slot() as usize)?;
        let is_same = entry.connection.serial() == connection.serial();
        entry.id.clone().filter(|_| is_same)
    }

    /// The connection with this id, if its handshake is resolved.
    pub fn find(&self, id: &str) -> Option<u32> {
        let slot = *self.ids.get(id)?;
        self.admitted.contains_key(&slot).then_some(slot)
    }

    /// Adds a connection to the group of all. Returns it the first time: it may be taken out and added
    /// again as often as the application likes.
    pub fn admit(&mut self, slot: u32) -> Option<ConnectionRef> {
        let entry = self.slots.get(slot as usize)?;
        if entry.withdrawn {
            return None;
        }
        let is_first = entry.connection.admit();
        self.joins += 1;
        join(&mut self.admitted, slot, &entry.connection, self.joins);
        is_first.then(|| Arc::clone(&entry.connection))
    }

    /// The entry of a connection that may have an id and join.
    fn member(&mut self, slot: u32) -> Option<&mut Slot> {
        let entry = self.slots.get_mut(slot as usize)?;
        (!entry.withdrawn).then_some(entry)
    }

    /// Takes a connection out of the group of all, without ending it.
    pub fn dismiss(&mut self, slot: u32) -> bool {
        self.admitted.swap_remove(&slot).is_some()
    }

    /// Joins a room, making it if need be.
    pub fn join(&mut self, slot: u32, name: &str) {
        let Some(entry) = self.slots.get_mut(slot as usize) else {
            return;
        };
        if entry.withdrawn {
            return;
        }
        self.joins += 1;
        let key = if let Some(&key) = self.rooms_by_name.get(name) {
            key
        } else {
            let name: Arc<str> = name.into();
            let key = self.rooms.insert(Room {
                name: Arc::clone(&name),
                made: self.joins,
                members: Members::new(),
            }) as u32;
            self.rooms_by_name.insert(name, key);
            key
        };
        entry.rooms.get_or_insert_default().insert(key);
        let members = &mut self.rooms[key as usize].members;
        join(members, slot, &entry.connection, self.joins);
    }

    /// Leaves a room, which is gone when it was the last member. False when it was not a member.
    pub fn leave(&mut self, slot: u32, name: &str) -> bool {
        let Some(&key) = self.rooms_by_name.get(name) else {
            return false;
        };
        let Some(entry) = self.slots.get_mut(slot as usize) else {
            return false;
        };
        let Some(rooms) = &mut entry.rooms else {
            return false;
        };
        if !rooms.swap_remove(&key) {
            return false;
        }
        if rooms.is_empty() {
            entry.rooms = None;
        }
        self.remove_member(key, slot);
        true
    }

    /// Leaves every room.
    pub fn leave_all(&mut self, slot: u32) {
        if let Some(entry) = self.slots.get_mut(slot as usize) {
            for key in entry.rooms.take().into_iter().flat_map(|rooms| *rooms) {
                self.remove_member(key, slot);
            }
        }
    }

    /// Names of the rooms a connection is in, oldest room first.
    pub fn rooms_of(&self, slot: u32) -> Vec<Arc<str>> {
        let Some(entry) = self.slots.get(slot as usize) else {
            return Vec::new();
        };
        let mut rooms: Vec<&Room> = entry
            .rooms
            .iter()
            .flat_map(|rooms| rooms.iter())
            .filter_map(|&key| self.rooms.get(key as usize))
            .collect();
        rooms.sort_unstable_by_key(|room| room.made);
        rooms.iter().map(|room| Arc::clone(&room.name)).collect()
    }

    /// Whether a room has members.
    pub fn has_room(&self, name: &str) -> bool {
        self.rooms_by_name.contains_key(name)
    }

    /// How many rooms there are.
    #[cfg(test)]
    pub fn room_count(&self) -> usize {
        self.rooms.len()
    }

    /// Members of a group, in no order.
    pub fn members(&self, group: Group<'_>) -> impl Iterator<Item = &ConnectionRef> {
        self.group(group)
            .into_iter()
            .flat_map(Members::values)
            .map(|member| &member.connection)
    }

    /// Slots of a group's members, in the order they joined.
    pub fn slots(&self, group: Group<'_>) -> Vec<u32> {
        let mut members: Vec<(u64, u32)> = self
            .group(group)
            .into_iter()
            .flatten()
            .map(|(&slot, member)| (member.joined, slot))
            .collect();
        members.sort_unstable();
        members.into_iter().map(|(_, slot)| slot).collect()
    }

    /// How many members a group has.
    pub fn count(&self, group: Group<'_>) -> usize {
        self.group(group).map_or(0, Members::len)
    }

    /// Whether a connection is a member of a group.
    pub fn contains(&self, group: Group<'_>, slot: u32) -> bool {
        self.group(group)
            .is_some_and(|members| members.contains_key(&slot))
    }

    fn group(&self, group: Group<'_>) -> Option<&Members> {
        match group {
            Group::All => Some(&self.admitted),
            Group::Room(name) => {
                let key = *self.rooms_by_name.get(name)?;
                Some(&self.rooms.get(key as usize)?.members)
            }
        }
    }

    fn remove_member(&mut self, key: u32, slot: u32) {
        let Some(room) = self.rooms.get_mut(key as usize) else {
            return;
        };
        room.members.swap_remove(&slot);
        if room.members.is_empty() {
            let name = self.rooms.remove(key as usize).name;
            self.rooms_by_name.remove(&name);
        }
    }
}

/// Adds a member, once.
fn join(members: &mut Members, slot: u32, connection: &ConnectionRef, joined: u64) {
    members.entry(slot).or_insert_with(|| Member {
        connection: Arc::clone(connection),
        joined,
    });
}

#[cfg(test)]
mod tests;
