//! The functions on the data path: taking a batch of events, queueing messages, flushing.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use napi::Result;
use napi::bindgen_prelude::Object;

use line_socket_core::{
    Batch, ConnectionRef, Group, Handled, Hub, Kind, Lane, Part, Pinged, Queued, Record,
    record_count, response_len,
};

use super::call::give_back;
use super::raw::{self, Call, Value};
use super::state::JsServer;

/// Adds the functions to the server's object.
pub fn define(object: &mut Object<'_>, server: &Rc<RefCell<JsServer>>) -> Result<()> {
    raw::define(object, "take", server, take)?;
    raw::define(object, "strings", server, strings)?;
    raw::define(object, "receiveAgain", server, receive_again)?;
    raw::define(object, "send", server, send)?;
    raw::define(object, "ping", server, ping)?;
    raw::define(object, "respond", server, respond)?;
    raw::define(object, "flush", server, flush)?;
    raw::define(object, "fence", server, fence)?;
    raw::define(object, "passed", server, passed)?;
    raw::define(object, "queued", server, queued)?;
    raw::define(object, "watch", server, watch)?;
    raw::define(object, "isAbove", server, is_above)?;
    raw::define(object, "wantDrained", server, want_drained)?;
    raw::define(object, "broadcast", server, broadcast)
}

/// `take(words: Int32Array, lane: number): string | undefined`. Takes the next batch of a queue
/// ([`Lane`]): `words[0]` becomes the number of events, `words[1]` the number of strings (which
/// `strings()` returns), `words[2]` whether there is more to take, and the records follow. Returns the
/// text that the records' inline parts are cut from, `undefined` when that queue has nothing to take.
/// When there is no more to take, a wake follows as soon as there is.
fn take(server: &mut JsServer, call: &Call) -> Result<Value> {
    let JsServer {
        hub,
        batch,
        connections,
        ..
    } = server;
    let lane = lane_of(call.int(1)?);
    let taken = hub.inbox.take(lane, batch);
    write_records(call, 0, batch, taken.more)?;
    if !taken.any {
        return call.undefined();
    }
    for record in &batch.records {
        // The first event of a connection: JavaScript calls functions with its slot from now on.
        if matches!(record.kind, Kind::Handshake | Kind::Opened) {
            connections.note(hub, record.slot);
        }
    }
    call.latin1_value(&batch.text)
}

/// The queue with this number.
fn lane_of(number: i32) -> Lane {
    if number == Lane::Sparse as i32 {
        Lane::Sparse
    } else {
        Lane::Backlogged
    }
}

/// Writes a batch's counts and records into the words that are argument `index`.
fn write_records(call: &Call, index: usize, batch: &Batch, more: bool) -> Result<()> {
    call.fill_words(index, |words| {
        words[0] = record_count(batch.records.len());
        words[1] = record_count(batch.strings.count());
        words[2] = more.into();
        let places = words[Record::HEADER..].chunks_exact_mut(Record::WORDS);
        for (record, place) in batch.records.iter().zip(places) {
            record.write(place);
        }
    })
}

/// `receiveAgain(slot: number, text: string, words: Int32Array): string`. Receives a message once more
/// that came as an outline, because its payload is not JSON. Gives a batch of at most one event.
fn receive_again(server: &mut JsServer, call: &Call) -> Result<Value> {
    let text = call.string(1)?;
    server.batch = match server.connections.get(call.uint(0)?) {
        Some(connection) => server.hub.receive_again(connection, &text),
        None => Batch::default(),
    };
    write_records(call, 2, &server.batch, false)?;
    call.latin1_value(&server.batch.text)
}

/// `strings(): (string | Buffer)[]`. The strings of the batch taken last; a large one as its UTF-8.
fn strings(server: &mut JsServer, call: &Call) -> Result<Value> {
    let strings = &mut server.batch.strings;
    let array = call.array_value(strings.take_all().map(|part| match part {
        Part::Ascii(text) => call.latin1_value(text.as_bytes()),
        Part::Text(text) => call.string_value(text),
        Part::Heavy(bytes) => call.bytes_value(bytes),
    }));
    // Large strings are not kept until the next batch.
    strings.clear();
    array
}

/// What `send` and `respond` return.
pub mod outcome {
    pub const QUEUED: i32 = 0;
    pub const NOT_OPEN: i32 = 1;
    pub const OVERFLOW: i32 = 2;
}

/// `send(slot: number, text: string): number`. Queues one message: 0 queued, 1 the connection is not
/// open, 2 the peer reads too slowly and the connection was closed.
fn send(server: &mut JsServer, call: &Call) -> Result<Value> {
    let Some(connection) = server.connections.get(call.uint(0)?) else {
        return call.int_value(outcome::NOT_OPEN);
    };
    server.scratch.clear();
    call.append_string(1, &mut server.scratch)?;
    let queued = connection.send(&server.scratch, &server.hub.config);
    server
        .sent
        .add(server.scratch.len(), usize::from(queued.is_queued()));
    call.int_value(settle(
        server.hub.as_ref(),
        &mut server.dirty,
        connection,
        queued,
    ))
}

/// `ping(slot: number, timeout: number): boolean`. Sends a ping; false when the connection is not open. An event follows when it is not
/// answered within `timeout` milliseconds, if that is not 0, or is answered with an error.
fn ping(server: &mut JsServer, call: &Call) -> Result<Value> {
    let connection = server.connections.get(call.uint(0)?);
    let timeout = call.uint(1)?;
    let pinged = connection.map(|connection| server.hub.ping(connection, timeout));
    if pinged == Some(Pinged::Sent) {
        server.sent.add(Hub::PING_LEN, 1);
    }
    call.bool_value(!matches!(pinged, None | Some(Pinged::NotSent)))
}

/// `respond(slot: number, payload: string | undefined, id: string): number`. Queues a resolved
/// response, from the raw JSON of payload and id.
fn respond(server: &mut JsServer, call: &Call) -> Result<Value> {
    let Some(connection) = server.connections.get(call.uint(0)?) else {
        return call.int_value(outcome::NOT_OPEN);
    };
    let scratch = &mut server.scratch;
    scratch.clear();
    call.append_string(2, scratch)?;
    let id_length = scratch.len();
    let has_payload = !call.is_nothing(1)?;
    if has_payload {
        call.append_string(1, scratch)?;
    }
    let (id, payload) = scratch.split_at(id_length);
    let payload = has_payload.then_some(payload);
    let length = response_len(payload.map(<[u8]>::len), id.len());
    let queued = connection.respond(payload, id, &server.hub.config);
    server.sent.add(length, usize::from(queued.is_queued()));
    call.int_value(settle(
        server.hub.as_ref(),
        &mut server.dirty,
        connection,
        queued,
    ))
}

/// Sees to what became of a message for one connection; what `send` returns.
pub fn settle(
    hub: &Hub,
    dirty: &mut Vec<ConnectionRef>,
    connection: &ConnectionRef,
    queued: Queued,
) -> i32 {
    match queued {
        Queued::Flush => dirty.push(Arc::clone(connection)),
        Queued::Waiting | Queued::Written | Queued::Dropped | Queued::Unoffered => {}
        Queued::NotOpen => return outcome::NOT_OPEN,
        Queued::Overflow => {
            hub.overflowed(connection);
            dirty.push(Arc::clone(connection));
            return outcome::OVERFLOW;
        }
    }
    outcome::QUEUED
}

/// `flush(lane: number, left: number, microseconds: number): void`. Sends everything queued since the last
/// flush. A queue's number as `lane` says that the oldest batches taken of it have been handled, all but so
/// many, and how long this thread was busy with events of the queue; with -1 nothing is said.
fn flush(server: &mut JsServer, call: &Call) -> Result<Value> {
    let handled = match call.int(0)? {
        ..0 => None,
        lane => Some(Handled {
            lane: lane_of(lane),
            left: call.uint(1)? as usize,
            time: Duration::from_micros(call.uint(2)?.into()),
        }),
    };
    server.hub.turn_handled(&mut server.dirty, handled);
    if let Some(lend) = &server.lend {
        lend.take_up();
    }
    give_back(&mut server.scratch);
    call.undefined()
}

/// `fence(): boolean`. Makes a fence behind the events that wait or are being handled. Makes none, and
/// returns false, when there are no such events.
fn fence(server: &mut JsServer, call: &Call) -> Result<Value> {
    let fence = server.hub.inbox.fence();
    let waits = !server.hub.inbox.is_past(&fence);
    if waits {
        server.fences.push_back(fence);
    }
    call.bool_value(waits)
}

/// `passed(): number`. Removes the oldest fences whose events have all been handled, and returns how
/// many they are.
fn passed(server: &mut JsServer, call: &Call) -> Result<Value> {
    let before = server.fences.len();
    while let Some(fence) = server.fences.front()
        && server.hub.inbox.is_past(fence)
    {
        server.fences.pop_front();
    }
    call.size_value(before - server.fences.len())
}

/// `queued(slot: number): number`. Bytes queued since the connection opened, the low 32 bits.
fn queued(server: &mut JsServer, call: &Call) -> Result<Value> {
    let total = server
        .connections
        .get(call.uint(0)?)
        .map_or(0, |connection| connection.queued());
    call.int_value(total as i32)
}

/// `watch(slot: number): number`. Bytes written since the connection opened, the low 32 bits; while
/// some still wait, an event follows when more have left.
fn watch(server: &mut JsServer, call: &Call) -> Result<Value> {
    let total = server
        .connections
        .get(call.uint(0)?)
        .map_or(0, |connection| connection.watch());
    call.int_value(total as i32)
}

/// `isAbove(slot: number): boolean`. Whether the high-water mark was reached and some bytes have been
/// waiting ever since.
fn is_above(server: &mut JsServer, call: &Call) -> Result<Value> {
    let above = server
        .connections
        .get(call.uint(0)?)
        .is_some_and(|connection| connection.is_above());
    call.bool_value(above)
}

/// `wantDrained(slot: number): void`. From now on an event follows when the high-water mark was reached
/// and then all bytes have left.
fn want_drained(server: &mut JsServer, call: &Call) -> Result<Value> {
    if let Some(connection) = server.connections.get(call.uint(0)?) {
        connection.want_drained();
    }
    call.undefined()
}

/// `broadcast(room: string | undefined, text: string): number`. Queues one message for every member of
/// a room, or for every connection; returns for how many.
fn broadcast(server: &mut JsServer, call: &Call) -> Result<Value> {
    let room = call.optional_name(0)?;
    let text = call.string(1)?;
    let group = room.as_deref().map_or(Group::All, Group::Room);
    let reached = server.hub.broadcast(group, &text);
    server.sent.add(text.len(), reached);
    call.size_value(reached)
}
