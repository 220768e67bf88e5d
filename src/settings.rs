//! The function that changes a setting while the server runs, or before.

use std::cell::RefCell;
use std::rc::Rc;

use napi::bindgen_prelude::Object;
use napi::{Error, Result, Status};

use line_socket_core::SlowConsumer;

use super::raw::{self, Call, Value};
use super::state::JsServer;

/// Adds the function to the server's object.
pub fn define(object: &mut Object<'_>, server: &Rc<RefCell<JsServer>>) -> Result<()> {
    raw::define(object, "configure", server, configure)
}

/// `configure(name, value)`. Sets one setting, under the name of its option; `value` is a number
/// (of milliseconds, of bytes, …), or 1 for true. What holds when is said in `hub/config.rs`.
fn configure(server: &mut JsServer, call: &Call) -> Result<Value> {
    let config = &server.hub.config;
    let name = call.string(0)?;
    match name.as_str() {
        "handshakeTimeout" => config.set_handshake_timeout(call.uint(1)?),
        "pingInterval" => config.set_ping_interval(call.uint(1)?),
        "closeTimeout" => config.set_close_timeout(call.uint(1)?),
        "upgradeTimeout" => config.set_upgrade_timeout(call.uint(1)?),
        "maxPayload" => config.set_max_payload(call.size(1)?),
        "maxHandshakePayload" => config.set_max_handshake_payload(call.size(1)?),
        "maxInflatingBytes" => config.set_max_inflating(call.size(1)?),
        "maxBufferedBytes" => config.set_max_buffered(call.size(1)?),
        "highWaterMark" => config.set_high_water(call.size(1)?),
        "maxFragments" => config.set_max_fragments(call.uint(1)?),
        "maxHeaderBytes" => config.set_max_header_bytes(call.size(1)?),
        "maxHeaders" => config.set_max_headers(call.size(1)?),
        "maxConnections" => config.set_max_connections(call.size(1)?),
        "maxConnectionsPerAddress" => config.set_max_connections_per_address(call.size(1)?),
        "messagesPerSecond" => config.set_messages_per_second(call.uint(1)?),
        "bytesPerSecond" => config.set_bytes_per_second(call.uint(1)?),
        "rateBurst" => config.set_rate_burst(call.uint(1)?),
        "rateTimeout" => config.set_rate_timeout(call.uint(1)?),
        "busyPoll" => config.set_busy_poll(call.uint(1)? == 1),
        "dropBroadcasts" => config.set_slow_consumer(if call.uint(1)? == 1 {
            SlowConsumer::Drop
        } else {
            SlowConsumer::Close
        }),
        unknown => {
            let text = format!("the core has no setting {unknown}");
            return Err(Error::new(Status::InvalidArg, text));
        }
    }
    call.undefined()
}
