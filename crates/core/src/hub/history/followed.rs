//! How a room's history stands to the one that an engine keeps.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::position::Position;
use super::ring::Ring;

/// Somebody who has joined a room, and gets what was missed when that has been read.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The slot of the connection.
    pub slot: u32,
    /// Its serial number.
    pub serial: u64,
    /// The number of the join: a client may leave and join again while a room is compared.
    pub join: u64,
    /// The position that the client has brought.
    pub brought: Option<Position>,
    /// How many of the last messages it gets, if the position does not help.
    pub rewind: usize,
    /// The application is told of the join under this key.
    pub key: Option<u32>,
    /// The client has left the room since, and has joined it again. Only the application waits for this join.
    pub has_left: bool,
}

/// What came of comparing a room with the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// What was missed has been read, or is not there.
    Done,
    /// The engine does not say where the room stands.
    Refused,
}

impl Waiting {
    /// A number for a join, which no other one in this process has.
    pub fn next_join() -> u64 {
        static JOINS: AtomicU64 = AtomicU64::new(0);
        JOINS.fetch_add(1, Relaxed)
    }
}

/// How a ring stands to the history that the engine keeps.
#[derive(Debug, Default)]
pub struct Followed {
    /// The ring stands at a position of the engine. Before that it means nothing.
    pub is_known: bool,
    /// It has been compared since the room was subscribed, so new messages come by themselves.
    pub is_live: bool,
    /// The offset before the first message that the engine has.
    pub floor: Option<u64>,
    pub waiting: Vec<Waiting>,
}

/// How a message stands to those that were delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// It is the next one.
    Next,
    /// It has been delivered.
    Repeated,
    /// Others are missing before it, or the history is not the one that was followed.
    Astray,
}

impl Followed {
    /// A client has joined the room again. What it waited for when it was in the room before does not matter any more.
    pub fn end_waiting(&mut self, serial: u64) {
        let is_past = |one: &Waiting| one.serial == serial;
        self.waiting
            .retain(|one| !is_past(one) || one.key.is_some());
        for one in self.waiting.iter_mut().filter(|one| is_past(one)) {
            one.has_left = true;
        }
    }

    /// Those who get no messages of the room before they have got what they have missed.
    pub fn left_out(&self) -> impl Iterator<Item = &Waiting> {
        self.waiting.iter().filter(|one| !one.has_left)
    }

    /// Whether the ring has the last `wanted` messages, or all that there are.
    pub fn covers(&self, ring: &Ring, wanted: usize) -> bool {
        let is_all = (self.floor).is_some_and(|floor| ring.start().offset <= floor);
        is_all || ring.is_whole() || wanted <= ring.len()
    }
}
