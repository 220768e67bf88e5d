//! The buffer of a thread that its connections read into.

use std::cell::RefCell;

/// Bytes of the buffer: those of a large message that are read at a time.
pub const READ_BUFFER: usize = 256 * 1024;

thread_local! {
    /// All connections of the thread read into one buffer, so that an idle connection needs none of its own.
    pub static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BUFFER].into());
}
