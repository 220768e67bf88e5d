//! Round trips, and streams that are none.

use proptest::prelude::*;
use proptest::strategy::Strategy;

use super::*;

fn agreement(takeover: bool, server: u8, client: u8) -> Agreement {
    Agreement {
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        server_max_window_bits: Some(server),
        client_max_window_bits: Some(client),
    }
}

fn compress(compressor: &mut Compressor, message: &[u8], piece: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in message.chunks(piece) {
        compressor.push(piece, &mut out);
    }
    compressor.finish(&mut out);
    out
}

fn inflate(inflater: &mut Inflater, bytes: &[u8], piece: usize) -> Result<Vec<u8>, Corrupt> {
    let mut out = Vec::new();
    let mut sink = |bytes: &[u8]| {
        out.extend_from_slice(bytes);
        Ok(())
    };
    for piece in bytes.chunks(piece) {
        inflater.push(piece, &mut sink)?;
    }
    inflater.finish()?;
    Ok(out)
}

/// Inflates one message by itself.
fn inflate_one(bytes: &[u8]) -> Result<Vec<u8>, Corrupt> {
    let mut inflater = Inflater::new(&agreement(false, 15, 15), 100);
    inflate(&mut inflater, bytes, 1000)
}

/// Text that repeats itself at all distances.
fn words() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec!["alpha", "beta", "gamma", "\"n\":", "{}", "0123456789"]);
    prop::collection::vec(word, 0..2000).prop_map(|words| words.concat().into_bytes())
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![4 => words(), 1 => prop::collection::vec(any::<u8>(), 0..3000)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_was_compressed_is_inflated_to_the_same(
        messages in prop::collection::vec(message(), 1..5),
        takeover: bool,
        bits in 8_u8..=15,
        level in -1_i32..=9,
        mem_level in 1_i32..=9,
        strategy in prop::sample::select(vec![
            CompressionStrategy::Default,
            CompressionStrategy::Filtered,
            CompressionStrategy::HuffmanOnly,
            CompressionStrategy::Rle,
            CompressionStrategy::Fixed,
        ]),
        chunk in 64_usize..4000,
        pieces in (1_usize..5000, 1_usize..5000),
    ) {
        let agreement = agreement(takeover, bits, bits);
        let settings = CompressionSettings { level, mem_level, strategy, chunk, ..CompressionSettings::default() };
        let mut compressor = Compressor::new(&agreement, settings);
        let mut inflater = Inflater::new(&agreement, chunk);
        for message in messages {
            let bytes = compress(&mut compressor, &message, pieces.0);
            let back = inflate(&mut inflater, &bytes, pieces.1);
            prop_assert_eq!(back.as_deref(), Ok(&*message));
            prop_assert_eq!(compressor.state.is_some(), takeover);
            prop_assert_eq!(inflater.state.is_some(), takeover);
        }
    }

    #[test]
    fn noise_does_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..2000), takeover: bool) {
        let mut inflater = Inflater::new(&agreement(takeover, 15, 15), 64);
        let mut produced = 0;
        let mut sink = |bytes: &[u8]| -> Result<(), Corrupt> {
            produced += bytes.len();
            if produced > 100_000 { Err(Corrupt) } else { Ok(()) }
        };
        let _ = inflater.push(&bytes, &mut sink).and_then(|()| inflater.finish());
        prop_assert!(produced <= 100_000 + 64);
    }

    #[test]
    fn a_cut_message_is_corrupt(message in words(), cut: prop::sample::Index) {
        let mut compressor = Compressor::new(&agreement(false, 15, 15), CompressionSettings::default());
        let bytes = compress(&mut compressor, &message, 1000);
        let cut = cut.index(bytes.len());
        // Nothing at all counts as an empty message.
        prop_assert_eq!(inflate_one(&bytes[..cut]).is_ok(), cut == 0);
    }
}

#[test]
fn the_examples_of_the_rfc() {
    // RFC 7692 sections 7.2.3.1 to 7.2.3.6.
    let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    assert_eq!(inflate_one(&hello).unwrap(), b"Hello");
    let stored = [
        0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00,
    ];
    assert_eq!(inflate_one(&stored).unwrap(), b"Hello");
    let final_block = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
    assert_eq!(inflate_one(&final_block).unwrap(), b"Hello");
    let two_blocks = [
        0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00,
    ];
    assert_eq!(inflate_one(&two_blocks).unwrap(), b"Hello");
    assert_eq!(inflate_one(&[0x00]).unwrap(), b"");

    let agreement = agreement(true, 15, 15);
    let mut inflater = Inflater::new(&agreement, 100);
    assert_eq!(inflate(&mut inflater, &hello, 1).unwrap(), b"Hello");
    let shared = [0xf2, 0x00, 0x11, 0x00, 0x00];
    assert_eq!(inflate(&mut inflater, &shared, 1).unwrap(), b"Hello");

    let mut compressor = Compressor::new(&agreement, CompressionSettings::default());
    assert_eq!(compress(&mut compressor, b"Hello", 5), hello);
    assert_eq!(compress(&mut compressor, b"Hello", 5), shared);
    assert_eq!(compress(&mut compressor, b"", 5), [0x00]);
}

#[test]
fn what_a_sender_may_leave_out_is_not_missed() {
    let final_block_alone = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    assert_eq!(inflate_one(&final_block_alone).unwrap(), b"Hello");
    assert_eq!(inflate_one(&[]).unwrap(), b"");
    for takeover in [false, true] {
        let mut inflater = Inflater::new(&agreement(takeover, 15, 15), 100);
        for _ in 0..3 {
            assert_eq!(
                inflate(&mut inflater, &final_block_alone, 2).unwrap(),
                b"Hello"
            );
            assert_eq!(inflate(&mut inflater, &[], 2).unwrap(), b"");
        }
    }
}

#[test]
fn an_open_block_is_corrupt_under_context_takeover_too() {
    let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07];
    for takeover in [false, true] {
        for end in 1..hello.len() {
            let mut inflater = Inflater::new(&agreement(takeover, 15, 15), 100);
            let result = inflate(&mut inflater, &hello[..end], 100);
            assert_eq!(result, Err(Corrupt), "{end}");
        }
    }
}

#[test]
fn a_full_sink_ends_a_bomb_at_once() {
    let agreement = agreement(false, 15, 15);
    let mut compressor = Compressor::new(&agreement, CompressionSettings::default());
    let bomb = compress(&mut compressor, &vec![0; 50 << 20], 1 << 20);
    assert!(bomb.len() < 60_000, "{}", bomb.len());
    let mut produced = 0;
    let result = Inflater::new(&agreement, 4096).push(&bomb, &mut |bytes: &[u8]| {
        produced += bytes.len();
        if produced > 10_000 {
            Err(Corrupt)
        } else {
            Ok(())
        }
    });
    assert_eq!((result, produced), (Err(Corrupt), 3 * 4096));
}

#[test]
fn a_window_of_8_bits_is_kept_to() {
    // Matches at every distance up to 32 KiB are there to be found.
    let mut text = Vec::new();
    for distance in (3..400).step_by(2).chain((400..32_000).step_by(990)) {
        text.extend_from_slice(format!("<{distance:x}>").as_bytes());
        let start = text.len().saturating_sub(distance);
        let again = text[start..(start + 20).min(text.len())].to_vec();
        text.extend_from_slice(&again);
    }
    for level in [-1, 1, 2, 3, 4, 5, 6, 7, 8, 9] {
        for strategy in [CompressionStrategy::Default, CompressionStrategy::Fixed] {
            let settings = CompressionSettings {
                level,
                strategy,
                ..CompressionSettings::default()
            };
            let mut compressor = Compressor::new(&agreement(false, 8, 15), settings);
            let bytes = compress(&mut compressor, &text, text.len());
            let mut farthest = 0;
            let back =
                reference::inflate(&bytes, &mut |distance| farthest = farthest.max(distance));
            assert_eq!(back, text, "level {level}");
            assert!((200..=256).contains(&farthest), "level {level}: {farthest}");
        }
    }
}
