use super::InvalidEnvelope;

/// The deepest nesting of objects and arrays accepted, the envelope itself counted as one level.
///
/// `JSON.parse` and above all `JSON.stringify` recurse: a handler that merely echoes a payload of
/// some thousand levels would overflow the JavaScript stack, and with it fail at the peer's will.
/// No honest payload comes near this.
pub const MAX_DEPTH: usize = 1000;

const WORDS: usize = MAX_DEPTH.div_ceil(64);

/// What a level of nesting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Object,
    Array,
}

impl Container {
    /// The byte that ends this container.
    pub(super) fn closer(self) -> u8 {
        match self {
            Self::Object => b'}',
            Self::Array => b']',
        }
    }
}

/// The open containers, innermost last: one bit each, so that the stack lives on the stack and a
/// peer cannot make it allocate.
#[derive(Debug)]
pub(super) struct Nesting {
    /// A set bit is an object, a clear bit an array.
    bits: [u64; WORDS],
    /// Levels open now, those above this stack included.
    depth: usize,
    /// Levels that were open before this stack began; it never closes them.
    outer: usize,
    /// The innermost container, kept apart from the bits because every comma asks for it.
    current: Container,
}

impl Nesting {
    /// A stack whose first level, at byte `offset`, is `container`, with `outer` levels around it.
    pub(super) fn new(
        outer: usize,
        container: Container,
        offset: usize,
    ) -> Result<Self, InvalidEnvelope> {
        let mut nesting = Self {
            bits: [0; WORDS],
            depth: outer,
            outer,
            current: container,
        };
        nesting.open(container, offset)?;
        Ok(nesting)
    }

    /// Enters the container that opens at byte `offset`.
    pub(super) fn open(
        &mut self,
        container: Container,
        offset: usize,
    ) -> Result<(), InvalidEnvelope> {
        if self.depth >= MAX_DEPTH {
            return Err(InvalidEnvelope::TooDeep { offset });
        }
        let bit = 1 << (self.depth % 64);
        match container {
            Container::Object => self.bits[self.depth / 64] |= bit,
            Container::Array => self.bits[self.depth / 64] &= !bit,
        }
        self.depth += 1;
        self.current = container;
        Ok(())
    }

    /// Leaves the innermost container; `true` when it was the first one of this stack.
    pub(super) fn close(&mut self) -> bool {
        self.depth -= 1;
        if self.depth <= self.outer {
            return true;
        }
        let top = self.depth - 1;
        let is_object = self.bits[top / 64] >> (top % 64) & 1 == 1;
        self.current = if is_object {
            Container::Object
        } else {
            Container::Array
        };
        false
    }

    /// The innermost container.
    pub(super) fn current(&self) -> Container {
        self.current
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_the_kind_of_every_level() {
        let kind = |level: usize| {
            if level.is_multiple_of(3) {
                Container::Object
            } else {
                Container::Array
            }
        };
        let mut nesting = Nesting::new(0, kind(0), 0).unwrap();
        for level in 1..MAX_DEPTH {
            nesting.open(kind(level), level).unwrap();
        }
        assert_eq!(
            nesting.open(Container::Array, 7),
            Err(InvalidEnvelope::TooDeep { offset: 7 })
        );
        for level in (1..MAX_DEPTH).rev() {
            assert_eq!(nesting.current(), kind(level), "level {level}");
            assert!(!nesting.close());
        }
        assert_eq!(nesting.current(), kind(0));
        assert!(nesting.close());
    }

    #[test]
    fn a_level_used_again_takes_its_new_kind() {
        let mut nesting = Nesting::new(1, Container::Array, 0).unwrap();
        for container in [Container::Object, Container::Array, Container::Object] {
            nesting.open(container, 0).unwrap();
            nesting.open(Container::Array, 0).unwrap();
            assert!(!nesting.close());
            assert_eq!(nesting.current(), container);
            assert!(!nesting.close());
            assert_eq!(nesting.current(), Container::Array);
        }
    }
}
