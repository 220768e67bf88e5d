//! Close codes (RFC 6455 section 7.4, the IANA registry, contract section 1).

/// A close code as it travels: two bytes, so a plain number.
///
/// Not an enum: a peer may send any of the 3000-4999 range, the application too, and both sides of
/// the JavaScript boundary speak of numbers.
pub type CloseCode = u16;

/// The purpose of the connection is fulfilled.
pub const NORMAL: CloseCode = 1000;
/// The endpoint goes away: a server shutting down, a browser leaving the page.
pub const GOING_AWAY: CloseCode = 1001;
/// The peer broke the protocol.
pub const PROTOCOL_ERROR: CloseCode = 1002;
/// The peer sent a type of data that is not accepted.
pub const UNSUPPORTED_DATA: CloseCode = 1003;
/// No code was in the close frame. Never sent, only reported.
pub const NO_STATUS: CloseCode = 1005;
/// The connection ended without a close frame. Never sent, only reported.
pub const ABNORMAL: CloseCode = 1006;
/// Data did not match its type: text that is not UTF-8.
pub const INVALID_PAYLOAD: CloseCode = 1007;
/// The peer broke a policy, and no other code fits.
pub const POLICY_VIOLATION: CloseCode = 1008;
/// A message is too big to process.
pub const MESSAGE_TOO_BIG: CloseCode = 1009;
/// The server met a condition it did not expect.
pub const UNEXPECTED_CONDITION: CloseCode = 1011;
/// The server has no room for now.
pub const TRY_AGAIN_LATER: CloseCode = 1013;

/// An internal error of this library.
pub const INTERNAL_ERROR: CloseCode = 4200;
/// A ping was not answered in time; reason `Ping failed`.
pub const PING_FAILED: CloseCode = 4201;
/// The handshake was malformed or not completed in time.
pub const HANDSHAKE_FAILED: CloseCode = 4202;
/// The application refused the handshake; reason `Handshake rejected`.
pub const HANDSHAKE_REJECTED: CloseCode = 4203;
/// The disconnect timeout passed.
pub const DISCONNECT_TIMEOUT: CloseCode = 4204;
/// The client was disposed of by its application.
pub const CLIENT_DISPOSED: CloseCode = 4205;
/// The peer does not read what is sent to it; reason `Slow consumer`.
pub const SLOW_CONSUMER: CloseCode = 4206;
/// The peer sends more than it may; reason `Rate limit`.
pub const RATE_LIMIT: CloseCode = 4207;
/// An error that has no code of its own.
pub const UNKNOWN_ERROR: CloseCode = 4299;

/// Whether a close frame may carry `code` (RFC 6455 section 7.4, IANA "WebSocket Close Code Number").
///
/// 1004 has no meaning yet, 1005, 1006 and 1015 only ever describe what happened locally, 1016-2999
/// are reserved for future revisions, and nothing outside 1000-4999 is defined.
pub const fn is_allowed_on_wire(code: CloseCode) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// Whether the application may close a connection with `code`.
///
/// The codes the original accepts: all that may travel, except 1014, which is for gateways. It is
/// still allowed on the wire, so a peer that sends it can be answered with the same.
pub const fn is_sendable(code: CloseCode) -> bool {
    is_allowed_on_wire(code) && code != 1014
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_registered_and_private_codes_travel() {
        let allowed: Vec<u16> = (0..3000).filter(|&code| is_allowed_on_wire(code)).collect();
        let registered = [
            1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
        ];
        assert_eq!(allowed, registered);
        assert!((3000..=4999).all(is_allowed_on_wire));
        assert!(!(5000..=u16::MAX).any(is_allowed_on_wire));
    }

    #[test]
    fn only_1014_travels_but_is_not_for_applications() {
        let refused: Vec<u16> = (0..=u16::MAX)
            .filter(|&code| is_allowed_on_wire(code) && !is_sendable(code))
            .collect();
        assert_eq!(refused, [1014]);
        assert!(!(0..=u16::MAX).any(|code| is_sendable(code) && !is_allowed_on_wire(code)));
    }
}
