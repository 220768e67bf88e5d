//! The settings of a hub. Times are read when a connection opens, so that a change while the server runs
//! applies to later connections.

mod settings;

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use crate::deflate::CompressionPolicy;

use settings::Settings;

/// What happens to a peer that does not read what is sent to it (`slowConsumer`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlowConsumer {
    /// End the connection with close code 4206 once its limit is reached.
    Close,
    /// Leave out broadcasts while the limit is reached; end the connection only when messages that
    /// may not be left out pile up to twice the limit.
    Drop,
}

/// Live settings: those that options set by themselves, and others.
#[derive(Debug, Default)]
pub struct Config {
    settings: Settings,
    drop_broadcasts: AtomicBool,
    compression: Mutex<Option<Arc<CompressionPolicy>>>,
}

impl Deref for Config {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.settings
    }
}

impl Config {
    /// What is agreed to when a peer offers permessage-deflate; `None`: nothing.
    pub fn compression(&self) -> Option<Arc<CompressionPolicy>> {
        self.compression
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Sets [`Config::compression`].
    pub fn set_compression(&self, policy: Option<CompressionPolicy>) {
        *self
            .compression
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = policy.map(Arc::new);
    }

    /// What happens when [`Config::max_buffered_bytes`] is reached.
    pub fn slow_consumer(&self) -> SlowConsumer {
        if self.drop_broadcasts.load(Relaxed) {
            SlowConsumer::Drop
        } else {
            SlowConsumer::Close
        }
    }

    /// Sets [`Config::slow_consumer`].
    pub fn set_slow_consumer(&self, policy: SlowConsumer) {
        self.drop_broadcasts
            .store(policy == SlowConsumer::Drop, Relaxed);
    }
}
