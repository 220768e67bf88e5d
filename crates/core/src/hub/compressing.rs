//! Messages that are compressed on their way out (RFC 7692): queued as text, in order, by whoever
//! sends them, and compressed by the task that owns the stream, on its io thread. So the
//! application's thread pays for neither, and a broadcast is compressed once for all who share the
//! parameters.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::codec::{self, Opcode};
use crate::deflate::{Compressor, Settings};

use super::connection::Connection;
use super::outbound::SharedFrame;

/// Bytes compressed before other connections have their turn: a few milliseconds of work.
const TURN: usize = 256 * 1024;

/// Bytes compressed at a time.
const SLICE: usize = 32 * 1024;

/// A message that waits to be compressed.
pub enum Deferred {
    /// For one connection.
    Own(Opcode, Vec<u8>),
    /// Text for every member of a broadcast.
    Shared(Arc<Compressible>),
}

impl Deferred {
    /// The message.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Own(_, bytes) => bytes,
            Self::Shared(shared) => shared.text(),
        }
    }

    fn opcode(&self) -> Opcode {
        match self {
            Self::Own(opcode, _) => *opcode,
            Self::Shared(_) => Opcode::Text,
        }
    }

    /// The frame that holds the message as it is.
    pub fn plain(&self) -> SharedFrame {
        match self {
            Self::Own(opcode, bytes) => {
                let mut frame = Vec::new();
                codec::push_frame(&mut frame, *opcode, bytes);
                frame.into()
            }
            Self::Shared(shared) => Arc::clone(&shared.plain),
        }
    }
}

/// A message for many connections: its frame as it is, and what compresses it, should one of them want
/// that.
pub struct Broadcast {
    plain: SharedFrame,
    text_len: usize,
    compressible: OnceCell<Arc<Compressible>>,
}

impl Broadcast {
    /// Encodes a text message.
    pub fn new(text: &str) -> Self {
        Self {
            plain: codec::encode_text(text),
            text_len: text.len(),
            compressible: OnceCell::new(),
        }
    }

    /// The frame that holds the message as it is.
    pub fn plain(&self) -> &SharedFrame {
        &self.plain
    }

    /// Bytes of the message.
    pub fn text_len(&self) -> usize {
        self.text_len
    }

    /// The message for connections that compress it.
    pub fn compressible(&self) -> Arc<Compressible> {
        let make = || Arc::new(Compressible::new(Arc::clone(&self.plain), self.text_len));
        Arc::clone(self.compressible.get_or_init(make))
    }
}

/// A message for many connections, shared by those for which it is compressed.
pub struct Compressible {
    plain: SharedFrame,
    text_len: usize,
    /// By settings, of which a server has as many as its clients ask for different windows.
    compressed: Mutex<Vec<(Settings, SharedFrame)>>,
}

impl Compressible {
    /// From the plain frame of a message of `text_len` bytes.
    fn new(plain: SharedFrame, text_len: usize) -> Self {
        Self {
            plain,
            text_len,
            compressed: Mutex::default(),
        }
    }

    fn text(&self) -> &[u8] {
        &self.plain[self.plain.len() - self.text_len..]
    }

    /// The frame for connections with these settings: compressed by the first that needs it.
    fn frame(&self, compressor: &mut Compressor) -> SharedFrame {
        let settings = compressor.settings();
        // Held while compressing: the next thread to come wants the same frame.
        let mut compressed = self
            .compressed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((_, frame)) = compressed.iter().find(|(found, _)| *found == settings) {
            return Arc::clone(frame);
        }
        let mut out = Vec::new();
        compressor.push(self.text(), &mut out);
        compressor.finish(&mut out);
        let frame = if out.len() < self.text_len {
            frame(Opcode::Text, &out)
        } else {
            Arc::clone(&self.plain)
        };
        compressed.push((settings, Arc::clone(&frame)));
        frame
    }
}

/// The frame of a compressed message.
fn frame(opcode: Opcode, compressed: &[u8]) -> SharedFrame {
    let header = codec::compressed_header(opcode, compressed.len());
    [header.as_bytes(), compressed].concat().into()
}

/// What a turn has brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
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
    /// Bytes of the first that the compressor has.
    taken: usize,
    /// What the compressor has made of them.
    out: Vec<u8>,
}

impl Compressing {
    /// With the compressor of the connection.
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
    pub fn turn(&mut self, connection: &Connection) -> Turn {
        let mut left = TURN;
        let mut ready = Vec::new();
        while left > 0 {
            if self.waiting.is_empty() {
                connection.put_compressed(ready.drain(..));
                connection.take_deferred(&mut self.waiting, left);
            }
            if self.waiting.is_empty() {
                return if left == TURN { Turn::Idle } else { Turn::Done };
            }
            if let Some(frame) = self.advance(&mut left) {
                self.waiting.pop_front();
                ready.push(frame);
            }
        }
        connection.put_compressed(ready.drain(..));
        Turn::More
    }

    /// Goes on with the first that waits; its frame once all of it is compressed.
    fn advance(&mut self, left: &mut usize) -> Option<SharedFrame> {
        let first = self.waiting.front()?;
        // A message of no bytes takes its turn too.
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
        // Under context takeover the peer needs what the compressor has seen, in any case.
        let is_wanted = self.compressor.has_takeover() || out.len() < bytes.len();
        Some(if is_wanted {
            frame(first.opcode(), &out)
        } else {
            first.plain()
        })
    }
}

#[cfg(test)]
#[path = "compressing_tests.rs"]
mod tests;
