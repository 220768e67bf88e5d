//! What the decoder hands to its caller.

use std::borrow::Cow;

use super::close::CloseCode;

/// The outcome of one [`Decoder::decode`](super::Decoder::decode).
#[derive(Debug)]
#[must_use = "the caller advances its input by `consumed`"]
pub struct Step<'a> {
    /// Bytes of the input that were consumed.
    pub consumed: usize,
    /// The event those bytes completed; `None` when all of the input was consumed without one.
    pub event: Option<Event<'a>>,
}

/// A complete message or control frame.
///
/// It is borrowed from the input when it lay there whole, which is the usual case and needs no copy. It is
/// owned when it was put together from pieces, so that the decoder keeps nothing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// A text message, checked to be UTF-8.
    Text(Cow<'a, str>),
    /// A binary message.
    Binary(Cow<'a, [u8]>),
    /// A ping, at most 125 bytes; a pong with the same payload is due (RFC 6455 section 5.5.2).
    Ping(Cow<'a, [u8]>),
    /// A pong, at most 125 bytes (RFC 6455 section 5.5.3).
    Pong(Cow<'a, [u8]>),
    /// The peer closes; `None` when its close frame had no payload (RFC 6455 section 5.5.1).
    Close(Option<CloseFrame<'a>>),
}

/// The payload of a close frame (RFC 6455 section 5.5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseFrame<'a> {
    /// The code, checked to be one that may travel.
    pub code: CloseCode,
    /// The reason, at most 123 bytes, often empty.
    pub reason: Cow<'a, str>,
}
