//! The facts of an upgrade request for the application. Few of them are read: making objects of them takes ten microseconds.
//! What is kept of a connection that has ended is a text (`kept`).

use data_encoding::BASE64;
use napi::Result;
use napi_derive::napi;

use line_socket_core::{Authorization, Client, Remote, Request, Secure};

use super::state::ServerCore;

/// The facts of a connection that this server encrypts by TLS.
#[napi(object)]
pub struct SecureFacts {
    /// `TLSv1.2` or `TLSv1.3`.
    pub protocol: String,
    /// Whether the peer's certificate is trusted.
    pub authorized: bool,
    /// Why it is not, by OpenSSL's name, when one was asked for.
    pub authorization_error: Option<String>,
    /// The application protocol agreed on.
    pub alpn_protocol: Option<String>,
    /// The peer's certificate in Base64.
    pub certificate: Option<String>,
}

/// An upgrade request. Each byte of its texts is one character, as in Node.
#[napi(object, object_from_js = false)]
pub struct RequestFacts {
    pub method: String,
    pub target: String,
    /// The version of HTTP is 1 and this.
    pub http_minor: u32,
    /// Names and values in turn.
    pub headers: Vec<String>,
    /// Of the client; absent on a Unix domain socket.
    pub address: Option<String>,
    /// The same.
    pub port: Option<u32>,
    /// Whether the client's connection is.
    pub encrypted: bool,
    /// Address of the proxy that named the client.
    pub proxy: Option<String>,
    /// What carries the bytes of the connection.
    pub transport: String,
    /// Absent unless this server encrypts the connection.
    pub secure: Option<SecureFacts>,
}

/// The facts of a connection's upgrade.
#[napi(object, object_from_js = false)]
pub struct ConnectionFacts {
    pub request: RequestFacts,
    /// The subprotocol agreed on; empty without one.
    pub protocol: String,
    /// The value of `Sec-WebSocket-Extensions`; empty when nothing is agreed on.
    pub extensions: String,
}

/// An upgrade request that waits for the application, and the parts of its answer.
#[napi(object, object_from_js = false)]
pub struct UpgradeFacts {
    pub request: RequestFacts,
    /// The subprotocol, unless the application chooses another; empty without one.
    pub protocol: String,
    /// The value of `Sec-WebSocket-Accept`.
    pub accept: String,
    /// The value of `Sec-WebSocket-Extensions`; empty when nothing is agreed on.
    pub extensions: String,
    /// The number of the stream, if it was handed over.
    pub handover: Option<u32>,
}

#[napi]
impl ServerCore {
    /// The upgrade request that waits under `key`; null when it does not wait any more.
    #[napi]
    pub fn upgrade_facts(&self, key: u32) -> Result<Option<UpgradeFacts>> {
        let server = self.state()?;
        Ok(server.gate.get(key).map(|pending| {
            let upgrade = &pending.upgrade;
            UpgradeFacts {
                request: request_facts(&pending.request, &pending.remote, &pending.client),
                protocol: upgrade.protocol.as_deref().unwrap_or_default().to_owned(),
                accept: upgrade.accept.clone(),
                extensions: text(pending.agreement).unwrap_or_default(),
                handover: pending.handover,
            }
        }))
    }
}

fn request_facts(request: &Request, remote: &Remote, client: &Client) -> RequestFacts {
    RequestFacts {
        method: request.method().to_owned(),
        target: request.target().to_owned(),
        http_minor: request.http_minor().into(),
        headers: header_facts(request),
        address: text(client.address),
        port: client.port.map(u32::from),
        encrypted: client.encrypted,
        proxy: text(client.proxy),
        transport: remote.transport.name().to_owned(),
        secure: remote.secure.as_deref().map(secure_facts),
    }
}

/// Names and values of the header lines in turn.
pub fn header_facts(request: &Request) -> Vec<String> {
    let lines = request.headers();
    lines
        .flat_map(|(name, value)| [latin1(name.as_bytes()), latin1(value)])
        .collect()
}

/// A fact as a text.
pub fn text(fact: Option<impl ToString>) -> Option<String> {
    fact.map(|fact| fact.to_string())
}

/// Bytes that are one character each.
fn latin1(bytes: &[u8]) -> String {
    match str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => text.to_owned(),
        _ => bytes.iter().copied().map(char::from).collect(),
    }
}

/// The facts of TLS.
pub fn secure_facts(secure: &Secure) -> SecureFacts {
    // It is one of those configured, which are ASCII.
    let alpn = secure.alpn.as_deref().map(latin1);
    SecureFacts {
        protocol: secure.protocol.to_owned(),
        authorized: secure.authorization == Authorization::Authorized,
        authorization_error: match secure.authorization {
            Authorization::Refused(why) => Some(why.to_owned()),
            Authorization::NotAsked | Authorization::Authorized => None,
        },
        alpn_protocol: alpn,
        certificate: secure.certificate.as_deref().map(|der| BASE64.encode(der)),
    }
}
