use wide::u8x16;

use super::MAX_DEPTH;
use super::block::{BLOCK, Block};

/// Whether a JSON value inside an envelope is nested no deeper than [`MAX_DEPTH`] allows. For a text that is
/// not a JSON value the result has no meaning.
///
/// This is much faster than a scan. Where there are many brackets, those in strings are masked out for a block
/// of bytes at once, and the others are counted, as long as the count stays far from the limit.
pub(super) fn is_shallow(json: &[u8]) -> bool {
    has_few_brackets(json) || is_counted_shallow(json)
}

/// Whether no place has [`MAX_DEPTH`] opening brackets before it and as many closing ones behind it, those in
/// strings included. If so, no place is nested that deep. It is true of nearly all small texts.
fn has_few_brackets(json: &[u8]) -> bool {
    let (pieces, rest) = json.as_chunks::<PIECE>();
    let mut opened = count_brackets(rest, b'{');
    let mut pieces = pieces.iter();
    // The rest stands behind all pieces. Counting it first can only make the result `false`.
    for piece in &mut pieces {
        opened += count_brackets(piece, b'{');
        if opened >= MAX_DEPTH {
            let behind: usize = pieces.map(|piece| count_brackets(piece, b'}')).sum();
            return count_brackets(piece, b'}') + behind + count_brackets(rest, b'}') < MAX_DEPTH;
        }
    }
    opened < MAX_DEPTH
}

/// Bytes whose brackets are counted in a single byte, so that the compiler can use vector instructions.
const PIECE: usize = 128;

/// How many of at most 255 bytes are this brace, or the bracket that differs from it in one bit.
#[inline]
fn count_brackets(piece: &[u8], brace: u8) -> usize {
    let count = |count, byte: &u8| count + u8::from(byte | 0x20 == brace);
    piece.iter().fold(0, count).into()
}

/// Counts how deep every place is.
fn is_counted_shallow(json: &[u8]) -> bool {
    let mut state = State::default();
    let (blocks, rest) = json.as_chunks::<BLOCK>();
    let mut last = [b' '; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    blocks
        .iter()
        .chain([&last])
        .all(|block| state.advance(block))
}

/// What is known at the end of a block.
#[derive(Default)]
struct State {
    /// Containers open.
    depth: usize,
    /// All bits set inside a string, else none.
    in_string: u64,
    /// The lowest bit is set when the next byte is escaped.
    escaped: u64,
}

impl State {
    /// Counts one block; false when it may be nested too deep.
    #[inline]
    fn advance(&mut self, bytes: &[u8; BLOCK]) -> bool {
        let [quote, backslash, open, close, case] =
            [b'"', b'\\', b'{', b'}', 0x20].map(u8x16::splat);
        let block = Block::new(bytes);
        let quotes = block.bits_where(|bytes| bytes.simd_eq(quote));
        let backslashes = block.bits_where(|bytes| bytes.simd_eq(backslash));
        let escaped = self.escape(backslashes);
        let strings = self.strings(quotes & !escaped);
        // `[` and `]` are `{` and `}` but for one bit.
        let opened = block.bits_where(|bytes| (bytes | case).simd_eq(open)) & !strings;
        let closed = block.bits_where(|bytes| (bytes | case).simd_eq(close)) & !strings;
        let deepest = self.depth + opened.count_ones() as usize;
        // A text that closes more than is open is not JSON.
        self.depth = deepest.saturating_sub(closed.count_ones() as usize);
        // The envelope is a level too. Within a block of the limit the count is not exact enough: then a
        // scan decides.
        deepest < MAX_DEPTH
    }

    /// The bytes that are escaped, by a backslash that is not escaped itself.
    #[inline]
    fn escape(&mut self, backslashes: u64) -> u64 {
        let mut escaped = std::mem::take(&mut self.escaped);
        let mut left = backslashes & !escaped;
        while left != 0 {
            let next = (left & left.wrapping_neg()) << 1;
            escaped |= next;
            self.escaped = u64::from(next == 0);
            left &= left - 1;
            left &= !next;
        }
        escaped
    }

    /// The bytes inside strings, opening quotes included: behind an odd number of quotes.
    #[inline]
    fn strings(&mut self, quotes: u64) -> u64 {
        let mut odd = quotes;
        for shift in [1, 2, 4, 8, 16, 32] {
            odd ^= odd << shift;
        }
        odd ^= self.in_string;
        self.in_string = (odd >> (BLOCK - 1)).wrapping_neg();
        odd
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `levels` arrays and objects in turn, with `filler` before each bracket.
    fn nested(levels: usize, filler: &str) -> String {
        let mut json = String::new();
        let mut ends = Vec::new();
        for level in 0..levels {
            let (open, end) = if level % 2 == 0 {
                ("[", "]")
            } else {
                (r#"{"k":"#, "}")
            };
            json.push_str(open);
            if level % 2 == 0 {
                json.push_str(filler);
            }
            ends.push(end);
        }
        json.push('0');
        ends.iter().rev().for_each(|end| json.push_str(end));
        json
    }

    #[test]
    fn allows_as_many_levels_as_a_scan_but_for_a_block() {
        for filler in ["", "1,", r#""a","#, r#""[[[","#, r#""\\\"]]]","#, "[],{}, "] {
            for test in [is_shallow, is_counted_shallow] {
                let allowed = nested(MAX_DEPTH - 1 - BLOCK, filler);
                assert!(test(allowed.as_bytes()), "{filler}");
                let too_deep = nested(MAX_DEPTH, filler);
                assert!(!test(too_deep.as_bytes()), "{filler}");
            }
        }
    }

    #[test]
    fn few_brackets_are_enough_to_know() {
        let flat = |count: usize| format!("[{}0]", r#"{"a":"0123456789"},"#.repeat(count - 1));
        // Half of them open before any place, or close behind it.
        for count in [1, MAX_DEPTH - 1, MAX_DEPTH, 2 * MAX_DEPTH - 2 * PIECE] {
            assert!(has_few_brackets(flat(count).as_bytes()), "{count}");
        }
        assert!(!has_few_brackets(flat(2 * MAX_DEPTH + PIECE).as_bytes()));
        for filler in ["", "1,", r#""a","#, r#""]]]","#, "[],{}, "] {
            for levels in MAX_DEPTH - 2..MAX_DEPTH + 2 {
                let json = nested(levels, filler);
                let few = has_few_brackets(json.as_bytes());
                assert!(!few || levels < MAX_DEPTH, "{levels}, {filler}");
                assert!(few || levels >= MAX_DEPTH || !filler.is_empty(), "{levels}");
            }
        }
    }

    #[test]
    fn counts_levels_and_not_brackets() {
        let many = format!("[{}0]", "[],{},".repeat(5 * MAX_DEPTH));
        assert!(is_counted_shallow(many.as_bytes()));
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        let brackets = "[{".repeat(MAX_DEPTH);
        for place in 0..2 * BLOCK {
            let before = " ".repeat(place);
            for escape in ["", r"\\", r#"\""#, r#"\\\""#, r#"\"\"\\"#] {
                let json = format!("{before}\"{escape}{brackets}\"");
                assert!(is_counted_shallow(json.as_bytes()), "{place}, {escape}");
                // Behind the string they do.
                let json = format!("{before}[\"{escape}\",{brackets}");
                assert!(!is_counted_shallow(json.as_bytes()), "{place}, {escape}");
            }
        }
    }

    #[test]
    fn nothing_is_shallow() {
        assert!(is_shallow(b""));
        assert!(is_shallow(&b"]".repeat(5 * MAX_DEPTH)));
    }
}
