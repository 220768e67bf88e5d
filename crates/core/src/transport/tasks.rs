//! The tasks of the connections of an io thread. They are not tasks of its runtime, but run within the one future that a
//! thread drives the runtime for. So whoever drives it turn by turn knows whether a task is ready afterwards, which the
//! runtime does not tell. They are smaller, too: a task of the runtime takes 104 bytes more than its future, rounded up to
//! a multiple of 128.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures::task::{ArcWake, AtomicWaker, waker_ref};
use tokio::task::unconstrained;

/// Tasks that an io thread runs before the runtime looks at the sockets again: as many as of its own.
pub const TASKS_A_LOOK: usize = 61;

/// Tasks of one thread.
#[derive(Default)]
pub struct Tasks {
    /// Those that have become ready.
    ready: Mutex<Queue>,
    /// Those that have their turn. A lock of its own, which only the driving thread takes.
    running: Mutex<Queue>,
    /// Wakes the future of the driving thread.
    driver: AtomicWaker,
    /// Nobody runs tasks any more.
    is_over: AtomicBool,
}

type Queue = VecDeque<Arc<dyn Run>>;

/// A task of any type.
trait Run: Send + Sync {
    /// Polls it.
    fn run(self: Arc<Self>);
    /// Drops what it has.
    fn end(&self);
}

/// One task.
struct Spawned<F> {
    /// `None` when it has ended.
    future: Mutex<Option<F>>,
    is_ready: AtomicBool,
    tasks: Arc<Tasks>,
}

/// Locks, also after a panic of whoever had the lock.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panic has left is dropped by whoever caught it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<F: Future<Output = ()> + Unpin + Send + 'static> ArcWake for Spawned<F> {
    fn wake_by_ref(task: &Arc<Self>) {
        if !task.is_ready.swap(true, AcqRel) {
            let run: Arc<dyn Run> = Arc::<Self>::clone(task);
            task.tasks.push(run);
        }
    }
}

impl<F: Future<Output = ()> + Unpin + Send + 'static> Run for Spawned<F> {
    fn run(self: Arc<Self>) {
        // Not a plain store, which a wake on another thread might not see while this does not see what it is woken for.
        self.is_ready.swap(false, AcqRel);
        let waker = waker_ref(&self);
        let mut future = lock(&self.future);
        let Some(running) = &mut *future else { return };
        // The runtime's budget is one for all tasks of a poll. A task ends its turn itself.
        let poll = || pin!(unconstrained(running)).poll(&mut Context::from_waker(&waker));
        if let Ok(Poll::Pending) = catch_unwind(AssertUnwindSafe(poll)) {
            return;
        }
        drop(future);
        self.end();
    }

    fn end(&self) {
        let ended = lock(&self.future).take();
        // A panic, here and above, has been reported by its own hook. It ends this task only.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(ended)));
    }
}

impl Tasks {
    /// Runs `future` as a task. It has to end its turns itself, by waking itself when it has more to do.
    pub fn spawn(self: &Arc<Self>, future: impl Future<Output = ()> + Unpin + Send + 'static) {
        self.push(Arc::new(Spawned {
            future: Mutex::new(Some(future)),
            is_ready: AtomicBool::new(true),
            tasks: Arc::clone(self),
        }));
    }

    fn push(&self, task: Arc<dyn Run>) {
        if self.is_over.load(Acquire) {
            return;
        }
        let mut ready = lock(&self.ready);
        let was_empty = ready.is_empty();
        ready.push_back(task);
        drop(ready);
        if was_empty {
            self.wake_driver();
        }
    }

    /// Wakes the future that runs these tasks.
    pub fn wake_driver(&self) {
        self.driver.wake();
    }

    /// For that future: runs tasks that are ready, as long as `goes_on` returns true for the number of those that have run. Those
    /// that become ready meanwhile wait for the next call. Returns whether there were any.
    pub fn run_ready(&self, waker: &Waker, goes_on: impl Fn(usize) -> bool) -> bool {
        self.driver.register(waker);
        let mut running = lock(&self.running);
        if running.is_empty() {
            std::mem::swap(&mut *running, &mut *lock(&self.ready));
        }
        let mut count = 0;
        while goes_on(count)
            && let Some(task) = running.pop_front()
        {
            task.run();
            count += 1;
        }
        count > 0
    }

    /// How many tasks are ready.
    pub fn ready_count(&self) -> usize {
        lock(&self.running).len() + lock(&self.ready).len()
    }

    /// Ends the tasks that are ready, and does not wake anybody any more. To be called when the runtime has ended, which
    /// makes all ready that wait for it.
    pub fn end(&self) {
        self.is_over.store(true, Release);
        // It owns a part of the runtime.
        drop(self.driver.take());
        for queue in [&self.running, &self.ready] {
            let ended = std::mem::take(&mut *lock(queue));
            for task in &ended {
                task.end();
            }
        }
    }
}

/// Lets other tasks and other sockets go first. What the runtime has for that would be forgotten by a turn that ends before the
/// runtime looks at its sockets.
pub async fn yield_now() {
    let mut has_yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
impl Tasks {
    /// Runs tasks until `future` is ready.
    pub async fn run_beside<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        std::future::poll_fn(|context| {
            self.run_ready(context.waker(), |count| count < TASKS_A_LOOK);
            if self.ready_count() > 0 {
                context.waker().wake_by_ref();
            }
            future.as_mut().poll(context)
        })
        .await
    }
}

#[cfg(test)]
mod tests;
