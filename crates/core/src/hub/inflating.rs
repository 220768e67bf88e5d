//! What all connections together hold of compressed messages that are not complete: bounded, since a
//! kilobyte of a peer becomes a megabyte here. Who would go beyond the bound waits.
//!
//! That somebody always gets on: the message that was begun first may grow, whatever the others hold.
//! That nobody waits for a peer that never completes its message: who has held some for [`PATIENCE`], and
//! could have gone on, while others waited as long is told to go ([`Inflating::make_room`]).
//!
//! Sans-IO: times are the hub's milliseconds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::connection::ConnectionRef;

/// Milliseconds for which a message that others wait for may be under way.
pub const PATIENCE: u64 = 10_000;

#[derive(Default)]
struct State {
    /// Messages under way by their number, the oldest first.
    holders: BTreeMap<u64, Holder>,
    /// Numbers given out.
    numbers: u64,
    /// Those to wake when there may be room, by their number among the holders, which they all are.
    waiting: BTreeMap<u64, ConnectionRef>,
}

struct Holder {
    bytes: usize,
    /// When its message was begun or last got room; `None` while it waits for some.
    since: Option<u64>,
    revoked: Arc<AtomicBool>,
    connection: ConnectionRef,
}

/// The bytes of all connections.
#[derive(Default)]
pub struct Inflating {
    state: Mutex<State>,
    /// The sum of what `holders` have. Changed under the lock of `state`.
    total: AtomicUsize,
}

impl Inflating {
    /// Bytes held by all connections.
    pub fn total(&self) -> usize {
        self.total.load(Relaxed)
    }

    /// Counts a message of `connection` that is under way since `now`.
    pub fn hold(self: &Arc<Self>, connection: &ConnectionRef, now: u64) -> InflatingShare {
        let revoked = Arc::<AtomicBool>::default();
        let mut state = self.lock();
        let number = state.numbers;
        state.numbers += 1;
        let holder = Holder {
            bytes: 0,
            since: Some(now),
            revoked: Arc::clone(&revoked),
            connection: Arc::clone(connection),
        };
        state.holders.insert(number, holder);
        drop(state);
        InflatingShare {
            inflating: Arc::clone(self),
            number,
            bytes: 0,
            revoked,
        }
    }

    /// Whether a message may grow, all together having `most` bytes; 0 is no limit.
    pub fn may_grow(&self, share: Option<&InflatingShare>, most: usize) -> bool {
        self.has_room(most)
            || share.is_some_and(|share| {
                let state = self.lock();
                let oldest = state.holders.first_key_value();
                oldest.is_some_and(|(&number, _)| number == share.number)
            })
    }

    fn has_room(&self, most: usize) -> bool {
        most == 0 || self.total() < most
    }

    /// Somebody has waited for [`PATIENCE`]: of those who have held some for as long, the oldest are
    /// told to go, until half of `most` is free. Returns how many.
    pub fn make_room(&self, now: u64, most: usize) -> usize {
        if self.has_room(most) {
            return 0;
        }
        let mut left = self.total();
        let mut woken = Vec::new();
        for holder in self.lock().holders.values() {
            if left <= most / 2 {
                break;
            }
            if holder.since.is_none_or(|since| since + PATIENCE > now) {
                continue;
            }
            left = left.saturating_sub(holder.bytes);
            if !holder.revoked.swap(true, Relaxed) {
                woken.push(Arc::clone(&holder.connection));
            }
        }
        for connection in &woken {
            connection.wake();
        }
        woken.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection's part; given back when dropped.
pub struct InflatingShare {
    inflating: Arc<Inflating>,
    number: u64,
    bytes: usize,
    revoked: Arc<AtomicBool>,
}

impl InflatingShare {
    /// The message has `bytes` bytes now.
    pub fn set(&mut self, bytes: usize) {
        let mut state = self.inflating.lock();
        if let Some(holder) = state.holders.get_mut(&self.number) {
            holder.bytes = bytes;
        }
        self.inflating.total.fetch_add(bytes, Relaxed);
        self.inflating.total.fetch_sub(self.bytes, Relaxed);
        self.bytes = bytes;
    }

    /// Has the connection woken when there may be room. Look again afterwards: there may be some now.
    pub fn await_room(&self) {
        let mut state = self.inflating.lock();
        if let Some(holder) = state.holders.get_mut(&self.number) {
            holder.since = None;
            let connection = Arc::clone(&holder.connection);
            state.waiting.insert(self.number, connection);
        }
    }

    /// The message may grow, after [`InflatingShare::await_room`]: from `now` on the peer is expected to go
    /// on with it.
    pub fn go_on(&self, now: u64) {
        let mut state = self.inflating.lock();
        state.waiting.remove(&self.number);
        if let Some(holder) = state.holders.get_mut(&self.number) {
            holder.since = Some(now);
        }
    }

    /// Whether the connection has to go, so that others get on.
    pub fn is_revoked(&self) -> bool {
        self.revoked.load(Relaxed)
    }
}

impl Drop for InflatingShare {
    fn drop(&mut self) {
        let mut state = self.inflating.lock();
        state.holders.remove(&self.number);
        self.inflating.total.fetch_sub(self.bytes, Relaxed);
        let mut waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.remove(&self.number);
        for connection in waiting.values() {
            connection.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::testing::{FakeLink, facts};
    use crate::hub::{Config, connection::Connection};

    const MOST: usize = 1000;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl std::task::Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    fn connection() -> ConnectionRef {
        let link = Box::new(FakeLink::open());
        Arc::new(Connection::new(link, facts(), &Config::default(), 0, 0))
    }

    #[test]
    fn only_the_oldest_grows_beyond_the_limit() {
        let inflating = Arc::<Inflating>::default();
        let (mut first, mut second) = (
            inflating.hold(&connection(), 0),
            inflating.hold(&connection(), 0),
        );
        first.set(MOST - 1);
        assert!(inflating.may_grow(Some(&second), MOST));
        second.set(1);
        assert!(!inflating.may_grow(Some(&second), MOST));
        assert!(!inflating.may_grow(None, MOST));
        assert!(inflating.may_grow(Some(&first), MOST));
        assert!(inflating.may_grow(Some(&second), 0));
        drop(first);
        assert_eq!(inflating.total(), 1);
        assert!(inflating.may_grow(None, MOST));
    }

    #[test]
    fn who_waits_is_woken_when_somebody_is_done() {
        let inflating = Arc::<Inflating>::default();
        let done = inflating.hold(&connection(), 0);
        let waiter = connection();
        let share = inflating.hold(&waiter, 0);
        let wakes = Arc::<Wakes>::default();
        waiter.register(&Arc::clone(&wakes).into());
        share.await_room();
        drop(done);
        assert_eq!(wakes.0.load(Relaxed), 1);
    }

    #[test]
    fn those_who_stall_go_once_others_have_waited() {
        let inflating = Arc::<Inflating>::default();
        let mut shares: Vec<_> = (0..5)
            .map(|since| inflating.hold(&connection(), since))
            .collect();
        for share in &mut shares {
            share.set(MOST / 4);
        }
        assert_eq!(inflating.make_room(PATIENCE - 1, MOST), 0);
        assert_eq!(inflating.make_room(PATIENCE, MOST), 1);
        // The first has not gone yet, and frees as much as it holds.
        assert_eq!(inflating.make_room(PATIENCE + 9, MOST), 2);
        let revoked: Vec<_> = shares.iter().map(InflatingShare::is_revoked).collect();
        assert_eq!(revoked, [true, true, true, false, false]);
        shares.drain(..3);
        assert_eq!(inflating.make_room(PATIENCE + 9, MOST), 0);
    }

    #[test]
    fn one_that_waits_for_room_itself_holds_nobody_up() {
        let inflating = Arc::<Inflating>::default();
        let mut share = inflating.hold(&connection(), 0);
        share.set(MOST);
        share.await_room();
        assert_eq!(inflating.make_room(2 * PATIENCE, MOST), 0);
        share.go_on(PATIENCE);
        assert_eq!(inflating.make_room(2 * PATIENCE - 1, MOST), 0);
        assert_eq!(inflating.make_room(2 * PATIENCE, MOST), 1);
        assert!(share.is_revoked());
    }
}
