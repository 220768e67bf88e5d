//! Servers that are joined by Redis or Valkey.

use std::sync::Arc;
use std::time::Duration;

use napi::Result;
use napi::bindgen_prelude::Function;
use napi_derive::napi;

use line_socket_core::{RedisEngine, RedisSettings, RedisTls};

use super::nodes::JoinSettings;
use super::state::{InvalidOption, ServerCore};

/// Longest time for a connection, and for an answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Certificates for Redis, as PEM.
#[napi(object, object_to_js = false)]
pub struct RedisCertificates {
    pub ca: String,
    pub cert: Option<String>,
    pub key: Option<String>,
    pub servername: Option<String>,
}

/// Where Redis is: see `types/adapter.d.ts`.
#[napi(object, object_to_js = false)]
pub struct RedisPlace {
    pub urls: Vec<String>,
    pub prefix: String,
    pub tls: Option<RedisCertificates>,
    pub max_message: i64,
}

impl From<RedisPlace> for RedisSettings {
    fn from(place: RedisPlace) -> Self {
        Self {
            addresses: place.urls,
            prefix: place.prefix,
            tls: place.tls.map(|tls| RedisTls {
                ca: tls.ca,
                cert: tls.cert,
                key: tls.key,
                servername: tls.servername,
            }),
            max_message: usize::try_from(place.max_message).unwrap_or(0),
            timeout: TIMEOUT,
        }
    }
}

#[napi]
impl ServerCore {
    /// Whether URLs of Redis ask for TLS; null when they are not valid, which `checkRedis` explains.
    #[napi]
    pub fn wants_tls(urls: Vec<String>) -> Option<bool> {
        RedisSettings::wants_tls(&urls).ok()
    }

    /// What is wrong with the settings; null when nothing is.
    #[napi]
    pub fn check_redis(place: RedisPlace) -> Option<InvalidOption> {
        let made = RedisEngine::new(&place.into());
        made.err()
            .map(|error| InvalidOption::new(error.option, &error.message))
    }

    /// Joins other servers by Redis. Returns what the system has against it.
    #[napi]
    pub fn join_by_redis(
        &self,
        place: RedisPlace,
        settings: JoinSettings,
        on_wake: Function<'_, (), ()>,
    ) -> Result<Option<String>> {
        let engine = match RedisEngine::new(&place.into()) {
            Ok(engine) => Arc::new(engine),
            Err(error) => return Ok(Some(error.to_string())),
        };
        let joined = self.state()?.join(engine, None, settings, &on_wake)?;
        Ok(joined.err().map(|error| error.to_string()))
    }
}
