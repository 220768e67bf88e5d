//! WebSocket frames as a client sees them (RFC 6455 section 5): masked on the way out, unmasked
//! on the way in.

use crate::result::Result;

/// Opcode of a text frame.
pub const TEXT: u8 = 0x1;
/// Opcode of a close frame.
pub const CLOSE: u8 = 0x8;
/// Opcode of a ping frame.
pub const PING: u8 = 0x9;
/// Opcode of a pong frame.
pub const PONG: u8 = 0xA;

/// The key of every frame. With one key frames can be built once, and a server has to unmask them all the same. It is
/// not zero, so that no server can skip that.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Incoming frames with more bytes of payload are counted and skipped, not collected. They are checked by their length
/// alone, so that reading them costs the load generator very little.
pub const COLLECT_LIMIT: usize = 32 * 1024;

/// Appends one final, masked frame to `out`.
pub fn encode(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    out.push(0x80 | opcode);
    let len = payload.len();
    if len < 126 {
        out.push(0x80 | len as u8);
    } else if let Ok(short) = u16::try_from(len) {
        out.push(0x80 | 0x7e);
        out.extend_from_slice(&short.to_be_bytes());
    } else {
        out.push(0x80 | 0x7f);
        out.extend_from_slice(&(len as u64).to_be_bytes());
    }
    out.extend_from_slice(&MASK);
    out.extend(
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
}

/// One whole text frame of `payload`, masked.
#[must_use]
pub fn text(payload: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 14);
    encode(&mut out, TEXT, payload.as_bytes());
    out
}

/// A frame that has arrived in full.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its opcode.
    pub opcode: u8,
    /// Length of its payload in bytes.
    pub len: usize,
    /// The payload, or nothing when `len` is above [`COLLECT_LIMIT`].
    pub payload: Option<&'a [u8]>,
}

/// Header of an incoming frame.
#[derive(Clone, Copy)]
struct Header {
    opcode: u8,
    /// Bytes the header itself takes: 2, 4 or 10.
    size: usize,
    /// Bytes of payload behind it.
    len: usize,
}

impl Header {
    /// Reads a header from the start of `bytes`; `None` when more bytes are needed.
    fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let [first, second, rest @ ..] = bytes else {
            return Ok(None);
        };
        let (fin, opcode) = (first & 0x80 != 0, first & 0x0f);
        if !fin || opcode == 0 {
            return Err(
                "the server fragments its messages, which this load generator does not read".into(),
            );
        }
        if first & 0x70 != 0 || second & 0x80 != 0 {
            return Err(format!("bad frame header from the server: {first:#x} {second:#x}").into());
        }
        let (size, len) = match second {
            126 => match rest {
                [a, b, ..] => (4, usize::from(u16::from_be_bytes([*a, *b]))),
                _ => return Ok(None),
            },
            127 => match rest.first_chunk::<8>() {
                Some(long) => (10, usize::try_from(u64::from_be_bytes(*long))?),
                None => return Ok(None),
            },
            short => (2, usize::from(*short)),
        };
        Ok(Some(Self { opcode, size, len }))
    }
}

/// What is left of a frame that is being skipped.
struct Skipped {
    header: Header,
    left: usize,
}

/// Cuts the bytes of one connection into frames.
#[derive(Default)]
pub struct FrameReader {
    /// The beginning of a frame whose end has not arrived yet; empty on an idle connection.
    partial: Vec<u8>,
    skipped: Option<Skipped>,
}

impl FrameReader {
    /// Reads the next bytes of the connection and hands every frame that they complete to `sink`.
    ///
    /// # Errors
    /// When the bytes are not frames, or `sink` fails.
    pub fn feed<F>(&mut self, mut input: &[u8], mut sink: F) -> Result<()>
    where
        F: FnMut(Frame<'_>) -> Result<()>,
    {
        loop {
            if let Some(skipped) = &mut self.skipped {
                let taken = skipped.left.min(input.len());
                skipped.left -= taken;
                input = &input[taken..];
                if skipped.left > 0 {
                    return Ok(());
                }
                let Header { opcode, len, .. } = skipped.header;
                self.skipped = None;
                sink(Frame {
                    opcode,
                    len,
                    payload: None,
                })?;
            }
            if input.is_empty() {
                return Ok(());
            }
            if !self.partial.is_empty() {
                input = self.complete(input, &mut sink)?;
                continue;
            }
            let header = Header::parse(input)?;
            match header {
                Some(header) if header.len > COLLECT_LIMIT => {
                    self.skipped = Some(Skipped {
                        header,
                        left: header.len,
                    });
                    input = &input[header.size..];
                }
                Some(Header { opcode, size, len }) if input.len() >= size + len => {
                    sink(Frame {
                        opcode,
                        len,
                        payload: Some(&input[size..size + len]),
                    })?;
                    input = &input[size + len..];
                }
                _ => {
                    self.partial.extend_from_slice(input);
                    return Ok(());
                }
            }
        }
    }

    /// Adds to the partial frame no more than it needs; returns the rest of `input`.
    fn complete<'a, F>(&mut self, input: &'a [u8], sink: &mut F) -> Result<&'a [u8]>
    where
        F: FnMut(Frame<'_>) -> Result<()>,
    {
        let Some(header) = Header::parse(&self.partial)? else {
            self.partial.push(input[0]);
            return Ok(&input[1..]);
        };
        if header.len > COLLECT_LIMIT {
            let left = header.size + header.len - self.partial.len();
            self.skipped = Some(Skipped { header, left });
            self.partial.clear();
            return Ok(input);
        }
        let whole = header.size + header.len;
        let (taken, rest) = input.split_at((whole - self.partial.len()).min(input.len()));
        self.partial.extend_from_slice(taken);
        if self.partial.len() == whole {
            let Header { opcode, size, len } = header;
            sink(Frame {
                opcode,
                len,
                payload: Some(&self.partial[size..]),
            })?;
            self.partial.clear();
        }
        Ok(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An unmasked frame, as a server sends it.
    fn from_server(payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x80 | TEXT];
        match payload.len() {
            len @ 0..126 => bytes.push(len as u8),
            len @ 126..0x1_0000 => {
                bytes.push(126);
                bytes.extend_from_slice(&(len as u16).to_be_bytes());
            }
            len => {
                bytes.push(127);
                bytes.extend_from_slice(&(len as u64).to_be_bytes());
            }
        }
        bytes.extend_from_slice(payload);
        bytes
    }

    #[test]
    fn encodes_the_masked_example_of_the_rfc() {
        assert_eq!(
            text("Hello"),
            [
                0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58
            ]
        );
    }

    #[test]
    fn finds_frames_of_all_lengths_however_they_are_cut() {
        let payloads = [
            0,
            1,
            125,
            126,
            1000,
            COLLECT_LIMIT,
            COLLECT_LIMIT + 1,
            70_000,
        ]
        .map(|len| vec![b'x'; len]);
        let stream: Vec<u8> = payloads
            .iter()
            .flat_map(|payload| from_server(payload))
            .collect();
        for step in [1, 2, 3, 7, 100, 4096, stream.len()] {
            let mut reader = FrameReader::default();
            let mut seen = Vec::new();
            for piece in stream.chunks(step) {
                reader
                    .feed(piece, |frame| {
                        assert_eq!(frame.opcode, TEXT);
                        assert_eq!(frame.payload.is_none(), frame.len > COLLECT_LIMIT);
                        if let Some(payload) = frame.payload {
                            assert_eq!(payload.len(), frame.len);
                        }
                        seen.push(frame.len);
                        Ok(())
                    })
                    .unwrap();
            }
            assert_eq!(
                seen,
                payloads.each_ref().map(Vec::len),
                "in pieces of {step}"
            );
        }
    }

    #[test]
    fn refuses_masked_fragmented_and_compressed_frames() {
        for bad in [[0x81, 0x85], [0x01, 0x05], [0xc1, 0x05]] {
            assert!(FrameReader::default().feed(&bad, |_| Ok(())).is_err());
        }
    }
}
