//! Servers of another protocol than the line protocol, over the same connections.

use std::fmt;

use crate::codec::Opcode;

use super::Hub;
use super::connection::{Connection, ConnectionRef, Heed};
use super::routing::{Next, Progress};

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
    /// Takes in one message; returns what the reader does next.
    fn receive(&self, hub: &Hub, connection: &Connection, message: Message<'_>) -> Next;
}

impl Hub {
    /// Gives all messages to `receiver`, in place of the line protocol.
    #[must_use]
    pub fn receiving(self, receiver: Box<dyn Receiver>) -> Self {
        Self {
            receiver: Some(receiver),
            ..self
        }
    }

    /// Whether peers have to shake hands by the line protocol.
    pub fn shakes_hands(&self) -> bool {
        self.receiver.is_none()
    }

    /// Takes in one message of `connection`.
    #[inline]
    pub fn take_in(
        &self,
        connection: &ConnectionRef,
        progress: &mut Progress,
        message: Message<'_>,
    ) -> Next {
        if let Some(receiver) = &self.receiver {
            if connection.heed() != Heed::All {
                return Next::Read;
            }
            return receiver.receive(self, connection, message);
        }
        match message {
            Message::Text(text) => self.receive(connection, progress, text),
            Message::Binary(data) => {
                if let Ok(text) = str::from_utf8(data) {
                    return self.receive(connection, progress, text);
                }
                // They cannot be JSON: the application gets to see them with replacement characters in
                // its `_error`.
                let text = String::from_utf8_lossy(data);
                self.not_an_envelope(connection, progress, &text)
            }
        }
    }

    /// For a [`Receiver`]: sends a message to the peer whose message it receives.
    pub fn reply(&self, connection: &Connection, message: Message<'_>) -> Next {
        let (opcode, bytes) = message.parts();
        let queued = connection.send_as(opcode, bytes, &self.config);
        self.after_answer(connection, queued)
    }
}
