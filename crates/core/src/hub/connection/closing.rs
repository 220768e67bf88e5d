//! The closing handshake (RFC 6455, section 7) and the end of a connection.

use std::sync::atomic::Ordering::Relaxed;

use crate::codec;
use crate::hub::outbound::Outbound;

use super::{Connection, ReadyState, SLOW_CONSUMER};

impl Connection {
    /// Begins the closing handshake (RFC 6455, 7.1.2): queues a close frame, after which nothing can be queued.
    /// Returns false when the handshake has begun already. The caller flushes.
    pub fn start_close(&self, code: u16, reason: &str) -> bool {
        let mut writing = self.lock();
        if writing.ready_state != ReadyState::Open {
            return false;
        }
        writing.ready_state = ReadyState::Closing;
        push_close(&mut writing.outbound, code, reason);
        drop(writing);
        if self.is_held() {
            self.task.wake();
        }
        true
    }

    /// Answers the peer's close frame with the code and reason it gave (RFC 6455, 5.5.1). Returns
    /// whether an answer was due, that is, whether the peer began.
    pub fn answer_close(&self, code: u16, reason: &str) -> bool {
        let mut writing = self.lock();
        if writing.ready_state != ReadyState::Open {
            return false;
        }
        writing.ready_state = ReadyState::Closing;
        push_close(&mut writing.outbound, code, reason);
        true
    }

    /// Forbids queueing anything more, and offers the kernel what waits.
    pub(in crate::hub) fn offer_last(&self) {
        let mut writing = self.lock();
        if writing.ready_state == ReadyState::Open {
            writing.ready_state = ReadyState::Closing;
        }
        // Compressing would take time. The task completes what it has begun to compress.
        writing.outbound.leave_uncompressed();
        let _ = writing.outbound.flush_last();
    }

    /// Asks the task to cut the stream without a closing handshake.
    pub(in crate::hub) fn cut(&self) {
        self.cut.store(true, Relaxed);
        self.task.wake();
    }

    /// Whether the stream must be cut.
    pub fn must_cut(&self) -> bool {
        self.cut.load(Relaxed)
    }

    /// The code and reason to report instead of 1006 when the hub itself ended the connection.
    pub fn forced_close(&self) -> Option<(u16, &'static str)> {
        self.lock().is_slow.then_some(SLOW_CONSUMER)
    }

    /// Ends the connection for good: drops the stream and all that waits. Returns false when it
    /// had ended already.
    pub(in crate::hub) fn end(&self) -> bool {
        let mut writing = self.lock();
        writing.outbound.unlink();
        std::mem::replace(&mut writing.ready_state, ReadyState::Closed) != ReadyState::Closed
    }
}

/// Queues a close frame. A code or reason that must not travel is left out: the stream is closed in any case.
pub(super) fn push_close(outbound: &mut Outbound, code: u16, reason: &str) {
    outbound.push_with(|out| {
        if codec::push_close(out, code, reason).is_err() {
            codec::push_empty_close(out);
        }
    });
}
