use std::net::{IpAddr, SocketAddr};

use super::forwarded::{Hop, ProxyHeaders, hops};
use super::{Request, Trust};

/// The client that sent a request, by what trusted proxies say of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Client {
    /// The address; `None` on a Unix domain socket.
    pub address: Option<IpAddr>,
    /// The port, if known.
    pub port: Option<u16>,
    /// Whether the client's own connection is encrypted.
    pub encrypted: bool,
    /// The address of the proxy that the connection comes from, if the proxy named the client's address.
    pub proxy: Option<IpAddr>,
}

impl Client {
    /// The other end of a connection as the client. `peer` is `None` on a Unix domain socket.
    pub fn direct(peer: Option<SocketAddr>, encrypted: bool) -> Self {
        Self {
            address: peer.map(|peer| peer.ip()),
            port: peer.map(|peer| peer.port()),
            encrypted,
            proxy: None,
        }
    }

    /// The client on whose behalf the other end of a connection sent `request`.
    ///
    /// Proxies append to the list in the header, so it is read from its end. Each entry was written by the proxy
    /// that the next entry names, and the last entry by the other end of the connection. An entry counts as long
    /// as its writer is trusted. Reading stops at the first entry that is not an address: then the client is
    /// unknown, and the nearest known address is used instead.
    pub fn of(
        request: &Request,
        peer: Option<SocketAddr>,
        encrypted: bool,
        trust: &Trust,
        headers: ProxyHeaders,
    ) -> Self {
        let direct = Self::direct(peer, encrypted);
        if !trust.includes(direct.address, 0) {
            return direct;
        }
        let mut client = direct;
        for (index, Hop { address, encrypted }) in hops(request, headers).into_iter().enumerate() {
            if !trust.includes(client.address, index) {
                break;
            }
            client.encrypted = encrypted.unwrap_or(client.encrypted);
            let Some((address, port)) = address else {
                break;
            };
            client = Self {
                address: Some(address),
                port,
                proxy: direct.address,
                ..client
            };
        }
        client
    }
}

#[cfg(test)]
mod tests;
