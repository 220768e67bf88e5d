//! Messages that are compressed later, as they wait in an out queue, and frames that many queues share.

use std::cell::OnceCell;
use std::sync::{Arc, Mutex, PoisonError};

use crate::codec::{self, Opcode};
use crate::deflate::{CompressionSettings, Compressor};

/// An encoded message shared by every member of a broadcast.
pub type SharedFrame = Arc<[u8]>;

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

    pub(super) fn opcode(&self) -> Opcode {
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

/// A message for many connections: its plain frame, and its text for connections that compress it.
pub struct Broadcast {
    plain: SharedFrame,
    text_len: usize,
    compressible: OnceCell<Arc<Compressible>>,
    may_drop: bool,
}

impl Broadcast {
    /// Encodes a text message.
    pub fn new(text: &str) -> Self {
        Self {
            plain: codec::encode_text(text),
            text_len: text.len(),
            compressible: OnceCell::new(),
            may_drop: true,
        }
    }

    /// A message that is encoded already, and that no connection may be left out of: who gets it counts on
    /// getting all that come before it.
    pub fn of_frame(frame: SharedFrame) -> Self {
        Self {
            text_len: codec::text_of(&frame).len(),
            plain: frame,
            compressible: OnceCell::new(),
            may_drop: false,
        }
    }

    /// The same of a message that may have been compressed for others already.
    pub fn of_compressible(message: Arc<Compressible>) -> Self {
        Self {
            plain: Arc::clone(&message.plain),
            text_len: message.text_len,
            compressible: OnceCell::from(message),
            may_drop: false,
        }
    }

    /// Whether the message may be left out for a peer that does not read.
    pub fn may_drop(&self) -> bool {
        self.may_drop
    }

    /// The frame that holds the message as it is.
    pub fn plain(&self) -> &SharedFrame {
        &self.plain
    }

    /// Bytes of the message.
    pub fn text_len(&self) -> usize {
        self.text_len
    }

    /// The message, for connections that compress it.
    pub fn compressible(&self) -> Arc<Compressible> {
        let make = || Arc::new(Compressible::new(Arc::clone(&self.plain), self.text_len));
        Arc::clone(self.compressible.get_or_init(make))
    }
}

/// A message for many connections, shared by those for which it is compressed.
pub struct Compressible {
    plain: SharedFrame,
    pub(super) text_len: usize,
    /// The compressed frames by their settings. There are as many settings as windows that clients ask for.
    pub(super) compressed: Mutex<Vec<(CompressionSettings, SharedFrame)>>,
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

    /// The frame for connections with these settings. The first connection that needs it compresses it.
    pub(super) fn frame(&self, compressor: &mut Compressor) -> SharedFrame {
        let settings = compressor.settings();
        // The lock is held while compressing, because other threads need the same frame.
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
            compressed_frame(Opcode::Text, &out)
        } else {
            Arc::clone(&self.plain)
        };
        compressed.push((settings, Arc::clone(&frame)));
        frame
    }
}

/// The frame of a compressed message.
pub(super) fn compressed_frame(opcode: Opcode, compressed: &[u8]) -> SharedFrame {
    let header = codec::compressed_header(opcode, compressed.len());
    [header.as_bytes(), compressed].concat().into()
}
