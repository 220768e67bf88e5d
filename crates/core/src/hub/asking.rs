//! Asking many connections at once, and gathering what they answer.

use std::sync::Arc;

use crate::envelope::Envelope;

use super::Hub;
use super::connection::{Connection, ConnectionRef};
use super::deferred::Broadcast;
use super::record::{Kind, Record};
use super::registry::Group;
use super::target::{AT_ONCE, Target};

/// The id of a connection, and what the application has noted of it.
pub type Noted = (Arc<str>, Option<Arc<str>>);

impl Hub {
    /// Sends one message, already JSON text whose id is [`REQUEST_PREFIX`](super::REQUEST_PREFIX) and the
    /// key, to whom a target means. [`Kind::Answered`] follows when all have answered or left, or `at_least` have answered. When nobody
    /// is meant, nothing has begun and nothing follows. Returns how many were asked; `None` when too many wait for answers already.
    pub fn ask(&self, key: u32, target: &Target, text: &str, at_least: usize) -> Option<usize> {
        let message = Broadcast::new(text);
        let most = self.config.max_gathered_bytes();
        let mut complete = false;
        let asked = self.in_order_of(target, |selected| {
            let members: Vec<&ConnectionRef> = selected.iter().collect();
            let mut asked = Vec::with_capacity(members.len());
            for some in members.chunks(AT_ONCE) {
                let registry = self.registry();
                asked.extend(some.iter().filter_map(|member| {
                    let id = registry.id_of(member)?;
                    Some((member.slot(), member.serial(), id))
                }));
            }
            let count = asked.len();
            if count == 0 {
                return Some(0);
            }
            if !self.requests.begin(key, asked.into_iter(), at_least, most) {
                return None;
            }
            let members = members.into_iter().map(|member| (member, &message));
            self.queue_and_tell(members, |unreached| {
                complete |= self.no_answer_of(unreached);
            });
            Some(count)
        });
        if complete {
            self.inbox.end_turn();
        }
        asked.unwrap_or(Some(0))
    }

    /// A response to such a message has come.
    pub(super) fn on_answer(&self, key: u32, connection: &Connection, envelope: &Envelope<'_>) {
        // What is falsy in a response is no error (contract section 1).
        let error = envelope.error.filter(|_| envelope.is_rejected());
        let most = self.config.max_gathered_bytes();
        let complete = (self.requests).answer(key, connection, envelope.payload, error, most);
        if complete {
            self.answered(key);
        }
    }

    /// A connection will not answer any more. Returns whether the application is to be woken.
    pub(super) fn no_answer_of(&self, connection: &Connection) -> bool {
        let complete = self.requests.left(connection);
        for &key in &complete {
            self.answered(key);
        }
        !complete.is_empty()
    }

    /// Whether the application still waits for an answer of a connection that many were asked for.
    pub fn awaits_answer_of(&self, connection: &Connection) -> bool {
        self.requests.is_waiting_for(connection)
    }

    fn answered(&self, key: u32) {
        self.inbox.announce(|_| Record::new(Kind::Answered, key));
    }

    /// Ids and what the application has noted of those that a target means, at most `limit` of them.
    pub fn list(&self, target: &Target, limit: usize) -> Vec<Noted> {
        let members = self.select(target);
        let mut listed = Vec::with_capacity(members.len().min(limit));
        for some in members.chunks(AT_ONCE) {
            if listed.len() >= limit {
                break;
            }
            listed.append(&mut self.list_some(some));
        }
        listed.truncate(limit);
        listed
    }

    /// The same of these connections, of those that have not ended.
    pub fn list_some(&self, members: &[ConnectionRef]) -> Vec<Noted> {
        let registry = self.registry();
        let listed = members.iter().filter_map(|member| {
            let id = registry.id_of(member)?;
            Some((id, registry.info_of(member.slot())))
        });
        listed.collect()
    }

    /// Has all join a room that a target means. Returns how many were not in it before.
    pub fn join_members(&self, target: &Target, room: &str) -> usize {
        let members = self.select(target);
        let some = members.chunks(AT_ONCE);
        some.map(|some| self.join_some(some, room)).sum()
    }

    /// The same with these connections.
    pub fn join_some(&self, members: &[ConnectionRef], room: &str) -> usize {
        let registry = self.registry();
        let slots = members
            .iter()
            .filter(|member| registry.has(member))
            .map(|member| member.slot());
        let some: Vec<u32> = slots
            .filter(|&slot| !registry.contains(Group::Room(room), slot))
            .collect();
        drop(registry);
        for &slot in &some {
            self.join(slot, room);
        }
        some.len()
    }

    /// Has all leave a room that a target means. Returns how many were in it.
    pub fn leave_members(&self, target: &Target, room: &str) -> usize {
        let members = self.select(target);
        let some = members.chunks(AT_ONCE);
        some.map(|some| self.leave_some(some, room)).sum()
    }

    /// The same with these connections.
    pub fn leave_some(&self, members: &[ConnectionRef], room: &str) -> usize {
        let some = members.iter();
        some.filter(|member| self.registry().has(member) && self.leave(member.slot(), room))
            .count()
    }

    /// Begins the closing handshake with all that a target means. Returns the slots of those that were open.
    pub fn close_members(&self, target: &Target, code: u16, reason: &str) -> Vec<u32> {
        self.close_some(self.select(target), code, reason)
    }

    /// The same with these connections. The io thread writes the close frames.
    pub fn close_some(&self, mut members: Vec<ConnectionRef>, code: u16, reason: &str) -> Vec<u32> {
        members.retain(|member| self.queue_close(member, code, reason));
        let slots = members.iter().map(|member| member.slot()).collect();
        self.flush_later(members);
        slots
    }
}

#[cfg(test)]
mod tests;
