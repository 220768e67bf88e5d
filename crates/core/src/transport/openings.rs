//! The opening handshakes under way. They are counted, and told to end together: a set of tasks would wake the acceptor for
//! each that has finished, and would keep an entry for each.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, ready};

use futures::future::{Either, select};
use tokio::sync::Notify;

use super::tasks::Tasks;

/// The opening handshakes of one acceptor, on any threads.
#[derive(Default)]
pub struct Openings(Arc<State>);

#[derive(Default)]
struct State {
    running: AtomicUsize,
    is_closed: AtomicBool,
    closing: Notify,
    /// The last has ended.
    ended: Notify,
}

/// Counts an opening handshake until all it had is dropped.
struct Guard(Arc<State>);

impl Guard {
    fn new(state: &Arc<State>) -> Self {
        state.running.fetch_add(1, SeqCst);
        Self(Arc::clone(state))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.0.running.fetch_sub(1, SeqCst) == 1 {
            self.0.ended.notify_one();
        }
    }
}

/// The task of a connection: its opening handshake, and what that has opened. The handshake is allocated separately, because
/// it takes more memory than what follows it.
pub(super) enum Task<S> {
    Opening(Pin<Box<dyn Future<Output = Option<S>> + Send>>),
    Open(S),
}

impl<S: Future<Output = ()> + Unpin> Future for Task<S> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Self::Opening(opening) = &mut *self {
            let Some(opened) = ready!(opening.as_mut().poll(context)) else {
                return Poll::Ready(());
            };
            *self = Self::Open(opened);
        }
        match &mut *self {
            Self::Opening(_) => Poll::Pending,
            Self::Open(opened) => Pin::new(opened).poll(context),
        }
    }
}

impl Openings {
    /// Runs an opening handshake on a thread, until it has finished or [`Openings::shutdown`] is called, and then what it has
    /// opened. `begin` makes the handshake, so that its memory is not needed twice.
    pub fn spawn_on<F, S>(&self, begin: impl FnOnce() -> F + Send + 'static, thread: &Arc<Tasks>)
    where
        F: Future<Output = Option<S>> + Send,
        S: Future<Output = ()> + Unpin + Send + 'static,
    {
        let guard = Guard::new(&self.0);
        thread.spawn(Task::Opening(Box::pin(async move {
            // Dropped last: what is dropped first is what the handshake has.
            let guard = guard;
            let closing = guard.0.closing.notified();
            // A shutdown before this task waits is seen here, and one after that is notified.
            if guard.0.is_closed.load(SeqCst) {
                // What the task has captured would be dropped after the guard.
                drop(begin);
                return None;
            }
            match select(pin!(closing), pin!(begin())).await {
                Either::Left(_) => None,
                Either::Right((opened, _)) => opened,
            }
        })));
    }

    /// Ends all opening handshakes that wait for something, and waits until all have ended.
    pub async fn shutdown(&self) {
        self.0.is_closed.store(true, SeqCst);
        self.0.closing.notify_waiters();
        while self.0.running.load(SeqCst) > 0 {
            self.0.ended.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Ready;

    use tokio::runtime::Builder;

    use super::*;

    /// Notes, when it is dropped, how many handshakes are counted.
    struct Held {
        state: Arc<State>,
        counted: Arc<AtomicUsize>,
    }

    impl Drop for Held {
        fn drop(&mut self) {
            let running = self.state.running.load(SeqCst);
            self.counted.store(running, SeqCst);
        }
    }

    #[test]
    fn a_handshake_that_has_not_begun_is_counted_until_all_it_had_is_dropped() {
        let counted = Arc::new(AtomicUsize::new(usize::MAX));
        let runtime = Builder::new_current_thread().build().unwrap();
        let tasks = Arc::<Tasks>::default();
        runtime.block_on(tasks.run_beside(async {
            let openings = Openings::default();
            let held = Held {
                state: Arc::clone(&openings.0),
                counted: Arc::clone(&counted),
            };
            let begin = move || async move {
                std::future::pending::<()>().await;
                drop(held);
                None::<Ready<()>>
            };
            openings.spawn_on(begin, &tasks);
            openings.shutdown().await;
        }));
        assert_eq!(counted.load(SeqCst), 1);
    }
}
