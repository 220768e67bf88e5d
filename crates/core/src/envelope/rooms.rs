//! What messages say of rooms with history: the positions that a client brings with its handshake, and the
//! keys that the server adds to a broadcast.
//!
//! Names of rooms are given and returned as the application's side keeps them: half of a surrogate pair that
//! stands alone, which no string of Rust can hold, is U+FFFD and its four hexadecimal digits, and U+FFFD
//! itself is two of it.

use std::fmt::{self, Display, Write};

use super::JsonString;
use super::lexer::{Lexer, Value};
use super::string::Piece;
use super::write::{push_escaped, push_unicode_escape};

/// Most rooms that a client may bring positions of.
pub const MAX_ROOMS: usize = 1000;

/// Most bytes of all of them, as JSON.
pub const MAX_POSITIONS: usize = 64 * 1024;

const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// The positions in a valid handshake message, by rooms. `None` when it has none: its sender does not know of
/// positions. Empty when they are more than [`MAX_ROOMS`] or [`MAX_POSITIONS`]. What is not a string is left
/// out.
pub fn positions(text: &str) -> Option<Vec<(String, String)>> {
    let (_, positions) = members(text)
        .filter(|(key, _)| key.decode() == "o")
        .last()?;
    let raw = positions.raw;
    if !raw.starts_with('{') {
        return None;
    }
    if raw.len() > MAX_POSITIONS || members(raw).nth(MAX_ROOMS).is_some() {
        return Some(Vec::new());
    }
    let strings = members(raw).filter_map(|(room, position)| {
        let position = position.as_string()?.decode().into_owned();
        Some((room_name(&room), position))
    });
    Some(strings.collect())
}

/// The members of an object, which is valid JSON.
fn members(object: &str) -> impl Iterator<Item = (JsonString<'_>, Value<'_>)> {
    let mut lexer = Lexer::new(object);
    let opened = lexer.expect(b'{');
    let mut is_over = opened.is_err();
    std::iter::from_fn(move || {
        if is_over {
            return None;
        }
        lexer.skip_whitespace();
        if lexer.peek() != Some(b'"') {
            return None;
        }
        let key = lexer.string().ok()?;
        lexer.expect(b':').ok()?;
        let value = lexer.value(1).ok()?;
        is_over = lexer.expect(b',').is_err();
        Some((key, value))
    })
}

fn room_name(key: &JsonString<'_>) -> String {
    let mut name = String::new();
    for piece in key.pieces() {
        match piece {
            Piece::Plain(text) => text
                .chars()
                .for_each(|each| push_character(&mut name, each)),
            Piece::Escaped(character) => push_character(&mut name, character),
            // Writing to a string does not fail.
            Piece::LoneSurrogate(unit) => drop(write!(name, "{REPLACEMENT}{unit:04x}")),
        }
    }
    name
}

fn push_character(name: &mut String, character: char) {
    name.push(character);
    if character == REPLACEMENT {
        name.push(REPLACEMENT);
    }
}

/// What takes the place of the last brace of a message in a room with history:
/// `,"r":<room>,"o":<position>,"d":<id>}`, without `d` when the message has no id.
pub fn push_place(out: &mut Vec<u8>, room: &str, position: &impl Display, id: Option<&str>) {
    push_room(out, room);
    push_display(out, format_args!(",\"o\":\"{position}\""));
    match id {
        Some(id) => push_repeated(out, id),
        None => out.push(b'}'),
    }
}

/// The same of a message that goes to several rooms, for members of a room without history: `,"d":<id>}`.
pub fn push_repeated(out: &mut Vec<u8>, id: &str) {
    push_display(out, format_args!(",\"d\":\"{id}\"}}"));
}

/// Adds `"o":{}` to the answer to a handshake: the server understands positions.
pub fn push_positions_known(out: &mut Vec<u8>) {
    if out.pop() == Some(b'}') {
        out.extend_from_slice(br#","o":{}}"#);
    }
}

/// Appends the message that tells a client where it stands after a join:
/// `{"n":"_o","r":<room>,"o":<position>,"p":{"recovered":…,"replayed":…}}`.
pub fn push_joined(
    out: &mut Vec<u8>,
    room: &str,
    position: &impl Display,
    (recovered, replayed): (bool, usize),
) {
    out.extend_from_slice(br#"{"n":"_o""#);
    push_room(out, room);
    push_display(
        out,
        format_args!(
            r#","o":"{position}","p":{{"recovered":{recovered},"replayed":{replayed}}}}}"#
        ),
    );
}

/// Appends the message that tells a client where it stands behind a message that it is not sent:
/// `{"n":"_o","r":<room>,"o":<position>}`.
pub fn push_moved(out: &mut Vec<u8>, room: &str, position: &impl Display) {
    out.extend_from_slice(br#"{"n":"_o""#);
    push_place(out, room, position, None);
}

/// Appends the message that tells a client that it has left a room: `{"n":"_o","r":<room>,"o":null}`.
pub fn push_left(out: &mut Vec<u8>, room: &str) {
    out.extend_from_slice(br#"{"n":"_o""#);
    push_room(out, room);
    out.extend_from_slice(br#","o":null}"#);
}

fn push_room(out: &mut Vec<u8>, room: &str) {
    out.extend_from_slice(br#","r":""#);
    let mut rest = room;
    while let Some((before, behind)) = rest.split_once(REPLACEMENT) {
        push_escaped(out, before);
        let half = behind
            .get(..4)
            .and_then(|digits| u16::from_str_radix(digits, 16).ok());
        if let Some(half) = half {
            push_unicode_escape(out, half);
            rest = &behind[4..];
        } else {
            push_display(out, format_args!("{REPLACEMENT}"));
            rest = behind.strip_prefix(REPLACEMENT).unwrap_or(behind);
        }
    }
    push_escaped(out, rest);
    out.push(b'"');
}

fn push_display(out: &mut Vec<u8>, arguments: fmt::Arguments<'_>) {
    // Writing to memory does not fail.
    let _ = std::io::Write::write_fmt(out, arguments);
}

#[cfg(test)]
mod tests;
