//! Messages for many connections at once.

use std::sync::Arc;

use super::Hub;
use super::connection::{ConnectionRef, Queued};
use super::deferred::Broadcast;
use super::members::Snapshot;
use super::order::{Ordered, in_order};
use super::registry::Group;
use super::stats::Counter;

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

    /// Queues a message for each member, and has it flushed. To be called under the order lock. Returns
    /// how many members it was queued for.
    pub(super) fn queue_for_all<'a>(
        &self,
        members: impl Iterator<Item = (&'a ConnectionRef, &'a Broadcast)>,
    ) -> usize {
        let mut flush = Vec::new();
        let mut reached = 0;
        for (connection, message) in members {
            match connection.send_shared(message, &self.config) {
                Queued::Flush => flush.push(Arc::clone(connection)),
                Queued::Waiting | Queued::Written => {}
                refused => {
                    reached += self.after_refusal(refused, connection, message, &mut flush);
                    continue;
                }
            }
            reached += 1;
        }
        self.flush_later(flush);
        reached
    }

    /// A broadcast could not simply be queued for one member. Returns for how many it is queued now.
    #[cold]
    fn after_refusal(
        &self,
        refused: Queued,
        connection: &ConnectionRef,
        message: &Broadcast,
        flush: &mut Vec<ConnectionRef>,
    ) -> usize {
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
                return 0;
            }
            Queued::Dropped => {
                self.stats.add(Counter::BroadcastsDropped, 1);
                return 0;
            }
            Queued::Unoffered | Queued::NotOpen => return 0,
        }
        1
    }
}

#[cfg(test)]
mod tests;
