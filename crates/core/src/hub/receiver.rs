//! Servers of another protocol than the line protocol, over the same connections.

use std::fmt;

use crate::codec::Opcode;

use super::config::Config;
use super::connection::{Connection, Queued};

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
    fn parts(self) -> (Opcode, &'a [u8]) {
        match self {
            Self::Text(text) => (Opcode::Text, text.as_bytes()),
            Self::Binary(data) => (Opcode::Binary, data),
        }
    }
}

impl fmt::Display for Message<'_> {
    /// For the log, which does not hold what peers tell each other.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (opcode, bytes) = self.parts();
        write!(f, "{opcode:?} message of {} bytes", bytes.len())
    }
}

/// What is made of messages in place of the line protocol. Called on an io thread.
pub trait Receiver: Send + Sync {
    /// Takes in one message of `connection`; returns what was queued as the answer.
    fn receive(&self, connection: &Connection, config: &Config, message: Message<'_>) -> Queued;
}

impl Connection {
    /// For a [`Receiver`]: sends a message to the peer whose message it receives.
    pub fn reply(&self, message: Message<'_>, config: &Config) -> Queued {
        let (opcode, bytes) = message.parts();
        self.send_as(opcode, bytes, config)
    }
}
