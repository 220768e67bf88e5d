//! Envelopes read and written.

use std::hint::black_box;

use line_socket_core::{push_response, scan_envelope};

use crate::inputs::{Size, payload, request};

/// Finds the parts of a request.
pub fn scan(size: Size, iterations: usize) -> usize {
    let text = request(size);
    (0..iterations)
        .filter(|_| {
            black_box(scan_envelope(black_box(&text))).is_ok_and(|found| found.id.is_some())
        })
        .count()
}

/// Writes a resolved response into a buffer that has been used before.
pub fn respond(size: Size, iterations: usize) -> usize {
    let payload = payload(size);
    let mut out = Vec::new();
    (0..iterations)
        .filter(|_| {
            out.clear();
            let payload = black_box(payload.as_bytes());
            push_response(&mut out, Some(payload), black_box(br#""1f4c6f9d""#));
            black_box(&out).len() > payload.len()
        })
        .count()
}
