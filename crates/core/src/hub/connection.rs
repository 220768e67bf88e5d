//! The state of one connection. The io thread, which reads and writes its stream, and the application's
//! thread, which queues messages and closes it, share this state.

mod closing;
mod peer_state;
mod pings;
mod reporting;
mod sending;
#[cfg(unix)]
mod together;

use std::fmt;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::task::AtomicWaker;

use crate::codec::close;

use super::config::Config;
use super::facts::Facts;
use super::outbound::{Flush, Link, Outbound};

pub use peer_state::Delivery;
pub(super) use pings::PongState;
pub use reporting::Report;
pub use sending::Queued;
#[cfg(test)]
pub(super) use sending::WRITTEN_AT_ONCE;
#[cfg(unix)]
pub(super) use together::{LEAST, flush_together};

/// The state of the connection, as the `readyState` of a WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadyState {
    Open,
    /// Our close frame is queued; nothing may follow it.
    Closing,
    Closed,
}

/// The close code and reason of a peer that does not read what it is sent.
const SLOW_CONSUMER: (u16, &str) = (close::SLOW_CONSUMER, close::reason::SLOW_CONSUMER);

/// Connections that are [prefetched](prefetch) together. More would displace each other.
pub(super) const PREFETCHED: usize = 16;

struct Writing {
    outbound: Outbound,
    ready_state: ReadyState,
    /// The slow consumer policy has ended the connection.
    is_slow: bool,
    /// The application asked to be told when queued bytes have been written.
    watched: bool,
    /// The high-water mark was reached, and some bytes have been waiting ever since.
    above: bool,
}

/// The timeouts of one connection, in milliseconds; 0 turns one off.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// From the upgrade to a resolved handshake.
    pub handshake: u32,
    /// Silence after which the peer is pinged.
    pub ping: u32,
    /// From our close frame to the peer's.
    pub close: u32,
}

/// The connection to one peer. The order of its fields is kept: what a broadcast needs lies together, because the connections of
/// a thousand members do not fit into the caches.
#[repr(C)]
pub struct Connection {
    writing: Mutex<Writing>,
    /// A flush may have something to report: `watched` or `above` of [`Writing`].
    reporting: AtomicBool,
    /// The stream must be cut without waiting for anything.
    cut: AtomicBool,
    /// See [`Connection::is_broken`].
    broken: AtomicBool,
    /// The application listens for [`Report::Drained`].
    wants_drained: AtomicBool,
    /// The peer is not read before the application asks for it.
    held: AtomicBool,
    /// The handshake is resolved, and the application has been told.
    admitted: AtomicBool,
    /// The state of the peer: bits of [`mark`].
    marks: AtomicU8,
    /// The application was asked for a ping. It is not asked again until something comes from the peer.
    pinging: AtomicBool,
    slot: AtomicU32,
    timeouts: Timeouts,
    /// Bytes from which on a message is compressed; `u32::MAX` without compression.
    compressed_from: u32,
    /// When the answer to a ping is due, in the form of `pings.rs`.
    pong_due: AtomicU32,
    serial: u64,
    /// When something last came from the peer, in the hub's milliseconds.
    last_activity: AtomicU64,
    /// Wakes the task that owns the stream.
    task: AtomicWaker,
    facts: Facts,
}

impl Connection {
    /// A connection over `link`, opened at `now` (the hub's milliseconds).
    pub fn new(link: Box<dyn Link>, facts: Facts, config: &Config, serial: u64, now: u64) -> Self {
        Self {
            writing: Mutex::new(Writing {
                outbound: Outbound::new(link),
                ready_state: ReadyState::Open,
                is_slow: false,
                watched: false,
                above: false,
            }),
            task: AtomicWaker::new(),
            cut: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            reporting: AtomicBool::new(false),
            wants_drained: AtomicBool::new(false),
            held: AtomicBool::new(false),
            admitted: AtomicBool::new(false),
            marks: AtomicU8::new(0),
            pinging: AtomicBool::new(false),
            slot: AtomicU32::new(u32::MAX),
            serial,
            last_activity: AtomicU64::new(now),
            pong_due: AtomicU32::new(0),
            timeouts: Timeouts {
                handshake: config.handshake_timeout(),
                ping: config.ping_interval(),
                close: config.close_timeout(),
            },
            compressed_from: facts.compression.as_ref().map_or(u32::MAX, |compression| {
                u32::try_from(compression.policy.threshold).unwrap_or(u32::MAX)
            }),
            facts,
        }
    }

    /// The hub's slot of this connection: a small integer, used again after its release.
    pub fn slot(&self) -> u32 {
        self.slot.load(Relaxed)
    }

    pub(super) fn set_slot(&self, slot: u32) {
        self.slot.store(slot, Relaxed);
    }

    /// Tells this connection from a later one in the same slot.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// What is fixed since the upgrade.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The timeouts of this connection.
    pub fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// Notes that something came from the peer at `now`.
    pub fn note_activity(&self, now: u64) {
        self.last_activity.store(now, Relaxed);
        self.pinging.store(false, Relaxed);
    }

    /// When something last came from the peer.
    pub fn last_activity(&self) -> u64 {
        self.last_activity.load(Relaxed)
    }

    /// Reads what queueing and flushing need: see [`prefetch`].
    #[inline]
    fn touch(&self) -> bool {
        self.writing.is_poisoned() | self.reporting.load(Relaxed)
    }

    /// Whether messages can be queued.
    pub fn is_open(&self) -> bool {
        self.lock().ready_state == ReadyState::Open
    }

    /// Whether our close frame is queued and the peer's is awaited.
    #[cfg(test)]
    pub fn is_closing(&self) -> bool {
        self.lock().ready_state == ReadyState::Closing
    }

    /// Bytes that wait for the kernel.
    pub fn pending(&self) -> usize {
        self.lock().outbound.pending()
    }

    /// Bytes queued since the connection opened; compare with [`Connection::watch`].
    pub fn queued(&self) -> u64 {
        self.lock().outbound.queued()
    }

    /// Hands what waits to the kernel, from any thread. What the kernel does not take, and what is to
    /// be compressed first, is left to the task that owns the stream.
    pub fn flush(&self) -> Flush {
        self.flush_by(Outbound::flush)
    }

    /// The same for the task that owns the stream, which ends the connection at once if nothing is left.
    pub fn flush_ending(&self) -> Flush {
        self.flush_by(Outbound::flush_ending)
    }

    #[inline]
    fn flush_by(&self, flush: impl FnOnce(&mut Outbound) -> Flush) -> Flush {
        self.flush_locked(self.lock(), flush)
    }

    #[inline]
    fn flush_locked(
        &self,
        mut writing: MutexGuard<'_, Writing>,
        flush: impl FnOnce(&mut Outbound) -> Flush,
    ) -> Flush {
        let was_blocked = writing.outbound.is_blocked();
        let result = flush(&mut writing.outbound);
        drop(writing);
        if result != Flush::Drained {
            self.after_flush(result, was_blocked);
        }
        result
    }

    /// Wakes the task that owns the stream for what a flush could not do.
    #[inline(never)]
    fn after_flush(&self, result: Flush, was_blocked: bool) {
        if result == Flush::Broken {
            self.broken.store(true, Relaxed);
        }
        let is_for_the_task = match result {
            Flush::Drained => false,
            Flush::Blocked => !was_blocked,
            Flush::Broken | Flush::Deferred => true,
        };
        if is_for_the_task {
            self.task.wake();
        }
    }

    /// Whether writing has failed: the peer reads no more. What it has sent may still be read.
    pub fn is_broken(&self) -> bool {
        self.broken.load(Relaxed)
    }

    /// The stream is writable again: writes what waits.
    pub fn flush_writable(&self) -> Flush {
        let mut writing = self.lock();
        writing.outbound.unblock();
        writing.outbound.flush()
    }

    /// Whether the task must wait for the stream to become writable.
    pub fn is_blocked(&self) -> bool {
        self.lock().outbound.is_blocked()
    }

    /// Leaves the peer unread until [`Connection::serve`].
    pub fn hold(&self) {
        self.held.store(true, Relaxed);
    }

    /// Lets a connection that was held be read.
    pub fn serve(&self) {
        self.held.store(false, Relaxed);
        self.task.wake();
    }

    /// Whether the peer is not to be read yet.
    pub fn is_held(&self) -> bool {
        self.held.load(Relaxed)
    }

    /// Wakes the task that owns the stream.
    pub fn wake(&self) {
        self.task.wake();
    }

    /// Registers the task that owns the stream, to be woken when there is something for it to do.
    pub fn register(&self, waker: &std::task::Waker) {
        self.task.register(waker);
    }

    /// The task that owned the stream has ended. Its memory would stay with a waker of it, and the io thread's selector
    /// too.
    pub fn unregister(&self) {
        self.task.take();
    }

    fn lock(&self) -> MutexGuard<'_, Writing> {
        // A panic while the lock was held affects this connection alone: its bytes may be cut, and its
        // peer sees a broken stream.
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection as it is passed around.
pub type ConnectionRef = Arc<Connection>;

/// Loads a group of connections into the cache. To be called before one of them is locked: the processor loads them at the same
/// time, but nothing past a lock before that is taken.
#[inline]
pub(super) fn prefetch<'a>(group: impl Iterator<Item = &'a ConnectionRef>) {
    black_box(group.fold(false, |touched, connection| touched | connection.touch()));
}

/// The name of a connection that has no id yet.
pub struct NumberName<'a>(pub &'a Connection);

impl fmt::Display for NumberName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(connection) = self;
        let remote = &connection.facts().remote;
        write!(f, "connection #{} of {remote}", connection.serial())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_into_304_bytes_with_what_shares_it() {
        // An `Arc` adds 16 bytes, and glibc's allocator 8.
        assert!(
            size_of::<Connection>() <= 304 - 24,
            "{}",
            size_of::<Connection>()
        );
    }
}
