//! What is reported to the application of bytes that were written.

use std::sync::atomic::Ordering::Relaxed;

use super::{Connection, ReadyState};

/// What is reported to the application of a flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// Bytes written since the connection opened.
    Written(u64),
    /// All that waited has left, after the high-water mark was reached.
    Drained,
}

impl Connection {
    /// Bytes written since the connection opened. While some still wait, the application is told
    /// of the next ones that leave.
    pub fn watch(&self) -> u64 {
        let mut writing = self.lock();
        writing.watched = writing.outbound.pending() > 0;
        self.reporting
            .store(writing.watched || writing.above, Relaxed);
        writing.outbound.written()
    }

    /// Whether the high-water mark was reached and some bytes have been waiting ever since.
    pub fn is_above(&self) -> bool {
        self.lock().above
    }

    /// From now on [`Report::Drained`] is reported to the application.
    pub fn want_drained(&self) {
        self.wants_drained.store(true, Relaxed);
    }

    /// After a flush: calls `tell` with what the application has asked for. `tell` runs under the connection's
    /// lock, so that nothing is reported once [`Connection::end`] has returned. Returns whether something was
    /// reported.
    #[inline]
    pub(in crate::hub) fn report(&self, tell: impl FnMut(Report)) -> bool {
        self.reporting.load(Relaxed) && self.report_now(tell)
    }

    #[cold]
    fn report_now(&self, mut tell: impl FnMut(Report)) -> bool {
        let mut writing = self.lock();
        if writing.ready_state == ReadyState::Closed {
            return false;
        }
        let mut told = std::mem::take(&mut writing.watched);
        if told {
            tell(Report::Written(writing.outbound.written()));
        }
        if writing.above && writing.outbound.pending() == 0 {
            writing.above = false;
            let listens = self.wants_drained.load(Relaxed) && self.is_admitted();
            if listens && writing.ready_state == ReadyState::Open {
                tell(Report::Drained);
                told = true;
            }
        }
        self.reporting.store(writing.above, Relaxed);
        told
    }

    /// Calls `tell` unless the connection has ended. It cannot end while `tell` runs. So the application gets
    /// no event of a connection after that of its end, whichever thread adds events.
    pub(in crate::hub) fn unless_ended(&self, tell: impl FnOnce()) {
        let writing = self.lock();
        if writing.ready_state != ReadyState::Closed {
            tell();
        }
    }
}
