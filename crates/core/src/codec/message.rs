//! A message that is not complete yet.

use std::borrow::Cow;

use super::{error::ProtocolError, event::Event, frame::Opcode, utf8::TextBuffer};

/// The part of a message that has arrived: of several fragments, or of one frame cut by a read.
///
/// It grows by doubling as bytes are received, whatever the headers announce. Its capacity stays within
/// about twice the bytes that the peer has sent.
#[derive(Debug)]
pub(super) struct PartialMessage {
    body: Body,
    /// Frames of the message so far, the one being read included.
    fragments: u32,
}

#[derive(Debug)]
enum Body {
    Text(TextBuffer),
    Binary(Vec<u8>),
}

impl PartialMessage {
    /// An empty message whose first frame has `opcode`.
    pub(super) fn new(opcode: Opcode) -> Self {
        let body = match opcode {
            Opcode::Text => Body::Text(TextBuffer::default()),
            _ => Body::Binary(Vec::new()),
        };
        Self { body, fragments: 1 }
    }

    /// Counts one more fragment and returns how many there are now.
    pub(super) fn count_fragment(&mut self) -> u32 {
        self.fragments = self.fragments.saturating_add(1);
        self.fragments
    }

    /// Bytes received.
    pub(super) fn len(&self) -> usize {
        match &self.body {
            Body::Text(text) => text.len(),
            Body::Binary(bytes) => bytes.len(),
        }
    }

    /// Bytes of heap memory held by the body.
    pub(super) fn capacity(&self) -> usize {
        match &self.body {
            Body::Text(text) => text.capacity(),
            Body::Binary(bytes) => bytes.capacity(),
        }
    }

    /// Appends unmasked payload; text is checked as it comes.
    pub(super) fn append(&mut self, payload: &[u8]) -> Result<(), ProtocolError> {
        match &mut self.body {
            Body::Text(text) => text.push(payload),
            Body::Binary(bytes) => {
                bytes.extend_from_slice(payload);
                Ok(())
            }
        }
    }

    /// The message, once its last frame is in.
    pub(super) fn finish(self) -> Result<Event<'static>, ProtocolError> {
        Ok(match self.body {
            Body::Text(text) => Event::Text(Cow::Owned(text.finish()?)),
            Body::Binary(bytes) => Event::Binary(Cow::Owned(bytes)),
        })
    }
}
