//! What is fixed when a connection opens.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::deflate::Compression;
use crate::upgrade::{Client, Request};

use super::secure::Secure;

/// How the bytes of a connection travel: for applications and tests to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A TCP connection that this server has accepted.
    Tcp,
    /// A Unix domain socket's connection that this server has accepted.
    Unix,
    /// A socket that somebody else has accepted, now this server's own.
    Adopted,
    /// A stream that somebody else reads and writes.
    Piped,
}

impl Transport {
    /// The name applications know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Unix => "unix",
            Self::Adopted => "adopted",
            Self::Piped => "piped",
        }
    }
}

/// The other end of a connection, and the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// The peer's address; `None` on a Unix domain socket.
    pub address: Option<SocketAddr>,
    /// Whether the bytes are encrypted on the way.
    pub encrypted: bool,
    /// How they travel.
    pub transport: Transport,
    /// What is known of the encryption, where it is this server's TLS.
    pub secure: Option<Arc<Secure>>,
}

/// What is fixed when the connection opens.
#[derive(Debug)]
pub struct Facts {
    /// Number of the listener that serves it.
    pub listener: u32,
    /// The upgrade request.
    pub request: Request,
    /// Where it came from.
    pub remote: Remote,
    /// On whose behalf, where a trusted proxy has named somebody else. Boxed because mostly none has.
    pub named: Option<Box<Client>>,
    /// The subprotocol agreed on.
    pub protocol: Option<Box<str>>,
    /// permessage-deflate, if agreed on.
    pub compression: Option<Box<Compression>>,
}

impl Facts {
    /// Who is connected: the other end, or whom it stands for.
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
