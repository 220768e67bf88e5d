//! Compressed messages within the decoder.

use super::{error::ProtocolError, message::PartialMessage};
use crate::deflate::Inflater;

/// Compressed bytes inflated at a time. They inflate to about 4 MiB at most, a few milliseconds of work.
pub(super) const SLICE: usize = 4096;

/// The same while the message may not grow. They inflate to about 16 KiB at most.
const SMALL_SLICE: usize = 16;

/// Bytes that a message may inflate to without being allowed to grow. Most ordinary messages are smaller.
pub const UNASKED: usize = 16 * 1024;

/// Bytes that compressed messages may inflate to before other connections have their turn.
pub const INFLATED_A_TURN: usize = 256 * 1024;

/// Compressed bytes that a message may have beyond twice the limit on its inflated bytes. Compressing adds a
/// few bytes in a thousand at most, but blocks without content would keep a message going for ever.
const ALLOWANCE: u64 = 1024;

/// The inflating side of a connection.
#[derive(Debug)]
pub(super) struct Inflation {
    inflater: Inflater,
    /// The message under way is compressed.
    pub(super) active: bool,
    /// Compressed bytes of the message, those announced by the current frame included.
    announced: u64,
    /// Bytes that have come out in this call of the decoder.
    pub(super) produced: usize,
    /// A message may become larger than [`UNASKED`].
    pub(super) may_grow: bool,
}

impl Inflation {
    pub(super) fn new(inflater: Inflater) -> Self {
        Self {
            inflater,
            active: false,
            announced: 0,
            produced: 0,
            may_grow: true,
        }
    }

    /// Compressed bytes to inflate at a time.
    pub(super) fn slice(&self) -> usize {
        if self.may_grow { SLICE } else { SMALL_SLICE }
    }

    /// Begins a message.
    pub(super) fn begin(&mut self) {
        self.active = true;
        self.announced = 0;
    }

    /// Counts a frame of `len` bytes, of a message that may inflate to `limit` bytes.
    pub(super) fn admit(&mut self, len: u64, limit: usize) -> Result<(), ProtocolError> {
        self.announced = self.announced.saturating_add(len);
        let most = (limit as u64).saturating_mul(2).saturating_add(ALLOWANCE);
        if self.announced > most {
            return Err(ProtocolError::MessageTooBig { limit });
        }
        Ok(())
    }

    /// Inflates unmasked bytes, at most [`SLICE`] of them, into `message`.
    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        message: &mut PartialMessage,
        limit: usize,
    ) -> Result<(), ProtocolError> {
        let produced = &mut self.produced;
        self.inflater.push(bytes, &mut |inflated: &[u8]| {
            *produced += inflated.len();
            if inflated.len() > limit.saturating_sub(message.len()) {
                return Err(ProtocolError::MessageTooBig { limit });
            }
            message.append(inflated)
        })
    }

    /// Ends the message.
    pub(super) fn finish(&mut self) -> Result<(), ProtocolError> {
        self.active = false;
        Ok(self.inflater.finish()?)
    }
}
