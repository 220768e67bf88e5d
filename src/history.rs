//! Rooms with history: which they are, joins that are told what was missed, and what is kept.

use std::cell::RefCell;
use std::rc::Rc;

use napi::Result;
use napi::bindgen_prelude::{Object, Utf16String};
use napi_derive::napi;

use super::messages::{outcome, settle};
use super::names;
use super::raw::{self, Call, Value};
use super::state::{JsServer, ServerCore};

/// Adds the functions to the server's object.
pub fn define(object: &mut Object<'_>, server: &Rc<RefCell<JsServer>>) -> Result<()> {
    raw::define(object, "respondHandshake", server, respond_handshake)?;
    raw::define(object, "isReturning", server, is_returning)?;
    raw::define(object, "publish", server, publish)
}

/// What is kept of the messages of a room: see `types/history.d.ts`.
#[napi(object, object_to_js = false)]
pub struct HistoryRule {
    pub size: u32,
    pub ttl: u32,
    pub max_replay: u32,
    pub local_when_down: bool,
}

/// Who joins a room, and how many of its last messages a client gets whose position does not help.
#[napi(object, object_to_js = false)]
pub struct JoinRequest {
    pub slot: u32,
    pub rewind: u32,
}

/// The part of a history that is read: the first `limit` messages behind a position, or else the last ones.
#[napi(object, object_to_js = false)]
pub struct HistoryPart {
    pub since: Option<String>,
    pub limit: u32,
}

/// How a connection has joined a room: see `types/history.d.ts`.
#[napi(object, object_from_js = false)]
pub struct Joined {
    pub recovered: bool,
    pub replayed: u32,
    pub position: Option<String>,
}

impl From<line_socket_core::Joined> for Joined {
    fn from(joined: line_socket_core::Joined) -> Self {
        Self {
            recovered: joined.recovered,
            replayed: u32::try_from(joined.replayed).unwrap_or(u32::MAX),
            position: joined.position.map(|position| position.to_string()),
        }
    }
}

/// What has become of a join.
#[napi(object, object_from_js = false)]
pub struct Joining {
    /// Undefined when it is told later, under the key.
    pub joined: Option<Joined>,
}

/// What has become of reading a history: one of the two.
#[napi(object, object_from_js = false)]
pub struct ReadingOutcome {
    pub reading: Option<HistoryReading>,
    /// Why it could not be read.
    pub problem: Option<String>,
}

/// Kept messages of a room: see `types/history.d.ts`.
#[napi(object, object_from_js = false)]
pub struct HistoryReading {
    /// The texts that clients with positions were sent.
    pub messages: Vec<String>,
    pub position: String,
    pub complete: bool,
}

#[napi]
impl ServerCore {
    /// Gives a room a history, or with a `*` at the end of its name all rooms whose names begin with what
    /// stands before it.
    #[napi]
    pub fn keep_history(&self, room: Utf16String, rule: HistoryRule) -> Result<()> {
        let rule = line_socket_core::HistoryRule {
            size: rule.size as usize,
            ttl: u64::from(rule.ttl),
            max_replay: rule.max_replay as usize,
            local_when_down: rule.local_when_down,
        };
        self.state()?.hub.keep_history(&names::encode(&room), rule);
        Ok(())
    }

    /// Joins a room, and sends the client what it has missed, or else the last `rewind` messages. Null when
    /// the connection has ended.
    #[napi]
    pub fn join_and_tell(
        &self,
        slot: u32,
        room: Utf16String,
        rewind: u32,
    ) -> Result<Option<Joined>> {
        let server = self.state()?;
        let room = names::encode(&room);
        let joined = server.hub.join_and_tell(slot, &room, rewind as usize);
        Ok(joined.map(Joined::from))
    }

    /// The same, when other servers have what the client has missed: `takeNews` then tells under the key that it has
    /// been sent it.
    #[napi]
    pub fn join_and_tell_later(
        &self,
        key: u32,
        room: Utf16String,
        join: JoinRequest,
    ) -> Result<Option<Joining>> {
        let server = self.state()?;
        let room = names::encode(&room);
        let joining =
            (server.hub).join_and_tell_later(join.slot, &room, join.rewind as usize, Some(key));
        Ok(joining.map(|joining| Joining {
            joined: match joining {
                line_socket_core::Joining::Done(joined) => Some(joined.into()),
                line_socket_core::Joining::Later => None,
            },
        }))
    }

    /// Reads kept messages of a room from what keeps them for all servers, and tells under the key when they are
    /// there. False when nothing does.
    #[napi]
    pub fn read_history_later(
        &self,
        key: u32,
        room: Utf16String,
        part: HistoryPart,
    ) -> Result<bool> {
        let server = self.state()?;
        let room = names::encode(&room);
        let Some(joined) = &server.joined else {
            return Ok(false);
        };
        if !server.hub.follows_history(&room) {
            return Ok(false);
        }
        (joined.node).read_history(&room, part.since.as_deref(), part.limit as usize, key);
        Ok(true)
    }

    /// Takes what `readHistoryLater` has read.
    #[napi]
    pub fn take_reading(&self, key: u32) -> Result<Option<ReadingOutcome>> {
        let server = self.state()?;
        let Some(joined) = &server.joined else {
            return Ok(None);
        };
        Ok(joined.node.take_reading(key).map(|outcome| {
            let (reading, problem) = match outcome {
                Ok(reading) => (Some(reading_of(&reading)), None),
                Err(error) => (None, Some(error.to_string())),
            };
            ReadingOutcome { reading, problem }
        }))
    }

    /// Reads kept messages of a room: the first `limit` behind a position, or else the last ones. Null when
    /// the room has no history.
    #[napi]
    pub fn read_history(
        &self,
        room: Utf16String,
        since: Option<String>,
        limit: u32,
    ) -> Result<Option<HistoryReading>> {
        let server = self.state()?;
        let room = names::encode(&room);
        let reading = server
            .hub
            .read_history(&room, since.as_deref(), limit as usize);
        Ok(reading.as_ref().map(reading_of))
    }
}

fn reading_of(reading: &line_socket_core::Reading) -> HistoryReading {
    HistoryReading {
        messages: reading.messages().map(str::to_owned).collect(),
        position: reading.position.to_string(),
        complete: reading.complete,
    }
}

/// `respondHandshake(slot: number, payload: string | undefined, id: string): number`. Queues the answer that
/// resolves a handshake, as `respond` does. A client that has positions is told that they are understood.
fn respond_handshake(server: &mut JsServer, call: &Call) -> Result<Value> {
    let Some(connection) = server.connections.get(call.uint(0)?) else {
        return call.int_value(outcome::NOT_OPEN);
    };
    let payload = if call.is_nothing(1)? {
        None
    } else {
        Some(call.string(1)?)
    };
    let id = call.string(2)?;
    let payload = payload.as_ref().map(String::as_bytes);
    let (length, queued) = connection.respond_handshake(payload, id.as_bytes(), &server.hub.config);
    server.sent.add(length, usize::from(queued.is_queued()));
    call.int_value(settle(
        server.hub.as_ref(),
        &mut server.dirty,
        connection,
        queued,
    ))
}

/// `isReturning(slot: number): boolean`. Whether the client has brought positions.
fn is_returning(server: &mut JsServer, call: &Call) -> Result<Value> {
    let connection = server.connections.get(call.uint(0)?);
    call.bool_value(connection.is_some_and(|connection| connection.is_returning()))
}

/// `publish(room: string, text: string): string | undefined`. Queues one message for every member of a
/// room; returns its position, in a room with history.
fn publish(server: &mut JsServer, call: &Call) -> Result<Value> {
    let text = call.string(1)?;
    let (reached, position) = server.hub.publish(&call.name(0)?, &text);
    server.sent.add(text.len(), reached);
    match position {
        Some(position) => call.string_value(&position.to_string()),
        None => call.undefined(),
    }
}
