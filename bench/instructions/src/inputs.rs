//! What is sent, and how it looks on the wire.

use line_socket_core::{Opcode, frame_header};

use crate::payload;

/// The kinds of payload the benchmark sends.
#[derive(Debug, Clone, Copy)]
pub enum Size {
    /// 64 B of text.
    Text64,
    /// 1 KiB of objects.
    K1,
    /// 64 KiB of objects.
    K64,
}

/// The payload as JSON.
pub fn payload(size: Size) -> String {
    match size {
        Size::Text64 => payload::text(64),
        Size::K1 => payload::objects(1024),
        Size::K64 => payload::objects(64 * 1024),
    }
}

/// A request with that payload (contract section 1).
pub fn request(size: Size) -> String {
    format!(r#"{{"n":"echo","p":{},"i":"1f4c6f9d"}}"#, payload(size))
}

/// A request as the masked frame of a client (RFC 6455 section 5.2).
///
/// The decoder unmasks in place. The mask changes the lowest bit of each byte, and so ASCII into
/// ASCII: a frame that was decoded can be decoded again as it is.
pub fn client_frame(size: Size) -> Vec<u8> {
    const MASKED: u8 = 0x80;
    const MASK: [u8; 4] = [1; 4];
    let request = request(size);
    let mut frame = frame_header(Opcode::Text, request.len())
        .as_bytes()
        .to_vec();
    frame[1] |= MASKED;
    frame.extend_from_slice(&MASK);
    frame.extend(request.bytes().map(|byte| byte ^ MASK[0]));
    frame
}
