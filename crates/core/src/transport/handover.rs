//! Streams that another server has accepted, and whose upgrade request it has read.

use std::sync::Arc;
#[cfg(unix)]
use std::{io, os::fd::OwnedFd};

#[cfg(unix)]
use socket2::{Domain, Socket};

#[cfg(unix)]
use crate::hub::Transport;
use crate::hub::{Hub, Kind, Record, Remote};
use crate::upgrade::{Refusal, Request};

use super::stream::Detached;

/// A stream at the point where its request has been read and nothing has been answered.
pub struct Handover {
    /// The stream.
    pub stream: Detached,
    /// The request, or the refusal to answer with.
    pub request: Result<Request, Refusal>,
    /// Bytes that were read behind the request.
    pub read_ahead: Vec<u8>,
    /// The other end of the stream, and what carries its bytes.
    pub remote: Remote,
    /// The application's handle of the stream.
    pub ticket: Ticket,
}

/// The application's handle of a stream that was handed over. Dropping it tells the application that the stream
/// is not used here any more ([`Kind::Released`]).
pub struct Ticket {
    hub: Arc<Hub>,
    /// The application's number for the stream.
    pub key: u32,
    /// Whether the connection is not to be read before the application asks for it.
    pub held: bool,
}

impl Ticket {
    /// A ticket with a number of the application's choice.
    pub fn new(hub: &Arc<Hub>, key: u32, held: bool) -> Self {
        Self {
            hub: Arc::clone(hub),
            key,
            held,
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.hub
            .inbox
            .announce(|_| Record::new(Kind::Released, self.key));
        // The application's own thread may drop this, when the stream could not be handed over. It has no end
        // of turn.
        self.hub.inbox.end_turn();
    }
}

/// Makes a stream of a socket that another server has accepted: TCP, or a Unix domain socket.
///
/// # Errors
/// The system's; `Unsupported` for a socket of another kind.
#[cfg(unix)]
pub fn adopt(descriptor: OwnedFd) -> io::Result<(Detached, Remote)> {
    let socket = Socket::from(descriptor);
    let domain = socket.local_addr()?.domain();
    // A peer that has gone has no address. Reading will report its end.
    let peer = socket.peer_addr().ok();
    socket.set_nonblocking(true)?;
    let stream = if domain == Domain::UNIX {
        Detached::Unix(socket.into())
    } else if domain == Domain::IPV4 || domain == Domain::IPV6 {
        // Messages are gathered before they are written, so that the kernel need not wait for more.
        let _ = socket.set_tcp_nodelay(true);
        Detached::Tcp(socket.into())
    } else {
        return Err(io::ErrorKind::Unsupported.into());
    };
    let remote = Remote {
        address: peer.and_then(|peer| peer.as_socket()),
        encrypted: false,
        transport: Transport::Adopted,
        secure: None,
    };
    Ok((stream, remote))
}
