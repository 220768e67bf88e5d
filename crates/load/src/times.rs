//! How long the load generator waits for servers.

use std::time::Duration;

/// Pause between the handshake's answer and the first request. It is the same for every peer, because the original
/// loses a request that comes within about a millisecond.
pub const SETTLE: Duration = Duration::from_millis(5);

/// The same for many connections that were opened at once. The original answers the last of them before it has
/// registered them, and would leave them out of a broadcast.
pub const SETTLE_ALL: Duration = Duration::from_millis(200);

/// A server has failed if it sends nothing for this long although it should.
pub const STALL: Duration = Duration::from_secs(10);
