//! Sockets and streams of Node's HTTP servers, handed over when they ask for a WebSocket.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use napi::Result;
use napi::bindgen_prelude::Object;

use line_socket_core::{
    Detached, Handover, Output, PipeOwner, Refusal, Remote, Request, RequestLimits, Ticket,
    Transport, parse_request, pipe, request_path,
};

use super::raw::{self, Call, Value};
use super::state::JsServer;

/// Adds the functions to the server's object.
pub fn define(object: &mut Object<'_>, server: &Rc<RefCell<JsServer>>) -> Result<()> {
    raw::define(object, "handOver", server, hand_over)?;
    raw::define(object, "isFor", server, is_for)?;
    raw::define(object, "handoverOf", server, handover_of)?;
    raw::define(object, "serve", server, serve)?;
    raw::define(object, "keepAlive", server, keep_alive)?;
    raw::define(object, "pushPiped", server, push_piped)?;
    raw::define(object, "endPiped", server, end_piped)?;
    raw::define(object, "takePiped", server, take_piped)?;
    raw::define(object, "writtenPiped", server, written_piped)?;
    raw::define(object, "forgetPiped", server, forget_piped)
}

/// `handOver(key, descriptor, head, early, address | undefined, port, encrypted, held): boolean`.
/// Gives a stream to the io thread, which answers its upgrade request `head` (one character a byte).
/// With a descriptor of 0 or more the socket is duplicated, and the caller closes its own; with -1
/// the stream stays the caller's and is piped under `key`, from `address` and `port`. `early` are the
/// bytes that came after the request. With `held` the connection is not read before `serve`. False
/// when no server runs or the socket cannot be had. The end of it is announced with the key.
fn hand_over(server: &mut JsServer, call: &Call) -> Result<Value> {
    let key = call.uint(0)?;
    let descriptor = call.int(1)?;
    let request = parse(&call.latin1(2)?);
    let early = call.read_bytes(3, <[u8]>::to_vec)?;
    let remote = Remote {
        address: address(call)?,
        encrypted: call.boolean(6)?,
        transport: Transport::Piped,
        secure: None,
    };
    let held = call.boolean(7)?;
    if server.current_thread().is_none() {
        return call.bool_value(false);
    }
    let (stream, remote) = if descriptor < 0 {
        let (owner, piped) = pipe(&server.hub, key);
        server.pipes.insert(key, owner);
        (Detached::Piped(piped), remote)
    } else {
        match adopt(descriptor) {
            Ok(adopted) => adopted,
            Err(_) => return call.bool_value(false),
        }
    };
    if let Some(thread) = server.current_thread() {
        thread.hand_over(Handover {
            stream,
            request,
            read_ahead: early,
            remote,
            ticket: Ticket::new(&server.hub, key, held),
        });
    }
    call.bool_value(true)
}

#[cfg(unix)]
fn adopt(descriptor: i32) -> io::Result<(Detached, Remote)> {
    line_socket_core::adopt(raw::duplicate(descriptor)?)
}

#[cfg(not(unix))]
fn adopt(_: i32) -> io::Result<(Detached, Remote)> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The peer's address, as Node shows it.
fn address(call: &Call) -> Result<Option<SocketAddr>> {
    let Some(host) = call.optional_string(4)? else {
        return Ok(None);
    };
    let port = call.uint(5)? as u16;
    // Node adds the interface to link-local addresses, by its name: `fe80::1%eth0`.
    let ip = host.split('%').next().unwrap_or_default();
    Ok(ip.parse().ok().map(|ip| SocketAddr::new(ip, port)))
}

/// A head that Node has parsed already, within limits of its own.
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

/// `isFor(target, path): boolean`. Whether a request target has this path.
fn is_for(_: &mut JsServer, call: &Call) -> Result<Value> {
    let is_for = request_path(&call.string(0)?) == call.string(1)?;
    call.bool_value(is_for)
}

/// `handoverOf(key): number`. The number of the stream whose upgrade waits under `key`; -1 when it
/// was not handed over.
fn handover_of(server: &mut JsServer, call: &Call) -> Result<Value> {
    let pending = server.gate.get(call.uint(0)?);
    match pending.and_then(|pending| pending.handover) {
        Some(key) => call.uint_value(key),
        None => call.int_value(-1),
    }
}

/// `serve(slot)`. Lets a connection be read that was handed over to be held.
fn serve(server: &mut JsServer, call: &Call) -> Result<Value> {
    if let Some(connection) = server.connections.get(call.uint(0)?) {
        connection.serve();
    }
    call.undefined()
}

/// `keepAlive(alive)`. Whether the server keeps the process alive: it does from its start.
fn keep_alive(server: &mut JsServer, call: &Call) -> Result<Value> {
    server.wake.keep_alive(call, call.boolean(0)?)?;
    call.undefined()
}

/// `pushPiped(key, bytes): boolean`. Adds what the peer has sent; false when the next bytes should
/// wait for the event that there is room again.
fn push_piped(server: &mut JsServer, call: &Call) -> Result<Value> {
    let more = match server.pipes.get(&call.uint(0)?) {
        Some(pipe) => call.read_bytes(1, |bytes| pipe.push(bytes))?,
        None => false,
    };
    call.bool_value(more)
}

/// `endPiped(key, failed)`. The peer has ended its side; or, if `failed`, the stream is gone.
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

/// `takePiped(key): Buffer | null | undefined`. Takes what waits to be written: `undefined` when
/// nothing does, `null` when nothing ever will.
fn take_piped(server: &mut JsServer, call: &Call) -> Result<Value> {
    match server.pipes.get(&call.uint(0)?).map(PipeOwner::take) {
        Some(Output::Bytes(bytes)) => call.buffer_value(&bytes),
        Some(Output::Nothing) => call.undefined(),
        Some(Output::End) | None => call.null(),
    }
}

/// `writtenPiped(key, bytes)`. So many of the bytes taken have been written.
fn written_piped(server: &mut JsServer, call: &Call) -> Result<Value> {
    if let Some(pipe) = server.pipes.get(&call.uint(0)?) {
        pipe.written(call.size(1)?);
    }
    call.undefined()
}

/// `forgetPiped(key)`. To be called when the event of its end has come.
fn forget_piped(server: &mut JsServer, call: &Call) -> Result<Value> {
    server.pipes.remove(&call.uint(0)?);
    call.undefined()
}
