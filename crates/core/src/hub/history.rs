//! The last messages of rooms, kept in memory for members that come back and for those that join late.
//!
//! What happens to one room, its messages and joins, happens under the order lock of the room, which the
//! callers hold. The lock in here is held for moments, and taken after it.

mod brought;
mod followed;
mod following;
mod position;
mod replayed;
mod ring;
mod rules;
mod shares;

use std::ops::RangeFrom;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use slab::Slab;
use uuid::Uuid;

pub use followed::{Arrival, Comparison, Waiting};
pub use position::{Base36, Position};
pub(in crate::hub) use replayed::{Replayed, form};
pub use rules::Rule;
pub(in crate::hub) use rules::Rules;

use super::deferred::SharedFrame;
use super::order::LogKey;
use brought::Brought;
use followed::Followed;
use ring::Ring;
use shares::Shares;

/// Most bytes of one replay.
pub const MAX_REPLAY_BYTES: usize = 1024 * 1024;

/// Rooms that are looked at in one step of a sweep.
const SWEEP_STEP: usize = 1024;

/// A kept message, to be sent or read.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The frame for clients with positions.
    pub frame: SharedFrame,
    /// Bytes of the message as other clients are sent it.
    pub plain_len: usize,
}

/// What [`History::read`] has found.
#[derive(Debug)]
pub struct Page {
    /// The messages, oldest first.
    pub messages: Vec<Replay>,
    /// Where to go on.
    pub position: Position,
    /// Nothing is missing between the position asked for and the messages, nor among them.
    pub complete: bool,
}

struct Log {
    name: Arc<str>,
    rule: Rule,
    ring: Ring,
    /// When the room was first seen without members, in the hub's milliseconds.
    empty_since: Option<u64>,
    /// When an engine gives the positions.
    followed: Option<Box<Followed>>,
}

struct Store {
    rules: Rules,
    logs: Slab<Log>,
    shares: Shares,
    /// What all kept messages cost.
    bytes: usize,
    brought: Brought,
    /// What the ids of messages begin with, which differs from server to server and from start to start.
    origin: u64,
    /// Epochs given out so far.
    epochs: u32,
    /// Histories that have ended so far.
    ended: u64,
    /// Messages so far: of all rooms with history.
    sequence: u64,
    /// Ids of messages given out so far.
    ids: u64,
    /// Where the next step of the sweep begins.
    swept: usize,
    /// Somebody takes the steps of the sweep.
    is_swept: bool,
}

/// The histories of all rooms of a server. Without rules it is empty and costs nothing.
#[derive(Default)]
pub struct History {
    inner: OnceLock<Box<Inner>>,
}

#[derive(Default)]
struct Inner {
    /// An engine gives the positions.
    follows: AtomicBool,
    store: Mutex<Store>,
    replayed: Replayed,
}

impl History {
    /// Gives rooms a history: see [`Rules::set`].
    pub fn set_rule(&self, pattern: &str, rule: Rule) {
        self.inner.get_or_init(Box::default);
        if let Some(mut store) = self.lock() {
            store.rules.set(pattern, rule);
        }
    }

    /// Replayed messages; `None` when no room has a history.
    pub(super) fn replayed(&self) -> Option<&Replayed> {
        Some(&self.inner.get()?.replayed)
    }

    /// Whether any room may have one.
    #[inline]
    pub fn is_on(&self) -> bool {
        self.inner.get().is_some()
    }

    /// The rule for a room.
    pub fn rule(&self, room: &str) -> Option<Rule> {
        self.lock()?.rules.find(room)
    }

    /// Begins the history of a room that has none.
    pub fn open(&self, room: &str, rule: Rule) -> Option<LogKey> {
        let mut store = self.lock()?;
        let log = Log {
            name: room.into(),
            rule,
            ring: Ring::new(store.new_epoch()),
            empty_since: None,
            followed: self.follows().then(Box::default),
        };
        Some(LogKey(store.logs.insert(log) as u32))
    }

    /// Ends the history of a room.
    pub fn close(&self, key: LogKey) {
        let Some(mut store) = self.lock() else { return };
        store.change(key, |log| while log.ring.drop_oldest() {});
        if store.logs.try_remove(key.0 as usize).is_some() {
            store.ended += 1;
        }
    }

    /// The position that the next message of a room will have.
    pub fn next(&self, key: LogKey) -> Option<Position> {
        let mut store = self.lock()?;
        store.sequence += 1;
        let tag = store.sequence as u16;
        Some(store.log(key)?.ring.next(tag))
    }

    /// Keeps a message under the position that [`History::next`] gave for it. Gives up messages of the rooms
    /// that keep most, until all rooms together keep at most `limit` bytes.
    pub fn push(&self, key: LogKey, tag: u16, message: Replay, now: u64, limit: usize) {
        let Some(mut store) = self.lock() else { return };
        store.change(key, |log| {
            log.empty_since = None;
            log.ring.push(message.frame, message.plain_len, tag, now);
            log.trim(now);
        });
        while store.bytes > limit
            && let Some(room) = store.shares.largest()
        {
            store.change(LogKey(room), |log| {
                log.ring.drop_oldest();
            });
        }
    }

    /// Where a room stands; `None` when it follows an engine, and nothing is known of it yet.
    pub fn position(&self, key: LogKey) -> Option<Position> {
        self.lock()?.log(key)?.stand()
    }

    /// The messages behind a position: all of them, or `None` when it cannot be shown that they are all, or
    /// when they are more than the rule allows or have more than `bytes` bytes.
    pub fn recover(
        &self,
        key: LogKey,
        position: &Position,
        bytes: usize,
        now: u64,
    ) -> Option<Vec<Replay>> {
        let mut store = self.lock()?;
        store.change(key, |log| log.trim(now));
        let Log { ring, rule, .. } = store.log(key)?;
        let behind = ring.behind(position)?;
        ring.fits(&behind, rule.max_replay, bytes)
            .then(|| messages(ring, behind))
    }

    /// The last messages, and the position before them: at most `count`, as many as the rule allows, with
    /// `bytes` bytes.
    pub fn rewind(
        &self,
        key: LogKey,
        count: usize,
        bytes: usize,
        now: u64,
    ) -> Option<(Position, Vec<Replay>)> {
        let mut store = self.lock()?;
        store.change(key, |log| log.trim(now));
        let Log { ring, rule, .. } = store.log(key)?;
        let last = ring.last(count.min(rule.max_replay), bytes);
        Some((ring.position_at(last.start), messages(ring, last)))
    }

    /// Reads what is kept: the first `limit` messages behind a position, or without one, or where it does not
    /// help, the last `limit`.
    pub fn read(
        &self,
        key: LogKey,
        since: Option<&Position>,
        limit: usize,
        now: u64,
    ) -> Option<Page> {
        let mut store = self.lock()?;
        store.change(key, |log| log.trim(now));
        let ring = &store.log(key)?.ring;
        let behind = since.and_then(|position| {
            if *position == store.before() {
                // The room had none then, and none has ended: this is the only one since.
                return ring.is_whole().then_some(0..);
            }
            ring.behind(position)
        });
        if let Some(behind) = behind {
            let start = behind.start;
            let mut messages = messages(ring, behind);
            messages.truncate(limit);
            return Some(Page {
                position: ring.position_at(start + messages.len()),
                messages,
                complete: true,
            });
        }
        let last = ring.last(limit, usize::MAX);
        Some(Page {
            complete: since.is_none() && ring.is_whole() && last.start == 0,
            messages: messages(ring, last),
            position: ring.position(),
        })
    }

    /// What [`History::read`] gives in a room whose history has not begun: nothing, and a position before
    /// whatever comes.
    pub fn read_nothing(&self, since: Option<&Position>) -> Option<Page> {
        let position = self.lock()?.before();
        Some(Page {
            messages: Vec::new(),
            position,
            complete: since.is_none_or(|since| *since == position),
        })
    }

    /// The id of a message that goes to several rooms. No other message has it, on any server.
    pub fn message_id(&self) -> Option<String> {
        let mut store = self.lock()?;
        store.ids += 1;
        Some(format!("{}-{}", Base36(store.origin), Base36(store.ids)))
    }

    /// Keeps the positions that a client has brought, those of rooms with history.
    pub fn bring(&self, serial: u64, positions: Vec<(String, Position)>) {
        let Some(mut store) = self.lock() else { return };
        let Store { rules, brought, .. } = &mut *store;
        let known = positions
            .into_iter()
            .filter(|(room, _)| rules.find(room).is_some());
        brought.put(serial, known.collect());
    }

    /// The position that a client has brought for a room. It serves once.
    pub fn take_brought(&self, serial: u64, room: &str) -> Option<Position> {
        self.lock()?.brought.take(serial, room)
    }

    /// A connection has ended.
    pub fn forget_brought(&self, serial: u64) {
        if let Some(mut store) = self.lock() {
            store.brought.forget(serial);
        }
    }

    /// Whether the sweep is to be begun: nobody has begun it yet, and the caller does so now.
    pub fn begin_sweep(&self) -> bool {
        self.lock()
            .is_some_and(|mut store| !std::mem::replace(&mut store.is_swept, true))
    }

    /// One step of a sweep: gives up messages that have been kept for long enough, and finds rooms that have
    /// had neither members nor messages for as long. Returns these rooms, and when to take the next step, in
    /// milliseconds from now: never, when there is no history.
    pub fn sweep(
        &self,
        now: u64,
        has_members: impl Fn(&str) -> bool,
    ) -> (Vec<(Arc<str>, LogKey)>, Option<u64>) {
        let Some(mut store) = self.lock() else {
            return (Vec::new(), None);
        };
        let mut over = Vec::new();
        let capacity = store.logs.capacity();
        for _ in 0..SWEEP_STEP.min(capacity) {
            store.swept = (store.swept + 1) % capacity;
            let key = LogKey(store.swept as u32);
            store.change(key, |log| log.trim(now));
            let Some(log) = store.logs.get_mut(key.0 as usize) else {
                continue;
            };
            if has_members(&log.name) {
                log.empty_since = None;
            } else if log.is_over(now) {
                over.push((Arc::clone(&log.name), key));
            } else if log.empty_since.is_none() {
                log.empty_since = Some(now);
            }
        }
        let steps = (capacity / SWEEP_STEP).max(1) as u64;
        let pause = (SWEEP_PAUSE / steps).max(SWEEP_PAUSE / 20);
        store.is_swept = !store.logs.is_empty();
        (over, store.is_swept.then_some(pause))
    }

    /// Whether a room that [`History::sweep`] has found is still to be given up. The caller holds its order
    /// lock, and has seen that it has no members.
    pub fn is_over(&self, key: LogKey, now: u64) -> bool {
        self.lock()
            .and_then(|store| store.log(key).map(|log| log.is_over(now)))
            .unwrap_or_default()
    }

    /// What all kept messages cost, in bytes of memory.
    pub fn bytes(&self) -> usize {
        self.lock().map_or(0, |store| store.bytes)
    }

    /// How many rooms have a history.
    pub fn room_count(&self) -> usize {
        self.lock().map_or(0, |store| store.logs.len())
    }

    fn lock(&self) -> Option<MutexGuard<'_, Store>> {
        let inner = self.inner.get()?;
        Some(inner.store.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Milliseconds between two looks at a room, while there are few.
pub const SWEEP_PAUSE: u64 = 1000;

fn messages(ring: &Ring, range: RangeFrom<usize>) -> Vec<Replay> {
    let kept = ring.get(range);
    kept.map(|kept| Replay {
        frame: Arc::clone(&kept.frame),
        plain_len: kept.plain_len as usize,
    })
    .collect()
}

impl Log {
    fn stand(&self) -> Option<Position> {
        let is_known = self
            .followed
            .as_ref()
            .is_none_or(|followed| followed.is_known);
        is_known.then(|| self.ring.position())
    }

    fn trim(&mut self, now: u64) {
        let since = now.saturating_sub(self.rule.ttl);
        self.ring.trim(self.rule.size, since);
    }

    fn is_over(&self, now: u64) -> bool {
        self.empty_since
            .is_some_and(|since| now - since > self.rule.ttl)
    }
}

impl Store {
    fn log(&self, key: LogKey) -> Option<&Log> {
        self.logs.get(key.0 as usize)
    }

    /// Never twice the same, for a position is worth nothing in another history.
    fn new_epoch(&mut self) -> u64 {
        let epoch = u64::from((self.origin as u32).wrapping_add(self.epochs));
        self.epochs = self.epochs.wrapping_add(1);
        epoch
    }

    /// Where a room stands that has no history now. It is worth something as long as no history ends, because
    /// the next one of the room is then its first since.
    fn before(&self) -> Position {
        Position {
            // No history has it: their epochs have 32 bits.
            epoch: 1 << 32 | self.origin >> 32,
            offset: self.ended,
            tag: 0,
        }
    }

    /// Changes a log, and what depends on the bytes it keeps.
    fn change(&mut self, key: LogKey, change: impl FnOnce(&mut Log)) {
        let Some(log) = self.logs.get_mut(key.0 as usize) else {
            return;
        };
        let before = log.ring.bytes();
        change(log);
        let bytes = log.ring.bytes();
        self.bytes = self.bytes - before + bytes;
        self.shares.change(key.0, before, bytes);
    }
}

impl Default for Store {
    fn default() -> Self {
        let (random, _) = Uuid::new_v4().as_u64_pair();
        Self {
            rules: Rules::default(),
            logs: Slab::new(),
            shares: Shares::default(),
            bytes: 0,
            brought: Brought::default(),
            origin: random,
            epochs: 0,
            ended: 0,
            sequence: 0,
            ids: 0,
            swept: 0,
            is_swept: false,
        }
    }
}

#[cfg(test)]
mod tests;
