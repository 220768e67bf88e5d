//! The order of what is sent to a room: one lock for each room, held while a message is queued for its members.
//!
//! The order lock is taken before the registry's lock and before any connection's; whoever holds one of
//! these takes no order lock. The registry is locked for moments only, so a join never waits for a broadcast.
//! A join that must be atomic to broadcasts takes the room's order lock first.

use std::sync::Arc;

use super::sync::{AtomicU64, Mutex, MutexGuard, PoisonError, Relaxed};

/// The number of a room's history, as long as there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogKey(pub(super) u32);

/// What is guarded by the order lock of a room.
#[derive(Debug, Default)]
pub struct Ordered {
    /// The history of the room, if it has begun one.
    pub log: Option<LogKey>,
}

/// The order lock of a room.
#[derive(Debug, Default)]
pub struct Order {
    ordered: Mutex<Ordered>,
    /// Counts joins and leaves. Written under the registry's lock.
    version: AtomicU64,
}

impl Order {
    /// Notes that the members have changed. The caller holds the registry's lock.
    pub fn changed(&self) {
        self.version
            .store(self.version.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// Changes of the members so far.
    pub fn version(&self) -> u64 {
        self.version.load(Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Ordered> {
        // A panic while the lock was held has cut a broadcast short, which the next one does not repair.
        self.ordered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A room as the registry has it at one moment.
pub struct Found<S> {
    /// Its order lock.
    pub order: Arc<Order>,
    /// The version of the order at that moment.
    pub version: u64,
    /// Its members at that moment.
    pub members: S,
}

/// Calls `act` under the order lock of a room, with the members that the room has then. `look_up` finds the
/// room in the registry, which it locks for a moment; nothing is called when there is no such room.
pub fn in_order<S, R>(
    look_up: impl Fn() -> Option<Found<S>>,
    act: impl FnOnce(&mut Ordered, &S) -> R,
) -> Option<R> {
    let mut found = look_up()?;
    loop {
        let order = Arc::clone(&found.order);
        let mut ordered = order.lock();
        // Who had the lock before may have changed the members, and that must be seen here.
        if order.version() != found.version {
            found = look_up()?;
            // The room ended, and one of the same name was made: it has a lock of its own.
            if !Arc::ptr_eq(&found.order, &order) {
                continue;
            }
        }
        return Some(act(&mut ordered, &found.members));
    }
}

/// The same for several rooms at once, under the order locks of all of them. `look_up` finds those that exist,
/// each once.
pub fn in_order_of_all<S, R>(
    look_up: impl Fn() -> Vec<Found<S>>,
    act: impl FnOnce(&mut [MutexGuard<'_, Ordered>], &[Found<S>]) -> R,
) -> R {
    let mut found = look_up();
    loop {
        // All threads take the locks in one order, that of their addresses.
        found.sort_unstable_by_key(|room| Arc::as_ptr(&room.order) as usize);
        let orders: Vec<Arc<Order>> = found.iter().map(|room| Arc::clone(&room.order)).collect();
        let mut guards: Vec<_> = orders.iter().map(|order| order.lock()).collect();
        found = look_up();
        found.sort_unstable_by_key(|room| Arc::as_ptr(&room.order) as usize);
        let same = found.len() == orders.len()
            && (found.iter().zip(&orders)).all(|(room, order)| Arc::ptr_eq(&room.order, order));
        if same {
            return act(&mut guards, &found);
        }
    }
}
