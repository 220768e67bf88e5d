//! Rooms whose histories an engine keeps for all nodes: its messages are delivered in its order, and who joins is
//! served from them.
//!
//! What an engine tells of a room changes it under the order lock of the room, as everything does. A message that is
//! not the next one changes nothing: whoever follows the engine reads what is between, and gives that first.

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::Arc;

use crate::codec;
use crate::envelope;

use super::Hub;
use super::connection::{Connection, ConnectionRef};
use super::deferred::Broadcast;
use super::history::{Arrival, Comparison, Position, Replay, Rule, Waiting};
use super::members::Snapshot;
use super::order::LogKey;
use super::peers::Peers;
use super::publishing::{Placed, Reading};
use super::recovery::Joined;
use super::registry::Group;
use super::target::Target;

/// Those who wait that are served while the order lock of their room is held once.
const SERVED_AT_ONCE: usize = 128;

/// A message as an engine has kept it.
#[derive(Debug, Clone)]
pub struct KeptMessage<'a> {
    /// Its position.
    pub position: Position,
    /// `None` when it cannot be delivered. Clients are told of its position all the same.
    pub content: Option<KeptContent<'a>>,
}

/// What such a message says, and to whom.
#[derive(Debug, Clone, Default)]
pub struct KeptContent<'a> {
    /// The envelope.
    pub text: &'a str,
    /// All rooms that the message is for, when there are several: each gets it.
    pub rooms: Vec<&'a str>,
    /// Ids of connections that are not meant.
    pub except: Vec<&'a str>,
    /// Rooms whose members are not meant.
    pub except_rooms: Vec<&'a str>,
    /// The id that the message has in all of its rooms.
    pub id: Option<&'a str>,
}

impl Hub {
    /// The rule for a room that can have a history.
    pub fn history_rule(&self, room: &str) -> Option<Rule> {
        self.history.rule(room)
    }

    /// Whether a room has a history, which is kept for all nodes.
    pub fn follows_history(&self, room: &str) -> bool {
        self.history.follows() && self.history.rule(room).is_some()
    }

    /// Where a room stands whose history is followed; `Some(None)` when nothing is known of it yet. `None` when the
    /// room has no history or nobody is in it.
    pub fn stand(&self, room: &str) -> Option<Option<Position>> {
        let rule = self.history.rule(room)?;
        if self.registry().has_room(room) {
            return self.in_kept_room(room, rule, |key, _| self.history.position(key));
        }
        self.in_order(Group::Room(room), |ordered, _| {
            Some(self.history.position(ordered.log?))
        })?
    }

    /// How many of the last messages up to `end` have to be read for those who have joined.
    pub fn missing(&self, room: &str, end: &Position) -> usize {
        self.in_log(room, |key, _| self.history.missing(key, end))
            .unwrap_or(0)
    }

    /// Delivers a message if it is the next one of its room. Members are only told of its position when it is not
    /// new: its sender has sent it twice.
    pub fn deliver_kept(
        &self,
        room: &str,
        message: &KeptMessage<'_>,
        is_new: impl FnOnce() -> bool,
    ) -> Option<Arrival> {
        self.in_log(room, |key, members| {
            let arrival = self.history.arrival(key, &message.position);
            if arrival == Arrival::Next {
                let is_new = is_new();
                self.take_in(key, room, message, |form| {
                    self.deliver_form(key, room, message, members, is_new, form);
                });
            }
            arrival
        })
    }

    /// Begins to follow a room of which nothing was known: `messages` are the last ones, behind `base`. Has no effect
    /// when it is followed already.
    pub fn begin_following<'m>(
        &self,
        room: &str,
        base: &Position,
        messages: impl Iterator<Item = &'m KeptMessage<'m>>,
    ) {
        self.in_log(room, |key, _| {
            if self.history.begin(key, None, base) {
                for message in messages {
                    self.take_in(key, room, message, |_| {});
                }
            }
        });
    }

    /// Goes on at another position than the one where a room is thought to stand: what is between is lost, and
    /// members are told so. Returns whether it stood there.
    pub fn go_on_at(&self, room: &str, from: &Position, to: &Position) -> bool {
        let done = self.in_log(room, |key, members| {
            if !self.history.begin(key, Some(from), to) {
                return false;
            }
            let mut text = Vec::with_capacity(room.len() + 96);
            envelope::push_joined(&mut text, room, to, (false, 0));
            let message = Broadcast::of_frame(codec::encode_text_parts(&text, &[]));
            let waiting = self.waiting(key);
            let told = members
                .iter()
                .filter(|member| member.knows_positions() && !waiting.contains(&member.serial()));
            self.queue_for_all(told.map(|member| (member, &message)));
            true
        });
        done.unwrap_or_default()
    }

    /// Takes in messages before those that a room keeps, for those who have joined: the last one is the one before
    /// them. The first only says where they begin.
    pub fn put_before<'m>(&self, room: &str, messages: impl Iterator<Item = &'m KeptMessage<'m>>) {
        let older = messages.map(|message| {
            let kept = placed(room, message)
                .map_or_else(|| hole(room, &message.position), |placed| placed.to_keep());
            (message.position, kept.frame, kept.plain_len)
        });
        let older: Vec<_> = older.collect();
        self.in_log(room, |key, _| self.history.prepend(key, &older, self.now()));
    }

    /// The position before the first message that a room keeps, and where the room stands.
    pub fn kept_range(&self, room: &str) -> Option<(Position, Position)> {
        self.in_log(room, |key, _| self.history.range(key))?
    }

    /// Whether a room keeps the message with this position, or begins behind it.
    pub fn is_kept(&self, room: &str, position: &Position) -> bool {
        self.in_log(room, |key, _| self.history.has(key, position))
            .unwrap_or_default()
    }

    /// The other nodes, if they keep histories.
    pub(super) fn followed_peers(&self) -> Option<Arc<dyn Peers>> {
        self.history.follows().then(|| self.peers.get()).flatten()
    }

    /// Has somebody who has joined wait for what was missed. The caller holds the order lock of the room.
    pub(super) fn wait_for_missed(
        &self,
        room: &str,
        key: LogKey,
        waiting: Waiting,
        members: &Snapshot,
    ) {
        let is_here = |one: &Waiting| {
            let registry = self.registry();
            let found = registry.get(one.slot);
            found.is_some_and(|found| found.serial() == one.serial)
                && registry.contains(Group::Room(room), one.slot)
        };
        self.history.wait(key, waiting, members.len(), is_here);
    }

    /// Joins a room for a client that is told no positions. It may have left the room before it had been sent the
    /// messages that it wanted then, and gets all that come from now on.
    pub(super) fn join_followed(&self, connection: &ConnectionRef, room: &str) {
        let join = || self.registry().join_as(connection, room);
        let joined = self.in_log(room, |key, _| {
            if join() {
                self.history.end_waiting(key, connection.serial());
            }
        });
        if joined.is_none() {
            join();
        }
    }

    /// There are no messages before those that a room keeps.
    pub fn has_all(&self, room: &str) {
        self.in_log(room, |key, _| self.history.set_all(key));
    }

    /// The numbers of the joins of a room for which what was missed has to be read.
    pub fn joins_waiting(&self, room: &str) -> HashSet<u64> {
        self.in_log(room, |key, _| self.history.joins_waiting(key))
            .unwrap_or_default()
    }

    /// A room has been compared with the engine for the joins with these numbers. They are served, and others that
    /// everything is there for: who came while the room was compared may want more. New messages come by themselves now.
    /// If the engine has refused, none of them recovers. Returns their keys, and whether somebody still waits.
    pub fn serve_waiting(
        &self,
        room: &str,
        joins: &HashSet<u64>,
        comparison: Comparison,
    ) -> (Vec<(Option<u32>, Joined)>, bool) {
        let mut served = Vec::new();
        let mut passed = 0;
        loop {
            let before = served.len();
            self.in_log(room, |key, _| {
                match comparison {
                    Comparison::Done => self.history.set_live(key, true),
                    Comparison::Refused => self.history.set_uncompared(key),
                }
                let some = self.history.take_waiting(
                    key,
                    SERVED_AT_ONCE,
                    &mut passed,
                    (joins, comparison),
                );
                for mut waiting in some {
                    if comparison == Comparison::Refused {
                        waiting.brought = None;
                    }
                    served.push((waiting.key, self.serve(room, key, &waiting)));
                }
            });
            if served.len() == before {
                return (served, passed > 0);
            }
        }
    }

    fn serve(&self, room: &str, key: LogKey, waiting: &Waiting) -> Joined {
        let connection = {
            let registry = self.registry();
            let found = registry.get(waiting.slot);
            let found = found.filter(|found| found.serial() == waiting.serial && !waiting.has_left);
            found
                .filter(|_| registry.contains(Group::Room(room), waiting.slot))
                .cloned()
        };
        match connection {
            Some(connection) => self.catch_up(
                &connection,
                room,
                key,
                waiting.brought.as_ref(),
                waiting.rewind,
            ),
            None => Joined::at(None),
        }
    }

    /// New messages of these rooms do not come any longer: they have no members here.
    pub fn end_following(&self, rooms: &[Arc<str>]) {
        if !self.history.follows() {
            return;
        }
        for room in rooms {
            self.in_log(room, |key, _| self.history.set_live(key, false));
        }
    }

    /// The engine is not reachable. Returns the keys of those who have waited for a join.
    pub fn lose_engine(&self) -> Vec<u32> {
        self.history.lose_engine()
    }

    /// Rooms whose histories are followed.
    pub fn followed_rooms(&self) -> Vec<Arc<str>> {
        self.history.followed()
    }

    /// Reads kept messages of a room that is followed, as [`Hub::read_history`] does, if they are here.
    pub fn read_followed(
        &self,
        room: &str,
        since: Option<&Position>,
        limit: usize,
    ) -> Option<Reading> {
        let found = self.in_log(room, |key, _| {
            let can = self.history.can_read(key, since, limit);
            can.then(|| self.history.read(key, since, limit, self.now()))
        });
        found.flatten().flatten().map(Reading::from)
    }

    /// Messages of an engine as a reading.
    pub fn reading_of<'m>(
        &self,
        room: &str,
        messages: impl Iterator<Item = &'m KeptMessage<'m>>,
        position: Position,
        complete: bool,
    ) -> Reading {
        let placed = messages.filter_map(|message| placed(room, message));
        Reading::new(
            placed.map(|placed| placed.to_keep()).collect(),
            position,
            complete,
        )
    }

    /// Keeps a message in the ring of its room, and has it delivered in between.
    fn take_in<'a>(
        &self,
        key: LogKey,
        room: &str,
        message: &KeptMessage<'a>,
        deliver: impl FnOnce(Option<&Placed<'a>>),
    ) {
        let placed = placed(room, message);
        let kept = match &placed {
            Some(placed) => placed.to_keep(),
            None => hole(room, &message.position),
        };
        let limit = self.config.history_bytes();
        (self.history).push(key, message.position.tag, kept, self.now(), limit);
        deliver(placed.as_ref());
    }

    /// Sends a message to the members of a room, without those who wait.
    fn deliver_form(
        &self,
        key: LogKey,
        room: &str,
        message: &KeptMessage<'_>,
        members: &Snapshot,
        is_new: bool,
        form: Option<&Placed<'_>>,
    ) {
        let waiting = self.waiting(key);
        let is_here = |member: &Connection| !waiting.contains(&member.serial());
        let (Some(form), Some(content), true) = (form, &message.content, is_new) else {
            self.move_on(room, &message.position, members, is_here);
            return;
        };
        let owned = |list: &[&str]| list.iter().map(|&name| name.to_owned()).collect();
        let excluded = self.excluded(&Target {
            except_ids: owned(&content.except),
            except_rooms: owned(&content.except_rooms),
            ..Target::default()
        });
        let elsewhere = self.served_by_others(room, &content.rooms);
        let excepted = Cell::new(false);
        let meant = |member: &Connection| {
            if excluded.contains(member.slot()) {
                excepted.set(true);
                return false;
            }
            member.knows_positions() || !elsewhere.contains(&member.slot())
        };
        let some = members
            .iter()
            .filter(|member| is_here(member) && meant(member));
        self.queue_for_all(some.map(|member| (member, form.form(member))));
        if excepted.get() {
            self.move_on(room, &message.position, members, |member| {
                is_here(member) && excluded.contains(member.slot())
            });
        }
    }

    /// Slots of members of other rooms of a message, those that give it to clients without positions: rooms without
    /// history, and of those with history the first.
    fn served_by_others(&self, room: &str, rooms: &[&str]) -> HashSet<u32> {
        let mut slots = HashSet::new();
        let mut is_before = true;
        for &other in rooms {
            if other == room {
                is_before = false;
            } else if is_before || self.history.rule(other).is_none() {
                let members = self.registry().members(Group::Room(other));
                slots.extend(members.iter().map(|member| member.slot()));
            }
        }
        slots
    }

    fn waiting(&self, key: LogKey) -> HashSet<u64> {
        self.history.waiting(key).into_iter().collect()
    }

    /// Calls `act` under the order lock of a room that has a history now.
    fn in_log<R>(&self, room: &str, act: impl FnOnce(LogKey, &Snapshot) -> R) -> Option<R> {
        self.in_order(Group::Room(room), |ordered, members| {
            Some(act(ordered.log?, members))
        })?
    }
}

fn placed<'a>(room: &str, message: &KeptMessage<'a>) -> Option<Placed<'a>> {
    let content = message.content.as_ref()?;
    Some(Placed::new(
        content.text,
        room,
        &message.position,
        content.id,
    ))
}

/// What is kept in place of a message that cannot be delivered: only its position. Other clients are sent nothing.
fn hole(room: &str, position: &Position) -> Replay {
    let mut text = Vec::with_capacity(room.len() + 64);
    envelope::push_moved(&mut text, room, position);
    Replay {
        frame: codec::encode_text_parts(&text, &[]),
        plain_len: 0,
    }
}
