//! Sockets and streams of Node's HTTP servers, handed over when they ask for a WebSocket.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use napi::Result;
use napi::bindgen_prelude::{Latin1String, Object, Uint8Array};
use napi_derive::napi;

use line_socket_core::{
    Detached, Handover, Output, PipeOwner, Refusal, Remote, Request, RequestLimits, Ticket,
    Transport, parse_request, pipe, request_path,
};

use super::raw::{self, Call, Value};
use super::state::{JsServer, ServerCore};

/// Adds the functions to the server's object.
pub fn define(object: &mut Object<'_>, server: &Rc<RefCell<JsServer>>) -> Result<()> {
    raw::define(object, "isFor", server, is_for)?;
    raw::define(object, "serve", server, serve)?;
    raw::define(object, "keepAlive", server, keep_alive)?;
    raw::define(object, "pushPiped", server, push_piped)?;
    raw::define(object, "endPiped", server, end_piped)?;
    raw::define(object, "takePiped", server, take_piped)?;
    raw::define(object, "writtenPiped", server, written_piped)?;
    raw::define(object, "forgetPiped", server, forget_piped)
}

/// A stream of Node's, and its facts.
#[napi(object, object_to_js = false)]
pub struct HandedOver {
    /// The descriptor of a socket. It is duplicated, and the caller closes its own. Absent: the stream stays with
    /// the caller, and is piped.
    pub descriptor: Option<i32>,
    /// The upgrade request, one character a byte.
    #[napi(ts_type = "string")]
    pub head: Latin1String,
    /// What came after the request.
    pub early: Uint8Array,
    /// Where a piped stream comes from.
    pub address: Option<String>,
    pub port: u32,
    pub encrypted: bool,
    /// Whether the connection is not read before `serve`.
    pub held: bool,
}

#[napi]
impl ServerCore {
    /// Gives a stream to the io thread, which answers its upgrade request. Its events have the key, and so have
    /// the functions for a piped stream. False when no server runs, or the socket cannot be duplicated.
    #[napi]
    pub fn hand_over(&self, key: u32, stream: HandedOver) -> Result<bool> {
        let mut server = self.state()?;
        let request = parse(&stream.head);
        if server.current_thread().is_none() {
            return Ok(false);
        }
        let (detached, remote) = match stream.descriptor {
            None => {
                let remote = Remote {
                    address: address(stream.address.as_deref(), stream.port as u16),
                    encrypted: stream.encrypted,
                    transport: Transport::Piped,
                    secure: None,
                };
                let (owner, piped) = pipe(&server.hub, key);
                server.pipes.insert(key, owner);
                (Detached::Piped(piped), remote)
            }
            Some(descriptor) => match adopt(descriptor) {
                Ok(adopted) => adopted,
                Err(_) => return Ok(false),
            },
        };
        if let Some(thread) = server.current_thread() {
            thread.hand_over(Handover {
                stream: detached,
                request,
                read_ahead: stream.early.to_vec(),
                remote,
                ticket: Ticket::new(&server.hub, key, stream.held),
            });
        }
        Ok(true)
    }
}

/// `isFor(target: string, path: string): boolean`. Whether a request target has this path.
fn is_for(_: &mut JsServer, call: &Call) -> Result<Value> {
    let is_for = request_path(&call.string(0)?) == call.string(1)?;
    call.bool_value(is_for)
}

/// The peer's address, as Node shows it.
fn address(host: Option<&str>, port: u16) -> Option<SocketAddr> {
    // Node adds the interface to link-local addresses, by its name: `fe80::1%eth0`.
    let ip = host?.split('%').next()?.parse().ok()?;
    Some(SocketAddr::new(ip, port))
}

#[cfg(unix)]
fn adopt(descriptor: i32) -> io::Result<(Detached, Remote)> {
    line_socket_core::adopt(raw::duplicate(descriptor)?)
}

#[cfg(not(unix))]
fn adopt(_: i32) -> io::Result<(Detached, Remote)> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Parses a head that Node has parsed already, within Node's limits.
fn parse(head: &[u8]) -> std::result::Result<Request, Refusal> {
    let limits = RequestLimits {
        max_head: head.len(),
        max_headers: memchr::memchr_iter(b'\n', head).count(),
    };
    match parse_request(head, &limits)? {
        Some((request, _)) => Ok(request),
        None => Err(Refusal::new(400, None)),
    }
}

/// `serve(slot: number): void`. Lets a connection be read that was handed over to be held.
fn serve(server: &mut JsServer, call: &Call) -> Result<Value> {
    if let Some(connection) = server.connections.get(call.uint(0)?) {
        connection.serve();
    }
    call.undefined()
}

/// `keepAlive(alive: boolean): void`. Whether the server keeps the process alive: it does from its
/// start.
fn keep_alive(server: &mut JsServer, call: &Call) -> Result<Value> {
    server.wake.keep_alive(call, call.boolean(0)?)?;
    call.undefined()
}

/// `pushPiped(key: number, bytes: Uint8Array): boolean`. Adds what the peer has sent; false when the
/// next bytes should wait for the event that there is room again.
fn push_piped(server: &mut JsServer, call: &Call) -> Result<Value> {
    let more = match server.pipes.get(&call.uint(0)?) {
        Some(pipe) => call.read_bytes(1, |bytes| pipe.push(bytes))?,
        None => false,
    };
    call.bool_value(more)
}

/// `endPiped(key: number, failed: boolean): void`. The peer has ended its side; or, if `failed`, the
/// stream is gone.
fn end_piped(server: &mut JsServer, call: &Call) -> Result<Value> {
    let failed = call.boolean(1)?;
    if let Some(pipe) = server.pipes.get(&call.uint(0)?) {
        if failed {
            pipe.fail();
        } else {
            pipe.end();
        }
    }
    call.undefined()
}

/// `takePiped(key: number): Buffer | null | undefined`. Takes what waits to be written: `undefined`
/// when nothing does, `null` when nothing ever will.
fn take_piped(server: &mut JsServer, call: &Call) -> Result<Value> {
    match server.pipes.get(&call.uint(0)?).map(PipeOwner::take) {
        Some(Output::Bytes(bytes)) => call.buffer_value(&bytes),
        Some(Output::Nothing) => call.undefined(),
        Some(Output::End) | None => call.null(),
    }
}

/// `writtenPiped(key: number, bytes: number): void`. So many of the bytes taken have been written.
fn written_piped(server: &mut JsServer, call: &Call) -> Result<Value> {
    if let Some(pipe) = server.pipes.get(&call.uint(0)?) {
        pipe.written(call.size(1)?);
    }
    call.undefined()
}

/// `forgetPiped(key: number): void`. To be called when the event of its end has come.
fn forget_piped(server: &mut JsServer, call: &Call) -> Result<Value> {
    server.pipes.remove(&call.uint(0)?);
    call.undefined()
}
