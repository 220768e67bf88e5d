//! The functions for many connections at once. Their first argument says whom they are about: see [`target`].

use std::cell::RefCell;
use std::fmt::Write;
use std::rc::Rc;
use std::sync::Arc;

use napi::Result;
use napi::bindgen_prelude::Object;

use line_socket_core::{Accepted, Answers, Target};

use super::names;
use super::raw::{self, Call, Value};
use super::state::JsServer;

/// Adds the functions to the server's object.
pub fn define(object: &mut Object<'_>, server: &Rc<RefCell<JsServer>>) -> Result<()> {
    raw::define(object, "broadcastTo", server, broadcast_to)?;
    raw::define(object, "publishTo", server, publish_to)?;
    raw::define(object, "askAll", server, ask_all)?;
    raw::define(object, "takeAnswers", server, take_answers)?;
    raw::define(object, "countMembers", server, count_members)?;
    raw::define(object, "setInfo", server, set_info)
}

/// The target of a call, its first argument: an array of the names of rooms, or `undefined` for everyone; of the
/// slots of connections to leave out, ids of others, and names of rooms to leave out, each an array or
/// `undefined`; and whether only connections of this server are meant.
pub(super) fn target(call: &Call) -> Result<Target> {
    let parts = call.items(0)?;
    let names_of = |index: usize| match parts.get(index) {
        Some(part) => part.items(0)?.iter().map(|item| item.name(0)).collect(),
        None => Ok(Vec::new()),
    };
    let (is_of_all, except) = match parts.as_slice() {
        [rooms, except, ..] => (rooms.is_nothing(0)?, except.items(0)?),
        _ => (true, Vec::new()),
    };
    Ok(Target {
        rooms: if is_of_all { None } else { Some(names_of(0)?) },
        ids: match parts.get(5) {
            Some(ids) if !ids.is_nothing(0)? => Some(names_of(5)?),
            _ => None,
        },
        except: except
            .iter()
            .map(|item| item.uint(0))
            .collect::<Result<_>>()?,
        except_ids: names_of(2)?,
        except_rooms: names_of(3)?,
        local: match parts.get(4) {
            Some(local) => !local.is_nothing(0)? && local.boolean(0)?,
            None => false,
        },
    })
}

/// `broadcastTo(target: readonly unknown[], text: string): string | undefined`. Queues one message for each
/// connection, and for other servers; returns its position, in a single room with history. Where there are other servers,
/// `flush` has to be called when the running code has returned.
fn broadcast_to(server: &mut JsServer, call: &Call) -> Result<Value> {
    let text = call.string(1)?;
    let target = target(call)?;
    let sent = (server.hub).in_turn(|| server.hub.broadcast_everywhere(&target, &text, None));
    server.sent.add(text.len(), sent.reached);
    match sent.position {
        Some(position) => call.string_value(&position.to_string()),
        None => call.undefined(),
    }
}

/// `publishTo(target: readonly unknown[], text: string, key: number): boolean`. Does what `broadcastTo` does. Whether
/// the message is published is told under the key. False when nothing is told, because too much waits for the
/// engine already.
fn publish_to(server: &mut JsServer, call: &Call) -> Result<Value> {
    let text = call.string(1)?;
    let (target, receipt) = (target(call)?, Some(call.uint(2)?));
    let sent = (server.hub).in_turn(|| server.hub.broadcast_everywhere(&target, &text, receipt));
    server.sent.add(text.len(), sent.reached);
    call.bool_value(sent.elsewhere == Some(Accepted::Yes))
}

/// `askAll(target: readonly unknown[], question: readonly number[], text: string): number`. `question` is a key,
/// `atLeast`, and a timeout in milliseconds, 0 for none. Queues one message, with an id of the key, for each connection, and
/// gathers their answers until all have come, or `atLeast`: an event follows then. Returns how many were asked; -1 when
/// too many wait for answers already; -2 when other servers were asked, too: then the event also follows when the time
/// is over.
fn ask_all(server: &mut JsServer, call: &Call) -> Result<Value> {
    let question = call.items(1)?;
    let [key, at_least, timeout] = question.as_slice() else {
        return call.int_value(-1);
    };
    let text = call.string(2)?;
    let target = target(call)?;
    let (key, at_least, timeout) = (key.uint(0)?, at_least.size(0)?, timeout.uint(0)?);
    let asked = (server.hub).ask_everywhere(key, &target, &text, at_least, timeout);
    let Some(asked) = asked else {
        return call.int_value(-1);
    };
    server.sent.add(text.len(), asked.here);
    if asked.nodes > 0 {
        return call.int_value(-2);
    }
    call.size_value(asked.here)
}

/// `takeAnswers(key: number): string | undefined`. Ends what `askAll` began and takes some of the answers, as JSON:
/// `{"responses":[[id,payload],…],"errors":[[id,error],…],"tooLarge":[id,…],"silent":[id,…],"missing":[node,…],"more":boolean}`. To be
/// called again while there is more.
fn take_answers(server: &mut JsServer, call: &Call) -> Result<Value> {
    match server.hub.take_answers(call.uint(0)?) {
        Some(answers) => call.string_value(&answers_json(&answers)),
        None => call.undefined(),
    }
}

fn answers_json(answers: &Answers) -> String {
    let mut out = String::from("{\"responses\":");
    push_pairs(
        &mut out,
        answers
            .responses
            .iter()
            .map(|(id, json)| (id, json.as_deref())),
    );
    out.push_str(",\"errors\":");
    push_pairs(
        &mut out,
        answers.errors.iter().map(|(id, json)| (id, Some(&**json))),
    );
    out.push_str(",\"tooLarge\":");
    push_list(&mut out, &answers.too_large, |out, id| push_name(out, id));
    out.push_str(",\"silent\":");
    push_list(&mut out, &answers.silent, |out, id| push_name(out, id));
    out.push_str(",\"missing\":");
    push_list(&mut out, &answers.missing_nodes, |out, id| {
        push_name(out, id);
    });
    let _ = write!(out, ",\"more\":{}}}", answers.more);
    out
}

/// `countMembers(target: readonly unknown[]): number`. A member of several
/// rooms counts once.
fn count_members(server: &mut JsServer, call: &Call) -> Result<Value> {
    let count = server.hub.count(&target(call)?);
    call.size_value(count)
}

/// `setInfo(slot: number, json: string | undefined): void`. What others are to know of a connection.
fn set_info(server: &mut JsServer, call: &Call) -> Result<Value> {
    let info = if call.is_nothing(1)? {
        None
    } else {
        Some(call.string(1)?)
    };
    let mut registry = server.hub.registry();
    registry.set_info(call.uint(0)?, info.as_deref());
    call.undefined()
}

/// `[id,json]` of each, `[id]` where there is no JSON.
pub(super) fn push_pairs<'a>(
    out: &mut String,
    pairs: impl Iterator<Item = (&'a Arc<str>, Option<&'a str>)>,
) {
    push_list(out, pairs, |out, (id, json)| {
        out.push('[');
        push_name(out, id);
        if let Some(json) = json {
            out.push(',');
            out.push_str(json);
        }
        out.push(']');
    });
}

/// Bytes of a text of JSON after which another one is begun: JavaScript holds no string of 2^29 characters, and what
/// applications note of a connection may be large.
pub(super) const TEXT: usize = 64 << 20;

/// Cuts a list so that what the items of a part take passes [`TEXT`] by one item at most. There is at least one part.
pub(super) fn in_parts<T>(items: &[T], size: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let mut parts = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, item) in items.iter().enumerate() {
        bytes += size(item);
        if bytes >= TEXT {
            parts.extend(items.get(start..=index));
            (start, bytes) = (index + 1, 0);
        }
    }
    if start < items.len() || parts.is_empty() {
        parts.extend(items.get(start..));
    }
    parts
}

/// Ids and JSON as [`push_pairs`] writes them, in several texts.
pub(super) fn pairs_in_parts<T>(
    items: &[T],
    pair: impl Fn(&T) -> (&Arc<str>, Option<&str>),
) -> Vec<String> {
    let parts = in_parts(items, |item| {
        let (id, json) = pair(item);
        id.len() + json.map_or(0, str::len)
    });
    let texts = parts.into_iter().map(|part| {
        let mut out = String::new();
        push_pairs(&mut out, part.iter().map(&pair));
        out
    });
    texts.collect()
}

pub(super) fn push_list<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    push: impl Fn(&mut String, T),
) {
    out.push('[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push(out, item);
    }
    out.push(']');
}

/// A name, as [`Call::name`] reads it, as a JSON string.
pub(super) fn push_name(out: &mut String, name: &str) {
    out.push('"');
    if names::is_ambiguous(name) {
        for unit in char::decode_utf16(names::decode(name)) {
            match unit {
                Ok(character) => push_escaped(out, character),
                Err(half) => {
                    let _ = write!(out, "\\u{:04x}", half.unpaired_surrogate());
                }
            }
        }
    } else {
        name.chars()
            .for_each(|character| push_escaped(out, character));
    }
    out.push('"');
}

fn push_escaped(out: &mut String, character: char) {
    match character {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\0'..='\x1f' => {
            let _ = write!(out, "\\u{:04x}", character as u32);
        }
        _ => out.push(character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_json_strings() {
        let mut out = String::new();
        push_name(&mut out, "a\"b\\c\n\u{7f}ü😀");
        assert_eq!(out, "\"a\\\"b\\\\c\\u000a\u{7f}ü😀\"");
        let mut out = String::new();
        push_name(&mut out, &names::encode(&[0xd83d, u16::from(b'"'), 0xfffd]));
        assert_eq!(out, "\"\\ud83d\\\"\u{fffd}\"");
    }

    #[test]
    fn answers_are_one_json_text() {
        let answers = Answers {
            responses: vec![("a".into(), Some("{\"x\":1}".into())), ("b".into(), None)],
            errors: vec![("c".into(), "\"no\"".into())],
            too_large: vec!["d".into()],
            silent: vec!["e".into(), "f".into()],
            more: true,
            ..Answers::default()
        };
        let expected = r#"{"responses":[["a",{"x":1}],["b"]],"errors":[["c","no"]],"tooLarge":["d"],"silent":["e","f"],"missing":[],"more":true}"#;
        assert_eq!(answers_json(&answers), expected);
    }
}
