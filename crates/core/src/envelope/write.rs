use super::number::push_number;
use super::special::find_special;
use super::string::Piece;
use super::{Id, JsonString};

const RESPONSE: &[u8] = br#"{"n":"_r""#;
const PAYLOAD: &[u8] = br#","p":"#;
const ID: &[u8] = br#","i":"#;
const RESOLVED: &[u8] = br#","e":null}"#;

/// Appends the envelope of a resolved response: `{"n":"_r","p":<payload>,"i":<id>,"e":null}`,
/// without `p` when there is no payload (contract section 1).
///
/// Both slices must be JSON already and are copied as they are: `payload` by `JSON.stringify`, the
/// id as [`push_id`] writes it.
pub fn push_response(out: &mut Vec<u8>, payload: Option<&[u8]>, raw_id: &[u8]) {
    out.reserve(response_len(payload.map(<[u8]>::len), raw_id.len()));
    out.extend_from_slice(RESPONSE);
    if let Some(payload) = payload {
        out.extend_from_slice(PAYLOAD);
        out.extend_from_slice(payload);
    }
    out.extend_from_slice(ID);
    out.extend_from_slice(raw_id);
    out.extend_from_slice(RESOLVED);
}

/// What [`push_response`] appends, in pieces.
pub fn response_parts<'a>(payload: Option<&'a [u8]>, raw_id: &'a [u8]) -> [&'a [u8]; 6] {
    let (key, payload) = payload.map_or((&[][..], &[][..]), |payload| (PAYLOAD, payload));
    [RESPONSE, key, payload, ID, raw_id, RESOLVED]
}

/// The bytes that [`push_response`] appends, so that a frame header can be written before it.
pub const fn response_len(payload_len: Option<usize>, id_len: usize) -> usize {
    let payload = match payload_len {
        Some(len) => PAYLOAD.len() + len,
        None => 0,
    };
    RESPONSE.len() + payload + ID.len() + id_len + RESOLVED.len()
}

/// Appends the answer to a `_p` message: `{"n":"_r","p":"pong","i":<id>,"e":null}` (contract
/// section 1), without `i` when the ping had none.
pub fn push_pong(out: &mut Vec<u8>, id: Option<&Id<'_>>) {
    out.extend_from_slice(RESPONSE);
    out.extend_from_slice(PAYLOAD);
    out.extend_from_slice(br#""pong""#);
    if let Some(id) = id {
        out.extend_from_slice(ID);
        push_id(out, id);
    }
    out.extend_from_slice(RESOLVED);
}

/// Appends a rejected response: `{"n":"_r","i":<id>,"e":{"name":"Error","message":<message>}}`
/// (contract section 1).
pub fn push_error(out: &mut Vec<u8>, id: &Id<'_>, message: &str) {
    out.extend_from_slice(RESPONSE);
    out.extend_from_slice(ID);
    push_id(out, id);
    out.extend_from_slice(br#","e":{"name":"Error","message":"#);
    out.push(b'"');
    push_escaped(out, message);
    out.extend_from_slice(b"\"}}");
}

/// Appends an id byte for byte as `JSON.stringify(JSON.parse(…))` gives it, which is what the peer of a
/// JavaScript server gets back. A number that a double cannot hold is appended as it came.
pub fn push_id(out: &mut Vec<u8>, id: &Id<'_>) {
    match id {
        Id::String(string) => push_string(out, string),
        Id::Number(raw) => push_number(out, raw),
    }
}

fn push_string(out: &mut Vec<u8>, string: &JsonString<'_>) {
    out.push(b'"');
    if string.is_escaped() {
        for piece in string.pieces() {
            match piece {
                Piece::Plain(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Escaped(character) => {
                    push_escaped(out, character.encode_utf8(&mut [0; 4]));
                }
                Piece::LoneSurrogate(unit) => push_unicode_escape(out, unit),
            }
        }
    } else {
        out.extend_from_slice(string.raw().as_bytes());
    }
    out.push(b'"');
}

/// Appends a string as `JSON.stringify` writes it.
pub fn push_json_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    push_escaped(out, text);
    out.push(b'"');
}

/// Appends a string of UTF-16 code units, which may have lone surrogates, as `JSON.stringify` writes it.
pub fn push_json_units(out: &mut Vec<u8>, units: &[u16]) {
    out.push(b'"');
    for decoded in char::decode_utf16(units.iter().copied()) {
        match decoded {
            Ok(character) => push_escaped(out, character.encode_utf8(&mut [0; 4])),
            Err(lone) => push_unicode_escape(out, lone.unpaired_surrogate()),
        }
    }
    out.push(b'"');
}

/// Appends `text` with the escapes of `JSON.stringify`: the short forms where JSON has them,
/// `\u00xx` for the other control characters, everything else as it is.
pub(super) fn push_escaped(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let mut start = 0;
    loop {
        let end = find_special(bytes, start);
        out.extend_from_slice(&bytes[start..end]);
        let Some(&byte) = bytes.get(end) else { return };
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => push_unicode_escape(out, control.into()),
        }
        start = end + 1;
    }
}

/// Appends `\uxxxx` in lower case.
pub(super) fn push_unicode_escape(out: &mut Vec<u8>, unit: u16) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |shift: u16| DIGITS[usize::from(unit >> shift & 0xf)];
    out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
}

#[cfg(test)]
mod tests;
