use wide::u8x16;

/// The bytes looked at in one step: as many as a word has bits.
pub(super) const BLOCK: usize = u64::BITS as usize;

/// Bytes of one vector register. Every common processor has registers of this size.
const LANES: usize = 16;

/// A block of text in vector registers, so that all its bytes can be tested at once.
pub(super) struct Block([u8x16; BLOCK / LANES]);

impl Block {
    #[inline]
    pub(super) fn new(bytes: &[u8; BLOCK]) -> Self {
        let (lanes, _) = bytes.as_chunks::<LANES>();
        Self(std::array::from_fn(|index| u8x16::new(lanes[index])))
    }

    /// Bit `i` is the highest bit of the result of `test` for byte `i`. Comparisons of vectors set all bits of
    /// a byte or none.
    #[inline]
    pub(super) fn bits_where(&self, test: impl Fn(u8x16) -> u8x16) -> u64 {
        self.0.iter().rev().fold(0, |bits, &lanes| {
            bits << LANES | u64::from(test(lanes).to_bitmask())
        })
    }
}
