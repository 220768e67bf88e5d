//! permessage-deflate. However a peer's compressed messages are cut, they inflate to the same bytes, or to the same
//! error. Nothing is inflated after an error or beyond the limit. What was compressed inflates to the original. Offers
//! are accepted by the rules, whatever they contain.

use line_socket_core::{
    Agreement, CompressionPolicy, CompressionSettings, Compressor, Corrupt, Decoder, Inflater,
    MessageLimits, ProtocolError, WindowBits,
};

use crate::cuts::Cuts;

/// Most bytes a message may inflate to here.
const LIMIT: usize = 1 << 16;

/// The first byte chooses the parameters and what is done with the rest.
pub fn run(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    let takeover = first & 1 != 0;
    let window_bits = 8 + (first >> 1 & 7);
    let agreement = Agreement {
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        server_max_window_bits: Some(window_bits),
        client_max_window_bits: Some(window_bits),
    };
    match first >> 4 & 3 {
        0 => inflate_in_pieces(agreement, rest),
        1 => compress_and_inflate(agreement, rest),
        2 => decode(agreement, rest),
        _ => negotiate(takeover, window_bits, rest),
    }
}

/// What was inflated of messages, and the error it ended with.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    out: Vec<u8>,
    error: Option<Failure>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    Corrupt,
    TooBig,
}

impl From<Corrupt> for Failure {
    fn from(_: Corrupt) -> Self {
        Self::Corrupt
    }
}

/// The same message three times, however it is cut.
fn inflate_in_pieces(agreement: Agreement, data: &[u8]) {
    let (cuts, message) = Cuts::take(data);
    let whole = inflate(agreement, message, &[message.len()]);
    let ends: Vec<usize> = cuts.ends(message.len()).collect();
    let cut = inflate(agreement, message, &ends);
    // When a message fails, its pieces may give bytes that the whole does not.
    assert_eq!(cut.error, whole.error);
    if whole.error.is_none() {
        assert_eq!(cut.out, whole.out);
    }
}

fn inflate(agreement: Agreement, message: &[u8], ends: &[usize]) -> Outcome {
    let mut inflater = Inflater::new(&agreement, 777);
    let mut out = Vec::new();
    let mut error = None;
    for _ in 0..3 {
        let before = out.len();
        let mut sink = |bytes: &[u8]| {
            out.extend_from_slice(bytes);
            if out.len() - before > LIMIT {
                return Err(Failure::TooBig);
            }
            Ok(())
        };
        let mut start = 0;
        let pushed = ends.iter().try_for_each(|&end| {
            let piece = &message[start..end];
            start = end;
            inflater.push(piece, &mut sink)
        });
        if let Err(failure) = pushed.and_then(|()| Ok(inflater.finish()?)) {
            error = Some(failure);
            break;
        }
    }
    assert!(out.len() <= 3 * LIMIT + 777);
    Outcome { out, error }
}

/// Messages are compressed in pieces and inflate to what they were.
fn compress_and_inflate(agreement: Agreement, data: &[u8]) {
    let Some((&settings, rest)) = data.split_first() else {
        return;
    };
    let settings = CompressionSettings {
        level: i32::from(settings % 11) - 1,
        mem_level: 1 + i32::from(settings / 11 % 9),
        chunk: 64,
        ..CompressionSettings::default()
    };
    let (cuts, message) = Cuts::take(rest);
    let mut compressor = Compressor::new(&agreement, settings);
    let mut inflater = Inflater::new(&agreement, 100);
    for repeats in [1, 3] {
        let message = message.repeat(repeats);
        let mut compressed = Vec::new();
        let mut start = 0;
        for end in cuts.ends(message.len()) {
            compressor.push(&message[start..end], &mut compressed);
            start = end;
        }
        compressor.finish(&mut compressed);
        let mut out = Vec::new();
        let mut sink = |bytes: &[u8]| -> Result<(), Corrupt> {
            out.extend_from_slice(bytes);
            Ok(())
        };
        inflater.push(&compressed, &mut sink).unwrap();
        inflater.finish().unwrap();
        assert_eq!(out, message);
    }
}

/// A decoder that inflates holds no more than the limit on a message, and its errors are errors of the protocol.
fn decode(agreement: Agreement, wire: &[u8]) {
    let limits = MessageLimits {
        max_message: LIMIT,
        ..MessageLimits::default()
    };
    let mut decoder = Decoder::new(limits).inflating(Inflater::new(&agreement, 1000));
    let mut bytes = wire.to_vec();
    let mut rest = bytes.as_mut_slice();
    while !rest.is_empty() {
        let consumed = match decoder.decode(rest) {
            Ok(step) => step.consumed,
            Err(error) => {
                assert!(matches!(error.close_code(), 1002 | 1007 | 1009));
                assert!(!matches!(error, ProtocolError::CorruptData) || error.close_code() == 1007);
                assert_eq!(decoder.buffered(), 0);
                return;
            }
        };
        assert!(consumed > 0);
        // Twice the limit: text and binary data grow by doubling.
        assert!(decoder.buffered() <= 2 * LIMIT + 1000);
        rest = &mut rest[consumed..];
    }
}

/// An agreement keeps to the policy, and to what the header says at all.
fn negotiate(takeover: bool, window_bits: u8, data: &[u8]) {
    let header: String = data.iter().copied().map(char::from).collect();
    let policy = CompressionPolicy {
        server_takeover: takeover,
        client_takeover: takeover,
        server_max_window_bits: WindowBits::AtMost(window_bits),
        client_max_window_bits: WindowBits::Any,
        ..CompressionPolicy::default()
    };
    let Ok(Some(agreement)) = policy.negotiate(&header) else {
        return;
    };
    assert!(header.contains("permessage-deflate"));
    assert!(takeover || agreement.server_no_context_takeover);
    assert_eq!(agreement.client_no_context_takeover, !takeover);
    let server = agreement.server_max_window_bits.unwrap();
    assert!((8..=window_bits).contains(&server));
    if let Some(client) = agreement.client_max_window_bits {
        assert!((8..=15).contains(&client));
        assert!(header.contains("client_max_window_bits"));
    }
    // The agreement, sent as an offer, is agreed to unchanged.
    let again = policy.negotiate(&agreement.to_string()).unwrap();
    assert_eq!(again, Some(agreement));
}
