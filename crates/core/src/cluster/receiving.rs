//! What the engine has received: read, checked, and given to the hub or to the duties of the node.

use std::sync::Arc;

use log::debug;

use crate::envelope;
use crate::hub::{Accepted, AskPeers, ForPeers, Peers, Target};

use super::channel::Named;
use super::control::Control;
use super::engine::{EngineError, Sink};
use super::foreign;
use super::shared::{Phase, Shared, lock};
use super::wire::{self, Message, Origin, Scope};
use super::{attendance, beating};

/// Why a message is not delivered.
type Problem = &'static str;

impl Sink for Arc<Shared> {
    fn message(&self, channel: &str, data: &[u8]) {
        if data.len() > self.settings.max_message {
            return self.oversized(channel);
        }
        let Some(named) = self.names.read(channel) else {
            return self.refuse(channel, "its channel is not one of this cluster");
        };
        let outcome = match wire::read(data) {
            Err(unreadable) => return self.refuse(channel, &unreadable.to_string()),
            Ok(Message::Control { origin, text }) => self.on_control(named, origin, text),
            Ok(Message::Broadcast {
                origin,
                scope,
                text,
            }) => self.on_broadcast(named, origin, &scope, text),
            Ok(Message::Foreign(text)) => self.on_foreign(named, text),
            Ok(Message::Kept { position, message }) => self.on_kept(named, position, message),
        };
        if let Err(problem) = outcome {
            self.refuse(channel, problem);
        }
    }

    fn oversized(&self, channel: &str) {
        self.refuse(channel, "it is larger than \"maxMessage\"");
    }

    fn missed(&self, channels: &[String]) {
        for channel in channels {
            let Some(Named::Room(key)) = self.names.read(channel) else {
                continue;
            };
            let room = lock(&self.subscriptions).by_key(key);
            if let (Some(room), true) = (room, self.keeps()) {
                self.note_astray(&room);
            }
        }
        attendance::ask_anew(self);
    }

    fn lost(&self, generation: u64, error: EngineError) {
        self.lose(generation, error);
    }
}

impl Shared {
    fn refuse(&self, channel: &str, why: &str) {
        self.counters.foreign.add(1);
        debug!(
            "node {}: a message on {channel:?} is ignored: {why}",
            self.id()
        );
    }

    fn on_control(
        self: &Arc<Self>,
        named: Named<'_>,
        origin: Origin,
        text: &str,
    ) -> Result<(), Problem> {
        let from = origin.node;
        match serde_json::from_str(text) {
            Ok(Control::Beat(beat)) => beating::on_beat(self, from, beat),
            Ok(_) if from == self.id() => {}
            Ok(Control::Bye {}) => beating::on_bye(self, from),
            Ok(Control::Present(present)) => attendance::on_present(self, from, present),
            Ok(Control::WhoIs { rooms }) => {
                let is_direct = matches!(named, Named::Node(_));
                attendance::on_who_is(self, from, &rooms, is_direct);
            }
            Ok(Control::Here {
                present,
                first,
                more,
            }) => attendance::on_here(self, from, present, first, more),
            Ok(Control::Ask(ask)) => self.on_ask(from, ask),
            Ok(Control::Answer(answer)) => self.on_answer(from, &answer)?,
            Err(_) => return Err("it is not known to this version, or malformed"),
        }
        Ok(())
    }

    fn on_broadcast(
        &self,
        named: Named<'_>,
        origin: Origin,
        scope: &Scope<&str>,
        text: &str,
    ) -> Result<(), Problem> {
        if origin.node == self.id() {
            self.counters.echoed.add(1);
            return Ok(());
        }
        if envelope::scan(text).is_err() {
            return Err("its text is not an envelope");
        }
        if !lock(&self.seen).note(origin) {
            return Ok(());
        }
        self.deliver(named, scope, text)
    }

    /// A message of a history that is delivered as those of plain rooms are. Each of its rooms gets one of its own.
    pub(super) fn on_plain(&self, named: Named<'_>, message: &[u8]) -> Result<(), Problem> {
        match wire::read(message) {
            Ok(Message::Broadcast {
                origin,
                mut scope,
                text,
            }) => {
                scope.rooms.clear();
                self.on_broadcast(named, origin, &scope, text)
            }
            Ok(Message::Foreign(text)) => self.on_foreign(named, text),
            _ => Err("it is not a message for clients"),
        }
    }

    fn on_foreign(&self, named: Named<'_>, text: &str) -> Result<(), Problem> {
        foreign::check(text)?;
        self.deliver(named, &Scope::default(), text)
    }

    /// Sends a message to the members here.
    fn deliver(&self, named: Named<'_>, scope: &Scope<&str>, text: &str) -> Result<(), Problem> {
        let owned = |list: &[&str]| list.iter().map(|&name| name.to_owned()).collect();
        let rooms = match named {
            Named::Everyone => None,
            Named::Room(_) if !scope.rooms.is_empty() => Some(owned(&scope.rooms)),
            Named::Room(key) => {
                let room = lock(&self.subscriptions).by_key(key);
                let Some(room) = room else {
                    // Its last member has left, or all rooms are subscribed.
                    return Ok(());
                };
                let is_for_all = scope.except.is_empty() && scope.except_rooms.is_empty();
                if is_for_all && scope.id.is_none() {
                    self.counters.received.add(1);
                    self.hub.deliver_to_room(&room, text);
                    return Ok(());
                }
                Some(vec![room.as_ref().to_owned()])
            }
            Named::Nodes | Named::Node(_) => return Err("this channel is not for broadcasts"),
        };
        self.counters.received.add(1);
        let target = Target {
            rooms,
            except_ids: owned(&scope.except),
            except_rooms: owned(&scope.except_rooms),
            ..Target::default()
        };
        self.hub.deliver_to(&target, text, scope.id);
        Ok(())
    }
}

impl Peers for Shared {
    fn publish(&self, message: ForPeers<'_>) -> Accepted {
        self.queue(message)
    }

    fn turn_over(&self) {
        self.end_turn();
    }

    fn ask(&self, question: AskPeers<'_>) -> usize {
        self.ask_members(&question)
    }

    fn forget(&self, key: u32) {
        self.forget_members(key);
    }

    fn gathered(&self, key: u32, is_complete: bool) {
        lock(&self.inquiries).gathered(key, is_complete);
        self.inquired.notify_one();
    }

    fn id_freed(&self, id: &Arc<str>) {
        self.on_id_freed(id);
    }

    fn mark(&self) -> u32 {
        self.id().mark()
    }

    fn keeps(&self) -> bool {
        self.engine.keeper().is_some()
    }

    fn is_down(&self) -> bool {
        matches!(self.phase(), Phase::Down | Phase::Over)
    }

    fn keep(&self, message: ForPeers<'_>, others: &[&str]) -> Accepted {
        self.queue_to_keep(message, others)
    }

    fn missing(&self, room: &Arc<str>) {
        self.note_astray(room);
    }

    fn room_began(&self, room: &Arc<str>) {
        let must_subscribe = lock(&self.subscriptions).began(room);
        if must_subscribe {
            self.rooms_changed.notify_one();
        }
        // The task that subscribes compares the room, unless it is subscribed already.
        if self.keeps() && (!must_subscribe || self.settings.all_rooms) {
            self.note_astray(room);
        }
    }

    fn room_ended(&self, room: &Arc<str>) {
        lock(&self.subscriptions).ended(room, std::time::Instant::now());
        self.rooms_changed.notify_one();
        self.rooms_settled.notify_waiters();
    }

    fn room_watched(&self, room: &Arc<str>, watched: bool) {
        let mut subscriptions = lock(&self.subscriptions);
        if watched {
            subscriptions.watched(room);
        } else {
            subscriptions.unwatched(room, std::time::Instant::now());
        }
        drop(subscriptions);
        self.rooms_changed.notify_one();
    }

    fn presence_changed(&self) {
        self.attendance_changed.notify_one();
    }
}
