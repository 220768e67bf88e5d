//! How many connections there may be, in all and per client. A connection is counted from the moment it is
//! accepted, so that one that never sends anything counts as well.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most connections that are refused with an answer at the same time. Each takes up a descriptor until its
/// answer has left; further ones are closed without an answer.
const MAX_REFUSALS: usize = 256;

/// Why a connection is refused.
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
    permits: AtomicUsize,
    refusals: AtomicUsize,
    clients: Mutex<HashMap<Network, usize>>,
}

impl Admission {
    /// Counts a connection that was accepted, unless there are `most` already; 0 is no limit.
    ///
    /// # Errors
    /// [`NoRoom::InAll`].
    pub fn acquire(self: &Arc<Self>, most: usize) -> Result<Permit, NoRoom> {
        add_one(&self.permits, most).ok_or(NoRoom::InAll)?;
        Ok(Permit {
            admission: Arc::clone(self),
            client: None,
            is_released: AtomicBool::new(false),
        })
    }

    /// To be held while a connection is refused with an answer; `None` when too many are already.
    pub fn begin_refusal(self: &Arc<Self>) -> Option<RefusalGuard> {
        add_one(&self.refusals, MAX_REFUSALS)?;
        Some(RefusalGuard(Arc::clone(self)))
    }

    /// How many connections are counted.
    pub fn permits(&self) -> usize {
        self.permits.load(Relaxed)
    }

    fn clients(&self) -> MutexGuard<'_, HashMap<Network, usize>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds one, unless that makes more than `most`; 0 is no limit.
fn add_one(count: &AtomicUsize, most: usize) -> Option<()> {
    let add = |count: usize| (most == 0 || count < most).then_some(count + 1);
    count.fetch_update(Relaxed, Relaxed, add).ok().map(|_| ())
}

/// Counts one connection until it is released or dropped.
#[derive(Debug)]
pub struct Permit {
    admission: Arc<Admission>,
    /// Under which it is counted.
    client: Option<Network>,
    /// The connection is not counted any more.
    is_released: AtomicBool,
}

impl Permit {
    /// Counts the connection for its client, once: for its network of 64 bits if the address is of
    /// IPv6, of which a single customer usually has at least that. `most` of 0 is no limit.
    ///
    /// # Errors
    /// [`NoRoom::OfClient`] when the client has `most` already.
    pub fn claim(&mut self, address: IpAddr, most: usize) -> Result<(), NoRoom> {
        if self.client.is_some() {
            return Ok(());
        }
        let client = Network::of(address);
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

impl Permit {
    /// Stops counting the connection. Further calls do nothing.
    pub fn release(&self) {
        if self.is_released.swap(true, Relaxed) {
            return;
        }
        self.admission.permits.fetch_sub(1, Relaxed);
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

impl Drop for Permit {
    fn drop(&mut self) {
        self.release();
    }
}

/// A connection that is being refused with an answer.
#[derive(Debug)]
pub struct RefusalGuard(Arc<Admission>);

impl Drop for RefusalGuard {
    fn drop(&mut self) {
        self.0.refusals.fetch_sub(1, Relaxed);
    }
}

/// What a client is counted by. In bytes, so that a permit stays small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Network {
    /// Its address.
    V4([u8; 4]),
    /// The 64 bits of its network.
    V6([u8; 8]),
}

impl Network {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::V4(v4.octets()),
            IpAddr::V6(v6) => {
                let mut network = [0; 8];
                network.copy_from_slice(&v6.octets()[..8]);
                Self::V6(network)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_permit_and_what_counts_its_owners_take_40_bytes() {
        assert!(size_of::<Permit>() <= 40 - 16, "{}", size_of::<Permit>());
    }

    #[test]
    fn no_more_are_acquired_than_there_may_be_until_one_is_released() {
        let admission = Arc::new(Admission::default());
        let first = admission.acquire(2).unwrap();
        let _second = admission.acquire(2).unwrap();
        assert_eq!(admission.acquire(2).unwrap_err(), NoRoom::InAll);
        assert_eq!(admission.permits(), 2);
        drop(first);
        let _third = admission.acquire(2).unwrap();
        let _fourth = admission.acquire(0).unwrap();
        assert_eq!(admission.permits(), 3);
    }

    #[test]
    fn a_permit_is_released_once() {
        let admission = Arc::new(Admission::default());
        let mut permit = admission.acquire(1).unwrap();
        permit.claim(address("192.0.2.1"), 1).unwrap();
        permit.release();
        let mut next = admission.acquire(1).unwrap();
        assert_eq!(next.claim(address("192.0.2.1"), 1), Ok(()));
        permit.release();
        drop(permit);
        assert_eq!(admission.permits(), 1);
        assert_eq!(admission.clients().len(), 1);
    }

    #[test]
    fn a_client_has_no_more_than_it_may_have() {
        let admission = Arc::new(Admission::default());
        let acquire = |text: &str| {
            let mut permit = admission.acquire(0).unwrap();
            permit.claim(address(text), 2).map(|()| permit)
        };
        let first = acquire("192.0.2.1").unwrap();
        let _mapped = acquire("::ffff:192.0.2.1").unwrap();
        assert_eq!(acquire("192.0.2.1").unwrap_err(), NoRoom::OfClient);
        let _other = acquire("192.0.2.2").unwrap();
        drop(first);
        assert!(acquire("192.0.2.1").is_ok());
        assert_eq!(admission.permits(), 2, "who was refused has left");
    }

    #[test]
    fn a_client_of_ipv6_is_its_network() {
        let admission = Arc::new(Admission::default());
        let mut permits = Vec::new();
        let mut acquire = |text: &str| {
            let mut permit = admission.acquire(0).unwrap();
            let claimed = permit.claim(address(text), 1);
            permits.push(permit);
            claimed
        };
        assert_eq!(acquire("2001:db8:0:1::1"), Ok(()));
        assert_eq!(acquire("2001:db8:0:1:ffff::9"), Err(NoRoom::OfClient));
        assert_eq!(acquire("2001:db8:0:2::1"), Ok(()));
    }

    #[test]
    fn a_seat_is_claimed_for_one_client() {
        let admission = Arc::new(Admission::default());
        let mut permit = admission.acquire(0).unwrap();
        assert_eq!(permit.claim(address("192.0.2.1"), 1), Ok(()));
        assert_eq!(permit.claim(address("192.0.2.2"), 1), Ok(()));
        let mut other = admission.acquire(0).unwrap();
        assert_eq!(other.claim(address("192.0.2.2"), 1), Ok(()));
        drop((permit, other));
        assert!(admission.clients().is_empty(), "nobody is remembered");
    }

    #[test]
    fn only_some_are_told_at_the_same_time() {
        let admission = Arc::new(Admission::default());
        let refusals: Vec<_> = (0..MAX_REFUSALS)
            .filter_map(|_| admission.begin_refusal())
            .collect();
        assert_eq!(refusals.len(), MAX_REFUSALS);
        assert!(admission.begin_refusal().is_none());
        drop(refusals);
        assert!(admission.begin_refusal().is_some());
    }
}
