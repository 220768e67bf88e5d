//! Ending a connection: by a close frame of ours, by a violation, or because its stream has ended.

use std::io;
use std::task::{Context, Poll, ready};

use log::debug;
use tokio::io::ReadBuf;

use crate::codec::ProtocolError;
use crate::codec::close::ABNORMAL;

use super::super::buffer::BUFFER;
use super::linger::Linger;
use super::{End, Session, Stage};

impl Session {
    /// Closes the connection, and reads no more of the peer's messages.
    pub(super) fn close(&mut self, code: u16, reason: &str) {
        debug!("{}: sends close frame {code}", self.name());
        if self.connection.start_close(code, reason) {
            self.shared.hub.await_close(&self.connection);
        }
        self.decoder.end();
        self.finish(code, reason.into());
    }

    /// A protocol violation (RFC 6455, 7.1.7): sends its close code, and reads no more of the peer's messages.
    pub(super) fn fail(&mut self, error: ProtocolError) {
        let error = self.bounds.explain(error);
        self.shared
            .hub
            .violated(&self.connection, &mut self.progress, &error);
        if self.connection.start_close(error.close_code(), "") {
            self.shared.hub.await_close(&self.connection);
        }
        self.finish(ABNORMAL, Box::default());
    }

    pub(super) fn finish(&mut self, code: u16, reason: Box<str>) {
        self.bounds.end();
        self.stage = Stage::Finishing(Box::new(End { code, reason }));
        let flushed = self.connection.flush_ending();
        self.flushed(flushed);
    }

    pub(super) fn end(&mut self, code: u16, reason: &str) {
        // Messages of others may have its room at once: this task stays until the peer has ended its side.
        self.bounds.end();
        let (code, reason) = match self.connection.forced_close() {
            Some(forced) if code == ABNORMAL => forced,
            _ => (code, reason),
        };
        self.shared
            .hub
            .ended(&self.connection, &mut self.progress, code, reason);
        self.stage = Stage::Lingering(Box::new(Linger::new()));
    }

    /// Discards what the peer still sends; ready when it has ended its side or its time is up.
    pub(super) fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Stage::Lingering(linger) = &mut self.stage else {
            return Poll::Ready(());
        };
        if linger.poll_time(context).is_ready() {
            return Poll::Ready(());
        }
        let end = linger.turn();
        while linger.left() > end {
            let read = BUFFER.with_borrow_mut(|buffer| {
                let mut target = ReadBuf::new(buffer);
                let result: io::Result<()> = ready!(self.reader.poll_discard(context, &mut target));
                Poll::Ready(result.map_or(0, |()| target.filled().len()))
            });
            match ready!(read) {
                0 => return Poll::Ready(()),
                bytes => linger.count(bytes),
            }
        }
        if linger.left() == 0 {
            debug!("{}: sends on after its end", self.name());
            return Poll::Pending;
        }
        // The next turn begins with a wake-up.
        let _ = self.poll_yield(context);
        Poll::Pending
    }
}
