//! Queueing the answers that the handlers of a batch have given, with one call for all of them.

use std::cell::RefCell;
use std::rc::Rc;

use napi::Result;
use napi::bindgen_prelude::Object;

use line_socket_core::{push_json_string, push_json_units, response_len};

use super::messages::{outcome, settle};
use super::raw::{self, Call, Value};
use super::state::JsServer;

/// Adds the function to the server's object.
pub fn define(object: &mut Object<'_>, server: &Rc<RefCell<JsServer>>) -> Result<()> {
    raw::define(object, "respondAll", server, respond_all)
}

/// What the lowest bits of an answer's second integer say of its payload.
pub mod form {
    /// There is none.
    pub const NONE: i32 = 0;
    /// It is JSON.
    pub const JSON: i32 = 1;
    /// It is a string that is not written as JSON yet.
    pub const STRING: i32 = 2;
    /// The number of these bits.
    pub const BITS: i32 = 2;
}

/// Integers of one answer.
pub const ANSWER: usize = 4;

/// `respondAll(words: Int32Array, text: string, count: number): number`. Queues resolved responses in their order.
/// Each has four integers: its slot; the form of its payload and, above the lowest two bits, its length; the length of
/// the raw JSON of its id; the last becomes what `respond` would have returned. The text has payload and id of each.
/// Returns how many could not be queued.
fn respond_all(server: &mut JsServer, call: &Call) -> Result<Value> {
    let mut read = std::mem::take(&mut server.scratch);
    read.clear();
    let failed = call
        .append_string(1, &mut read)
        .and_then(|()| queue_all(server, call, &read));
    server.scratch = read;
    call.size_value(failed?)
}

fn queue_all(server: &mut JsServer, call: &Call, read: &[u8]) -> Result<usize> {
    if let Ok(text) = std::str::from_utf8(read) {
        let mut rest = text;
        if text.is_ascii() {
            return queue(server, call, |length, form, out| {
                push(out, form, cut(&mut rest, length));
            });
        }
        // Node has put this character in the place of lone surrogates, which JSON has as escapes.
        if !text.contains(char::REPLACEMENT_CHARACTER) {
            return queue(server, call, |length, form, out| {
                let length = bytes_of(rest, length);
                push(out, form, cut(&mut rest, length));
            });
        }
    }
    let units = call.utf16(1)?;
    let mut rest = &units[..];
    queue(server, call, |length, form, out| {
        let (piece, behind) = rest.split_at(length.min(rest.len()));
        rest = behind;
        if form == form::STRING {
            push_json_units(out, piece);
        } else {
            out.extend_from_slice(String::from_utf16_lossy(piece).as_bytes());
        }
    })
}

/// Queues each answer. `next` appends the JSON of the next part of the text, which has so many UTF-16 code units.
fn queue(
    server: &mut JsServer,
    call: &Call,
    mut next: impl FnMut(usize, i32, &mut Vec<u8>),
) -> Result<usize> {
    let JsServer {
        hub,
        connections,
        dirty,
        sent,
        answer,
        ..
    } = server;
    let count = call.uint(2)? as usize;
    let mut failed = 0;
    call.fill_words(0, |words| {
        for words in words.chunks_exact_mut(ANSWER).take(count) {
            let form = words[1] & ((1 << form::BITS) - 1);
            answer.clear();
            next(length_of(words[1] >> form::BITS), form, answer);
            let end = answer.len();
            next(length_of(words[2]), form::JSON, answer);
            words[3] = match connections.get(words[0].cast_unsigned()) {
                None => outcome::NOT_OPEN,
                Some(connection) => {
                    let (json, id) = answer.split_at(end);
                    let json = (form != form::NONE).then_some(json);
                    let queued = connection.respond(json, id, &hub.config);
                    let length = response_len(json.map(<[u8]>::len), id.len());
                    sent.add(length, usize::from(queued.is_queued()));
                    settle(hub, dirty, connection, queued)
                }
            };
            failed += usize::from(words[3] != outcome::QUEUED);
        }
    })?;
    Ok(failed)
}

fn length_of(word: i32) -> usize {
    usize::try_from(word).unwrap_or(0)
}

fn push(out: &mut Vec<u8>, form: i32, piece: &str) {
    if form == form::STRING {
        push_json_string(out, piece);
    } else {
        out.extend_from_slice(piece.as_bytes());
    }
}

/// Takes so many bytes off the start of a text; the rest of it when there are not so many.
fn cut<'a>(rest: &mut &'a str, bytes: usize) -> &'a str {
    let (piece, behind) = rest.split_at_checked(bytes).unwrap_or((rest, ""));
    *rest = behind;
    piece
}

/// Bytes of the first `units` UTF-16 code units of a text.
fn bytes_of(text: &str, units: usize) -> usize {
    let mut left = units;
    for (at, character) in text.char_indices() {
        if left == 0 {
            return at;
        }
        left = left.saturating_sub(character.len_utf16());
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_as_javascript_counts() {
        let mut rest = "aü€😀b";
        for (units, expected) in [(1, "a"), (1, "ü"), (0, ""), (3, "€😀"), (9, "b"), (1, "")] {
            let bytes = bytes_of(rest, units);
            assert_eq!(cut(&mut rest, bytes), expected);
        }
    }
}
