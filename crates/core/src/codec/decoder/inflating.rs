//! The decoder's side of permessage-deflate.

use super::Decoder;
use crate::codec::frame::{FrameHeader, Opcode};
use crate::codec::inflation::{INFLATED_A_TURN, Inflation, UNASKED};
use crate::deflate::Inflater;

impl Decoder {
    /// Gives RSV1 the meaning it has in permessage-deflate (RFC 7692 section 6): such messages are
    /// inflated, and count against [`MessageLimits::max_message`](crate::codec::MessageLimits::max_message) as they come out.
    #[must_use]
    pub fn inflating(mut self, inflater: Inflater) -> Self {
        self.inflation = Some(Box::new(Inflation::new(inflater)));
        self
    }

    /// Whether permessage-deflate is agreed on, and nothing has ended the connection.
    pub fn is_inflating(&self) -> bool {
        self.inflation.is_some()
    }

    /// Sets whether a compressed message may become larger than [`UNASKED`] bytes; by default it may. The
    /// decoder stops at a message that may not: it returns no event, and leaves bytes over.
    pub fn let_grow(&mut self, may_grow: bool) {
        if let Some(inflation) = &mut self.inflation {
            inflation.may_grow = may_grow;
        }
    }

    /// Bytes that have come so far of the compressed message under way.
    pub fn held(&self) -> usize {
        let active = self.inflation.as_ref().is_some_and(|state| state.active);
        match &self.message {
            Some(message) if active => message.len(),
            _ => 0,
        }
    }

    /// Whether the last call has stopped because the message may not grow.
    pub fn is_held_up(&self) -> bool {
        self.inflation
            .as_ref()
            .is_some_and(|inflation| !inflation.may_grow)
            && self.held() >= UNASKED
    }

    /// Bytes that the last call of [`Decoder::decode`] has inflated.
    pub fn inflated(&self) -> usize {
        self.inflation
            .as_ref()
            .map_or(0, |inflation| inflation.produced)
    }

    /// Begins a compressed message. Even one that lies whole in the input is put together piece by piece.
    pub(super) fn begin_inflating(&mut self, opcode: Opcode) {
        self.message_for(opcode);
        if let Some(inflation) = &mut self.inflation {
            inflation.begin();
        }
    }

    /// Whether the payload of a frame is to be inflated.
    pub(super) fn inflates(&self, frame: &FrameHeader) -> bool {
        self.inflation
            .as_ref()
            .is_some_and(|inflation| inflation.active && !frame.opcode.is_control())
    }

    /// Compressed bytes to inflate at a time.
    pub(super) fn slice(&self) -> usize {
        self.inflation
            .as_ref()
            .map_or(usize::MAX, |inflation| inflation.slice())
    }

    /// Whether this call has inflated enough.
    pub(super) fn has_had_its_turn(&self) -> bool {
        self.inflation
            .as_ref()
            .is_some_and(|inflation| inflation.produced >= INFLATED_A_TURN)
    }
}
