//! A peer's messages, inflated as they arrive (RFC 7692 section 7.2.2).

use zlib_rs::{Inflate, InflateFlush, Status};

use super::agreement::{Agreement, MAX_WINDOW_BITS, TAIL};
use super::pool;

/// The bytes are not a deflate stream, or end within a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("compressed data is corrupt")]
pub struct Corrupt;

/// Inflates the messages of one connection, one after the other.
///
/// Inflated bytes go to the caller piece by piece. None of them is kept here, and nothing is allocated by a
/// length that the peer merely claims. Between messages a window is held only under context takeover.
pub struct Inflater {
    takeover: bool,
    window_bits: u8,
    chunk: usize,
    /// The state of zlib; between messages only under context takeover.
    pub(super) state: Option<Inflate>,
    /// Bytes of the message have arrived.
    begun: bool,
    /// The stream has ended by a final block, which a message may hold (section 7.2.3.4).
    ended: bool,
}

impl Inflater {
    /// An inflater for the client's side of an agreement, which gives at most `chunk` bytes at a time.
    pub fn new(agreement: &Agreement, chunk: usize) -> Self {
        Self {
            takeover: !agreement.client_no_context_takeover,
            window_bits: agreement.client_max_window_bits.unwrap_or(MAX_WINDOW_BITS),
            chunk,
            state: None,
            begun: false,
            ended: false,
        }
    }

    /// Inflates all of the next part of a message. `sink` gets the inflated bytes; it returns an error when
    /// it accepts no more, which ends inflating.
    ///
    /// # Errors
    ///
    /// [`Corrupt`], and the error of `sink`. The connection cannot go on after either.
    pub fn push<E: From<Corrupt>>(
        &mut self,
        mut input: &[u8],
        sink: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.begun |= !input.is_empty();
        while !input.is_empty() {
            if self.ended {
                // The message goes on behind a final block. The window before the block is not kept: a later
                // reference to it is an error, as with every server that uses zlib.
                self.ended = false;
                self.state().reset(false);
            }
            let read = self.run(input, InflateFlush::SyncFlush, sink)?;
            if read == 0 {
                return Err(Corrupt.into());
            }
            input = &input[read..];
        }
        Ok(())
    }

    /// Ends a message whose last part has been pushed; nothing more comes out.
    ///
    /// # Errors
    ///
    /// [`Corrupt`] when the message ends within a block.
    pub fn finish(&mut self) -> Result<(), Corrupt> {
        // Without any bytes, or right behind a final block, no block is open. Some senders leave out the
        // byte that they should send there; they are understood.
        if std::mem::take(&mut self.begun) && !self.ended {
            // The tail must end a block: inflating stops there and leaves the byte behind it. It must not give
            // any byte: such a byte would belong to a block that was cut.
            let [a, b, c, d] = TAIL;
            let mut nothing = |_: &[u8]| Err(Corrupt);
            let read = self.run(&[a, b, c, d, 0], InflateFlush::Block, &mut nothing)?;
            if read != TAIL.len() || self.ended {
                return Err(Corrupt);
            }
        }
        if !self.takeover
            && let Some(state) = self.state.take()
        {
            self.ended = false;
            pool::put_inflate(state);
        }
        Ok(())
    }

    /// Inflates until `input` gives no more. Returns how many of its bytes were consumed.
    fn run<E: From<Corrupt>>(
        &mut self,
        input: &[u8],
        flush: InflateFlush,
        sink: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<usize, E> {
        let chunk = self.chunk;
        let mut rest = input;
        let mut ended = false;
        let state = self.state();
        pool::with_scratch(chunk, |scratch| {
            loop {
                let (read, written) = (state.total_in(), state.total_out());
                let status = state
                    .decompress(rest, scratch, flush)
                    .map_err(|_| Corrupt)?;
                let read = (state.total_in() - read) as usize;
                let written = (state.total_out() - written) as usize;
                rest = &rest[read..];
                if written > 0 {
                    sink(&scratch[..written])?;
                }
                ended = status == Status::StreamEnd;
                // Room was left over: this input gives nothing more.
                if ended || written < scratch.len() {
                    return Ok(());
                }
            }
        })
        .map(|()| {
            self.ended = ended;
            input.len() - rest.len()
        })
    }

    fn state(&mut self) -> &mut Inflate {
        let (takeover, bits) = (self.takeover, self.window_bits);
        self.state.get_or_insert_with(|| {
            if takeover {
                Inflate::new(false, bits.max(9))
            } else {
                pool::take_inflate()
            }
        })
    }
}

impl std::fmt::Debug for Inflater {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inflater")
            .field("takeover", &self.takeover)
            .finish_non_exhaustive()
    }
}
