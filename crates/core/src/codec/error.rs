//! The violations that a peer can commit on the wire, and the close code of each.

use super::close::{self, CloseCode};
use crate::deflate::Corrupt;

/// A violation of RFC 6455 or of a limit; the connection fails with [`ProtocolError::close_code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A reserved bit is set and no extension gave it a meaning (section 5.2).
    #[error("reserved bits must be clear")]
    ReservedBits,
    /// The opcode, 0x3-0x7 or 0xB-0xF, has no meaning (section 5.2).
    #[error("unknown opcode {0:#x}")]
    UnknownOpcode(u8),
    /// A client's frame is not masked (section 5.1).
    #[error("client frames must be masked")]
    Unmasked,
    /// A control frame without FIN (section 5.5).
    #[error("control frames must not be fragmented")]
    FragmentedControl,
    /// A control frame with more than 125 bytes of payload (section 5.5).
    #[error("control frame payload is longer than 125 bytes")]
    ControlTooLong,
    /// A continuation frame while no message is under way (section 5.4).
    #[error("continuation frame without a message to continue")]
    UnexpectedContinuation,
    /// A text or binary frame while a fragmented message is not finished (section 5.4).
    #[error("new message inside a fragmented message")]
    InterruptedMessage,
    /// A payload length written in more bytes than it needs (section 5.2).
    #[error("payload length is not minimally encoded")]
    NonMinimalLength,
    /// A 64-bit payload length with the most significant bit set (section 5.2).
    #[error("payload length has its most significant bit set")]
    LengthOutOfRange,
    /// A message longer than the limit, found when the header announces it (section 10.4).
    #[error("message is longer than {limit} bytes")]
    MessageTooBig {
        /// The limit in bytes.
        limit: usize,
    },
    /// More than a peer may send before its handshake is resolved.
    #[error(
        "more than {limit} bytes before the handshake was resolved (option maxHandshakePayload)"
    )]
    TooMuchBeforeHandshake {
        /// The limit in bytes.
        limit: usize,
    },
    /// A message in more frames than the limit (section 10.4).
    ///
    /// It closes with 1009 as well: the message is too big to process, measured in frames.
    #[error("message has more than {limit} fragments")]
    TooManyFragments {
        /// The limit in frames.
        limit: u32,
    },
    /// A close frame with a payload of one byte, half a close code (section 5.5.1).
    #[error("close frame holds half a close code")]
    TruncatedCloseCode,
    /// A close code that must not be sent (section 7.4).
    #[error("close code {0} must not be sent")]
    InvalidCloseCode(CloseCode),
    /// Text or a close reason that is not UTF-8 (sections 5.5.1, 5.6 and 8.1).
    #[error("text is not UTF-8")]
    InvalidUtf8,
    /// A compressed message that is not a deflate stream, or ends within a block (RFC 7692 section 7.2.2).
    #[error("compressed data is corrupt")]
    CorruptData,
}

impl From<Corrupt> for ProtocolError {
    fn from(_: Corrupt) -> Self {
        Self::CorruptData
    }
}

impl ProtocolError {
    /// The code to close the connection with (section 7.4.1): 1002, 1007 or 1009.
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::InvalidUtf8 | Self::CorruptData => close::INVALID_PAYLOAD,
            Self::MessageTooBig { .. }
            | Self::TooMuchBeforeHandshake { .. }
            | Self::TooManyFragments { .. } => close::MESSAGE_TOO_BIG,
            Self::ReservedBits
            | Self::UnknownOpcode(_)
            | Self::Unmasked
            | Self::FragmentedControl
            | Self::ControlTooLong
            | Self::UnexpectedContinuation
            | Self::InterruptedMessage
            | Self::NonMinimalLength
            | Self::LengthOutOfRange
            | Self::TruncatedCloseCode
            | Self::InvalidCloseCode(_) => close::PROTOCOL_ERROR,
        }
    }
}
