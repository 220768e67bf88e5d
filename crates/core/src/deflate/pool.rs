//! States of zlib and a buffer that all connections of a thread share. Making a state costs more than
//! compressing a small message, and a state for each connection would cost too much memory.

use std::cell::{Cell, RefCell};

use zlib_rs::{Deflate, Inflate};

use super::agreement::MAX_WINDOW_BITS;
use super::settings::CompressionSettings;

/// States of each kind that a thread keeps; more are in use only while messages arrive in pieces.
const KEPT: usize = 4;

thread_local! {
    static INFLATES: RefCell<Vec<Inflate>> = const { RefCell::new(Vec::new()) };
    static DEFLATES: RefCell<Vec<(CompressionSettings, Deflate)>> = const { RefCell::new(Vec::new()) };
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Takes a state for one message, or makes one. Its window is the largest, so that it inflates messages of
/// every window.
pub(super) fn take_inflate() -> Inflate {
    INFLATES
        .with_borrow_mut(Vec::pop)
        .unwrap_or_else(|| Inflate::new(false, MAX_WINDOW_BITS))
}

/// Puts a state back.
pub(super) fn put_inflate(mut state: Inflate) {
    INFLATES.with_borrow_mut(|kept| {
        if kept.len() < KEPT {
            state.reset(false);
            kept.push(state);
        }
    });
}

/// Takes a state for one message, or makes one.
pub(super) fn take_deflate(settings: CompressionSettings) -> Deflate {
    DEFLATES.with_borrow_mut(
        |kept| match kept.iter().position(|(found, _)| *found == settings) {
            Some(index) => kept.swap_remove(index).1,
            None => settings.make(),
        },
    )
}

/// Puts a state back. If the thread keeps enough already, the one that was put back first is dropped.
pub(super) fn put_deflate(settings: CompressionSettings, mut state: Deflate) {
    state.reset();
    DEFLATES.with_borrow_mut(|kept| {
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push((settings, state));
    });
}

/// Lends a buffer of `len` bytes with arbitrary contents.
pub(super) fn with_scratch<T>(len: usize, use_it: impl FnOnce(&mut [u8]) -> T) -> T {
    // It is taken, not borrowed, because `use_it` may call this function again.
    let mut scratch = SCRATCH.take();
    scratch.resize(scratch.len().max(len), 0);
    let result = use_it(&mut scratch[..len]);
    SCRATCH.set(scratch);
    result
}
