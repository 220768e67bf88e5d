//! Masking (RFC 6455 section 5.3).

/// The four masking bytes of a frame, turned so that the first applies to the next byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mask([u8; 4]);

impl Mask {
    /// The mask as it stands in a frame header.
    pub(super) const fn new(key: [u8; 4]) -> Self {
        Self(key)
    }

    /// Masks or unmasks `bytes` in place and turns the mask for the bytes that follow.
    ///
    /// It works on eight bytes at a time, which the compiler widens to the vector registers of the target.
    pub(super) fn apply(&mut self, bytes: &mut [u8]) {
        let [a, b, c, d] = self.0;
        let word = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
        let (words, tail) = bytes.as_chunks_mut::<8>();
        for chunk in words {
            *chunk = (u64::from_ne_bytes(*chunk) ^ word).to_ne_bytes();
        }
        for (byte, mask) in tail.iter_mut().zip(word.to_ne_bytes()) {
            *byte ^= mask;
        }
        // Whole words leave the mask as it was; only the tail turns it.
        self.0.rotate_left(tail.len() % 4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition in RFC 6455 section 5.3, byte by byte.
    fn by_definition(key: [u8; 4], bytes: &[u8]) -> Vec<u8> {
        let octets = bytes.iter().zip(key.iter().cycle());
        octets.map(|(byte, mask)| byte ^ mask).collect()
    }

    proptest! {
        #[test]
        fn pieces_give_what_the_definition_gives(
            key: [u8; 4],
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            cuts in prop::collection::vec(0_usize..40, 0..12),
        ) {
            let expected = by_definition(key, &bytes);
            let mut masked = bytes;
            let mut mask = Mask::new(key);
            let mut rest = masked.as_mut_slice();
            for cut in cuts {
                let (piece, tail) = rest.split_at_mut(cut.min(rest.len()));
                mask.apply(piece);
                rest = tail;
            }
            mask.apply(rest);
            prop_assert_eq!(masked, expected);
        }
    }
}
