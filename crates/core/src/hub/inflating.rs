//! The memory of all compressed messages that are not complete. It is bounded, since a kilobyte from a peer
//! becomes a megabyte here. A message that would exceed the bound waits.
//!
//! One message can always make progress: the one that was begun first may grow, whatever the others have
//! reserved. No message waits for ever for a peer that does not complete its own: when a message has waited for
//! [`STALL_TIMEOUT`], the reservations of those that could have gone on for as long are revoked
//! ([`Inflating::make_room`]).
//!
//! Sans-IO: times are the hub's milliseconds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::connection::ConnectionRef;

/// Milliseconds for which a message that others wait for may be under way.
pub const STALL_TIMEOUT: u64 = 10_000;

#[derive(Default)]
struct Reservations {
    /// Messages that may grow, by their number, the oldest first.
    growing: BTreeMap<u64, Reserved>,
    /// Messages that wait for room, in the same order.
    waiting: BTreeMap<u64, Reserved>,
    /// Numbers given out.
    numbers: u64,
    /// When messages that take too long were last looked for.
    looked: u64,
}

impl Reservations {
    /// The number of the message that was begun first.
    fn oldest(&self) -> Option<u64> {
        let first = |messages: &BTreeMap<u64, Reserved>| messages.keys().next().copied();
        first(&self.growing)
            .into_iter()
            .chain(first(&self.waiting))
            .min()
    }

    /// The connection to wake when there may be room. Only one is woken: it wakes the next if it finds room. With all of
    /// them, each of many small messages would cost as much as thousands of connections that wait.
    fn next(&self) -> Option<ConnectionRef> {
        let (_, first) = self.waiting.first_key_value()?;
        Some(Arc::clone(&first.connection))
    }
}

struct Reserved {
    bytes: usize,
    /// When its message was begun or last got room.
    since: u64,
    revoked: Arc<AtomicBool>,
    connection: ConnectionRef,
}

/// The reservations of all connections.
#[derive(Default)]
pub struct Inflating {
    state: Mutex<Reservations>,
    /// The sum of what is reserved. Changed under the lock of `state`.
    total: AtomicUsize,
}

impl Inflating {
    /// Bytes reserved by all connections.
    pub fn total(&self) -> usize {
        self.total.load(Relaxed)
    }

    /// A reservation, of no bytes yet, for a message of `connection` that is under way since `now`.
    pub fn reserve(self: &Arc<Self>, connection: &ConnectionRef, now: u64) -> Reservation {
        let revoked = Arc::<AtomicBool>::default();
        let mut state = self.lock();
        let number = state.numbers;
        state.numbers += 1;
        let entry = Reserved {
            bytes: 0,
            since: now,
            revoked: Arc::clone(&revoked),
            connection: Arc::clone(connection),
        };
        state.growing.insert(number, entry);
        drop(state);
        Reservation {
            inflating: Arc::clone(self),
            number,
            bytes: 0,
            revoked,
        }
    }

    /// Whether a message may grow, all together having `most` bytes; 0 is no limit.
    pub fn may_grow(&self, reservation: Option<&Reservation>, most: usize) -> bool {
        self.has_room(most)
            || reservation
                .is_some_and(|reservation| self.lock().oldest() == Some(reservation.number))
    }

    fn has_room(&self, most: usize) -> bool {
        most == 0 || self.total() < most
    }

    /// A message has waited for [`STALL_TIMEOUT`]. Revokes reservations that have had room for as long, the
    /// oldest first, until half of `most` is free. Returns how many. Looks at most once in a millisecond: thousands may
    /// have begun to wait at the same time.
    pub fn make_room(&self, now: u64, most: usize) -> usize {
        if self.has_room(most) {
            return 0;
        }
        let mut left = self.total();
        let mut woken = Vec::new();
        let mut state = self.lock();
        if std::mem::replace(&mut state.looked, now) == now {
            return 0;
        }
        for entry in state.growing.values() {
            if left <= most / 2 {
                break;
            }
            if entry.since + STALL_TIMEOUT > now {
                continue;
            }
            left = left.saturating_sub(entry.bytes);
            if !entry.revoked.swap(true, Relaxed) {
                woken.push(Arc::clone(&entry.connection));
            }
        }
        drop(state);
        for connection in &woken {
            connection.wake();
        }
        woken.len()
    }

    fn lock(&self) -> MutexGuard<'_, Reservations> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one message has reserved. It is given back when dropped.
pub struct Reservation {
    inflating: Arc<Inflating>,
    number: u64,
    bytes: usize,
    revoked: Arc<AtomicBool>,
}

impl Reservation {
    /// The message has `bytes` bytes now.
    pub fn set(&mut self, bytes: usize) {
        let mut state = self.inflating.lock();
        if let Some(entry) = state.growing.get_mut(&self.number) {
            entry.bytes = bytes;
        }
        self.inflating.total.fetch_add(bytes, Relaxed);
        self.inflating.total.fetch_sub(self.bytes, Relaxed);
        self.bytes = bytes;
    }

    /// Has the connection woken when there may be room. Check again afterwards: there may be room by then.
    pub fn await_room(&self) {
        let mut state = self.inflating.lock();
        if let Some(entry) = state.growing.remove(&self.number) {
            state.waiting.insert(self.number, entry);
        }
    }

    /// The message may grow, after [`Reservation::await_room`]: from `now` on the peer is expected to go
    /// on with it. There may be room for the next one, too.
    pub fn resume(&self, now: u64) {
        let mut state = self.inflating.lock();
        if let Some(entry) = state.waiting.remove(&self.number) {
            let entry = Reserved {
                since: now,
                ..entry
            };
            state.growing.insert(self.number, entry);
        }
        let next = state.next();
        drop(state);
        wake(next);
    }

    /// Whether the connection has to end, so that others can go on.
    pub fn is_revoked(&self) -> bool {
        self.revoked.load(Relaxed)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut state = self.inflating.lock();
        state.growing.remove(&self.number);
        state.waiting.remove(&self.number);
        self.inflating.total.fetch_sub(self.bytes, Relaxed);
        let next = state.next();
        drop(state);
        wake(next);
    }
}

/// Wakes without the lock: a waker may do anything.
fn wake(connection: Option<ConnectionRef>) {
    if let Some(connection) = connection {
        connection.wake();
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
            inflating.reserve(&connection(), 0),
            inflating.reserve(&connection(), 0),
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
        let done = inflating.reserve(&connection(), 0);
        let waiter = connection();
        let reservation = inflating.reserve(&waiter, 0);
        let wakes = Arc::<Wakes>::default();
        waiter.register(&Arc::clone(&wakes).into());
        reservation.await_room();
        drop(done);
        assert_eq!(wakes.0.load(Relaxed), 1);
    }

    #[test]
    fn one_is_woken_at_a_time_and_wakes_the_next_if_it_finds_room() {
        let inflating = Arc::<Inflating>::default();
        let wakes = Arc::<Wakes>::default();
        let waiting: Vec<_> = (0..100)
            .map(|_| {
                let waiter = connection();
                waiter.register(&Arc::clone(&wakes).into());
                let reservation = inflating.reserve(&waiter, 0);
                reservation.await_room();
                reservation
            })
            .collect();
        drop(inflating.reserve(&connection(), 0));
        assert_eq!(wakes.0.load(Relaxed), 1);
        waiting[0].resume(1);
        assert_eq!(wakes.0.load(Relaxed), 2);
        // The second finds no room, and the first ends.
        drop(waiting);
        assert_eq!(inflating.total(), 0);
    }

    #[test]
    fn those_who_wait_are_looked_at_once_in_a_millisecond() {
        let inflating = Arc::<Inflating>::default();
        let mut first = inflating.reserve(&connection(), 0);
        first.set(MOST);
        assert_eq!(inflating.make_room(STALL_TIMEOUT - 1, MOST), 0);
        let mut second = inflating.reserve(&connection(), 0);
        second.set(MOST);
        assert_eq!(inflating.make_room(STALL_TIMEOUT, MOST), 2);
        let mut third = inflating.reserve(&connection(), 0);
        third.set(MOST);
        assert_eq!(inflating.make_room(STALL_TIMEOUT, MOST), 0);
        assert_eq!(inflating.make_room(STALL_TIMEOUT + 1, MOST), 1);
    }

    #[test]
    fn those_who_stall_go_once_others_have_waited() {
        let inflating = Arc::<Inflating>::default();
        let mut reservations: Vec<_> = (0..5)
            .map(|since| inflating.reserve(&connection(), since))
            .collect();
        for reservation in &mut reservations {
            reservation.set(MOST / 4);
        }
        assert_eq!(inflating.make_room(STALL_TIMEOUT - 1, MOST), 0);
        assert_eq!(inflating.make_room(STALL_TIMEOUT, MOST), 1);
        // The first has not gone yet, and frees as much as it holds.
        assert_eq!(inflating.make_room(STALL_TIMEOUT + 9, MOST), 2);
        let revoked: Vec<_> = reservations.iter().map(Reservation::is_revoked).collect();
        assert_eq!(revoked, [true, true, true, false, false]);
        reservations.drain(..3);
        assert_eq!(inflating.make_room(STALL_TIMEOUT + 9, MOST), 0);
    }

    #[test]
    fn one_that_waits_for_room_itself_holds_nobody_up() {
        let inflating = Arc::<Inflating>::default();
        let mut reservation = inflating.reserve(&connection(), 0);
        reservation.set(MOST);
        reservation.await_room();
        assert_eq!(inflating.make_room(2 * STALL_TIMEOUT, MOST), 0);
        reservation.resume(STALL_TIMEOUT);
        assert_eq!(inflating.make_room(2 * STALL_TIMEOUT - 1, MOST), 0);
        assert_eq!(inflating.make_room(2 * STALL_TIMEOUT, MOST), 1);
        assert!(reservation.is_revoked());
    }
}
