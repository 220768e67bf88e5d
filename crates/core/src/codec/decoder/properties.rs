//! Properties that hold for every conversation and every way to cut it.

use proptest::prelude::*;

use super::*;
use crate::codec::testing::{client_frame, decode_in_pieces};

/// What a client sends, and what must come out.
#[derive(Debug, Clone)]
struct Exchange {
    wire: Vec<u8>,
    events: Vec<Event<'static>>,
}

fn control() -> impl Strategy<Value = Event<'static>> {
    (any::<bool>(), prop::collection::vec(any::<u8>(), 0..=125)).prop_map(|(is_ping, payload)| {
        if is_ping {
            Event::Ping(Cow::Owned(payload))
        } else {
            Event::Pong(Cow::Owned(payload))
        }
    })
}

/// Mostly short messages; some need a 16-bit length, a few a 64-bit one.
fn message() -> impl Strategy<Value = Event<'static>> {
    let repeat = prop_oneof![8 => 1_usize..3, 2 => 10_usize..60, 1 => 2000_usize..3000];
    let text = (".{0,40}", repeat.clone())
        .prop_map(|(text, times)| Event::Text(Cow::Owned(text.repeat(times))));
    let bytes = prop::collection::vec(any::<u8>(), 0..40);
    let binary =
        (bytes, repeat).prop_map(|(bytes, times)| Event::Binary(Cow::Owned(bytes.repeat(times))));
    prop_oneof![text, binary]
}

/// One message in fragments, each of them with control frames before it.
fn exchange() -> impl Strategy<Value = Exchange> {
    let fragment = (
        any::<prop::sample::Index>(),
        any::<[u8; 4]>(),
        prop::collection::vec(control(), 0..2),
    );
    (message(), prop::collection::vec(fragment, 1..5)).prop_map(|(message, mut fragments)| {
        let (first, payload) = match &message {
            Event::Text(text) => (Opcode::Text, text.as_bytes()),
            Event::Binary(bytes) => (Opcode::Binary, &**bytes),
            other => unreachable!("not a message: {other:?}"),
        };
        fragments.sort_by_key(|(end, ..)| end.index(payload.len() + 1));
        let last = fragments.len() - 1;
        let mut wire = Vec::new();
        let mut events = Vec::new();
        let mut start = 0;
        for (i, (end, key, controls)) in fragments.into_iter().enumerate() {
            for event in controls {
                wire.extend(match &event {
                    Event::Ping(payload) => client_frame(true, Opcode::Ping, key, payload),
                    Event::Pong(payload) => client_frame(true, Opcode::Pong, key, payload),
                    other => unreachable!("not a control frame: {other:?}"),
                });
                events.push(event);
            }
            let end = if i == last {
                payload.len()
            } else {
                end.index(payload.len() + 1)
            };
            let opcode = if i == 0 { first } else { Opcode::Continuation };
            wire.extend(client_frame(i == last, opcode, key, &payload[start..end]));
            start = end;
        }
        events.push(message);
        Exchange { wire, events }
    })
}

fn conversation() -> impl Strategy<Value = Exchange> {
    prop::collection::vec(exchange(), 1..4).prop_map(|exchanges| Exchange {
        wire: exchanges.iter().flat_map(|e| e.wire.clone()).collect(),
        events: exchanges.into_iter().flat_map(|e| e.events).collect(),
    })
}

/// Sizes of reads, of bytes at a time as well as of whole frames.
fn reads() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(prop_oneof![1_usize..10, 1_usize..5000], 1..12)
}

fn decode(wire: &[u8], reads: &[usize]) -> (Vec<Event<'static>>, Option<ProtocolError>) {
    // A limit within reach of the messages above, so that broken lengths meet it as well.
    let limits = MessageLimits {
        max_message: 1 << 20,
        ..MessageLimits::default()
    };
    decode_in_pieces(&mut Decoder::new(limits), wire, reads)
}

proptest! {
    #[test]
    fn what_is_sent_arrives_however_it_is_cut(sent in conversation(), reads in reads()) {
        let (events, error) = decode(&sent.wire, &[]);
        prop_assert_eq!(error, None);
        prop_assert_eq!(&events, &sent.events);
        prop_assert_eq!(decode(&sent.wire, &reads), (events, None));
    }

    #[test]
    fn a_broken_conversation_ends_the_same_however_it_is_cut(
        sent in conversation(),
        broken in any::<prop::sample::Index>(),
        flipped in 1_u8..,
        reads in reads(),
    ) {
        let mut wire = sent.wire;
        let broken = broken.index(wire.len());
        wire[broken] ^= flipped;
        prop_assert_eq!(decode(&wire, &reads), decode(&wire, &[]));
    }

    #[test]
    fn random_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        reads in reads(),
    ) {
        prop_assert_eq!(decode(&bytes, &reads), decode(&bytes, &[]));
    }

    /// A caller that does not stop after an error gets nonsense, but no panic.
    #[test]
    fn bytes_after_an_error_never_panic(
        starts in prop::collection::vec((0x80_u8..0x8b, 0x80_u8.., any::<[u8; 20]>()), 1..20),
        size in 1_usize..30,
    ) {
        let mut decoder = Decoder::new(MessageLimits::default());
        let bytes: Vec<u8> = starts
            .into_iter()
            .flat_map(|(first, second, rest)| [&[first, second], &rest[..]].concat())
            .collect();
        for piece in bytes.chunks(size) {
            decode_in_pieces(&mut decoder, piece, &[]);
            prop_assert!(decoder.buffered() <= 2 * bytes.len() + 128);
        }
    }
}
