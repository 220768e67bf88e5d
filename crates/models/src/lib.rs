//! The core's inbox and the order locks of its rooms, compiled with the locks and threads of loom in place of
//! the standard library's, so that `tests` can run them in every order in which threads may run.

#[path = "../../core/src/hub/batch.rs"]
pub mod batch;
#[path = "../../core/src/hub/flow.rs"]
pub mod flow;
#[path = "../../core/src/hub/inbox.rs"]
pub mod inbox;
#[path = "../../core/src/hub/lane.rs"]
pub mod lane;
#[path = "../../core/src/hub/order.rs"]
pub mod order;
#[path = "../../core/src/hub/record.rs"]
pub mod record;

/// In place of the core's `hub::sync`.
mod sync {
    use std::time::Duration;

    pub use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
    pub use loom::sync::{Mutex, MutexGuard};
    pub use loom::thread::{Thread, current};
    pub use std::sync::PoisonError;
    pub use std::thread::available_parallelism;

    /// Parks without a timeout, so that the models show whether a rest is always ended by another thread.
    pub fn park_timeout(_: Duration) {
        loom::thread::park();
    }
}
