//! The rooms that a node is subscribed to: those with members here, and for a while those that had some.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::channel::room_key;
use super::engine::MOST_CHANNELS;

/// What the engine is to be told next.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Rooms to subscribe to.
    pub subscribe: Vec<Arc<str>>,
    /// Rooms to unsubscribe from.
    pub unsubscribe: Vec<Arc<str>>,
    /// Keys of those who have waited for rooms that have no members any more.
    pub released: Vec<u32>,
}

#[derive(Debug, Default)]
struct Room {
    has_members: bool,
    /// The application listens for its presence.
    is_watched: bool,
    stage: Stage,
    /// Without members: its number among those that are to be unsubscribed from. A number takes 4 bytes, and a time 16.
    leaves: Option<NonZeroU32>,
}

/// What the engine knows of a room.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing.
    #[default]
    Untold,
    /// It has been told, or is being told.
    Told,
    /// It has confirmed the subscription.
    Confirmed,
    /// It has refused it, and is asked again later.
    Refused,
}

impl Room {
    fn is_wanted(&self) -> bool {
        self.has_members || self.is_watched
    }
}

/// The rooms that a node is subscribed to.
#[derive(Debug)]
pub struct Subscriptions {
    delay: Duration,
    rooms: HashMap<Arc<str>, Room>,
    /// Rooms to subscribe to, if they still have members.
    wanted: VecDeque<Arc<str>>,
    /// Rooms without members, each with its number, and when to unsubscribe from them.
    leaving: VecDeque<(Instant, NonZeroU32, Arc<str>)>,
    /// The last of these numbers.
    last: u32,
    /// Rooms whose subscription was refused, and when to try again.
    refused: VecDeque<(Instant, Arc<str>)>,
    /// Keys under which the application is told that a room is subscribed.
    waiting: HashMap<Arc<str>, Vec<u32>>,
    /// Rooms whose names stand in no channel, by what stands there instead.
    hashed: HashMap<String, Arc<str>>,
    /// See [`Changes::released`].
    released: Vec<u32>,
}

impl Subscriptions {
    /// None yet. A room stays subscribed for `delay` after its last member.
    pub fn new(delay: Duration) -> Self {
        Self {
            delay,
            rooms: HashMap::new(),
            wanted: VecDeque::new(),
            leaving: VecDeque::new(),
            last: 0,
            refused: VecDeque::new(),
            waiting: HashMap::new(),
            hashed: HashMap::new(),
            released: Vec::new(),
        }
    }

    /// A room has got its first member. True when the engine is to be told.
    pub fn began(&mut self, room: &Arc<str>) -> bool {
        self.want(room, |entry| entry.has_members = true)
    }

    /// The application begins to listen for the presence of a room. True when the engine is to be told.
    pub fn watched(&mut self, room: &Arc<str>) -> bool {
        self.want(room, |entry| entry.is_watched = true)
    }

    fn want(&mut self, room: &Arc<str>, note: impl FnOnce(&mut Room)) -> bool {
        let entry = self.rooms.entry(Arc::clone(room)).or_default();
        let was_wanted = entry.is_wanted();
        note(entry);
        entry.leaves = None;
        if was_wanted || entry.stage != Stage::Untold {
            return false;
        }
        if let Some(key) = hashed_key(room) {
            self.hashed.insert(key, Arc::clone(room));
        }
        self.wanted.push_back(Arc::clone(room));
        self.forget_old();
        true
    }

    /// A room has lost its last member.
    pub fn ended(&mut self, room: &Arc<str>, now: Instant) {
        self.unwant(room, now, |entry| entry.has_members = false);
    }

    /// The application does not listen for the presence of a room any more.
    pub fn unwatched(&mut self, room: &Arc<str>, now: Instant) {
        self.unwant(room, now, |entry| entry.is_watched = false);
    }

    fn unwant(&mut self, room: &Arc<str>, now: Instant, note: impl FnOnce(&mut Room)) {
        let Some(entry) = self.rooms.get_mut(room) else {
            return;
        };
        note(entry);
        if entry.is_wanted() {
            return;
        }
        if matches!(entry.stage, Stage::Untold | Stage::Refused) {
            // The join and the leave cancel each other.
            self.remove(room);
        } else {
            self.last = self.last.wrapping_add(1);
            let number = NonZeroU32::new(self.last).unwrap_or(NonZeroU32::MAX);
            entry.leaves = Some(number);
            let due = now + self.delay;
            self.leaving.push_back((due, number, Arc::clone(room)));
            self.forget_old();
        }
    }

    /// Forgets entries of the queues that mean nothing any more: while the engine is not reachable nobody takes them, and the
    /// same rooms may get and lose members as often as clients come and go.
    fn forget_old(&mut self) {
        let most = 2 * self.rooms.len() + MOST_CHANNELS;
        if self.wanted.len() > most {
            let rooms = self.rooms.iter();
            let wanted = rooms.filter(|(_, room)| room.is_wanted() && room.stage == Stage::Untold);
            self.wanted = wanted.map(|(name, _)| Arc::clone(name)).collect();
        }
        if self.leaving.len() > most {
            self.leaving.retain(|(_, number, name)| {
                let room = self.rooms.get(name);
                room.is_some_and(|room| room.leaves == Some(*number))
            });
        }
    }

    /// Takes some of what the engine is to be told: at most [`MOST_CHANNELS`] of each.
    pub fn take(&mut self, now: Instant) -> Changes {
        let mut changes = Changes {
            released: std::mem::take(&mut self.released),
            ..Changes::default()
        };
        while self.refused.front().is_some_and(|(due, _)| *due <= now)
            && let Some((_, room)) = self.refused.pop_front()
        {
            self.want_again(&room);
        }
        while changes.subscribe.len() < MOST_CHANNELS
            && let Some(room) = self.wanted.pop_front()
        {
            if let Some(entry) = self.rooms.get_mut(&room)
                && entry.is_wanted()
                && entry.stage == Stage::Untold
            {
                entry.stage = Stage::Told;
                changes.subscribe.push(room);
            }
        }
        while changes.unsubscribe.len() < MOST_CHANNELS
            && let Some((due, ..)) = self.leaving.front()
            && *due <= now
            && let Some((_, number, room)) = self.leaving.pop_front()
        {
            // It may have got members again, and may have lost them again later.
            let room_now = self.rooms.get(&room);
            if room_now.is_some_and(|entry| entry.leaves == Some(number)) {
                self.remove(&room);
                changes.unsubscribe.push(room);
            }
        }
        // A queue that was long once does not keep its memory: 16 bytes for each room.
        if self.wanted.is_empty() {
            self.wanted.shrink_to(MOST_CHANNELS);
        }
        if self.leaving.is_empty() {
            self.leaving.shrink_to(MOST_CHANNELS);
        }
        changes
    }

    /// When [`Subscriptions::take`] will have something to tell, if nothing changes.
    pub fn next_due(&self) -> Option<Instant> {
        let leaving = self.leaving.front().map(|(due, ..)| *due);
        let refused = self.refused.front().map(|(due, _)| *due);
        leaving.into_iter().chain(refused).min()
    }

    /// The engine could not be told of these rooms: they are subscribed to with the next changes.
    pub fn put_back(&mut self, rooms: &[Arc<str>]) {
        for room in rooms {
            self.want_again(room);
        }
    }

    fn want_again(&mut self, room: &Arc<str>) {
        if let Some(entry) = self.rooms.get_mut(room)
            && entry.stage != Stage::Confirmed
        {
            entry.stage = Stage::Untold;
            self.wanted.push_back(Arc::clone(room));
        }
    }

    /// The engine has refused these rooms. It is asked again at `due`. Returns the keys of those who have waited for them.
    pub fn refused(&mut self, rooms: &[Arc<str>], due: Instant) -> Vec<u32> {
        let mut keys = Vec::new();
        for room in rooms {
            keys.extend(self.waiting.remove(room).into_iter().flatten());
            let Some(entry) = self.rooms.get_mut(room) else {
                continue;
            };
            if entry.is_wanted() {
                entry.stage = Stage::Refused;
                self.refused.push_back((due, Arc::clone(room)));
            } else {
                self.remove(room);
            }
        }
        keys
    }

    /// The engine has confirmed subscriptions. Returns the keys of those who have waited for them.
    pub fn confirmed(&mut self, rooms: &[Arc<str>]) -> Vec<u32> {
        let mut keys = Vec::new();
        for room in rooms {
            if let Some(entry) = self.rooms.get_mut(room) {
                entry.stage = Stage::Confirmed;
            }
            keys.extend(self.waiting.remove(room).into_iter().flatten());
        }
        keys
    }

    /// Has the application told under a key when a room is subscribed. False when it is, or nobody is in it.
    pub fn wait_for(&mut self, room: &str, key: u32) -> bool {
        let Some((name, entry)) = self.rooms.get_key_value(room) else {
            return false;
        };
        if matches!(entry.stage, Stage::Confirmed | Stage::Refused) || !entry.has_members {
            return false;
        }
        self.waiting.entry(Arc::clone(name)).or_default().push(key);
        true
    }

    /// The engine has a new connection, which is subscribed to nothing: all rooms with members are to be told
    /// again. Rooms without members are forgotten.
    pub fn begin_anew(&mut self) {
        self.leaving.clear();
        self.refused.clear();
        self.rooms.retain(|_, entry| entry.is_wanted());
        for entry in self.rooms.values_mut() {
            entry.stage = Stage::Untold;
        }
        self.wanted = self.rooms.keys().cloned().collect();
    }

    /// Ends all waiting. Returns the keys of those who have waited.
    pub fn give_up_waiting(&mut self) -> Vec<u32> {
        let waiting = self.waiting.drain();
        waiting.flat_map(|(_, keys)| keys).collect()
    }

    /// Whether a room has members here, and is about to be subscribed.
    pub fn is_awaited(&self, room: &str) -> bool {
        let entry = self.rooms.get(room);
        entry.is_some_and(|entry| {
            entry.has_members && !matches!(entry.stage, Stage::Confirmed | Stage::Refused)
        })
    }

    /// Whether nothing waits to be subscribed.
    #[cfg(test)]
    pub fn is_settled(&self) -> bool {
        self.wanted.is_empty()
    }

    /// How many rooms are subscribed or about to be.
    pub fn len(&self) -> usize {
        self.rooms.len()
    }

    /// Whether a room is subscribed.
    pub fn is_confirmed(&self, room: &str) -> bool {
        self.rooms
            .get(room)
            .is_some_and(|entry| entry.stage == Stage::Confirmed)
    }

    /// The rooms that are subscribed.
    #[cfg(test)]
    pub fn confirmed_rooms(&self) -> impl Iterator<Item = &Arc<str>> {
        let rooms = self.rooms.iter();
        rooms.filter_map(|(name, entry)| (entry.stage == Stage::Confirmed).then_some(name))
    }

    /// The name of a room by what stands for it in the names of channels.
    pub fn by_key(&self, key: &str) -> Option<Arc<str>> {
        if let Some(name) = self.hashed.get(key) {
            return Some(Arc::clone(name));
        }
        self.rooms
            .get_key_value(key)
            .map(|(name, _)| Arc::clone(name))
    }

    fn remove(&mut self, room: &str) {
        self.rooms.remove(room);
        let waiting = self.waiting.remove(room);
        self.released.extend(waiting.into_iter().flatten());
        if let Some(key) = hashed_key(room) {
            self.hashed.remove(&key);
        }
    }
}

/// What stands for a room in the names of channels, if that is not its name.
fn hashed_key(room: &str) -> Option<String> {
    let key = room_key(room);
    (key != room).then_some(key)
}

#[cfg(test)]
mod tests;
