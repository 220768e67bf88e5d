//! Counts how often tasks are woken while somebody drives a runtime turn by turn. tokio does not tell whether its last
//! look at the sockets has made tasks ready. Nothing would run them before the next event.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

thread_local! {
    /// Set where tasks are polled that count.
    static COUNTING: RefCell<Option<Arc<Wakes>>> = const { RefCell::new(None) };
}

/// Wakes of the tasks of one runtime.
#[derive(Default)]
pub(super) struct Wakes {
    all: AtomicU64,
    marked: AtomicU64,
}

/// Wakes a task, and counts it.
struct Counted {
    task: Waker,
    wakes: Arc<Wakes>,
}

impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wakes.all.fetch_add(1, SeqCst);
        self.task.wake_by_ref();
    }
}

/// Has this thread count until it is dropped.
pub(super) struct Count;

impl Drop for Count {
    fn drop(&mut self) {
        COUNTING.set(None);
    }
}

impl Wakes {
    /// Tasks that this thread polls count from now on.
    pub(super) fn count(self: &Arc<Self>) -> Count {
        COUNTING.set(Some(Arc::clone(self)));
        Count
    }

    /// Marks what has been counted.
    pub(super) fn mark(&self) {
        self.marked.store(self.all.load(SeqCst), SeqCst);
    }

    /// Whether a task was woken after the mark.
    pub(super) fn since_mark(&self) -> bool {
        self.all.load(SeqCst) != self.marked.load(SeqCst)
    }
}

/// Polls a task, which counts how often it is woken where this thread counts.
#[inline]
pub fn counting<R>(
    context: &mut Context<'_>,
    poll: impl FnOnce(&mut Context<'_>) -> Poll<R>,
) -> Poll<R> {
    let task = context.waker();
    let counted = COUNTING.with_borrow(|counting| {
        let wakes = Arc::clone(counting.as_ref()?);
        let task = task.clone();
        Some(Waker::from(Arc::new(Counted { task, wakes })))
    });
    // The code of `poll` is there once.
    poll(&mut Context::from_waker(counted.as_ref().unwrap_or(task)))
}
