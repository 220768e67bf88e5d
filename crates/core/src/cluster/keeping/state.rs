//! What the tasks share that keep and follow histories.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use crate::cluster::engine::{Append, EngineError};
use crate::cluster::outbox::{Bound, Outbox, Weigh};
use crate::cluster::wire::Origin;
use crate::hub::Reading;

/// A message that waits to be kept.
#[derive(Debug, Clone)]
pub struct ToKeep {
    pub entry: Append,
    pub origin: Origin,
    /// It was given to the engine with its id, and whether the engine has kept it is not known.
    pub is_doubtful: bool,
    /// It is for this room alone, so its position is of use to the sender.
    pub is_single: bool,
}

impl Weigh for ToKeep {
    fn weight(&self) -> usize {
        self.entry.data.len() + self.entry.room.len()
    }
}

/// What the tasks share that keep and follow histories.
pub struct Keeping {
    pub queue: Mutex<Outbox<ToKeep>>,
    pub filled: Notify,
    /// Batches so far: see [`AppendId`](crate::cluster::engine::AppendId).
    pub batches: AtomicU64,
    /// Rooms that are to be compared with the engine.
    pub astray: Mutex<HashSet<Arc<str>>>,
    pub is_astray: Notify,
    /// Held while rooms are compared, so that one read serves all who need it.
    pub comparing: tokio::sync::Mutex<()>,
    /// What was found since the application was told of it last.
    pub gaps: AtomicUsize,
    pub lost: AtomicUsize,
    /// What was read, by the keys of those who wait for it.
    pub readings: Mutex<HashMap<u32, Result<Reading, EngineError>>>,
}

impl Keeping {
    pub fn new(bound: Arc<Bound>) -> Self {
        Self {
            queue: Mutex::new(Outbox::new(bound)),
            filled: Notify::new(),
            batches: AtomicU64::new(0),
            astray: Mutex::default(),
            is_astray: Notify::new(),
            comparing: tokio::sync::Mutex::default(),
            gaps: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
            readings: Mutex::default(),
        }
    }

    /// Rooms in which something was missing, and those of them in which something is lost, since this was called last.
    pub fn take_gaps(&self) -> (usize, usize) {
        (self.gaps.swap(0, Relaxed), self.lost.swap(0, Relaxed))
    }
}
