//! Streams to servers: TCP, TLS over it, and Unix sockets.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::address::Endpoint;
use super::limiter::Limiter;
use super::tls::Tls;

/// Without an answer, probes begin after this time, and are repeated at this interval.
const KEEPALIVE: Duration = Duration::from_secs(10);

/// How long written bytes may stay without an acknowledgement.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(20);

/// Most bytes that are read at once.
const AT_ONCE: usize = 32 * 1024;

trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// A stream that keeps the error that has ended it: the crate `redis` tells no more than that it has ended.
pub struct Stream {
    duplex: Box<dyn Duplex>,
    failure: Failure,
    limited: Limited,
}

/// Bytes between the stream and its reader.
struct Limited {
    limiter: Limiter,
    /// As they were read.
    read: Box<[u8]>,
    /// Which of them the limiter has not seen yet.
    left: Range<usize>,
    passed: Vec<u8>,
    /// How many of them the reader has.
    given: usize,
}

/// What has ended a stream.
#[derive(Clone, Default)]
pub struct Failure(Arc<Mutex<End>>);

#[derive(Default)]
struct End {
    error: Option<io::Error>,
    /// The server has closed the stream.
    is_closed: bool,
}

impl Failure {
    pub fn take(&self) -> Option<io::Error> {
        self.end().error.take()
    }

    /// What the server has done, when there is no error of the stream.
    pub fn deed(&self) -> &'static str {
        if self.end().is_closed {
            "has closed the connection"
        } else {
            // The limiter follows the outer form alone: lists may be nested more deeply than the crate reads them.
            "has sent what cannot be read"
        }
    }

    /// Keeps the error and gives one of the same kind.
    fn keep(&self, error: io::Error) -> io::Error {
        let kind = error.kind();
        self.end().error.get_or_insert(error);
        kind.into()
    }

    fn end(&self) -> MutexGuard<'_, End> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream {
    /// Connects to a server.
    ///
    /// # Errors
    /// The system's, or that of the TLS handshake.
    pub async fn connect(
        endpoint: &Endpoint,
        tls: Option<&Tls>,
        limiter: Limiter,
    ) -> io::Result<(Self, Failure)> {
        let duplex: Box<dyn Duplex> = match endpoint {
            Endpoint::Tcp(host, port) => {
                let tcp = TcpStream::connect((host.as_str(), *port)).await?;
                prepare(&tcp)?;
                match tls {
                    None => Box::new(tcp),
                    Some(tls) => Box::new(tls.connect(host, tcp).await?),
                }
            }
            #[cfg(unix)]
            Endpoint::Unix(path) => Box::new(tokio::net::UnixStream::connect(path).await?),
            #[cfg(not(unix))]
            Endpoint::Unix(_) => return Err(io::ErrorKind::Unsupported.into()),
        };
        let failure = Failure::default();
        let stream = Self {
            duplex,
            failure: failure.clone(),
            limited: Limited {
                limiter,
                read: vec![0; AT_ONCE].into(),
                left: 0..0,
                passed: Vec::new(),
                given: 0,
            },
        };
        Ok((stream, failure))
    }
}

/// Heartbeats find a dead connection sooner. These settings free it when there are none, and on the system's side.
fn prepare(tcp: &TcpStream) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let socket = SockRef::from(tcp);
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE)
        .with_interval(KEEPALIVE);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
    Ok(())
}

impl Limited {
    fn poll_read(
        &mut self,
        duplex: &mut Box<dyn Duplex>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Nothing may pass of what is read; an empty answer would be the end of the stream.
        while self.given == self.passed.len() {
            if self.left.is_empty() {
                let mut read = ReadBuf::new(&mut self.read);
                ready!(Pin::new(&mut *duplex).poll_read(context, &mut read))?;
                if read.filled().is_empty() {
                    return Poll::Ready(Ok(()));
                }
                self.left = 0..read.filled().len();
            }
            self.passed.clear();
            self.given = 0;
            let left = &self.read[self.left.clone()];
            let taken = self.limiter.pass(left, &mut self.passed);
            self.left.start +=
                taken.map_err(|what| io::Error::new(io::ErrorKind::InvalidData, what))?;
        }
        let left = &self.passed[self.given..];
        let given = left.len().min(buffer.remaining());
        buffer.put_slice(&left[..given]);
        self.given += given;
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self {
            duplex,
            failure,
            limited,
        } = self.get_mut();
        let before = buffer.filled().len();
        let read = ready!(limited.poll_read(duplex, context, buffer));
        if read.is_ok() && buffer.filled().len() == before {
            failure.end().is_closed = true;
        }
        Poll::Ready(read.map_err(|error| failure.keep(error)))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self {
            duplex, failure, ..
        } = self.get_mut();
        let written = ready!(Pin::new(duplex).poll_write(context, bytes));
        Poll::Ready(written.map_err(|error| failure.keep(error)))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self {
            duplex, failure, ..
        } = self.get_mut();
        let flushed = ready!(Pin::new(duplex).poll_flush(context));
        Poll::Ready(flushed.map_err(|error| failure.keep(error)))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().duplex).poll_shutdown(context)
    }
}
