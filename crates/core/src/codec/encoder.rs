//! Frames as a server writes them (RFC 6455 sections 5.1 and 5.2): unmasked, one for each message.

use std::sync::Arc;

use super::{
    close::{self, CloseCode},
    frame::{FIN, LENGTH_16, LENGTH_64, MAX_CONTROL_PAYLOAD, Opcode, RSV1},
};

/// Most bytes of a server's header: two and a 64-bit length.
const MAX_HEADER: usize = 2 + 8;

/// Why a control frame cannot be written; the out buffer is left as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The reason of a close is longer than 123 bytes (RFC 6455 section 5.5).
    #[error("control frame payload of {len} bytes, at most 125 fit")]
    ControlTooLong {
        /// Bytes of the payload, with the close code.
        len: usize,
    },
    /// The close code must not travel (RFC 6455 section 7.4).
    #[error("close code {0} must not be sent")]
    InvalidCloseCode(CloseCode),
}

/// The bytes of a frame header, 2 to 10 of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderBytes {
    bytes: [u8; MAX_HEADER],
    len: u8,
}

impl HeaderBytes {
    /// The header as it goes on the wire.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// The header of an unfragmented, unmasked frame with `payload_len` bytes of payload, for callers
/// that write the payload themselves.
pub fn frame_header(opcode: Opcode, payload_len: usize) -> HeaderBytes {
    let mut bytes = [0; MAX_HEADER];
    bytes[0] = FIN | opcode as u8;
    let len = match payload_len {
        0..=125 => {
            bytes[1] = payload_len as u8;
            2
        }
        126..=0xffff => {
            bytes[1] = LENGTH_16;
            bytes[2..4].copy_from_slice(&(payload_len as u16).to_be_bytes());
            4
        }
        _ => {
            bytes[1] = LENGTH_64;
            bytes[2..10].copy_from_slice(&(payload_len as u64).to_be_bytes());
            10
        }
    };
    HeaderBytes { bytes, len }
}

/// The header for a payload that permessage-deflate has compressed (RFC 7692 section 6.1).
pub fn compressed_header(opcode: Opcode, payload_len: usize) -> HeaderBytes {
    let mut header = frame_header(opcode, payload_len);
    header.bytes[0] |= RSV1;
    header
}

/// Appends one message as one frame.
///
/// For [`Opcode::Text`] the payload must be UTF-8. Control frames have functions of their own, which
/// check what the protocol forbids.
pub fn push_frame(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8]) {
    debug_assert!(
        !opcode.is_control() || payload.len() <= MAX_CONTROL_PAYLOAD,
        "a control frame holds at most 125 bytes"
    );
    let header = frame_header(opcode, payload.len());
    // The buffer grows once for both parts.
    out.reserve(header.as_bytes().len() + payload.len());
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(payload);
}

/// Appends a close frame with a code and a reason, which may be empty (RFC 6455 section 5.5.1).
///
/// # Errors
///
/// [`EncodeError::InvalidCloseCode`] for codes that must not travel, and [`EncodeError::ControlTooLong`] for
/// reasons above 123 bytes. The caller decides how to shorten them.
pub fn push_close(out: &mut Vec<u8>, code: CloseCode, reason: &str) -> Result<(), EncodeError> {
    if !close::is_allowed_on_wire(code) {
        return Err(EncodeError::InvalidCloseCode(code));
    }
    let code = code.to_be_bytes();
    let len = code.len() + reason.len();
    check_control_len(len)?;
    out.extend_from_slice(frame_header(Opcode::Close, len).as_bytes());
    out.extend_from_slice(&code);
    out.extend_from_slice(reason.as_bytes());
    Ok(())
}

/// Appends a close frame without a payload, the answer to one that had none.
pub fn push_empty_close(out: &mut Vec<u8>) {
    push_frame(out, Opcode::Close, &[]);
}

/// One text message as the bytes of its frame, encoded once to be sent to many connections.
pub fn encode_text(payload: &str) -> Arc<[u8]> {
    let mut frame = Vec::new();
    push_frame(&mut frame, Opcode::Text, payload.as_bytes());
    frame.into()
}

/// The same for a message in two parts.
pub fn encode_text_parts(start: &[u8], end: &[u8]) -> Arc<[u8]> {
    let header = frame_header(Opcode::Text, start.len() + end.len());
    [header.as_bytes(), start, end].concat().into()
}

/// The message in a frame that one of the two functions above has made.
pub fn text_of(frame: &[u8]) -> &[u8] {
    let header = match frame.get(1) {
        Some(&LENGTH_16) => 4,
        Some(&LENGTH_64) => 10,
        _ => 2,
    };
    frame.get(header..).unwrap_or_default()
}

fn check_control_len(len: usize) -> Result<(), EncodeError> {
    if len > MAX_CONTROL_PAYLOAD {
        return Err(EncodeError::ControlTooLong { len });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_class_has_the_shortest_header() {
        let cases: [(usize, &[u8]); 7] = [
            (0, &[0x82, 0]),
            (125, &[0x82, 125]),
            (126, &[0x82, 126, 0, 126]),
            (127, &[0x82, 126, 0, 127]),
            (65_535, &[0x82, 126, 0xff, 0xff]),
            (65_536, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
            (0x0123_4567, &[0x82, 127, 0, 0, 0, 0, 1, 0x23, 0x45, 0x67]),
        ];
        for (len, expected) in cases {
            assert_eq!(frame_header(Opcode::Binary, len).as_bytes(), expected);
        }
    }

    #[test]
    fn frames_are_appended_whole() {
        let mut out = b"before".to_vec();
        push_frame(&mut out, Opcode::Text, b"Hello");
        push_frame(&mut out, Opcode::Pong, b"p");
        push_empty_close(&mut out);
        // "Hello" as in RFC 6455 section 5.7.
        assert_eq!(out, b"before\x81\x05Hello\x8a\x01p\x88\x00");
        assert_eq!(&*encode_text("Hello"), b"\x81\x05Hello");
        assert_eq!(&*encode_text_parts(b"Hel", b"lo"), b"\x81\x05Hello");
        let compressed = compressed_header(Opcode::Text, 7);
        assert_eq!(compressed.as_bytes(), b"\xc1\x07");
    }

    #[test]
    fn the_message_in_a_frame_is_found() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let text = "x".repeat(length);
            assert_eq!(text_of(&encode_text(&text)), text.as_bytes());
        }
        assert_eq!(text_of(&[]), b"");
    }

    #[test]
    fn close_carries_code_and_reason() {
        let mut out = Vec::new();
        push_close(&mut out, 4201, "Ping failed").unwrap();
        assert_eq!(out, b"\x88\x0d\x10\x69Ping failed");
    }

    #[test]
    fn what_a_control_frame_cannot_hold_leaves_the_buffer_alone() {
        let mut out = Vec::new();
        let reason = "r".repeat(124);
        let too_long = Err(EncodeError::ControlTooLong { len: 126 });
        assert_eq!(push_close(&mut out, 1000, &reason), too_long);
        let invalid = Err(EncodeError::InvalidCloseCode(1005));
        assert_eq!(push_close(&mut out, 1005, ""), invalid);
        assert!(out.is_empty());

        push_close(&mut out, 1000, &reason[1..]).unwrap();
        assert_eq!(out.len(), 2 + 125);
    }
}
