//! What is done with each of many connections, in parts: JavaScript lets the event loop turn between two of them.

use std::cell::RefCell;
use std::rc::Rc;

use napi::Result;
use napi::bindgen_prelude::Object;

use line_socket_core::Delivery;

use super::raw::{self, Call, Value};
use super::rooms::{pairs_in_parts, target};
use super::state::JsServer;

/// What a function returns when no connection is left.
const OVER: i32 = -1;

/// Adds the functions to the server's object.
pub fn define(object: &mut Object<'_>, server: &Rc<RefCell<JsServer>>) -> Result<()> {
    raw::define(object, "selectMembers", server, select_members)?;
    raw::define(object, "dropMembers", server, drop_members)?;
    raw::define(object, "takeClosed", server, take_closed)?;
    raw::define(object, "closedWord", server, closed_word)?;
    raw::define(object, "listSome", server, list_some)?;
    raw::define(object, "closeSome", server, close_some)?;
    raw::define(object, "joinSome", server, join_some)?;
    raw::define(object, "leaveSome", server, leave_some)
}

/// `selectMembers(target: readonly unknown[], areClosed: boolean): number`. Notes which connections are meant now;
/// returns a key for the functions below, each of which takes a part of them. `areClosed`: the io thread drops what
/// they send from now on, and `takeClosed` names them.
fn select_members(server: &mut JsServer, call: &Call) -> Result<Value> {
    let members = server.hub.select(&target(call)?);
    if call.boolean(1)? {
        for member in &members {
            member.limit_delivery(Delivery::Responses);
        }
        server.hub.closed.add(members.iter().cloned());
    }
    call.uint_value(server.selections.add(members))
}

/// `takeClosed(): number[]`. Slots of connections that were closed by another server, or are about to be closed with
/// others: nothing of them may reach a handler any more.
fn take_closed(server: &mut JsServer, call: &Call) -> Result<Value> {
    let slots = server.hub.take_closed();
    call.array_value(slots.into_iter().map(|slot| call.uint_value(slot)))
}

/// `closedWord(): Int32Array | undefined`. Its only element is not 0 while `takeClosed` has something to tell.
/// `undefined` where JavaScript cannot have memory of the core's, as in Electron.
fn closed_word(server: &mut JsServer, call: &Call) -> Result<Value> {
    call.word_value(server.hub.closed.word())
}

/// `dropMembers(key: number): void`. No further part will be taken.
fn drop_members(server: &mut JsServer, call: &Call) -> Result<Value> {
    server.selections.drop(call.uint(0)?);
    call.undefined()
}

/// `listSome(key: number): string[] | undefined`. Ids and infos of some connections, as texts of JSON: `[[id,info],…]`;
/// `undefined` when none is left.
fn list_some(server: &mut JsServer, call: &Call) -> Result<Value> {
    let Some(some) = server.selections.take(call.uint(0)?) else {
        return call.undefined();
    };
    let listed = server.hub.list_some(&some);
    let texts = pairs_in_parts(&listed, |(id, info)| (id, info.as_deref()));
    call.array_value(texts.iter().map(|text| call.string_value(text)))
}

/// `closeSome(key: number, code: number, reason: string): number[] | undefined`. Begins the closing handshake with
/// some connections; returns the slots of those that were open, and `undefined` when none is left.
fn close_some(server: &mut JsServer, call: &Call) -> Result<Value> {
    let Some(some) = server.selections.take(call.uint(0)?) else {
        return call.undefined();
    };
    let code = call.uint(1)? as u16;
    let closed = server.hub.close_some(some, code, &call.string(2)?);
    call.array_value(closed.into_iter().map(|slot| call.uint_value(slot)))
}

/// `joinSome(key: number, room: string): number`. Has some connections join a room; returns how many were not in it
/// before, and -1 when none is left.
fn join_some(server: &mut JsServer, call: &Call) -> Result<Value> {
    let room = call.name(1)?;
    match server.selections.take(call.uint(0)?) {
        Some(some) => call.size_value(server.hub.join_some(&some, &room)),
        None => call.int_value(OVER),
    }
}

/// `leaveSome(key: number, room: string): number`. Has some connections leave a room; returns how many were in it,
/// and -1 when none is left.
fn leave_some(server: &mut JsServer, call: &Call) -> Result<Value> {
    let room = call.name(1)?;
    match server.selections.take(call.uint(0)?) {
        Some(some) => call.size_value(server.hub.leave_some(&some, &room)),
        None => call.int_value(OVER),
    }
}
