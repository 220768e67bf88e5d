//! A whole WebSocket message, before the hub reads it as one of the line protocol.

use std::fmt;

use crate::codec::Opcode;

/// A whole message, as a peer sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// Text.
    Text(&'a str),
    /// Binary data.
    Binary(&'a [u8]),
}

impl<'a> Message<'a> {
    /// The opcode of the message and its bytes.
    pub fn parts(self) -> (Opcode, &'a [u8]) {
        match self {
            Self::Text(text) => (Opcode::Text, text.as_bytes()),
            Self::Binary(data) => (Opcode::Binary, data),
        }
    }
}

impl fmt::Display for Message<'_> {
    /// For the log, which does not contain what peers tell each other.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (opcode, bytes) = self.parts();
        write!(f, "{opcode:?} message of {} bytes", bytes.len())
    }
}
