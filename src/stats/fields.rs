//! The numbers of `getStats`. Generated from `facts/`: do not edit, run `npm run facts`.

use napi_derive::napi;

use line_socket_core::Counter;

use super::computed;
use crate::state::JsServer;

/// Connections that did not come about, by reason.
#[napi(object, object_from_js = false)]
pub struct Refused {
    pub max_connections: i64,
    pub max_connections_per_address: i64,
    pub request: i64,
    pub application: i64,
    pub timeout: i64,
    pub stopping: i64,
}

/// What has become of clients that came back to rooms with history.
#[napi(object, object_from_js = false)]
pub struct RecoveryCounts {
    pub ring: i64,
    pub failed: i64,
}

/// What is kept of rooms with history.
#[napi(object, object_from_js = false)]
pub struct HistoryCounts {
    pub rooms: i64,
    pub bytes: i64,
}

/// The numbers of `getStats`: see `docs/reference/stats.md`.
#[napi(object, object_from_js = false)]
pub struct Stats {
    pub connections: i64,
    pub connections_total: i64,
    pub refused: Refused,
    pub messages_received: i64,
    pub bytes_received: i64,
    pub messages_sent: i64,
    pub bytes_sent: i64,
    pub bytes_waiting: i64,
    pub broadcasts_dropped: i64,
    pub slow_consumers: i64,
    pub rate_delays: i64,
    pub rate_limited: i64,
    pub recoveries: RecoveryCounts,
    pub replayed: i64,
    pub history: HistoryCounts,
    pub violations: i64,
}

impl Stats {
    /// Reads all of them.
    pub fn read(server: &JsServer) -> Self {
        let count = |counter| server.hub.stats.get(counter).cast_signed();
        Self {
            connections: computed::connections(server),
            connections_total: count(Counter::ConnectionsTotal),
            refused: Refused {
                max_connections: count(Counter::RefusedMaxConnections),
                max_connections_per_address: count(Counter::RefusedMaxConnectionsPerAddress),
                request: count(Counter::RefusedRequest),
                application: count(Counter::RefusedApplication),
                timeout: count(Counter::RefusedTimeout),
                stopping: count(Counter::RefusedStopping),
            },
            messages_received: count(Counter::MessagesReceived),
            bytes_received: count(Counter::BytesReceived),
            messages_sent: computed::messages_sent(server),
            bytes_sent: computed::bytes_sent(server),
            bytes_waiting: computed::bytes_waiting(server),
            broadcasts_dropped: count(Counter::BroadcastsDropped),
            slow_consumers: count(Counter::SlowConsumers),
            rate_delays: count(Counter::RateDelays),
            rate_limited: count(Counter::RateLimited),
            recoveries: RecoveryCounts {
                ring: count(Counter::RecoveriesRing),
                failed: count(Counter::RecoveriesFailed),
            },
            replayed: count(Counter::Replayed),
            history: HistoryCounts {
                rooms: computed::history_rooms(server),
                bytes: computed::history_bytes(server),
            },
            violations: count(Counter::Violations),
        }
    }
}
