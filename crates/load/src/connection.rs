//! One client connection: TCP, the WebSocket upgrade, the handshake of the protocol, frames.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::{Domain, Socket, Type};

use crate::frame::{self, Frame, FrameReader};
use crate::protocol::{ACCEPT, Incoming, Protocol};
use crate::result::Result;

/// Loopback addresses the connections come from, in turn: one address has too few ports for the
/// case that connects and closes.
const SOURCES: usize = 200;

/// The stages of a connection's opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// TCP connection or HTTP upgrade under way.
    Upgrading,
    /// WebSocket open, handshake of the protocol not yet answered.
    Handshaking,
    /// Ready for requests.
    Open,
}

/// What a connection reports to its owner while it is read.
#[derive(Debug)]
pub enum Event<'a> {
    /// The handshake is answered: requests may be sent, but not before [`crate::times::SETTLE`] is over.
    Ready,
    /// A data message that is not part of the opening, and not a ping.
    Message(Frame<'a>),
    /// The server has ended the connection.
    Ended,
}

/// A client connection.
pub struct Connection {
    stream: TcpStream,
    protocol: Protocol,
    phase: Phase,
    reader: FrameReader,
    /// Head of the HTTP response as far as it has arrived; empty after the upgrade.
    head: Vec<u8>,
    /// What the kernel did not take yet.
    out: Vec<u8>,
}

impl Connection {
    /// Begins to open connection number `number` to `server`, registered as `token`.
    ///
    /// # Errors
    /// When no socket can be made. That a connection is refused is reported when it is read.
    pub fn open(
        registry: &Registry,
        token: Token,
        server: SocketAddr,
        protocol: Protocol,
        number: usize,
    ) -> Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        let source = Ipv4Addr::new(127, 0, 0, 2 + (number % SOURCES) as u8);
        socket.bind(&SocketAddrV4::new(source, 0).into())?;
        match socket.connect(&server.into()) {
            Err(error)
                if error.kind() != ErrorKind::WouldBlock
                    && error.raw_os_error() != Some(EINPROGRESS) =>
            {
                return Err(error.into());
            }
            _ => {}
        }
        let mut stream = TcpStream::from_std(socket.into());
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self {
            stream,
            protocol,
            phase: Phase::Upgrading,
            reader: FrameReader::default(),
            head: Vec::new(),
            out: protocol.upgrade_request().into_bytes(),
        })
    }

    /// Sends whole frames, or queues what the kernel does not take.
    ///
    /// # Errors
    /// When the connection is broken.
    pub fn send(&mut self, frames: &[u8]) -> Result<()> {
        if !self.out.is_empty() {
            self.out.extend_from_slice(frames);
            return Ok(());
        }
        let written = write_some(&mut self.stream, frames)?;
        self.out.extend_from_slice(&frames[written..]);
        Ok(())
    }

    /// Writes what is queued; to be called when the socket becomes writable.
    ///
    /// # Errors
    /// When the connection is broken, or was refused.
    pub fn flush(&mut self) -> Result<()> {
        if !self.out.is_empty() {
            let written = write_some(&mut self.stream, &self.out)?;
            self.out.drain(..written);
        }
        Ok(())
    }

    /// Reads what has arrived, through the shared buffer `scratch`, and hands it to `sink`.
    ///
    /// A read that does not fill the buffer has emptied the socket (epoll(7)), unless the server has
    /// also closed its side: then `to_the_end` has to be set.
    ///
    /// # Errors
    /// When the connection is broken, the server breaks a protocol, or `sink` fails.
    pub fn read<F>(&mut self, scratch: &mut [u8], to_the_end: bool, mut sink: F) -> Result<()>
    where
        F: FnMut(Event<'_>) -> Result<()>,
    {
        loop {
            match self.stream.read(scratch) {
                Ok(0) => return sink(Event::Ended),
                Ok(count) => {
                    self.take(&scratch[..count], &mut sink)?;
                    if count < scratch.len() && !to_the_end {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(format!("reading: {error}").into()),
            }
        }
    }

    /// Handles bytes of the server.
    fn take<F>(&mut self, bytes: &[u8], sink: &mut F) -> Result<()>
    where
        F: FnMut(Event<'_>) -> Result<()>,
    {
        if self.phase != Phase::Upgrading {
            return self.take_frames(bytes, sink);
        }
        self.head.extend_from_slice(bytes);
        let Some(end) = self
            .head
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
        else {
            return Ok(());
        };
        let head = std::mem::take(&mut self.head);
        let text = String::from_utf8_lossy(&head[..end]);
        if !text.starts_with("HTTP/1.1 101") || !text.contains(ACCEPT) {
            return Err(format!("the server refuses the upgrade: {text}").into());
        }
        self.phase = Phase::Handshaking;
        if let Some(greeting) = self.protocol.greeting() {
            self.send(&greeting)?;
        }
        self.take_frames(&head[end + 4..], sink)
    }

    fn take_frames<F>(&mut self, bytes: &[u8], sink: &mut F) -> Result<()>
    where
        F: FnMut(Event<'_>) -> Result<()>,
    {
        // The reader is moved out while it runs, because handling its frames sends on `self`.
        let mut reader = std::mem::take(&mut self.reader);
        let result = reader.feed(bytes, |frame| self.take_frame(frame, sink));
        self.reader = reader;
        result
    }

    fn take_frame<F>(&mut self, frame: Frame<'_>, sink: &mut F) -> Result<()>
    where
        F: FnMut(Event<'_>) -> Result<()>,
    {
        let payload = frame.payload.unwrap_or_default();
        match frame.opcode {
            frame::TEXT => {}
            frame::PING => {
                let mut pong = Vec::new();
                frame::encode(&mut pong, frame::PONG, payload);
                return self.send(&pong);
            }
            // The end of the connection follows, and is reported then.
            frame::CLOSE | frame::PONG => return Ok(()),
            opcode => return Err(format!("frame with opcode {opcode} from the server").into()),
        }
        let incoming = if self.phase == Phase::Open {
            self.protocol.when_open(payload)
        } else {
            self.protocol.during_handshake(payload)
        };
        match incoming {
            Incoming::Reply(reply) => self.send(&reply),
            Incoming::Ready => {
                self.phase = Phase::Open;
                sink(Event::Ready)
            }
            Incoming::Message => sink(Event::Message(frame)),
        }
    }
}

/// The error of `connect` on a non-blocking socket when the connection is not open at once. The standard library has no
/// stable name for it.
const EINPROGRESS: i32 = 115;

/// Writes as much as the kernel takes. A socket that is still connecting takes nothing.
fn write_some(stream: &mut TcpStream, bytes: &[u8]) -> Result<usize> {
    let mut written = 0;
    while written < bytes.len() {
        match stream.write(&bytes[written..]) {
            Ok(0) => return Err("the socket takes no bytes".into()),
            Ok(count) => written += count,
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::NotConnected
                ) =>
            {
                break;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(format!("writing: {error}").into()),
        }
    }
    Ok(written)
}
