//! The close codes of the server, and their reasons. Generated from `facts/`: do not edit, run `npm run facts`.

#![expect(dead_code, reason = "some are sent by JavaScript alone")]

/// `close()` without a code; also reported when a client closes without a code.
pub const NORMAL: u16 = 1000;
/// `stop({ drain })`, unless it is given another code: connect again.
pub const GOING_AWAY: u16 = 1001;
/// The client broke RFC 6455: unmasked frame, reserved bits, bad opcode, length, fragment or close
/// frame.
pub const PROTOCOL_ERROR: u16 = 1002;
/// Never sent: reported to `_disconnected` when a connection ended without a closing handshake, or by a
/// violation.
pub const ABNORMAL: u16 = 1006;
/// A text that is not UTF-8.
pub const INVALID_PAYLOAD: u16 = 1007;
/// A message longer than `maxPayload` (before the handshake is resolved: `maxHandshakePayload`), or in
/// more frames than `maxFragments`.
pub const MESSAGE_TOO_BIG: u16 = 1009;
/// Other clients wait for a compressed message of this one; see `maxInflatingBytes`.
pub const TRY_AGAIN_LATER: u16 = 1013;
/// A ping was not answered within `responseTimeout`; the reason of the client is `Auto ping failed`.
pub const PING_FAILED: u16 = 4201;
/// The handshake was not completed in time; see `handshakeTimeout`. The reason of the client is
/// `Handshake failed`; its limit is `handshake.timeout`.
pub const HANDSHAKE_FAILED: u16 = 4202;
/// The handshake was rejected: the client closes at once, the server 50 ms after its answer.
pub const HANDSHAKE_REJECTED: u16 = 4203;
/// Never sent: reported to `_disconnected` of the client, with the reason `Disconnect timeout`, when
/// the server did not close the connection within `disconnectTimeout`.
pub const DISCONNECT_TIMEOUT: u16 = 4204;
/// The other side does not read: of the server see `maxBufferedBytes`; the client closes when its
/// answers that wait take 256 MiB.
pub const SLOW_CONSUMER: u16 = 4206;
/// The client sends more than `messagesPerSecond` or `bytesPerSecond` allow, for longer than
/// `rateTimeout`.
pub const RATE_LIMIT: u16 = 4207;
/// Another connection has taken the id, by `setIdAsync` with `conflict: "takeover"`. The client of this
/// package does not connect again by itself, and emits `_taken_over`.
pub const TAKEN_OVER: u16 = 4208;

/// The reasons that are given with them.
pub mod reason {
    /// With [`super::TRY_AGAIN_LATER`].
    pub const TRY_AGAIN_LATER: &str = "Message took too long";
    /// With [`super::PING_FAILED`].
    pub const PING_FAILED: &str = "Ping failed";
    /// With [`super::HANDSHAKE_REJECTED`].
    pub const HANDSHAKE_REJECTED: &str = "Handshake rejected";
    /// With [`super::SLOW_CONSUMER`].
    pub const SLOW_CONSUMER: &str = "Slow consumer";
    /// With [`super::RATE_LIMIT`].
    pub const RATE_LIMIT: &str = "Rate limit";
    /// With [`super::TAKEN_OVER`].
    pub const TAKEN_OVER: &str = "Taken over";
}
