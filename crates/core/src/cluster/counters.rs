//! What a node counts.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Round trips that are remembered.
const ROUND_TRIPS: usize = 128;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// What a node counts, since its start.
        #[derive(Debug, Default)]
        pub struct Counters {
            $($(#[$doc])* pub $name: Count,)+
        }

        impl Counters {
            /// Every counter with its name.
            pub fn all(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name.get())),+]
            }
        }
    };
}

counters! {
    /// Messages that the engine has taken.
    published,
    /// Messages of other nodes and programs that were delivered here.
    received,
    /// Own messages that came back.
    echoed,
    /// Messages that were not read: malformed, of another version, too large, or not allowed.
    foreign,
    /// Messages that were given up because too much waited, or for too long.
    dropped_queue,
    /// Messages and subscriptions that the engine has refused.
    refused,
    /// Connections to the engine after the first.
    reconnects,
    /// Rooms that were subscribed anew after that.
    resubscribed,
    /// Rooms with history in which something was missing.
    gaps,
    /// Those of them that were repaired.
    gaps_repaired,
    /// Those in which something is lost.
    lost,
    /// Histories that have begun anew.
    epochs,
    /// Clients that came back and were served from memory.
    recoveries_ring,
    /// Clients that came back and were served by a read of the engine.
    recoveries_read,
    /// Clients that came back and could not be served.
    recoveries_failed,
    /// Messages that were replayed.
    replayed,
    /// Questions to other nodes.
    requests,
    /// Answers of nodes that did not come in time.
    requests_missed,
}

/// A counter.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Adds some.
    pub fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Relaxed);
    }

    /// How many so far.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// The last round trips of heartbeats, in microseconds.
#[derive(Debug, Default)]
pub struct RoundTrips {
    last: Vec<u64>,
    next: usize,
}

impl RoundTrips {
    /// Adds one.
    pub fn add(&mut self, micros: u64) {
        if self.last.len() < ROUND_TRIPS {
            self.last.push(micros);
        } else {
            self.last[self.next] = micros;
        }
        self.next = (self.next + 1) % ROUND_TRIPS;
    }

    /// The median and the 99th percentile; 0 before the first.
    pub fn percentiles(&self) -> (u64, u64) {
        let mut sorted = self.last.clone();
        sorted.sort_unstable();
        let at = |part: usize| sorted.get(sorted.len() * part / 100).copied().unwrap_or(0);
        (at(50), at(99))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_last_round_trips() {
        let mut trips = RoundTrips::default();
        assert_eq!(trips.percentiles(), (0, 0));
        (0..1000).for_each(|_| trips.add(5000));
        (1..=128).for_each(|micros| trips.add(micros));
        assert_eq!(trips.percentiles(), (65, 127));
    }
}
