//! The decoder of frames. However the bytes of a client are cut into reads, they give the same messages and the same
//! error. No more memory is held than the bytes that arrived. What was decoded can be encoded and decoded again.

use std::borrow::Cow;

use line_socket_core::{
    CloseFrame, Decoder, Event, MessageLimits, Opcode, ProtocolError, frame_header, push_close,
    push_frame,
};

use crate::cuts::Cuts;

/// What decoding the bytes of a client gave.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    events: Vec<Event<'static>>,
    error: Option<ProtocolError>,
}

/// Bytes that the decoder holds beside payload: a box, and the least capacity of a vector.
const OVERHEAD: usize = 256;

/// The first byte says how large messages may be, [`Cuts::take`] how the rest is cut.
pub fn run(data: &[u8]) {
    let Some((&size, rest)) = data.split_first() else {
        return;
    };
    let limits = MessageLimits {
        // Up to 2 MiB, so that the length in the header of a small input may be below or above it.
        max_message: 1 << (size % 22),
        max_fragments: 1 + u32::from(size / 22),
    };
    let (cuts, wire) = Cuts::take(rest);

    let whole = decode(limits, wire, std::iter::once(wire.len()));
    assert_eq!(decode(limits, wire, cuts.ends(wire.len())), whole);
    assert_eq!(decode(limits, wire, 1..=wire.len()), whole);
    check_limits(limits, &whole);
    check_again(&whole.events);
}

/// Decodes `wire` in reads that end where `ends` says.
fn decode(limits: MessageLimits, wire: &[u8], ends: impl Iterator<Item = usize>) -> Outcome {
    let mut decoder = Decoder::new(limits);
    let mut bytes = wire.to_vec();
    let mut events = Vec::new();
    let mut start = 0;
    let mut error = None;
    for end in ends {
        let result = read(&mut decoder, &mut bytes[start..end], &mut events);
        assert!(
            decoder.buffered() <= 2 * end + OVERHEAD,
            "{} bytes held of {end} that arrived",
            decoder.buffered()
        );
        start = end;
        match result {
            Ok(false) => {}
            Ok(true) => break,
            Err(violation) => {
                assert!(matches!(violation.close_code(), 1002 | 1007 | 1009));
                error = Some(violation);
                break;
            }
        }
    }
    if error.is_some() || matches!(events.last(), Some(Event::Close(_))) {
        assert_eq!(decoder.buffered(), 0, "memory is held after the end");
    }
    Outcome { events, error }
}

/// Decodes one read; true when the peer has closed.
fn read(
    decoder: &mut Decoder,
    mut rest: &mut [u8],
    events: &mut Vec<Event<'static>>,
) -> Result<bool, ProtocolError> {
    while !rest.is_empty() {
        let step = decoder.decode(rest)?;
        let consumed = step.consumed;
        match step.event {
            Some(event) => events.push(owned(event)),
            None => assert_eq!(consumed, rest.len(), "without an event all is consumed"),
        }
        if let Some(Event::Close(_)) = events.last() {
            return Ok(true);
        }
        assert!(consumed > 0, "an event takes bytes");
        rest = &mut rest[consumed..];
    }
    Ok(false)
}

/// No message is larger than allowed, no control frame larger than RFC 6455 section 5.5 allows.
fn check_limits(limits: MessageLimits, outcome: &Outcome) {
    for event in &outcome.events {
        let (size, most) = match event {
            Event::Text(text) => (text.len(), limits.max_message),
            Event::Binary(bytes) => (bytes.len(), limits.max_message),
            Event::Ping(bytes) | Event::Pong(bytes) => (bytes.len(), 125),
            Event::Close(frame) => (frame.as_ref().map_or(0, |f| f.reason.len()), 123),
        };
        assert!(size <= most, "{size} bytes, {most} allowed: {event:?}");
    }
}

/// What was decoded is the same when a client sends it in single frames.
fn check_again(events: &[Event<'static>]) {
    let mut wire = Vec::new();
    for event in events {
        match event {
            Event::Text(text) => push_masked(&mut wire, Opcode::Text, text.as_bytes()),
            Event::Binary(bytes) => push_masked(&mut wire, Opcode::Binary, bytes),
            Event::Ping(bytes) => push_masked(&mut wire, Opcode::Ping, bytes),
            Event::Pong(bytes) => push_masked(&mut wire, Opcode::Pong, bytes),
            Event::Close(frame) => {
                push_masked(&mut wire, Opcode::Close, &close_payload(frame.as_ref()));
            }
        }
    }
    let again = decode(MessageLimits::default(), &wire, std::iter::once(wire.len()));
    assert_eq!(again.error, None);
    assert_eq!(again.events, events);
}

/// The payload of a close frame, taken from the frame that a server would send.
fn close_payload(frame: Option<&CloseFrame<'_>>) -> Vec<u8> {
    let Some(frame) = frame else {
        return Vec::new();
    };
    let mut sent = Vec::new();
    push_close(&mut sent, frame.code, &frame.reason).expect("what was received may be sent");
    // The header of a control frame without a mask is two bytes.
    sent.split_off(2)
}

/// A client's frame, made of a server's: masked, with a key that changes nothing.
fn push_masked(wire: &mut Vec<u8>, opcode: Opcode, payload: &[u8]) {
    let mut frame = Vec::new();
    push_frame(&mut frame, opcode, payload);
    let header = frame_header(opcode, payload.len()).as_bytes().len();
    let start = wire.len();
    wire.extend_from_slice(&frame[..header]);
    wire[start + 1] |= 0x80;
    wire.extend_from_slice(&[0; 4]);
    wire.extend_from_slice(&frame[header..]);
}

fn owned(event: Event<'_>) -> Event<'static> {
    match event {
        Event::Text(text) => Event::Text(Cow::Owned(text.into_owned())),
        Event::Binary(bytes) => Event::Binary(Cow::Owned(bytes.into_owned())),
        Event::Ping(bytes) => Event::Ping(Cow::Owned(bytes.into_owned())),
        Event::Pong(bytes) => Event::Pong(Cow::Owned(bytes.into_owned())),
        Event::Close(frame) => Event::Close(frame.map(|frame| CloseFrame {
            code: frame.code,
            reason: Cow::Owned(frame.reason.into_owned()),
        })),
    }
}
