//! Messages that the engine has given positions.

use std::sync::Arc;

use log::debug;

use super::entries::Entry;
use crate::cluster::channel::Named;
use crate::cluster::shared::{Shared, lock};
use crate::hub::{Arrival, Position};

impl Shared {
    /// A message has come with its position.
    pub(in crate::cluster) fn on_kept(
        &self,
        named: Named<'_>,
        position: Position,
        message: &[u8],
    ) -> Result<(), &'static str> {
        let Named::Room(key) = named else {
            return Err("this channel is not that of a room");
        };
        let known = lock(&self.subscriptions).by_key(key);
        let Some(room) = known.or_else(|| self.unhashed(key)) else {
            return Ok(());
        };
        let entry = Entry::read(position, message);
        if !self.deliver_entry(&room, &entry) {
            // Another server gives the room a history, and this one does not.
            return self.on_plain(named, message);
        }
        match entry.message.content {
            Some(_) => Ok(()),
            None => Err("what its history has kept is not a message for clients"),
        }
    }

    /// Delivers a message if it is the next one of its room. Returns false for a room that has no history here.
    pub(super) fn deliver_entry(&self, room: &Arc<str>, entry: &Entry<'_>) -> bool {
        // A message that its sender has sent twice is delivered once.
        let is_new = || (entry.origin).is_none_or(|origin| lock(&self.seen).note(origin));
        match self.hub.deliver_kept(room, &entry.message, is_new) {
            Some(Arrival::Next) => self.counters.received.add(1),
            Some(Arrival::Repeated) => {}
            None if self.hub.history_rule(room).is_none() => return false,
            Some(Arrival::Astray) | None => self.note_astray(room),
        }
        true
    }

    /// The name of a room when all rooms are subscribed, whether they have members or not.
    fn unhashed(&self, key: &str) -> Option<Arc<str>> {
        (self.settings.all_rooms && !key.starts_with('~')).then(|| key.into())
    }

    /// A room is to be compared with the engine.
    pub(in crate::cluster) fn note_astray(&self, room: &Arc<str>) {
        if lock(&self.keeping.astray).insert(Arc::clone(room)) {
            debug!("node {}: room {room:?} is to be compared", self.id());
        }
        self.keeping.is_astray.notify_one();
    }
}
