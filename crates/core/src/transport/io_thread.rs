//! The thread that waits on sockets: one current-thread runtime with the listener, if there is one,
//! a task for each connection, the hub's deadlines and its flushes. Further threads can take some of
//! the connections. Streams that others have accepted can be handed to it.

use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::JoinHandle;

use futures::future::select;
use log::{debug, info};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::hub::{Hub, Kind, Record};

use super::acceptor::Acceptor;
use super::gate::Gate;
use super::handover::Handover;
use super::listener::{Address, Binding, Bound, Listener};
use super::runtime::runtime;
use super::tls::LiveContext;
use super::worker::Worker;

/// What an io thread is made from.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; `None` to serve only what is handed over.
    pub address: Option<Address>,
    /// Connections the system may hold that are not accepted yet.
    pub backlog: i32,
    /// How to listen.
    pub binding: Binding,
    /// Number given back in [`Kind::Stopped`].
    pub number: u32,
    /// Io threads in all: connections are dealt out to them in turn.
    pub threads: usize,
    /// Encrypts connections.
    pub tls: Option<Arc<LiveContext>>,
}

/// What the tasks of one io thread share.
pub struct Shared {
    /// The server's state.
    pub hub: Arc<Hub>,
    /// Who may come in.
    pub gate: Arc<Gate>,
    /// See [`Options::tls`].
    pub tls: Option<Arc<LiveContext>>,
    /// See [`Options::number`].
    pub number: u32,
    stopping: Notify,
    cut: AtomicBool,
    alive: AtomicUsize,
    last_gone: Notify,
}

/// Held by each task of a connection: the thread ends when none is left.
pub struct Alive(Arc<Shared>);

impl Alive {
    /// Counts one more.
    pub fn new(shared: &Arc<Shared>) -> Self {
        shared.alive.fetch_add(1, SeqCst);
        Self(Arc::clone(shared))
    }
}

impl Deref for Alive {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        if self.0.alive.fetch_sub(1, SeqCst) == 1 {
            self.0.last_gone.notify_one();
        }
    }
}

/// A running io thread.
pub struct IoThread {
    shared: Arc<Shared>,
    handle: JoinHandle<()>,
    address: Option<SocketAddr>,
    handovers: UnboundedSender<Handover>,
}

impl IoThread {
    /// Listens, if there is an address, and starts the thread.
    ///
    /// # Errors
    /// The system's: the address is taken or not available, or no thread could be made.
    pub fn start(hub: Arc<Hub>, gate: Arc<Gate>, options: Options) -> io::Result<Self> {
        let bound = match options.address {
            Some(address) => Some(Bound::new(&address, options.backlog, &options.binding)?),
            None => None,
        };
        let address = bound.as_ref().and_then(Bound::local_address);
        let runtime = runtime(&hub)?;
        let workers = (1..options.threads)
            .map(|_| Worker::start(&hub))
            .collect::<io::Result<Vec<_>>>()?;
        let listener = {
            let _runtime = runtime.enter();
            bound.map(Listener::register).transpose()?
        };
        match (&listener, address) {
            (None, _) => info!("#{}: serves what is handed over", options.number),
            (Some(_), Some(address)) => info!("#{}: listens on {address}", options.number),
            (Some(_), None) => info!("#{}: listens on a Unix domain socket", options.number),
        }
        let (handovers, handed_over) = unbounded_channel();
        let shared = Arc::new(Shared::new(hub, gate, options.tls, options.number));
        let run = Arc::clone(&shared);
        let handle = std::thread::Builder::new()
            .name("line-socket-io".into())
            .spawn(move || {
                runtime.block_on(run.run(listener, handed_over, &workers));
                workers.into_iter().for_each(Worker::end);
                // Tasks that are still there, such as the hub's own, end with the runtime.
                drop(runtime);
                info!("#{}: stopped", options.number);
                run.hub
                    .inbox
                    .announce(|_| Record::new(Kind::Stopped, options.number));
                run.hub.inbox.end_turn();
            })?;
        Ok(Self {
            shared,
            handle,
            address,
            handovers,
        })
    }

    /// Hands over a stream: what its request asks for is checked and answered as on a port of our
    /// own. After a stop the stream is closed. What waits in the channel is bounded by the caller,
    /// who has accepted the streams.
    pub fn hand_over(&self, handover: Handover) {
        // One that the thread does not take any more is dropped, which closes it.
        let _ = self.handovers.send(handover);
    }

    /// The address listened on; `None` for a Unix domain socket, and without a listener.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Closes the listener and, if `cut`, every connection of it. [`Kind::Stopped`] says when the thread
    /// is done. Without a cut that is when its last connection has ended; a later call may cut
    /// them, and none takes that back.
    pub fn stop(&self, cut: bool) {
        self.shared.cut.fetch_or(cut, SeqCst);
        self.shared.stopping.notify_one();
    }

    /// Waits for the thread to end, which it does after [`IoThread::stop`].
    pub fn join(self) {
        // A panic of the thread has been reported by its own hook; there is nothing to add.
        let _ = self.handle.join();
    }
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
            alive: AtomicUsize::new(0),
            last_gone: Notify::new(),
        }
    }

    async fn run(
        self: &Arc<Self>,
        listener: Option<Listener>,
        handovers: UnboundedReceiver<Handover>,
        workers: &[Worker],
    ) {
        let timers = Arc::clone(&self.hub);
        tokio::spawn(async move { timers.run_timers().await });
        let flushes = Arc::clone(&self.hub);
        tokio::spawn(async move { flushes.run_flushes().await });

        let mut acceptor = Acceptor::new(self, listener, handovers);
        select(pin!(acceptor.run(workers)), pin!(self.stopping.notified())).await;
        // Every connection there will be is registered after this: none is missed below.
        acceptor.close().await;
        let alive = self.alive.load(SeqCst);
        info!("#{}: accepts no more, {alive} connections", self.number);
        if !self.is_cut() {
            self.hub
                .inbox
                .announce(|_| Record::new(Kind::Detached, self.number));
        }
        while self.alive.load(SeqCst) > 0 {
            // Whoever stopped without a cut may still ask for one.
            if self.is_cut() {
                self.cut_all();
            }
            select(
                pin!(self.last_gone.notified()),
                pin!(self.stopping.notified()),
            )
            .await;
        }
    }

    /// Whether every connection is to be cut.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.load(SeqCst)
    }

    fn cut_all(&self) {
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
