//! Who is connected, under which id, and in which rooms: the one source of truth, behind the hub's
//! lock. Membership is by slot, so that changing an id changes nothing else.

mod id;
mod ids;
mod info;
mod slot;

use std::collections::HashMap;
use std::sync::Arc;

use slab::Slab;

use super::admission::Permit;
use super::connection::{Connection, ConnectionRef};
use super::members::{Members, Snapshot};
use super::order::{Found, Order};
use super::peers::Peers;
use super::presence::Presence;
use id::Id;
use ids::Ids;
use slot::Slot;

/// Whom a broadcast or a query is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group<'a> {
    /// Every connection whose handshake is resolved.
    All,
    /// The members of a room.
    Room(&'a str),
}

struct Room {
    name: Arc<str>,
    /// Rooms are listed in the order they were made.
    made: u64,
    /// Without members only while the room is kept.
    members: Members,
    order: Arc<Order>,
    /// See [`Registry::keep`].
    kept: bool,
}

/// Connections, ids and rooms.
#[derive(Default)]
pub struct Registry {
    slots: Slab<Slot>,
    ids: Ids,
    admitted: Members,
    order_of_all: Arc<Order>,
    rooms: Slab<Room>,
    rooms_by_name: HashMap<Arc<str>, u32>,
    /// What the application has noted of connections, as JSON text. Apart, because most have none.
    infos: HashMap<u32, Arc<str>>,
    /// Of rooms that have it.
    presence: Option<Box<Presence>>,
    /// Whoever has to know which rooms have members here.
    peers: Option<Arc<dyn Peers>>,
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
        self.leave_rooms(slot, true);
        self.dismiss(slot);
        self.infos.remove(&slot);
        let Some(entry) = self.slots.get_mut(slot as usize) else {
            return;
        };
        entry.withdrawn = true;
        if let Some(id) = entry.id.take() {
            self.free_id(&id, slot);
        }
    }

    fn free_id(&mut self, id: &Id, slot: u32) {
        self.ids.remove(id, slot);
        if let Some(peers) = &self.peers {
            peers.id_freed(&id.to_shared());
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

    /// Whether the slot of a connection has not been given to another one since.
    pub fn has(&self, connection: &Connection) -> bool {
        let found = self.get(connection.slot());
        found.is_some_and(|found| found.serial() == connection.serial())
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
        if let Some(holder) = self.ids.get(id, &self.slots) {
            return holder == slot;
        }
        let Some(entry) = self.member(slot) else {
            return false;
        };
        let old = entry.id.replace(id.into());
        if let Some(old) = &old {
            self.free_id(old, slot);
        }
        self.ids.insert(id, slot, &self.slots);
        self.renamed(slot, old.as_ref(), id);
        true
    }

    /// The id of a connection; `None` before the application learns of it, and after its release.
    pub fn id_of(&self, connection: &Connection) -> Option<Arc<str>> {
        let entry = self.slots.get(connection.slot() as usize)?;
        let id = entry.id.as_ref().filter(|_| self.has(connection));
        id.map(Id::to_shared)
    }

    /// The connection with this id, if its handshake is resolved.
    pub fn find(&self, id: &str) -> Option<u32> {
        self.holder(id).filter(|slot| self.admitted.contains(*slot))
    }

    /// The connection that has reserved this id, its handshake resolved or not.
    pub fn holder(&self, id: &str) -> Option<u32> {
        self.ids.get(id, &self.slots)
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
        if self.admitted.add(slot, &entry.connection, self.joins) {
            self.order_of_all.changed();
        }
        is_first.then(|| Arc::clone(&entry.connection))
    }

    /// The entry of a connection that may have an id and join.
    fn member(&mut self, slot: u32) -> Option<&mut Slot> {
        let entry = self.slots.get_mut(slot as usize)?;
        (!entry.withdrawn).then_some(entry)
    }

    /// Takes a connection out of the group of all, without ending it.
    pub fn dismiss(&mut self, slot: u32) -> bool {
        let was_member = self.admitted.remove(slot);
        if was_member {
            self.order_of_all.changed();
        }
        was_member
    }

    /// Joins a room, making it if need be. False when it was a member, or has been withdrawn.
    pub fn join(&mut self, slot: u32, name: &str) -> bool {
        let found = self.slots.get_mut(slot as usize);
        let Some(entry) = found.filter(|entry| !entry.withdrawn) else {
            return false;
        };
        self.joins += 1;
        let key = room_key(&mut self.rooms, &mut self.rooms_by_name, name, self.joins);
        entry.rooms.get_or_insert_default().insert(key);
        let room = &mut self.rooms[key as usize];
        if room.members.is_empty() {
            room.made = self.joins;
            if let Some(peers) = &self.peers {
                peers.room_began(&room.name);
            }
        }
        let is_new = room.members.add(slot, &entry.connection, self.joins);
        if is_new {
            room.order.changed();
            if let (Some(presence), Some(id)) = (&mut self.presence, &entry.id) {
                let info = self.infos.get(&slot).cloned();
                presence.joined(&room.name, slot, &id.to_shared(), info);
            }
        }
        is_new
    }

    /// The same for a connection that may have ended meanwhile: another one may have its slot by now.
    pub fn join_as(&mut self, connection: &Connection, name: &str) -> bool {
        self.has(connection) && self.join(connection.slot(), name)
    }

    /// From now on the room exists without members, too: its order lock stays the same. Makes the room if
    /// need be.
    pub fn keep(&mut self, name: &str) {
        self.joins += 1;
        let key = room_key(&mut self.rooms, &mut self.rooms_by_name, name, self.joins);
        self.rooms[key as usize].kept = true;
    }

    /// Ends [`Registry::keep`]: the room is gone if it has no members.
    pub fn unkeep(&mut self, name: &str) {
        if let Some(&key) = self.rooms_by_name.get(name) {
            let room = &mut self.rooms[key as usize];
            room.kept = false;
            // Whoever waits for its order lock has to look for the room again.
            room.order.changed();
            self.remove_if_over(key);
        }
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
        self.remove_member(key, slot, false);
        true
    }

    /// The same for a connection that may have ended meanwhile.
    pub fn leave_as(&mut self, connection: &Connection, name: &str) -> bool {
        self.has(connection) && self.leave(connection.slot(), name)
    }

    /// Leaves every room.
    pub fn leave_all(&mut self, slot: u32) {
        self.leave_rooms(slot, false);
    }

    fn leave_rooms(&mut self, slot: u32, has_ended: bool) {
        if let Some(entry) = self.slots.get_mut(slot as usize) {
            for key in entry.rooms.take().into_iter().flat_map(|rooms| *rooms) {
                self.remove_member(key, slot, has_ended);
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
        self.count(Group::Room(name)) > 0
    }

    /// Sets who has to know which rooms have members here. Tells of those that have some now.
    pub fn set_peers(&mut self, peers: Option<Arc<dyn Peers>>) {
        if let Some(peers) = &peers {
            let rooms = self.rooms.iter().map(|(_, room)| room);
            for room in rooms.filter(|room| !room.members.is_empty()) {
                peers.room_began(&room.name);
            }
        }
        if let Some(presence) = &mut self.presence {
            presence.set_peers(peers.clone());
        }
        self.peers = peers;
    }

    /// How many rooms there are, also those that are kept without members.
    pub fn room_count(&self) -> usize {
        self.rooms.len()
    }

    /// A group's members as they are now; none when there is no such room.
    pub fn members(&self, group: Group<'_>) -> Snapshot {
        self.group(group).map(Members::snapshot).unwrap_or_default()
    }

    /// A group's members as they are now, and what orders the messages that are sent to them.
    pub fn look_up(&self, group: Group<'_>) -> Option<Found<Snapshot>> {
        let (order, members) = match group {
            Group::All => (&self.order_of_all, &self.admitted),
            Group::Room(name) => {
                let room = self.rooms.get(*self.rooms_by_name.get(name)? as usize)?;
                (&room.order, &room.members)
            }
        };
        Some(Found {
            order: Arc::clone(order),
            version: order.version(),
            members: members.snapshot(),
        })
    }

    /// How many members a group has.
    pub fn count(&self, group: Group<'_>) -> usize {
        self.group(group).map_or(0, Members::len)
    }

    /// Whether a connection is a member of a group.
    pub fn contains(&self, group: Group<'_>, slot: u32) -> bool {
        self.group(group)
            .is_some_and(|members| members.contains(slot))
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

    fn remove_member(&mut self, key: u32, slot: u32, has_ended: bool) {
        let Some(room) = self.rooms.get_mut(key as usize) else {
            return;
        };
        if room.members.remove(slot) {
            room.order.changed();
            let entry = self.slots.get(slot as usize);
            let id = entry.and_then(|entry| entry.id.as_ref());
            if let (Some(presence), Some(id)) = (&mut self.presence, id) {
                presence.left(&room.name, slot, &id.to_shared(), has_ended);
            }
            if let Some(peers) = self.peers.as_ref().filter(|_| room.members.is_empty()) {
                peers.room_ended(&room.name);
            }
        }
        self.remove_if_over(key);
    }

    fn remove_if_over(&mut self, key: u32) {
        let room = self.rooms.get(key as usize);
        if room.is_some_and(|room| room.members.is_empty() && !room.kept) {
            let name = self.rooms.remove(key as usize).name;
            self.rooms_by_name.remove(&name);
        }
    }
}

/// The key of a room, which is made at `now` if need be.
fn room_key(
    rooms: &mut Slab<Room>,
    by_name: &mut HashMap<Arc<str>, u32>,
    name: &str,
    now: u64,
) -> u32 {
    if let Some(&key) = by_name.get(name) {
        return key;
    }
    let name: Arc<str> = name.into();
    let key = rooms.insert(Room {
        name: Arc::clone(&name),
        made: now,
        members: Members::default(),
        order: Arc::default(),
        kept: false,
    }) as u32;
    by_name.insert(name, key);
    key
}

#[cfg(test)]
mod tests;
