//! permessage-deflate (RFC 7692): what is agreed on in the opening handshake, and messages made
//! small and large again. Sans-IO, and without frames: the codec and the transport call it.
//!
//! | file | owns |
//! | --- | --- |
//! | `offer` | the grammar of `Sec-WebSocket-Extensions` |
//! | `policy` | what the server wants, and what it makes of a client's offers |
//! | `agreement` | the parameters agreed on |
//! | `inflate` | a peer's messages, bounded in memory and time |
//! | `compress` | our messages |
//! | `pool` | the states that connections without context takeover share |
//!
//! Without context takeover, which is the default, a message depends on none before it: a connection
//! holds no state between messages and borrows one from its thread for each. With it a connection
//! holds one for each direction, which costs hundreds of kilobytes and makes small messages smaller.

mod agreement;
mod compress;
mod inflate;
mod offer;
mod policy;
mod pool;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use agreement::Agreement;
pub use compress::{Compressor, Settings, Strategy};
pub use inflate::{Corrupt, Inflater};
pub use policy::{Policy, WindowBits};

/// The tail of a flushed deflate stream, which does not travel (RFC 7692 section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// What one connection has agreed to, and how this server goes about it.
#[derive(Debug, Clone)]
pub struct Compression {
    /// The parameters agreed on.
    pub agreement: Agreement,
    /// The server's wishes when the connection opened.
    pub policy: Arc<Policy>,
}

impl Compression {
    /// For what the peer sends.
    pub fn inflater(&self) -> Inflater {
        Inflater::new(&self.agreement, self.policy.inflate_chunk)
    }

    /// For what is sent to the peer.
    pub fn compressor(&self) -> Compressor {
        Compressor::new(&self.agreement, self.policy.settings)
    }
}
