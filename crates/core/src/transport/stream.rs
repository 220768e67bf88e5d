//! The byte streams that connections run over, in one type: a reading end for the task that owns
//! the connection, and a writing end ([`Link`]) that any thread may use.

use std::future::{pending, poll_fn};
use std::io::{self, IoSlice};
use std::net::Shutdown;
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, Interest, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::net::tcp;
#[cfg(unix)]
use tokio::net::unix;

use crate::hub::{Link, Secure};

use super::buffer::BUFFER;
use super::pipe::{PipeReader, Piped};
use super::tasks::yield_now;
use super::tls::{self, TlsStream};

/// Reads in a row of [`Stream::discard`], which take about 10 µs.
const DISCARDS_A_TURN: u32 = 16;

/// A stream before its ends are separated.
pub enum Stream {
    /// TCP.
    Tcp(TcpStream),
    /// A Unix domain socket.
    #[cfg(unix)]
    Unix(UnixStream),
    /// Any of the others, under TLS.
    Tls(Box<TlsStream>),
    /// What somebody else reads and writes.
    Piped(Piped),
}

impl Stream {
    /// Completes the TLS handshake, where there is one.
    ///
    /// # Errors
    /// The peer has gone, or failed the handshake.
    pub async fn handshake(&self) -> io::Result<()> {
        match self {
            Self::Tls(stream) => Box::pin(stream.handshake()).await,
            _ => Ok(()),
        }
    }

    /// The encryption, once the handshake is complete; `None` without.
    pub fn secure(&self) -> Option<Secure> {
        match self {
            Self::Tls(stream) => Some(stream.facts()),
            _ => None,
        }
    }

    /// Waits until the connection is reset or fails, and reads nothing. A peer that only ends its side may still read.
    pub async fn broken(&self) {
        let failed = match self {
            Self::Tcp(stream) => stream.ready(Interest::ERROR).await,
            #[cfg(unix)]
            Self::Unix(stream) => stream.ready(Interest::ERROR).await,
            Self::Tls(stream) => return Box::pin(stream.broken()).await,
            Self::Piped(piped) => {
                return poll_fn(|context| piped.reader().poll_broken(context)).await;
            }
        };
        // That it cannot be waited for is no failure of the peer's.
        if failed.is_err() {
            pending::<()>().await;
        }
    }

    /// Waits for bytes and reads some; `Ok(0)` is the end of the stream.
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let result = match self {
                Self::Tcp(stream) => {
                    stream.readable().await?;
                    stream.try_read(buffer)
                }
                #[cfg(unix)]
                Self::Unix(stream) => {
                    stream.readable().await?;
                    stream.try_read(buffer)
                }
                Self::Tls(stream) => return Box::pin(stream.read(buffer)).await,
                Self::Piped(piped) => {
                    let mut target = ReadBuf::new(buffer);
                    poll_fn(|context| piped.reader().poll_read(context, &mut target)).await?;
                    Ok(target.filled().len())
                }
            };
            match result {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
        }
    }

    /// Reads and discards until the peer ends its side, a little before others have their turn.
    pub async fn discard(&self) -> io::Result<()> {
        let mut bytes = [0; 1024];
        loop {
            for _ in 0..DISCARDS_A_TURN {
                if self.read(&mut bytes).await? == 0 {
                    return Ok(());
                }
            }
            yield_now().await;
        }
    }

    /// Waits for bytes, reads up to `most` of them into the thread's buffer, and returns what `take` makes of them; none are
    /// the end of the stream. A read of fewer bytes is noted to have emptied the socket, which spares whoever reads next a
    /// system call that finds nothing.
    pub async fn read_with<R>(
        &mut self,
        most: usize,
        mut take: impl FnMut(&[u8]) -> R,
    ) -> io::Result<R> {
        match self {
            Self::Tcp(stream) => {
                poll_fn(|context| poll_with(stream, context, most, &mut take)).await
            }
            #[cfg(unix)]
            Self::Unix(stream) => {
                poll_fn(|context| poll_with(stream, context, most, &mut take)).await
            }
            Self::Tls(_) | Self::Piped(_) => {
                let mut buffer = vec![0; most];
                let count = Box::pin(self.read(&mut buffer)).await?;
                Ok(take(&buffer[..count]))
            }
        }
    }

    /// Writes all of `bytes`.
    pub async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let result = match self {
                Self::Tcp(stream) => {
                    stream.writable().await?;
                    stream.try_write(bytes)
                }
                #[cfg(unix)]
                Self::Unix(stream) => {
                    stream.writable().await?;
                    stream.try_write(bytes)
                }
                Self::Tls(stream) => return Box::pin(stream.write_all(bytes)).await,
                Self::Piped(piped) => {
                    poll_fn(|context| piped.reader().poll_write_ready(context)).await?;
                    piped.writer().try_write(&[IoSlice::new(bytes)])
                }
            };
            match result {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(taken) => bytes = &bytes[taken..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Writes all of `bytes`, and waits until the kernel has them, also where another thread writes.
    pub async fn deliver(&self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes).await?;
        match self {
            Self::Piped(piped) => poll_fn(|context| piped.reader().poll_written(context)).await,
            _ => Ok(()),
        }
    }

    /// Unties the stream from the runtime it was accepted on.
    ///
    /// # Errors
    /// The system's; a stream under TLS stays where it is.
    pub fn detach(self) -> io::Result<Detached> {
        Ok(match self {
            Self::Tcp(stream) => Detached::Tcp(stream.into_std()?),
            #[cfg(unix)]
            Self::Unix(stream) => Detached::Unix(stream.into_std()?),
            Self::Tls(_) => return Err(io::ErrorKind::Unsupported.into()),
            Self::Piped(piped) => Detached::Piped(piped),
        })
    }

    /// Sends FIN: nothing more will be written.
    pub async fn finish(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => socket2::SockRef::from(stream).shutdown(Shutdown::Write),
            #[cfg(unix)]
            Self::Unix(stream) => socket2::SockRef::from(stream).shutdown(Shutdown::Write),
            Self::Tls(stream) => Box::pin(stream.finish()).await,
            Self::Piped(piped) => {
                piped.writer().finish();
                Ok(())
            }
        }
    }

    /// Separates the ends of the stream. Dropping the writing end sends FIN.
    pub fn split(self) -> (ReadEnd, Box<dyn Link>) {
        match self {
            Self::Tcp(stream) => {
                let (read, write) = stream.into_split();
                (ReadEnd::Tcp(read), Box::new(write))
            }
            #[cfg(unix)]
            Self::Unix(stream) => {
                let (read, write) = stream.into_split();
                (ReadEnd::Unix(read), Box::new(write))
            }
            Self::Tls(stream) => stream.split(),
            Self::Piped(piped) => {
                let (read, write) = piped.split();
                (ReadEnd::Piped(read), Box::new(write))
            }
        }
    }
}

/// Reads once for [`Stream::read_with`].
fn poll_with<R>(
    stream: &mut (impl AsyncRead + Unpin),
    context: &mut Context<'_>,
    most: usize,
    mut take: impl FnMut(&[u8]) -> R,
) -> Poll<io::Result<R>> {
    BUFFER.with_borrow_mut(|buffer| {
        let mut target = ReadBuf::new(&mut buffer[..most]);
        ready!(Pin::new(stream).poll_read(context, &mut target))?;
        Poll::Ready(Ok(take(target.filled())))
    })
}

/// A stream on its way from one runtime to another.
pub enum Detached {
    /// TCP.
    Tcp(std::net::TcpStream),
    /// A Unix domain socket.
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
    /// What somebody else reads and writes: tied to no runtime.
    Piped(Piped),
}

impl Detached {
    /// Ties the stream to the current runtime.
    ///
    /// # Errors
    /// The system's, when it cannot be registered.
    pub fn attach(self) -> io::Result<Stream> {
        Ok(match self {
            Self::Tcp(stream) => Stream::Tcp(TcpStream::from_std(stream)?),
            #[cfg(unix)]
            Self::Unix(stream) => Stream::Unix(UnixStream::from_std(stream)?),
            Self::Piped(piped) => Stream::Piped(piped),
        })
    }
}

/// The reading end of a stream.
pub enum ReadEnd {
    /// TCP.
    Tcp(tcp::OwnedReadHalf),
    /// A Unix domain socket.
    #[cfg(unix)]
    Unix(unix::OwnedReadHalf),
    /// Either, under TLS.
    Tls(Box<tls::Reader>),
    /// What somebody else reads and writes.
    Piped(PipeReader),
}

impl ReadEnd {
    /// Reads what is there; after a read that did not fill the buffer the next one is pending
    /// without a system call.
    pub fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => stream.poll_read(context, buffer),
            Self::Piped(reader) => reader.poll_read(context, buffer),
        }
    }

    /// What has been read from the wire under TLS since the last call; `None` without TLS, where the bytes read
    /// are those on the wire.
    pub fn take_cost(&mut self) -> Option<tls::Cost> {
        match self {
            Self::Tls(stream) => Some(stream.take_cost()),
            _ => None,
        }
    }

    /// Whether the last read is pending only so that other connections have their turn.
    pub fn has_more(&self) -> bool {
        matches!(self, Self::Tls(stream) if stream.has_more())
    }

    /// Reads and discards what is there, once the connection has ended.
    pub fn poll_discard(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self {
            Self::Tls(stream) => stream.poll_discard(context, buffer),
            plain => plain.poll_read(context, buffer),
        }
    }

    /// Ready when the stream can be written again.
    pub fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => stream.as_ref().poll_write_ready(context),
            #[cfg(unix)]
            Self::Unix(stream) => stream.as_ref().poll_write_ready(context),
            Self::Tls(stream) => stream.poll_write_ready(context),
            Self::Piped(reader) => reader.poll_write_ready(context),
        }
    }
}

impl Link for tcp::OwnedWriteHalf {
    fn try_write(&self, data: &[IoSlice<'_>]) -> io::Result<usize> {
        match data {
            [one] => write_straight(self.as_ref(), one, false, || Self::try_write(self, one)),
            many => self.try_write_vectored(many),
        }
    }

    fn try_write_last(&self, data: &[IoSlice<'_>]) -> io::Result<usize> {
        match data {
            [one] => write_straight(self.as_ref(), one, true, || Self::try_write(self, one)),
            many => self.try_write_vectored(many),
        }
    }

    #[cfg(unix)]
    fn socket(&self) -> Option<BorrowedFd<'_>> {
        Some(self.as_ref().as_fd())
    }
}

#[cfg(unix)]
impl Link for unix::OwnedWriteHalf {
    fn try_write(&self, data: &[IoSlice<'_>]) -> io::Result<usize> {
        match data {
            [one] => write_straight(self.as_ref(), one, false, || Self::try_write(self, one)),
            many => self.try_write_vectored(many),
        }
    }

    fn socket(&self) -> Option<BorrowedFd<'_>> {
        Some(self.as_ref().as_fd())
    }
}

/// Writes without asking tokio first whether the stream is writable: asking would cost a broadcast to a thousand
/// members a thousand cache misses. tokio has to know only of a stream that is not writable: `by_tokio` writes
/// again, meets the same error, and makes tokio wait for the stream. `is_last` has the bytes wait for the FIN, if the
/// system can do that.
#[cfg(unix)]
fn write_straight(
    stream: &impl AsFd,
    bytes: &[u8],
    is_last: bool,
    by_tokio: impl FnOnce() -> io::Result<usize>,
) -> io::Result<usize> {
    use rustix::net::SendFlags;
    // On other systems the socket prevents SIGPIPE, or Node ignores it.
    #[cfg(target_os = "linux")]
    const FLAGS: SendFlags = SendFlags::NOSIGNAL;
    #[cfg(not(target_os = "linux"))]
    const FLAGS: SendFlags = SendFlags::empty();
    #[cfg(target_os = "linux")]
    let flags = if is_last {
        FLAGS | SendFlags::MORE
    } else {
        FLAGS
    };
    #[cfg(not(target_os = "linux"))]
    let (flags, _) = (FLAGS, is_last);
    match rustix::net::send(stream, bytes, flags) {
        Err(rustix::io::Errno::AGAIN) => by_tokio(),
        result => Ok(result?),
    }
}

/// On systems without descriptors there is nothing to gain.
#[cfg(not(unix))]
fn write_straight<S>(
    _stream: &S,
    _bytes: &[u8],
    _is_last: bool,
    by_tokio: impl FnOnce() -> io::Result<usize>,
) -> io::Result<usize> {
    by_tokio()
}
