//! Messages that are compressed before they are written (RFC 7692). The sender queues them as text, in order,
//! and the task that owns the stream compresses them on its io thread. So compressing takes no time of the
//! application's thread, and a broadcast is compressed once for all connections with the same parameters.

use std::collections::VecDeque;

use crate::deflate::Compressor;

use super::connection::Connection;
use super::deferred::{Deferred, SharedFrame, compressed_frame};

/// Bytes compressed before other connections have their turn: a few milliseconds of work.
const TURN: usize = 256 * 1024;

/// Bytes compressed at a time.
const SLICE: usize = 32 * 1024;

/// What a turn has brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnOutcome {
    /// Nothing waited.
    Idle,
    /// All that waited is ready to be written.
    Done,
    /// More waits than one turn should take.
    More,
}

/// The compressing side of one connection, owned by its task.
pub struct Compressing {
    compressor: Compressor,
    /// Taken from the out queue, which keeps their places.
    waiting: VecDeque<Deferred>,
    /// Bytes of the first of them that the compressor has consumed.
    taken: usize,
    /// What the compressor has written for them.
    out: Vec<u8>,
}

impl Compressing {
    /// The compressing side of a connection with this compressor.
    pub fn new(compressor: Compressor) -> Self {
        Self {
            compressor,
            waiting: VecDeque::new(),
            taken: 0,
            out: Vec::new(),
        }
    }

    /// Compresses what waits in the queue of `connection`, as far as one turn goes. The caller
    /// flushes.
    pub fn turn(&mut self, connection: &Connection) -> TurnOutcome {
        let mut left = TURN;
        let mut ready = Vec::new();
        while left > 0 {
            if self.waiting.is_empty() {
                connection.put_compressed(ready.drain(..));
                connection.take_deferred(&mut self.waiting, left);
            }
            if self.waiting.is_empty() {
                return if left == TURN {
                    TurnOutcome::Idle
                } else {
                    TurnOutcome::Done
                };
            }
            if let Some(frame) = self.advance(&mut left) {
                self.waiting.pop_front();
                ready.push(frame);
            }
        }
        connection.put_compressed(ready.drain(..));
        TurnOutcome::More
    }

    /// Continues with the first message that waits. Returns its frame once all of it is compressed.
    fn advance(&mut self, left: &mut usize) -> Option<SharedFrame> {
        let first = self.waiting.front()?;
        // An empty message counts as one byte of the turn.
        if let Deferred::Shared(shared) = first
            && !self.compressor.has_takeover()
        {
            *left = left.saturating_sub(shared.text_len.max(1));
            return Some(shared.frame(&mut self.compressor));
        }
        let bytes = first.bytes();
        let slice = &bytes[self.taken..bytes.len().min(self.taken + SLICE)];
        *left = left.saturating_sub(slice.len().max(1));
        self.taken += slice.len();
        self.compressor.push(slice, &mut self.out);
        if self.taken < bytes.len() {
            return None;
        }
        self.taken = 0;
        let mut out = std::mem::take(&mut self.out);
        self.compressor.finish(&mut out);
        // Under context takeover the peer's inflater must get everything that the compressor has consumed.
        let is_wanted = self.compressor.has_takeover() || out.len() < bytes.len();
        Some(if is_wanted {
            compressed_frame(first.opcode(), &out)
        } else {
            first.plain()
        })
    }
}

#[cfg(test)]
mod tests;
