//! Mutation without feedback, for the bounded run. The same seed gives the same inputs on every machine.

/// Longest input made, in bytes.
const LONGEST: usize = 4096;

/// Makes inputs out of others.
#[derive(Debug)]
pub struct Mutator {
    state: u64,
    tokens: Vec<Vec<u8>>,
}

impl Mutator {
    /// A mutator that sometimes inserts tokens of a dictionary of libFuzzer.
    pub fn new(seed: u64, dictionary: &str) -> Self {
        let tokens = dictionary.lines().filter_map(token).collect();
        Self {
            state: seed,
            tokens,
        }
    }

    /// An input made of one of `corpus`, which is not empty, by one to eight changes.
    pub fn make(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut input = corpus[self.below(corpus.len())].clone();
        for _ in 0..=self.below(8) {
            self.change(&mut input, corpus);
        }
        input.truncate(LONGEST);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        match self.below(9) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 if at < input.len() => input[at] = self.interesting(),
            2 => input.insert(at, self.interesting()),
            3 if at < input.len() => {
                input.remove(at);
            }
            4 => {
                let end = at + self.below(input.len() - at + 1).min(64);
                input.drain(at..end);
            }
            5 => {
                let end = at + self.below(input.len() - at + 1).min(64);
                let piece = input[at..end].to_vec();
                input.splice(at..at, piece);
            }
            // This is rare, because there are few short inputs.
            6 if self.below(4) == 0 => input.truncate(at),
            7 => {
                let other = &corpus[self.below(corpus.len())];
                input.truncate(at);
                input.extend_from_slice(&other[self.below(other.len() + 1)..]);
            }
            _ if !self.tokens.is_empty() => {
                let token = self.below(self.tokens.len());
                input.splice(at..at, self.tokens[token].iter().copied());
            }
            _ => {}
        }
    }

    fn interesting(&mut self) -> u8 {
        match self.below(4) {
            0 => [0, 1, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0xff][self.below(8)],
            1 => b" \r\n\t\"\\{}[]:,0-.e"[self.below(16)],
            _ => self.next() as u8,
        }
    }

    /// A number below `bound`, which is not 0.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// `SplitMix64`, by Sebastiano Vigna.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

/// The token in a line of a dictionary: the text between its first and last quote, with the escapes `\\`, `\"` and
/// `\xAB`. `None` for a comment or an empty line.
fn token(line: &str) -> Option<Vec<u8>> {
    if line.starts_with('#') {
        return None;
    }
    let (start, end) = (line.find('"')?, line.rfind('"')?);
    let mut rest = line.get(start + 1..end)?;
    let mut token = Vec::new();
    while let Some(byte) = rest.bytes().next() {
        if let Some(hex) = rest.strip_prefix("\\x") {
            token.push(u8::from_str_radix(hex.get(..2)?, 16).ok()?);
            rest = &hex[2..];
        } else if byte == b'\\' {
            token.push(*rest.as_bytes().get(1)?);
            rest = &rest[2..];
        } else {
            token.push(byte);
            rest = &rest[1..];
        }
    }
    Some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dictionaries() {
        assert_eq!(token("# \"a comment\""), None);
        assert_eq!(token(""), None);
        assert_eq!(token(r#"name="ab""#).unwrap(), b"ab");
        assert_eq!(token(r#""\"\\\x0d\x0A""#).unwrap(), b"\"\\\r\n");
    }

    #[test]
    fn the_same_seed_makes_the_same_inputs() {
        let corpus = [b"one".to_vec(), b"another".to_vec(), Vec::new()];
        let inputs = |seed| -> Vec<_> {
            let mut mutator = Mutator::new(seed, "\"token\"");
            (0..1000).map(|_| mutator.make(&corpus)).collect()
        };
        assert_eq!(inputs(1), inputs(1));
        assert_ne!(inputs(1), inputs(2));
        assert!(inputs(1).iter().all(|input| input.len() <= LONGEST));
    }
}
