//! Accepts connections, deals them out to the io threads, and starts their opening handshakes.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, select};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::hub::{Kind, Record};

use super::io_thread::Shared;
use super::listener::Listener;
use super::opening;
use super::stream::Stream;
use super::worker::Worker;

/// How long accepting rests after a failure such as running out of descriptors (EMFILE), which
/// trying again at once would only repeat.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// The accepting side of a listener.
pub struct Acceptor {
    shared: Arc<Shared>,
    /// The accepting thread.
    here: Handle,
    /// Opening handshakes under way: they end with the acceptor.
    openings: JoinSet<()>,
}

impl Acceptor {
    /// An acceptor on the current runtime.
    pub fn new(shared: &Arc<Shared>) -> Self {
        Self {
            shared: Arc::clone(shared),
            here: Handle::current(),
            openings: JoinSet::new(),
        }
    }

    /// Accepts for ever. Dropping this future closes the listener and the connections that are
    /// still opening.
    pub async fn run(mut self, listener: Listener, workers: &[Worker]) {
        let here = self.here.clone();
        let mut turns = std::iter::once(&here)
            .chain(workers.iter().map(Worker::handle))
            .cycle();
        let mut resting_until = None;
        loop {
            match self.next(&listener, resting_until).await {
                None => {}
                Some(Ok((stream, peer))) => {
                    resting_until = None;
                    self.open(stream, peer, turns.next().unwrap_or(&here));
                }
                Some(Err(error)) => {
                    // One report for a row of failures.
                    if resting_until.is_none() {
                        self.report(&error);
                    }
                    resting_until = Some(Instant::now() + ACCEPT_REST);
                }
            }
        }
    }

    /// Waits for a connection, or a failure to accept one; `None` when an opening has finished. That
    /// is looked for first: the memory of finished ones must not wait for the next connection.
    async fn next(
        &mut self,
        listener: &Listener,
        resting_until: Option<Instant>,
    ) -> Option<io::Result<(Stream, Option<SocketAddr>)>> {
        let accepted = async {
            if let Some(end) = resting_until {
                tokio::time::sleep_until(end).await;
            }
            listener.accept().await
        };
        let finished = async {
            if self.openings.join_next().await.is_none() {
                std::future::pending::<()>().await;
            }
        };
        match select(pin!(finished), pin!(accepted)).await {
            Either::Left(((), _)) => None,
            Either::Right((accepted, _)) => Some(accepted),
        }
    }

    /// Begins an opening handshake on the thread that the connection is to live on.
    fn open(&mut self, stream: Stream, peer: Option<SocketAddr>, thread: &Handle) {
        let shared = Arc::clone(&self.shared);
        if thread.id() == self.here.id() {
            self.openings.spawn(open(shared, stream, peer));
            return;
        }
        // One that cannot be moved is closed: its peer sees a reset, and nobody else anything.
        let Ok(stream) = stream.detach() else { return };
        let moved = async move {
            if let Ok(stream) = stream.attach() {
                open(shared, stream, peer).await;
            }
        };
        self.openings.spawn_on(moved, thread);
    }

    fn report(&self, error: &io::Error) {
        let number = error.raw_os_error().unwrap_or_default().unsigned_abs();
        self.shared.hub.inbox.announce(|_| Record {
            number: u64::from(number),
            ..Record::new(Kind::AcceptFailed, 0)
        });
    }
}

/// Sees a stream through its opening handshake; what comes of it is a task of its own.
async fn open(shared: Arc<Shared>, stream: Stream, peer: Option<SocketAddr>) {
    if let Some(session) = opening::open(&shared, stream, peer).await {
        tokio::spawn(session);
    }
}
