//! Histories that follow those of an engine, which all nodes share. A ring then holds what this node has delivered,
//! with the engine's positions.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire};

use crate::hub::deferred::SharedFrame;
use crate::hub::order::LogKey;

use super::followed::{Arrival, Comparison, Followed, Waiting};
use super::ring::Ring;
use super::{History, Log, Position};

impl Log {
    /// How many messages before `end` somebody who joins has to be sent.
    fn wanted(&self, end: &Position, brought: Option<&Position>, rewind: usize) -> usize {
        let behind = brought
            .filter(|position| position.epoch == end.epoch)
            .and_then(|position| end.offset.checked_sub(position.offset))
            .and_then(|count| usize::try_from(count).ok())
            .filter(|count| *count <= self.rule.max_replay);
        behind
            .unwrap_or_else(|| rewind.min(self.rule.max_replay))
            .min(self.rule.size)
    }

    /// Whether the ring has everything for somebody who joins.
    fn has(&self, followed: &Followed, brought: Option<&Position>, rewind: usize) -> bool {
        let end = self.ring.position();
        // Another node may have delivered what has not come here yet.
        let is_ahead = brought
            .is_some_and(|position| position.epoch != end.epoch || position.offset > end.offset);
        let wanted = self.wanted(&end, brought, rewind);
        followed.is_known && followed.covers(&self.ring, wanted) && !is_ahead
    }

    fn begin(&mut self, base: &Position) {
        self.ring = Ring::at(base);
        if let Some(followed) = &mut self.followed {
            followed.is_known = true;
            followed.floor = None;
        }
    }

    fn has_for(&self, one: &Waiting) -> bool {
        let has = |followed| self.has(followed, one.brought.as_ref(), one.rewind);
        self.followed.as_deref().is_some_and(has)
    }
}

impl History {
    /// From now on an engine gives all positions, or not any longer.
    pub fn set_follows(&self, follows: bool) {
        let Some(inner) = self.inner.get() else {
            return;
        };
        if inner.follows.swap(follows, AcqRel) == follows {
            return;
        }
        let Some(mut store) = self.lock() else { return };
        let keys: Vec<LogKey> = (store.logs.iter())
            .map(|(index, _)| LogKey(index as u32))
            .collect();
        for key in keys {
            // Positions of the engine and own ones must not meet in one epoch.
            let epoch = store.new_epoch();
            store.change(key, |log| {
                log.ring = Ring::new(epoch);
                log.followed = follows.then(Box::default);
            });
        }
    }

    /// Whether an engine gives all positions.
    #[inline]
    pub fn follows(&self) -> bool {
        let inner = self.inner.get();
        inner.is_some_and(|inner| inner.follows.load(Acquire))
    }

    /// How a message stands to those that were delivered.
    pub fn arrival(&self, key: LogKey, position: &Position) -> Arrival {
        let Some(mut store) = self.lock() else {
            return Arrival::Astray;
        };
        let Some(log) = store.log(key) else {
            return Arrival::Astray;
        };
        let Some(followed) = &log.followed else {
            return Arrival::Astray;
        };
        if !followed.is_known
            && followed.is_live
            && let Some(offset) = position.offset.checked_sub(1)
        {
            // The engine could not say where the room stands when members were let in: for them it begins here.
            let base = Position {
                offset,
                tag: 0,
                ..*position
            };
            store.change(key, |log| log.begin(&base));
            return Arrival::Next;
        }
        let ring = &log.ring;
        let end = ring.position();
        if !followed.is_known || end.epoch != position.epoch {
            return Arrival::Astray;
        }
        if end.offset.checked_add(1) == Some(position.offset) {
            return Arrival::Next;
        }
        match ring.tag_at(position.offset) {
            Some(tag) if tag != position.tag => Arrival::Astray,
            _ if position.offset > end.offset => Arrival::Astray,
            _ => Arrival::Repeated,
        }
    }

    /// Has a room stand at a position, and keep nothing, if it stands where it is thought to stand.
    pub fn begin(&self, key: LogKey, expected: Option<&Position>, base: &Position) -> bool {
        let Some(mut store) = self.lock() else {
            return false;
        };
        let Some(log) = store.log(key) else {
            return false;
        };
        if log.stand().as_ref() != expected {
            return false;
        }
        store.change(key, |log| log.begin(base));
        true
    }

    /// Puts messages before those that are kept: see [`Ring::prepend`].
    pub fn prepend(&self, key: LogKey, messages: &[(Position, SharedFrame, usize)], now: u64) {
        if let Some(mut store) = self.lock() {
            store.change(key, |log| {
                log.ring.prepend(messages, now);
            });
        }
    }

    /// The engine has no messages before those of the ring.
    pub fn set_all(&self, key: LogKey) {
        let Some(mut store) = self.lock() else { return };
        if let Some(log) = store.logs.get_mut(key.0 as usize)
            && let Some(followed) = &mut log.followed
        {
            followed.floor = Some(log.ring.start().offset);
        }
    }

    /// The position before the first message of a ring, and that of the last.
    pub fn range(&self, key: LogKey) -> Option<(Position, Position)> {
        let store = self.lock()?;
        let log = store.log(key)?;
        Some((log.ring.start(), log.stand()?))
    }

    /// Whether a ring has the message with this position, or begins behind it.
    pub fn has(&self, key: LogKey, position: &Position) -> bool {
        let store = self.lock();
        let log = store.as_ref().and_then(|store| store.log(key));
        log.is_some_and(|log| log.stand().is_some() && log.ring.behind(position).is_some())
    }

    /// How many messages before `end` those who wait have to be sent that the ring does not have.
    pub fn missing(&self, key: LogKey, end: &Position) -> usize {
        let Some(store) = self.lock() else { return 0 };
        let Some(log) = store.log(key) else { return 0 };
        let Some(followed) = &log.followed else {
            return 0;
        };
        let wanted = followed
            .left_out()
            .map(|one| log.wanted(end, one.brought.as_ref(), one.rewind));
        let most = wanted.max().unwrap_or(0);
        let is_there = followed.is_known && followed.covers(&log.ring, most);
        if most == 0 || is_there {
            return 0;
        }
        // Whoever comes next is likely to want more than who came first.
        let returns = followed.left_out().any(|one| one.brought.is_some());
        let window = log.rule.max_replay.min(log.rule.size);
        if returns { window.max(most) } else { most }
    }

    /// Whether somebody who joins can be served now. The ring is compared first if the engine `is_up`, and has to have what
    /// was missed in any case: otherwise it is read when the engine can be reached.
    pub fn is_ready(
        &self,
        key: LogKey,
        brought: Option<&Position>,
        rewind: usize,
        is_up: bool,
    ) -> bool {
        let Some(store) = self.lock() else {
            return true;
        };
        let Some(log) = store.log(key) else {
            return true;
        };
        let Some(followed) = &log.followed else {
            return true;
        };
        (followed.is_live || !is_up) && log.has(followed, brought, rewind)
    }

    /// Whether the last `limit` messages, or those behind a position, can be read here.
    pub fn can_read(&self, key: LogKey, since: Option<&Position>, limit: usize) -> bool {
        let Some(store) = self.lock() else {
            return false;
        };
        let Some(Log { ring, followed, .. }) = store.log(key) else {
            return false;
        };
        let Some(followed) = followed.as_ref().filter(|followed| followed.is_live) else {
            return false;
        };
        match since {
            Some(position) => ring.behind(position).is_some(),
            None => followed.covers(ring, limit),
        }
    }

    /// Has somebody wait for what was missed. `members` is how many are in the room.
    pub fn wait(
        &self,
        key: LogKey,
        waiting: Waiting,
        members: usize,
        is_here: impl Fn(&Waiting) -> bool,
    ) {
        self.with_followed(key, |followed| {
            // While the engine is not reachable, many may come and go again.
            if followed.waiting.len() > 2 * members + 64 {
                followed
                    .waiting
                    .retain(|one| one.key.is_some() || is_here(one));
            }
            followed.waiting.push(waiting);
        });
    }

    /// A client has joined a room again: see [`Followed::end_waiting`].
    pub fn end_waiting(&self, key: LogKey, serial: u64) {
        self.with_followed(key, |followed| followed.end_waiting(serial));
    }

    /// Takes some of those who wait, behind the first `passed`: those the numbers of whose joins are given, and others that the
    /// ring has everything for, unless the engine has refused. Those who cannot be served yet are passed.
    pub fn take_waiting(
        &self,
        key: LogKey,
        most: usize,
        passed: &mut usize,
        (joins, comparison): (&HashSet<u64>, Comparison),
    ) -> Vec<Waiting> {
        let Some(mut store) = self.lock() else {
            return Vec::new();
        };
        let Some(log) = store.logs.get_mut(key.0 as usize) else {
            return Vec::new();
        };
        loop {
            let Some(followed) = &log.followed else {
                return Vec::new();
            };
            let behind = followed.waiting.get(*passed..).unwrap_or_default();
            let is_due = |one: &&Waiting| {
                joins.contains(&one.join)
                    || one.has_left
                    || (comparison == Comparison::Done && log.has_for(one))
            };
            let count = behind.iter().take(most).take_while(is_due).count();
            if count == 0 && !behind.is_empty() {
                *passed += 1;
                continue;
            }
            let Some(followed) = &mut log.followed else {
                return Vec::new();
            };
            let from = (*passed).min(followed.waiting.len());
            let taken = followed.waiting.drain(from..from + count).collect();
            if followed.waiting.is_empty() {
                followed.waiting = Vec::new();
            }
            return taken;
        }
    }

    /// The serial numbers of those who get no messages before they have got what they have missed.
    pub fn waiting(&self, key: LogKey) -> Vec<u64> {
        self.with_followed(key, |followed| {
            followed.left_out().map(|one| one.serial).collect()
        })
        .unwrap_or_default()
    }

    /// The numbers of the joins for which what was missed has to be read.
    pub fn joins_waiting(&self, key: LogKey) -> HashSet<u64> {
        self.with_followed(key, |followed| {
            followed.left_out().map(|one| one.join).collect()
        })
        .unwrap_or_default()
    }

    /// New messages of a room come by themselves from now on, unless something may be missing before them: the engine
    /// could not be asked.
    pub fn set_uncompared(&self, key: LogKey) {
        self.with_followed(key, |followed| followed.is_live |= !followed.is_known);
    }

    /// Whether new messages of a room come by themselves from now on.
    pub fn set_live(&self, key: LogKey, live: bool) {
        self.with_followed(key, |followed| followed.is_live = live);
    }

    /// New messages do not come any longer. Those who wait go on waiting, and the application is told so: returns
    /// their keys.
    pub fn lose_engine(&self) -> Vec<u32> {
        let Some(mut store) = self.lock() else {
            return Vec::new();
        };
        let mut keys = Vec::new();
        let logs = store.logs.iter_mut();
        for followed in logs.filter_map(|(_, log)| log.followed.as_deref_mut()) {
            followed.is_live = false;
            keys.extend(followed.waiting.iter_mut().filter_map(|one| one.key.take()));
        }
        keys
    }

    /// Rooms that are followed.
    pub fn followed(&self) -> Vec<Arc<str>> {
        let Some(store) = self.lock() else {
            return Vec::new();
        };
        let logs = store.logs.iter().map(|(_, log)| log);
        logs.filter(|log| {
            log.followed
                .as_ref()
                .is_some_and(|followed| followed.is_known)
        })
        .map(|log| Arc::clone(&log.name))
        .collect()
    }

    fn with_followed<R>(&self, key: LogKey, act: impl FnOnce(&mut Followed) -> R) -> Option<R> {
        let mut store = self.lock()?;
        let log = store.logs.get_mut(key.0 as usize)?;
        log.followed.as_deref_mut().map(act)
    }
}
