//! Listening sockets: made on the caller's thread, so that a taken port is known at once.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
#[cfg(unix)]
use std::path::{Path, PathBuf};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use crate::hub::{Remote, Transport};

use super::stream::Stream;

/// Where to listen.
#[derive(Debug, Clone)]
pub enum Address {
    /// Every address of the machine, IPv6 and IPv4 (IPv4 alone where there is no IPv6).
    AnyHost {
        /// TCP port; 0 lets the system choose.
        port: u16,
    },
    /// One address.
    Tcp(SocketAddr),
    /// A Unix domain socket.
    #[cfg(unix)]
    Unix(PathBuf),
}

/// A socket that listens, not yet tied to a runtime.
pub enum Bound {
    /// TCP.
    Tcp(std::net::TcpListener),
    /// A Unix domain socket; its file is removed when the listener is dropped.
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener, PathBuf),
}

impl Bound {
    /// Binds and listens. `backlog` is the queue of connections not yet accepted.
    ///
    /// # Errors
    /// The system's, e.g. `EADDRINUSE` for a taken port.
    pub fn new(address: &Address, backlog: i32) -> io::Result<Self> {
        match address {
            Address::AnyHost { port } => listen_tcp((Ipv6Addr::UNSPECIFIED, *port).into(), backlog)
                .or_else(|error| {
                    if error.kind() == io::ErrorKind::AddrInUse {
                        return Err(error);
                    }
                    listen_tcp((Ipv4Addr::UNSPECIFIED, *port).into(), backlog)
                }),
            Address::Tcp(address) => listen_tcp(*address, backlog),
            #[cfg(unix)]
            Address::Unix(path) => listen_unix(path, backlog),
        }
    }

    /// The address, with the port the system chose; `None` for a Unix domain socket.
    pub fn local_address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            #[cfg(unix)]
            Self::Unix(..) => None,
        }
    }
}

fn listen_tcp(address: SocketAddr, backlog: i32) -> io::Result<Bound> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // As Node does: a port whose last connections still linger can be taken again at once. On
    // Windows the option would let two servers share a port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    if let SocketAddr::V6(v6) = address {
        socket.set_only_v6(!v6.ip().is_unspecified())?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(backlog)?;
    Ok(Bound::Tcp(socket.into()))
}

#[cfg(unix)]
fn listen_unix(path: &Path, backlog: i32) -> io::Result<Bound> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&socket2::SockAddr::unix(path)?)?;
    socket.listen(backlog)?;
    Ok(Bound::Unix(socket.into(), path.to_owned()))
}

/// A listening socket on the io thread's runtime.
pub enum Listener {
    /// TCP.
    Tcp(TcpListener),
    /// A Unix domain socket and its file.
    #[cfg(unix)]
    Unix(UnixListener, PathBuf),
}

impl Listener {
    /// Ties a bound socket to the current runtime.
    ///
    /// # Errors
    /// The system's, when the socket cannot be registered.
    pub fn register(bound: Bound) -> io::Result<Self> {
        Ok(match bound {
            Bound::Tcp(listener) => Self::Tcp(TcpListener::from_std(listener)?),
            #[cfg(unix)]
            Bound::Unix(listener, path) => Self::Unix(UnixListener::from_std(listener)?, path),
        })
    }

    /// Waits for the next connection.
    ///
    /// # Errors
    /// The system's: above all that no descriptor is free (EMFILE).
    pub async fn accept(&self) -> io::Result<(Stream, Remote)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Messages are gathered before they are written: waiting for more gains nothing.
                // A failure means that the peer has already gone, which reading will find out.
                let _ = stream.set_nodelay(true);
                Ok((Stream::Tcp(stream), plain(Some(peer), Transport::Tcp)))
            }
            #[cfg(unix)]
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                Ok((Stream::Unix(stream), plain(None, Transport::Unix)))
            }
        }
    }
}

/// A peer whose bytes come as they are.
fn plain(address: Option<SocketAddr>, transport: Transport) -> Remote {
    Remote {
        address,
        encrypted: false,
        transport,
    }
}

#[cfg(unix)]
impl Drop for Listener {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            // Gone already is as good.
            let _ = std::fs::remove_file(path);
        }
    }
}
