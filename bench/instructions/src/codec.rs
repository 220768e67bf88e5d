//! Frames in and out.

use std::hint::black_box;

use line_socket_core::{Decoder, Event, MessageLimits, Opcode, push_frame};

use crate::inputs::{Size, client_frame, request};

/// Decodes a frame that one read brought whole.
pub fn decode_whole(size: Size, iterations: usize) -> usize {
    let mut frame = client_frame(size);
    let mut decoder = Decoder::new(MessageLimits::default());
    (0..iterations)
        .map(|_| decode(&mut decoder, black_box(&mut frame)))
        .sum()
}

/// Decodes a frame that two reads brought, cut in the middle of its payload.
pub fn decode_cut(size: Size, iterations: usize) -> usize {
    let mut frame = client_frame(size);
    let middle = frame.len() / 2;
    let mut decoder = Decoder::new(MessageLimits::default());
    (0..iterations)
        .map(|_| {
            let (first, second) = black_box(&mut frame).split_at_mut(middle);
            decode(&mut decoder, first) + decode(&mut decoder, second)
        })
        .sum()
}

/// Decodes all of `input`; returns the text messages in it.
fn decode(decoder: &mut Decoder, input: &mut [u8]) -> usize {
    let mut messages = 0;
    let mut rest = input;
    while !rest.is_empty() {
        let Ok(step) = decoder.decode(rest) else {
            return messages;
        };
        let consumed = step.consumed;
        if let Some(Event::Text(text)) = step.event {
            black_box(&text);
            messages += 1;
        }
        rest = &mut rest[consumed..];
    }
    messages
}

/// Frames a message into an out buffer that has been used before.
pub fn encode(size: Size, iterations: usize) -> usize {
    let message = request(size);
    let mut out = Vec::new();
    (0..iterations)
        .filter(|_| {
            out.clear();
            push_frame(&mut out, Opcode::Text, black_box(message.as_bytes()));
            black_box(&out).len() > message.len()
        })
        .count()
}
