//! Our messages, compressed (RFC 7692 section 7.2.1).

use zlib_rs::{Deflate, DeflateFlush, Status};

use super::agreement::{Agreement, MAX_WINDOW_BITS, TAIL};
use super::pool;
use super::settings::CompressionSettings;

/// Compresses the messages of one connection, one after the other.
///
/// It holds memory during a message, and between messages only under context takeover.
pub struct Compressor {
    settings: CompressionSettings,
    takeover: bool,
    /// The state of zlib; between messages only under context takeover.
    pub(super) state: Option<Deflate>,
}

impl Compressor {
    /// For the server's side of an agreement.
    pub fn new(agreement: &Agreement, settings: CompressionSettings) -> Self {
        let agreed = agreement.server_max_window_bits.unwrap_or(MAX_WINDOW_BITS);
        Self {
            settings: CompressionSettings {
                window_bits: settings.window_bits.min(agreed),
                ..settings
            },
            takeover: !agreement.server_no_context_takeover,
            state: None,
        }
    }

    /// Whether messages depend on those before them. Then each message that was begun must be sent, in order, and
    /// to this connection alone.
    pub fn has_takeover(&self) -> bool {
        self.takeover
    }

    /// What the bytes of a message depend on, without context takeover.
    pub fn settings(&self) -> CompressionSettings {
        self.settings
    }

    /// Compresses `input`, the next part of the message, and appends to `out` what zlib gives by now.
    pub fn push(&mut self, input: &[u8], out: &mut Vec<u8>) {
        self.run(input, out, DeflateFlush::NoFlush);
    }

    /// Ends the message: appends the rest of it to `out`, which has everything before.
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
                // Room was left over, so zlib has nothing more to give. The state is valid and the buffers are not
                // empty, so no error is expected; but the loop must end if there is one.
                if written < scratch.len() && input.is_empty() || !matches!(status, Ok(Status::Ok))
                {
                    break;
                }
            }
        });
    }
}
