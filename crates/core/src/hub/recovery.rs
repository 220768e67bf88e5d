//! Rooms with history: who comes back gets what was missed.
//!
//! A join and its replay happen under the order lock of the room, as every message does: so what is replayed
//! and what follows live are together each message once, in order.

use std::sync::Arc;

use log::debug;

use crate::envelope;

use super::Hub;
use super::connection::{Connection, ConnectionRef, Queued};
use super::history::{MAX_REPLAY_BYTES, Position, Replay, Rule, Waiting, form};
use super::order::LogKey;
use super::registry::Group;
use super::stats::Counter;

/// How a connection has joined a room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Joined {
    /// The client has brought a position, and has been sent all that it had missed since then.
    pub recovered: bool,
    /// Messages that it has been sent of those before the join.
    pub replayed: usize,
    /// Where it stands now; `None` in a room without history.
    pub position: Option<Position>,
}

/// What becomes of a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joining {
    /// It is done.
    Done(Joined),
    /// What was missed is being read. The application is told when the client has been sent it.
    Later,
}

impl Joined {
    pub(super) fn at(position: Option<Position>) -> Self {
        Self {
            recovered: false,
            replayed: 0,
            position,
        }
    }
}

/// What a client is sent that joins a room.
struct Missed {
    messages: Vec<Replay>,
    /// They are all since the position that the client has brought.
    is_all: bool,
    /// Where they begin, if it has brought one, and others between are lost.
    lost_before: Option<Position>,
}

impl Hub {
    /// Takes in the positions of a handshake message, if there are any.
    #[cold]
    pub(super) fn bring_positions(&self, connection: &Connection, text: &str) {
        let Some(found) = envelope::positions(text) else {
            return;
        };
        let positions: Vec<_> = found
            .into_iter()
            .filter_map(|(room, position)| Some((room, Position::parse(&position)?)))
            .collect();
        connection.set_positions(!positions.is_empty());
        self.history.bring(connection.serial(), positions);
    }

    /// Joins a room. With a position that the client has brought it gets what it has missed.
    pub fn join(&self, slot: u32, room: &str) {
        if !self.history.is_on() {
            self.registry().join(slot, room);
            return;
        }
        let connection = self.registry().get(slot).cloned();
        if let Some(connection) = connection {
            self.join_member(&connection, room);
        }
    }

    /// The same for a connection that may have ended meanwhile.
    pub(super) fn join_member(&self, connection: &ConnectionRef, room: &str) {
        match self.history.rule(room) {
            Some(rule) if connection.knows_positions() => {
                self.join_recovering(connection, room, rule, 0, None);
            }
            Some(_) if self.history.follows() => self.join_followed(connection, room),
            _ => {
                self.registry().join_as(connection, room);
            }
        }
    }

    /// Joins a room, and tells what the client has been sent of the messages before. A client that has brought
    /// no position, or one that does not help, gets the last `rewind` messages. `None` when there is no such
    /// connection.
    pub fn join_and_tell(&self, slot: u32, room: &str, rewind: usize) -> Option<Joined> {
        match self.join_and_tell_later(slot, room, rewind, None)? {
            Joining::Done(joined) => Some(joined),
            Joining::Later => None,
        }
    }

    /// The same. When the client has missed messages that have to be read from the engine, it is in the room at once,
    /// and is sent nothing of the room before it has been sent these. The application is told under `key` then.
    pub fn join_and_tell_later(
        &self,
        slot: u32,
        room: &str,
        rewind: usize,
        key: Option<u32>,
    ) -> Option<Joining> {
        let connection = self.registry().get(slot).cloned()?;
        let Some(rule) = self.history.rule(room) else {
            self.registry().join(slot, room);
            return Some(Joining::Done(Joined::at(None)));
        };
        Some(self.join_recovering(&connection, room, rule, rewind, key))
    }

    fn join_recovering(
        &self,
        connection: &ConnectionRef,
        room: &str,
        rule: Rule,
        rewind: usize,
        key: Option<u32>,
    ) -> Joining {
        let peers = self.followed_peers();
        let is_up = peers.as_ref().is_some_and(|peers| !peers.is_down());
        let mut must_read = false;
        let joining = self.in_kept_room(room, rule, |log, members| {
            let brought = self.history.take_brought(connection.serial(), room);
            if !self.registry().join_as(connection, room) {
                return Joining::Done(Joined::at(self.history.position(log)));
            }
            self.history.end_waiting(log, connection.serial());
            must_read =
                peers.is_some() && !(self.history).is_ready(log, brought.as_ref(), rewind, is_up);
            if !must_read {
                let joined = self.catch_up(connection, room, log, brought.as_ref(), rewind);
                if brought.is_some() && joined.recovered {
                    self.stats.add(Counter::RecoveriesRing, 1);
                }
                return Joining::Done(joined);
            }
            // Nobody waits for an engine that cannot be reached. The client is sent what it has missed later.
            let key = key.filter(|_| is_up);
            let waiting = Waiting {
                slot: connection.slot(),
                serial: connection.serial(),
                join: Waiting::next_join(),
                brought,
                rewind,
                key,
                has_left: false,
            };
            self.wait_for_missed(room, log, waiting, members);
            key.map_or(Joining::Done(Joined::at(None)), |_| Joining::Later)
        });
        if let Some(peers) = peers.filter(|_| must_read) {
            peers.missing(&room.into());
        }
        joining.unwrap_or(Joining::Done(Joined::at(None)))
    }

    /// Sends a client that has joined what it has missed. The caller holds the order lock of the room.
    pub(super) fn catch_up(
        &self,
        connection: &ConnectionRef,
        room: &str,
        key: LogKey,
        brought: Option<&Position>,
        rewind: usize,
    ) -> Joined {
        let position = self.history.position(key);
        let missed = self.missed(connection, key, brought, rewind);
        let joined = Joined {
            recovered: missed.is_all,
            replayed: missed.messages.len(),
            position,
        };
        self.stats.add(Counter::Replayed, joined.replayed as u64);
        if brought.is_some() {
            if !joined.recovered {
                self.stats.add(Counter::RecoveriesFailed, 1);
            }
            debug!(
                "{}: joins {room:?} again, recovered: {}, {} messages replayed",
                self.log_name(connection),
                joined.recovered,
                joined.replayed
            );
        }
        if self.replay(connection, room, &joined, missed) {
            self.flush_later(vec![Arc::clone(connection)]);
        }
        joined
    }

    /// Sends a client that has joined what it has missed, and where it stands. Returns whether it is to be
    /// flushed.
    fn replay(&self, connection: &Connection, room: &str, joined: &Joined, missed: Missed) -> bool {
        let mut must_flush = false;
        let tell = |position: Option<Position>| {
            let Some(position) = position.filter(|_| connection.knows_positions()) else {
                return false;
            };
            let mut text = Vec::with_capacity(room.len() + 96);
            let outcome = (joined.recovered, joined.replayed);
            envelope::push_joined(&mut text, room, &position, outcome);
            let queued = connection.send(&text, &self.config);
            self.settle(connection, queued)
        };
        // Its positions begin anew with the first of these messages. Cut off behind it, the client would come
        // back and not know that others were lost.
        let is_lost_first = missed.lost_before.is_some();
        if is_lost_first {
            must_flush |= tell(missed.lost_before);
        }
        for kept in missed.messages {
            let queued = self.send_kept(connection, &kept);
            must_flush |= self.settle(connection, queued);
        }
        if !is_lost_first {
            must_flush |= tell(joined.position);
        }
        must_flush
    }

    /// What a client is to be sent that joins now.
    fn missed(
        &self,
        connection: &Connection,
        key: LogKey,
        brought: Option<&Position>,
        rewind: usize,
    ) -> Missed {
        let now = self.now();
        // A replay must not make a slow consumer of a client that has only just come back.
        let left = |pending| self.config.max_buffered_bytes().saturating_sub(pending) / 2;
        let mut bytes = left(connection.pending());
        if bytes < MAX_REPLAY_BYTES {
            connection.flush();
            bytes = left(connection.pending());
        }
        let bytes = bytes.min(MAX_REPLAY_BYTES);
        if let Some(position) = brought
            && let Some(messages) = self.history.recover(key, position, bytes, now)
        {
            return Missed {
                messages,
                is_all: true,
                lost_before: None,
            };
        }
        let rewound = self.history.rewind(key, rewind, bytes, now);
        let (before, messages) = rewound.map_or((None, Vec::new()), |(before, messages)| {
            (Some(before), messages)
        });
        Missed {
            messages,
            is_all: false,
            lost_before: before.filter(|_| brought.is_some()),
        }
    }

    /// Leaves a room. A client with positions is told so. False when it was not a member.
    pub fn leave(&self, slot: u32, room: &str) -> bool {
        if !self.history.is_on() {
            return self.registry().leave(slot, room);
        }
        let connection = self.registry().get(slot).cloned();
        connection.is_some_and(|connection| self.leave_member(&connection, room))
    }

    /// The same for a connection that may have ended meanwhile.
    pub(super) fn leave_member(&self, connection: &ConnectionRef, room: &str) -> bool {
        if connection.knows_positions()
            && let Some(rule) = self.history.rule(room)
        {
            // Or leaving would begin the history of any room that a client can name.
            let is_member = (self.registry()).contains(Group::Room(room), connection.slot());
            return is_member && self.leave_telling(connection, room, rule);
        }
        self.registry().leave_as(connection, room)
    }

    /// Leaves every room, as [`Hub::leave`] does.
    pub fn leave_all(&self, slot: u32) {
        if !self.history.is_on() {
            self.registry().leave_all(slot);
            return;
        }
        let rooms = self.registry().rooms_of(slot);
        for room in rooms {
            self.leave(slot, &room);
        }
    }

    fn leave_telling(&self, connection: &ConnectionRef, room: &str, rule: Rule) -> bool {
        let left = self.in_kept_room(room, rule, |_, _| {
            // Under the order lock, for no message of the room may follow.
            let was_member = self.registry().leave_as(connection, room);
            if was_member {
                let mut text = Vec::with_capacity(room.len() + 32);
                envelope::push_left(&mut text, room);
                let queued = connection.send(&text, &self.config);
                if self.settle(connection, queued) {
                    self.flush_later(vec![Arc::clone(connection)]);
                }
            }
            was_member
        });
        left.unwrap_or_default()
    }

    /// Queues a kept message in the form for the connection.
    fn send_kept(&self, connection: &Connection, kept: &Replay) -> Queued {
        let knows = connection.knows_positions();
        let Replay { frame, plain_len } = kept;
        if *plain_len == 0 && !knows {
            // Only the position of a message is kept that cannot be delivered.
            return Queued::Waiting;
        }
        let replayed = self.history.replayed();
        let message = match replayed.filter(|_| connection.compresses(*plain_len)) {
            Some(replayed) => replayed.message(frame, *plain_len, knows),
            None => form(frame, *plain_len, knows),
        };
        connection.send_shared_offering(&message, &self.config)
    }

    /// Sees to what becomes of a connection after a message was queued for it. Returns whether it is to be
    /// flushed.
    fn settle(&self, connection: &Connection, queued: Queued) -> bool {
        match queued {
            Queued::Flush => true,
            Queued::Overflow => {
                self.overflowed(connection);
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
