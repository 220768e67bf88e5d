//! How a node works in its cluster.

use std::time::Duration;

/// Beats that a node may miss before others take it for dead.
pub const MISSED_BEATS: u32 = 3;

/// How a node works in its cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSettings {
    /// What the names of channels and keys begin with.
    pub prefix: String,
    /// For logs and lists.
    pub name: String,
    /// The process.
    pub pid: u32,
    /// The version of the package.
    pub version: String,
    /// Subscribes to all rooms at once, instead of to those with members here.
    pub all_rooms: bool,
    /// For how long a room stays subscribed after its last member.
    pub unsubscribe_delay: Duration,
    /// Time between two heartbeats. A node is dead after three without one.
    pub heartbeat_interval: Duration,
    /// Bytes that may wait for the engine.
    pub max_queued_bytes: usize,
    /// For how long messages wait for the engine.
    pub max_queued_time: Duration,
    /// How often rooms with history are compared with the engine while nothing happens.
    pub idle_check: Duration,
    /// Largest message that is accepted from the engine, in bytes.
    pub max_message: usize,
}

impl Default for NodeSettings {
    fn default() -> Self {
        Self {
            prefix: "line".into(),
            name: String::new(),
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").into(),
            all_rooms: false,
            unsubscribe_delay: Duration::from_secs(5),
            heartbeat_interval: Duration::from_secs(5),
            max_queued_bytes: 16 * 1024 * 1024,
            max_queued_time: Duration::from_secs(30),
            idle_check: Duration::from_secs(30),
            max_message: 1024 * 1024,
        }
    }
}
