//! Connections with something to write, as they wait for one of the threads that write.

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::connection::ConnectionRef;
use super::together::Together;

/// Most connections that the thread of a node flushes itself at the end of its turn. More are left to the io thread, so
/// that both threads work.
const FLUSHED_BY_NODE: usize = 16;

/// Most messages for these connections before they are left to the io thread, which may write while the thread of the
/// node receives.
const HELD_MESSAGES: usize = 64;

/// Connections that a list keeps room for when it is empty. A broadcast to many is not to leave its list behind.
const KEPT_ROOM: usize = 1024;

/// Connections with something to write.
#[derive(Default)]
pub(super) struct Flushes {
    /// Those that the io thread is to flush.
    waiting: Mutex<Vec<ConnectionRef>>,
    pub(super) wanted: Notify,
    /// Those that the thread of the node flushes when it has taken in what there is.
    held: Mutex<Held>,
    pub(super) held_wanted: Notify,
    /// The application has done something in its turn that the thread of the node is to be woken for.
    pub(super) is_turn_due: AtomicBool,
    /// The thread of the application drives the sockets, or is asked to.
    pub(super) is_lent: AtomicBool,
    pub(super) together: Together,
}

/// Connections that the thread of the node flushes.
#[derive(Default)]
pub(super) struct Held {
    /// Whether there is a thread that flushes them.
    pub(super) is_open: bool,
    connections: Vec<ConnectionRef>,
    /// How often something was queued since the last flush.
    messages: usize,
}

impl Flushes {
    pub(super) fn waiting(&self) -> MutexGuard<'_, Vec<ConnectionRef>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves connections to the io thread. The two threads exchange their lists, so that neither allocates for each turn.
    pub(super) fn leave(&self, connections: &mut Vec<ConnectionRef>) {
        let mut waiting = self.waiting();
        if waiting.is_empty() {
            std::mem::swap(&mut *waiting, connections);
        } else {
            waiting.append(connections);
        }
    }

    /// Keeps the room of an empty list for the next turn, unless it is large.
    pub(super) fn keep_room(&self, list: Vec<ConnectionRef>) {
        if list.capacity() > KEPT_ROOM {
            return;
        }
        let mut waiting = self.waiting();
        if waiting.capacity() == 0 {
            *waiting = list;
        }
    }

    /// Holds connections for the thread of the node. Gives back those that the io thread is to flush.
    pub(super) fn hold(&self, mut connections: Vec<ConnectionRef>) -> Vec<ConnectionRef> {
        let mut held = self.held();
        if !held.is_open {
            return connections;
        }
        held.messages += 1;
        held.connections.append(&mut connections);
        if held.connections.len() > FLUSHED_BY_NODE || held.messages > HELD_MESSAGES {
            return held.take();
        }
        connections
    }
}

impl Held {
    pub(super) fn take(&mut self) -> Vec<ConnectionRef> {
        self.messages = 0;
        std::mem::take(&mut self.connections)
    }
}
