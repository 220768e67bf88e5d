//! Flushing connections a group at a time: with one system call for all, where the system can do that.

#[cfg(unix)]
use std::io;
#[cfg(unix)]
use std::sync::{Mutex, PoisonError};

#[cfg(unix)]
use line_socket_uring::Ring;
#[cfg(unix)]
use log::debug;
#[cfg(unix)]
use rustix::io::Errno;

use super::connection::{ConnectionRef, PREFETCHED, prefetch};
#[cfg(unix)]
use super::connection::{LEAST, flush_together};

/// Connections that are flushed together. More would be locked for longer, and save hardly more.
pub(super) const GROUP: usize = PREFETCHED;

/// Groups that are flushed before a ring is tried again that there was no descriptor for. To find that out takes the kernel as long
/// as a few sends.
#[cfg(unix)]
const PAUSE: u16 = 1000;

/// How groups are flushed.
#[derive(Default)]
pub(super) struct Together {
    #[cfg(unix)]
    state: Mutex<State>,
}

/// Closes the ring when a thread that flushes has ended. Another one makes a ring of its own.
pub(super) struct Ending<'a>(&'a Together);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Whether there is a ring.
#[cfg(unix)]
#[derive(Default)]
enum State {
    /// It is made for the first group.
    #[default]
    Unknown,
    Ready(Box<Ring>),
    /// There was no descriptor for it. There may be one after so many groups.
    Later(u16),
    /// There can be none, or it was refused to send.
    Without,
}

impl Together {
    /// For a thread that flushes, to be held until it ends.
    pub(super) fn ending(&self) -> Ending<'_> {
        Ending(self)
    }

    #[cfg(unix)]
    fn close(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::Unknown;
    }

    #[cfg(not(unix))]
    fn close(&self) {}

    /// Flushes at most [`GROUP`] connections.
    pub(super) fn flush(&self, group: &[ConnectionRef]) {
        prefetch(group.iter());
        #[cfg(unix)]
        if group.len() >= LEAST
            // Another thread may use the ring. To write is quicker than to wait for it.
            && let Ok(mut state) = self.state.try_lock()
            && let Some(ring) = state.ring()
        {
            if let Err(error) = flush_together(group, ring) {
                state.give_up(&error);
            }
            return;
        }
        for connection in group {
            connection.flush();
        }
    }
}

#[cfg(unix)]
impl State {
    fn ring(&mut self) -> Option<&mut Ring> {
        if let Self::Unknown | Self::Later(0) = self {
            match Ring::new() {
                Ok(ring) => *self = Self::Ready(Box::new(ring)),
                Err(error) if is_shortage(&error) => *self = Self::Later(PAUSE),
                Err(error) => self.give_up(&error),
            }
        }
        match self {
            Self::Ready(ring) => Some(ring),
            Self::Later(groups) => {
                *groups -= 1;
                None
            }
            Self::Unknown | Self::Without => None,
        }
    }

    fn give_up(&mut self, error: &io::Error) {
        debug!("no io_uring, each socket is sent to by itself: {error}");
        *self = Self::Without;
    }
}

/// Whether the process, or the system, has as many files open as it may.
#[cfg(unix)]
fn is_shortage(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(Errno::MFILE | Errno::NFILE)
    )
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn where_there_was_no_descriptor_a_ring_is_tried_again_later() {
        let mut state = State::Later(2);
        assert!(state.ring().is_none());
        assert!(state.ring().is_none());
        assert_eq!(state.ring().is_some(), Ring::new().is_ok());
    }
}
