use std::borrow::Cow;

/// A valid JSON string as it stands in the text. It is decoded on demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonString<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> JsonString<'a> {
    /// `raw` is what stands between the quotes of a valid JSON string, `escaped` whether a
    /// backslash is in it.
    pub(super) fn new(raw: &'a str, escaped: bool) -> Self {
        Self { raw, escaped }
    }

    /// What stands between the quotes, escapes as they were sent.
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    /// Whether [`raw`](Self::raw) contains escapes; when not, it is the string's value.
    pub fn is_escaped(&self) -> bool {
        self.escaped
    }

    /// The string's value, borrowed when nothing was escaped.
    ///
    /// A lone surrogate, which Rust's strings cannot hold, becomes U+FFFD. So the result serves for comparing
    /// with known names. What goes back to a peer is written from the raw text.
    pub fn decode(&self) -> Cow<'a, str> {
        if !self.escaped {
            return Cow::Borrowed(self.raw);
        }
        let mut decoded = String::with_capacity(self.raw.len());
        for piece in self.pieces() {
            match piece {
                Piece::Plain(text) => decoded.push_str(text),
                Piece::Escaped(character) => decoded.push(character),
                Piece::LoneSurrogate(_) => decoded.push(char::REPLACEMENT_CHARACTER),
            }
        }
        Cow::Owned(decoded)
    }

    /// The string cut at its escapes.
    pub(super) fn pieces(&self) -> Pieces<'a> {
        Pieces { rest: self.raw }
    }
}

/// A part of a JSON string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text that stands for itself.
    Plain(&'a str),
    /// The character of one escape, or of the two escapes of a surrogate pair.
    Escaped(char),
    /// Half of a surrogate pair, the other half missing.
    LoneSurrogate(u16),
}

/// Iterator over the [`Piece`]s of a valid JSON string.
#[derive(Debug)]
pub(super) struct Pieces<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let plain = memchr::memchr(b'\\', self.rest.as_bytes()).unwrap_or(self.rest.len());
        if plain > 0 {
            let (text, rest) = self.rest.split_at(plain);
            self.rest = rest;
            return Some(Piece::Plain(text));
        }
        let mut characters = self.rest.strip_prefix('\\')?.chars();
        let escape = characters.next()?;
        self.rest = characters.as_str();
        Some(match escape {
            'b' => Piece::Escaped('\u{8}'),
            'f' => Piece::Escaped('\u{c}'),
            'n' => Piece::Escaped('\n'),
            'r' => Piece::Escaped('\r'),
            't' => Piece::Escaped('\t'),
            'u' => self.unicode()?,
            itself => Piece::Escaped(itself),
        })
    }
}

impl<'a> Pieces<'a> {
    /// The escape whose four digits come next, joined with the one after it when the two are a
    /// surrogate pair.
    fn unicode(&mut self) -> Option<Piece<'a>> {
        let unit = self.code_unit()?;
        if let Some(character) = char::from_u32(unit.into()) {
            return Some(Piece::Escaped(character));
        }
        if let Some(after) = self.rest.strip_prefix("\\u") {
            let mut following = Pieces { rest: after };
            if let Some(low) = following.code_unit()
                && let Some(Ok(character)) = char::decode_utf16([unit, low]).next()
            {
                self.rest = following.rest;
                return Some(Piece::Escaped(character));
            }
        }
        Some(Piece::LoneSurrogate(unit))
    }

    /// Consumes four hexadecimal digits.
    fn code_unit(&mut self) -> Option<u16> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        u16::from_str_radix(digits, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(raw: &str) -> String {
        JsonString::new(raw, raw.contains('\\'))
            .decode()
            .into_owned()
    }

    #[test]
    fn borrows_what_needs_no_decoding() {
        let string = JsonString::new("grüße", false);
        assert!(matches!(string.decode(), Cow::Borrowed("grüße")));
    }

    #[test]
    fn decodes_every_escape() {
        assert_eq!(decode(r#"\"\\\/\b\f\n\r\t"#), "\"\\/\u{8}\u{c}\n\r\t");
        assert_eq!(decode(r"a\u006E\u00e9\u20AC z"), "an\u{e9}\u{20ac} z");
        assert_eq!(decode(r"\u0000"), "\0");
        assert_eq!(decode(r"\\u0041"), r"\u0041");
    }

    #[test]
    fn joins_surrogate_pairs_and_replaces_lone_halves() {
        assert_eq!(decode(r"\ud83d\ude00"), "😀");
        assert_eq!(decode(r"\ud83d"), "\u{fffd}");
        assert_eq!(decode(r"\ude00\ud83d"), "\u{fffd}\u{fffd}");
        assert_eq!(decode(r"\ud83dx\ude00"), "\u{fffd}x\u{fffd}");
        assert_eq!(decode(r"\ud83d\ud83d\ude00"), "\u{fffd}😀");
        assert_eq!(decode(r"\ud83d\u0041"), "\u{fffd}A");
        assert_eq!(decode(r"\ud83d\n"), "\u{fffd}\n");
    }
}
