//! The live settings that options set. Generated from `facts/`: do not edit, run `npm run facts`.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed};

/// Live settings, each readable from the io thread and writable from the application's.
#[derive(Debug)]
pub struct Settings {
    handshake_timeout: AtomicU32,
    ping_interval: AtomicU32,
    close_timeout: AtomicU32,
    upgrade_timeout: AtomicU32,
    max_payload: AtomicUsize,
    max_handshake_payload: AtomicUsize,
    max_inflating_bytes: AtomicUsize,
    max_buffered_bytes: AtomicUsize,
    high_water_mark: AtomicUsize,
    max_gathered_bytes: AtomicUsize,
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
}

impl Settings {
    /// `handshakeTimeout`: time from the upgrade to a resolved handshake; then the connection is closed
    /// with 4202.
    pub fn handshake_timeout(&self) -> u32 {
        self.handshake_timeout.load(Relaxed)
    }

    /// Sets [`Settings::handshake_timeout`].
    pub fn set_handshake_timeout(&self, value: u32) {
        self.handshake_timeout.store(value, Relaxed);
    }

    /// `pingInterval`: time after which a client is pinged that has sent nothing.
    pub fn ping_interval(&self) -> u32 {
        self.ping_interval.load(Relaxed)
    }

    /// Sets [`Settings::ping_interval`].
    pub fn set_ping_interval(&self, value: u32) {
        self.ping_interval.store(value, Relaxed);
    }

    /// `closeTimeout`: time a client has to answer a close frame before the connection is cut; at most 5 s
    /// for a client that has not answered a ping.
    pub fn close_timeout(&self) -> u32 {
        self.close_timeout.load(Relaxed)
    }

    /// Sets [`Settings::close_timeout`].
    pub fn set_close_timeout(&self, value: u32) {
        self.close_timeout.store(value, Relaxed);
    }

    /// `upgradeTimeout`: time the whole opening may take: the TLS handshake, the upgrade request, the
    /// application's decision on it (503 when it is late), and sending the answer.
    pub fn upgrade_timeout(&self) -> u32 {
        self.upgrade_timeout.load(Relaxed)
    }

    /// Sets [`Settings::upgrade_timeout`].
    pub fn set_upgrade_timeout(&self, value: u32) {
        self.upgrade_timeout.store(value, Relaxed);
    }

    /// `maxPayload`: largest message a client may send; a larger one ends the connection with 1009; 0 is no
    /// limit.
    pub fn max_payload(&self) -> usize {
        self.max_payload.load(Relaxed)
    }

    /// Sets [`Settings::max_payload`].
    pub fn set_max_payload(&self, value: usize) {
        self.max_payload.store(value, Relaxed);
    }

    /// `maxHandshakePayload`: the same until the handshake is resolved, and also the limit of all messages
    /// together until then; 0 means that only `maxPayload` holds.
    pub fn max_handshake_payload(&self) -> usize {
        self.max_handshake_payload.load(Relaxed)
    }

    /// Sets [`Settings::max_handshake_payload`].
    pub fn set_max_handshake_payload(&self, value: usize) {
        self.max_handshake_payload.store(value, Relaxed);
    }

    /// `maxInflatingBytes`: bytes that the unfinished compressed messages of all clients together may take;
    /// further messages wait; 0 is no limit.
    pub fn max_inflating_bytes(&self) -> usize {
        self.max_inflating_bytes.load(Relaxed)
    }

    /// Sets [`Settings::max_inflating_bytes`].
    pub fn set_max_inflating_bytes(&self, value: usize) {
        self.max_inflating_bytes.store(value, Relaxed);
    }

    /// `maxBufferedBytes`: bytes that may wait for one client to read them.
    pub fn max_buffered_bytes(&self) -> usize {
        self.max_buffered_bytes.load(Relaxed)
    }

    /// Sets [`Settings::max_buffered_bytes`].
    pub fn set_max_buffered_bytes(&self, value: usize) {
        self.max_buffered_bytes.store(value, Relaxed);
    }

    /// `highWaterMark`: bytes waiting for one client from which on `connection.writableNeedDrain` is true,
    /// until `_drain`.
    pub fn high_water_mark(&self) -> usize {
        self.high_water_mark.load(Relaxed)
    }

    /// Sets [`Settings::high_water_mark`].
    pub fn set_high_water_mark(&self, value: usize) {
        self.high_water_mark.store(value, Relaxed);
    }

    /// `maxGatheredBytes`: bytes of responses to `send` of rooms and of everyone that may wait for those of
    /// other clients, all such messages together: above it the largest responses are dropped and told as
    /// `scResponseTooLarge`.
    pub fn max_gathered_bytes(&self) -> usize {
        self.max_gathered_bytes.load(Relaxed)
    }

    /// Sets [`Settings::max_gathered_bytes`].
    pub fn set_max_gathered_bytes(&self, value: usize) {
        self.max_gathered_bytes.store(value, Relaxed);
    }

    /// `maxFragments`: frames of one message; more end the connection with 1009.
    pub fn max_fragments(&self) -> u32 {
        self.max_fragments.load(Relaxed)
    }

    /// Sets [`Settings::max_fragments`].
    pub fn set_max_fragments(&self, value: u32) {
        self.max_fragments.store(value, Relaxed);
    }

    /// `maxHeaderBytes`: bytes of an upgrade request; a longer one gets status 431.
    pub fn max_header_bytes(&self) -> usize {
        self.max_header_bytes.load(Relaxed)
    }

    /// Sets [`Settings::max_header_bytes`].
    pub fn set_max_header_bytes(&self, value: usize) {
        self.max_header_bytes.store(value, Relaxed);
    }

    /// `maxHeaders`: header lines of an upgrade request; more get status 431.
    pub fn max_headers(&self) -> usize {
        self.max_headers.load(Relaxed)
    }

    /// Sets [`Settings::max_headers`].
    pub fn set_max_headers(&self, value: usize) {
        self.max_headers.store(value, Relaxed);
    }

    /// `maxConnections`: connections at a time; further ones get status 503 with `Retry-After`.
    pub fn max_connections(&self) -> usize {
        self.max_connections.load(Relaxed)
    }

    /// Sets [`Settings::max_connections`].
    pub fn set_max_connections(&self, value: usize) {
        self.max_connections.store(value, Relaxed);
    }

    /// `maxConnectionsPerAddress`: connections at a time of one address (IPv6: of one /64); further ones
    /// get 503. With `trustProxy` it is the client's address.
    pub fn max_connections_per_address(&self) -> usize {
        self.max_connections_per_address.load(Relaxed)
    }

    /// Sets [`Settings::max_connections_per_address`].
    pub fn set_max_connections_per_address(&self, value: usize) {
        self.max_connections_per_address.store(value, Relaxed);
    }

    /// `messagesPerSecond`: messages a client may send per second; see limits.
    pub fn messages_per_second(&self) -> u32 {
        self.messages_per_second.load(Relaxed)
    }

    /// Sets [`Settings::messages_per_second`].
    pub fn set_messages_per_second(&self, value: u32) {
        self.messages_per_second.store(value, Relaxed);
    }

    /// `bytesPerSecond`: the same in bytes, counted as received and as inflated.
    pub fn bytes_per_second(&self) -> u32 {
        self.bytes_per_second.load(Relaxed)
    }

    /// Sets [`Settings::bytes_per_second`].
    pub fn set_bytes_per_second(&self, value: u32) {
        self.bytes_per_second.store(value, Relaxed);
    }

    /// `rateBurst`: how much a client may send at once: what its rate allows in this many ms.
    pub fn rate_burst(&self) -> u32 {
        self.rate_burst.load(Relaxed)
    }

    /// Sets [`Settings::rate_burst`].
    pub fn set_rate_burst(&self, value: u32) {
        self.rate_burst.store(value, Relaxed);
    }

    /// `rateTimeout`: time a client may stay over its rate before it is closed with 4207.
    pub fn rate_timeout(&self) -> u32 {
        self.rate_timeout.load(Relaxed)
    }

    /// Sets [`Settings::rate_timeout`].
    pub fn set_rate_timeout(&self, value: u32) {
        self.rate_timeout.store(value, Relaxed);
    }

    /// `busyPoll`: while requests come one by one, at most 200 µs apart, the io thread polls its sockets
    /// instead of sleeping: answers come sooner, and the thread uses its core meanwhile.
    pub fn busy_poll(&self) -> bool {
        self.busy_poll.load(Relaxed)
    }

    /// Sets [`Settings::busy_poll`].
    pub fn set_busy_poll(&self, value: bool) {
        self.busy_poll.store(value, Relaxed);
    }

    /// `historyBytes`: memory that the kept messages of all rooms may take; above it the rooms that keep
    /// most drop their oldest messages.
    pub fn history_bytes(&self) -> usize {
        self.history_bytes.load(Relaxed)
    }

    /// Sets [`Settings::history_bytes`].
    pub fn set_history_bytes(&self, value: usize) {
        self.history_bytes.store(value, Relaxed);
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            handshake_timeout: AtomicU32::new(60_000),
            ping_interval: AtomicU32::new(15_000),
            close_timeout: AtomicU32::new(30_000),
            upgrade_timeout: AtomicU32::new(10_000),
            max_payload: AtomicUsize::new(104_857_600),
            max_handshake_payload: AtomicUsize::new(65_536),
            max_inflating_bytes: AtomicUsize::new(268_435_456),
            max_buffered_bytes: AtomicUsize::new(16_777_216),
            high_water_mark: AtomicUsize::new(1_048_576),
            max_gathered_bytes: AtomicUsize::new(67_108_864),
            max_fragments: AtomicU32::new(131_072),
            max_header_bytes: AtomicUsize::new(16_384),
            max_headers: AtomicUsize::new(100),
            max_connections: AtomicUsize::new(100_000),
            max_connections_per_address: AtomicUsize::new(32_768),
            messages_per_second: AtomicU32::new(100_000),
            bytes_per_second: AtomicU32::new(134_217_728),
            rate_burst: AtomicU32::new(1_000),
            rate_timeout: AtomicU32::new(60_000),
            busy_poll: AtomicBool::new(true),
            history_bytes: AtomicUsize::new(67_108_864),
        }
    }
}
