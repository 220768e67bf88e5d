//! Who writes what is queued for connections: the io thread, or for a few connections another thread that is awake
//! anyway. To wake a thread costs more than to write to a connection.

use std::cell::Cell;
use std::sync::atomic::Ordering::Relaxed;

use super::Hub;
use super::connection::{Connection, ConnectionRef, Report};
use super::lane::{Handled, Workload};
use super::record::{Kind, Record};
use super::together::GROUP;

/// Most connections that the application's thread flushes itself at the end of its turn.
const FLUSHED_AT_ONCE: usize = 3;

/// The same while that thread drives the sockets: the io thread sleeps.
const FLUSHED_WHILE_LENT: usize = 16;

/// Who queues on a thread.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doer {
    /// Anybody: the io thread writes.
    Any,
    /// The thread of a node: it writes itself at the end of its turn.
    Node,
    /// The application, whose turn is not over. It has other nodes, so that the thread of the node is woken anyway.
    Turn,
}

thread_local! {
    static DOER: Cell<Doer> = const { Cell::new(Doer::Any) };
}

/// Sets who queues on this thread for as long as it lasts.
struct As {
    before: Doer,
}

impl As {
    fn new(doer: Doer) -> Self {
        let before = DOER.replace(doer);
        Self { before }
    }
}

impl Drop for As {
    fn drop(&mut self) {
        DOER.set(self.before);
    }
}

/// Marks the thread of a node for as long as it lasts.
struct OfNode<'a> {
    hub: &'a Hub,
    _doer: As,
}

impl<'a> OfNode<'a> {
    fn new(hub: &'a Hub) -> Self {
        hub.flushes.held().is_open = true;
        Self {
            hub,
            _doer: As::new(Doer::Node),
        }
    }
}

impl Drop for OfNode<'_> {
    fn drop(&mut self) {
        let mut held = self.hub.flushes.held();
        held.is_open = false;
        let left = held.take();
        drop(held);
        self.hub.leave_to_io_thread(left);
    }
}

impl Hub {
    /// The application has queued something for the connections in `dirty`. A few are flushed at once, which
    /// saves them a change of threads. Many are left to the io thread, which saves the application's thread the
    /// system calls. `handled` says which batches the application has handled.
    pub fn turn_handled(&self, dirty: &mut Vec<ConnectionRef>, handled: Option<Handled>) {
        let at_once = if self.is_lent() {
            FLUSHED_WHILE_LENT
        } else {
            FLUSHED_AT_ONCE
        };
        let hand_over = dirty.len() > at_once;
        if hand_over {
            self.flushes.leave(dirty);
        }
        self.flush_here(dirty);
        dirty.clear();
        if self.flushes.is_turn_due.swap(false, Relaxed) {
            self.flushes.held_wanted.notify_one();
        }
        let was_resting = handled.is_some_and(|handled| self.inbox.mark_handled(handled));
        // An io thread that was resting flushes first of all.
        if hand_over && !was_resting {
            self.flushes.wanted.notify_one();
        }
    }

    /// Whether the thread of the application drives the sockets, or is asked to.
    pub(crate) fn is_lent(&self) -> bool {
        self.flushes.is_lent.load(Relaxed)
    }

    /// Sets it.
    pub(crate) fn set_lent(&self, is_lent: bool) {
        self.flushes.is_lent.store(is_lent, Relaxed);
    }

    /// Flushes on a thread that is not the io thread.
    pub(super) fn flush_here(&self, connections: &[ConnectionRef]) {
        let mut told = false;
        for group in connections.chunks(GROUP) {
            self.flushes.together.flush(group);
            for connection in group {
                told |= self.report(connection);
            }
        }
        if told {
            self.inbox.end_turn();
        }
    }

    /// For the io thread, before it waits for its sockets: wakes the application if the turn brought events,
    /// and rests while the application has enough to do.
    pub fn end_turn(&self) -> Workload {
        let workload = self.inbox.end_turn();
        if self.inbox.rest() {
            self.flush_waiting();
            // The flush may have added events of written bytes.
            self.inbox.end_turn();
        }
        workload
    }

    /// Does something for the application that has other nodes get a message. What is queued for a few connections here,
    /// and the message for the others, leave when [`Hub::turn_handled`] is called next. So all messages of a turn leave
    /// together, and wake one thread once.
    pub fn in_turn<R>(&self, act: impl FnOnce() -> R) -> R {
        if !self.peers.is_set() {
            return act();
        }
        let _doer = As::new(Doer::Turn);
        self.flushes.is_turn_due.store(true, Relaxed);
        act()
    }

    /// Whether this is called [`in_turn`](Hub::in_turn).
    pub(super) fn is_in_turn() -> bool {
        DOER.get() == Doer::Turn
    }

    /// Leaves connections to be flushed: a few to the thread of the node where that is awake, others to the io thread.
    pub(super) fn flush_later(&self, connections: Vec<ConnectionRef>) {
        if connections.is_empty() {
            return;
        }
        let doer = DOER.get();
        if doer == Doer::Any {
            return self.leave_to_io_thread(connections);
        }
        let left = self.flushes.hold(connections);
        if !left.is_empty() {
            self.leave_to_io_thread(left);
        } else if doer == Doer::Node {
            self.flushes.held_wanted.notify_one();
        }
    }

    fn leave_to_io_thread(&self, mut connections: Vec<ConnectionRef>) {
        if connections.is_empty() {
            return;
        }
        self.flushes.waiting().append(&mut connections);
        self.flushes.wanted.notify_one();
    }

    /// For the io thread: flushes the connections that were left to it, for ever.
    pub async fn run_flushes(&self) {
        let _ending = self.flushes.together.ending();
        loop {
            self.flushes.wanted.notified().await;
            self.flush_waiting();
        }
    }

    /// For the thread of a node: flushes the connections that its messages are for, for ever. What its other tasks
    /// queue in one turn is written together. Without this, the io thread would have to be woken for each message.
    pub async fn run_flushes_of_node(&self) {
        let _mark = OfNode::new(self);
        loop {
            self.flushes.held_wanted.notified().await;
            let held = self.flushes.held().take();
            self.flush_here(&held);
            if let Some(peers) = self.peers.get() {
                peers.turn_over();
            }
        }
    }

    pub(super) fn flush_waiting(&self) {
        let mut connections = std::mem::take(&mut *self.flushes.waiting());
        let mut left = connections.drain(..);
        while !left.as_slice().is_empty() {
            let group = left.as_slice();
            self.flushes
                .together
                .flush(&group[..group.len().min(GROUP)]);
            for connection in left.by_ref().take(GROUP) {
                self.report(&connection);
            }
        }
        drop(left);
        self.flushes.keep_room(connections);
    }

    /// After a flush: reports it to the application, if the application asked for that. Returns whether it did.
    pub fn report(&self, connection: &Connection) -> bool {
        connection.report(|report| {
            self.inbox.announce(|_| match report {
                Report::Written(total) => Record {
                    number: total,
                    ..Record::new(Kind::Written, connection.slot())
                },
                Report::Drained => Record {
                    number: connection.serial(),
                    ..Record::new(Kind::Drained, connection.slot())
                },
            });
        })
    }
}
