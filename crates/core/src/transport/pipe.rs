//! A byte stream that another thread, its owner, reads and writes, such as one of Node's. There are two bounded
//! buffers between the owner's thread and the connection's task. Events in the inbox tell the owner what there
//! is to do ([`Kind::PipeOutput`], [`Kind::PipeRoom`]). The task is woken.

use std::io::{self, ErrorKind, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::ReadBuf;

use crate::hub::{Hub, Kind, Link, Record};

/// High-water mark, in bytes, of each direction as long as the connection is open. Bytes count until the owner has written them, also after it has
/// taken them.
pub const MARK: usize = 256 * 1024;

/// High-water mark, in bytes, of what waits for the owner once the connection is cut: what Linux lets the buffer of a
/// socket grow to by default.
const LAST_MARK: usize = 4 * 1024 * 1024;

/// Bytes left to read at which an owner that was told to wait may go on.
const LOW: usize = MARK / 2;

/// How far the owner's stream can still be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Open,
    /// The peer has ended its side.
    Ended,
    /// The stream is gone.
    Broken,
}

struct PipeState {
    /// Bytes for the peer that the owner has not taken.
    output: Vec<u8>,
    /// Bytes the owner has taken and not written.
    taken: usize,
    /// Most bytes in `output` and `taken`.
    mark: usize,
    /// Nothing will be added to `output`.
    finished: bool,
    /// The owner has been told of `output`, and has not taken it yet.
    told: bool,
    writer: Option<Waker>,
    /// Bytes of the peer, from `start` on.
    input: Vec<u8>,
    start: usize,
    source: Source,
    /// The owner has been told to wait.
    full: bool,
    reader: Option<Waker>,
}

impl PipeState {
    fn room(&self) -> usize {
        let waiting = self.output.len() + self.taken;
        self.mark.saturating_sub(waiting)
    }

    fn unread(&self) -> usize {
        self.input.len() - self.start
    }
}

/// What the three ends of a pipe share.
struct Pipe {
    state: Mutex<PipeState>,
    hub: Arc<Hub>,
    key: u32,
}

impl Pipe {
    fn lock(&self) -> MutexGuard<'_, PipeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, kind: Kind) {
        self.hub.inbox.announce(|_| Record::new(kind, self.key));
        // The writer may be the application's thread, which has no end of turn.
        self.hub.inbox.end_turn();
    }
}

/// Makes a pipe: the owner's end, and the two ends of the connection. `key` is the pipe's number in the
/// owner's events.
pub fn pipe(hub: &Arc<Hub>, key: u32) -> (PipeOwner, Piped) {
    let pipe = Arc::new(Pipe {
        state: Mutex::new(PipeState {
            output: Vec::new(),
            taken: 0,
            mark: MARK,
            finished: false,
            told: false,
            writer: None,
            input: Vec::new(),
            start: 0,
            source: Source::Open,
            full: false,
            reader: None,
        }),
        hub: Arc::clone(hub),
        key,
    });
    let piped = Piped {
        reader: PipeReader(Arc::clone(&pipe)),
        writer: PipeWriter(Arc::clone(&pipe)),
    };
    (PipeOwner(pipe), piped)
}

/// What there is for the owner to write.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Nothing now.
    Nothing,
    /// These bytes. [`PipeOwner::written`] is to be called once they are written.
    Bytes(Vec<u8>),
    /// The stream's writing side is to be ended: no more bytes will follow.
    End,
}

/// The end of the owner, which has the real stream.
pub struct PipeOwner(Arc<Pipe>);

impl PipeOwner {
    /// Adds what the peer has sent; false when no more should be added until
    /// [`Kind::PipeRoom`].
    pub fn push(&self, bytes: &[u8]) -> bool {
        let mut state = self.0.lock();
        if state.start > 0 {
            let start = std::mem::take(&mut state.start);
            state.input.drain(..start);
        }
        state.input.extend_from_slice(bytes);
        state.full = state.unread() >= MARK;
        let full = state.full;
        wake(state, |state| &mut state.reader);
        !full
    }

    /// The peer has ended its side.
    pub fn end(&self) {
        let mut state = self.0.lock();
        if state.source == Source::Open {
            state.source = Source::Ended;
        }
        wake(state, |state| &mut state.reader);
    }

    /// The stream is gone, both ways.
    pub fn fail(&self) {
        let mut state = self.0.lock();
        state.source = Source::Broken;
        let writer = state.writer.take();
        wake(state, |state| &mut state.reader);
        if let Some(writer) = writer {
            writer.wake();
        }
    }

    /// Takes what waits to be written.
    pub fn take(&self) -> Output {
        let mut state = self.0.lock();
        state.told = false;
        if state.output.is_empty() {
            return if state.finished {
                Output::End
            } else {
                Output::Nothing
            };
        }
        let bytes = std::mem::take(&mut state.output);
        state.taken += bytes.len();
        Output::Bytes(bytes)
    }

    /// So many of the bytes taken have been written.
    pub fn written(&self, bytes: usize) {
        let mut state = self.0.lock();
        state.taken = state.taken.saturating_sub(bytes);
        wake(state, |state| &mut state.writer);
    }
}

fn wake(
    mut state: MutexGuard<'_, PipeState>,
    who: impl FnOnce(&mut PipeState) -> &mut Option<Waker>,
) {
    let waker = who(&mut state).take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// The two ends of the connection before they are separated.
pub struct Piped {
    reader: PipeReader,
    writer: PipeWriter,
}

impl Piped {
    /// The connection's reading end.
    pub fn reader(&self) -> &PipeReader {
        &self.reader
    }

    /// The connection's writing end.
    pub fn writer(&self) -> &PipeWriter {
        &self.writer
    }

    /// Separates the ends.
    pub fn split(self) -> (PipeReader, PipeWriter) {
        (self.reader, self.writer)
    }
}

/// The connection's reading end.
pub struct PipeReader(Arc<Pipe>);

impl PipeReader {
    /// Reads the bytes that are there. Nothing read is the end of the stream.
    pub fn poll_read(
        &self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.0.lock();
        let count = state.unread().min(buffer.remaining());
        if count == 0 && buffer.remaining() > 0 {
            return match state.source {
                Source::Open => {
                    state.reader = Some(context.waker().clone());
                    Poll::Pending
                }
                Source::Ended => Poll::Ready(Ok(())),
                Source::Broken => Poll::Ready(Err(ErrorKind::ConnectionReset.into())),
            };
        }
        let start = state.start;
        buffer.put_slice(&state.input[start..start + count]);
        state.start += count;
        if state.unread() == 0 {
            state.start = 0;
            // An idle connection holds no buffer.
            state.input = Vec::new();
        }
        let resumed = state.full && state.unread() <= LOW;
        state.full &= !resumed;
        drop(state);
        if resumed {
            self.0.tell(Kind::PipeRoom);
        }
        Poll::Ready(Ok(()))
    }

    /// Ready when the stream is gone. For a task that does not read meanwhile.
    pub fn poll_broken(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock();
        if state.source == Source::Broken {
            return Poll::Ready(());
        }
        state.reader = Some(context.waker().clone());
        Poll::Pending
    }

    /// Ready when the owner has written all it was given.
    pub fn poll_written(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.lock();
        if state.source == Source::Broken {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        if state.output.is_empty() && state.taken == 0 {
            return Poll::Ready(Ok(()));
        }
        state.writer = Some(context.waker().clone());
        Poll::Pending
    }

    /// Ready when something can be written.
    pub fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.lock();
        if state.source == Source::Broken {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        if state.room() > 0 {
            return Poll::Ready(Ok(()));
        }
        state.writer = Some(context.waker().clone());
        Poll::Pending
    }
}

/// The connection's writing end; dropping it ends the stream's writing side.
pub struct PipeWriter(Arc<Pipe>);

impl PipeWriter {
    /// Ends the stream's writing side once what was written before has left.
    pub fn finish(&self) {
        let mut state = self.0.lock();
        if std::mem::replace(&mut state.finished, true) {
            return;
        }
        state.told = true;
        drop(state);
        self.0.tell(Kind::PipeOutput);
    }
}

impl Link for PipeWriter {
    fn try_write(&self, data: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut state = self.0.lock();
        if state.source == Source::Broken || state.finished {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let room = state.room();
        if room == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let mut left = room;
        for slice in data {
            let count = slice.len().min(left);
            state.output.extend_from_slice(&slice[..count]);
            left -= count;
        }
        let tell = !std::mem::replace(&mut state.told, true);
        drop(state);
        if tell {
            self.0.tell(Kind::PipeOutput);
        }
        Ok(room - left)
    }

    fn offer_last(&self) {
        self.0.lock().mark = LAST_MARK;
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        self.finish();
    }
}

#[cfg(test)]
mod tests;
