//! What is fixed when a connection opens.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::deflate::Compression;
use crate::upgrade::Client;

use super::request_heads::RequestHead;
use super::secure::Secure;

/// What carries the bytes of a connection. Applications and tests can read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A TCP connection that this server has accepted.
    Tcp,
    /// A Unix domain socket's connection that this server has accepted.
    Unix,
    /// A socket that another server has accepted and this server has taken over.
    Adopted,
    /// A stream that another thread reads and writes, such as one of Node's.
    Piped,
}

impl Transport {
    /// Its name for applications.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Unix => "unix",
            Self::Adopted => "adopted",
            Self::Piped => "piped",
        }
    }
}

/// The other end of a connection, and what carries the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// The peer's address; `None` on a Unix domain socket.
    pub address: Option<SocketAddr>,
    /// Whether the bytes are encrypted on the way.
    pub encrypted: bool,
    /// What carries them.
    pub transport: Transport,
    /// What is known of the encryption, where it is this server's TLS.
    pub secure: Option<Arc<Secure>>,
}

/// What is fixed when the connection opens.
#[derive(Debug)]
pub struct Facts {
    /// Number of the listener that serves it.
    pub listener: u32,
    /// The head of the upgrade request.
    pub head: RequestHead,
    /// Where it came from.
    pub remote: Remote,
    /// The client that a trusted proxy has named, if it differs from the other end. Boxed because it is rare.
    pub named: Option<Box<Client>>,
    /// The subprotocol agreed on.
    pub protocol: Option<Box<str>>,
    /// permessage-deflate, if agreed on.
    pub compression: Option<Box<Compression>>,
}

impl Facts {
    /// The client: the one that a trusted proxy has named, or else the other end.
    pub fn client(&self) -> Client {
        self.named
            .as_deref()
            .copied()
            .unwrap_or_else(|| Client::direct(self.remote.address, self.remote.encrypted))
    }
}

impl fmt::Display for Remote {
    /// The address, or the kind of stream where there is none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) => address.fmt(f),
            None => f.write_str(self.transport.name()),
        }
    }
}
