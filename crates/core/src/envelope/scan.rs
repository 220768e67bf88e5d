use super::lexer::{Lexer, Value, ValueKind};
use super::{Envelope, Id, InvalidEnvelope};

/// The level of nesting of the envelope itself.
const ENVELOPE_LEVEL: usize = 1;

/// Validates the whole of `text` as JSON, accepting exactly what `JSON.parse` accepts up to
/// [`MAX_DEPTH`](super::MAX_DEPTH) levels, and finds the parts of the envelope (contract
/// section 1). Keys it does not know are validated and ignored.
///
/// One pass, without recursion or allocation.
///
/// # Errors
///
/// Any [`InvalidEnvelope`]. Errors in the JSON come first: what an envelope lacks is reported only for a text
/// that parses.
pub fn scan(text: &str) -> Result<Envelope<'_>, InvalidEnvelope> {
    let mut lexer = Lexer::new(text);
    lexer.skip_whitespace();
    if lexer.peek() != Some(b'{') {
        lexer.value(0)?;
        lexer.expect_end()?;
        return Err(InvalidEnvelope::NotAnObject);
    }
    lexer.advance(1);
    let members = EnvelopeMembers::parse(&mut lexer)?;
    lexer.expect_end()?;
    members.into_envelope()
}

/// The last value of each key. It is checked only at the end, because a later value replaces an invalid one.
#[derive(Debug, Default)]
struct EnvelopeMembers<'a> {
    name: Option<Value<'a>>,
    payload: Option<&'a str>,
    id: Option<Value<'a>>,
    error: Option<&'a str>,
}

impl<'a> EnvelopeMembers<'a> {
    /// Parses the members of the envelope, up to and with its closing brace.
    fn parse(lexer: &mut Lexer<'a>) -> Result<Self, InvalidEnvelope> {
        let mut members = Self::default();
        lexer.skip_whitespace();
        if lexer.peek() == Some(b'}') {
            lexer.advance(1);
            return Ok(members);
        }
        loop {
            let key = Key::parse(lexer)?;
            lexer.expect(b':')?;
            let value = lexer.value(ENVELOPE_LEVEL)?;
            match key {
                Key::Name => members.name = Some(value),
                Key::Payload => members.payload = Some(value.raw),
                Key::Id => members.id = Some(value),
                Key::Error => members.error = Some(value.raw),
                Key::Other => {}
            }
            lexer.skip_whitespace();
            match lexer.peek() {
                Some(b',') => lexer.advance(1),
                Some(b'}') => {
                    lexer.advance(1);
                    return Ok(members);
                }
                _ => return Err(lexer.syntax_error()),
            }
        }
    }

    fn into_envelope(self) -> Result<Envelope<'a>, InvalidEnvelope> {
        let name = self.name.ok_or(InvalidEnvelope::NameMissing)?;
        let name = name.as_string().ok_or(InvalidEnvelope::NameNotString)?;
        let id = match self.id {
            None => None,
            Some(id) => Some(match (id.as_string(), id.kind) {
                (Some(string), _) => Id::String(string),
                (None, ValueKind::Number) => Id::Number(id.raw),
                _ => return Err(InvalidEnvelope::IdNotStringOrNumber),
            }),
        };
        Ok(Envelope {
            name,
            payload: self.payload,
            id,
            error: self.error,
        })
    }
}

/// A key of the envelope.
#[derive(Debug, Clone, Copy)]
enum Key {
    Name,
    Payload,
    Id,
    Error,
    Other,
}

impl Key {
    /// Parses a key, after any whitespace.
    fn parse(lexer: &mut Lexer<'_>) -> Result<Self, InvalidEnvelope> {
        lexer.skip_whitespace();
        // The four keys as every JSON writer writes them need no search for the closing quote.
        if let [b'"', letter @ (b'n' | b'p' | b'i' | b'e'), b'"', ..] = lexer.rest() {
            lexer.advance(3);
            return Ok(Self::from_letter(*letter));
        }
        if lexer.peek() != Some(b'"') {
            return Err(lexer.syntax_error());
        }
        let key = lexer.string()?;
        // A key of the envelope is one character, so at most one escape such as `\u006e`.
        if key.raw().len() > r"\u006e".len() {
            return Ok(Self::Other);
        }
        Ok(match key.decode().as_bytes() {
            [letter] => Self::from_letter(*letter),
            _ => Self::Other,
        })
    }

    fn from_letter(letter: u8) -> Self {
        match letter {
            b'n' => Self::Name,
            b'p' => Self::Payload,
            b'i' => Self::Id,
            b'e' => Self::Error,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests;
