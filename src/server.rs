//! The functions off the data path: starting and stopping, rooms, ids, closing, upgrades that wait.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use napi::Result;
use napi::bindgen_prelude::Object;

use line_socket_core::{Address, Binding, Counter, Delivery, Group, Options, Verdict};

use super::raw::{self, Call, Value};
use super::state::JsServer;

/// Adds the functions to the server's object.
pub fn define(object: &mut Object<'_>, server: &Rc<RefCell<JsServer>>) -> Result<()> {
    raw::define(object, "start", server, start)?;
    raw::define(object, "run", server, run)?;
    raw::define(object, "stop", server, stop)?;
    raw::define(object, "join", server, join)?;
    raw::define(object, "intern", server, intern)?;
    raw::define(object, "trust", server, trust)?;
    raw::define(object, "admit", server, admit)?;
    raw::define(object, "dismiss", server, dismiss)?;
    raw::define(object, "release", server, release)?;
    raw::define(object, "setId", server, set_id)?;
    raw::define(object, "find", server, find)?;
    raw::define(object, "joinRoom", server, join_room)?;
    raw::define(object, "leaveRoom", server, leave_room)?;
    raw::define(object, "leaveAll", server, leave_all)?;
    raw::define(object, "roomsOf", server, rooms_of)?;
    raw::define(object, "hasRoom", server, has_room)?;
    raw::define(object, "members", server, members)?;
    raw::define(object, "memberCount", server, member_count)?;
    raw::define(object, "isMember", server, is_member)?;
    raw::define(object, "close", server, close)?;
    raw::define(object, "closeUnknown", server, close_unknown)?;
    raw::define(object, "terminate", server, terminate)?;
    raw::define(object, "giveUp", server, give_up)?;
    raw::define(object, "heedResponses", server, heed_responses)?;
    raw::define(object, "isOpen", server, is_open)?;
    raw::define(object, "buffered", server, buffered)?;
    raw::define(object, "ask", server, ask)?;
    raw::define(object, "accept", server, accept)?;
    raw::define(object, "refuse", server, refuse)
}

/// `start(host | undefined, port, backlog, socketPath | undefined, onWake, threads, ipv6Only, reusePort,
/// mode | undefined)`. Listens and starts the io threads: `[thread, address, port]`, or the system's
/// error number. `host` must be an IP address, one of IPv6 perhaps with `%` and the number of an interface; `mode` is that
/// of the Unix domain socket.
fn start(server: &mut JsServer, call: &Call) -> Result<Value> {
    let port = call.uint(1)? as u16;
    let address = match (call.optional_string(3)?, call.optional_string(0)?) {
        #[cfg(unix)]
        (Some(path), _) => Address::Unix(path.into()),
        (None, Some(host)) => {
            let Some(address) = socket_address(&host, port) else {
                return call.int_value(EINVAL);
            };
            Address::Tcp(address)
        }
        _ => Address::AnyHost { port },
    };
    let number = server.next_thread;
    let options = Options {
        address: Some(address),
        backlog: call.int(2)?,
        binding: Binding {
            ipv6_only: call.boolean(6)?,
            reuse_port: call.boolean(7)?,
            mode: call.optional_uint(8)?,
        },
        number,
        threads: call.size(5)?,
        tls: server.tls.clone(),
    };
    let on_wake = call.function(4)?;
    match server.launch(options, &on_wake)? {
        Ok(address) => {
            let (host, port) = address.map_or((String::new(), 0), |address| {
                (address.ip().to_string(), address.port())
            });
            call.array_value(
                [
                    call.uint_value(number),
                    call.string_value(&host),
                    call.int_value(port.into()),
                ]
                .into_iter(),
            )
        }
        Err(error) => call.int_value(error_number(&error)),
    }
}

/// `run(onWake, threads)`. Starts the io threads without a listener, for what is handed over: the
/// thread's number, or the system's error number, negative.
fn run(server: &mut JsServer, call: &Call) -> Result<Value> {
    let number = server.next_thread;
    let options = Options {
        address: None,
        backlog: 0,
        binding: Binding::default(),
        number,
        threads: call.size(1)?,
        tls: None,
    };
    match server.launch(options, &call.function(0)?)? {
        Ok(_) => call.uint_value(number),
        Err(error) => call.int_value(-error_number(&error)),
    }
}

fn socket_address(host: &str, port: u16) -> Option<SocketAddr> {
    let address = if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    };
    address.parse().ok()
}

/// The system's number of an invalid argument.
const EINVAL: i32 = 22;

fn error_number(error: &io::Error) -> i32 {
    // What has no number of its own (an unsuitable socket path) is an invalid argument.
    error.raw_os_error().unwrap_or(EINVAL)
}

/// `stop(thread, cut)`. Closes a listener and, if `cut`, every connection.
fn stop(server: &mut JsServer, call: &Call) -> Result<Value> {
    let number = call.uint(0)?;
    let cut = call.boolean(1)?;
    if let Some((_, thread)) = server.threads.iter().find(|(found, _)| *found == number) {
        thread.stop(cut);
    }
    let refused = server.gate.clear();
    server
        .hub
        .stats
        .add(Counter::RefusedStopping, refused as u64);
    call.undefined()
}

/// `join(thread)`. To be called when a thread has said that it ends: waits for that moment, and
/// lets the process end when it was the last.
fn join(server: &mut JsServer, call: &Call) -> Result<Value> {
    let number = call.uint(0)?;
    if let Some(index) = server
        .threads
        .iter()
        .position(|(found, _)| *found == number)
    {
        let (_, thread) = server.threads.swap_remove(index);
        thread.join();
    }
    if server.threads.is_empty() {
        server.wake.disarm();
    }
    call.undefined()
}

/// `intern(name): number`. The number by which messages of this name come; 0 when the table is
/// full.
fn intern(server: &mut JsServer, call: &Call) -> Result<Value> {
    let number = server.hub.names.intern(&call.string(0)?).unwrap_or(0);
    call.uint_value(number)
}

/// `trust(slot)`. The handshake is about to be resolved: the peer's messages may be large now.
fn trust(server: &mut JsServer, call: &Call) -> Result<Value> {
    if let Some(connection) = server.connections.get(call.uint(0)?) {
        connection.trust();
    }
    call.undefined()
}

/// `admit(slot)`. The `connection` event is about to be emitted: broadcasts to all reach the connection.
fn admit(server: &mut JsServer, call: &Call) -> Result<Value> {
    server.hub.admit(call.uint(0)?);
    call.undefined()
}

/// `dismiss(slot): boolean`. Takes a connection out of the group of all.
fn dismiss(server: &mut JsServer, call: &Call) -> Result<Value> {
    let was_member = server.hub.registry().dismiss(call.uint(0)?);
    call.bool_value(was_member)
}

/// `release(slot)`. The application knows that the connection has ended.
fn release(server: &mut JsServer, call: &Call) -> Result<Value> {
    let slot = call.uint(0)?;
    server.hub.release(slot);
    server.connections.forget(slot);
    call.undefined()
}

/// `setId(slot, id): boolean`. False when another connection has the id.
fn set_id(server: &mut JsServer, call: &Call) -> Result<Value> {
    let set = server.hub.registry().set_id(call.uint(0)?, &call.name(1)?);
    call.bool_value(set)
}

/// `find(id): number`. The slot of the connection with this id, -1 when there is none.
fn find(server: &mut JsServer, call: &Call) -> Result<Value> {
    let slot = server.hub.registry().find(&call.name(0)?);
    match slot {
        Some(slot) => call.uint_value(slot),
        None => call.int_value(-1),
    }
}

/// `joinRoom(slot, room)`.
fn join_room(server: &mut JsServer, call: &Call) -> Result<Value> {
    server.hub.registry().join(call.uint(0)?, &call.name(1)?);
    call.undefined()
}

/// `leaveRoom(slot, room): boolean`.
fn leave_room(server: &mut JsServer, call: &Call) -> Result<Value> {
    let left = server.hub.registry().leave(call.uint(0)?, &call.name(1)?);
    call.bool_value(left)
}

/// `leaveAll(slot)`.
fn leave_all(server: &mut JsServer, call: &Call) -> Result<Value> {
    server.hub.registry().leave_all(call.uint(0)?);
    call.undefined()
}

/// `roomsOf(slot): string[]`.
fn rooms_of(server: &mut JsServer, call: &Call) -> Result<Value> {
    let rooms = server.hub.registry().rooms_of(call.uint(0)?);
    call.array_value(rooms.iter().map(|name| call.name_value(name)))
}

/// `hasRoom(room): boolean`.
fn has_room(server: &mut JsServer, call: &Call) -> Result<Value> {
    let exists = server.hub.registry().has_room(&call.name(0)?);
    call.bool_value(exists)
}

/// `members(room | undefined): number[]`. Slots of a room's members, or of all connections, in the
/// order they joined.
fn members(server: &mut JsServer, call: &Call) -> Result<Value> {
    let room = call.optional_name(0)?;
    let members = server.hub.registry().members(group(room.as_deref()));
    let members = members.in_order().into_iter();
    call.array_value(members.map(|member| call.uint_value(member.slot())))
}

/// `memberCount(room | undefined): number`.
fn member_count(server: &mut JsServer, call: &Call) -> Result<Value> {
    let room = call.optional_name(0)?;
    let count = server.hub.registry().count(group(room.as_deref()));
    call.size_value(count)
}

/// `isMember(room | undefined, slot): boolean`.
fn is_member(server: &mut JsServer, call: &Call) -> Result<Value> {
    let room = call.optional_name(0)?;
    let slot = call.uint(1)?;
    let is_member = server.hub.registry().contains(group(room.as_deref()), slot);
    call.bool_value(is_member)
}

fn group(room: Option<&str>) -> Group<'_> {
    room.map_or(Group::All, Group::Room)
}

/// `close(slot, code, reason): boolean`. Begins the closing handshake.
fn close(server: &mut JsServer, call: &Call) -> Result<Value> {
    let begun = match server.connections.get(call.uint(0)?) {
        Some(connection) => server
            .hub
            .close(connection, call.uint(1)? as u16, &call.string(2)?),
        None => false,
    };
    call.bool_value(begun)
}

/// `closeUnknown(code, reason)`. Begins the closing handshake of connections that have not begun
/// theirs: JavaScript does not know of them.
fn close_unknown(server: &mut JsServer, call: &Call) -> Result<Value> {
    server
        .hub
        .close_unknown(call.uint(0)? as u16, &call.string(1)?);
    call.undefined()
}

/// `terminate(slot)`. Ends a connection without a closing handshake, and does what `giveUp` does.
fn terminate(server: &mut JsServer, call: &Call) -> Result<Value> {
    if let Some(connection) = server.connections.get(call.uint(0)?) {
        server.hub.terminate(connection);
    }
    call.undefined()
}

/// `giveUp(slot)`. Frees a connection's id, rooms and permit before it has ended.
fn give_up(server: &mut JsServer, call: &Call) -> Result<Value> {
    if let Some(connection) = server.connections.get(call.uint(0)?) {
        server.hub.give_up(connection);
    }
    call.undefined()
}

/// `heedResponses(slot, some)`. From now on a connection has events of responses only; without `some` not
/// of these either.
fn heed_responses(server: &mut JsServer, call: &Call) -> Result<Value> {
    let delivery = if call.boolean(1)? {
        Delivery::Responses
    } else {
        Delivery::Nothing
    };
    if let Some(connection) = server.connections.get(call.uint(0)?) {
        connection.limit_delivery(delivery);
    }
    call.undefined()
}

/// `isOpen(slot): boolean`. Whether messages can be sent.
fn is_open(server: &mut JsServer, call: &Call) -> Result<Value> {
    let open = server
        .connections
        .get(call.uint(0)?)
        .is_some_and(|connection| connection.is_open());
    call.bool_value(open)
}

/// `buffered(slot): number`. Bytes that wait for the kernel.
fn buffered(server: &mut JsServer, call: &Call) -> Result<Value> {
    let bytes = server
        .connections
        .get(call.uint(0)?)
        .map_or(0, |connection| connection.pending());
    call.size_value(bytes)
}

/// `ask(asking)`. Whether upgrades wait for `accept` or `refuse`.
fn ask(server: &mut JsServer, call: &Call) -> Result<Value> {
    server.gate.set_asking(call.boolean(0)?);
    call.undefined()
}

/// `accept(key, head, protocol)`. Goes on with an upgrade that waits.
fn accept(server: &mut JsServer, call: &Call) -> Result<Value> {
    let head = call.string(1)?;
    let known = server.gate.decide(
        call.uint(0)?,
        Verdict::Accept {
            head: head.into_bytes(),
            protocol: call.optional_string(2)?,
        },
    );
    call.bool_value(known)
}

/// `refuse(key, status, message | undefined)`. Refuses an upgrade that waits.
fn refuse(server: &mut JsServer, call: &Call) -> Result<Value> {
    let known = server.gate.decide(
        call.uint(0)?,
        Verdict::Refuse {
            status: call.uint(1)? as u16,
            message: call.optional_string(2)?,
        },
    );
    call.bool_value(known)
}
