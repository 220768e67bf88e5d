//! What a decoder holds, and when it lets go.

use super::*;
use crate::codec::testing::{client_frame, decode_in_pieces};

const KEY: [u8; 4] = [9, 8, 7, 6];
const MIB: usize = 1024 * 1024;

fn feed(decoder: &mut Decoder, bytes: &[u8]) -> usize {
    let (events, error) = decode_in_pieces(decoder, bytes, &[1000]);
    assert_eq!(error, None);
    events.len()
}

/// The header of a frame that announces `len` bytes, at least 64 KiB of them.
fn announce(opcode: Opcode, len: usize) -> Vec<u8> {
    let mut header = vec![0x80 | opcode as u8, 0xff];
    header.extend_from_slice(&(len as u64).to_be_bytes());
    header.extend_from_slice(&KEY);
    header
}

#[test]
fn a_decoder_is_small() {
    assert!(size_of::<Decoder>() <= 96, "{}", size_of::<Decoder>());
}

#[test]
fn an_announced_length_costs_nothing() {
    for opcode in [Opcode::Text, Opcode::Binary] {
        let mut decoder = Decoder::new(MessageLimits::default());
        assert_eq!(feed(&mut decoder, &announce(opcode, 100 * MIB)), 0);
        assert_eq!(decoder.buffered(), 0);
        assert!(decoder.message.is_none());
        assert_eq!(feed(&mut decoder, b"0123456789"), 0);
        assert!(decoder.buffered() <= 64, "{}", decoder.buffered());
    }
}

#[test]
fn memory_follows_what_arrived() {
    for opcode in [Opcode::Text, Opcode::Binary] {
        let mut decoder = Decoder::new(MessageLimits::default());
        feed(&mut decoder, &announce(opcode, 100 * MIB));
        // The key itself, which unmasks to zeros.
        let piece = KEY.repeat(250);
        for received in (1..=300).map(|pieces| pieces * piece.len()) {
            feed(&mut decoder, &piece);
            let held = decoder.buffered();
            assert!((received..=2 * received).contains(&held), "{held}");
        }
    }
}

#[test]
fn nothing_is_held_between_messages() {
    let mut decoder = Decoder::new(MessageLimits::default());
    let large = vec![b'x'; MIB];
    let frames = [
        client_frame(true, Opcode::Text, KEY, &large),
        client_frame(false, Opcode::Binary, KEY, &large),
        client_frame(true, Opcode::Ping, KEY, &large[..125]),
        client_frame(true, Opcode::Continuation, KEY, &large),
        client_frame(true, Opcode::Pong, KEY, &large[..125]),
    ];
    let (events, error) = decode_in_pieces(&mut decoder, &frames.concat(), &[1460]);
    assert_eq!((events.len(), error), (4, None));
    assert_eq!(decoder.buffered(), 0);
    assert!(decoder.message.is_none());
}

#[test]
fn an_error_or_a_close_frees_the_message_under_way() {
    let started = client_frame(false, Opcode::Binary, KEY, &vec![1; MIB]);
    let close = client_frame(true, Opcode::Close, KEY, &[]);
    let unmasked = vec![0x80, 0];
    for end in [close, unmasked] {
        let mut decoder = Decoder::new(MessageLimits::default());
        feed(&mut decoder, &started);
        assert!(decoder.buffered() >= MIB);
        decode_in_pieces(&mut decoder, &end, &[1]);
        assert_eq!(decoder.buffered(), 0);
        assert!(decoder.message.is_none());
    }
}

#[test]
fn a_message_is_large_by_what_is_held_or_missing() {
    const LARGE: usize = 16 * 1024;
    let mut decoder = Decoder::new(MessageLimits::default());
    assert!(!decoder.is_within(LARGE));
    // A small message that a read has cut is none.
    let small = client_frame(true, Opcode::Text, KEY, &[b'x'; 200]);
    feed(&mut decoder, &small[..100]);
    assert!(decoder.buffered() > 0);
    assert!(!decoder.is_within(LARGE));
    feed(&mut decoder, &small[100..]);
    // A header alone tells, and so do fragments.
    feed(&mut decoder, &announce(Opcode::Text, MIB));
    assert!(decoder.is_within(LARGE));
    let mut decoder = Decoder::new(MessageLimits::default());
    let fragment = client_frame(false, Opcode::Text, KEY, &[b'x'; LARGE / 2]);
    feed(&mut decoder, &fragment);
    assert!(!decoder.is_within(LARGE));
    let fragment = client_frame(false, Opcode::Continuation, KEY, &[b'x'; LARGE / 2]);
    feed(&mut decoder, &fragment);
    assert!(decoder.is_within(LARGE));
}
