use wide::u8x16;

use super::block::{BLOCK, Block};
use super::special::find_special;

/// Where the special bytes of a text are (see [`find_special`]), found for a block at once.
///
/// Dense JSON consists of short strings, and finding the end of each costs more than all the rest. With marks,
/// the bytes of a block are compared once by vector instructions, and the end of a string is found by one bit
/// scan. It matters as much that the end of a string no longer depends on where the tokens before it ended:
/// the processor can begin with the next before it has finished one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks {
    /// The offset behind the block's last byte.
    end: usize,
    /// Bit `i` is set when the block's byte `i` is special and not consumed yet.
    bits: u64,
}

impl Marks {
    /// Marks for a text whose bytes before `start` do not matter. Nothing is read until the first string
    /// needs it.
    pub(super) fn new(start: usize) -> Self {
        Self {
            end: start,
            bits: 0,
        }
    }

    /// The offset of the first special byte after the one at `at`, or the length of `bytes`.
    ///
    /// Consumes both marks. The one at `at` must be the first that is left: outside strings only whitespace is
    /// special, and [`skip_to`](Self::skip_to) consumes that.
    #[inline]
    pub(super) fn after(&mut self, bytes: &[u8], at: usize) -> usize {
        self.bits &= self.bits.wrapping_sub(1);
        if self.bits == 0 {
            *self = self.next_block(bytes, at);
        }
        let offset = self.end + self.bits.trailing_zeros() as usize - BLOCK;
        self.bits &= self.bits.wrapping_sub(1);
        offset
    }

    /// Consumes the marks before `at`.
    #[inline]
    pub(super) fn skip_to(&mut self, at: usize) {
        if at >= self.end {
            *self = Self::new(at);
        } else {
            let passed = at + BLOCK - self.end;
            self.bits = self.bits >> passed << passed;
        }
    }

    /// The next block with marks after `at`, once all marks of this block are consumed.
    #[inline(never)]
    fn next_block(self, bytes: &[u8], at: usize) -> Self {
        if bytes.len() < BLOCK {
            return Self::of_one(bytes, at + 1);
        }
        // This is the block right behind the current one, not one that begins at `at`: the processor can
        // load it before it knows `at`.
        if at < self.end
            && let Some(bits) = marks_from(bytes, self.end)
            && bits != 0
        {
            return Self {
                end: self.end + BLOCK,
                bits,
            };
        }
        Self::far_block(bytes, at + 1)
    }

    /// The first block with marks that begins at or after `start`.
    #[inline(never)]
    fn far_block(bytes: &[u8], start: usize) -> Self {
        if let Some(bits) = marks_from(bytes, start)
            && bits != 0
        {
            return Self {
                end: start + BLOCK,
                bits,
            };
        }
        Self::of_one(bytes, start)
    }

    /// A block that ends with the first special byte at or after `start`. It is used for strings that are
    /// longer than a block, and for texts that are shorter.
    #[inline]
    fn of_one(bytes: &[u8], start: usize) -> Self {
        Self {
            end: find_special(bytes, start) + 1,
            bits: 1 << (BLOCK - 1),
        }
    }
}

/// The marks of the block at `start`, which is shorter if the text ends in it. `None` when the whole text is
/// shorter than a block.
#[inline]
fn marks_from(bytes: &[u8], start: usize) -> Option<u64> {
    let rest = bytes.get(start..)?;
    if let Some(block) = rest.first_chunk() {
        return Some(marks_of(block));
    }
    let last = bytes.last_chunk()?;
    marks_of(last).checked_shr((BLOCK - rest.len()) as u32)
}

/// The marks of a block.
#[inline]
fn marks_of(block: &[u8; BLOCK]) -> u64 {
    let [quote, backslash, control] = [b'"', b'\\', 0x1f].map(u8x16::splat);
    Block::new(block).bits_where(|bytes| {
        bytes.simd_eq(quote) | bytes.simd_eq(backslash) | bytes.min(control).simd_eq(bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::super::special::is_special;
    use super::*;

    #[test]
    fn marks_every_special_byte_at_every_place() {
        for place in 0..BLOCK {
            for byte in 0..=u8::MAX {
                let mut block = [b'a'; BLOCK];
                block[place] = byte;
                let expected = u64::from(is_special(byte)) << place;
                assert_eq!(marks_of(&block), expected, "{byte} at {place}");
            }
        }
        assert_eq!(marks_of(&[b'"'; BLOCK]), u64::MAX);
    }

    /// Strings of `length` bytes, `gap` bytes apart, with what begins every gap.
    fn strings(length: usize, gap: usize, separator: u8) -> Vec<u8> {
        let mut bytes = vec![b'['];
        for _ in 0..6 {
            bytes.push(b'"');
            bytes.resize(bytes.len() + length, b'a');
            bytes.extend_from_slice(&[b'"', separator]);
            bytes.resize(bytes.len() + gap, b'1');
        }
        bytes
    }

    #[test]
    fn finds_the_end_of_every_string() {
        for length in 0..150 {
            for gap in [0, 1, 5, 30, 61, 62, 63, 64, 65, 127, 128, 200] {
                // A line feed is special: it stands for whitespace between the strings.
                for separator in [b',', b'\n'] {
                    let bytes = strings(length, gap, separator);
                    let mut marks = Marks::new(0);
                    let mut at = 1;
                    for _ in 0..6 {
                        let end = at + 1 + length;
                        assert_eq!(marks.after(&bytes, at), end, "{length}, {gap}");
                        at = end + 2 + gap;
                        if separator == b'\n' {
                            marks.skip_to(at);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn gives_the_length_of_a_text_that_ends_inside_a_string() {
        for length in 1..200 {
            for start in 0..length {
                let mut bytes = vec![b'a'; length];
                bytes[start] = b'"';
                assert_eq!(Marks::new(start).after(&bytes, start), length);
            }
        }
    }

    #[test]
    fn goes_on_after_what_was_skipped() {
        for skipped in 1..150 {
            // An escape marks bytes that the walk steps over without asking.
            let mut bytes = b"\"a\\".to_vec();
            bytes.resize(bytes.len() + skipped, b'\\');
            let next = bytes.len();
            bytes.extend_from_slice(b"\"b\"");
            for filled in [0, 100] {
                bytes.resize(next + 3 + filled, b' ');
                let mut marks = Marks::new(0);
                assert_eq!(marks.after(&bytes, 0), 2);
                marks.skip_to(next);
                assert_eq!(marks.after(&bytes, next), next + 2, "{skipped}, {filled}");
            }
        }
    }
}
