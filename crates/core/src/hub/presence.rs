//! Who is in rooms with presence, by the ids of connections: who has lost its connection stays for a while, so
//! that coming back under the same id is no change. The application is told of changes together.
//!
//! The registry holds this and calls it for every join and leave, under its lock.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use super::history::Rules;
use super::timers::{Clock, Timers};

/// Time, in milliseconds, in which changes are gathered that are told together.
const GATHER: u64 = 100;

/// Members of a room above which changes that are gathered are told as numbers.
const TOLD_BY_NAME: usize = 1000;

/// What the application is told of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tell {
    /// Each change, in order.
    Each,
    /// What has changed in a tenth of a second; numbers only in large rooms.
    Batched,
    /// Nothing.
    Never,
}

/// How the presence of a room works.
#[derive(Debug, Clone, Copy)]
pub struct PresenceRule {
    /// For how long a member stays that has lost its connection, in milliseconds.
    pub leave_delay: u64,
    /// What the application is told.
    pub tell: Tell,
}

/// What has happened to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there before.
    Join,
    /// It is not there any more.
    Leave,
    /// Its info is another.
    Info,
}

type Info = Option<Arc<str>>;

/// Members of a room: how many there are, and ids and infos of some.
type Listed = (usize, Vec<(Arc<str>, Info)>);

/// Due time, room and id of a member that has lost its connection.
type Leaving = Reverse<(u64, Arc<str>, Arc<str>)>;

/// What has changed in one room.
#[derive(Debug, PartialEq, Eq)]
pub struct Changes {
    /// The room's name.
    pub room: Arc<str>,
    /// Members now.
    pub count: usize,
    /// Members that have come.
    pub joined: usize,
    /// Members that have gone.
    pub left: usize,
    /// The changes, with ids and infos; empty where only numbers are told.
    pub members: Vec<(Change, Arc<str>, Info)>,
}

struct Member {
    slot: u32,
    info: Info,
    /// When it is gone, if it does not come back.
    leaves: Option<u64>,
}

struct Room {
    rule: PresenceRule,
    members: HashMap<Arc<str>, Member>,
    /// The application wants to be told of changes.
    watched: bool,
    /// When the changes so far are to be told.
    tell_at: Option<u64>,
    /// With [`Tell::Each`], the changes.
    log: Vec<(Change, Arc<str>, Info)>,
    /// With [`Tell::Batched`], what members that have changed were before: `None` is not there.
    before: HashMap<Arc<str>, Option<Info>>,
}

impl Room {
    fn new(rule: PresenceRule) -> Self {
        Self {
            rule,
            members: HashMap::new(),
            watched: false,
            tell_at: None,
            log: Vec::new(),
            before: HashMap::new(),
        }
    }

    /// Notes a change that was made; `was` is what the member was before. Returns when it is to be told, if it is the first that is.
    fn note(
        &mut self,
        change: Change,
        id: &Arc<str>,
        info: Info,
        was: Option<Info>,
        now: u64,
    ) -> Option<u64> {
        let due = match self.rule.tell {
            _ if !self.watched => return None,
            Tell::Never => return None,
            Tell::Each => {
                self.log.push((change, Arc::clone(id), info));
                now
            }
            Tell::Batched => {
                let is_now = (change != Change::Leave).then_some(info);
                let before = self.before.entry(Arc::clone(id)).or_insert(was);
                // Whoever has come and gone again has not changed, and takes no memory.
                if *before == is_now {
                    self.before.remove(id);
                }
                now + GATHER
            }
        };
        if self.tell_at.is_some() {
            return None;
        }
        self.tell_at = Some(due);
        self.tell_at
    }

    fn take(&mut self, name: &Arc<str>) -> Option<Changes> {
        self.tell_at = None;
        let mut members = std::mem::take(&mut self.log);
        for (id, was) in self.before.drain() {
            let now = self.members.get(&id);
            members.push(match (was, now) {
                (None, Some(member)) => (Change::Join, id, member.info.clone()),
                (Some(info), None) => (Change::Leave, id, info),
                (Some(_), Some(member)) => (Change::Info, id, member.info.clone()),
                (None, None) => continue,
            });
        }
        if members.is_empty() {
            return None;
        }
        let number = |kind| {
            members
                .iter()
                .filter(|(change, ..)| *change == kind)
                .count()
        };
        let (joined, left) = (number(Change::Join), number(Change::Leave));
        let count = self.members.len();
        if self.rule.tell == Tell::Batched && count > TOLD_BY_NAME {
            members.clear();
        }
        Some(Changes {
            room: Arc::clone(name),
            count,
            joined,
            left,
            members,
        })
    }

    fn is_over(&self) -> bool {
        self.members.is_empty() && !self.watched && self.tell_at.is_none()
    }
}

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
        let member = Member {
            slot,
            info: info.clone(),
            leaves: None,
        };
        let was = room.members.insert(Arc::clone(id), member);
        let was = was.map(|member| member.info);
        let change = match &was {
            None => Change::Join,
            Some(before) if *before == info => return,
            Some(_) => Change::Info,
        };
        let due = room.note(change, id, info, was, now);
        self.tell(name, due);
    }

    /// A connection has left a room, by itself or because it has ended.
    pub(super) fn left(&mut self, name: &Arc<str>, slot: u32, id: &Arc<str>, has_ended: bool) {
        let now = self.clock.now();
        let Some(room) = self.rooms.get_mut(name) else {
            return;
        };
        let Some(member) = room.members.get_mut(id).filter(|found| found.slot == slot) else {
            return;
        };
        if has_ended && room.rule.leave_delay > 0 {
            let due = now + room.rule.leave_delay;
            member.leaves = Some(due);
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
        let Some(member) = room.members.get_mut(id).filter(|found| found.info != info) else {
            return;
        };
        let was = std::mem::replace(&mut member.info, info.clone());
        let due = room.note(Change::Info, id, info, Some(was), now);
        self.tell(name, due);
    }

    /// Whether the application wants to be told of changes in a room from now on. False when the room has no
    /// presence.
    pub fn watch(&mut self, name: &str, watched: bool) -> bool {
        let name: Arc<str> = name.into();
        let Some(room) = self.room(&name) else {
            return false;
        };
        room.watched = watched;
        if !watched {
            room.tell_at = None;
            room.log.clear();
            room.before.clear();
            self.forget_if_over(&name);
        }
        true
    }

    /// Ids and infos of a room's members, at most `limit`, and how many there are. `None` when the room has no
    /// presence.
    pub fn list(&mut self, name: &str, limit: usize) -> Option<Listed> {
        // Deadlines do not pass while no io thread runs.
        self.expire(self.clock.now());
        let Some(room) = self.rooms.get(name) else {
            return self.rules.find(name).map(|_| (0, Vec::new()));
        };
        let members = room.members.iter().take(limit);
        let members = members.map(|(id, member)| (Arc::clone(id), member.info.clone()));
        Some((room.members.len(), members.collect()))
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
        let Some(member) = room.members.remove(id) else {
            return;
        };
        let was = Some(member.info.clone());
        let due = room.note(Change::Leave, id, member.info, was, now);
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
            if member.is_some_and(|member| member.leaves == Some(due)) {
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
        if self.rooms.get(name).is_some_and(Room::is_over) {
            self.rooms.remove(name);
        }
    }
}

#[cfg(test)]
mod tests;
