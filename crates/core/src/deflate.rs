//! permessage-deflate (RFC 7692): what is agreed on in the opening handshake, and compressing and inflating
//! messages. It is sans-IO and knows no frames. The codec and the hub call it.
//!
//! | file | owns |
//! | --- | --- |
//! | `offer` | the grammar of `Sec-WebSocket-Extensions` |
//! | `policy` | what the server wants, and what it makes of a client's offers |
//! | `agreement` | the parameters agreed on |
//! | `inflate` | a peer's messages, bounded in memory and time |
//! | `compression` | the agreement of one connection, with the server's settings |
//! | `settings` | the parameters of zlib |
//! | `compress` | our messages |
//! | `pool` | the states that connections without context takeover share |
//!
//! Without context takeover, which is the default, a message does not depend on those before it: a connection
//! holds no state of zlib between messages, and borrows one from its thread for each message. With context
//! takeover a connection holds one state for each direction, which costs hundreds of kilobytes and makes small
//! messages smaller.

mod agreement;
mod compress;
mod compression;
mod inflate;
mod offer;
mod policy;
mod pool;
#[cfg(test)]
mod reference;
mod settings;
#[cfg(test)]
mod tests;

pub use agreement::Agreement;
pub use compress::Compressor;
pub use compression::Compression;
pub use inflate::{Corrupt, Inflater};
pub use policy::{CompressionPolicy, WindowBits};
pub use settings::{CompressionSettings, CompressionStrategy};
