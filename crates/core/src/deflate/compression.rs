//! What one connection has agreed to, and what follows from it.

use std::sync::Arc;

use super::agreement::Agreement;
use super::compress::Compressor;
use super::inflate::Inflater;
use super::policy::CompressionPolicy;

/// What one connection has agreed to, and the settings of the server for it.
#[derive(Debug, Clone)]
pub struct Compression {
    /// The parameters agreed on.
    pub agreement: Agreement,
    /// The server's policy when the connection opened.
    pub policy: Arc<CompressionPolicy>,
}

impl Compression {
    /// An inflater for what the peer sends.
    pub fn inflater(&self) -> Inflater {
        Inflater::new(&self.agreement, self.policy.inflate_chunk)
    }

    /// A compressor for what is sent to the peer.
    pub fn compressor(&self) -> Compressor {
        Compressor::new(&self.agreement, self.policy.settings)
    }
}
