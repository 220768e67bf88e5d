//! Settings as JavaScript gives them. Generated from `facts/`: do not edit, run `npm run facts`.

use napi_derive::napi;

use line_socket_core::Config;

use super::slow_consumer::SlowConsumer;

/// Settings to change, under the names of their options. An absent setting stays as it is.
#[napi(object, object_to_js = false)]
pub struct Settings {
    pub handshake_timeout: Option<u32>,
    pub ping_interval: Option<u32>,
    pub close_timeout: Option<u32>,
    pub upgrade_timeout: Option<u32>,
    pub max_payload: Option<i64>,
    pub max_handshake_payload: Option<i64>,
    pub max_inflating_bytes: Option<i64>,
    pub max_buffered_bytes: Option<i64>,
    pub high_water_mark: Option<i64>,
    pub max_gathered_bytes: Option<i64>,
    pub max_fragments: Option<u32>,
    pub max_header_bytes: Option<i64>,
    pub max_headers: Option<i64>,
    pub max_connections: Option<i64>,
    pub max_connections_per_address: Option<i64>,
    pub messages_per_second: Option<u32>,
    pub bytes_per_second: Option<u32>,
    pub rate_burst: Option<u32>,
    pub rate_timeout: Option<u32>,
    pub slow_consumer: Option<SlowConsumer>,
    pub busy_poll: Option<bool>,
    pub history_bytes: Option<i64>,
}

impl Settings {
    /// Changes them.
    pub fn apply(self, config: &Config) {
        if let Some(value) = self.handshake_timeout {
            config.set_handshake_timeout(value);
        }
        if let Some(value) = self.ping_interval {
            config.set_ping_interval(value);
        }
        if let Some(value) = self.close_timeout {
            config.set_close_timeout(value);
        }
        if let Some(value) = self.upgrade_timeout {
            config.set_upgrade_timeout(value);
        }
        if let Some(value) = self.max_payload {
            config.set_max_payload(size(value));
        }
        if let Some(value) = self.max_handshake_payload {
            config.set_max_handshake_payload(size(value));
        }
        if let Some(value) = self.max_inflating_bytes {
            config.set_max_inflating_bytes(size(value));
        }
        if let Some(value) = self.max_buffered_bytes {
            config.set_max_buffered_bytes(size(value));
        }
        if let Some(value) = self.high_water_mark {
            config.set_high_water_mark(size(value));
        }
        if let Some(value) = self.max_gathered_bytes {
            config.set_max_gathered_bytes(size(value));
        }
        if let Some(value) = self.max_fragments {
            config.set_max_fragments(value);
        }
        if let Some(value) = self.max_header_bytes {
            config.set_max_header_bytes(size(value));
        }
        if let Some(value) = self.max_headers {
            config.set_max_headers(size(value));
        }
        if let Some(value) = self.max_connections {
            config.set_max_connections(size(value));
        }
        if let Some(value) = self.max_connections_per_address {
            config.set_max_connections_per_address(size(value));
        }
        if let Some(value) = self.messages_per_second {
            config.set_messages_per_second(value);
        }
        if let Some(value) = self.bytes_per_second {
            config.set_bytes_per_second(value);
        }
        if let Some(value) = self.rate_burst {
            config.set_rate_burst(value);
        }
        if let Some(value) = self.rate_timeout {
            config.set_rate_timeout(value);
        }
        if let Some(value) = self.slow_consumer {
            config.set_slow_consumer(value.into());
        }
        if let Some(value) = self.busy_poll {
            config.set_busy_poll(value);
        }
        if let Some(value) = self.history_bytes {
            config.set_history_bytes(size(value));
        }
    }
}

/// A number of bytes or items.
fn size(value: i64) -> usize {
    usize::try_from(value).unwrap_or(if value < 0 { 0 } else { usize::MAX })
}
