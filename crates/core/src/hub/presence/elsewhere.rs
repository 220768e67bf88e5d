//! Presence on many nodes. Each node tells the others what becomes of its own members, in numbered updates for each
//! room. A node that has members in a room, or an application that listens, keeps the members of all nodes. What it
//! cannot know from updates it asks for: when it begins to keep them, when a number is missing, when a node comes.

use std::collections::HashSet;
use std::sync::Arc;

use super::change::{Info, NodeKey, Update};
use super::{Peers, Presence};

/// Updates that are ignored until a node that has not answered is asked again.
const ASK_AGAIN: u32 = 32;

/// Members in one update.
const UPDATE: usize = 256;

/// What became of an update of another node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It was applied, or is of no interest here.
    Yes,
    /// Updates before it are missing: the node is to be asked for all of its members.
    Missing,
}

impl Presence {
    /// From now on, or not any more, other nodes are told of the members here, and `peers` is told when there is
    /// something to tell. Members of other nodes are forgotten.
    pub(in crate::hub) fn set_peers(&mut self, peers: Option<Arc<dyn Peers>>) {
        self.peers = peers;
        (self.unpublished, self.asking) = (HashSet::new(), HashSet::new());
        let nodes: HashSet<NodeKey> = self
            .rooms
            .values()
            .flat_map(|room| room.remotes.keys().copied())
            .collect();
        for node in nodes {
            self.node_gone(node);
        }
        for (name, room) in &mut self.rooms {
            room.unpublished.clear();
            if let Some(peers) = self.peers.as_ref().filter(|_| room.watched) {
                peers.room_watched(name, true);
            }
        }
        self.ask_anew();
    }

    /// The members of other nodes have to be asked for in all rooms: messages may have been missed.
    pub fn ask_anew(&mut self) {
        if self.peers.is_some() {
            self.asking = self.rooms.keys().cloned().collect();
            self.wake();
        }
    }

    /// The rooms that this node keeps the members of other nodes of.
    pub fn held_rooms(&self) -> Vec<Arc<str>> {
        self.rooms.keys().cloned().collect()
    }

    /// Takes the rooms in which members of other nodes have to be asked for.
    pub fn take_asking(&mut self) -> HashSet<Arc<str>> {
        std::mem::take(&mut self.asking)
    }

    /// Rooms have to be asked for later. Those that are not kept any more are left out: they would wait for ever.
    pub fn ask_later(&mut self, rooms: impl Iterator<Item = Arc<str>>) {
        let kept = rooms.filter(|room| self.rooms.contains_key(room));
        self.asking.extend(kept);
    }

    /// Rooms that are to be asked for, and members that others are to be told of.
    #[cfg(test)]
    pub fn waiting(&self) -> (usize, usize) {
        let members = self.rooms.values().map(|room| room.unpublished.len());
        (self.asking.len() + self.unpublished.len(), members.sum())
    }

    /// Takes what other nodes are to be told.
    pub fn take_updates(&mut self) -> Vec<Update> {
        let mut updates = Vec::new();
        for name in std::mem::take(&mut self.unpublished) {
            let Some(room) = self.rooms.get_mut(&name) else {
                continue;
            };
            let ids: Vec<Arc<str>> = std::mem::take(&mut room.unpublished).into_iter().collect();
            for ids in ids.chunks(UPDATE) {
                room.sequence = room.sequence.wrapping_add(1);
                let mut update = Update {
                    room: Arc::clone(&name),
                    sequence: room.sequence,
                    set: Vec::new(),
                    gone: Vec::new(),
                };
                for id in ids {
                    let member = room.members.get_mut(id);
                    match member.and_then(|member| Some((member.here.as_mut()?, &member.info))) {
                        Some((here, info)) => {
                            here.is_told = true;
                            update.set.push((Arc::clone(id), info.clone()));
                        }
                        None => update.gone.push(Arc::clone(id)),
                    }
                }
                updates.push(update);
            }
            self.forget_if_over(&name);
        }
        updates
    }

    /// All members of a room here, for a node that asks. The number is that of the last update.
    pub fn state(&mut self, name: &str) -> Update {
        let room = self.rooms.get_mut(name);
        let sequence = room.as_ref().map_or(0, |room| room.sequence);
        let members = room.into_iter().flat_map(|room| room.members.iter_mut());
        let here = members.filter_map(|(id, member)| {
            member.here.as_mut()?.is_told = true;
            Some((Arc::clone(id), member.info.clone()))
        });
        Update {
            room: name.into(),
            sequence,
            set: here.collect(),
            gone: Vec::new(),
        }
    }

    /// Another node tells what became of its members.
    pub fn apply(&mut self, node: NodeKey, update: Update) -> Applied {
        let Some(room) = self.rooms.get_mut(&update.room) else {
            return Applied::Yes;
        };
        let is_known = room.remotes.contains_key(&node);
        let remote = room.remotes.entry(node).or_default();
        // The first update of a node that had no members before.
        if !is_known && update.sequence == 1 {
            remote.expected = Some(1);
        }
        match remote.expected {
            // It is being asked: its answer has this update, or a later update has the next number.
            None if is_known => {
                remote.ignored += 1;
                let asks_again = remote.ignored.is_multiple_of(ASK_AGAIN);
                return if asks_again {
                    Applied::Missing
                } else {
                    Applied::Yes
                };
            }
            Some(expected) if expected == update.sequence => {
                remote.expected = Some(expected.wrapping_add(1));
            }
            _ => {
                remote.expected = None;
                return Applied::Missing;
            }
        }
        let room = Arc::clone(&update.room);
        self.set_all(node, &room, update.set);
        self.unset_all(node, &room, update.gone);
        Applied::Yes
    }

    /// Another node tells all of its members in a room, or a part of them: the `first`, with `more` to come.
    pub fn replace(&mut self, node: NodeKey, update: Update, first: bool, more: bool) {
        let Some(room) = self.rooms.get_mut(&update.room) else {
            return;
        };
        let remote = room.remotes.entry(node).or_default();
        if first {
            remote.parts = Some(HashSet::new());
        }
        let Some(parts) = &mut remote.parts else {
            return;
        };
        parts.extend(update.set.iter().map(|(id, _)| Arc::clone(id)));
        let name = Arc::clone(&update.room);
        if more {
            self.set_all(node, &name, update.set);
            return;
        }
        let there = remote.parts.take().unwrap_or_default();
        (remote.expected, remote.ignored) = (Some(update.sequence.wrapping_add(1)), 0);
        let members = room.members.iter();
        let gone = members
            .filter(|(id, member)| member.elsewhere.contains(&node) && !there.contains(*id))
            .map(|(id, _)| Arc::clone(id));
        let gone = gone.collect();
        self.set_all(node, &name, update.set);
        self.unset_all(node, &name, gone);
    }

    /// Another node has ended, or is not heard of any more.
    pub fn node_gone(&mut self, node: NodeKey) {
        let rooms = self.rooms.iter_mut();
        let known = rooms.filter_map(|(name, room)| {
            room.remotes.remove(&node)?;
            let members = room.members.iter();
            let gone = members.filter(|(_, member)| member.elsewhere.contains(&node));
            let gone: Vec<Arc<str>> = gone.map(|(id, _)| Arc::clone(id)).collect();
            Some((Arc::clone(name), gone))
        });
        for (name, gone) in known.collect::<Vec<_>>() {
            self.unset_all(node, &name, gone);
        }
    }

    fn set_all(&mut self, node: NodeKey, name: &Arc<str>, set: Vec<(Arc<str>, Info)>) {
        let now = self.clock.now();
        let Some(room) = self.rooms.get_mut(name) else {
            return;
        };
        let mut first_due = None;
        for (id, info) in set {
            let due = room.set(&id, info, now, |member| {
                if !member.elsewhere.contains(&node) {
                    member.elsewhere.push(node);
                }
            });
            first_due = first_due.or(due);
        }
        self.tell(name, first_due);
    }

    fn unset_all(&mut self, node: NodeKey, name: &Arc<str>, gone: Vec<Arc<str>>) {
        let now = self.clock.now();
        let Some(room) = self.rooms.get_mut(name) else {
            return;
        };
        let mut first_due = None;
        for id in gone {
            let due = room.unset(&id, now, |member| {
                member.elsewhere.retain(|other| *other != node);
            });
            first_due = first_due.or(due);
        }
        self.tell(name, first_due);
    }

    /// A member here is not as the other nodes know it.
    pub(super) fn publish(&mut self, name: &Arc<str>, id: &Arc<str>) {
        if self.peers.is_none() {
            return;
        }
        let Some(room) = self.rooms.get_mut(name) else {
            return;
        };
        room.unpublished.insert(Arc::clone(id));
        self.unpublished.insert(Arc::clone(name));
        self.wake();
    }

    /// A member has come and gone before other nodes were told of it: there is nothing to tell. While they cannot be
    /// told, as many may come and go as there are clients that try.
    pub(super) fn forget_unpublished(&mut self, name: &Arc<str>, id: &Arc<str>) {
        if let Some(room) = self.rooms.get_mut(name)
            && room.unpublished.remove(id)
            && room.unpublished.is_empty()
        {
            self.unpublished.remove(name);
        }
    }

    /// This node begins to keep the members of other nodes.
    pub(super) fn held(&mut self, name: &Arc<str>) {
        if self.peers.is_some() {
            self.asking.insert(Arc::clone(name));
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(peers) = &self.peers {
            peers.presence_changed();
        }
    }
}
