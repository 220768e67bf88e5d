//! What has happened so far, counted by the io threads: once a read, not once a message.

mod counter;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub use counter::Counter;

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
        stats.add(Counter::ConnectionsTotal, 1);
        stats.add(Counter::Violations, 2);
        stats.add(Counter::Violations, 3);
        assert_eq!(stats.get(Counter::ConnectionsTotal), 1);
        assert_eq!(stats.get(Counter::Violations), 5);
        assert_eq!(stats.get(Counter::RateLimited), 0);
    }
}
