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

/// Groups that are flushed before a ring is tried again that there was no descriptor or memory for. To find that out takes the kernel
/// as long as a few sends.
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
    /// It is made for the first group that it can send to.
    #[default]
    Unknown,
    Ready(Box<Ring>),
    /// There was no descriptor or memory for it. There may be after so many groups.
    Later(u16),
    /// It is forbidden, it sends nothing, or the system has none.
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
            && state.may_send()
        {
            state.flush(group);
            return;
        }
        for connection in group {
            connection.flush();
        }
    }
}

#[cfg(unix)]
impl State {
    /// Whether a group is to be flushed by the ring.
    fn may_send(&mut self) -> bool {
        match self {
            Self::Later(groups) if *groups > 0 => {
                *groups -= 1;
                false
            }
            Self::Without => false,
            Self::Unknown | Self::Ready(_) | Self::Later(_) => true,
        }
    }

    fn flush(&mut self, group: &[ConnectionRef]) {
        if let Err(error) = flush_together(group, || self.ring()) {
            self.give_up(&error);
        }
    }

    fn ring(&mut self) -> Option<&mut Ring> {
        if !matches!(self, Self::Ready(_)) {
            match Ring::new() {
                Ok(ring) => *self = Self::Ready(Box::new(ring)),
                Err(error) => self.give_up(&error),
            }
        }
        match self {
            Self::Ready(ring) => Some(ring),
            _ => None,
        }
    }

    fn give_up(&mut self, error: &io::Error) {
        debug!("no io_uring, each socket is sent to by itself: {error}");
        *self = if is_shortage(error) {
            Self::Later(PAUSE)
        } else {
            Self::Without
        };
    }
}

/// Whether the system is short of descriptors, of the process or of all, or of memory. `AGAIN` is its answer when it has no memory for
/// what a ring is to send.
#[cfg(unix)]
fn is_shortage(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::AGAIN)
    )
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// A state after such an answer of the kernel's.
    fn after(answer: Errno) -> State {
        let mut state = State::Unknown;
        state.give_up(&answer.into());
        state
    }

    #[test]
    fn after_a_shortage_a_ring_is_tried_again_later() {
        for answer in [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::AGAIN] {
            let mut state = after(answer);
            assert!((0..PAUSE).all(|_| !state.may_send()), "{answer}");
            assert!(state.may_send(), "{answer}");
            assert_eq!(state.ring().is_some(), Ring::new().is_ok());
        }
    }

    #[test]
    fn where_rings_are_forbidden_none_is_tried_again() {
        for answer in [Errno::PERM, Errno::NOSYS, Errno::INVAL] {
            let mut state = after(answer);
            assert!((0..=u16::MAX).all(|_| !state.may_send()), "{answer}");
        }
    }
}
