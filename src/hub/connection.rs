//! One peer as the hub knows it: shared by the io thread, which reads and writes its stream, and
//! the application's thread, which queues messages and asks for its end.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::task::AtomicWaker;

use crate::codec::{self, Opcode, close};
use crate::upgrade::{Client, Request};

use super::config::{Config, SlowConsumer};
use super::outbound::{Flush, Link, Outbound, SharedFrame};

/// What became of a message given to [`Connection::send`] and its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queued {
    /// It waits, and the caller must see to a flush.
    Flush,
    /// It waits, and a flush is already on its way.
    Waiting,
    /// It was left out, by the slow consumer policy.
    Dropped,
    /// The connection is closing or closed; nothing was queued.
    NotOpen,
    /// The peer does not read and its limit is reached: the connection was told to end (4206).
    Overflow,
}

/// Where the connection stands in the WebSocket closing handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    /// Our close frame is queued; nothing may follow it.
    Closing,
    Closed,
}

struct Writing {
    outbound: Outbound,
    stage: Stage,
    /// The code and reason to report when the peer never answers our close frame.
    forced: Option<(u16, &'static str)>,
}

/// How the bytes of a connection travel: for applications and tests to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A TCP connection that this server has accepted.
    Tcp,
    /// A Unix domain socket's connection that this server has accepted.
    Unix,
    /// A socket that somebody else has accepted, now this server's own.
    Adopted,
    /// A stream that somebody else reads and writes.
    Piped,
}

impl Transport {
    /// The name applications know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Unix => "unix",
            Self::Adopted => "adopted",
            Self::Piped => "piped",
        }
    }
}

/// The other end of a connection, and the way to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remote {
    /// The peer's address; `None` on a Unix domain socket.
    pub address: Option<SocketAddr>,
    /// Whether the bytes are encrypted on the way.
    pub encrypted: bool,
    /// How they travel.
    pub transport: Transport,
}

/// What is fixed when the connection opens.
#[derive(Debug)]
pub struct Facts {
    /// The upgrade request.
    pub request: Request,
    /// Where it came from.
    pub remote: Remote,
    /// On whose behalf: the same, unless a trusted proxy names somebody else.
    pub client: Client,
    /// The subprotocol agreed on.
    pub protocol: Option<Box<str>>,
}

/// The timers that hold for one connection, in milliseconds; 0 turns one off.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// From the upgrade to a resolved handshake.
    pub handshake: u32,
    /// Silence after which the peer is pinged.
    pub ping: u32,
    /// From our close frame to the peer's.
    pub close: u32,
}

/// A peer.
pub struct Connection {
    writing: Mutex<Writing>,
    /// Wakes the task that owns the stream.
    task: AtomicWaker,
    /// The stream must be cut without waiting for anything.
    cut: AtomicBool,
    /// See [`Connection::is_broken`].
    broken: AtomicBool,
    /// The application asked to be told when queued bytes have been written.
    watched: AtomicBool,
    /// The handshake is resolved.
    admitted: AtomicBool,
    /// A ping is due or under way: no further one until the peer is heard.
    pinging: AtomicBool,
    slot: AtomicU32,
    serial: u64,
    /// When the peer was last heard, in the hub's milliseconds.
    heard: AtomicU64,
    timeouts: Timeouts,
    facts: Facts,
}

impl Connection {
    /// A connection over `link`, opened at `now` (the hub's milliseconds).
    pub fn new(link: Box<dyn Link>, facts: Facts, config: &Config, serial: u64, now: u64) -> Self {
        Self {
            writing: Mutex::new(Writing {
                outbound: Outbound::new(link),
                stage: Stage::Open,
                forced: None,
            }),
            task: AtomicWaker::new(),
            cut: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            watched: AtomicBool::new(false),
            admitted: AtomicBool::new(false),
            pinging: AtomicBool::new(false),
            slot: AtomicU32::new(u32::MAX),
            serial,
            heard: AtomicU64::new(now),
            timeouts: Timeouts {
                handshake: config.handshake_timeout(),
                ping: config.ping_interval(),
                close: config.close_timeout(),
            },
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

    /// The timers that hold for this connection.
    pub fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// Notes that the peer was heard at `now`.
    pub fn hear(&self, now: u64) {
        self.heard.store(now, Relaxed);
        self.pinging.store(false, Relaxed);
    }

    /// When the peer was last heard.
    pub fn heard(&self) -> u64 {
        self.heard.load(Relaxed)
    }

    /// Claims the next ping; false while one is under way.
    pub(super) fn claim_ping(&self) -> bool {
        !self.pinging.swap(true, Relaxed)
    }

    /// Whether the handshake is resolved.
    pub fn is_admitted(&self) -> bool {
        self.admitted.load(Relaxed)
    }

    pub(super) fn admit(&self) {
        self.admitted.store(true, Relaxed);
    }

    /// Whether messages can be queued.
    pub fn is_open(&self) -> bool {
        self.lock().stage == Stage::Open
    }

    /// Whether our close frame is queued and the peer's is awaited.
    pub fn is_closing(&self) -> bool {
        self.lock().stage == Stage::Closing
    }

    /// Bytes that wait for the kernel.
    pub fn pending(&self) -> usize {
        self.lock().outbound.pending()
    }

    /// Queues one text message.
    pub fn send(&self, text: &[u8], config: &Config) -> Queued {
        self.send_parts(text.len(), config, |out| out.extend_from_slice(text))
    }

    /// Queues one text message of `length` bytes that `write` appends.
    pub fn send_parts(
        &self,
        length: usize,
        config: &Config,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Queued {
        self.queue(false, config, |outbound| {
            outbound.push_with(|out| {
                let header = codec::frame_header(Opcode::Text, length);
                out.reserve(header.as_bytes().len() + length);
                out.extend_from_slice(header.as_bytes());
                write(out);
            });
        })
    }

    /// Queues a frame that was encoded for many connections.
    pub fn send_shared(&self, frame: &SharedFrame, config: &Config) -> Queued {
        self.queue(true, config, |outbound| outbound.push_shared(frame))
    }

    /// Queues a pong, the answer to a WebSocket ping (RFC 6455, 5.5.3).
    pub fn send_pong(&self, payload: &[u8], config: &Config) -> Queued {
        self.queue(false, config, |outbound| {
            outbound.push_with(|out| codec::push_frame(out, Opcode::Pong, payload));
        })
    }

    /// Bytes queued since the connection opened; compare with [`Connection::watch`].
    pub fn queued(&self) -> u64 {
        self.lock().outbound.queued()
    }

    /// Bytes written since the connection opened. While some still wait, the application is told
    /// of the next ones that leave.
    pub fn watch(&self) -> u64 {
        let writing = self.lock();
        self.watched.store(writing.outbound.pending() > 0, Relaxed);
        writing.outbound.written()
    }

    /// After a flush: gives `tell` the bytes written so far, when the application asked to be told
    /// and the connection has not ended.
    pub(super) fn tell_watched(&self, tell: impl FnOnce(u64)) {
        if !self.watched.load(Relaxed) {
            return;
        }
        let writing = self.lock();
        if writing.stage != Stage::Closed {
            self.watched.store(false, Relaxed);
            tell(writing.outbound.written());
        }
    }

    /// Calls `tell` unless the connection has ended, which it does not meanwhile: once told of the
    /// end, the application must hear nothing more of a connection, whichever thread has news.
    pub(super) fn unless_ended(&self, tell: impl FnOnce()) {
        let writing = self.lock();
        if writing.stage != Stage::Closed {
            tell();
        }
    }

    /// Hands what waits to the kernel, from any thread. What the kernel does not take is left to
    /// the task that owns the stream.
    pub fn flush(&self) -> Flush {
        let mut writing = self.lock();
        let was_blocked = writing.outbound.is_blocked();
        let result = writing.outbound.flush();
        drop(writing);
        if result == Flush::Broken {
            self.broken.store(true, Relaxed);
        }
        if result == Flush::Broken || (result == Flush::Blocked && !was_blocked) {
            self.task.wake();
        }
        result
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

    /// Begins the closing handshake (RFC 6455, 7.1.2): queues a close frame, after which nothing
    /// can be queued. Returns false when it has begun already. The caller flushes.
    pub fn start_close(&self, code: u16, reason: &str) -> bool {
        let mut writing = self.lock();
        if writing.stage != Stage::Open {
            return false;
        }
        writing.stage = Stage::Closing;
        push_close(&mut writing.outbound, code, reason);
        true
    }

    /// Answers the peer's close frame with the code and reason it gave (RFC 6455, 5.5.1). Returns
    /// whether an answer was due, that is, whether the peer began.
    pub fn answer_close(&self, code: u16, reason: &str) -> bool {
        let mut writing = self.lock();
        if writing.stage != Stage::Open {
            return false;
        }
        writing.stage = Stage::Closing;
        push_close(&mut writing.outbound, code, reason);
        true
    }

    /// Asks the task to cut the stream without a closing handshake.
    pub fn cut(&self) {
        self.cut.store(true, Relaxed);
        self.task.wake();
    }

    /// Whether the stream must be cut.
    pub fn must_cut(&self) -> bool {
        self.cut.load(Relaxed)
    }

    /// Registers the task that owns the stream, to be woken when there is something for it to do.
    pub fn register(&self, waker: &std::task::Waker) {
        self.task.register(waker);
    }

    /// The code and reason to report instead of 1006 when the hub itself ended the connection.
    pub fn forced_close(&self) -> Option<(u16, &'static str)> {
        self.lock().forced
    }

    /// Ends the connection for good: drops the stream and all that waits. Returns false when it
    /// had ended already.
    pub(super) fn end(&self) -> bool {
        let mut writing = self.lock();
        writing.outbound.unlink();
        std::mem::replace(&mut writing.stage, Stage::Closed) != Stage::Closed
    }

    fn queue(&self, may_drop: bool, config: &Config, push: impl FnOnce(&mut Outbound)) -> Queued {
        let mut writing = self.lock();
        if writing.stage != Stage::Open {
            return Queued::NotOpen;
        }
        let limit = config.max_buffered();
        if writing.outbound.pending() >= limit {
            let dropping = config.slow_consumer() == SlowConsumer::Drop;
            if dropping && may_drop {
                return Queued::Dropped;
            }
            if !dropping || writing.outbound.pending() >= limit.saturating_mul(2) {
                writing.outbound.discard();
                writing.stage = Stage::Closing;
                writing.forced = Some((close::SLOW_CONSUMER, "Slow consumer"));
                push_close(&mut writing.outbound, close::SLOW_CONSUMER, "Slow consumer");
                return Queued::Overflow;
            }
        }
        push(&mut writing.outbound);
        if writing.outbound.schedule() {
            Queued::Flush
        } else {
            Queued::Waiting
        }
    }

    fn lock(&self) -> MutexGuard<'_, Writing> {
        // A panic while the lock was held is confined to this connection: its bytes may be cut,
        // its peer will see a broken stream, and nobody else is harmed.
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A code or reason that cannot travel is left out: the stream closes all the same.
fn push_close(outbound: &mut Outbound, code: u16, reason: &str) {
    outbound.push_with(|out| {
        if codec::push_close(out, code, reason).is_err() {
            codec::push_empty_close(out);
        }
    });
}

/// A connection as it is passed around.
pub type ConnectionRef = Arc<Connection>;
