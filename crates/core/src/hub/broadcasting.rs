//! Messages for many connections at once.

use std::sync::Arc;

use super::Hub;
use super::connection::{Connection, ConnectionRef, Queued};
use super::deferred::Broadcast;
use super::history::Position;
use super::members::Snapshot;
use super::order::{Ordered, in_order};
use super::registry::Group;
use super::stats::Counter;
use super::target::{Target, distinct};

impl Hub {
    /// Sends one message, already JSON text, to every member of a group: encoded once, queued in
    /// the order of the calls, compressed if need be and written by the io thread. Returns how many
    /// members it was queued for.
    pub fn broadcast(&self, group: Group<'_>, text: &str) -> usize {
        if let Group::Room(room) = group
            && self.history.is_on()
        {
            return self.publish(room, text).0;
        }
        self.broadcast_plain(group, text)
    }

    /// The same in a room that has no history.
    pub(super) fn broadcast_plain(&self, group: Group<'_>, text: &str) -> usize {
        let message = Broadcast::new(text);
        self.in_order(group, |_, members| {
            self.queue_for_all(members.iter().map(|member| (member, &message)))
        })
        .unwrap_or(0)
    }

    /// Calls `act` under the order lock of a group, with its members. Nothing is called when there is no
    /// such room. `act` may lock the registry, and must not take another order lock.
    pub fn in_order<R>(
        &self,
        group: Group<'_>,
        act: impl FnOnce(&mut Ordered, &Snapshot) -> R,
    ) -> Option<R> {
        in_order(|| self.registry().look_up(group), act)
    }

    /// Sends one message to whom a target means, to each once, and keeps it in those of its rooms that have a
    /// history. Returns how many it was queued for, and its position if it was kept in a single room.
    pub fn broadcast_to(&self, target: &Target, text: &str) -> (usize, Option<Position>) {
        if self.history.is_on()
            && let Some(rooms) = target.rooms.as_deref()
            && rooms.iter().any(|room| self.own_rule(room).is_some())
        {
            let excluded = self.excluded(target);
            let meant = |member: &Connection| !excluded.contains(member.slot());
            return match rooms {
                [room] => self.publish_to(room, text, meant),
                rooms => (self.publish_to_rooms(&distinct(rooms), text, meant), None),
            };
        }
        let message = Broadcast::new(text);
        let reached = self.in_order_of(target, |selected| {
            self.queue_for_all(selected.iter().map(|member| (member, &message)))
        });
        (reached.unwrap_or(0), None)
    }

    /// Queues a message for each member, and has it flushed. To be called under the order lock. Returns
    /// how many members it was queued for.
    pub(super) fn queue_for_all<'a>(
        &self,
        members: impl Iterator<Item = (&'a ConnectionRef, &'a Broadcast)>,
    ) -> usize {
        self.queue_and_tell(members, |_| {})
    }

    /// The same. `unreached` is called with each member that it was not queued for.
    pub(super) fn queue_and_tell<'a>(
        &self,
        members: impl Iterator<Item = (&'a ConnectionRef, &'a Broadcast)>,
        mut unreached: impl FnMut(&Connection),
    ) -> usize {
        let mut flush = Vec::new();
        let mut reached = 0;
        // Not a `for` loop: this way the compiler makes a loop for each chunk of members.
        members.for_each(|(connection, message)| {
            match connection.send_shared(message, &self.config) {
                Queued::Flush => flush.push(Arc::clone(connection)),
                Queued::Waiting | Queued::Written => {}
                refused => {
                    if !self.after_refusal(refused, connection, message, &mut flush) {
                        unreached(connection);
                        return;
                    }
                }
            }
            reached += 1;
        });
        self.flush_later(flush);
        reached
    }

    /// A broadcast could not simply be queued for one member. Returns whether it is queued now.
    #[cold]
    fn after_refusal(
        &self,
        refused: Queued,
        connection: &ConnectionRef,
        message: &Broadcast,
        flush: &mut Vec<ConnectionRef>,
    ) -> bool {
        let queued = if refused == Queued::Unoffered {
            connection.send_shared_offering(message, &self.config)
        } else {
            refused
        };
        match queued {
            Queued::Flush => flush.push(Arc::clone(connection)),
            Queued::Waiting | Queued::Written => {}
            Queued::Overflow => {
                self.overflowed(connection);
                flush.push(Arc::clone(connection));
                return false;
            }
            Queued::Dropped => {
                self.stats.add(Counter::BroadcastsDropped, 1);
                return false;
            }
            Queued::Unoffered | Queued::NotOpen => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests;
