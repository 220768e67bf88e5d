//! Listening sockets. They are made on the caller's thread, so that it learns at once when a port is in use.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
#[cfg(unix)]
use std::path::{Path, PathBuf};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use crate::hub::{Remote, Transport};

#[cfg(unix)]
use super::socket_file::SocketFile;
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

/// How to listen.
#[derive(Debug, Clone, Default)]
pub struct Binding {
    /// An IPv6 address is for IPv6 alone, and so is the unspecified address (`ipv6Only`).
    pub ipv6_only: bool,
    /// Several sockets, of any thread or process of this user, may listen on the port. The system distributes
    /// connections over them (`reusePort`). Linux only.
    pub reuse_port: bool,
    /// Who may connect to a Unix domain socket, as in chmod(2); by the process's umask if `None`.
    pub mode: Option<u32>,
}

/// A socket that listens, not yet tied to a runtime.
pub enum Bound {
    /// TCP.
    Tcp(std::net::TcpListener),
    /// A Unix domain socket and its file.
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener, SocketFile),
}

impl Bound {
    /// Binds and listens. `backlog` is the queue of connections not yet accepted.
    ///
    /// # Errors
    /// The system's, e.g. `EADDRINUSE` for a taken port, and for the file that a Unix domain socket
    /// of a killed process leaves behind.
    pub fn new(address: &Address, backlog: i32, binding: &Binding) -> io::Result<Self> {
        let tcp = |address| listen_tcp(address, backlog, binding);
        match address {
            Address::AnyHost { port } => {
                tcp((Ipv6Addr::UNSPECIFIED, *port).into()).or_else(|error| {
                    if error.kind() == io::ErrorKind::AddrInUse {
                        return Err(error);
                    }
                    tcp((Ipv4Addr::UNSPECIFIED, *port).into())
                })
            }
            Address::Tcp(address) => tcp(*address),
            #[cfg(unix)]
            Address::Unix(path) => listen_unix(path, backlog, binding),
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

fn listen_tcp(address: SocketAddr, backlog: i32, binding: &Binding) -> io::Result<Bound> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // As in Node, a port whose last connections still linger can be bound again at once. On Windows
    // the option would let two servers share a port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    if binding.reuse_port {
        share_port(&socket)?;
    }
    if let SocketAddr::V6(v6) = address {
        // An address that maps one of IPv4 (`::ffff:127.0.0.1`) cannot be for IPv6 alone.
        let may_be_both = v6.ip().is_unspecified() || v6.ip().to_ipv4_mapped().is_some();
        socket.set_only_v6(binding.ipv6_only || !may_be_both)?;
    }
    // Messages are gathered before they are written, so that the kernel need not wait for more. See `accept_one`.
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(backlog)?;
    Ok(Bound::Tcp(socket.into()))
}

/// On other systems than Linux the option does not exist, or gives every connection to the same socket.
#[cfg(target_os = "linux")]
fn share_port(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_port(true)
}

#[cfg(not(target_os = "linux"))]
fn share_port(_: &Socket) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(unix)]
fn listen_unix(path: &Path, backlog: i32, binding: &Binding) -> io::Result<Bound> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&socket2::SockAddr::unix(path)?)?;
    let file = SocketFile::new(path)?;
    // Nobody can connect before the socket listens.
    if let Some(mode) = binding.mode {
        file.set_mode(mode)?;
    }
    socket.listen(backlog)?;
    Ok(Bound::Unix(socket.into(), file))
}

/// A listening socket on the io thread's runtime.
pub enum Listener {
    /// TCP.
    Tcp(TcpListener),
    /// A Unix domain socket and its file.
    #[cfg(unix)]
    Unix(
        UnixListener,
        #[expect(dead_code, reason = "it removes the file when it is dropped")] SocketFile,
    ),
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
            Bound::Unix(listener, file) => Self::Unix(UnixListener::from_std(listener)?, file),
        })
    }

    /// Waits for the next connection. Connections whose peer has gone before are skipped.
    ///
    /// # Errors
    /// The system's: above all that no descriptor is free (EMFILE).
    pub async fn accept(&self) -> io::Result<(Stream, Remote)> {
        loop {
            match self.accept_one().await {
                Err(error) if is_of_peer(&error) => {}
                result => return result,
            }
        }
    }

    /// Whether a connection waits to be accepted, or that is unknown. For want of a descriptor accepting fails
    /// even if none waits.
    pub fn is_awaited(&self) -> bool {
        #[cfg(unix)]
        {
            use rustix::event::{PollFd, PollFlags, Timespec, poll};
            const NOW: Timespec = Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            };
            let mut polled = match self {
                Self::Tcp(listener) => [PollFd::new(listener, PollFlags::IN)],
                Self::Unix(listener, _) => [PollFd::new(listener, PollFlags::IN)],
            };
            poll(&mut polled, Some(&NOW)) != Ok(0)
        }
        #[cfg(not(unix))]
        true
    }

    async fn accept_one(&self) -> io::Result<(Stream, Remote)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // On Linux an accepted socket has this from the one that listens. A failure means that the peer has
                // gone, which reading will report.
                #[cfg(not(target_os = "linux"))]
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

/// Whether an error of accepting is that of one connection, whose peer has gone.
fn is_of_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// The other end of a connection that is not encrypted.
fn plain(address: Option<SocketAddr>, transport: Transport) -> Remote {
    Remote {
        address,
        encrypted: false,
        transport,
        secure: None,
    }
}
