//! The pieces of an out queue: runs of frames, frames that connections share, and messages that are to be
//! compressed.

use crate::hub::deferred::{Deferred, SharedFrame};

/// A piece that begins and ends at a frame boundary.
pub(super) enum Chunk {
    Owned(Vec<u8>),
    Shared(SharedFrame),
    /// A message that is still to be compressed; nothing behind it is written before it.
    Deferred(Box<Deferred>),
    /// The place of one that is being compressed, of so many bytes.
    Place(usize),
    /// The frame that took such a place, or went on without being compressed.
    Compressed(Box<Compressed>),
}

pub(super) struct Compressed {
    pub(super) frame: SharedFrame,
    /// Bytes by which the frame is smaller than what the message was counted as.
    pub(super) saved: u64,
}

impl Compressed {
    /// The frame of a message of `len` bytes.
    pub(super) fn new(frame: SharedFrame, len: usize) -> Self {
        let saved = counted_as(len).saturating_sub(frame.len()) as u64;
        Self { frame, saved }
    }
}

/// The bytes that a message that is to be compressed counts as in the bytes queued and written. They are no
/// fewer than its frame will have, compressed or not: zlib adds 5 bytes to a block, and the smallest block has
/// 127 bytes.
pub(super) fn counted_as(len: usize) -> usize {
    len + len / 16 + 64
}

impl Default for Chunk {
    fn default() -> Self {
        Self::Owned(Vec::new())
    }
}

impl Chunk {
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Shared(frame) => frame,
            _ => self.compressed_bytes(),
        }
    }

    #[cold]
    fn compressed_bytes(&self) -> &[u8] {
        match self {
            Self::Compressed(compressed) => &compressed.frame,
            _ => &[],
        }
    }

    /// Whether it can be written.
    #[inline]
    pub(super) fn is_ready(&self) -> bool {
        !matches!(self, Self::Deferred(_) | Self::Place(_))
    }
}

/// Where the frame that holds byte `offset` ends, in a run of whole server (unmasked) frames.
pub(super) fn frame_end(frames: &[u8], offset: usize) -> usize {
    let mut end = 0;
    while end < offset {
        let Some(length) = frame_len(&frames[end..]) else {
            return frames.len();
        };
        end += length;
    }
    end.min(frames.len())
}

/// Length of the frame, as this server writes them, that `bytes` begin with.
fn frame_len(bytes: &[u8]) -> Option<usize> {
    Some(match bytes.get(1)? {
        126 => 4 + usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)),
        127 => 10 + u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize,
        short => 2 + usize::from(*short),
    })
}
