//! The two ends of an open connection: its task reads, and any thread may write. Both use one [`Engine`] behind
//! a lock that is never held while the hub is called.

use std::cell::RefCell;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};

use tokio::io::ReadBuf;

use crate::hub::Link;
use crate::transport::stream::ReadEnd;

use super::engine::{Cost, Engine};

/// Ciphertext read at a time, into a buffer that all connections of a thread share.
const READ_BUFFER: usize = 64 * 1024;

/// Most plaintext that is encrypted before the kernel has taken what was before it.
const SEALED: usize = 64 * 1024;

/// Reads in a row that may give no plaintext before other connections have their turn.
const FRUITLESS_READS: usize = 8;

/// Fewest bytes of ciphertext read at once, however few of plaintext are wanted.
const LEAST_READ: usize = 4096;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BUFFER].into());
}

/// What the ends share.
struct Ends {
    engine: Engine,
    /// `None` once nothing more is to be written.
    link: Option<Box<dyn Link>>,
    /// Plaintext that is encrypted, and of which the kernel does not have all ciphertext yet. Until it has, the
    /// plaintext counts as waiting in the queue it came from.
    committed: usize,
}

impl Ends {
    /// Writes the ciphertext that waits.
    fn flush(&mut self) -> io::Result<()> {
        let link = self.link.as_ref().ok_or(ErrorKind::BrokenPipe)?;
        while !self.engine.out().is_empty() {
            match link.try_write(&[IoSlice::new(self.engine.out())]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(taken) => self.engine.advance(taken),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn seal(&mut self, data: &[IoSlice<'_>]) -> io::Result<usize> {
        if let Some(one) = data
            .first()
            .filter(|one| data.len() == 1 || one.len() >= SEALED)
        {
            let some = &one[..one.len().min(SEALED)];
            self.engine.seal(some)?;
            return Ok(some.len());
        }
        // Small frames go into one record.
        let mut gathered = Vec::new();
        for slice in data {
            let room = SEALED - gathered.len();
            gathered.extend_from_slice(&slice[..slice.len().min(room)]);
        }
        self.engine.seal(&gathered)?;
        Ok(gathered.len())
    }
}

/// Makes the two ends of a connection over the ends of its socket.
pub fn split(engine: Engine, reader: ReadEnd, link: Box<dyn Link>) -> (ReadEnd, Box<dyn Link>) {
    let shared = Arc::new(Mutex::new(Ends {
        engine,
        link: Some(link),
        committed: 0,
    }));
    let writer = Writer(Arc::clone(&shared));
    let reader = Reader {
        inner: reader,
        shared,
        cost: Cost::default(),
        has_more: false,
    };
    (ReadEnd::Tls(Box::new(reader)), Box::new(writer))
}

/// A lock is poisoned when rustls has panicked. The connection cannot be used any more then.
fn lock(shared: &Mutex<Ends>) -> io::Result<MutexGuard<'_, Ends>> {
    shared.lock().map_err(|_| ErrorKind::BrokenPipe.into())
}

/// The reading end.
pub struct Reader {
    inner: ReadEnd,
    shared: Arc<Mutex<Ends>>,
    /// See [`Reader::take_cost`].
    cost: Cost,
    /// See [`Reader::has_more`].
    has_more: bool,
}

impl Reader {
    /// What has been read from the wire since the last call, whether it gave plaintext or not.
    pub fn take_cost(&mut self) -> Cost {
        std::mem::take(&mut self.cost)
    }

    /// Whether the last read is pending though there may be more to read: other connections have their
    /// turn first.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// Reads plaintext. Nothing read is the end of the stream, by `close_notify`.
    ///
    /// # Errors
    /// The system's; the peer broke the protocol; the stream ended without `close_notify`, so that
    /// its end may have been cut off by somebody else.
    pub fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        target: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.has_more = false;
        // So much ciphertext may be read in all, even if it gives no plaintext.
        let most = target.remaining();
        let before = self.cost.bytes;
        for _ in 0..FRUITLESS_READS {
            if self.cost.bytes - before >= most {
                break;
            }
            let mut shared = lock(&self.shared)?;
            if shared.engine.take_plain(target) || shared.engine.is_peer_closed() {
                return Poll::Ready(Ok(()));
            }
            if shared.engine.is_broken() {
                return Poll::Ready(Err(ErrorKind::InvalidData.into()));
            }
            drop(shared);
            ready!(self.poll_receive(context, target))?;
            if !target.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
        self.has_more = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
        target: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        BUFFER.with_borrow_mut(|buffer| {
            let most = target.remaining().clamp(LEAST_READ, READ_BUFFER);
            let mut incoming = ReadBuf::new(&mut buffer[..most]);
            ready!(self.inner.poll_read(context, &mut incoming))?;
            if incoming.filled().is_empty() {
                return Poll::Ready(Err(ErrorKind::UnexpectedEof.into()));
            }
            let mut shared = lock(&self.shared)?;
            let result = shared.engine.receive(incoming.filled_mut(), target);
            let cost = shared.engine.take_cost();
            self.cost.bytes += cost.bytes;
            self.cost.fruitless += cost.fruitless;
            if !shared.engine.out().is_empty() {
                // This is an alert, or an answer of TLS itself. What the kernel does not take now is
                // written with the next message.
                let _ = shared.flush();
            }
            Poll::Ready(result)
        })
    }

    /// Discards what the peer still sends after the end: it is not even decrypted. Nothing read is
    /// the end of the stream.
    ///
    /// # Errors
    /// The system's.
    pub fn poll_discard(
        &mut self,
        context: &mut Context<'_>,
        target: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut shared = lock(&self.shared)?;
        // The last bytes of ours that the kernel did not take at once, then FIN.
        while shared.link.is_some() && !shared.engine.out().is_empty() {
            match self.inner.poll_write_ready(context) {
                Poll::Pending => break,
                Poll::Ready(Err(_)) => shared.link = None,
                Poll::Ready(Ok(())) => match shared.flush() {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Ok(()) | Err(_) => shared.link = None,
                },
            }
        }
        drop(shared);
        self.inner.poll_read(context, target)
    }

    /// Ready when the stream can be written again.
    pub fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.poll_write_ready(context)
    }
}

/// The writing end. Dropping it sends `close_notify`, then FIN.
struct Writer(Arc<Mutex<Ends>>);

impl Link for Writer {
    fn try_write(&self, data: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut shared = lock(&self.0)?;
        shared.flush()?;
        if shared.committed == 0 {
            shared.committed = shared.seal(data)?;
            shared.flush()?;
        }
        Ok(std::mem::take(&mut shared.committed))
    }

    fn committed(&self) -> usize {
        lock(&self.0).map_or(0, |shared| shared.committed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let Ok(mut shared) = lock(&self.0) else {
            return;
        };
        // A broken connection has sent an alert instead.
        let _ = shared.engine.seal_end();
        match shared.flush() {
            // The reader writes the rest.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Ok(()) | Err(_) => shared.link = None,
        }
    }
}

#[cfg(test)]
mod tests;
