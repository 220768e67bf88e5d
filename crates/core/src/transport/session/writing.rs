//! The writing half of a connection's task: what the kernel did not take at once, and what is compressed
//! before it is written.

use std::task::{Context, Poll, ready};

use log::debug;

use crate::codec::close::ABNORMAL;
use crate::hub::{Flush, TurnOutcome};

use super::Session;

impl Session {
    /// Writes what waits once the stream is writable, and compresses it if necessary. Pending while the stream
    /// is not writable, and after a turn of compressing that has left something over.
    pub(super) fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.connection.is_blocked() {
                let flushed = match ready!(self.reader.poll_write_ready(context)) {
                    Ok(()) => self.connection.flush_writable(),
                    Err(_) => Flush::Broken,
                };
                self.shared.hub.report(&self.connection);
                if flushed == Flush::Broken {
                    debug!("{}: writing failed", self.name());
                    self.end(ABNORMAL, "");
                    return Poll::Ready(());
                }
                continue;
            }
            match self.compress() {
                TurnOutcome::Idle => return Poll::Ready(()),
                TurnOutcome::Done => {}
                TurnOutcome::More => return self.poll_yield(context),
            }
        }
    }

    /// Compresses for one turn and writes. The reader will notice if the stream is broken.
    fn compress(&mut self) -> TurnOutcome {
        let Some(compressing) = &mut self.compressing else {
            return TurnOutcome::Idle;
        };
        let turn = compressing.turn(&self.connection);
        if turn != TurnOutcome::Idle {
            self.connection.flush();
            self.shared.hub.report(&self.connection);
        }
        turn
    }

    /// Prepares for cutting the stream. When the server stops, messages that are being compressed are completed
    /// and offered to the kernel before. When one connection alone is cut, others must not wait for that.
    pub(super) fn cut(&mut self) {
        if self.shared.is_cut() {
            while self.compress() != TurnOutcome::Idle {}
        }
    }

    pub(super) fn flush(&mut self) {
        let flushed = self.connection.flush();
        self.flushed(flushed);
    }

    /// What follows from a flush.
    pub(super) fn flushed(&mut self, flushed: Flush) {
        self.shared.hub.report(&self.connection);
        if flushed == Flush::Broken {
            debug!("{}: writing failed", self.name());
            self.end(ABNORMAL, "");
        }
    }
}
