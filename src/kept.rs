//! The facts of an upgrade as a text, which the application keeps when the connection has ended. Few of them are ever read.
//! JavaScript frees a string with the object that has it; an object of the addon would need a finalizer.

use std::cell::RefCell;
use std::rc::Rc;

use napi::bindgen_prelude::Object;
use napi::{Error, Result, Status};
use napi_derive::napi;
use serde_json::{from_str, to_writer};

use line_socket_core::{Facts, Request, RequestLimits, parse_request};

use super::facts::{ConnectionFacts, RequestFacts, SecureFacts, header_facts, secure_facts, text};
use super::raw::{self, Call, Value};
use super::state::{JsServer, ServerCore};

/// Adds the function to the server's object.
pub fn define(object: &mut Object<'_>, server: &Rc<RefCell<JsServer>>) -> Result<()> {
    raw::define(object, "keepFacts", server, keep_facts)
}

/// `keepFacts(slot: number): string | null`. What is known of the upgrade of the connection in a slot, for `readFacts` also
/// after its end; null when there is no such connection.
fn keep_facts(server: &mut JsServer, call: &Call) -> Result<Value> {
    match server.connections.get(call.uint(0)?) {
        Some(connection) => call.string_value(&to_text(connection.facts())),
        None => call.null(),
    }
}

#[napi]
impl ServerCore {
    /// What `keepFacts` has kept.
    #[napi]
    pub fn read_facts(kept: String) -> Result<ConnectionFacts> {
        from_text(&kept).ok_or_else(|| Error::new(Status::InvalidArg, "No facts of an upgrade"))
    }
}

/// What is not in the head of the request: address, port, whether it is encrypted, and proxy of the client; transport,
/// subprotocol and extensions.
type Rest = (
    Option<String>,
    Option<u32>,
    bool,
    Option<String>,
    String,
    String,
    String,
    Option<SecureRest>,
);

/// Protocol, whether the certificate is trusted, why not, application protocol, certificate.
type SecureRest = (String, bool, Option<String>, Option<String>, Option<String>);

/// The facts as a text: one line of JSON, then the head of the request with each byte as one character.
fn to_text(facts: &Facts) -> String {
    let client = facts.client();
    let agreement = facts.compression.as_ref().map(|found| found.agreement);
    let secure = facts.remote.secure.as_deref().map(secure_facts);
    let extensions = text(agreement);
    // What `Rest` is read from.
    let rest = (
        client.address.map(|address| address.to_string()),
        client.port,
        client.encrypted,
        client.proxy.map(|address| address.to_string()),
        facts.remote.transport.name(),
        facts.protocol.as_deref().unwrap_or_default(),
        extensions.as_deref().unwrap_or_default(),
        secure.as_ref().map(|secure| {
            (
                &secure.protocol,
                secure.authorized,
                &secure.authorization_error,
                &secure.alpn_protocol,
                &secure.certificate,
            )
        }),
    );
    let head = facts.head.to_bytes();
    let mut json = Vec::with_capacity(128 + head.len());
    // Strings and numbers can be written, and memory takes what is written.
    let _ = to_writer(&mut json, &rest);
    json.push(b'\n');
    if head.is_ascii() {
        json.extend_from_slice(&head);
        return String::from_utf8(json).unwrap_or_default();
    }
    let mut kept = String::from_utf8(json).unwrap_or_default();
    kept.extend(head.iter().copied().map(char::from));
    kept
}

/// The facts of such a text; `None` of another.
fn from_text(kept: &str) -> Option<ConnectionFacts> {
    let (json, head) = kept.split_once('\n')?;
    let (address, port, encrypted, proxy, transport, protocol, extensions, secure): Rest =
        from_str(json).ok()?;
    let request = request_of(head)?;
    let secure = secure.map(|secure: SecureRest| {
        let (protocol, authorized, authorization_error, alpn_protocol, certificate) = secure;
        SecureFacts {
            protocol,
            authorized,
            authorization_error,
            alpn_protocol,
            certificate,
        }
    });
    Some(ConnectionFacts {
        request: RequestFacts {
            method: request.method().to_owned(),
            target: request.target().to_owned(),
            http_minor: request.http_minor().into(),
            headers: header_facts(&request),
            address,
            port,
            encrypted,
            proxy,
            transport,
            secure,
        },
        protocol,
        extensions,
    })
}

/// Parses a head again that was kept without the empty line at its end.
fn request_of(head: &str) -> Option<Request> {
    let bytes = head.chars().map(|char| u8::try_from(char).ok());
    let mut bytes = bytes.collect::<Option<Vec<_>>>()?;
    bytes.extend_from_slice(b"\r\n");
    let limits = RequestLimits {
        max_head: bytes.len(),
        max_headers: memchr::memchr_iter(b'\n', &bytes).count(),
    };
    let (request, _) = parse_request(&bytes, &limits).ok()??;
    Some(request)
}
