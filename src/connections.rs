//! The functions that are called for each connection: ids, rooms, closing.

use std::cell::RefCell;
use std::rc::Rc;

use napi::Result;
use napi::bindgen_prelude::Object;

use line_socket_core::{Delivery, Group};

use super::raw::{self, Call, Value};
use super::state::JsServer;

/// Adds the functions to the server's object.
pub fn define(object: &mut Object<'_>, server: &Rc<RefCell<JsServer>>) -> Result<()> {
    raw::define(object, "intern", server, intern)?;
    raw::define(object, "resolveHandshake", server, resolve_handshake)?;
    raw::define(object, "admit", server, admit)?;
    raw::define(object, "dismiss", server, dismiss)?;
    raw::define(object, "release", server, release)?;
    raw::define(object, "setId", server, set_id)?;
    raw::define(object, "find", server, find)?;
    raw::define(object, "holderOf", server, holder_of)?;
    raw::define(object, "joinRoom", server, join_room)?;
    raw::define(object, "leaveRoom", server, leave_room)?;
    raw::define(object, "leaveAll", server, leave_all)?;
    raw::define(object, "roomsOf", server, rooms_of)?;
    raw::define(object, "hasRoom", server, has_room)?;
    raw::define(object, "members", server, members)?;
    raw::define(object, "memberCount", server, member_count)?;
    raw::define(object, "isMember", server, is_member)?;
    raw::define(object, "close", server, close)?;
    raw::define(object, "terminate", server, terminate)?;
    raw::define(object, "giveUp", server, give_up)?;
    raw::define(object, "limitDelivery", server, limit_delivery)?;
    raw::define(object, "isOpen", server, is_open)?;
    raw::define(object, "isAsked", server, is_asked)?;
    raw::define(object, "buffered", server, buffered)
}

/// `intern(name: string): number`. The number that stands for this name in messages from now on; 0 when
/// the table is full.
fn intern(server: &mut JsServer, call: &Call) -> Result<Value> {
    let number = server.hub.names.intern(&call.string(0)?).unwrap_or(0);
    call.uint_value(number)
}

/// `resolveHandshake(slot: number): void`. To be called before the answer that resolves the handshake is
/// queued: the peer may then send large messages.
fn resolve_handshake(server: &mut JsServer, call: &Call) -> Result<Value> {
    if let Some(connection) = server.connections.get(call.uint(0)?) {
        connection.mark_handshake_resolved();
    }
    call.undefined()
}

/// `admit(slot: number): void`. The `connection` event is about to be emitted: broadcasts to all reach
/// the connection.
fn admit(server: &mut JsServer, call: &Call) -> Result<Value> {
    server.hub.admit(call.uint(0)?);
    call.undefined()
}

/// `dismiss(slot: number): boolean`. Takes a connection out of the group of all.
fn dismiss(server: &mut JsServer, call: &Call) -> Result<Value> {
    let was_member = server.hub.registry().dismiss(call.uint(0)?);
    call.bool_value(was_member)
}

/// `release(slot: number): void`. The application knows that the connection has ended.
fn release(server: &mut JsServer, call: &Call) -> Result<Value> {
    let slot = call.uint(0)?;
    server.hub.release(slot);
    server.connections.forget(slot);
    call.undefined()
}

/// `setId(slot: number, id: string): boolean`. False when another connection has the id.
fn set_id(server: &mut JsServer, call: &Call) -> Result<Value> {
    let set = server.hub.registry().set_id(call.uint(0)?, &call.name(1)?);
    call.bool_value(set)
}

/// `find(id: string): number`. The slot of the connection with this id, -1 when there is none.
fn find(server: &mut JsServer, call: &Call) -> Result<Value> {
    let slot = server.hub.registry().find(&call.name(0)?);
    match slot {
        Some(slot) => call.uint_value(slot),
        None => call.int_value(-1),
    }
}

/// `holderOf(id: string): number`. The slot of the connection that has reserved this id, its handshake resolved or
/// not; -1 when there is none.
fn holder_of(server: &mut JsServer, call: &Call) -> Result<Value> {
    let slot = server.hub.registry().holder(&call.name(0)?);
    match slot {
        Some(slot) => call.uint_value(slot),
        None => call.int_value(-1),
    }
}

/// `joinRoom(slot: number, room: string): void`.
fn join_room(server: &mut JsServer, call: &Call) -> Result<Value> {
    server.hub.join(call.uint(0)?, &call.name(1)?);
    call.undefined()
}

/// `leaveRoom(slot: number, room: string): boolean`.
fn leave_room(server: &mut JsServer, call: &Call) -> Result<Value> {
    let left = server.hub.leave(call.uint(0)?, &call.name(1)?);
    call.bool_value(left)
}

/// `leaveAll(slot: number): void`.
fn leave_all(server: &mut JsServer, call: &Call) -> Result<Value> {
    server.hub.leave_all(call.uint(0)?);
    call.undefined()
}

/// `roomsOf(slot: number): string[]`.
fn rooms_of(server: &mut JsServer, call: &Call) -> Result<Value> {
    let rooms = server.hub.registry().rooms_of(call.uint(0)?);
    call.array_value(rooms.iter().map(|name| call.name_value(name)))
}

/// `hasRoom(room: string): boolean`.
fn has_room(server: &mut JsServer, call: &Call) -> Result<Value> {
    let exists = server.hub.registry().has_room(&call.name(0)?);
    call.bool_value(exists)
}

/// `members(room: string | undefined): number[]`. Slots of a room's members, or of all connections, in
/// the order they joined.
fn members(server: &mut JsServer, call: &Call) -> Result<Value> {
    let room = call.optional_name(0)?;
    let members = server.hub.registry().members(group(room.as_deref()));
    let members = members.in_order().into_iter();
    call.array_value(members.map(|member| call.uint_value(member.slot())))
}

/// `memberCount(room: string | undefined): number`.
fn member_count(server: &mut JsServer, call: &Call) -> Result<Value> {
    let room = call.optional_name(0)?;
    let count = server.hub.registry().count(group(room.as_deref()));
    call.size_value(count)
}

/// `isMember(room: string | undefined, slot: number): boolean`.
fn is_member(server: &mut JsServer, call: &Call) -> Result<Value> {
    let room = call.optional_name(0)?;
    let slot = call.uint(1)?;
    let is_member = server.hub.registry().contains(group(room.as_deref()), slot);
    call.bool_value(is_member)
}

fn group(room: Option<&str>) -> Group<'_> {
    room.map_or(Group::All, Group::Room)
}

/// `close(slot: number, code: number, reason: string): boolean`. Begins the closing handshake.
fn close(server: &mut JsServer, call: &Call) -> Result<Value> {
    let begun = match server.connections.get(call.uint(0)?) {
        Some(connection) => server
            .hub
            .close(connection, call.uint(1)? as u16, &call.string(2)?),
        None => false,
    };
    call.bool_value(begun)
}

/// `terminate(slot: number): void`. Ends a connection without a closing handshake, and does what
/// `giveUp` does.
fn terminate(server: &mut JsServer, call: &Call) -> Result<Value> {
    if let Some(connection) = server.connections.get(call.uint(0)?) {
        server.hub.terminate(connection);
    }
    call.undefined()
}

/// `giveUp(slot: number): void`. Frees a connection's id, rooms and permit before it has ended.
fn give_up(server: &mut JsServer, call: &Call) -> Result<Value> {
    if let Some(connection) = server.connections.get(call.uint(0)?) {
        server.hub.give_up(connection);
    }
    call.undefined()
}

/// `limitDelivery(slot: number, responses: boolean): void`. From now on a connection gives events of
/// responses only, and without `responses` not of these either.
fn limit_delivery(server: &mut JsServer, call: &Call) -> Result<Value> {
    if let Some(connection) = server.connections.get(call.uint(0)?) {
        let some = call.boolean(1)? || server.hub.awaits_answer_of(connection);
        connection.limit_delivery(if some {
            Delivery::Responses
        } else {
            Delivery::Nothing
        });
    }
    call.undefined()
}

/// `isOpen(slot: number): boolean`. Whether messages can be sent.
fn is_open(server: &mut JsServer, call: &Call) -> Result<Value> {
    let open = server
        .connections
        .get(call.uint(0)?)
        .is_some_and(|connection| connection.is_open());
    call.bool_value(open)
}

/// `isAsked(slot: number): boolean`. Whether the answer of a connection is awaited that many were asked for.
fn is_asked(server: &mut JsServer, call: &Call) -> Result<Value> {
    let connection = server.connections.get(call.uint(0)?);
    let asked = connection.is_some_and(|connection| server.hub.awaits_answer_of(connection));
    call.bool_value(asked)
}

/// `buffered(slot: number): number`. Bytes that wait for the kernel.
fn buffered(server: &mut JsServer, call: &Call) -> Result<Value> {
    let bytes = server
        .connections
        .get(call.uint(0)?)
        .map_or(0, |connection| connection.pending());
    call.size_value(bytes)
}
