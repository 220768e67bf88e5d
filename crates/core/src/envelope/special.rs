/// Every byte of a word set to `byte`.
const fn splat(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

const ONES: u64 = splat(0x01);
const HIGH_BITS: u64 = splat(0x80);

/// The bytes looked at in one step of the search through a long string; compilers turn a step
/// into vector instructions.
const STRIDE: usize = 32;

/// The words that are searched one by one before the search takes long strides. Most strings of an envelope
/// (names, ids) end within them.
const SHORT_WORDS: usize = 2;

/// The offset of the first byte at or after `from` that cannot stand for itself inside a JSON
/// string: `"`, `\` or a control byte below 0x20. The length of `bytes` when there is none.
#[inline]
pub(super) fn find_special(bytes: &[u8], from: usize) -> usize {
    let mut rest = bytes.get(from..).unwrap_or_default();
    for _ in 0..SHORT_WORDS {
        let Some((word, tail)) = rest.split_first_chunk::<8>() else {
            break;
        };
        if let Some(index) = special_in_word(*word) {
            return bytes.len() - rest.len() + index;
        }
        rest = tail;
    }
    bytes.len() - rest.len() + find_in_long(rest)
}

/// As [`find_special`], from the start of `bytes`.
fn find_in_long(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some((stride, tail)) = rest.split_first_chunk::<STRIDE>() {
        // A stride has neither an early exit nor a branch, so that it compiles to vector instructions.
        let found = stride.iter().fold(0, |found, &byte| {
            found | u8::from(byte == b'"') | u8::from(byte == b'\\') | u8::from(byte < 0x20)
        });
        if found != 0 {
            break;
        }
        rest = tail;
    }
    while let Some((word, tail)) = rest.split_first_chunk::<8>() {
        if let Some(index) = special_in_word(*word) {
            return bytes.len() - rest.len() + index;
        }
        rest = tail;
    }
    let index = rest
        .iter()
        .position(|&byte| is_special(byte))
        .unwrap_or(rest.len());
    bytes.len() - rest.len() + index
}

/// Whether a byte cannot stand for itself inside a JSON string.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "without branches, loops over many bytes become vector instructions"
)]
#[inline]
pub(super) fn is_special(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | (byte < 0x20)
}

/// The index of the first special byte among eight.
///
/// `(word - n) & !word & 0x80…` marks the bytes below `n`. A borrow can mark a byte wrongly only above one that
/// is marked rightly, so the lowest mark is always right. That is why the order is little-endian.
#[inline]
fn special_in_word(word: [u8; 8]) -> Option<usize> {
    let word = u64::from_le_bytes(word);
    let below = |word: u64, limit: u64| word.wrapping_sub(limit) & !word & HIGH_BITS;
    let marks = below(word, splat(0x20))
        | below(word ^ splat(b'"'), ONES)
        | below(word ^ splat(b'\\'), ONES);
    (marks != 0).then(|| marks.trailing_zeros() as usize / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_byte_value_at_every_place() {
        for length in 0..=100 {
            for place in 0..length {
                for byte in 0..=u8::MAX {
                    let mut bytes = vec![b'a'; length];
                    bytes[place] = byte;
                    let expected = if is_special(byte) { place } else { length };
                    assert_eq!(
                        find_special(&bytes, 0),
                        expected,
                        "{byte} at {place}/{length}"
                    );
                }
            }
        }
    }

    #[test]
    fn finds_the_first_of_several_neighbours() {
        let bytes = [
            0x21, 0x23, 0x7f, 0x80, 0xff, 0x5b, 0x5d, 0xa2, 0x20, b'"', 0x1f, b'\\',
        ];
        assert_eq!(find_special(&bytes, 0), 9);
        assert_eq!(find_special(&bytes, 10), 10);
        assert_eq!(find_special(&bytes, 11), 11);
        assert_eq!(find_special(&bytes, 12), 12);
        assert_eq!(find_special(&bytes, 13), 12);
    }
}
