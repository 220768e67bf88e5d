//! What the inbox and the order locks take of the standard library to be used by several threads: in one place, so that
//! `models` can put the same of loom there, which tries every order in which threads may run.

pub use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
pub use std::sync::{Mutex, MutexGuard, PoisonError};
pub use std::thread::{Thread, available_parallelism, current, park_timeout};
