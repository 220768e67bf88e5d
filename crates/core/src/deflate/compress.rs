//! Our messages, compressed (RFC 7692 section 7.2.1).

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Status};

pub use zlib_rs::Strategy;

use super::agreement::{Agreement, MAX_WINDOW_BITS};
use super::{TAIL, pool};

/// How the server compresses: the parameters of zlib.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// -1 (zlib's own choice, 6), 0 (none) to 9 (smallest). Default -1.
    pub level: i32,
    /// 1 (least memory) to 9. Default 8.
    pub mem_level: i32,
    /// What kind of data it is tuned for.
    pub strategy: Strategy,
    /// Bits of the window, 8 to 15, if not less are agreed on. Default 15.
    pub window_bits: u8,
    /// Bytes of output made at a time. Default 16 KiB.
    pub chunk: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            level: -1,
            mem_level: 8,
            strategy: Strategy::Default,
            window_bits: MAX_WINDOW_BITS,
            chunk: 16 * 1024,
        }
    }
}

impl Settings {
    /// A state for these settings.
    pub(super) fn make(&self) -> Deflate {
        // zlib has no window of 8 bits. Its window of 9 will do: it refers back by less than the
        // window, by the 262 bytes it looks ahead, so by 250 at most.
        let bits = i32::from(self.window_bits.max(9));
        Deflate::new_with_config(DeflateConfig {
            level: self.level,
            // Raw deflate, without zlib's header.
            window_bits: -bits,
            mem_level: self.mem_level,
            strategy: self.strategy,
            ..DeflateConfig::default()
        })
    }
}

/// Compresses the messages of one connection, one after the other.
///
/// Holds memory during a message, and between messages only under context takeover.
pub struct Compressor {
    settings: Settings,
    takeover: bool,
    /// Between messages under context takeover only.
    pub(super) state: Option<Deflate>,
}

impl Compressor {
    /// For the server's side of an agreement.
    pub fn new(agreement: &Agreement, settings: Settings) -> Self {
        let agreed = agreement.server_max_window_bits.unwrap_or(MAX_WINDOW_BITS);
        Self {
            settings: Settings {
                window_bits: settings.window_bits.min(agreed),
                ..settings
            },
            takeover: !agreement.server_no_context_takeover,
            state: None,
        }
    }

    /// Whether messages depend on those before them: then each one that was begun must be sent, in
    /// order, and to this connection alone.
    pub fn has_takeover(&self) -> bool {
        self.takeover
    }

    /// What the bytes of a message depend on, without context takeover.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// Appends to `out` what `input`, the next part of the message, gives by now.
    pub fn push(&mut self, input: &[u8], out: &mut Vec<u8>) {
        self.run(input, out, DeflateFlush::NoFlush);
    }

    /// Appends the rest of the message, of which `out` holds everything so far.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.run(&[], out, DeflateFlush::SyncFlush);
        if out.ends_with(&TAIL) {
            out.truncate(out.len() - TAIL.len());
        }
        if out.is_empty() {
            // No input at all: zlib sees nothing to flush (section 7.2.3.6).
            out.push(0);
        }
        if !self.takeover
            && let Some(state) = self.state.take()
        {
            pool::put_deflate(self.settings, state);
        }
    }

    fn run(&mut self, mut input: &[u8], out: &mut Vec<u8>, flush: DeflateFlush) {
        let settings = self.settings;
        let takeover = self.takeover;
        let state = self.state.get_or_insert_with(|| {
            if takeover {
                settings.make()
            } else {
                pool::take_deflate(settings)
            }
        });
        pool::with_scratch(settings.chunk, |scratch| {
            loop {
                let (read, written) = (state.total_in(), state.total_out());
                let status = state.compress(input, scratch, flush);
                let read = (state.total_in() - read) as usize;
                let written = (state.total_out() - written) as usize;
                out.extend_from_slice(&scratch[..written]);
                input = &input[read..];
                // Room was left over: nothing more comes. The state is valid and the buffers are not
                // empty, so there is no error to expect; but one must not be waited on for ever.
                if written < scratch.len() && input.is_empty() || !matches!(status, Ok(Status::Ok))
                {
                    break;
                }
            }
        });
    }
}
