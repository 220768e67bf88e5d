//! The scan of the envelope beside `serde_json`: both accept the same texts as JSON, and find the same `n`, `p`, `i`
//! and `e`. The scan differs on purpose in three things, which [`Reference`] accounts for: the last value of a key that
//! occurs more than once counts, lone surrogates are allowed in strings, and nesting deeper than [`MAX_DEPTH`] levels
//! is refused.

use std::fmt;

use line_socket_core::{
    Envelope, Id, InvalidEnvelope, JsonString, MAX_DEPTH, outline_envelope, push_error_response,
    push_message_id, push_pong_response, push_response, response_len, scan_envelope,
};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The input is the text, if it is UTF-8: the codec refuses everything else.
pub fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let result = scan_envelope(text);
    check_outline(text, result.as_ref().ok());
    let is_json = serde_json::from_str::<&RawValue>(text).is_ok();
    match result {
        Ok(_) => assert!(is_json, "scanned, but no JSON"),
        Err(InvalidEnvelope::TooDeep { offset }) => {
            assert_eq!(depth_before(text, offset), MAX_DEPTH);
            assert!(matches!(text.as_bytes()[offset], b'[' | b'{'));
            return;
        }
        Err(InvalidEnvelope::Syntax { offset }) => {
            assert!(!is_json, "JSON, but refused at {offset}");
            check_offset(text, offset);
            return;
        }
        Err(_) => assert!(is_json, "no JSON, but said to lack something"),
    }
    assert!(deepest(text) <= MAX_DEPTH);
    let reference = Reference::of(text);
    match result {
        Ok(envelope) => {
            reference.check(&envelope);
            check_answers(&envelope);
        }
        Err(error) => assert_eq!(Some(error), reference.fault()),
    }
}

/// An outline whose payload is JSON has the parts that a scan finds.
fn check_outline(text: &str, scanned: Option<&Envelope<'_>>) {
    let Some(found) = outline_envelope(text) else {
        return;
    };
    let (before, after) = (usize::from(found.before), usize::from(found.after));
    let payload = &text[before..text.len() - after];
    assert!(text[..before].is_ascii() && text[text.len() - after..].is_ascii());
    if serde_json::from_str::<&RawValue>(payload).is_err() {
        return;
    }
    let Some(scanned) = scanned else {
        panic!("outlined, but no envelope");
    };
    assert_eq!(found.name, scanned.name.raw());
    assert!(!scanned.name.is_escaped());
    // Parsing the payload accepts white space around it as well.
    assert_eq!(Some(payload.trim()), scanned.payload);
    assert_eq!(scanned.error, None);
    match (found.id, scanned.id) {
        (None, None) => {}
        (Some(raw), Some(Id::String(string))) => {
            assert!(!string.is_escaped());
            assert_eq!(raw, format!("\"{}\"", string.raw()));
        }
        (Some(raw), Some(Id::Number(number))) => assert_eq!(raw, number),
        (outlined, scanned) => panic!("{outlined:?} instead of {scanned:?}"),
    }
}

/// The byte reported is the first wrong one: a text that is cut there is wrong only in its end.
fn check_offset(text: &str, offset: usize) {
    let Some(before) = text.get(..offset) else {
        panic!("{offset} is no place in the text");
    };
    if let Err(InvalidEnvelope::Syntax { offset: end }) = scan_envelope(before) {
        assert_eq!(end, offset, "a byte before that was wrong already");
    }
}

/// Levels of nesting open before the byte at `offset`.
fn depth_before(text: &str, offset: usize) -> usize {
    depths(&text.as_bytes()[..offset]).last().unwrap_or(0)
}

/// The most levels open at once.
fn deepest(text: &str) -> usize {
    depths(text.as_bytes()).max().unwrap_or(0)
}

/// Levels open after each byte of a text that is valid so far.
fn depths(text: &[u8]) -> impl Iterator<Item = usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    text.iter().map(move |&byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth -= 1,
            _ => {}
        }
        depth
    })
}

/// What `serde_json` finds in a text that is JSON.
#[derive(Debug)]
enum Reference<'a> {
    NoObject,
    Object(Members<'a>),
}

/// The last value of each key, as it stands in the text.
#[derive(Debug, Default)]
struct Members<'a> {
    n: Option<&'a str>,
    p: Option<&'a str>,
    i: Option<&'a str>,
    e: Option<&'a str>,
}

impl<'a> Reference<'a> {
    fn of(text: &'a str) -> Self {
        let is_object = text.trim_start().starts_with('{');
        if !is_object {
            return Self::NoObject;
        }
        // `serde_json` refuses more than 128 levels only where it builds values, which it does not here.
        Self::Object(serde_json::from_str(text).expect("it is JSON"))
    }

    /// What the text lacks, if it is not an envelope.
    fn fault(&self) -> Option<InvalidEnvelope> {
        let Self::Object(members) = self else {
            return Some(InvalidEnvelope::NotAnObject);
        };
        let Some(name) = members.n else {
            return Some(InvalidEnvelope::NameMissing);
        };
        if !name.starts_with('"') {
            return Some(InvalidEnvelope::NameNotString);
        }
        let is_id = |id: &str| id.starts_with('"') || is_number(id);
        if !members.i.is_none_or(is_id) {
            return Some(InvalidEnvelope::IdNotStringOrNumber);
        }
        None
    }

    fn check(&self, found: &Envelope<'_>) {
        assert_eq!(self.fault(), None);
        let Self::Object(members) = self else {
            unreachable!("it has no fault");
        };
        check_string(found.name, members.n.expect("it has no fault"));
        assert_eq!(found.payload, members.p);
        assert_eq!(found.error, members.e);
        match (found.id, members.i) {
            (None, None) => {}
            (Some(Id::String(string)), Some(raw)) => {
                check_string(string, raw);
                assert_eq!(Id::String(string).is_falsy(), raw == r#""""#);
            }
            (Some(Id::Number(number)), Some(raw)) => {
                assert_eq!(number, raw);
                assert_eq!(Id::Number(number).is_falsy(), is_zero(raw));
            }
            (id, raw) => panic!("{id:?} instead of {raw:?}"),
        }
        let rejected = members.e.is_some_and(|raw| match raw {
            "null" | "false" | r#""""# => false,
            number if is_number(number) => !is_zero(number),
            _ => true,
        });
        assert_eq!(found.is_rejected(), rejected);
    }
}

fn is_number(raw: &str) -> bool {
    raw.starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

fn is_zero(raw: &str) -> bool {
    value(raw) == 0.0
}

/// A number of JSON as JavaScript has it.
fn value(raw: &str) -> f64 {
    raw.parse().expect("a number of JSON")
}

fn check_string(found: JsonString<'_>, raw: &str) {
    let inner = raw
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    assert_eq!(Some(found.raw()), inner);
    assert_eq!(found.is_escaped(), raw.contains('\\'));
    assert_eq!(found.decode(), decode(raw));
}

/// Decodes a string of JSON. `serde_json` gives lone surrogates, which UTF-8 does not have, as three bytes in the
/// style of UTF-8. They become U+FFFD, as in the scan.
fn decode(raw: &str) -> String {
    let Bytes(bytes) = serde_json::from_str(raw).expect("a string of JSON");
    let mut text = String::new();
    let mut rest = bytes.as_slice();
    while let Err(error) = str::from_utf8(rest) {
        let (valid, behind) = rest.split_at(error.valid_up_to());
        text.push_str(str::from_utf8(valid).expect("valid up to there"));
        assert!(matches!(behind, [0xed, 0xa0..=0xbf, _, ..]), "{behind:x?}");
        text.push(char::REPLACEMENT_CHARACTER);
        rest = &behind[3..];
    }
    text.push_str(str::from_utf8(rest).expect("checked by the loop"));
    text
}

/// A string of JSON as bytes.
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsBytes;
        impl Visitor<'_> for AsBytes {
            type Value = Bytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(AsBytes)
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Members<'de>, M::Error> {
                let mut members = Members::default();
                while let Some(Bytes(key)) = map.next_key()? {
                    let value: &RawValue = map.next_value()?;
                    let place = match key.as_slice() {
                        b"n" => &mut members.n,
                        b"p" => &mut members.p,
                        b"i" => &mut members.i,
                        b"e" => &mut members.e,
                        _ => continue,
                    };
                    *place = Some(value.get());
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Each)
    }
}

/// Every answer is an envelope, with the id that was sent.
fn check_answers(asked: &Envelope<'_>) {
    let mut pong = Vec::new();
    push_pong_response(&mut pong, asked.id.as_ref());
    check_answer(asked, &pong, false);
    let Some(id) = asked.id else {
        return;
    };
    let mut error = Vec::new();
    push_error_response(&mut error, &id, &asked.name.decode());
    check_answer(asked, &error, true);

    let mut raw_id = Vec::new();
    push_message_id(&mut raw_id, &id);
    let payload = asked.payload.map(str::as_bytes);
    let mut response = Vec::new();
    push_response(&mut response, payload, &raw_id);
    let expected = response_len(payload.map(<[u8]>::len), raw_id.len());
    assert_eq!(
        response.len(),
        expected,
        "room for the frame's header is counted before"
    );
    let answer = check_answer(asked, &response, false);
    assert_eq!(answer.payload, asked.payload);
}

/// Checks one answer.
fn check_answer<'a>(asked: &Envelope<'_>, answer: &'a [u8], rejected: bool) -> Envelope<'a> {
    let answer = str::from_utf8(answer).expect("an answer is text");
    let answer = match scan_envelope(answer) {
        Ok(answer) => answer,
        Err(error) => panic!("{error} in the answer to {:?}: {answer}", asked.id),
    };
    assert_eq!(answer.name.raw(), "_r");
    assert_eq!(answer.is_rejected(), rejected);
    match (asked.id, answer.id) {
        (None, None) => {}
        (Some(Id::String(asked)), Some(Id::String(answer))) => {
            assert_eq!(asked.decode(), answer.decode());
        }
        (Some(Id::Number(asked)), Some(Id::Number(answer))) => {
            assert!(
                value(asked).total_cmp(&value(answer)).is_eq() || value(asked) == 0.0,
                "{asked} became {answer}"
            );
        }
        (asked, answer) => panic!("{answer:?} instead of {asked:?}"),
    }
    answer
}
