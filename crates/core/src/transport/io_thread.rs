//! The thread that waits on sockets. It has a current-thread runtime with the listener, if there is one, a task
//! for each connection (`tasks.rs`), and the tasks for the hub's deadlines and flushes. Some of the connections can run on
//! further threads. Streams that another server has accepted can be handed to it.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::thread::JoinHandle;

use futures::future::select;
use log::info;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::boxed;
use crate::hub::{Hub, Kind, Record};

use super::acceptor::Acceptor;
use super::driver::Driver;
use super::gate::Gate;
use super::handover::Handover;
use super::listener::{Address, Binding, Bound, Listener};
use super::shared::Shared;
use super::tasks::Tasks;
use super::tls::LiveContext;
use super::worker::Worker;

/// What an io thread needs to start.
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
    /// Io threads in all. Connections are distributed over them in turn.
    pub threads: usize,
    /// Encrypts connections.
    pub tls: Option<Arc<LiveContext>>,
}

/// A running io thread.
pub struct IoThread {
    shared: Arc<Shared>,
    driver: Arc<Driver>,
    is_alone: bool,
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
        let driver = Arc::new(Driver::new(&hub)?);
        let workers = (1..options.threads)
            .map(|_| Worker::start(&hub))
            .collect::<io::Result<Vec<_>>>()?;
        let listener = {
            let _runtime = driver.enter();
            bound.map(Listener::register).transpose()?
        };
        match (&listener, address) {
            (None, _) => info!("#{}: serves streams that are handed over", options.number),
            (Some(_), Some(address)) => info!("#{}: listens on {address}", options.number),
            (Some(_), None) => info!("#{}: listens on a Unix domain socket", options.number),
        }
        let (handovers, handed_over) = unbounded_channel();
        let shared = Arc::new(Shared::new(hub, gate, options.tls, options.number));
        let (run, theirs) = (Arc::clone(&shared), Arc::clone(&driver));
        let handle = std::thread::Builder::new()
            .name("line-socket-io".into())
            .spawn(move || {
                let shared = Arc::clone(&run);
                let here = Arc::clone(theirs.tasks());
                let others: Vec<_> = workers.iter().map(Worker::tasks).cloned().collect();
                theirs.run(async move {
                    self::run(&shared, listener, handed_over, &here, &others).await;
                });
                workers.into_iter().for_each(Worker::end);
                // Tasks that are still there, such as the hub's own, end with the runtime.
                theirs.end();
                info!("#{}: stopped", options.number);
                run.hub
                    .inbox
                    .announce(|_| Record::new(Kind::Stopped, options.number));
                run.hub.inbox.end_turn();
            })?;
        Ok(Self {
            shared,
            driver,
            is_alone: options.threads <= 1,
            handle,
            address,
            handovers,
        })
    }

    /// Hands over a stream. Its request is checked and answered as on a port of this server. After a stop the
    /// stream is closed. The caller, which has accepted the streams, bounds how many wait in the channel.
    pub fn hand_over(&self, handover: Handover) {
        // A stream that the thread does not accept any more is dropped, which closes it.
        let _ = self.handovers.send(handover);
    }

    /// Has the thread lend its runtime to the thread of the application where that is cheaper. With further threads it
    /// does not.
    pub fn lend(&self) -> Option<Arc<Driver>> {
        self.is_alone.then(|| {
            self.driver.allow();
            Arc::clone(&self.driver)
        })
    }

    /// The address listened on; `None` for a Unix domain socket, and without a listener.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Closes the listener and, if `cut`, every connection of it. [`Kind::Stopped`] reports that the thread has
    /// ended. Without `cut` it ends when its last connection has ended. A later call may cut the connections;
    /// that cannot be undone.
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

/// What the thread does, with the tasks of its connections and those of further threads.
async fn run(
    shared: &Arc<Shared>,
    listener: Option<Listener>,
    handovers: UnboundedReceiver<Handover>,
    here: &Arc<Tasks>,
    others: &[Arc<Tasks>],
) {
    let timers = Arc::clone(&shared.hub);
    boxed::spawn(async move { timers.run_timers().await });
    let flushes = Arc::clone(&shared.hub);
    boxed::spawn(async move { flushes.run_flushes().await });

    let mut acceptor = Acceptor::new(shared, listener, handovers, here);
    select(pin!(acceptor.run(others)), pin!(shared.stopping.notified())).await;
    // After this no connection is registered any more, so that none is missed below.
    acceptor.close().await;
    let tasks = shared.tasks.load(SeqCst);
    info!(
        "#{}: has stopped accepting, {tasks} connections are open",
        shared.number
    );
    if !shared.is_cut() {
        shared
            .hub
            .inbox
            .announce(|_| Record::new(Kind::Detached, shared.number));
    }
    while shared.tasks.load(SeqCst) > 0 {
        // A stop without a cut may be followed by one with a cut.
        if shared.is_cut() {
            shared.cut_all();
        }
        select(
            pin!(shared.last_task_ended.notified()),
            pin!(shared.stopping.notified()),
        )
        .await;
    }
}
