//! Writing an out queue to its link.

use std::io::{self, ErrorKind, IoSlice};
#[cfg(unix)]
use std::os::fd::BorrowedFd;

use super::chunk::Chunk;
use super::{Flush, Link, Outbound};

/// Buffer capacity, in bytes, that an empty queue keeps for the next message.
pub(super) const KEEP_CAPACITY: usize = 512;

/// Most slices handed to one vectored write.
pub(super) const MAX_SLICES: usize = 64;

impl Outbound {
    /// Offers the kernel a frame, given as header and a few parts, and queues it only if that does not take
    /// all of it. To be called while the queue [is idle](Outbound::is_idle).
    pub fn write_through(&mut self, header: &[u8], parts: &[&[u8]]) -> Flush {
        let Some(link) = &self.link else {
            return Flush::Broken;
        };
        let frame = || std::iter::once(header).chain(parts.iter().copied());
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        for (slice, part) in slices.iter_mut().zip(frame()) {
            *slice = IoSlice::new(part);
        }
        let length = frame().map(<[u8]>::len).sum();
        // The flush meets an error again, and handles it.
        let taken = link.try_write(&slices[..=parts.len()]).unwrap_or(0);
        if taken == length {
            self.written += length as u64;
            return Flush::Drained;
        }
        self.push_with(|tail| {
            tail.reserve(length);
            frame().for_each(|part| tail.extend_from_slice(part));
        });
        self.advance(taken);
        self.flush()
    }

    /// Writes what can be written before the stream is cut, also when it was not writable last time.
    pub fn flush_last(&mut self) -> Flush {
        if let Some(link) = &self.link {
            link.offer_last();
        }
        self.unblock();
        self.flush()
    }

    /// Writes until the queue is empty or the kernel takes no more.
    #[inline]
    pub fn flush(&mut self) -> Flush {
        self.flush_as(false)
    }

    /// The same before the link is dropped.
    pub fn flush_ending(&mut self) -> Flush {
        self.flush_as(true)
    }

    /// What a flush would write first, where that is one chunk for a socket.
    #[cfg(unix)]
    #[inline]
    pub fn first_write(&self) -> Option<(BorrowedFd<'_>, &[u8])> {
        if self.blocked || self.pending == 0 || self.rest.is_some() {
            return None;
        }
        let socket = self.link.as_ref()?.socket()?;
        Some((socket, &self.front.bytes()[self.offset..]))
    }

    /// Flushes what is left when so many bytes of [`Outbound::first_write`] have been sent.
    #[cfg(unix)]
    #[inline]
    pub fn flush_after(&mut self, sent: usize) -> Flush {
        if sent > 0 {
            self.advance(sent);
        }
        self.flush()
    }

    /// Nearly always this is one write: of one chunk, all of which the kernel takes.
    #[inline]
    fn flush_as(&mut self, is_last: bool) -> Flush {
        self.scheduled = false;
        if self.blocked {
            return Flush::Blocked;
        }
        while self.pending > 0 {
            let Some(link) = &self.link else {
                return Flush::Broken;
            };
            let result = if self.rest.is_some() {
                let Some(result) = self.write_chunks(&**link) else {
                    return Flush::Deferred;
                };
                result
            } else {
                let front = [IoSlice::new(&self.front.bytes()[self.offset..])];
                if is_last {
                    link.try_write_last(&front)
                } else {
                    link.try_write(&front)
                }
            };
            match result {
                Ok(0) => return Flush::Broken,
                Ok(taken) => self.advance(taken),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.blocked = true;
                    return Flush::Blocked;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Flush::Broken,
            }
        }
        Flush::Drained
    }

    /// Writes several chunks at once, up to the first message that is still to be compressed. `None` when that is the first of all.
    #[inline(never)]
    fn write_chunks(&self, link: &dyn Link) -> Option<io::Result<usize>> {
        if !self.front.is_ready() {
            return None;
        }
        let front = &self.front.bytes()[self.offset..];
        let rest = self.rest.iter().flat_map(|rest| &rest.chunks);
        let ready = rest.take_while(|chunk| chunk.is_ready()).map(Chunk::bytes);
        let chunks = std::iter::once(front).chain(ready);
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let mut count = 0;
        for (slice, bytes) in slices
            .iter_mut()
            .zip(chunks.filter(|bytes| !bytes.is_empty()))
        {
            *slice = IoSlice::new(bytes);
            count += 1;
        }
        (count > 0).then(|| link.try_write(&slices[..count]))
    }

    /// Counts bytes that have been written.
    #[inline]
    fn advance(&mut self, taken: usize) {
        self.pending -= taken;
        self.written += taken as u64;
        if self.pending == 0 && self.rest.is_none() {
            self.empty_front();
        } else {
            self.advance_to(taken);
        }
    }

    /// Drops the chunks that have been written, and notes how much of the next one has.
    #[inline(never)]
    fn advance_to(&mut self, mut taken: usize) {
        loop {
            let left = self.front.bytes().len() - self.offset;
            if taken < left {
                self.offset += taken;
                return;
            }
            match &self.front {
                Chunk::Owned(_) | Chunk::Shared(_) => {}
                Chunk::Compressed(compressed) => {
                    self.written += compressed.saved;
                    if let Some(rest) = &mut self.rest {
                        rest.saved -= compressed.saved;
                    }
                }
                Chunk::Deferred(_) | Chunk::Place(_) => return,
            }
            taken -= left;
            self.offset = 0;
            let Some(next) = self.rest.as_mut().and_then(|rest| rest.chunks.pop_front()) else {
                break;
            };
            self.front = next;
        }
        self.rest = None;
        self.empty_front();
    }

    /// All of the last chunk has been written.
    #[inline]
    fn empty_front(&mut self) {
        self.offset = 0;
        // The first chunk is the answer to the handshake. Its buffer is dropped, because many connections send nothing after it.
        if let Chunk::Owned(bytes) = &mut self.front
            && bytes.capacity() <= KEEP_CAPACITY
            && bytes.len() as u64 != self.written
        {
            bytes.clear();
        } else {
            self.drop_front();
        }
    }

    #[inline(never)]
    fn drop_front(&mut self) {
        self.front = Chunk::default();
    }
}
