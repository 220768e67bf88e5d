//! The frame header as it is read (RFC 6455 section 5.2).

use super::{error::ProtocolError, mask::Mask};

/// Most payload bytes of a control frame (RFC 6455 section 5.5).
pub const MAX_CONTROL_PAYLOAD: usize = 125;

/// Most bytes of a client's header: two, a 64-bit length and the mask.
pub(super) const MAX_HEADER: usize = 2 + 8 + 4;

/// First byte: this is the last frame of its message.
pub(super) const FIN: u8 = 0x80;
/// First byte: RSV1, RSV2 and RSV3.
const RESERVED: u8 = 0x70;
/// First byte: the message is compressed (RFC 7692 section 6).
pub(super) const RSV1: u8 = 0x40;
/// First byte: the opcode.
const OPCODE: u8 = 0x0f;
/// Second byte: the payload is masked.
pub(super) const MASKED: u8 = 0x80;
/// Second byte: a 16-bit length follows.
pub(super) const LENGTH_16: u8 = 126;
/// Second byte: a 64-bit length follows.
pub(super) const LENGTH_64: u8 = 127;

/// What a frame is (RFC 6455 section 5.2), reserved opcodes left out.
///
/// The enum of tungstenite is not used, because it has the reserved opcodes as nested variants: every match
/// would have to handle frames that were refused long before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// A further fragment of the message under way.
    Continuation = 0x0,
    /// Text, or the first fragment of it.
    Text = 0x1,
    /// Binary data, or the first fragment of it.
    Binary = 0x2,
    /// The peer closes.
    Close = 0x8,
    /// A pong is asked for.
    Ping = 0x9,
    /// The answer to a ping, or an unsolicited heartbeat.
    Pong = 0xa,
}

impl Opcode {
    /// Whether frames of this kind control the connection rather than carry a message.
    pub const fn is_control(self) -> bool {
        self as u8 >= Self::Close as u8
    }

    const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            _ => return None,
        })
    }
}

/// A frame header of a client, valid by itself; the rules between frames are the decoder's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHeader {
    pub(super) fin: bool,
    /// RSV1: the first frame of a compressed message.
    pub(super) compressed: bool,
    pub(super) opcode: Opcode,
    pub(super) mask: Mask,
    /// Payload bytes, as announced.
    pub(super) len: u64,
}

impl FrameHeader {
    /// Reads the header that `bytes` start with. Returns the header and its size in bytes, or `None` when it is
    /// incomplete. An incomplete header is checked as well, so that a violation is found at its first byte.
    ///
    /// With `deflate`, RSV1 is allowed at the first frame of a message (RFC 7692 section 6.2).
    pub(super) fn parse(
        bytes: &[u8],
        deflate: bool,
    ) -> Result<Option<(Self, usize)>, ProtocolError> {
        let Some((&first, bytes)) = bytes.split_first() else {
            return Ok(None);
        };
        let fin = first & FIN != 0;
        let bits = first & OPCODE;
        let compressed = first & RESERVED != 0;
        if compressed && !(deflate && first & RESERVED == RSV1 && begins_message(bits)) {
            return Err(ProtocolError::ReservedBits);
        }
        let opcode = Opcode::from_bits(bits).ok_or(ProtocolError::UnknownOpcode(bits))?;
        if opcode.is_control() && !fin {
            return Err(ProtocolError::FragmentedControl);
        }

        let Some((&second, bytes)) = bytes.split_first() else {
            return Ok(None);
        };
        if second & MASKED == 0 {
            return Err(ProtocolError::Unmasked);
        }
        let short_len = second & !MASKED;
        if opcode.is_control() && usize::from(short_len) > MAX_CONTROL_PAYLOAD {
            return Err(ProtocolError::ControlTooLong);
        }

        let Some((len, len_size)) = parse_length(short_len, bytes)? else {
            return Ok(None);
        };
        let Some(&key) = bytes[len_size..].first_chunk::<4>() else {
            return Ok(None);
        };
        let header = Self {
            fin,
            compressed,
            opcode,
            mask: Mask::new(key),
            len,
        };
        Ok(Some((header, 2 + len_size + key.len())))
    }
}

/// Whether these bits are the opcode of a message's first frame.
const fn begins_message(bits: u8) -> bool {
    bits == Opcode::Text as u8 || bits == Opcode::Binary as u8
}

/// Reads the extended payload length that `bytes` start with, if `short_len` asks for one. Returns the length
/// and its size in bytes, or `None` when it is incomplete.
fn parse_length(short_len: u8, bytes: &[u8]) -> Result<Option<(u64, usize)>, ProtocolError> {
    let (len, size, minimum) = match short_len {
        LENGTH_16 => {
            let Some(&len) = bytes.first_chunk() else {
                return Ok(None);
            };
            (u64::from(u16::from_be_bytes(len)), len.len(), 126)
        }
        LENGTH_64 => {
            let Some(&len) = bytes.first_chunk() else {
                return Ok(None);
            };
            (u64::from_be_bytes(len), len.len(), 0x1_0000)
        }
        _ => (u64::from(short_len), 0, 0),
    };
    if len < minimum {
        return Err(ProtocolError::NonMinimalLength);
    }
    if len >> 63 != 0 {
        return Err(ProtocolError::LengthOutOfRange);
    }
    Ok(Some((len, size)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 4] = [1, 2, 3, 4];

    fn header(start: &[u8]) -> Vec<u8> {
        [start, &KEY].concat()
    }

    #[test]
    fn every_length_class_is_read_and_waited_for() {
        let cases: [(&[u8], u64); 7] = [
            (&[0x81, 0x80], 0),
            (&[0x81, 0xfd], 125),
            (&[0x81, 0xfe, 0, 126], 126),
            (&[0x81, 0xfe, 0, 127], 127),
            (&[0x81, 0xfe, 0xff, 0xff], 65_535),
            (&[0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0], 65_536),
            (
                &[0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                u64::MAX >> 1,
            ),
        ];
        for (start, len) in cases {
            let bytes = header(start);
            let expected = FrameHeader {
                fin: true,
                compressed: false,
                opcode: Opcode::Text,
                mask: Mask::new(KEY),
                len,
            };
            assert_eq!(
                FrameHeader::parse(&bytes, false),
                Ok(Some((expected, bytes.len())))
            );
            for cut in 0..bytes.len() {
                assert_eq!(
                    FrameHeader::parse(&bytes[..cut], false),
                    Ok(None),
                    "{len}, {cut}"
                );
            }
        }
    }

    #[test]
    fn every_first_byte_is_either_an_opcode_or_refused() {
        for (first, deflate) in (0..=u8::MAX).flat_map(|first| [(first, false), (first, true)]) {
            let parsed = FrameHeader::parse(&[first], deflate);
            let expected = match (first & RESERVED, first & OPCODE, first & FIN) {
                (RSV1, 1 | 2, _) if deflate => Ok(None),
                (1.., _, _) => Err(ProtocolError::ReservedBits),
                (_, bits @ (3..=7 | 11..), _) => Err(ProtocolError::UnknownOpcode(bits)),
                (_, 8..=10, 0) => Err(ProtocolError::FragmentedControl),
                _ => Ok(None),
            };
            assert_eq!(parsed, expected, "{first:#x} {deflate}");
        }
    }

    #[test]
    fn violations_show_at_their_first_byte() {
        let cases: [(&[u8], ProtocolError); 8] = [
            (&[0x81, 0x05], ProtocolError::Unmasked),
            (&[0x81, 0x7f], ProtocolError::Unmasked),
            (&[0x88, 0xfe], ProtocolError::ControlTooLong),
            (&[0x89, 0xff], ProtocolError::ControlTooLong),
            (&[0x81, 0xfe, 0, 125], ProtocolError::NonMinimalLength),
            (&[0x82, 0xfe, 0, 0], ProtocolError::NonMinimalLength),
            (
                &[0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
                ProtocolError::NonMinimalLength,
            ),
            (
                &[0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0],
                ProtocolError::LengthOutOfRange,
            ),
        ];
        for (bytes, error) in cases {
            assert_eq!(FrameHeader::parse(bytes, false), Err(error), "{bytes:x?}");
            let cut = &bytes[..bytes.len() - 1];
            assert_eq!(FrameHeader::parse(cut, false), Ok(None), "{cut:x?}");
        }
    }
}
