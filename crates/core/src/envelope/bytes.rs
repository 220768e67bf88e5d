//! Reading single bytes of the text, for the lexer and for containers.

use super::InvalidEnvelope;

/// The byte at `at`, or zero past the end. Zero has no meaning in JSON, so a caller that compares the byte
/// with what the grammar allows need not check for the end of the text as well.
#[inline]
pub(super) fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// The four bytes at `at`, the first of them lowest; `None` when there are fewer.
#[inline]
pub(super) fn four_bytes(bytes: &[u8], at: usize) -> Option<u32> {
    let chunk = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*chunk))
}

/// The offset of the first byte at or after `at` that is not whitespace.
#[inline]
pub(super) fn after_whitespace(bytes: &[u8], mut at: usize) -> usize {
    while let b' ' | b'\t' | b'\n' | b'\r' = byte(bytes, at) {
        at += 1;
    }
    at
}

/// The error for a byte that does not belong where it stands.
pub(super) fn syntax<T>(offset: usize) -> Result<T, InvalidEnvelope> {
    Err(InvalidEnvelope::Syntax { offset })
}
