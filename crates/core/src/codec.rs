//! The WebSocket wire protocol (RFC 6455) as a sans-IO codec: bytes in, messages out, and back.
//!
//! Nothing here knows a socket, a runtime or Node. The transport reads into a buffer of its own and
//! lends it to [`Decoder::decode`], which unmasks in place; what is to be sent is appended to an out
//! buffer by [`push_frame`] and [`push_close`], or encoded once for many receivers by
//! [`encode_text`]. The role is the server's: frames come in masked and go out unmasked, and messages
//! go out in one frame each.
//!
//! | file | owns |
//! | --- | --- |
//! | `frame` | opcodes and the frame header as it is read |
//! | `mask` | the XOR |
//! | `utf8` | text that arrives in pieces, checked as it comes |
//! | `message` | a message that is not complete yet |
//! | `decoder` | the state machine, limits and rules between frames |
//! | `inflation` | compressed messages within the decoder |
//! | `event` | what the decoder hands out |
//! | `error` | every violation and its close code |
//! | `encoder` | frames as they are written |
//! | `close` | close codes and which may travel |
//!
//! # Compression
//!
//! Where permessage-deflate (RFC 7692) is agreed on, a decoder inflates messages as they arrive:
//! [`Decoder::inflating`]. The codec does not compress: its callers do, and write [`compressed_header`]
//! before the compressed payload. The rest of the codec is the same. Without the extension RSV1 is a
//! violation.

pub mod close;
mod decoder;
mod encoder;
mod error;
mod event;
mod frame;
mod inflation;
mod mask;
mod message;
#[cfg(test)]
pub(crate) mod testing;
mod utf8;

pub use decoder::{Decoder, MessageLimits};
pub use encoder::{
    compressed_header, encode_text, encode_text_parts, frame_header, push_close, push_empty_close,
    push_frame, text_of,
};
pub use error::ProtocolError;
pub use event::{CloseFrame, Event};
pub use frame::Opcode;
pub use inflation::INFLATED_A_TURN;
