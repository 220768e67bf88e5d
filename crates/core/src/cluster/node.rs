//! A node of a cluster: between the hub and the engine.
//!
//! The node has a thread of its own, with a task for each of its duties: to connect, to publish, to subscribe and to
//! send heartbeats. They share [`Shared`], and each waits for [`Phase::Up`] before it uses the engine. What the
//! engine receives is given to the hub by the thread that has received it.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use log::info;

use crate::boxed;
use crate::hub::{Counter, Hub, Reading};

use super::engine::{Engine, EngineError};
use super::keeping::{appending, following, serving};
use super::news::News;
use super::node_id::NodeId;
use super::roster::Peer;
use super::settings::NodeSettings;
use super::shared::{Phase, Shared, lock};
use super::{
    answering, asking, attendance, beating, claiming, connecting, publishing, subscribing,
};

/// What a node has counted, and how it stands.
#[derive(Debug, Clone)]
pub struct NodeReport {
    /// How it stands with the engine.
    pub phase: Phase,
    /// Nodes that are alive, with this one.
    pub nodes: usize,
    /// Rooms that are subscribed.
    pub rooms: usize,
    /// The median and the 99th percentile of the round trips of heartbeats, in microseconds.
    pub round_trip: [u64; 2],
    /// Bytes that wait for the engine.
    pub queued_bytes: usize,
    /// What the engine cannot do now, while it is connected.
    pub degraded: Option<EngineError>,
    /// Counters with their names.
    pub counters: Vec<(&'static str, u64)>,
}

/// A running node.
pub struct Node {
    pub(super) shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    runtime: tokio::runtime::Handle,
}

impl Node {
    /// Starts a node. From now on the hub's broadcasts are published, and other nodes' are delivered, once the engine
    /// can be reached.
    ///
    /// # Errors
    /// The system's, when there can be no thread.
    pub fn start(
        hub: Arc<Hub>,
        engine: Arc<dyn Engine>,
        settings: NodeSettings,
    ) -> io::Result<Self> {
        Self::start_as(NodeId::random(), hub, engine, settings)
    }

    /// Starts a node with an id, which tests give two of them.
    pub(super) fn start_as(
        id: NodeId,
        hub: Arc<Hub>,
        engine: Arc<dyn Engine>,
        settings: NodeSettings,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::new(id, hub, engine, settings));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let run = Arc::clone(&shared);
        let handle = runtime.handle().clone();
        let thread = std::thread::Builder::new()
            .name("line-socket-node".into())
            .spawn(move || boxed::block_on(&runtime, pin!(self::run(&run))))?;
        // Rooms that have members already are told, under the lock of the registry.
        shared.hub.connect_peers(Arc::clone(&shared) as _);
        info!("node {}: starts", shared.id());
        Ok(Self {
            shared,
            thread: Some(thread),
            runtime: handle,
        })
    }

    /// Which node this is. It changes when another process has the same id.
    pub fn id(&self) -> NodeId {
        self.shared.id()
    }

    /// How the node stands with the engine.
    pub fn phase(&self) -> Phase {
        self.shared.phase()
    }

    /// Takes what the application is to be told.
    pub fn take_news(&self) -> Vec<News> {
        lock(&self.shared.board).take()
    }

    /// What the node has counted, and how it stands now.
    pub fn report(&self) -> NodeReport {
        let shared = &self.shared;
        let (p50, p99) = lock(&shared.round_trips).percentiles();
        NodeReport {
            phase: self.phase(),
            nodes: lock(&shared.roster).iter().len() + 1,
            rooms: lock(&shared.subscriptions).len(),
            round_trip: [p50, p99],
            queued_bytes: shared.bound.bytes(),
            degraded: lock(&shared.strain).error().cloned(),
            counters: counters_of(shared),
        }
    }

    /// The other nodes that are alive.
    pub fn peers(&self) -> Vec<Peer> {
        lock(&self.shared.roster).iter().cloned().collect()
    }

    /// Has [`News::Subscribed`] told when a room is subscribed. False when it is, or when there is nothing to wait
    /// for: nobody is in the room, or the engine is not reachable.
    pub fn wait_for_subscription(&self, room: &str, key: u32) -> bool {
        let is_possible = !matches!(self.phase(), Phase::Down | Phase::Over);
        is_possible
            && !self.shared.settings.all_rooms
            && lock(&self.shared.subscriptions).wait_for(room, key)
    }

    /// Reads kept messages of a room as [`Hub::read_history`] does. [`News::Read`] tells under `key` when
    /// [`Node::take_reading`] has them.
    pub fn read_history(&self, room: &str, since: Option<&str>, limit: usize, key: u32) {
        let read = Arc::clone(&self.shared).read_history(
            room.into(),
            since.map(str::to_owned),
            limit,
            key,
        );
        boxed::spawn_on(&self.runtime, read);
    }

    /// Takes what was read.
    pub fn take_reading(&self, key: u32) -> Option<Result<Reading, EngineError>> {
        self.shared.take_reading(key)
    }

    /// Begins to end the node: it says goodbye to the others and disconnects. Takes two seconds at most.
    pub fn stop(&self) {
        self.shared.hub.disconnect_peers();
        self.shared.phase.send_replace(Phase::Over);
        // The tasks that publish may wait for messages.
        self.shared.filled.notify_one();
        self.shared.keeping.filled.notify_one();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            // A panic has been reported by its hook.
            let _ = thread.join();
        }
    }
}

/// What the node has counted, and what the hub has of clients that come back.
fn counters_of(shared: &Shared) -> Vec<(&'static str, u64)> {
    let mut counters = shared.counters.all();
    for (name, count) in &mut counters {
        let counter = match *name {
            "recoveries_ring" => Counter::RecoveriesRing,
            "recoveries_failed" => Counter::RecoveriesFailed,
            "replayed" => Counter::Replayed,
            _ => continue,
        };
        *count += shared.hub.stats.get(counter);
    }
    counters
}

/// What the thread does.
async fn run(shared: &Arc<Shared>) {
    let flushes = Arc::clone(&shared.hub);
    // It ends with the runtime: until then messages come.
    boxed::spawn(async move { flushes.run_flushes_of_node().await });
    let tasks = [
        boxed::spawn(connecting::run(Arc::clone(shared))),
        boxed::spawn(subscribing::run(Arc::clone(shared))),
        boxed::spawn(beating::run(Arc::clone(shared))),
        boxed::spawn(attendance::run(Arc::clone(shared))),
        boxed::spawn(asking::run(Arc::clone(shared))),
        boxed::spawn(answering::run(Arc::clone(shared))),
        boxed::spawn(following::run(Arc::clone(shared))),
        boxed::spawn(claiming::run(Arc::clone(shared))),
    ];
    let publishing = boxed::spawn(publishing::run(Arc::clone(shared)));
    let appending = boxed::spawn(appending::run(Arc::clone(shared)));
    let aborts = [publishing.abort_handle(), appending.abort_handle()];
    let mut phase = shared.phase.subscribe();
    // The sender is in `shared`.
    let _ = phase.wait_for(|phase| *phase == Phase::Over).await;
    for task in tasks {
        task.abort();
    }
    let goodbye = async {
        let _ = publishing.await;
        let _ = appending.await;
        beating::say_goodbye(shared).await;
        claiming::release_all(shared).await;
        let _ = shared.engine.disconnect().await;
    };
    let _ = tokio::time::timeout(GOODBYE, goodbye).await;
    for abort in aborts {
        abort.abort();
    }
    // The tasks end, and put back what they were publishing, before the next line runs.
    tokio::task::yield_now().await;
    publishing::give_up(shared);
    shared.give_up_questions();
    appending::give_up(shared);
    serving::give_up(shared);
    shared.tell(News::Stopped);
    info!("node {}: has ended", shared.id());
}

/// Longest time for saying goodbye.
const GOODBYE: Duration = Duration::from_secs(2);
