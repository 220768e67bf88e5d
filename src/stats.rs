//! What has happened so far, in numbers.

use std::cell::RefCell;
use std::rc::Rc;

use napi::Result;
use napi::bindgen_prelude::Object;

use line_socket_core::Counter;

use super::raw::{self, Call, Value};
use super::state::JsServer;

/// Adds the function to the server's object.
pub fn define(object: &mut Object<'_>, server: &Rc<RefCell<JsServer>>) -> Result<()> {
    raw::define(object, "stats", server, stats)
}

/// `stats(): number[]`. The numbers of `lib/server/stats.js`, in its order.
fn stats(server: &mut JsServer, call: &Call) -> Result<Value> {
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
