//! How long servers are waited for.

use std::time::Duration;

/// Pause between the handshake's answer and the first request, for every peer: the original loses a
/// request that comes within about a millisecond.
pub const SETTLE: Duration = Duration::from_millis(5);

/// The same for many connections that were opened at once: the original is not done with the last of
/// them when it has answered, and would leave them out of a broadcast.
pub const SETTLE_ALL: Duration = Duration::from_millis(200);

/// A server that sends nothing for this long while it should has failed.
pub const STALL: Duration = Duration::from_secs(10);
