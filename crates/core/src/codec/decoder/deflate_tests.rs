//! Compressed messages between frames, limits and other messages.

use proptest::prelude::*;

use super::*;
use crate::codec::frame::{FIN, RSV1};
use crate::codec::inflation::{SLICE, UNASKED};
use crate::codec::testing::{client_frame, decode_in_pieces};
use crate::deflate::{Agreement, CompressionSettings, Compressor, Inflater};

const KEY: [u8; 4] = [1, 0, 255, 7];

fn agreement(takeover: bool) -> Agreement {
    Agreement {
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        ..Agreement::default()
    }
}

fn decoder(takeover: bool, max_message: usize) -> Decoder {
    let limits = MessageLimits {
        max_message,
        ..MessageLimits::default()
    };
    Decoder::new(limits).inflating(Inflater::new(&agreement(takeover), 1000))
}

fn compressor(takeover: bool) -> Compressor {
    Compressor::new(&agreement(takeover), CompressionSettings::default())
}

fn compress(compressor: &mut Compressor, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    compressor.push(message, &mut out);
    compressor.finish(&mut out);
    out
}

/// A frame as a client writes it, with RSV1.
fn compressed_frame(fin: bool, opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut frame = client_frame(fin, opcode, KEY, payload);
    frame[0] |= RSV1;
    frame
}

fn decode(decoder: &mut Decoder, bytes: &[u8]) -> (Vec<Event<'static>>, Option<ProtocolError>) {
    decode_in_pieces(decoder, bytes, &[bytes.len()])
}

fn text(text: &str) -> Event<'static> {
    Event::Text(Cow::Owned(text.to_owned()))
}

#[test]
fn rsv1_marks_the_first_frame_of_a_message_and_no_other() {
    let hello = compress(&mut compressor(false), b"Hello");
    let (first, second) = hello.split_at(3);
    let begin = compressed_frame(false, Opcode::Text, first);
    let whole = compressed_frame(true, Opcode::Text, &hello);
    let mut rsv2 = whole.clone();
    rsv2[0] |= 0x20;
    let mut rsv3 = client_frame(true, Opcode::Text, KEY, b"x");
    rsv3[0] |= 0x10;
    for (bytes, events, error) in [
        (whole.clone(), vec![text("Hello")], None),
        (
            [
                &*begin,
                &client_frame(true, Opcode::Continuation, KEY, second),
            ]
            .concat(),
            vec![text("Hello")],
            None,
        ),
        (
            [
                &*begin,
                &compressed_frame(true, Opcode::Continuation, second),
            ]
            .concat(),
            vec![],
            Some(ProtocolError::ReservedBits),
        ),
        (
            compressed_frame(true, Opcode::Ping, b"p"),
            vec![],
            Some(ProtocolError::ReservedBits),
        ),
        (
            compressed_frame(true, Opcode::Close, b""),
            vec![],
            Some(ProtocolError::ReservedBits),
        ),
        (rsv2, vec![], Some(ProtocolError::ReservedBits)),
        (rsv3, vec![], Some(ProtocolError::ReservedBits)),
        (
            [&*begin, &whole].concat(),
            vec![],
            Some(ProtocolError::InterruptedMessage),
        ),
    ] {
        assert_eq!(
            decode(&mut decoder(false, 1000), &bytes),
            (events, error),
            "{bytes:x?}"
        );
    }
    let without = decode(&mut Decoder::new(MessageLimits::default()), &whole);
    assert_eq!(without, (vec![], Some(ProtocolError::ReservedBits)));
}

#[test]
fn messages_need_not_be_compressed() {
    let mut decoder = decoder(true, 1000);
    let mut compressor = compressor(true);
    for _ in 0..2 {
        let bytes = [
            client_frame(true, Opcode::Text, KEY, b"plain"),
            compressed_frame(true, Opcode::Text, &compress(&mut compressor, b"Hello")),
            client_frame(false, Opcode::Text, KEY, b"in "),
            client_frame(true, Opcode::Ping, KEY, b"p"),
            client_frame(true, Opcode::Continuation, KEY, b"parts"),
            compressed_frame(true, Opcode::Text, &compress(&mut compressor, b"")),
        ]
        .concat();
        let ping = Event::Ping(Cow::Owned(b"p".to_vec()));
        let events = vec![
            text("plain"),
            text("Hello"),
            ping,
            text("in parts"),
            text(""),
        ];
        assert_eq!(decode(&mut decoder, &bytes), (events, None));
    }
}

#[test]
fn a_limit_holds_for_what_comes_out() {
    for (len, fits) in [(1000, true), (1001, false), (10_000_000, false)] {
        let bomb = compress(&mut compressor(false), &vec![b'x'; len]);
        let frame = compressed_frame(true, Opcode::Text, &bomb);
        let mut decoder = decoder(false, 1000);
        let (events, error) = decode(&mut decoder, &frame);
        assert_eq!(events.len(), usize::from(fits), "{len}");
        let too_big = ProtocolError::MessageTooBig { limit: 1000 };
        assert_eq!(error, (!fits).then_some(too_big), "{len}");
        assert_eq!(decoder.buffered(), 0);
    }
}

#[test]
fn fragments_count_together() {
    let mut decoder = decoder(false, 1000);
    let mut compressor = compressor(false);
    let mut out = Vec::new();
    compressor.push(&[b'x'; 1001], &mut out);
    compressor.finish(&mut out);
    let pieces: Vec<&[u8]> = out.chunks(out.len().div_ceil(3)).collect();
    let bytes = [
        compressed_frame(false, Opcode::Text, pieces[0]),
        client_frame(false, Opcode::Continuation, KEY, pieces[1]),
        client_frame(true, Opcode::Continuation, KEY, pieces[2]),
    ]
    .concat();
    let (events, error) = decode(&mut decoder, &bytes);
    assert_eq!(
        (events.len(), error),
        (0, Some(ProtocolError::MessageTooBig { limit: 1000 }))
    );
}

#[test]
fn blocks_without_content_do_not_go_on_for_ever() {
    let empty_blocks = [0, 0, 0, 0xff, 0xff].repeat(100);
    let mut decoder = decoder(false, 1000);
    let mut bytes = compressed_frame(false, Opcode::Text, &empty_blocks);
    let next = client_frame(false, Opcode::Continuation, KEY, &empty_blocks);
    // Twice the limit and an allowance of 1024 bytes: six frames of 500.
    bytes.extend(next.repeat(5));
    assert_eq!(decode(&mut decoder, &bytes), (vec![], None));
    let too_big = Some(ProtocolError::MessageTooBig { limit: 1000 });
    assert_eq!(decode(&mut decoder, &next), (vec![], too_big));
}

#[test]
fn memory_follows_what_was_inflated() {
    let mut decoder = decoder(false, 100 << 20);
    let bomb = compress(&mut compressor(false), &vec![b'x'; 20 << 20]);
    let frame = compressed_frame(true, Opcode::Text, &bomb);
    let (header, mut rest) = frame.split_at(8);
    assert_eq!(decode(&mut decoder, header), (vec![], None));
    assert_eq!(decoder.buffered(), 0);
    let mut held = 0;
    while rest.len() > 500 {
        let (piece, behind) = rest.split_at(500);
        rest = behind;
        assert_eq!(decode(&mut decoder, piece), (vec![], None));
        held += 500 * 1032;
        assert!(
            decoder.buffered() <= 2 * held,
            "{} of {held}",
            decoder.buffered()
        );
    }
}

#[test]
fn a_bomb_gives_others_their_turn() {
    let mut decoder = decoder(false, 100 << 20);
    let bomb = compress(&mut compressor(false), &vec![b'x'; 40 << 20]);
    let mut frame = compressed_frame(true, Opcode::Binary, &bomb);
    let mut rest = frame.as_mut_slice();
    let mut steps = 0;
    loop {
        let step = decoder.decode(rest).unwrap();
        let consumed = step.consumed;
        if let Some(event) = step.event {
            assert_eq!(event, Event::Binary(Cow::Owned(vec![b'x'; 40 << 20])));
            break;
        }
        assert!((1..=SLICE + 14).contains(&consumed), "{consumed}");
        rest = &mut rest[consumed..];
        steps += 1;
    }
    assert!(steps >= 9, "{steps}");
    assert_eq!(decoder.buffered(), 0);
}

#[test]
fn a_message_that_may_not_grow_stays_small_until_it_may() {
    let mut decoder = decoder(false, 100 << 20);
    let bomb = compress(&mut compressor(false), &vec![b'x'; 8 << 20]);
    let mut frame = compressed_frame(true, Opcode::Binary, &bomb);
    let mut rest = frame.as_mut_slice();
    decoder.let_grow(false);
    for _ in 0..3 {
        let step = decoder.decode(rest).unwrap();
        assert_eq!(step.event, None);
        let consumed = step.consumed;
        rest = &mut rest[consumed..];
        assert!(decoder.is_held_up());
        assert!(decoder.held() < 3 * UNASKED, "{}", decoder.held());
    }
    decoder.let_grow(true);
    loop {
        assert!(!decoder.is_held_up());
        let step = decoder.decode(rest).unwrap();
        let consumed = step.consumed;
        if let Some(event) = step.event {
            assert_eq!(event, Event::Binary(Cow::Owned(vec![b'x'; 8 << 20])));
            break;
        }
        rest = &mut rest[consumed..];
    }
    assert_eq!(decoder.held(), 0);
}

#[test]
fn corrupt_data_and_text_are_told_apart() {
    let not_utf8 = compress(&mut compressor(false), b"abc\xff");
    for (payload, error) in [
        (&*not_utf8, ProtocolError::InvalidUtf8),
        (&[0xff, 0xff, 0xff], ProtocolError::CorruptData),
        (&not_utf8[..2], ProtocolError::CorruptData),
    ] {
        let frame = compressed_frame(true, Opcode::Text, payload);
        let (events, found) = decode(&mut decoder(false, 1000), &frame);
        assert_eq!((events, found), (vec![], Some(error)));
        assert_eq!(error.close_code(), 1007);
    }
}

proptest! {
    #[test]
    fn cuts_and_fragments_do_not_matter(
        messages in prop::collection::vec(("(alpha|beta|\\PC){0,200}", 0_usize..4), 1..5),
        takeover: bool,
        sizes in prop::collection::vec(1_usize..50, 1..10),
    ) {
        let mut decoder = decoder(takeover, 100_000);
        let mut compressor = compressor(takeover);
        let mut bytes = Vec::new();
        let mut events = Vec::new();
        for (message, cuts) in messages {
            let payload = compress(&mut compressor, message.as_bytes());
            let size = payload.len().div_ceil(cuts + 1).max(1);
            let last = payload.chunks(size).len() - 1;
            for (index, piece) in payload.chunks(size).enumerate() {
                let opcode = if index == 0 { Opcode::Text } else { Opcode::Continuation };
                let mut frame = client_frame(index == last, opcode, KEY, piece);
                if index == 0 {
                    frame[0] |= RSV1;
                }
                prop_assert_eq!(frame[0] & FIN != 0, index == last);
                bytes.extend(frame);
                bytes.extend(client_frame(true, Opcode::Pong, KEY, b"between"));
                if index < last {
                    events.push(Event::Pong(Cow::Owned(b"between".to_vec())));
                }
            }
            events.push(text(&message));
            events.push(Event::Pong(Cow::Owned(b"between".to_vec())));
        }
        prop_assert_eq!(decode_in_pieces(&mut decoder, &bytes, &sizes), (events, None));
        prop_assert_eq!(decoder.buffered(), 0);
    }
}
