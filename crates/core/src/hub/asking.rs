//! Asking many connections at once, and gathering what they answer.

use std::sync::Arc;

use crate::envelope::Envelope;

use super::Hub;
use super::connection::{Connection, ConnectionRef};
use super::deferred::Broadcast;
use super::peers::AskPeers;
use super::record::{Kind, Record};
use super::registry::Group;
use super::requests::{Answers, AnswersElsewhere, FIRST_KEY_OF_NODES, Progress};
use super::target::{AT_ONCE, Target};

/// The id of a connection, and what the application has noted of it.
pub type Noted = (Arc<str>, Option<Arc<str>>);

/// Who was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedMembers {
    /// Connections here.
    pub here: usize,
    /// Other nodes.
    pub nodes: usize,
}

impl Hub {
    /// Sends one message, already JSON text whose id is [`REQUEST_PREFIX`](super::REQUEST_PREFIX) and the
    /// key, to whom a target means. [`Kind::Answered`] follows when all have answered or left, or `at_least` have answered. When nobody
    /// is meant, nothing has begun and nothing follows. Returns how many were asked; `None` when too many wait for answers already.
    pub fn ask(&self, key: u32, target: &Target, text: &str, at_least: usize) -> Option<usize> {
        let (asked, complete) = self.ask_here(key, target, text, at_least, false);
        if complete {
            self.answered(key, true);
            self.inbox.end_turn();
        }
        asked
    }

    /// The same, with members on other nodes. Answers are waited for `timeout` milliseconds, 0 is no limit, if other
    /// nodes are asked: then the hub ends the request itself.
    pub fn ask_everywhere(
        &self,
        key: u32,
        target: &Target,
        text: &str,
        at_least: usize,
        timeout: u32,
    ) -> Option<AskedMembers> {
        let peers = if target.local { None } else { self.peers.get() };
        let Some(peers) = peers else {
            let here = self.ask(key, target, text, at_least)?;
            return Some(AskedMembers { here, nodes: 0 });
        };
        let (here, mut complete) = self.ask_here(key, target, text, at_least, true);
        let here = here?;
        let except = self.except_ids(target);
        let nodes = peers.ask(AskPeers {
            key,
            rooms: target.rooms.as_deref(),
            ids: target.ids.as_deref(),
            except: &except,
            except_rooms: &target.except_rooms,
            text,
            at_least,
            timeout,
        });
        complete |= self.requests.expect(key, nodes);
        if here == 0 && nodes == 0 {
            self.requests.take(key);
        } else if complete {
            self.answered(key, true);
            self.inbox.end_turn();
        }
        Some(AskedMembers { here, nodes })
    }

    /// Asks the members here. Returns how many were asked, and whether the request is complete already: none of them
    /// could be sent to. With `elsewhere`, the request begins although nobody is here.
    fn ask_here(
        &self,
        key: u32,
        target: &Target,
        text: &str,
        at_least: usize,
        elsewhere: bool,
    ) -> (Option<usize>, bool) {
        let message = Broadcast::new(text);
        let most = self.config.max_gathered_bytes();
        let mut completed = Vec::new();
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
            if count == 0 && !elsewhere {
                return Some(0);
            }
            let asked = asked.into_iter();
            if !(self.requests).begin(key, asked, at_least, most, elsewhere) {
                return None;
            }
            let members = members.into_iter().map(|member| (member, &message));
            self.queue_and_tell(members, |unreached| {
                completed.append(&mut self.requests.left(unreached));
            });
            Some(count)
        });
        let asked = asked.unwrap_or_else(|| {
            let none = std::iter::empty();
            let is_begun =
                !elsewhere || (self.requests).begin(key, none, at_least, most, elsewhere);
            is_begun.then_some(0)
        });
        let others = completed.iter().filter(|&&other| other != key);
        others.for_each(|&other| self.tell_if(other, true));
        (asked, completed.contains(&key))
    }

    /// A response to such a message has come.
    pub(super) fn on_answer(&self, key: u32, connection: &Connection, envelope: &Envelope<'_>) {
        // What is falsy in a response is no error (contract section 1).
        let error = envelope.error.filter(|_| envelope.is_rejected());
        let most = self.config.max_gathered_bytes();
        match (self.requests).answer(key, connection, envelope.payload, error, most) {
            Progress::Complete => self.answered(key, true),
            Progress::First if key >= FIRST_KEY_OF_NODES => self.answered(key, false),
            Progress::First | Progress::None => {}
        }
    }

    /// Connections on another node have answered. False when there is no room for it.
    pub fn answered_elsewhere(
        &self,
        key: u32,
        answers: &AnswersElsewhere<'_>,
        is_done: bool,
    ) -> bool {
        let most = self.config.max_gathered_bytes();
        let complete = (self.requests).answer_elsewhere(key, answers, is_done, most);
        self.tell_if(key, complete == Some(true));
        complete.is_some()
    }

    /// The answers of other nodes are not complete, and are not waited for.
    pub fn missed_elsewhere(&self, key: u32, nodes: Vec<Box<str>>) {
        let complete = self.requests.miss(key, nodes);
        self.tell_if(key, complete);
    }

    /// So many more nodes are asked.
    pub fn asked_more(&self, key: u32, nodes: usize) {
        let complete = self.requests.expect(key, nodes);
        self.tell_if(key, complete);
    }

    /// Connections here have no more time to answer. Other nodes are waited for.
    pub fn wait_elsewhere_only(&self, key: u32) {
        let complete = self.requests.wait_elsewhere_only(key);
        self.tell_if(key, complete);
    }

    fn tell_if(&self, key: u32, complete: bool) {
        if complete {
            self.answered(key, true);
            self.inbox.end_turn();
        }
    }

    /// Ends a request, complete or not, and takes some of its answers; those that come later count for nothing.
    /// To be called until there is no more. `None` when there is no such request.
    pub fn take_answers(&self, key: u32) -> Option<Answers> {
        let answers = self.requests.take(key)?;
        if answers.asked_nodes
            && let Some(peers) = self.peers.get()
        {
            peers.forget(key);
        }
        Some(answers)
    }

    /// Takes some of the answers that are there, without ending the request.
    pub fn take_ready_answers(&self, key: u32) -> Option<Answers> {
        self.requests.take_ready(key)
    }

    /// A connection will not answer any more. Returns whether the application is to be woken.
    pub(super) fn no_answer_of(&self, connection: &Connection) -> bool {
        let complete = self.requests.left(connection);
        for &key in &complete {
            self.answered(key, true);
        }
        !complete.is_empty()
    }

    /// Whether the application still waits for an answer of a connection that many were asked for.
    pub fn awaits_answer_of(&self, connection: &Connection) -> bool {
        self.requests.is_waiting_for(connection)
    }

    fn answered(&self, key: u32, is_complete: bool) {
        if key < FIRST_KEY_OF_NODES {
            self.inbox.announce(|_| Record::new(Kind::Answered, key));
        } else if let Some(peers) = self.peers.get() {
            peers.gathered(key, is_complete);
        }
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
        let is_new = |member: &&ConnectionRef| {
            registry.has(member) && !registry.contains(Group::Room(room), member.slot())
        };
        let some: Vec<&ConnectionRef> = members.iter().filter(is_new).collect();
        drop(registry);
        for member in &some {
            self.join_member(member, room);
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
        some.filter(|member| self.leave_member(member, room))
            .count()
    }

    /// Begins the closing handshake with all that a target means, for another node. Returns how many were open. Nothing of
    /// them reaches the application's handlers afterwards.
    pub fn close_members(&self, target: &Target, code: u16, reason: &str) -> usize {
        let mut members = self.select(target);
        members.retain(|member| self.queue_close(member, code, reason));
        self.closed.add(members.iter().cloned());
        let count = members.len();
        self.flush_later(members);
        count
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
