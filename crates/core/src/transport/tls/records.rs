//! Counts the records of TLS as they come from the wire, without reading their contents.

/// Bytes before the content of a record: its type, a version, and its length (RFC 8446, 5.1).
const HEADER: usize = 5;

/// Where in a record the bytes so far have ended.
#[derive(Debug, Default)]
pub struct Records {
    /// Bytes of the header that have come.
    header: usize,
    /// Bytes of the content that are still to come.
    left: usize,
}

impl Records {
    /// Counts the next bytes. Returns how many records have ended in them.
    pub fn count(&mut self, mut bytes: &[u8]) -> usize {
        let mut ended = 0;
        while let Some((&byte, rest)) = bytes.split_first() {
            if self.header == HEADER {
                let some = self.left.min(bytes.len());
                self.left -= some;
                bytes = &bytes[some..];
            } else {
                match self.header {
                    3 => self.left = usize::from(byte) << 8,
                    4 => self.left |= usize::from(byte),
                    _ => {}
                }
                self.header += 1;
                bytes = rest;
            }
            if self.header == HEADER && self.left == 0 {
                self.header = 0;
                ended += 1;
            }
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_records_wherever_they_are_cut() {
        let mut bytes = Vec::new();
        for length in [0_u16, 1, 300, 0, 0, 17] {
            bytes.extend_from_slice(&[23, 3, 3]);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.resize(bytes.len() + usize::from(length), 0xff);
        }
        for size in [1, 2, 3, 4, 5, 6, 7, 100, bytes.len()] {
            let mut records = Records::default();
            let counted: usize = bytes.chunks(size).map(|piece| records.count(piece)).sum();
            assert_eq!(counted, 6, "in pieces of {size}");
        }
    }
}
