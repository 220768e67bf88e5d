//! What has happened so far, in numbers.

use napi::Result;
use napi_derive::napi;

use line_socket_core::Counter;

use super::state::ServerCore;

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

/// The numbers of `getStats`: see `types/stats.d.ts`.
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
    pub violations: i64,
}

#[napi]
impl ServerCore {
    /// What has happened so far.
    #[napi]
    pub fn stats(&self) -> Result<Stats> {
        let server = self.state()?;
        let hub = &server.hub;
        let count = |counter| hub.stats.get(counter).cast_signed();
        Ok(Stats {
            connections: (hub.registry().len() as u64).cast_signed(),
            connections_total: count(Counter::Opened),
            refused: Refused {
                max_connections: count(Counter::RefusedInAll),
                max_connections_per_address: count(Counter::RefusedOfClient),
                request: count(Counter::RefusedRequest),
                application: count(Counter::RefusedByApplication),
                timeout: count(Counter::RefusedTimeout),
                stopping: count(Counter::RefusedStopping),
            },
            messages_received: count(Counter::MessagesReceived),
            bytes_received: count(Counter::BytesReceived),
            messages_sent: server.sent.messages.cast_signed() + count(Counter::MessagesAnswered),
            bytes_sent: server.sent.bytes.cast_signed() + count(Counter::BytesAnswered),
            bytes_waiting: (hub.inbox.waiting() as u64).cast_signed(),
            broadcasts_dropped: count(Counter::BroadcastsDropped),
            slow_consumers: count(Counter::SlowConsumers),
            rate_delays: count(Counter::RateDelays),
            rate_limited: count(Counter::RateLimited),
            violations: count(Counter::Violations),
        })
    }
}
