//! The settings of a hub. Times are read when a connection opens, so that a change while the server runs
//! applies to later connections.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use crate::deflate::CompressionPolicy;

/// What happens to a peer that does not read what is sent to it (`slowConsumer`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlowConsumer {
    /// End the connection with close code 4206 once its limit is reached.
    Close,
    /// Leave out broadcasts while the limit is reached; end the connection only when messages that
    /// may not be left out pile up to twice the limit.
    Drop,
}

/// Live settings, each readable from the io thread and writable from the application's.
#[derive(Debug)]
pub struct Config {
    handshake_timeout: AtomicU32,
    ping_interval: AtomicU32,
    close_timeout: AtomicU32,
    upgrade_timeout: AtomicU32,
    max_payload: AtomicUsize,
    max_handshake_payload: AtomicUsize,
    max_inflating: AtomicUsize,
    max_buffered: AtomicUsize,
    high_water: AtomicUsize,
    drop_broadcasts: AtomicBool,
    max_fragments: AtomicU32,
    max_header_bytes: AtomicUsize,
    max_headers: AtomicUsize,
    max_connections: AtomicUsize,
    max_connections_per_address: AtomicUsize,
    messages_per_second: AtomicU32,
    bytes_per_second: AtomicU32,
    rate_burst: AtomicU32,
    rate_timeout: AtomicU32,
    busy_poll: AtomicBool,
    history_bytes: AtomicUsize,
    compression: Mutex<Option<Arc<CompressionPolicy>>>,
}

macro_rules! setting {
    ($($(#[$doc:meta])* $name:ident, $set:ident: $type:ty;)*) => {$(
        $(#[$doc])*
        pub fn $name(&self) -> $type {
            self.$name.load(Relaxed)
        }

        #[doc = concat!("Sets [`Config::", stringify!($name), "`].")]
        pub fn $set(&self, value: $type) {
            self.$name.store(value, Relaxed);
        }
    )*};
}

impl Config {
    setting! {
        /// Milliseconds a peer may take from its upgrade to a resolved handshake; 0: no limit.
        handshake_timeout, set_handshake_timeout: u32;
        /// Milliseconds of silence after which a peer is pinged; 0: never.
        ping_interval, set_ping_interval: u32;
        /// Milliseconds a peer may take to answer a close frame before it is cut; 0: no limit.
        close_timeout, set_close_timeout: u32;
        /// Milliseconds a peer may take to send its whole upgrade request; 0: no limit.
        upgrade_timeout, set_upgrade_timeout: u32;
        /// Largest message, in bytes, a peer may send.
        max_payload, set_max_payload: usize;
        /// The same until its handshake is resolved, and all that it may send until then; 0: no other
        /// limit.
        max_handshake_payload, set_max_handshake_payload: usize;
        /// Bytes that all peers together may have of compressed messages under way; 0: no limit.
        max_inflating, set_max_inflating: usize;
        /// Bytes that may wait for one peer to read them.
        max_buffered, set_max_buffered: usize;
        /// Bytes that wait for one peer from which on the application should send it less.
        high_water, set_high_water: usize;
        /// Most frames of one message.
        max_fragments, set_max_fragments: u32;
        /// Most bytes of an upgrade request.
        max_header_bytes, set_max_header_bytes: usize;
        /// Most header lines of an upgrade request.
        max_headers, set_max_headers: usize;
        /// Most connections at a time; 0: no limit.
        max_connections, set_max_connections: usize;
        /// Most connections of one client at a time; 0: no limit.
        max_connections_per_address, set_max_connections_per_address: usize;
        /// Messages a peer may send per second; 0: no limit.
        messages_per_second, set_messages_per_second: u32;
        /// Bytes a peer may send per second; 0: no limit.
        bytes_per_second, set_bytes_per_second: u32;
        /// Milliseconds of its rate that a peer may send at once.
        rate_burst, set_rate_burst: u32;
        /// Milliseconds a peer may stay over its rate; 0: for ever, more slowly.
        rate_timeout, set_rate_timeout: u32;
        /// Whether io threads poll their sockets for a moment while events come one by one.
        busy_poll, set_busy_poll: bool;
        /// Bytes that the kept messages of all rooms may take.
        history_bytes, set_history_bytes: usize;
    }

    /// What is agreed to when a peer offers permessage-deflate; `None`: nothing.
    pub fn compression(&self) -> Option<Arc<CompressionPolicy>> {
        self.compression
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Sets [`Config::compression`].
    pub fn set_compression(&self, policy: Option<CompressionPolicy>) {
        *self
            .compression
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = policy.map(Arc::new);
    }

    /// What happens when [`Config::max_buffered`] is reached.
    pub fn slow_consumer(&self) -> SlowConsumer {
        if self.drop_broadcasts.load(Relaxed) {
            SlowConsumer::Drop
        } else {
            SlowConsumer::Close
        }
    }

    /// Sets [`Config::slow_consumer`].
    pub fn set_slow_consumer(&self, policy: SlowConsumer) {
        self.drop_broadcasts
            .store(policy == SlowConsumer::Drop, Relaxed);
    }
}

impl Default for Config {
    /// The documented defaults, see `types/options.d.ts`: handshake 60 s, ping 15 s, close 30 s, upgrade 10 s,
    /// messages of 100 MiB, and of 64 KiB before the handshake is resolved, 256 MiB being inflated, 16 MiB
    /// waiting for a peer, a high-water mark of 1 MiB, 100,000 messages and 128 MiB a second from one peer, and no
    /// compression.
    fn default() -> Self {
        Self {
            handshake_timeout: AtomicU32::new(60_000),
            ping_interval: AtomicU32::new(15_000),
            close_timeout: AtomicU32::new(30_000),
            upgrade_timeout: AtomicU32::new(10_000),
            max_payload: AtomicUsize::new(100 << 20),
            max_handshake_payload: AtomicUsize::new(64 << 10),
            max_inflating: AtomicUsize::new(256 << 20),
            max_buffered: AtomicUsize::new(16 << 20),
            high_water: AtomicUsize::new(1 << 20),
            drop_broadcasts: AtomicBool::new(false),
            max_fragments: AtomicU32::new(128 << 10),
            max_header_bytes: AtomicUsize::new(16 << 10),
            max_headers: AtomicUsize::new(100),
            max_connections: AtomicUsize::new(100_000),
            max_connections_per_address: AtomicUsize::new(32_768),
            messages_per_second: AtomicU32::new(100_000),
            bytes_per_second: AtomicU32::new(128 << 20),
            rate_burst: AtomicU32::new(1000),
            rate_timeout: AtomicU32::new(60_000),
            busy_poll: AtomicBool::new(true),
            history_bytes: AtomicUsize::new(64 << 20),
            compression: Mutex::new(None),
        }
    }
}
