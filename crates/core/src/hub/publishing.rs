//! Rooms with history: what is sent to them is kept, and can be read.

use std::cell::{Cell, OnceCell};
use std::collections::HashSet;
use std::sync::Arc;

use crate::codec;
use crate::envelope;

use super::Hub;
use super::connection::Connection;
use super::deferred::Broadcast;
use super::history::{Page, Position, Replay, Rule, SWEEP_PAUSE};
use super::members::Snapshot;
use super::order::LogKey;
use super::registry::Group;

/// Kept messages of a room.
#[derive(Debug)]
pub struct Reading {
    frames: Vec<Replay>,
    /// Where to go on.
    pub position: Position,
    /// Nothing is missing between the position asked for and the messages, nor among them.
    pub complete: bool,
}

impl From<Page> for Reading {
    fn from(found: Page) -> Self {
        Self::new(found.messages, found.position, found.complete)
    }
}

impl Reading {
    /// Of messages of which only the positions are kept, nothing is read.
    pub(super) fn new(mut frames: Vec<Replay>, position: Position, complete: bool) -> Self {
        frames.retain(|kept| kept.plain_len > 0);
        Self {
            frames,
            position,
            complete,
        }
    }

    /// The messages as clients with positions were sent them, oldest first.
    pub fn messages(&self) -> impl ExactSizeIterator<Item = &str> {
        let texts = self.frames.iter().map(|kept| codec::text_of(&kept.frame));
        texts.map(|text| str::from_utf8(text).unwrap_or_default())
    }
}

/// A message for the members of a room with history, in both of its forms.
pub(super) struct Placed<'a> {
    text: &'a str,
    /// For clients with positions.
    with_place: Broadcast,
    /// For the others, made for the first of them.
    plain: OnceCell<Broadcast>,
}

impl<'a> Placed<'a> {
    pub(super) fn new(text: &'a str, room: &str, position: &Position, id: Option<&str>) -> Self {
        let mut place = Vec::with_capacity(room.len() + 64);
        envelope::push_place(&mut place, room, position, id);
        let start = text.strip_suffix('}').unwrap_or(text);
        let frame = codec::encode_text_parts(start.as_bytes(), &place);
        Self {
            text,
            with_place: Broadcast::of_frame(frame),
            plain: OnceCell::new(),
        }
    }

    /// A message that goes to rooms with history as well as to those that have none, for members of the latter.
    pub(super) fn without_place(text: &'a str, id: Option<&str>) -> Self {
        let with_place = match id {
            Some(id) => {
                let mut end = Vec::with_capacity(id.len() + 16);
                envelope::push_repeated(&mut end, id);
                let start = text.strip_suffix('}').unwrap_or(text);
                Broadcast::of_frame(codec::encode_text_parts(start.as_bytes(), &end))
            }
            None => Broadcast::new(text),
        };
        Self {
            text,
            with_place,
            plain: OnceCell::new(),
        }
    }

    /// The form for a member.
    pub(super) fn form(&self, member: &Connection) -> &Broadcast {
        if member.knows_positions() {
            return &self.with_place;
        }
        self.plain.get_or_init(|| Broadcast::new(self.text))
    }

    pub(super) fn to_keep(&self) -> Replay {
        Replay {
            frame: Arc::clone(self.with_place.plain()),
            plain_len: self.text.len(),
        }
    }
}

impl Hub {
    /// Gives a room a history, or with a `*` at the end of `pattern` all rooms whose names begin with what
    /// stands before it. The longest match holds.
    pub fn keep_history(&self, pattern: &str, rule: Rule) {
        self.history.set_rule(pattern, rule);
        let peers = self.peers.get();
        self.history
            .set_follows(peers.is_some_and(|peers| peers.keeps()));
    }

    /// Sends a message to the members of a room, and keeps it if the room has a history. Returns how many
    /// members it was queued for, and its position.
    pub fn publish(&self, room: &str, text: &str) -> (usize, Option<Position>) {
        if self.history.follows() && self.history.rule(room).is_some() {
            return (self.publish_everywhere(room, text), None);
        }
        self.publish_to(room, text, |_| true)
    }

    /// The same for the members that are `meant`.
    pub(super) fn publish_to(
        &self,
        room: &str,
        text: &str,
        meant: impl Fn(&Connection) -> bool,
    ) -> (usize, Option<Position>) {
        if self.history.is_on()
            && let Some(rule) = self.own_rule(room)
        {
            let published = self.in_kept_room(room, rule, |key, members| {
                let Some((message, position)) = self.keep(key, room, text, None) else {
                    return (0, None);
                };
                let excepted = Cell::new(false);
                let meant = |member: &Connection| {
                    let is_meant = meant(member);
                    excepted.set(excepted.get() || !is_meant);
                    is_meant
                };
                let some = members.iter().filter(|member| meant(member));
                let reached = self.queue_for_all(some.map(|member| (member, message.form(member))));
                if excepted.get() {
                    self.move_on(room, &position, members, |member| !meant(member));
                }
                (reached, Some(position))
            });
            return published.unwrap_or_default();
        }
        let message = Broadcast::new(text);
        let reached = self.in_order(Group::Room(room), |_, members| {
            let members = members.iter().filter(|member| meant(member));
            self.queue_for_all(members.map(|member| (member, &message)))
        });
        (reached.unwrap_or(0), None)
    }

    /// Sends a message to the members of several rooms, those that are `meant`, and keeps it in each that has a
    /// history, under one id. A client with positions gets it once for each of these rooms, and knows by the id
    /// that it is one message; everybody else gets it once. Returns how many members it was queued for.
    pub fn publish_to_rooms(
        &self,
        rooms: &[&str],
        text: &str,
        meant: impl Fn(&Connection) -> bool,
    ) -> usize {
        let (kept, plain): (Vec<_>, Vec<_>) = rooms
            .iter()
            .map(|&room| (room, self.own_rule(room)))
            .partition(|(_, rule)| rule.is_some());
        let is_repeated = rooms.len() > 1 && !kept.is_empty();
        let id = is_repeated.then(|| self.history.message_id()).flatten();
        let mut reached = HashSet::new();
        for (room, rule) in kept {
            let Some(rule) = rule else { continue };
            self.in_kept_room(room, rule, |key, members| {
                let (message, position) = self.keep(key, room, text, id.as_deref())?;
                let some = members.iter().filter(|member| {
                    meant(member) && (reached.insert(member.slot()) || member.knows_positions())
                });
                self.queue_for_all(some.map(|member| (member, message.form(member))));
                self.move_on(room, &position, members, |member| !meant(member));
                Some(())
            });
        }
        if !plain.is_empty() {
            // Whoever has it of such a room may be sent it again by a replay of another.
            let message = Placed::without_place(text, id.as_deref());
            for (room, _) in plain {
                self.in_order(Group::Room(room), |_, members| {
                    let members = members
                        .iter()
                        .filter(|member| meant(member) && reached.insert(member.slot()));
                    self.queue_for_all(members.map(|member| (member, message.form(member))))
                });
            }
        }
        reached.len()
    }

    /// The rule for a room whose history this process keeps by itself.
    pub(super) fn own_rule(&self, room: &str) -> Option<Rule> {
        if self.history.follows() {
            return None;
        }
        self.history.rule(room)
    }

    /// Has members stand behind a message that they are not sent, or a replay would send it to them.
    pub(super) fn move_on(
        &self,
        room: &str,
        position: &Position,
        members: &Snapshot,
        excepted: impl Fn(&Connection) -> bool,
    ) {
        let mut text = Vec::with_capacity(room.len() + 64);
        envelope::push_moved(&mut text, room, position);
        let message = Broadcast::of_frame(codec::encode_text_parts(&text, &[]));
        let some = members
            .iter()
            .filter(|member| member.knows_positions() && excepted(member));
        self.queue_for_all(some.map(|member| (member, &message)));
    }

    /// Keeps a message of a room. The caller holds the order lock of the room, and sends it to the members.
    pub(super) fn keep<'a>(
        &self,
        key: LogKey,
        room: &str,
        text: &'a str,
        id: Option<&str>,
    ) -> Option<(Placed<'a>, Position)> {
        let position = self.history.next(key)?;
        let message = Placed::new(text, room, &position, id);
        let limit = self.config.history_bytes();
        self.history
            .push(key, position.tag, message.to_keep(), self.now(), limit);
        Some((message, position))
    }

    /// Reads kept messages of a room: the first `limit` behind a position, or else the last ones. `None` when
    /// the room can have no history. Begins none.
    pub fn read_history(&self, room: &str, since: Option<&str>, limit: usize) -> Option<Reading> {
        self.history.rule(room)?;
        let position = since.map(Position::parse);
        let since = position.flatten();
        let reading = self.in_order(Group::Room(room), |ordered, _| {
            let key = ordered.log?;
            self.history.read(key, since.as_ref(), limit, self.now())
        });
        let found = reading
            .flatten()
            .or_else(|| self.history.read_nothing(since.as_ref()))?;
        // What is no position is behind nothing.
        let complete = found.complete && position != Some(None);
        Some(Reading::new(found.messages, found.position, complete))
    }

    /// How many rooms have a history now.
    pub fn kept_rooms(&self) -> usize {
        self.history.room_count()
    }

    /// Bytes of memory that the kept messages of all rooms take now.
    pub fn kept_bytes(&self) -> usize {
        self.history.bytes()
    }

    /// Calls `act` under the order lock of a room with history, with its members, of which there may be none.
    pub(super) fn in_kept_room<R>(
        &self,
        room: &str,
        rule: Rule,
        act: impl FnOnce(LogKey, &Snapshot) -> R,
    ) -> Option<R> {
        let mut act = Some(act);
        let mut is_kept = false;
        loop {
            let done = self.in_order(Group::Room(room), |ordered, members| {
                if ordered.log.is_none() && is_kept {
                    ordered.log = self.history.open(room, rule);
                }
                let key = ordered.log?;
                act.take().map(|act| act(key, members))
            });
            if let Some(Some(result)) = done {
                if is_kept && self.history.begin_sweep() {
                    self.timers.set_sweep(self.now() + SWEEP_PAUSE);
                }
                return Some(result);
            }
            act.as_ref()?;
            // It may have ended again when it is looked for.
            self.registry().keep(room);
            is_kept = true;
        }
    }

    /// Gives up what has been kept for long enough.
    pub(super) fn sweep_history(&self, now: u64) {
        if let Some(replayed) = self.history.replayed() {
            replayed.forget();
        }
        let has_members = |room: &str| self.registry().has_room(room);
        let (over, pause) = self.history.sweep(now, has_members);
        for (room, key) in over {
            let is_here = self.in_order(Group::Room(&room), |ordered, members| {
                if ordered.log != Some(key) {
                    return false;
                }
                if members.len() == 0 && self.history.is_over(key, now) {
                    ordered.log = None;
                    self.history.close(key);
                    self.registry().unkeep(&room);
                }
                true
            });
            if is_here != Some(true) {
                self.history.close(key);
            }
        }
        if let Some(pause) = pause {
            self.timers.set_sweep(now + pause);
        }
    }
}
