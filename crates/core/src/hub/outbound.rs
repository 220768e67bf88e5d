//! The out queue of one connection: framed bytes that wait to be written, in the order they were queued.

mod chunk;
mod writing;

use std::collections::VecDeque;
use std::io::{self, IoSlice};
#[cfg(unix)]
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use super::deferred::{Deferred, SharedFrame};
use chunk::{Chunk, Compressed, counted_as, frame_end};

/// The writing end of a peer's byte stream, as the transport gives it to the hub.
pub trait Link: Send + Sync {
    /// Writes what the kernel takes without waiting; may be called from any thread.
    ///
    /// # Errors
    /// `WouldBlock` when nothing can be taken now, any other error when the stream is broken.
    fn try_write(&self, data: &[IoSlice<'_>]) -> io::Result<usize>;

    /// The same for the last bytes, after which the link is dropped at once. They may wait for that, so that they leave with
    /// the end of the stream.
    ///
    /// # Errors
    /// As for [`Link::try_write`].
    fn try_write_last(&self, data: &[IoSlice<'_>]) -> io::Result<usize> {
        self.try_write(data)
    }

    /// The socket that [`Link::try_write`] hands bytes to as they are, so that several can be sent to with one system call.
    #[cfg(unix)]
    fn socket(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Bytes at the front of the queue that must stay, although no [`Link::try_write`] has counted them yet: they
    /// are encrypted, and the kernel has a part of them.
    fn committed(&self) -> usize {
        0
    }

    /// What waits is offered for the last time, before the stream is cut. A link with a buffer of its own takes as
    /// much now as a kernel would.
    fn offer_last(&self) {}
}

/// Broadcast frames up to this size are copied into the queue. That is cheaper than a reference count shared by
/// two threads and a vectored write, and needs no more memory than an entry of the queue.
const COPY_UP_TO: usize = 512;

/// Bytes gathered in one owned chunk before the next is begun.
const CHUNK: usize = 256 * 1024;

/// The outcome of [`Outbound::flush`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flush {
    /// Everything queued is with the kernel.
    Drained,
    /// The kernel took no more; the rest waits until the stream is writable.
    Blocked,
    /// The next message is still to be compressed, by the task that owns the stream.
    Deferred,
    /// The stream is broken or already closed.
    Broken,
}

/// What most queues never have: more than one chunk, and messages to be compressed. It is boxed, so that idle
/// connections stay small.
#[derive(Default)]
struct Rest {
    chunks: VecDeque<Chunk>,
    /// Bytes that are counted as queued and do not wait: see [`counted_as`].
    saved: u64,
    /// Messages that are still to be compressed and have not been taken for that.
    deferred: usize,
}

/// The queue itself. Every chunk begins and ends at a frame boundary.
#[derive(Default)]
pub struct Outbound {
    /// `None` once the connection has ended.
    link: Option<Box<dyn Link>>,
    /// The chunk being written, of which `offset` bytes are written. It is not part of `rest`, because most
    /// connections never have a second chunk.
    front: Chunk,
    offset: usize,
    /// The chunks after `front`; `None` once the queue has been emptied. `front` can be written as long as it is `None`: messages
    /// to be compressed are in `rest` first.
    rest: Option<Box<Rest>>,
    pending: usize,
    written: u64,
    /// A flush is pending.
    scheduled: bool,
    /// The kernel took no more: only the io thread writes until the stream is writable again.
    blocked: bool,
}

impl Outbound {
    /// A queue that writes to `link`.
    pub fn new(link: Box<dyn Link>) -> Self {
        Self {
            link: Some(link),
            ..Self::default()
        }
    }

    /// Bytes that the kernel has not taken yet.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// Bytes that the kernel has taken since the connection opened. A message that was compressed
    /// counts as it was queued, once all of it has left.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Bytes queued since the connection opened: what [`Outbound::written`] will be when all that
    /// is queued now has left.
    pub fn queued(&self) -> u64 {
        let saved = self.rest.as_ref().map_or(0, |rest| rest.saved);
        self.written + self.pending as u64 + saved
    }

    /// Whether the stream is waited on to become writable.
    pub fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// Whether the connection has not ended.
    #[cfg(test)]
    pub fn is_linked(&self) -> bool {
        self.link.is_some()
    }

    /// Appends one frame written by `write`, which must append exactly the frame.
    pub fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let tail = self.tail();
        let before = tail.len();
        write(tail);
        let added = tail.len() - before;
        self.pending += added;
    }

    /// Whether a frame could be written at once: nothing waits, nor is the stream waited on.
    pub fn is_idle(&self) -> bool {
        self.pending == 0 && !self.blocked && self.offset == 0 && self.rest.is_none()
    }

    /// Appends a frame that other connections queue too.
    #[inline]
    pub fn push_shared(&mut self, frame: &SharedFrame) {
        // Nearly all members of a broadcast have this: a small frame, for a queue that is empty or has one chunk.
        if frame.len() <= COPY_UP_TO
            && self.rest.is_none()
            && let Chunk::Owned(tail) = &mut self.front
            && tail.len() < CHUNK
        {
            tail.extend_from_slice(frame);
            self.pending += frame.len();
        } else {
            self.push_shared_last(frame);
        }
    }

    /// The same where it is large, or where the front is not the last chunk.
    #[inline(never)]
    fn push_shared_last(&mut self, frame: &SharedFrame) {
        if frame.len() <= COPY_UP_TO {
            self.push_with(|tail| tail.extend_from_slice(frame));
        } else {
            let chunk = Chunk::Shared(Arc::clone(frame));
            if self.pending == 0 && self.rest.is_none() {
                self.front = chunk;
            } else {
                self.rest().chunks.push_back(chunk);
            }
            self.pending += frame.len();
        }
    }

    /// Appends a message that is to be compressed before it is written.
    pub fn push_deferred(&mut self, message: Deferred) {
        let len = message.bytes().len();
        self.pending += len;
        let rest = self.rest();
        rest.saved += (counted_as(len) - len) as u64;
        rest.deferred += 1;
        rest.chunks.push_back(Chunk::Deferred(Box::new(message)));
    }

    /// Takes the first messages that are to be compressed, of about `most` bytes in all. Their places are kept
    /// for [`Outbound::put_compressed`].
    pub fn take_deferred(&mut self, into: &mut VecDeque<Deferred>, mut most: usize) {
        let Some(rest) = self.rest.as_deref_mut().filter(|rest| rest.deferred > 0) else {
            return;
        };
        for chunk in std::iter::once(&mut self.front).chain(&mut rest.chunks) {
            let Chunk::Deferred(message) = chunk else {
                continue;
            };
            let len = message.bytes().len();
            if let Chunk::Deferred(message) = std::mem::replace(chunk, Chunk::Place(len)) {
                into.push_back(*message);
            }
            rest.deferred -= 1;
            most = most.saturating_sub(len);
            if most == 0 || rest.deferred == 0 {
                break;
            }
        }
    }

    /// Leaves messages uncompressed that have not been taken for compressing. They are sent as they are, which
    /// is allowed at any time (RFC 7692 section 6.1).
    pub fn leave_uncompressed(&mut self) {
        let Some(rest) = self.rest.as_deref_mut().filter(|rest| rest.deferred > 0) else {
            return;
        };
        for chunk in std::iter::once(&mut self.front).chain(&mut rest.chunks) {
            if let Chunk::Deferred(message) = chunk {
                let len = message.bytes().len();
                let compressed = Compressed::new(message.plain(), len);
                *chunk = settle(&mut self.pending, &mut rest.saved, len, compressed);
            }
        }
        rest.deferred = 0;
    }

    /// Puts frames in the places of the messages taken, in their order. A frame that has no place any more,
    /// because the queue was discarded, is dropped.
    pub fn put_compressed(&mut self, mut frames: impl ExactSizeIterator<Item = SharedFrame>) {
        let Some(rest) = self.rest.as_deref_mut() else {
            return;
        };
        for chunk in std::iter::once(&mut self.front).chain(&mut rest.chunks) {
            if frames.len() == 0 {
                break;
            }
            if let &mut Chunk::Place(len) = chunk
                && let Some(frame) = frames.next()
            {
                let compressed = Compressed::new(frame, len);
                *chunk = settle(&mut self.pending, &mut rest.saved, len, compressed);
            }
        }
    }

    /// Notes that the caller will flush. False when a flush is pending already, or the stream is waited on to
    /// become writable.
    pub fn schedule(&mut self) -> bool {
        !self.blocked && !std::mem::replace(&mut self.scheduled, true)
    }

    /// The stream has become writable again.
    pub fn unblock(&mut self) {
        self.blocked = false;
    }

    /// Drops what waits, except the frame that is half written, so that a close frame can follow.
    pub fn discard(&mut self) {
        let committed = self.link.as_ref().map_or(0, |link| link.committed());
        let mut begun = self.offset + committed;
        let mut kept = 0;
        let mut saved = 0;
        let chunks = self.rest.iter_mut().flat_map(|rest| &mut rest.chunks);
        for chunk in std::iter::once(&mut self.front).chain(chunks) {
            let length = chunk.bytes().len();
            let end = match &*chunk {
                _ if begun == 0 => 0,
                Chunk::Owned(bytes) => frame_end(bytes, begun),
                _ => length,
            };
            if let Chunk::Owned(bytes) = chunk {
                bytes.truncate(end);
            } else if end == 0 {
                *chunk = Chunk::default();
            }
            begun = begun.saturating_sub(length);
            kept += end;
            if let Chunk::Compressed(compressed) = &*chunk {
                saved += compressed.saved;
            }
        }
        if let Some(rest) = &mut self.rest {
            rest.chunks.retain(|chunk| !chunk.bytes().is_empty());
            rest.deferred = 0;
            rest.saved = saved;
        }
        self.pending = kept - self.offset;
    }

    /// Ends the connection's writing side: drops the link and all that waits.
    pub fn unlink(&mut self) {
        self.link = None;
        self.front = Chunk::default();
        self.offset = 0;
        self.rest = None;
        self.pending = 0;
    }

    fn rest(&mut self) -> &mut Rest {
        self.rest.get_or_insert_default()
    }

    /// The owned chunk that the next small frame goes to.
    fn tail(&mut self) -> &mut Vec<u8> {
        let last = self.rest.as_ref().and_then(|rest| rest.chunks.back());
        if !matches!(last.unwrap_or(&self.front), Chunk::Owned(bytes) if bytes.len() < CHUNK) {
            self.rest().chunks.push_back(Chunk::default());
        }
        let last = self.rest.as_mut().and_then(|rest| rest.chunks.back_mut());
        match last.unwrap_or(&mut self.front) {
            Chunk::Owned(tail) => tail,
            _ => unreachable!("the last chunk was made an owned one above"),
        }
    }
}

/// The chunk of a message of `len` bytes that has become a frame, and what that changes.
fn settle(pending: &mut usize, saved: &mut u64, len: usize, compressed: Compressed) -> Chunk {
    *pending = *pending - len + compressed.frame.len();
    *saved = *saved - (counted_as(len) - len) as u64 + compressed.saved;
    Chunk::Compressed(Box::new(compressed))
}

#[cfg(test)]
mod tests;
