//! The live settings of a server.

use napi::Result;
use napi_derive::napi;

use super::state::ServerCore;

/// What happens to a client that does not read what is sent to it.
#[napi(string_enum = "lowercase")]
pub enum SlowConsumer {
    Close,
    Drop,
}

impl From<SlowConsumer> for line_socket_core::SlowConsumer {
    fn from(policy: SlowConsumer) -> Self {
        match policy {
            SlowConsumer::Close => Self::Close,
            SlowConsumer::Drop => Self::Drop,
        }
    }
}

/// Settings to change, under the names of their options (`types/options.d.ts`), in milliseconds, bytes or
/// counts. An absent setting stays as it is. `hub/config.rs` says when a change takes effect.
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
    pub slow_consumer: Option<SlowConsumer>,
    pub max_fragments: Option<u32>,
    pub max_header_bytes: Option<i64>,
    pub max_headers: Option<i64>,
    pub max_connections: Option<i64>,
    pub max_connections_per_address: Option<i64>,
    pub messages_per_second: Option<u32>,
    pub bytes_per_second: Option<u32>,
    pub rate_burst: Option<u32>,
    pub rate_timeout: Option<u32>,
    pub busy_poll: Option<bool>,
    pub history_bytes: Option<i64>,
}

#[napi]
impl ServerCore {
    /// Changes settings while the server runs, or before.
    #[napi]
    pub fn configure(&self, settings: Settings) -> Result<()> {
        let server = self.state()?;
        let config = &server.hub.config;
        if let Some(value) = settings.handshake_timeout {
            config.set_handshake_timeout(value);
        }
        if let Some(value) = settings.ping_interval {
            config.set_ping_interval(value);
        }
        if let Some(value) = settings.close_timeout {
            config.set_close_timeout(value);
        }
        if let Some(value) = settings.upgrade_timeout {
            config.set_upgrade_timeout(value);
        }
        if let Some(value) = settings.max_payload {
            config.set_max_payload(bytes(value));
        }
        if let Some(value) = settings.max_handshake_payload {
            config.set_max_handshake_payload(bytes(value));
        }
        if let Some(value) = settings.max_inflating_bytes {
            config.set_max_inflating(bytes(value));
        }
        if let Some(value) = settings.max_buffered_bytes {
            config.set_max_buffered(bytes(value));
        }
        if let Some(value) = settings.high_water_mark {
            config.set_high_water(bytes(value));
        }
        if let Some(value) = settings.slow_consumer {
            config.set_slow_consumer(value.into());
        }
        if let Some(value) = settings.max_fragments {
            config.set_max_fragments(value);
        }
        if let Some(value) = settings.max_header_bytes {
            config.set_max_header_bytes(bytes(value));
        }
        if let Some(value) = settings.max_headers {
            config.set_max_headers(bytes(value));
        }
        if let Some(value) = settings.max_connections {
            config.set_max_connections(bytes(value));
        }
        if let Some(value) = settings.max_connections_per_address {
            config.set_max_connections_per_address(bytes(value));
        }
        if let Some(value) = settings.messages_per_second {
            config.set_messages_per_second(value);
        }
        if let Some(value) = settings.bytes_per_second {
            config.set_bytes_per_second(value);
        }
        if let Some(value) = settings.rate_burst {
            config.set_rate_burst(value);
        }
        if let Some(value) = settings.rate_timeout {
            config.set_rate_timeout(value);
        }
        if let Some(value) = settings.busy_poll {
            config.set_busy_poll(value);
        }
        if let Some(value) = settings.history_bytes {
            config.set_history_bytes(bytes(value));
        }
        Ok(())
    }
}

/// A number of bytes or items.
fn bytes(value: i64) -> usize {
    usize::try_from(value).unwrap_or(if value < 0 { 0 } else { usize::MAX })
}
