//! What the tasks of a node share.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use log::debug;
use tokio::sync::{Notify, watch};

use crate::hub::{Hub, Kind, Record};

use super::awaited::Awaited;
use super::channel::ChannelNames;
use super::claims::Claims;
use super::counters::{Counters, RoundTrips};
use super::engine::{Engine, EngineError, Publication};
use super::identity::Identity;
use super::inquiries::Inquiries;
use super::keeping::state::Keeping;
use super::news::{Board, News};
use super::node_id::NodeId;
use super::outbox::{Bound, Outbox};
use super::questions::Questions;
use super::roster::Roster;
use super::seen::Seen;
use super::settings::NodeSettings;
use super::strain::Strain;
use super::subscriptions::Subscriptions;
use super::wire::Origin;

/// How the node stands with the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It connects for the first time.
    Connecting,
    /// It is connected, and everything is subscribed. The number is that of the connection.
    Up(u64),
    /// It has lost the connection, or could not connect, and tries again.
    Down,
    /// It ends.
    Over,
}

/// Pause before the engine is asked again for what it could not do.
const PAUSE: Duration = Duration::from_millis(200);

/// What the tasks of a node share.
pub(super) struct Shared {
    pub identity: Identity,
    pub hub: Arc<Hub>,
    pub engine: Arc<dyn Engine>,
    pub settings: NodeSettings,
    pub names: ChannelNames,
    pub counters: Counters,
    pub phase: watch::Sender<Phase>,
    /// Why the connection of a number is of no use any more.
    pub loss: Mutex<Option<(u64, EngineError)>>,
    pub lost: Notify,
    pub strain: Mutex<Strain>,
    pub subscriptions: Mutex<Subscriptions>,
    pub rooms_changed: Notify,
    /// A room is subscribed, or has no members any more.
    pub rooms_settled: Notify,
    /// There is something to tell or to ask of presence.
    pub attendance_changed: Notify,
    /// How much may wait in `outbox` and in `keeping`.
    pub bound: Arc<Bound>,
    /// Messages for clients of other nodes.
    pub outbox: Mutex<Outbox<Publication>>,
    /// Messages for nodes. They go first: others may wait for them.
    pub controls: Mutex<Outbox<Publication>>,
    pub filled: Notify,
    /// The application has published in its turn what nobody was woken for.
    pub is_turn_due: AtomicBool,
    pub keeping: Keeping,
    pub roster: Mutex<Roster>,
    pub awaited: Mutex<Awaited>,
    pub seen: Mutex<Seen>,
    pub round_trips: Mutex<RoundTrips>,
    /// When the own heartbeat came back last.
    pub own_beat: Mutex<Instant>,
    pub board: Mutex<Board>,
    /// What this node asks.
    pub questions: Mutex<Questions>,
    /// Something is asked: its time may be the next that is over.
    pub asked: Notify,
    /// What other nodes ask this one.
    pub inquiries: Mutex<Inquiries>,
    pub inquired: Notify,
    /// Ids that connections here have in all nodes.
    pub claims: Mutex<Claims>,
    pub claimed: Notify,
    pub start: Instant,
    sequence: AtomicU32,
    pub generation: AtomicU64,
}

/// Locks. A panic while the lock was held has been reported by its hook; what is guarded stays usable.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// What the tasks of a new node share.
    pub fn new(id: NodeId, hub: Arc<Hub>, engine: Arc<dyn Engine>, settings: NodeSettings) -> Self {
        let now = Instant::now();
        let bound = Bound::new(settings.max_queued_bytes, settings.max_queued_time);
        let bound = Arc::new(bound);
        Self {
            identity: Identity::new(id),
            names: ChannelNames::new(&settings.prefix),
            counters: Counters::default(),
            phase: watch::Sender::new(Phase::Connecting),
            loss: Mutex::default(),
            lost: Notify::new(),
            strain: Mutex::default(),
            subscriptions: Mutex::new(Subscriptions::new(settings.unsubscribe_delay)),
            rooms_changed: Notify::new(),
            rooms_settled: Notify::new(),
            attendance_changed: Notify::new(),
            outbox: Mutex::new(Outbox::new(Arc::clone(&bound))),
            controls: Mutex::new(Outbox::new(Arc::clone(&bound))),
            filled: Notify::new(),
            is_turn_due: AtomicBool::new(false),
            keeping: Keeping::new(Arc::clone(&bound)),
            bound,
            roster: Mutex::default(),
            awaited: Mutex::default(),
            seen: Mutex::default(),
            round_trips: Mutex::default(),
            own_beat: Mutex::new(now),
            board: Mutex::default(),
            questions: Mutex::default(),
            asked: Notify::new(),
            inquiries: Mutex::new(Inquiries::new(settings.max_queued_bytes)),
            inquired: Notify::new(),
            claims: Mutex::default(),
            claimed: Notify::new(),
            start: now,
            sequence: AtomicU32::new(0),
            generation: AtomicU64::new(0),
            hub,
            engine,
            settings,
        }
    }

    /// Which node this is.
    pub fn id(&self) -> NodeId {
        self.identity.id()
    }

    /// The origin of the next message of this node.
    pub fn next_origin(&self) -> Origin {
        Origin {
            node: self.id(),
            sequence: self.sequence.fetch_add(1, Relaxed),
        }
    }

    /// Tells the application.
    pub fn tell(&self, news: News) {
        if lock(&self.board).add(news) {
            self.hub.inbox.announce(|_| Record::new(Kind::Nodes, 0));
            self.hub.inbox.end_turn();
        }
    }

    /// Waits until the engine is connected and everything is subscribed. False when the node ends.
    pub async fn is_up(&self) -> bool {
        let mut phase = self.phase.subscribe();
        let reached = phase
            .wait_for(|phase| matches!(phase, Phase::Up(_) | Phase::Over))
            .await;
        reached.is_ok_and(|phase| *phase != Phase::Over)
    }

    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// A task has failed at what it will try again: the connection is made anew if it is lost, and the task pauses
    /// otherwise.
    pub async fn settle_down(&self, generation: u64, error: EngineError) {
        if let EngineError::Lost { .. } = error {
            self.lose(generation, error);
            // The task that connects changes the phase.
            tokio::task::yield_now().await;
        } else {
            if let EngineError::Unable(_) = error {
                self.strained(&error);
            }
            debug!("node {}: {error}", self.id());
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The engine is connected, and could not do something that is tried again.
    pub fn strained(&self, error: &EngineError) {
        let is_up = matches!(self.phase(), Phase::Up(_));
        if is_up && lock(&self.strain).failed(error, Instant::now()) {
            self.tell(News::Degraded(error.clone()));
        }
    }

    /// Tells the application when the engine does again all that it is asked.
    pub fn look_at_strain(&self) {
        if lock(&self.strain).is_over(Instant::now()) {
            self.tell(News::Restored);
        }
    }

    /// Whether the connection of a number is known to be of no use.
    pub fn is_lost(&self, generation: u64) -> bool {
        let loss = lock(&self.loss);
        loss.as_ref().is_some_and(|(of, _)| *of == generation)
    }

    /// The connection is of no use any more.
    pub fn lose(&self, generation: u64, error: EngineError) {
        if generation != self.generation.load(Relaxed) {
            return;
        }
        debug!("node {}: lost its engine: {error}", self.id());
        lock(&self.loss).get_or_insert((generation, error));
        self.lost.notify_one();
    }
}
