//! Events, violations and limits, case by case.

use super::*;
use crate::codec::testing::{client_frame, decode_in_pieces, owned};

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

fn text(text: &str) -> Event<'static> {
    Event::Text(Cow::Owned(text.to_owned()))
}

fn ping(payload: &[u8]) -> Event<'static> {
    Event::Ping(Cow::Owned(payload.to_vec()))
}

fn frame(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    client_frame(true, opcode, KEY, payload)
}

fn fragment(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    client_frame(false, opcode, KEY, payload)
}

/// Decodes `frames` at once and byte by byte, which must not differ.
fn decode_with(
    limits: MessageLimits,
    frames: &[Vec<u8>],
) -> (Vec<Event<'static>>, Option<ProtocolError>) {
    let bytes = frames.concat();
    let at_once = decode_in_pieces(&mut Decoder::new(limits), &bytes, &[]);
    let bytewise = decode_in_pieces(&mut Decoder::new(limits), &bytes, &[1]);
    assert_eq!(at_once, bytewise);
    at_once
}

fn decode(frames: &[Vec<u8>]) -> (Vec<Event<'static>>, Option<ProtocolError>) {
    decode_with(MessageLimits::default(), frames)
}

#[test]
fn a_whole_frame_is_lent_from_the_input() {
    let mut input = frame(Opcode::Text, b"Hello");
    // The masked example of RFC 6455 section 5.7.
    assert_eq!(input, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    let range = input.as_ptr_range();
    let mut decoder = Decoder::new(MessageLimits::default());
    let step = decoder.decode(&mut input).unwrap();
    assert_eq!(step.consumed, 11);
    let Some(Event::Text(Cow::Borrowed(text))) = step.event else {
        panic!("not a borrowed text: {step:?}");
    };
    assert_eq!(text, "Hello");
    assert_eq!(text.as_bytes().as_ptr_range().end, range.end);
}

#[test]
fn each_step_takes_one_event() {
    let first = frame(Opcode::Text, b"one");
    let mut input = [first.clone(), frame(Opcode::Binary, b"two")].concat();
    let mut decoder = Decoder::new(MessageLimits::default());
    let step = decoder.decode(&mut input).unwrap();
    assert_eq!(step.consumed, first.len());
    assert_eq!(step.event, Some(text("one")));
    let step = decoder.decode(&mut input[first.len()..]).unwrap();
    let binary = Event::Binary(Cow::Borrowed(b"two"));
    assert_eq!(step.event.map(owned), Some(binary));
}

#[test]
fn no_input_is_no_event() {
    let step = Decoder::new(MessageLimits::default())
        .decode(&mut [])
        .unwrap();
    assert_eq!((step.consumed, step.event), (0, None));
}

#[test]
fn every_length_class_arrives() {
    for len in [0, 1, 125, 126, 127, 65_535, 65_536] {
        let payload = "x".repeat(len);
        let events = decode(&[frame(Opcode::Text, payload.as_bytes())]);
        assert_eq!(events, (vec![text(&payload)], None), "{len}");
    }
}

#[test]
fn fragments_are_joined_around_control_frames() {
    let events = decode(&[
        fragment(Opcode::Text, "κ".as_bytes()),
        frame(Opcode::Ping, b"between"),
        fragment(Opcode::Continuation, &[]),
        // A code point split over two fragments, with a pong inside.
        fragment(Opcode::Continuation, &"ό".as_bytes()[..1]),
        frame(Opcode::Pong, &[]),
        frame(Opcode::Continuation, &"ό".as_bytes()[1..]),
        frame(Opcode::Text, b"next"),
    ]);
    let pong = Event::Pong(Cow::Borrowed(&[]));
    let expected = vec![ping(b"between"), pong, text("κό"), text("next")];
    assert_eq!(events, (expected, None));
}

#[test]
fn empty_fragments_make_an_empty_message() {
    let events = decode(&[
        fragment(Opcode::Binary, &[]),
        frame(Opcode::Continuation, &[]),
    ]);
    assert_eq!(events, (vec![Event::Binary(Cow::Borrowed(&[]))], None));
}

#[test]
fn sequences_that_are_violations() {
    let cases = [
        (
            vec![frame(Opcode::Continuation, b"x")],
            ProtocolError::UnexpectedContinuation,
        ),
        (
            vec![fragment(Opcode::Continuation, b"x")],
            ProtocolError::UnexpectedContinuation,
        ),
        (
            vec![fragment(Opcode::Text, b"x"), frame(Opcode::Text, b"y")],
            ProtocolError::InterruptedMessage,
        ),
        (
            vec![fragment(Opcode::Text, b""), fragment(Opcode::Binary, b"y")],
            ProtocolError::InterruptedMessage,
        ),
        (
            vec![
                fragment(Opcode::Text, b"x"),
                frame(Opcode::Continuation, b"y"),
                frame(Opcode::Continuation, b"z"),
            ],
            ProtocolError::UnexpectedContinuation,
        ),
    ];
    for (frames, error) in cases {
        assert_eq!(decode(&frames).1, Some(error), "{frames:x?}");
        assert_eq!(error.close_code(), 1002);
    }
}

#[test]
fn headers_that_are_violations_end_the_decoding() {
    let good = frame(Opcode::Text, b"good");
    let cases: [(&[u8], ProtocolError); 8] = [
        (&[0xc1], ProtocolError::ReservedBits),
        (&[0x83], ProtocolError::UnknownOpcode(3)),
        (&[0x8f], ProtocolError::UnknownOpcode(15)),
        (&[0x09], ProtocolError::FragmentedControl),
        (&[0x81, 4], ProtocolError::Unmasked),
        (&[0x89, 0xfe], ProtocolError::ControlTooLong),
        (&[0x81, 0xfe, 0, 5], ProtocolError::NonMinimalLength),
        (
            &[0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0],
            ProtocolError::LengthOutOfRange,
        ),
    ];
    for (header, error) in cases {
        let decoded = decode(&[good.clone(), header.to_vec()]);
        assert_eq!(decoded, (vec![text("good")], Some(error)));
        assert_eq!(error.close_code(), 1002, "{error}");
    }
}

#[test]
fn text_is_refused_at_the_first_impossible_byte() {
    // Autobahn 6.4: valid text, then a code point above U+10FFFF, cut within it.
    let valid = "κόσμε";
    let invalid = [valid.as_bytes(), b"\xf4\x90\x80\x80edited"].concat();
    let whole = frame(Opcode::Text, &invalid);
    let bad_byte = whole.len() - invalid.len() + valid.len() + 1;

    let mut decoder = Decoder::new(MessageLimits::default());
    let (good, bad) = whole.split_at(bad_byte);
    assert_eq!(decode_in_pieces(&mut decoder, good, &[]), (vec![], None));
    let failed = Err(ProtocolError::InvalidUtf8);
    assert_eq!(decoder.decode(&mut [bad[0]]).map(|_| ()), failed);
    assert_eq!(ProtocolError::InvalidUtf8.close_code(), 1007);

    // In a fragment that is not the last one.
    let fragments = [fragment(Opcode::Text, &invalid)];
    assert_eq!(decode(&fragments).1, Some(ProtocolError::InvalidUtf8));
}

#[test]
fn text_must_not_end_within_a_code_point() {
    let cut = &"é".as_bytes()[..1];
    let whole = [frame(Opcode::Text, cut)];
    assert_eq!(decode(&whole).1, Some(ProtocolError::InvalidUtf8));
    let fragments = [
        fragment(Opcode::Text, cut),
        frame(Opcode::Continuation, &[]),
    ];
    assert_eq!(decode(&fragments).1, Some(ProtocolError::InvalidUtf8));
    let binary = [frame(Opcode::Binary, cut)];
    assert_eq!(decode(&binary).1, None);
}

#[test]
fn close_frames_are_read() {
    let close = |code, reason| {
        let reason = Cow::Borrowed(reason);
        (vec![Event::Close(Some(CloseFrame { code, reason }))], None)
    };
    let cases: [(&[u8], _); 5] = [
        (&[], (vec![Event::Close(None)], None)),
        (b"\x03\xe8", close(1000, "")),
        (b"\x03\xe9going", close(1001, "going")),
        (b"\x03\xf6gateway", close(1014, "gateway")),
        (b"\x13\x87\xc3\xa9", close(4999, "é")),
    ];
    for (payload, expected) in cases {
        let frames = [frame(Opcode::Close, payload), b"ignored".to_vec()];
        assert_eq!(decode(&frames), expected);
    }
}

#[test]
fn close_frames_that_are_violations() {
    let cases: [(&[u8], ProtocolError, u16); 6] = [
        (b"\x03", ProtocolError::TruncatedCloseCode, 1002),
        (b"\x00\x00", ProtocolError::InvalidCloseCode(0), 1002),
        (b"\x03\xed", ProtocolError::InvalidCloseCode(1005), 1002),
        (b"\x03\xf7x", ProtocolError::InvalidCloseCode(1015), 1002),
        (b"\x13\x88", ProtocolError::InvalidCloseCode(5000), 1002),
        (b"\x03\xe8\xc3", ProtocolError::InvalidUtf8, 1007),
    ];
    for (payload, error, close_code) in cases {
        let decoded = decode(&[frame(Opcode::Close, payload)]);
        assert_eq!(decoded, (vec![], Some(error)));
        assert_eq!(error.close_code(), close_code);
    }
}

#[test]
fn messages_up_to_the_limit_pass() {
    let limits = MessageLimits {
        max_message: 10,
        ..MessageLimits::default()
    };
    let frames = [
        frame(Opcode::Text, b"0123456789"),
        frame(Opcode::Ping, b"control frames are not counted"),
        fragment(Opcode::Text, b"01234"),
        frame(Opcode::Ping, b"not here either"),
        frame(Opcode::Continuation, b"56789"),
    ];
    let (events, error) = decode_with(limits, &frames);
    assert_eq!((events.len(), error), (4, None));
    assert_eq!(events[3], text("0123456789"));
}

#[test]
fn a_message_above_the_limit_is_refused_by_its_header() {
    let limit = 10;
    let limits = MessageLimits {
        max_message: limit,
        ..MessageLimits::default()
    };
    let header_of = |mut frame: Vec<u8>, payload: usize| {
        frame.truncate(frame.len() - payload);
        frame
    };
    let too_big = ProtocolError::MessageTooBig { limit };
    let whole = header_of(frame(Opcode::Text, &[b'x'; 11]), 11);
    assert_eq!(decode_with(limits, &[whole]), (vec![], Some(too_big)));
    let fragments = [
        fragment(Opcode::Text, &[b'x'; 6]),
        header_of(fragment(Opcode::Continuation, &[b'x'; 5]), 5),
    ];
    assert_eq!(decode_with(limits, &fragments), (vec![], Some(too_big)));
    let largest = vec![
        0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4,
    ];
    assert_eq!(decode_with(limits, &[largest]), (vec![], Some(too_big)));
    assert_eq!(too_big.close_code(), 1009);
}

#[test]
fn fragments_are_limited_per_message() {
    let limit = 3;
    let limits = MessageLimits {
        max_fragments: limit,
        ..MessageLimits::default()
    };
    let message = [
        fragment(Opcode::Text, b"a"),
        fragment(Opcode::Continuation, b"b"),
        frame(Opcode::Continuation, b"c"),
    ];
    let twice = [message.clone(), message.clone()].concat();
    let expected = vec![text("abc"), text("abc")];
    assert_eq!(decode_with(limits, &twice), (expected, None));

    let more = [
        message[0].clone(),
        message[1].clone(),
        message[1].clone(),
        message[2].clone(),
    ];
    let error = ProtocolError::TooManyFragments { limit };
    assert_eq!(decode_with(limits, &more), (vec![], Some(error)));
    assert_eq!(error.close_code(), 1009);
}
