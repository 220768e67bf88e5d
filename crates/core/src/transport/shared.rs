//! What the tasks of one io thread share, and how the thread knows that some are left.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use log::debug;
use tokio::sync::Notify;

use crate::hub::Hub;

use super::gate::Gate;
use super::tls::LiveContext;

/// What the tasks of one io thread share.
pub struct Shared {
    /// The server's state.
    pub hub: Arc<Hub>,
    /// Decides who may connect.
    pub gate: Arc<Gate>,
    /// See [`Options::tls`](super::io_thread::Options::tls).
    pub tls: Option<Arc<LiveContext>>,
    /// See [`Options::number`](super::io_thread::Options::number).
    pub number: u32,
    pub(super) stopping: Notify,
    pub(super) cut: AtomicBool,
    pub(super) tasks: AtomicUsize,
    pub(super) last_task_ended: Notify,
}

impl Shared {
    /// What the tasks of a thread that does not run yet are to share.
    pub(super) fn new(
        hub: Arc<Hub>,
        gate: Arc<Gate>,
        tls: Option<Arc<LiveContext>>,
        number: u32,
    ) -> Self {
        Self {
            hub,
            gate,
            tls,
            number,
            stopping: Notify::new(),
            cut: AtomicBool::new(false),
            tasks: AtomicUsize::new(0),
            last_task_ended: Notify::new(),
        }
    }

    /// Whether every connection is to be cut.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.load(SeqCst)
    }

    /// Cuts the connections that this thread's listener has accepted.
    pub(super) fn cut_all(&self) {
        let registry = self.hub.registry();
        let connections: Vec<_> = registry
            .connections()
            .filter(|connection| connection.facts().listener == self.number)
            .cloned()
            .collect();
        drop(registry);
        debug!("#{}: cuts {} connections", self.number, connections.len());
        for connection in connections {
            self.hub.cut(&connection);
        }
    }
}

/// Held by each task of a connection. The thread ends when all guards have been dropped.
pub struct TaskGuard(Arc<Shared>);

impl TaskGuard {
    /// Counts one more.
    pub fn new(shared: &Arc<Shared>) -> Self {
        shared.tasks.fetch_add(1, SeqCst);
        Self(Arc::clone(shared))
    }
}

impl Deref for TaskGuard {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Drop for TaskGuard {
    fn drop(&mut self) {
        if self.0.tasks.fetch_sub(1, SeqCst) == 1 {
            self.0.last_task_ended.notify_one();
        }
    }
}
