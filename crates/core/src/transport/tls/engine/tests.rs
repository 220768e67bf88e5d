use std::io::Write as _;

use proptest::prelude::*;
use rustls::{AlertDescription, Error};
use tokio::io::ReadBuf;

use super::*;
use crate::transport::tls::testing::{
    ClientOptions, client, encrypted, engine, pair, receive, sent, take,
};

fn both() -> [ClientOptions; 2] {
    [ClientOptions::default(), ClientOptions::tls12()]
}

/// A record as it travels: content type, version, length, content.
fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let mut record = vec![kind, 3, 3];
    record.extend_from_slice(&(content.len() as u16).to_be_bytes());
    record.extend_from_slice(content);
    record
}

#[test]
fn bytes_travel_both_ways_in_both_versions() {
    for options in both() {
        let (mut engine, mut client) = pair(&options);
        let hello = encrypted(&mut client, b"hello");
        assert_eq!(receive(&mut engine, hello).unwrap(), b"hello");
        engine.seal(b"yourself").unwrap();
        let out = engine.take_out();
        assert_eq!(take(&mut client, &out).unwrap(), b"yourself");
    }
}

#[test]
fn a_handshake_and_data_may_come_byte_by_byte() {
    for options in both() {
        let mut engine = engine();
        let mut client = client(&options);
        let mut plain = Vec::new();
        client.writer().write_all(b"early bird").unwrap();
        for _ in 0..3 {
            for byte in sent(&mut client) {
                plain.extend(receive(&mut engine, vec![byte]).unwrap());
            }
            let answer = engine.take_out();
            take(&mut client, &answer).unwrap();
        }
        assert_eq!(plain, b"early bird");
    }
}

#[test]
fn what_finds_no_room_waits_in_order() {
    let (mut engine, mut client) = pair(&ClientOptions::default());
    let text: Vec<u8> = (0..100_000_u32).map(|n| n as u8).collect();
    let mut bytes = Vec::new();
    for part in text.chunks(10_000) {
        bytes.extend(encrypted(&mut client, part));
    }
    let mut room = [0; 15_000];
    let mut target = ReadBuf::new(&mut room);
    engine.receive(&mut bytes, &mut target).unwrap();
    let mut all = target.filled().to_vec();
    assert_eq!(all.len(), 15_000);
    loop {
        target.clear();
        if !engine.take_plain(&mut target) {
            break;
        }
        all.extend_from_slice(target.filled());
    }
    assert_eq!(all, text);
}

#[test]
fn large_plaintext_is_sealed_in_as_many_records_as_it_needs() {
    for options in both() {
        let (mut engine, mut client) = pair(&options);
        for length in [1, RECORD - 1, RECORD, RECORD + 1, 64 * 1024, 300_001] {
            let text = vec![b'x'; length];
            engine.seal(&text).unwrap();
            let out = engine.take_out();
            assert_eq!(take(&mut client, &out).unwrap(), text);
        }
    }
}

#[test]
fn an_engine_at_rest_holds_no_buffer() {
    for options in both() {
        let (mut engine, mut client) = pair(&options);
        let large = encrypted(&mut client, &vec![0; 50_000]);
        let (first, second) = large.split_at(20_000);
        receive(&mut engine, first.to_vec()).unwrap();
        receive(&mut engine, second.to_vec()).unwrap();
        engine.seal(&vec![0; 50_000]).unwrap();
        let length = engine.out().len();
        engine.advance(length - 1);
        assert_eq!(engine.out().len(), 1);
        engine.advance(1);
        let held = [&engine.partial, &engine.plain, &engine.out].map(Vec::capacity);
        assert_eq!(held, [0, 0, 0]);
    }
}

#[test]
fn the_ends_are_told_apart_from_a_cut() {
    for options in both() {
        let (mut engine, mut client) = pair(&options);
        let mut last = encrypted(&mut client, b"last");
        client.send_close_notify();
        last.extend(sent(&mut client));
        last.extend_from_slice(b"what follows does not count");
        assert_eq!(receive(&mut engine, last).unwrap(), b"last");
        assert!(engine.is_peer_closed());
        // Our side may go on until it ends too.
        engine.seal(b"bye").unwrap();
        engine.seal_end().unwrap();
        let mut out = &*engine.take_out();
        client.read_tls(&mut out).unwrap();
        let state = client.process_new_packets().unwrap();
        assert!(state.peer_has_closed());
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut client.reader(), &mut text).unwrap();
        assert_eq!(text, b"bye");
    }
}

#[test]
fn nothing_is_sealed_before_the_handshake() {
    let mut engine = engine();
    assert!(engine.seal(b"too early").is_err());
}

#[test]
fn http_and_garbage_are_answered_with_an_alert() {
    for bytes in [
        &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..],
        &[0; 100],
        &[0xff; 100],
    ] {
        let mut engine = engine();
        assert!(receive(&mut engine, bytes.to_vec()).is_err());
        assert!(engine.is_broken());
        let out = engine.take_out();
        assert_eq!((out.first(), out.len()), (Some(&21), 7), "an alert record");
        assert!(engine.seal(b"data").is_err());
        assert!(engine.seal_end().is_err());
        assert_eq!(receive(&mut engine, bytes.to_vec()).unwrap(), b"");
        assert_eq!(engine.out(), b"");
    }
}

#[test]
fn a_changed_record_ends_the_connection() {
    for options in both() {
        let (mut engine, mut client) = pair(&options);
        let mut bytes = encrypted(&mut client, b"true");
        *bytes.last_mut().unwrap() ^= 1;
        assert!(receive(&mut engine, bytes).is_err());
        let out = engine.take_out();
        let seen = take(&mut client, &out).unwrap_err();
        assert_eq!(seen, Error::AlertReceived(AlertDescription::BadRecordMac));
    }
}

#[test]
fn a_record_that_claims_too_much_is_refused_by_its_header() {
    for options in both() {
        let (mut engine, _) = pair(&options);
        let header = vec![23, 3, 3, 0xff, 0xff];
        assert!(receive(&mut engine, header).is_err());
        assert_eq!(engine.partial.capacity(), 0);
    }
}

#[test]
fn a_handshake_message_in_countless_records_is_cut_off() {
    let mut engine = engine();
    // A ClientHello of 60,000 bytes, one byte a record.
    let mut message = vec![1, 0, 0xea, 0x60];
    message.resize(60_000, 0);
    let result = message
        .chunks(1)
        .map(|byte| record(22, byte))
        .collect::<Vec<_>>()
        .chunks(100)
        .try_for_each(|records| receive(&mut engine, records.concat()).map(drop));
    assert!(result.is_err());
    assert_eq!(engine.partial.capacity(), 0);
}

#[test]
fn sealing_goes_on_while_part_of_a_record_is_there() {
    for options in both() {
        let (mut engine, mut client) = pair(&options);
        let mut rest = encrypted(&mut client, b"cut in pieces");
        while !rest.is_empty() {
            let plain = receive(&mut engine, vec![rest.remove(0)]).unwrap();
            assert_eq!(plain.is_empty(), !rest.is_empty());
            engine.seal(b"meanwhile").unwrap();
            let out = engine.take_out();
            assert_eq!(take(&mut client, &out).unwrap(), b"meanwhile");
        }
    }
}

#[test]
fn key_updates_do_not_pile_up_answers() {
    let (mut engine, mut client) = pair(&ClientOptions::default());
    for round in 0..1000 {
        client.refresh_traffic_keys().unwrap();
        let bytes = encrypted(&mut client, b"x");
        assert_eq!(receive(&mut engine, bytes).unwrap(), b"x", "round {round}");
    }
    assert!(engine.out().len() < 1000, "{} bytes", engine.out().len());
    engine.seal(b"still there").unwrap();
    let out = engine.take_out();
    assert_eq!(take(&mut client, &out).unwrap(), b"still there");
}

proptest! {
    /// Whatever comes at whatever moment is refused or taken, without a panic.
    #[test]
    fn any_bytes_are_survived(
        tls12 in any::<bool>(),
        in_handshake in any::<bool>(),
        parts in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..300),
                (20_u8..25, prop::collection::vec(any::<u8>(), 0..300))
                    .prop_map(|(kind, content)| record(kind, &content)),
            ],
            1..6,
        ),
    ) {
        let options = if tls12 { ClientOptions::tls12() } else { ClientOptions::default() };
        let mut engine = if in_handshake {
            let mut engine = engine();
            let hello = sent(&mut client(&options));
            receive(&mut engine, hello).unwrap();
            engine
        } else {
            pair(&options).0
        };
        for part in parts {
            let _ = receive(&mut engine, part);
            let _ = engine.seal(b"something");
        }
        let _ = engine.seal_end();
    }

    /// However a stream is cut, and one bit of it changed, what comes out is the beginning of what
    /// went in.
    #[test]
    fn a_changed_bit_never_changes_plaintext(
        tls12 in any::<bool>(),
        cuts in prop::collection::vec(1_usize..400, 1..20),
        flipped in prop::option::of((0_usize..600, 0_u8..8)),
    ) {
        let options = if tls12 { ClientOptions::tls12() } else { ClientOptions::default() };
        let (mut engine, mut client) = pair(&options);
        let text = vec![b'a'; 400];
        let mut bytes = encrypted(&mut client, &text[..100]);
        bytes.extend(encrypted(&mut client, &text[100..]));
        if let Some((at, bit)) = flipped {
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
        }
        let mut plain = Vec::new();
        let mut rest = &bytes[..];
        for cut in cuts.into_iter().chain([usize::MAX]) {
            let (part, next) = rest.split_at(cut.min(rest.len()));
            rest = next;
            match receive(&mut engine, part.to_vec()) {
                Ok(more) => plain.extend(more),
                Err(_) => break,
            }
            let _ = engine.seal(b"meanwhile");
        }
        prop_assert!(text.starts_with(&plain));
        if flipped.is_none() {
            prop_assert_eq!(plain.len(), text.len());
        }
    }
}
