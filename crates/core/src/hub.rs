//! Connections, rooms, deadlines and limits: the state of the server, shared by the io threads and the
//! application's thread. Nothing here depends on sockets or JavaScript. The transport provides [`Link`]s and
//! messages; the application takes [`batch::Batch`]es and calls methods.
//!
//! Rooms and broadcast take an encoded message and a [`Group`], and may be called from any thread:
//! messages that another node of a cluster publishes can be fed in straight from the io thread. Each room has
//! an order lock, see [`order`].

mod admission;
mod asking;
mod batch;
mod broadcasting;
mod closed;
mod closing;
mod compressing;
mod config;
mod connection;
mod deferred;
mod everywhere;
mod facts;
mod flow;
mod flushes;
mod flushing;
mod following;
mod history;
mod inbox;
mod inflating;
mod keep_alive;
mod lane;
mod log_name;
mod marked;
mod members;
mod message;
mod names;
mod order;
mod outbound;
mod peers;
mod presence;
mod progress;
mod publishing;
mod random;
mod rate;
mod record;
mod recovery;
mod registry;
mod request_heads;
mod requests;
mod routing;
mod secure;
mod stats;
mod sync;
mod target;
#[cfg(test)]
pub(crate) mod testing;
mod timers;
mod together;

use std::hash::RandomState;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use log::debug;

pub use admission::{Admission, NoRoom, Permit};
pub use asking::AskedMembers;
pub use batch::{BATCH_EVENTS, Batch, Part};
pub use compressing::{Compressing, TurnOutcome};
pub use config::{Config, SlowConsumer};
pub use connection::NumberName;
pub use connection::{Connection, ConnectionRef, Delivery, Queued};
#[cfg(test)]
pub use deferred::SharedFrame;
pub use everywhere::Sent;
pub use facts::{Facts, Remote, Transport};
pub use following::{KeptContent, KeptMessage};
pub use history::Arrival;
pub use history::Base36;
pub use history::Comparison;
pub use history::Position;
pub use history::Rule as HistoryRule;
pub use inbox::{CONNECTION_MARK, Fence, Inbox, Wake};
pub use inflating::{Inflating, Reservation, STALL_TIMEOUT};
pub use keep_alive::Pinged;
pub use lane::{Handled, LANES, Lane, Workload};
pub use log_name::LogName;
pub use marked::mark_of;
pub use message::Message;
pub use names::Names;
#[cfg(test)]
pub use outbound::Outbound;
pub use outbound::{Flush, Link};
pub use peers::{Accepted, AskPeers, ForPeers, Peers};
pub use presence::{Applied, Change, Changes, Presence, PresenceRule, Tell, Update};
pub use progress::Progress;
pub use publishing::Reading;
pub use rate::{Pace, RateLimit};
pub use record::{Field, Kind, Record, count as record_count};
pub use recovery::{Joined, Joining};
pub use registry::{Group, Registry};
pub use request_heads::{RequestHead, RequestHeads};
pub use requests::{Answers, AnswersElsewhere, FIRST_KEY_OF_NODES, REQUEST_PREFIX, Requests};
pub(crate) use routing::is_reserved;
pub use routing::{Apart, Next};
pub use secure::{Authorization, Secure};
pub use stats::{Counter, Stats};
pub use target::Target;
pub use timers::{Clock, Deadline, Timers};

use crate::codec::close;

use closed::Closed;
use flushes::Flushes;
use history::History;
use peers::PeersCell;

/// The shared state of one server.
pub struct Hub {
    registry: Mutex<Registry>,
    /// Settings.
    pub config: Config,
    /// What waits for the application.
    pub inbox: Inbox,
    /// What the requests of connections have in common.
    pub request_heads: Arc<RequestHeads>,
    /// Message names the application listens for.
    pub names: Names,
    /// How many connections there are, and may be.
    pub admission: Arc<Admission>,
    /// The memory of compressed messages that are not complete.
    pub inflating: Arc<Inflating>,
    /// Counters of what has happened so far.
    pub stats: Stats,
    /// The last messages of rooms.
    history: History,
    /// What many connections were asked.
    pub requests: Requests,
    /// Connections that the application is to hear no more of.
    pub closed: Closed,
    /// Whether every message is sent back, in builds with debug assertions.
    echoing: AtomicBool,
    /// The other nodes, if there are any.
    peers: PeersCell,
    timers: Arc<Timers>,
    clock: Clock,
    serial: AtomicU64,
    flushes: Flushes,
    /// For hashes of what peers have sent.
    hasher: RandomState,
}

impl Hub {
    /// A hub whose application is woken through `wake`.
    pub fn new(wake: Box<dyn Wake>) -> Self {
        Self {
            registry: Mutex::default(),
            config: Config::default(),
            inbox: Inbox::new(wake),
            request_heads: Arc::default(),
            names: Names::default(),
            admission: Arc::default(),
            inflating: Arc::default(),
            stats: Stats::default(),
            history: History::default(),
            requests: Requests::default(),
            closed: Closed::default(),
            echoing: AtomicBool::new(false),
            peers: PeersCell::default(),
            timers: Arc::default(),
            clock: Clock::new(),
            serial: AtomicU64::new(0),
            flushes: Flushes::default(),
            hasher: RandomState::new(),
        }
    }

    /// The registry of connections, ids and rooms. The lock is held for a moment only: never over
    /// a system call, a wait or a broadcast.
    pub fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a connection whose upgrade is complete.
    pub fn open(&self, link: Box<dyn Link>, facts: Facts) -> ConnectionRef {
        let now = self.clock.now();
        let serial = self.serial.fetch_add(1, Relaxed);
        let connection = Arc::new(Connection::new(link, facts, &self.config, serial, now));
        self.registry().insert(Arc::clone(&connection));
        self.stats.add(Counter::ConnectionsTotal, 1);
        debug!("{}: opened", NumberName(&connection));
        let handshake = connection.timeouts().handshake;
        if handshake > 0 {
            let due = now + u64::from(handshake);
            self.timers.set(due, &connection, Deadline::Handshake);
        }
        connection
    }

    /// Milliseconds since the hub was made.
    pub fn now(&self) -> u64 {
        self.clock.now()
    }

    /// Notes that something came from the peer; returns when, as [`Hub::now`] does.
    pub fn note_activity(&self, connection: &Connection) -> u64 {
        let now = self.clock.now();
        connection.note_activity(now);
        now
    }

    /// The handshake is resolved: from now on the connection is one of [`Group::All`].
    pub fn admit(&self, slot: u32) {
        let admitted = self.registry().admit(slot);
        // A connection that was admitted before has its timer, and nothing has come from it just now.
        let Some(connection) = admitted else {
            return;
        };
        let now = self.clock.now();
        connection.note_activity(now);
        let ping = connection.timeouts().ping;
        if ping > 0 {
            self.set_ping(&connection, now + u64::from(ping));
        }
    }

    /// For the io thread: runs deadlines, for ever.
    pub async fn run_timers(&self) {
        let _guard = self.timers.guard();
        loop {
            match self.timers.next_due() {
                Some(due) => {
                    let sleep = tokio::time::sleep_until(self.clock.instant(due).into());
                    futures::pin_mut!(sleep);
                    let changed = self.timers.changed();
                    futures::pin_mut!(changed);
                    futures::future::select(sleep, changed).await;
                }
                None => self.timers.changed().await,
            }
            let now = self.clock.now();
            while let Some((slot, serial, purpose)) = self.timers.take_due(now) {
                match purpose {
                    Deadline::Sweep => {
                        self.sweep_history(now);
                        continue;
                    }
                    Deadline::Presence => {
                        self.tell_presence(now);
                        continue;
                    }
                    _ => {}
                }
                let connection = self.registry().get(slot).cloned();
                // The slot may have a new connection by now.
                if let Some(connection) = connection.filter(|found| found.serial() == serial) {
                    self.on_deadline(&connection, purpose, now);
                }
            }
        }
    }

    /// Gives a room presence, or with a `*` at the end of `pattern` all rooms whose names begin with what
    /// stands before it. The longest match holds.
    pub fn keep_presence(&self, pattern: &str, rule: PresenceRule) {
        let make = || Presence::new(Arc::clone(&self.timers), self.clock);
        let mut registry = self.registry();
        registry.presence_or_make(make).set_rule(pattern, rule);
    }

    /// Tells the application that there are changes of presence, if that is due.
    fn tell_presence(&self, now: u64) {
        let mut registry = self.registry();
        let is_due = registry.presence().is_some_and(|rooms| rooms.on_due(now));
        drop(registry);
        if is_due {
            self.inbox.announce(|_| Record::new(Kind::Presence, 0));
            self.inbox.end_turn();
        }
    }

    fn on_deadline(&self, connection: &ConnectionRef, purpose: Deadline, now: u64) {
        let timeouts = connection.timeouts();
        match purpose {
            Deadline::Handshake if !connection.is_admitted() => {
                debug!(
                    "{}: its handshake has taken too long",
                    self.log_name(connection)
                );
                let reason = format!("Handshake not completed after {} ms", timeouts.handshake);
                self.close(connection, close::HANDSHAKE_FAILED, &reason);
            }
            Deadline::Handshake | Deadline::Sweep | Deadline::Presence => {}
            Deadline::Ping => self.on_ping_due(connection, now),
            Deadline::Pong => connection.check_pong(now),
            Deadline::Close => {
                debug!(
                    "{}: cut, its close frame has not come in {} ms",
                    self.log_name(connection),
                    timeouts.close
                );
                self.cut(connection);
            }
        }
    }
}

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;
