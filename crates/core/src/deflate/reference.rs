//! Deflate by its definition (RFC 1951), to see how far back a stream refers.

struct Bits<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> usize {
        (0..count).fold(0, |value, shift| {
            let bit = self.bytes[self.position / 8] >> (self.position % 8) & 1;
            self.position += 1;
            value | usize::from(bit) << shift
        })
    }

    /// Decodes one symbol of the code with these lengths (RFC 1951 section 3.2.2).
    fn symbol(&mut self, lengths: &[u32]) -> usize {
        let (mut code, mut first) = (0, 0);
        for length in 1..=15 {
            code = code << 1 | self.take(1);
            let of_length = lengths.iter().filter(|&&other| other == length).count();
            if code < first + of_length {
                let mut symbols = (0..lengths.len()).filter(|&s| lengths[s] == length);
                return symbols.nth(code - first).unwrap();
            }
            first = (first + of_length) << 1;
        }
        panic!("no such code");
    }
}

/// Base value and extra bits of a length or distance symbol (RFC 1951 section 3.2.5).
fn extra(symbol: usize, group: usize, base: usize) -> (usize, u32) {
    if symbol < 2 * group {
        return (base + symbol, 0);
    }
    let bits = symbol / group - 1;
    (base + ((group + symbol % group) << bits), bits as u32)
}

/// Inflates a message without its tail and shows every distance it refers back by.
pub fn inflate(message: &[u8], seen: &mut impl FnMut(usize)) -> Vec<u8> {
    let bytes = [message, &super::agreement::TAIL].concat();
    let mut bits = Bits {
        bytes: &bytes,
        position: 0,
    };
    let mut out: Vec<u8> = Vec::new();
    while bits.position < message.len() * 8 {
        assert_eq!(bits.take(1), 0, "no final block");
        let (lengths, distances) = match bits.take(2) {
            0 => {
                bits.position = bits.position.next_multiple_of(8);
                let len = bits.take(16);
                bits.take(16);
                for _ in 0..len {
                    out.push(bits.take(8) as u8);
                }
                continue;
            }
            1 => {
                let fixed = |symbol: u32| match symbol {
                    0..=143 | 280.. => 8,
                    144..=255 => 9,
                    256..=279 => 7,
                };
                ((0..288).map(fixed).collect(), vec![5; 30])
            }
            2 => dynamic(&mut bits),
            _ => panic!("no such block"),
        };
        loop {
            match bits.symbol(&lengths) {
                256 => break,
                byte @ 0..256 => out.push(byte as u8),
                285 => copy(&mut bits, &distances, 258, &mut out, seen),
                symbol => {
                    let (base, more) = extra(symbol - 257, 4, 3);
                    let length = base + bits.take(more);
                    copy(&mut bits, &distances, length, &mut out, seen);
                }
            }
        }
    }
    out
}

fn copy(
    bits: &mut Bits<'_>,
    distances: &[u32],
    length: usize,
    out: &mut Vec<u8>,
    seen: &mut impl FnMut(usize),
) {
    let (base, more) = extra(bits.symbol(distances), 2, 1);
    let distance = base + bits.take(more);
    seen(distance);
    for _ in 0..length {
        out.push(out[out.len() - distance]);
    }
}

/// The codes of a block that brings its own (RFC 1951 section 3.2.7).
fn dynamic(bits: &mut Bits<'_>) -> (Vec<u32>, Vec<u32>) {
    const ORDER: [usize; 19] = [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ];
    let literals = bits.take(5) + 257;
    let distances = bits.take(5) + 1;
    let count = bits.take(4) + 4;
    let mut code = [0; 19];
    for &place in &ORDER[..count] {
        code[place] = bits.take(3) as u32;
    }
    let mut lengths: Vec<u32> = Vec::new();
    while lengths.len() < literals + distances {
        let (length, times) = match bits.symbol(&code) {
            16 => (lengths[lengths.len() - 1], 3 + bits.take(2)),
            17 => (0, 3 + bits.take(3)),
            18 => (0, 11 + bits.take(7)),
            length => (length as u32, 1),
        };
        lengths.extend(std::iter::repeat_n(length, times));
    }
    let distances = lengths.split_off(literals);
    (lengths, distances)
}
