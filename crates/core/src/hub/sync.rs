//! The locks and threads of the standard library that the inbox and the order locks use. They are imported in one
//! place, so that `crates/models` can replace them by those of loom, which tries every order of threads.

pub use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
pub use std::sync::{Mutex, MutexGuard, PoisonError};
pub use std::thread::{Thread, available_parallelism, current, park_timeout};
