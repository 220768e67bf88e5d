use super::error::{InvalidEnvelope, MAX_DEPTH};

const WORDS: usize = MAX_DEPTH.div_ceil(64);

/// Room for the levels of a [`Nesting`] beyond the innermost 64. It lives on the call stack, so that a peer
/// cannot make it allocate.
///
/// It is separate from the rest, which the compiler can then keep in registers.
pub(super) type Levels = [u64; WORDS];

/// The open containers, innermost last: one bit each, set for an object, clear for an array.
#[derive(Debug)]
pub(super) struct Nesting<'l> {
    /// Word `n` holds the levels before level `64 n`, when that many are open.
    full: &'l mut Levels,
    /// The levels after those, the innermost in the lowest bit.
    word: u64,
    /// Levels open now.
    depth: usize,
    /// Levels that may be open.
    limit: usize,
}

impl<'l> Nesting<'l> {
    /// An empty stack inside `outer` open containers.
    pub(super) fn new(levels: &'l mut Levels, outer: usize) -> Self {
        Self {
            full: levels,
            word: 0,
            depth: 0,
            limit: MAX_DEPTH.saturating_sub(outer),
        }
    }

    /// Enters the container that `bracket`, at byte `offset`, opens.
    #[inline]
    pub(super) fn open(&mut self, bracket: u8, offset: usize) -> Result<(), InvalidEnvelope> {
        if self.depth >= self.limit {
            return Err(InvalidEnvelope::TooDeep { offset });
        }
        if self.depth.is_multiple_of(64) {
            self.full[self.depth / 64] = self.word;
        }
        // The bit in which `{` and `[` differ, and `}` and `]` as well.
        self.word = self.word << 1 | u64::from(bracket >> 5 & 1);
        self.depth += 1;
        Ok(())
    }

    /// Leaves the innermost container; `true` when it was the first one of this stack.
    #[inline]
    pub(super) fn close(&mut self) -> bool {
        self.depth -= 1;
        self.word >>= 1;
        if self.depth.is_multiple_of(64) {
            self.word = self.full[self.depth / 64];
        }
        self.depth == 0
    }

    /// Whether the innermost container is an object.
    #[inline]
    pub(super) fn in_object(&self) -> bool {
        self.word & 1 == 1
    }

    /// The byte that ends the innermost container.
    #[inline]
    pub(super) fn closer(&self) -> u8 {
        b']' | (self.word as u8 & 1) << 5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_the_kind_of_every_level() {
        let bracket = |level: usize| if level.is_multiple_of(3) { b'{' } else { b'[' };
        let mut levels = Levels::default();
        let mut nesting = Nesting::new(&mut levels, 0);
        for level in 0..MAX_DEPTH {
            nesting.open(bracket(level), level).unwrap();
        }
        assert_eq!(
            nesting.open(b'[', 7),
            Err(InvalidEnvelope::TooDeep { offset: 7 })
        );
        for level in (1..MAX_DEPTH).rev() {
            assert_eq!(
                nesting.in_object(),
                level.is_multiple_of(3),
                "level {level}"
            );
            assert!(!nesting.close());
        }
        assert_eq!(nesting.closer(), b'}');
        assert!(nesting.close());
    }

    #[test]
    fn a_level_used_again_takes_its_new_kind() {
        for outer in [1, 62, 63, 64, 65] {
            let mut levels = Levels::default();
            let mut nesting = Nesting::new(&mut levels, 0);
            for _ in 0..outer {
                nesting.open(b'[', 0).unwrap();
            }
            for (bracket, closer) in [(b'{', b'}'), (b'[', b']'), (b'{', b'}')] {
                nesting.open(bracket, 0).unwrap();
                nesting.open(b'[', 0).unwrap();
                assert!(!nesting.close());
                assert_eq!(nesting.closer(), closer);
                assert!(!nesting.close());
                assert_eq!(nesting.closer(), b']');
            }
        }
    }

    #[test]
    fn levels_around_the_stack_count() {
        let mut levels = Levels::default();
        let mut nesting = Nesting::new(&mut levels, MAX_DEPTH - 1);
        nesting.open(b'{', 0).unwrap();
        let error = Err(InvalidEnvelope::TooDeep { offset: 1 });
        assert_eq!(nesting.open(b'{', 1), error);
        assert!(nesting.close());
    }
}
