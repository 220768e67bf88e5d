//! Text that arrives in pieces.

use super::error::ProtocolError;

/// Text put together from chunks, each checked as it comes (RFC 6455 section 8.1).
///
/// Chunks may end within a code point: its bytes wait in `pending`. Text is refused at the first byte that
/// cannot be part of UTF-8, and is not checked a second time.
#[derive(Debug, Default)]
pub(super) struct TextBuffer {
    /// Whole code points. A `String`, so that the finished text needs no second check.
    text: String,
    /// The start of a code point whose other bytes have not arrived; `pending_len` bytes count.
    pending: [u8; 4],
    pending_len: u8,
}

impl TextBuffer {
    /// Bytes received, those of an incomplete code point included.
    pub(super) fn len(&self) -> usize {
        self.text.len() + usize::from(self.pending_len)
    }

    /// Bytes of heap memory held.
    pub(super) fn capacity(&self) -> usize {
        self.text.capacity()
    }

    /// Appends `chunk`, or fails with [`ProtocolError::InvalidUtf8`] at the first impossible byte.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<(), ProtocolError> {
        let chunk = self.complete_pending(chunk)?;
        match std::str::from_utf8(chunk) {
            Ok(text) => self.text.push_str(text),
            // Without an error length the chunk ends within a code point whose bytes so far are valid.
            Err(error) if error.error_len().is_none() => {
                let (whole, cut) = chunk.split_at(error.valid_up_to());
                // This checks the bytes again, but only for chunks that end within a code point.
                self.text.push_str(utf8(whole)?);
                self.pending[..cut.len()].copy_from_slice(cut);
                self.pending_len = cut.len() as u8;
            }
            Err(_) => return Err(ProtocolError::InvalidUtf8),
        }
        Ok(())
    }

    /// The text, or [`ProtocolError::InvalidUtf8`] when it ends within a code point.
    pub(super) fn finish(self) -> Result<String, ProtocolError> {
        if self.pending_len == 0 {
            Ok(self.text)
        } else {
            Err(ProtocolError::InvalidUtf8)
        }
    }

    /// Moves bytes of `chunk` to the pending code point until it is whole; returns the others.
    fn complete_pending<'a>(&mut self, chunk: &'a [u8]) -> Result<&'a [u8], ProtocolError> {
        let mut rest = chunk;
        while self.pending_len > 0 {
            let Some((&byte, tail)) = rest.split_first() else {
                break;
            };
            rest = tail;
            // In bounds: four bytes are a whole code point or an error, and both end the loop.
            self.pending[usize::from(self.pending_len)] = byte;
            self.pending_len += 1;
            match std::str::from_utf8(&self.pending[..usize::from(self.pending_len)]) {
                Ok(code_point) => {
                    self.text.push_str(code_point);
                    self.pending_len = 0;
                }
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(ProtocolError::InvalidUtf8),
            }
        }
        Ok(rest)
    }
}

/// `bytes` as text, or [`ProtocolError::InvalidUtf8`].
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, ProtocolError> {
    std::str::from_utf8(bytes).map_err(|_| ProtocolError::InvalidUtf8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// How many of `bytes` are taken one by one before the text is refused.
    fn accepted_prefix(bytes: &[u8]) -> usize {
        let mut buffer = TextBuffer::default();
        let refused = bytes.iter().position(|&byte| buffer.push(&[byte]).is_err());
        refused.unwrap_or(bytes.len())
    }

    #[test]
    fn fails_at_the_first_impossible_byte() {
        let cases: [(&[u8], usize); 7] = [
            (b"ab\xff", 2),
            (b"\x80", 0),
            (b"\xc0\xaf", 0),     // an overlong form has an impossible first byte
            (b"\xe0\x80\x80", 1), // an overlong form of three bytes shows at the second
            (b"\xed\xa0\x80", 1), // a surrogate shows at the second byte
            (b"\xf4\x90\x80\x80", 1), // above U+10FFFF shows at the second byte
            (b"\xce\xba\xe1\xbd\xc3", 4),
        ];
        for (bytes, expected) in cases {
            assert_eq!(accepted_prefix(bytes), expected, "{bytes:x?}");
        }
    }

    #[test]
    fn text_that_ends_within_a_code_point_is_refused_at_the_end() {
        let mut buffer = TextBuffer::default();
        buffer.push("κό".as_bytes()).unwrap();
        buffer.push(&[0xe1, 0xbd]).unwrap();
        assert_eq!(buffer.len(), 6);
        assert_eq!(buffer.finish(), Err(ProtocolError::InvalidUtf8));
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(text in ".{0,60}", size in 1_usize..9) {
            let mut buffer = TextBuffer::default();
            for chunk in text.as_bytes().chunks(size) {
                buffer.push(chunk).unwrap();
            }
            prop_assert_eq!(buffer.len(), text.len());
            prop_assert_eq!(buffer.finish().unwrap(), text);
        }

        #[test]
        fn agrees_with_the_standard_library(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x7e_u8..0xc5], 0..12),
            size in 1_usize..5,
        ) {
            let mut buffer = TextBuffer::default();
            let pushed = bytes.chunks(size).try_for_each(|chunk| buffer.push(chunk));
            let text = pushed.and_then(|()| buffer.finish());
            prop_assert_eq!(text.ok(), String::from_utf8(bytes).ok());
        }
    }
}
