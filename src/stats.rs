//! What has happened so far, in numbers.

use napi::Result;

use line_socket_core::Counter;

use super::raw::{Call, Value};
use super::server::JsServer;

/// What the JavaScript thread has sent: counted by that thread alone, so without atomics.
#[derive(Debug, Default)]
pub struct Sent {
    /// Messages, a broadcast once for each connection.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Sent {
    /// Counts a message of `length` bytes for so many connections.
    pub fn add(&mut self, length: usize, connections: usize) {
        self.messages += connections as u64;
        self.bytes += (length as u64) * (connections as u64);
    }
}

/// `stats(): number[]`. The numbers of `lib/server/stats.js`, in its order.
pub fn stats(server: &mut JsServer, call: &Call) -> Result<Value> {
    let hub = &server.hub;
    let count = |counter| hub.stats.get(counter);
    let open = hub.registry().len() as u64;
    let waiting = hub.inbox.waiting() as u64;
    let numbers = [
        open,
        count(Counter::Opened),
        count(Counter::RefusedInAll),
        count(Counter::RefusedOfClient),
        count(Counter::RefusedRequest),
        count(Counter::RefusedByApplication),
        count(Counter::RefusedTimeout),
        count(Counter::RefusedStopping),
        count(Counter::MessagesReceived),
        count(Counter::BytesReceived),
        server.sent.messages + count(Counter::MessagesAnswered),
        server.sent.bytes + count(Counter::BytesAnswered),
        waiting,
        count(Counter::BroadcastsDropped),
        count(Counter::SlowConsumers),
        count(Counter::RateDelays),
        count(Counter::RateLimited),
        count(Counter::Violations),
    ];
    call.array_value(
        numbers
            .into_iter()
            .map(|number| call.size_value(usize::try_from(number).unwrap_or(usize::MAX))),
    )
}
