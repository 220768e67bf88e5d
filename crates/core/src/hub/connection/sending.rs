//! Queueing messages for one peer, and the policy for a peer that does not read.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;

use crate::codec::{self, Opcode};
use crate::envelope;
use crate::hub::config::{Config, SlowConsumer};
use crate::hub::deferred::{Broadcast, Deferred, SharedFrame};
use crate::hub::outbound::{Flush, Outbound};

use super::closing::push_close;
use super::{Connection, ReadyState, SLOW_CONSUMER, Writing};

/// The outcome of [`Connection::send`] and the like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queued {
    /// It waits, and the caller must flush.
    Flush,
    /// It waits, and a flush is already pending.
    Waiting,
    /// The kernel has it already.
    Written,
    /// It was left out, by the slow consumer policy.
    Dropped,
    /// It was not queued: the limit is reached, and the kernel has not been offered what waits.
    Unoffered,
    /// The connection is closing or closed; nothing was queued.
    NotOpen,
    /// The peer does not read and its limit is reached: the connection was told to end (4206).
    Overflow,
}

impl Queued {
    /// Whether it waits to be written, or has been.
    pub fn is_queued(self) -> bool {
        matches!(self, Self::Flush | Self::Waiting | Self::Written)
    }
}

/// Messages of so many bytes or more are written at once, by a system call of their own: their bytes are still
/// in the cache, and need no buffer.
pub(in crate::hub) const WRITTEN_AT_ONCE: usize = 32 * 1024;

/// What may be done with a message once the limit of pending bytes is reached.
#[derive(Debug, Clone, Copy)]
struct SendMode {
    /// It may be left out, if the policy says so.
    may_drop: bool,
    /// The queue may be written, because the caller holds no lock that forbids it.
    may_write: bool,
}

impl SendMode {
    /// A message for one peer.
    const DIRECT: Self = Self {
        may_drop: false,
        may_write: true,
    };
}

impl Connection {
    /// Sends one text message: queues it, or writes it at once if it is large and nothing waits.
    pub fn send(&self, text: &[u8], config: &Config) -> Queued {
        if text.len() >= WRITTEN_AT_ONCE {
            return self.send_at_once(&[text], config);
        }
        self.send_message(Opcode::Text, text.len(), config, |out| {
            out.extend_from_slice(text);
        })
    }

    /// Sends a resolved response, as [`Connection::send`] would, from the raw JSON of payload and id.
    pub fn respond(&self, payload: Option<&[u8]>, raw_id: &[u8], config: &Config) -> Queued {
        let length = envelope::response_len(payload.map(<[u8]>::len), raw_id.len());
        if length >= WRITTEN_AT_ONCE {
            return self.send_at_once(&envelope::response_parts(payload, raw_id), config);
        }
        self.send_message(Opcode::Text, length, config, |out| {
            envelope::push_response(out, payload, raw_id);
        })
    }

    /// Sends the answer to a handshake, as [`Connection::respond`] would. A client that has positions of rooms is
    /// told that they are understood. Returns the length of the answer, too.
    pub fn respond_handshake(
        &self,
        payload: Option<&[u8]>,
        raw_id: &[u8],
        config: &Config,
    ) -> (usize, Queued) {
        let mut text = Vec::new();
        envelope::push_response(&mut text, payload, raw_id);
        if self.knows_positions() {
            envelope::push_positions_known(&mut text);
        }
        (text.len(), self.send(&text, config))
    }

    /// Writes one text message, given in a few parts, without a copy if nothing waits before it; else
    /// queues it.
    fn send_at_once(&self, parts: &[&[u8]], config: &Config) -> Queued {
        let length = parts.iter().map(|part| part.len()).sum();
        let write = |out: &mut Vec<u8>| parts.iter().for_each(|part| out.extend_from_slice(part));
        if self.compresses(length) {
            return self.send_message(Opcode::Text, length, config, write);
        }
        self.queue(SendMode::DIRECT, config, |outbound| {
            if !outbound.is_idle() {
                outbound.push_with(|out| push_message(out, Opcode::Text, length, write));
                return;
            }
            let header = codec::frame_header(Opcode::Text, length);
            let result = outbound.write_through(header.as_bytes(), parts);
            self.after_flush(result, false);
        })
    }

    /// Queues one message, text or binary.
    pub(in crate::hub) fn send_as(
        &self,
        opcode: Opcode,
        message: &[u8],
        config: &Config,
    ) -> Queued {
        let write = |out: &mut Vec<u8>| out.extend_from_slice(message);
        self.send_message(opcode, message.len(), config, write)
    }

    fn send_message(
        &self,
        opcode: Opcode,
        length: usize,
        config: &Config,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Queued {
        if self.compresses(length) {
            let mut message = Vec::with_capacity(length);
            write(&mut message);
            return self.queue(SendMode::DIRECT, config, |outbound| {
                outbound.push_deferred(Deferred::Own(opcode, message));
            });
        }
        self.queue(SendMode::DIRECT, config, |outbound| {
            outbound.push_with(|out| push_message(out, opcode, length, write));
        })
    }

    /// Queues a message for many connections without writing anything. Once the limit is reached, pending bytes
    /// must be offered to the kernel before the policy applies; then the outcome is [`Queued::Unoffered`].
    pub fn send_shared(&self, message: &Broadcast, config: &Config) -> Queued {
        let broadcast = SendMode {
            may_drop: message.may_drop(),
            may_write: false,
        };
        self.queue(broadcast, config, |outbound| self.push(message, outbound))
    }

    /// The same after [`Queued::Unoffered`]: offers the kernel what waits before the policy applies.
    pub fn send_shared_offering(&self, message: &Broadcast, config: &Config) -> Queued {
        let broadcast = SendMode {
            may_drop: message.may_drop(),
            may_write: true,
        };
        self.queue(broadcast, config, |outbound| self.push(message, outbound))
    }

    /// Whether messages of `length` bytes are compressed.
    pub(in crate::hub) fn compresses(&self, length: usize) -> bool {
        length >= self.compressed_from as usize && self.facts.compression.is_some()
    }

    #[inline]
    fn push(&self, message: &Broadcast, outbound: &mut Outbound) {
        if self.compresses(message.text_len()) {
            outbound.push_deferred(Deferred::Shared(message.compressible()));
        } else {
            outbound.push_shared(message.plain());
        }
    }

    /// Takes messages that are to be compressed, of about `most` bytes.
    pub(in crate::hub) fn take_deferred(&self, into: &mut VecDeque<Deferred>, most: usize) {
        self.lock().outbound.take_deferred(into, most);
    }

    /// Puts the taken messages back as frames.
    pub(in crate::hub) fn put_compressed(
        &self,
        frames: impl ExactSizeIterator<Item = SharedFrame>,
    ) {
        if frames.len() > 0 {
            self.lock().outbound.put_compressed(frames);
        }
    }

    /// Queues a pong, the answer to a WebSocket ping (RFC 6455, 5.5.3).
    pub fn send_pong(&self, payload: &[u8], config: &Config) -> Queued {
        self.queue(SendMode::DIRECT, config, |outbound| {
            outbound.push_with(|out| codec::push_frame(out, Opcode::Pong, payload));
        })
    }

    fn queue(&self, mode: SendMode, config: &Config, push: impl FnOnce(&mut Outbound)) -> Queued {
        let mut writing = self.lock();
        if writing.ready_state != ReadyState::Open {
            return Queued::NotOpen;
        }
        if writing.outbound.pending() >= config.max_buffered_bytes()
            && let Some(outcome) = self.enforce_limit(&mut writing, mode, config)
        {
            return outcome;
        }
        push(&mut writing.outbound);
        if writing.outbound.pending() >= config.high_water_mark() && !writing.above {
            writing.above = true;
            self.reporting.store(true, Relaxed);
        }
        if writing.outbound.pending() == 0 {
            Queued::Written
        } else if writing.outbound.schedule() {
            Queued::Flush
        } else {
            Queued::Waiting
        }
    }

    /// Applies the slow consumer policy, since the limit of pending bytes is reached. Returns the outcome for
    /// the message, or `None` if it may be queued. A peer is slow only if the kernel takes no more for it: bytes
    /// that merely wait for a flush do not count against the peer.
    #[cold]
    fn enforce_limit(
        &self,
        writing: &mut Writing,
        mode: SendMode,
        config: &Config,
    ) -> Option<Queued> {
        let mut compressing = false;
        if !writing.outbound.is_blocked() {
            if !mode.may_write {
                return Some(Queued::Unoffered);
            }
            // Nor do bytes count against the peer because compressing does not keep up.
            writing.outbound.leave_uncompressed();
            let result = writing.outbound.flush();
            compressing = result == Flush::Deferred;
            self.after_flush(result, false);
        }
        let limit = config.max_buffered_bytes();
        let pending = writing.outbound.pending();
        let dropping = config.slow_consumer() == SlowConsumer::Drop;
        if pending < limit {
            return None;
        }
        if dropping && mode.may_drop {
            return Some(Queued::Dropped);
        }
        if (dropping || compressing) && pending < limit.saturating_mul(2) {
            return None;
        }
        writing.outbound.discard();
        writing.ready_state = ReadyState::Closing;
        writing.is_slow = true;
        let (code, reason) = SLOW_CONSUMER;
        push_close(&mut writing.outbound, code, reason);
        Some(Queued::Overflow)
    }
}

/// Appends one message of `length` bytes, which `write` appends, as one frame.
fn push_message(
    out: &mut Vec<u8>,
    opcode: Opcode,
    length: usize,
    write: impl FnOnce(&mut Vec<u8>),
) {
    let header = codec::frame_header(opcode, length);
    out.reserve(header.as_bytes().len() + length);
    out.extend_from_slice(header.as_bytes());
    write(out);
}
