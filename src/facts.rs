//! What the application may want to know of an upgrade request, as one string of lines: made for
//! every connection that ends, looked into for few.

use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

use data_encoding::BASE64;
use napi::Result;
use napi::bindgen_prelude::Object;

use line_socket_core::{Agreement, Authorization, Client, Remote, Request, Secure};

use super::raw::{self, Call, Value};
use super::state::JsServer;

/// Adds the functions to the server's object.
pub fn define(object: &mut Object<'_>, server: &Rc<RefCell<JsServer>>) -> Result<()> {
    raw::define(object, "facts", server, facts)?;
    raw::define(object, "upgradeFacts", server, upgrade_facts)
}

/// `facts(slot): string | undefined`. The upgrade request of a connection: see [`request_lines`];
/// the last two lines are the subprotocol and the extension agreed on.
fn facts(server: &mut JsServer, call: &Call) -> Result<Value> {
    let Some(connection) = server.connections.get(call.uint(0)?) else {
        return call.undefined();
    };
    let facts = connection.facts();
    let mut lines = request_lines(&facts.request, &facts.remote, &facts.client());
    lines.extend_from_slice(facts.protocol.as_deref().unwrap_or_default().as_bytes());
    push_extensions(
        &mut lines,
        facts.compression.as_ref().map(|found| found.agreement),
    );
    call.latin1_value(&lines)
}

/// `upgradeFacts(key): string | undefined`. A request that waits: see [`request_lines`]; the last
/// three lines are the subprotocol, unless the application chooses another, and the values for
/// `Sec-WebSocket-Accept` and `Sec-WebSocket-Extensions`.
fn upgrade_facts(server: &mut JsServer, call: &Call) -> Result<Value> {
    let Some(pending) = server.gate.get(call.uint(0)?) else {
        return call.undefined();
    };
    let mut lines = request_lines(&pending.request, &pending.remote, &pending.client);
    let protocol = pending.upgrade.protocol.as_deref().unwrap_or_default();
    // It came as bytes that are one character each.
    lines.extend(protocol.chars().map(|char| char as u8));
    lines.push(b'\n');
    lines.extend_from_slice(pending.upgrade.accept.as_bytes());
    push_extensions(&mut lines, pending.agreement);
    call.latin1_value(&lines)
}

/// The value for `Sec-WebSocket-Extensions`, a line of its own; empty when nothing is agreed on.
fn push_extensions(lines: &mut Vec<u8>, agreement: Option<Agreement>) {
    lines.push(b'\n');
    if let Some(agreement) = agreement {
        // Writing to memory does not fail.
        let _ = write!(lines, "{agreement}");
    }
}

/// Method, target, minor version; the client's address, its port, whether it is encrypted (1 or 0);
/// the transport, the proxy's address, what is known of TLS (see [`secure_line`]); number of headers,
/// then their names and values in turn. Each is a line, empty when not known: none of them can hold a
/// line break. Bytes are one character each, as in Node.
fn request_lines(request: &Request, remote: &Remote, client: &Client) -> Vec<u8> {
    let address = text(client.address);
    let port = text(client.port);
    let encrypted = u8::from(client.encrypted);
    let proxy = text(client.proxy);
    let transport = remote.transport.name();
    let secure = remote.secure.as_deref().map(secure_line);
    let secure = secure.unwrap_or_default();
    let minor = request.http_minor();
    let count = request.headers().count();
    let mut lines = Vec::with_capacity(512);
    // Writing to memory does not fail.
    let _ = writeln!(
        lines,
        "{}\n{}\n{minor}\n{address}\n{port}\n{encrypted}\n{transport}\n{proxy}\n{secure}\n{count}",
        request.method(),
        request.target(),
    );
    for (name, value) in request.headers() {
        for part in [name.as_bytes(), value] {
            lines.extend_from_slice(part);
            lines.push(b'\n');
        }
    }
    lines
}

fn text(fact: Option<impl ToString>) -> String {
    fact.map_or_else(String::new, |fact| fact.to_string())
}

/// Protocol version; `1` when the peer's certificate is trusted, else nothing or why not; the
/// application protocol; the certificate in Base64: with a space between them. Empty without TLS of
/// this server's.
fn secure_line(secure: &Secure) -> String {
    let authorization = match secure.authorization {
        Authorization::NotAsked => "",
        Authorization::Authorized => "1",
        Authorization::Refused(why) => why,
    };
    // One of those configured, which hold no spaces.
    let alpn = String::from_utf8_lossy(secure.alpn.as_deref().unwrap_or_default());
    let certificate = BASE64.encode(secure.certificate.as_deref().unwrap_or_default());
    format!("{} {authorization} {alpn} {certificate}", secure.protocol)
}
