//! Who is in rooms with presence, by the ids of connections: who has lost its connection stays for a while, so
//! that coming back under the same id is no change. The application is told of changes together.
//!
//! The registry holds this and calls it for every join and leave, under its lock. What other nodes tell of their
//! members comes in through [`elsewhere`].

mod change;
mod elsewhere;
mod room;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::Arc;

use super::history::Rules;
use super::peers::Peers;
use super::timers::{Clock, Timers};

pub use change::{Change, Changes, PresenceRule, Tell, Update};
pub use elsewhere::Applied;

use change::Info;
use room::{Here, Room};

/// Members of a room: how many there are, ids and infos of some, and whether others' members are among them.
#[derive(Debug, PartialEq, Eq)]
pub struct Listed {
    /// How many there are.
    pub count: usize,
    /// Some of them.
    pub members: Vec<(Arc<str>, Info)>,
    /// The room has members here or is watched here, so that other nodes tell of theirs.
    pub is_held: bool,
}

/// Due time, room and id of a member that has lost its connection.
type Leaving = Reverse<(u64, Arc<str>, Arc<str>)>;

/// The presence of all rooms that have it.
pub struct Presence {
    rules: Rules<PresenceRule>,
    rooms: HashMap<Arc<str>, Room>,
    /// Who leaves when.
    leaving: BinaryHeap<Leaving>,
    /// Rooms with changes to be told, in the order of when that is due, about.
    changed: Vec<Arc<str>>,
    /// The application was told that there are changes, and has not taken them.
    told: bool,
    /// The earliest deadline that is set.
    alarm: Option<u64>,
    timers: Arc<Timers>,
    clock: Clock,
    /// Whoever tells other nodes.
    peers: Option<Arc<dyn Peers>>,
    /// Rooms with members here that are no more as the other nodes know them.
    unpublished: HashSet<Arc<str>>,
    /// Rooms in which the members of other nodes have to be asked for.
    asking: HashSet<Arc<str>>,
}

impl Presence {
    /// Of no rooms yet. Deadlines are set on `timers`, in the time of `clock`.
    pub fn new(timers: Arc<Timers>, clock: Clock) -> Self {
        Self {
            rules: Rules::default(),
            rooms: HashMap::new(),
            leaving: BinaryHeap::new(),
            changed: Vec::new(),
            told: false,
            alarm: None,
            timers,
            clock,
            peers: None,
            unpublished: HashSet::new(),
            asking: HashSet::new(),
        }
    }

    /// Gives a room presence, or with a `*` at the end of `pattern` all rooms whose names begin with what
    /// stands before it. The longest match holds.
    pub fn set_rule(&mut self, pattern: &str, rule: PresenceRule) {
        self.rules.set(pattern, rule);
    }

    /// A connection has joined a room.
    pub(super) fn joined(&mut self, name: &Arc<str>, slot: u32, id: &Arc<str>, info: Info) {
        let now = self.clock.now();
        let Some(room) = self.room(name) else { return };
        let mut is_first = false;
        // It may have left a moment ago, and others have not been told so yet.
        let is_known = room.unpublished.contains(id);
        let due = room.set(id, info, now, |member| {
            let before = member.here;
            is_first = before.is_none();
            member.here = Some(Here {
                slot,
                leaves: None,
                is_told: before.map_or(is_known, |here| here.is_told),
            });
        });
        room.here += usize::from(is_first);
        if room.here == 1 && is_first && !room.watched {
            self.held(name);
        }
        self.publish(name, id);
        self.tell(name, due);
    }

    /// A connection has left a room, by itself or because it has ended.
    pub(super) fn left(&mut self, name: &Arc<str>, slot: u32, id: &Arc<str>, has_ended: bool) {
        let now = self.clock.now();
        let Some(room) = self.rooms.get_mut(name) else {
            return;
        };
        let member = room
            .members
            .get_mut(id)
            .and_then(|found| found.here.as_mut());
        let Some(here) = member.filter(|here| here.slot == slot) else {
            return;
        };
        if has_ended && room.rule.leave_delay > 0 {
            let due = now + room.rule.leave_delay;
            here.leaves = Some(due);
            let entry = (due, Arc::clone(name), Arc::clone(id));
            self.leaving.push(Reverse(entry));
            self.set_alarm(due);
            return;
        }
        self.remove(name, id, now);
    }

    /// The info of a connection in a room is another.
    pub(super) fn changed(&mut self, name: &Arc<str>, id: &Arc<str>, info: Info) {
        let now = self.clock.now();
        let Some(room) = self.rooms.get_mut(name) else {
            return;
        };
        if room
            .members
            .get(id)
            .is_none_or(|member| member.here.is_none())
        {
            return;
        }
        let due = room.set(id, info, now, |_| {});
        self.publish(name, id);
        self.tell(name, due);
    }

    /// Whether the application wants to be told of changes in a room from now on. False when the room has no
    /// presence.
    pub fn watch(&mut self, name: &str, watched: bool) -> bool {
        let name: Arc<str> = name.into();
        let Some(room) = self.room(&name) else {
            return false;
        };
        let was_held = room.here > 0 || room.watched;
        if watched {
            room.watched = true;
        } else {
            room.unwatch();
        }
        if let Some(peers) = &self.peers {
            peers.room_watched(&name, watched);
        }
        if watched && !was_held {
            self.held(&name);
        }
        self.forget_if_over(&name);
        true
    }

    /// Ids and infos of a room's members, at most `limit`, and how many there are. `None` when the room has no
    /// presence.
    pub fn list(&mut self, name: &str, limit: usize) -> Option<Listed> {
        // Deadlines do not pass while no io thread runs.
        self.expire(self.clock.now());
        let Some(room) = self.rooms.get(name) else {
            return self.rules.find(name).map(|_| Listed {
                count: 0,
                members: Vec::new(),
                is_held: false,
            });
        };
        let members = room.members.iter().take(limit);
        let members = members.map(|(id, member)| (Arc::clone(id), member.info.clone()));
        Some(Listed {
            count: room.members.len(),
            members: members.collect(),
            is_held: room.here > 0 || room.watched,
        })
    }

    /// A deadline has passed. True when the application is to be told that there are changes.
    pub(super) fn on_due(&mut self, now: u64) -> bool {
        self.alarm = None;
        self.expire(now);
        let mut next = self.leaving.peek().map(|Reverse((due, ..))| *due);
        let mut is_due = false;
        if !self.told {
            for name in &self.changed {
                match self.rooms.get(name).and_then(|room| room.tell_at) {
                    Some(due) if due <= now => is_due = true,
                    Some(due) => next = Some(next.map_or(due, |next| next.min(due))),
                    None => {}
                }
            }
        }
        if let Some(due) = next {
            self.set_alarm(due);
        }
        self.told |= is_due;
        is_due
    }

    /// Takes all changes that are to be told.
    pub fn take(&mut self) -> Vec<Changes> {
        self.told = false;
        let mut taken = Vec::new();
        for name in std::mem::take(&mut self.changed) {
            if let Some(room) = self.rooms.get_mut(&name) {
                taken.extend(room.take(&name));
            }
            self.forget_if_over(&name);
        }
        taken
    }

    /// The room, made if need be. `None` when it has no presence.
    fn room(&mut self, name: &Arc<str>) -> Option<&mut Room> {
        if !self.rooms.contains_key(name) {
            let rule = self.rules.find(name)?;
            self.rooms.insert(Arc::clone(name), Room::new(rule));
        }
        self.rooms.get_mut(name)
    }

    fn remove(&mut self, name: &Arc<str>, id: &Arc<str>, now: u64) {
        let Some(room) = self.rooms.get_mut(name) else {
            return;
        };
        let mut was_here = None;
        let due = room.unset(id, now, |member| was_here = member.here.take());
        room.here -= usize::from(was_here.is_some());
        if was_here.is_some_and(|here| here.is_told) {
            self.publish(name, id);
        } else {
            self.forget_unpublished(name, id);
        }
        self.tell(name, due);
        self.forget_if_over(name);
    }

    /// Removes those who have not come back in time.
    fn expire(&mut self, now: u64) {
        while let Some(Reverse((due, ..))) = self.leaving.peek()
            && *due <= now
            && let Some(Reverse((due, name, id))) = self.leaving.pop()
        {
            let member = self.rooms.get(&name).and_then(|room| room.members.get(&id));
            let here = member.and_then(|member| member.here);
            if here.is_some_and(|here| here.leaves == Some(due)) {
                self.remove(&name, &id, now);
            }
        }
        if self.leaving.is_empty() {
            self.leaving = BinaryHeap::new();
        }
    }

    /// The first change of a room that is to be told at `due`.
    fn tell(&mut self, name: &Arc<str>, due: Option<u64>) {
        let Some(due) = due else { return };
        self.changed.push(Arc::clone(name));
        self.set_alarm(due);
    }

    fn set_alarm(&mut self, due: u64) {
        if self.alarm.is_none_or(|alarm| due < alarm) {
            self.alarm = Some(due);
            self.timers.set_presence(due);
        }
    }

    fn forget_if_over(&mut self, name: &Arc<str>) {
        if self
            .rooms
            .get(name)
            .is_some_and(|room| room.is_over() && room.unpublished.is_empty())
        {
            self.rooms.remove(name);
            self.asking.remove(name);
        }
    }
}

#[cfg(test)]
mod tests;
