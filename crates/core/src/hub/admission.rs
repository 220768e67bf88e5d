//! How many connections there may be, in all and per client: counted from the moment they are
//! accepted, so that those which never say anything count as well.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most connections that are being told at the same time that there is no room: each takes up a
/// descriptor until its answer has left. Others are closed without one.
const MOST_TOLD: usize = 256;

/// Why a connection is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoom {
    /// There are as many as there may be.
    InAll,
    /// This client has as many as it may have.
    OfClient,
}

/// The counts.
#[derive(Debug, Default)]
pub struct Admission {
    seats: AtomicUsize,
    told: AtomicUsize,
    clients: Mutex<HashMap<IpAddr, usize>>,
}

impl Admission {
    /// Counts a connection that was accepted, unless there are `most` already; 0 is no limit.
    ///
    /// # Errors
    /// [`NoRoom::InAll`].
    pub fn enter(self: &Arc<Self>, most: usize) -> Result<Seat, NoRoom> {
        take(&self.seats, most).ok_or(NoRoom::InAll)?;
        Ok(Seat {
            admission: Arc::clone(self),
            client: None,
            is_left: AtomicBool::new(false),
        })
    }

    /// To be held while a connection is told that there is no room; `None` when so many are that
    /// this one is not.
    pub fn tell(self: &Arc<Self>) -> Option<Telling> {
        take(&self.told, MOST_TOLD)?;
        Some(Telling(Arc::clone(self)))
    }

    /// How many connections are counted.
    pub fn seats(&self) -> usize {
        self.seats.load(Relaxed)
    }

    fn clients(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds one, unless that makes more than `most`; 0 is no limit.
fn take(count: &AtomicUsize, most: usize) -> Option<()> {
    let add = |count: usize| (most == 0 || count < most).then_some(count + 1);
    count.fetch_update(Relaxed, Relaxed, add).ok().map(|_| ())
}

/// A connection that is counted; dropped with it.
#[derive(Debug)]
pub struct Seat {
    admission: Arc<Admission>,
    /// Under which it is counted.
    client: Option<IpAddr>,
    /// It is counted no more.
    is_left: AtomicBool,
}

impl Seat {
    /// Counts the connection for its client, once: for its network of 64 bits if the address is of
    /// IPv6, of which a single customer usually has at least that. `most` of 0 is no limit.
    ///
    /// # Errors
    /// [`NoRoom::OfClient`] when the client has `most` already.
    pub fn claim(&mut self, address: IpAddr, most: usize) -> Result<(), NoRoom> {
        if self.client.is_some() {
            return Ok(());
        }
        let client = network(address);
        let mut clients = self.admission.clients();
        let count = clients.entry(client).or_default();
        if most > 0 && *count >= most {
            return Err(NoRoom::OfClient);
        }
        *count += 1;
        drop(clients);
        self.client = Some(client);
        Ok(())
    }
}

impl Seat {
    /// Counts the connection no more, whoever comes first to say so.
    pub fn leave(&self) {
        if self.is_left.swap(true, Relaxed) {
            return;
        }
        self.admission.seats.fetch_sub(1, Relaxed);
        let Some(client) = self.client else { return };
        let mut clients = self.admission.clients();
        if let Some(count) = clients.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                clients.remove(&client);
            }
        }
        if clients.is_empty() {
            *clients = HashMap::new();
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.leave();
    }
}

/// A connection that is being told that there is no room.
#[derive(Debug)]
pub struct Telling(Arc<Admission>);

impl Drop for Telling {
    fn drop(&mut self) {
        self.0.told.fetch_sub(1, Relaxed);
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn no_more_enter_than_there_may_be_until_one_leaves() {
        let admission = Arc::new(Admission::default());
        let first = admission.enter(2).unwrap();
        let _second = admission.enter(2).unwrap();
        assert_eq!(admission.enter(2).unwrap_err(), NoRoom::InAll);
        assert_eq!(admission.seats(), 2);
        drop(first);
        let _third = admission.enter(2).unwrap();
        let _fourth = admission.enter(0).unwrap();
        assert_eq!(admission.seats(), 3);
    }

    #[test]
    fn a_seat_is_left_once() {
        let admission = Arc::new(Admission::default());
        let mut seat = admission.enter(1).unwrap();
        seat.claim(address("192.0.2.1"), 1).unwrap();
        seat.leave();
        let mut next = admission.enter(1).unwrap();
        assert_eq!(next.claim(address("192.0.2.1"), 1), Ok(()));
        seat.leave();
        drop(seat);
        assert_eq!(admission.seats(), 1);
        assert_eq!(admission.clients().len(), 1);
    }

    #[test]
    fn a_client_has_no_more_than_it_may_have() {
        let admission = Arc::new(Admission::default());
        let enter = |text: &str| {
            let mut seat = admission.enter(0).unwrap();
            seat.claim(address(text), 2).map(|()| seat)
        };
        let first = enter("192.0.2.1").unwrap();
        let _mapped = enter("::ffff:192.0.2.1").unwrap();
        assert_eq!(enter("192.0.2.1").unwrap_err(), NoRoom::OfClient);
        let _other = enter("192.0.2.2").unwrap();
        drop(first);
        assert!(enter("192.0.2.1").is_ok());
        assert_eq!(admission.seats(), 2, "who was refused has left");
    }

    #[test]
    fn a_client_of_ipv6_is_its_network() {
        let admission = Arc::new(Admission::default());
        let mut seats = Vec::new();
        let mut enter = |text: &str| {
            let mut seat = admission.enter(0).unwrap();
            let claimed = seat.claim(address(text), 1);
            seats.push(seat);
            claimed
        };
        assert_eq!(enter("2001:db8:0:1::1"), Ok(()));
        assert_eq!(enter("2001:db8:0:1:ffff::9"), Err(NoRoom::OfClient));
        assert_eq!(enter("2001:db8:0:2::1"), Ok(()));
    }

    #[test]
    fn a_seat_is_claimed_for_one_client() {
        let admission = Arc::new(Admission::default());
        let mut seat = admission.enter(0).unwrap();
        assert_eq!(seat.claim(address("192.0.2.1"), 1), Ok(()));
        assert_eq!(seat.claim(address("192.0.2.2"), 1), Ok(()));
        let mut other = admission.enter(0).unwrap();
        assert_eq!(other.claim(address("192.0.2.2"), 1), Ok(()));
        drop((seat, other));
        assert!(admission.clients().is_empty(), "nobody is remembered");
    }

    #[test]
    fn only_some_are_told_at_the_same_time() {
        let admission = Arc::new(Admission::default());
        let told: Vec<_> = (0..MOST_TOLD).filter_map(|_| admission.tell()).collect();
        assert_eq!(told.len(), MOST_TOLD);
        assert!(admission.tell().is_none());
        drop(told);
        assert!(admission.tell().is_some());
    }
}
