//! States and a buffer that all connections of a thread share: making a state costs more than
//! compressing a small message, and one for each connection would cost its memory.

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

/// A state for a message of its own, with the largest window: it inflates those of every window.
pub(super) fn take_inflate() -> Inflate {
    INFLATES
        .with_borrow_mut(Vec::pop)
        .unwrap_or_else(|| Inflate::new(false, MAX_WINDOW_BITS))
}

/// Gives a state back.
pub(super) fn put_inflate(mut state: Inflate) {
    INFLATES.with_borrow_mut(|kept| {
        if kept.len() < KEPT {
            state.reset(false);
            kept.push(state);
        }
    });
}

/// A state for a message of its own.
pub(super) fn take_deflate(settings: CompressionSettings) -> Deflate {
    DEFLATES.with_borrow_mut(
        |kept| match kept.iter().position(|(found, _)| *found == settings) {
            Some(index) => kept.swap_remove(index).1,
            None => settings.make(),
        },
    )
}

/// Gives a state back; of other settings than those used last, one is forgotten for it.
pub(super) fn put_deflate(settings: CompressionSettings, mut state: Deflate) {
    state.reset();
    DEFLATES.with_borrow_mut(|kept| {
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push((settings, state));
    });
}

/// Lends a buffer of `len` bytes, whatever is in it.
pub(super) fn with_scratch<T>(len: usize, use_it: impl FnOnce(&mut [u8]) -> T) -> T {
    // Taken, not borrowed: whoever uses it may call here again.
    let mut scratch = SCRATCH.take();
    scratch.resize(scratch.len().max(len), 0);
    let result = use_it(&mut scratch[..len]);
    SCRATCH.set(scratch);
    result
}
