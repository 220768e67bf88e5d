//! Accepts connections from a listener, and streams that are handed over; distributes them over the io threads, and
//! starts their opening handshakes.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, select};
use log::{debug, warn};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use crate::hub::{Kind, Record, Remote};

use super::handover::Handover;
use super::listener::Listener;
use super::opening;
use super::openings::Openings;
use super::shared::Shared;
use super::stream::Stream;
use super::tasks::Tasks;

/// How long accepting rests after a failure such as running out of descriptors (EMFILE), which
/// trying again at once would only repeat.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// Failures that follow one another within this time are reported once. Connections that are accepted between them do
/// not count: a full server accepts one for each that leaves, and fails again with the next that waits.
const FAILURES_APART: Duration = Duration::from_secs(1);

/// What the acceptor has to handle next.
enum AcceptorEvent {
    /// A stream whose request has been read already.
    HandedOver(Handover),
    /// A connection, or a failure to accept one.
    Accepted(io::Result<(Stream, Remote)>),
}

/// A row of failures to accept.
#[derive(Default)]
struct Failures {
    last: Option<Instant>,
    is_reported: bool,
}

impl Failures {
    /// Notes a failure. Returns whether it is reported: once in a row, when a connection has to wait because of it.
    fn is_to_report(&mut self, now: Instant, is_awaited: bool) -> bool {
        let before = self.last.replace(now);
        if before.is_none_or(|before| now - before >= FAILURES_APART) {
            self.is_reported = false;
        }
        let is_first = is_awaited && !self.is_reported;
        self.is_reported |= is_awaited;
        is_first
    }
}

/// The accepting side of an io thread.
pub struct Acceptor {
    shared: Arc<Shared>,
    listener: Option<Listener>,
    handovers: UnboundedReceiver<Handover>,
    /// The tasks of the accepting thread.
    here: Arc<Tasks>,
    /// Opening handshakes under way. A connection is registered by the task that opened it, so no connection is
    /// registered once these tasks have ended.
    openings: Openings,
}

impl Acceptor {
    /// An acceptor on the current runtime. `here`: the tasks of its thread.
    pub fn new(
        shared: &Arc<Shared>,
        listener: Option<Listener>,
        handovers: UnboundedReceiver<Handover>,
        here: &Arc<Tasks>,
    ) -> Self {
        Self {
            shared: Arc::clone(shared),
            listener,
            handovers,
            here: Arc::clone(here),
            openings: Openings::default(),
        }
    }

    /// Closes the listener and the connections that are still opening, and waits until all of those have ended.
    /// A task that is running on another thread ends only when it next waits for something, and may register its
    /// connection until then. So the registered connections must be ended after this.
    pub async fn close(self) {
        let Self {
            listener,
            handovers,
            openings,
            ..
        } = self;
        drop((listener, handovers));
        openings.shutdown().await;
    }

    /// Accepts for ever. `workers`: the tasks of further threads.
    pub async fn run(&mut self, workers: &[Arc<Tasks>]) {
        let here = Arc::clone(&self.here);
        let mut turns = std::iter::once(&here).chain(workers).cycle();
        let mut resting_until = None;
        let mut failures = Failures::default();
        loop {
            match self.next(resting_until).await {
                AcceptorEvent::HandedOver(handover) => {
                    let Remote { transport, .. } = handover.remote;
                    debug!("{}: handed over, {}", handover.remote, transport.name());
                    self.open_handed_over(handover, turns.next().unwrap_or(&here));
                }
                AcceptorEvent::Accepted(Ok((stream, remote))) => {
                    debug!("{remote}: accepted");
                    resting_until = None;
                    self.open(stream, remote, turns.next().unwrap_or(&here));
                }
                AcceptorEvent::Accepted(Err(error)) => {
                    let now = Instant::now();
                    let is_awaited = self.listener.as_ref().is_some_and(Listener::is_awaited);
                    if failures.is_to_report(now, is_awaited) {
                        warn!("accepting fails, and is tried every {ACCEPT_REST:?}: {error}");
                        self.report(&error);
                    }
                    resting_until = Some(now + ACCEPT_REST);
                }
            }
        }
    }

    /// Waits for the next thing to do.
    async fn next(&mut self, resting_until: Option<Instant>) -> AcceptorEvent {
        let Self {
            listener,
            handovers,
            ..
        } = self;
        let handed_over = pin!(async {
            match handovers.recv().await {
                Some(handover) => handover,
                None => std::future::pending().await,
            }
        });
        let accepted = pin!(async {
            if let Some(end) = resting_until {
                tokio::time::sleep_until(end).await;
            }
            match listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        });
        match select(handed_over, accepted).await {
            Either::Left((handover, _)) => AcceptorEvent::HandedOver(handover),
            Either::Right((accepted, _)) => AcceptorEvent::Accepted(accepted),
        }
    }

    /// Begins an opening handshake on the thread that the connection is to live on.
    fn open(&self, stream: Stream, remote: Remote, thread: &Arc<Tasks>) {
        let shared = Arc::clone(&self.shared);
        if Arc::ptr_eq(thread, &self.here) {
            let here = move || opening::open(shared, stream, remote);
            self.openings.spawn_on(here, thread);
            return;
        }
        // A stream that cannot be moved is closed: its peer sees a reset.
        let Ok(stream) = stream.detach() else { return };
        let moved =
            move || async move { opening::open(shared, stream.attach().ok()?, remote).await };
        self.openings.spawn_on(moved, thread);
    }

    /// The same for a stream whose request has been read.
    fn open_handed_over(&self, handover: Handover, thread: &Arc<Tasks>) {
        let shared = Arc::clone(&self.shared);
        let begin = move || async move { opening::open_handed_over(&shared, handover).await };
        self.openings.spawn_on(begin, thread);
    }

    fn report(&self, error: &io::Error) {
        let number = error.raw_os_error().unwrap_or_default().unsigned_abs();
        self.shared.hub.inbox.announce(|_| Record {
            number: u64::from(number),
            ..Record::new(Kind::AcceptFailed, 0)
        });
    }
}

#[cfg(test)]
mod tests {
    use std::future::Ready;
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
    use std::sync::mpsc::channel;

    use tokio::runtime::Builder;
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::hub::Hub;
    use crate::hub::testing::CountingWake;
    use crate::transport::worker::Worker;

    #[test]
    fn close_waits_for_an_opening_that_runs_on_another_thread() {
        let hub = Arc::new(Hub::new(Box::new(CountingWake::default())));
        let worker = Worker::start(&hub).unwrap();
        let shared = Arc::new(Shared::new(Arc::clone(&hub), Arc::default(), None, 1));
        let runtime = Builder::new_current_thread().build().unwrap();
        let (running, is_running) = channel();
        let (finish, finished) = channel();
        let registered = Arc::new(AtomicBool::new(false));
        let here = Arc::default();
        runtime.block_on(async {
            let acceptor = Acceptor::new(&shared, None, unbounded_channel().1, &here);
            let registers = Arc::clone(&registered);
            let opening = async move {
                running.send(()).unwrap();
                // An opening does the same between its last wait and the registration of its connection.
                finished.recv().unwrap();
                registers.store(true, SeqCst);
                None::<Ready<()>>
            };
            acceptor.openings.spawn_on(|| opening, worker.tasks());
            is_running.recv().unwrap();
            let mut closing = pin!(acceptor.close());
            assert!(futures::poll!(closing.as_mut()).is_pending());
            assert!(!registered.load(SeqCst));
            finish.send(()).unwrap();
            closing.await;
            assert!(registered.load(SeqCst));
        });
        worker.end();
    }

    #[test]
    fn a_row_of_failures_is_reported_once_when_a_connection_waits() {
        let mut failures = Failures::default();
        let mut now = Instant::now();
        assert!(!failures.is_to_report(now, false));
        now += ACCEPT_REST;
        assert!(failures.is_to_report(now, true));
        for _ in 0..100 {
            now += FAILURES_APART.saturating_sub(ACCEPT_REST);
            assert!(!failures.is_to_report(now, true));
        }
        now += FAILURES_APART;
        assert!(failures.is_to_report(now, true));
    }

    #[test]
    fn close_ends_openings_that_wait() {
        let hub = Arc::new(Hub::new(Box::new(CountingWake::default())));
        let worker = Worker::start(&hub).unwrap();
        let shared = Arc::new(Shared::new(Arc::clone(&hub), Arc::default(), None, 1));
        let here = Arc::<Tasks>::default();
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(here.run_beside(async {
            let acceptor = Acceptor::new(&shared, None, unbounded_channel().1, &here);
            let alive = Arc::new(());
            for tasks in [worker.tasks(), &here] {
                let held = Arc::clone(&alive);
                let opening = async move {
                    std::future::pending::<()>().await;
                    drop(held);
                    None::<Ready<()>>
                };
                acceptor.openings.spawn_on(|| opening, tasks);
            }
            acceptor.close().await;
            assert_eq!(Arc::strong_count(&alive), 1);
        }));
        worker.end();
    }
}
