//! Connections that were closed without a call for each from the application: by another node, or with many others.
//! What waits of them in the inbox, and in the batch that the application has taken, is to reach no handler any more.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::connection::ConnectionRef;

/// Those that the application does not know of yet.
#[derive(Default)]
pub struct Closed {
    connections: Mutex<Vec<ConnectionRef>>,
    /// Whether there are any, as 0 or 1: the application looks before each event, without a call.
    has_some: Arc<AtomicI32>,
}

impl Closed {
    /// Adds connections. To be called before anybody is told that they are closed.
    pub fn add(&self, connections: impl IntoIterator<Item = ConnectionRef>) {
        let mut list = self.lock();
        list.extend(connections);
        if !list.is_empty() {
            self.has_some.store(1, Ordering::Release);
        }
    }

    /// Shows whether there are any.
    pub fn word(&self) -> Arc<AtomicI32> {
        Arc::clone(&self.has_some)
    }

    /// Takes them.
    pub fn take(&self) -> Vec<ConnectionRef> {
        let mut list = self.lock();
        self.has_some.store(0, Ordering::Relaxed);
        std::mem::take(&mut *list)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<ConnectionRef>> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
