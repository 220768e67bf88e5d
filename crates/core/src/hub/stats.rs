//! What has happened so far, counted by the io threads: once a read, not once a message.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// Connections opened.
    Opened,
    /// Connections refused because of `maxConnections`.
    RefusedInAll,
    /// Connections refused because of `maxConnectionsPerAddress`.
    RefusedOfClient,
    /// Upgrade requests refused by the server: malformed, too large, of an origin not allowed, ….
    RefusedRequest,
    /// Upgrade requests refused by the application.
    RefusedByApplication,
    /// Upgrade requests that were not whole in time.
    RefusedTimeout,
    /// Upgrade requests that waited for the application when the server was stopped.
    RefusedStopping,
    /// Messages received.
    MessagesReceived,
    /// Their bytes.
    BytesReceived,
    /// Messages the core has answered by itself.
    MessagesAnswered,
    /// Bytes of those answers.
    BytesAnswered,
    /// Broadcasts left out because a peer does not read.
    BroadcastsDropped,
    /// Connections ended because a peer does not read (4206).
    SlowConsumers,
    /// Times a peer was held back because of its rate.
    RateDelays,
    /// Connections ended because of it (4207).
    RateLimited,
    /// Violations of the WebSocket protocol or of its limits.
    Violations,
}

impl Counter {
    /// How many there are: the last one's number, and one.
    const COUNT: usize = Self::Violations as usize + 1;
}

/// The counters. Relaxed: each is right, and they are not of one moment.
#[derive(Debug, Default)]
pub struct Stats([AtomicU64; Counter::COUNT]);

impl Stats {
    /// Adds to a counter.
    pub fn add(&self, counter: Counter, count: u64) {
        self.0[counter as usize].fetch_add(count, Relaxed);
    }

    /// Reads a counter.
    pub fn get(&self, counter: Counter) -> u64 {
        self.0[counter as usize].load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_counts_by_itself() {
        let stats = Stats::default();
        stats.add(Counter::Opened, 1);
        stats.add(Counter::Violations, 2);
        stats.add(Counter::Violations, 3);
        assert_eq!(stats.get(Counter::Opened), 1);
        assert_eq!(stats.get(Counter::Violations), 5);
        assert_eq!(stats.get(Counter::RateLimited), 0);
    }
}
