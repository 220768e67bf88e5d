use super::bytes::{after_whitespace, byte};
use super::container::container_end;
use super::scalar::{literal_end, number_end, string_end};
use super::special::find_special;
use super::{InvalidEnvelope, JsonString};

/// The kinds of values that an envelope distinguishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    String { escaped: bool },
    Number,
    Other,
}

/// A value as it stands in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) kind: ValueKind,
    /// Its JSON, without whitespace around it.
    pub(super) raw: &'a str,
}

impl<'a> Value<'a> {
    /// The value as a string, when it is one.
    pub(super) fn as_string(&self) -> Option<JsonString<'a>> {
        match self.kind {
            ValueKind::String { escaped } => {
                Some(JsonString::new(&self.raw[1..self.raw.len() - 1], escaped))
            }
            ValueKind::Number | ValueKind::Other => None,
        }
    }
}

/// A cursor over a text that accepts what `JSON.parse` accepts (RFC 8259).
///
/// The text is UTF-8, and every byte that the grammar names is ASCII. So the cursor works on bytes, and stops
/// only between characters.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    /// Bytes consumed so far.
    offset: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, offset: 0 }
    }

    /// The bytes that are not consumed yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.offset..).unwrap_or_default()
    }

    /// The next byte, which is not consumed.
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.offset).copied()
    }

    /// Consumes `count` bytes that were peeked at.
    pub(super) fn advance(&mut self, count: usize) {
        self.offset += count;
    }

    /// The error for a byte that does not belong where the cursor stands.
    pub(super) fn syntax_error(&self) -> InvalidEnvelope {
        InvalidEnvelope::Syntax {
            offset: self.offset,
        }
    }

    pub(super) fn skip_whitespace(&mut self) {
        self.offset = after_whitespace(self.text.as_bytes(), self.offset);
    }

    /// Consumes `byte`, after any whitespace.
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), InvalidEnvelope> {
        self.skip_whitespace();
        if self.peek() != Some(byte) {
            return Err(self.syntax_error());
        }
        self.offset += 1;
        Ok(())
    }

    /// Makes sure that nothing but whitespace is left.
    pub(super) fn expect_end(&mut self) -> Result<(), InvalidEnvelope> {
        self.skip_whitespace();
        if self.peek().is_some() {
            Err(self.syntax_error())
        } else {
            Ok(())
        }
    }

    /// Consumes a value, after any whitespace. `outer` containers are open around it.
    pub(super) fn value(&mut self, outer: usize) -> Result<Value<'a>, InvalidEnvelope> {
        self.skip_whitespace();
        let start = self.offset;
        let bytes = self.text.as_bytes();
        let kind = match byte(bytes, start) {
            b'{' | b'[' => {
                self.offset = container_end(bytes, start, outer)?;
                ValueKind::Other
            }
            b'"' => ValueKind::String {
                escaped: self.skip_string()?,
            },
            first @ (b'-' | b'0'..=b'9') => {
                (self.offset, _) = number_end(bytes, start, first)?;
                ValueKind::Number
            }
            _ => {
                self.offset = literal_end(bytes, start)?;
                ValueKind::Other
            }
        };
        Ok(Value {
            kind,
            raw: &self.text[start..self.offset],
        })
    }

    /// Consumes a string. The cursor is at its opening quote.
    pub(super) fn string(&mut self) -> Result<JsonString<'a>, InvalidEnvelope> {
        let start = self.offset + 1;
        let escaped = self.skip_string()?;
        Ok(JsonString::new(&self.text[start..self.offset - 1], escaped))
    }

    /// Consumes a string. The cursor is at its opening quote. Returns whether the string has escapes.
    ///
    /// The envelope itself has too few strings to mark their ends in advance: messages of 64 bytes would get
    /// slower.
    #[inline]
    fn skip_string(&mut self) -> Result<bool, InvalidEnvelope> {
        let bytes = self.text.as_bytes();
        let special = find_special(bytes, self.offset + 1);
        let escaped = byte(bytes, special) != b'"';
        self.offset = if escaped {
            string_end(bytes, special)?
        } else {
            special + 1
        };
        Ok(escaped)
    }
}
