//! The settings of the engine, as an application gives them.

use std::time::Duration;

use super::address::Addresses;

/// How an engine reaches Redis.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// An address (`redis:`, `rediss:`, `unix:`), or several of sentinels (`redis+sentinel:`) or of servers of a Redis
    /// Cluster (`redis+cluster:`).
    pub addresses: Vec<String>,
    /// What the names of channels and keys begin with, without the colon.
    pub prefix: String,
    /// Set when an address wants TLS; with settings, TLS is used with every kind of address but `unix:`.
    pub tls: Option<RedisTls>,
    /// Longest message that is taken from Redis, in bytes. Longer ones are dropped.
    pub max_message: usize,
    /// How long a connection may take to be made, and a command to be answered.
    pub timeout: Duration,
}

/// TLS towards Redis. All texts are PEM.
#[derive(Clone, Default)]
pub struct RedisTls {
    /// The authorities that are trusted. There are none by default: the caller gives those of its platform.
    pub ca: String,
    /// The certificate to present, and its issuers.
    pub cert: Option<String>,
    /// Its private key, not encrypted.
    pub key: Option<String>,
    /// The name in the certificates of the servers; `None`: the host of the address.
    pub servername: Option<String>,
}

impl std::fmt::Debug for RedisTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisTls")
            .field("servername", &self.servername)
            .finish_non_exhaustive()
    }
}

/// Why settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{option} {message}")]
pub struct RedisSettingsError {
    /// The option that is wrong: `redis`, `tls`, `tls.ca`, `tls.cert`, `tls.key` or `tls.servername`.
    pub option: &'static str,
    /// What is wrong with it. It holds no password.
    pub message: String,
}

impl RedisSettings {
    /// Whether the addresses want TLS, so that [`RedisTls::ca`] has to be given.
    ///
    /// # Errors
    /// An address cannot be read.
    pub fn wants_tls<S: AsRef<str>>(addresses: &[S]) -> Result<bool, RedisSettingsError> {
        Ok(addresses_of(addresses)?.tls)
    }
}

/// Reads addresses.
pub fn addresses_of<S: AsRef<str>>(texts: &[S]) -> Result<Addresses, RedisSettingsError> {
    Addresses::parse(texts).map_err(|message| RedisSettingsError {
        option: "redis",
        message,
    })
}
