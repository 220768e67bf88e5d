use super::depth::is_shallow;
use super::special::find_special;

/// How a message begins as `JSON.stringify` writes it.
const NAME: &[u8] = br#"{"n":""#;
const PAYLOAD: &[u8] = br#"","p":"#;
/// What stands before the id, at the end of such a message.
const ID: &[u8] = br#","i":"#;

/// Longest name and id, in bytes, with which an outline is tried.
const LONGEST: usize = 200;

/// The parts of an envelope by their places alone. The payload has not been read.
///
/// They are right if the payload is a JSON value, which parsing it shows: then the text around it makes the
/// whole an envelope, because JSON has one reading only. If the payload is not a JSON value, the text may still
/// be an envelope with its keys in another order, and has to be [scanned](super::scan).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outline<'a> {
    /// The name: ASCII without escapes.
    pub name: &'a str,
    /// The raw JSON of the id, a string or a number, ASCII without escapes.
    pub id: Option<&'a str>,
    /// Bytes before the payload, all ASCII.
    pub before: u8,
    /// Bytes after the payload, all ASCII.
    pub after: u8,
}

/// The outline of a text that looks as if `JSON.stringify` had written it, with a name, a payload and perhaps
/// an id. `None` for other texts, or when the payload may be nested deeper than
/// [`MAX_DEPTH`](super::MAX_DEPTH) allows.
pub fn outline(text: &str) -> Option<Outline<'_>> {
    let bytes = text.as_bytes();
    let rest = bytes.strip_prefix(NAME)?;
    let head = rest.get(..LONGEST)?;
    let name = head
        .get(..find_special(head, 0))
        .filter(|name| name.is_ascii())?;
    let before = NAME.len() + name.len() + PAYLOAD.len();
    let (payload, id) = cut_id(rest.get(name.len()..)?.strip_prefix(PAYLOAD)?)?;
    is_shallow(payload).then_some(())?;
    let after = bytes.len() - before - payload.len();
    Some(Outline {
        name: std::str::from_utf8(name).ok()?,
        id: id.map(std::str::from_utf8).transpose().ok()?,
        before: before.try_into().ok()?,
        after: after.try_into().ok()?,
    })
}

/// Splits what follows the payload's key into the payload and the raw JSON of the id.
fn cut_id(rest: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let rest = rest.strip_suffix(b"}")?;
    let start = if let [inner @ .., b'"'] = rest {
        let longest = inner.iter().rev().take(LONGEST);
        let length = longest.take_while(|&&byte| byte != b'"').count();
        inner.len().saturating_sub(length + 1)
    } else {
        let digits = rest.iter().rev().take_while(|byte| byte.is_ascii_digit());
        rest.len() - digits.take(LONGEST).count()
    };
    let (before, id) = rest.split_at_checked(start)?;
    match before.strip_suffix(ID) {
        Some(payload) if is_plain_id(id) => Some((payload, Some(id))),
        // What ends here belongs to the payload, whatever it is.
        _ => Some((rest, None)),
    }
}

/// Whether the bytes are a JSON string that needs no decoding, or a JSON number of digits.
fn is_plain_id(id: &[u8]) -> bool {
    match id {
        [b'"', inner @ .., b'"'] => inner.is_ascii() && find_special(inner, 0) == inner.len(),
        [b'0'] => true,
        [first, ..] => *first != b'0',
        [] => false,
    }
}

#[cfg(test)]
mod tests;
