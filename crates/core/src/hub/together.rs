//! Flushing connections a group at a time: with one system call for all, where the system can do that.

#[cfg(unix)]
use std::sync::{Mutex, MutexGuard, OnceLock};

#[cfg(unix)]
use line_socket_uring::Ring;
#[cfg(unix)]
use log::debug;

use super::connection::{ConnectionRef, PREFETCHED, prefetch};
#[cfg(unix)]
use super::connection::{LEAST, flush_together};

/// Connections that are flushed together. More would be locked for longer, and save hardly more.
pub(super) const GROUP: usize = PREFETCHED;

/// How groups are flushed.
#[derive(Default)]
pub(super) struct Together {
    /// Made for the first group; `None` where there can be none.
    #[cfg(unix)]
    ring: OnceLock<Option<Mutex<Ring>>>,
}

impl Together {
    /// Flushes at most [`GROUP`] connections.
    pub(super) fn flush(&self, group: &[ConnectionRef]) {
        prefetch(group.iter());
        #[cfg(unix)]
        if group.len() >= LEAST
            && let Some(mut ring) = self.ring()
        {
            return flush_together(group, &mut ring);
        }
        for connection in group {
            connection.flush();
        }
    }

    /// The ring, unless another thread uses it.
    #[cfg(unix)]
    fn ring(&self) -> Option<MutexGuard<'_, Ring>> {
        let ring = self.ring.get_or_init(|| {
            Ring::new()
                .inspect_err(|error| {
                    debug!("no io_uring, each socket is sent to by itself: {error}");
                })
                .ok()
                .map(Mutex::new)
        });
        ring.as_ref()?.try_lock().ok()
    }
}
