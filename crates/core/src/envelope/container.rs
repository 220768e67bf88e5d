use super::InvalidEnvelope;
use super::bytes::{after_whitespace, byte, four_bytes, syntax};
use super::marks::Marks;
use super::nesting::{Levels, Nesting};
use super::scalar::{literal_end, number_end, string_end};

/// How a key ends when there is no whitespace before its colon.
const KEY_END: u16 = u16::from_le_bytes(*b"\":");

/// The offset behind the object or array whose bracket is at `start`, with all that is in it.
/// `outer` containers are open around it.
///
/// Scanning a payload spends most of its time here. `next` carries the next byte from token to token.
/// Whitespace is looked for only where nothing else fits, because writers of JSON rarely leave any.
#[inline(never)]
pub(super) fn container_end(
    bytes: &[u8],
    start: usize,
    outer: usize,
) -> Result<usize, InvalidEnvelope> {
    let mut levels = Levels::default();
    let mut nesting = Nesting::new(&mut levels, outer);
    let mut walk = Walk {
        bytes,
        at: start,
        marks: Marks::new(start),
    };
    let mut next = walk.open(&mut nesting, walk.peek())?;
    if next == nesting.closer() {
        return Ok(walk.at + 1);
    }
    loop {
        if nesting.in_object() {
            next = walk.key(next)?;
        }
        next = match next {
            b'"' => walk.string()?,
            b'-' | b'0'..=b'9' => walk.number(next)?,
            _ => match walk.token(next) {
                bracket @ (b'{' | b'[') => {
                    let first = walk.open(&mut nesting, bracket)?;
                    if first != nesting.closer() {
                        next = first;
                        continue;
                    }
                    first
                }
                b'"' => walk.string()?,
                number @ (b'-' | b'0'..=b'9') => walk.number(number)?,
                _ => walk.literal()?,
            },
        };
        // A value is complete: what follows closes containers, or a comma brings the next.
        while next != b',' {
            if next != nesting.closer() {
                next = walk.token(next);
                if next == b',' {
                    break;
                }
                if next != nesting.closer() {
                    return syntax(walk.at);
                }
            }
            walk.at += 1;
            if nesting.close() {
                return Ok(walk.at);
            }
            next = walk.peek();
        }
        next = walk.step();
    }
}

/// A place inside a container. Each of its methods consumes one token and returns the byte after it.
///
/// All of them must be inlined: as calls they keep the place in memory, and dense objects take a quarter
/// longer.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The special bytes from `at` on.
    marks: Marks,
}

impl Walk<'_> {
    #[inline]
    fn peek(&self) -> u8 {
        byte(self.bytes, self.at)
    }

    /// Consumes a byte that is not special.
    #[inline]
    fn step(&mut self) -> u8 {
        self.at += 1;
        self.peek()
    }

    /// Continues at `at`, which a search without marks has found.
    #[inline]
    fn jump(&mut self, at: usize) -> u8 {
        self.at = at;
        self.marks.skip_to(at);
        self.peek()
    }

    /// The first byte, from `next` on, that is not whitespace.
    #[inline]
    fn token(&mut self, next: u8) -> u8 {
        if next > b' ' {
            return next;
        }
        self.jump(after_whitespace(self.bytes, self.at))
    }

    /// Consumes an opening bracket and the whitespace after it.
    #[inline]
    fn open(&mut self, nesting: &mut Nesting<'_>, bracket: u8) -> Result<u8, InvalidEnvelope> {
        nesting.open(bracket, self.at)?;
        let next = self.step();
        Ok(self.token(next))
    }

    /// Consumes a member's key with its colon.
    #[inline]
    fn key(&mut self, next: u8) -> Result<u8, InvalidEnvelope> {
        if next != b'"' && self.token(next) != b'"' {
            return syntax(self.at);
        }
        let end = self.marks.after(self.bytes, self.at);
        // One read of the quote, the colon and the bytes after them.
        if let Some(ahead) = four_bytes(self.bytes, end)
            && ahead as u16 == KEY_END
        {
            self.at = end + 2;
            return Ok((ahead >> 16) as u8);
        }
        let next = self.jump(string_end(self.bytes, end)?);
        if self.token(next) != b':' {
            return syntax(self.at);
        }
        Ok(self.step())
    }

    /// Consumes a string. The place is at its opening quote.
    #[inline]
    fn string(&mut self) -> Result<u8, InvalidEnvelope> {
        let end = self.marks.after(self.bytes, self.at);
        if byte(self.bytes, end) == b'"' {
            self.at = end;
            return Ok(self.step());
        }
        Ok(self.jump(string_end(self.bytes, end)?))
    }

    /// Consumes a number. The place is at `first`, its sign or first digit.
    #[inline]
    fn number(&mut self, first: u8) -> Result<u8, InvalidEnvelope> {
        let next;
        (self.at, next) = number_end(self.bytes, self.at, first)?;
        Ok(next)
    }

    /// Consumes `true`, `false` or `null`.
    #[inline]
    fn literal(&mut self) -> Result<u8, InvalidEnvelope> {
        self.at = literal_end(self.bytes, self.at)?;
        Ok(self.peek())
    }
}
