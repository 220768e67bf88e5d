//! Large messages: another thread scans them, because that would keep the io thread from its other connections for
//! tens of milliseconds.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use log::debug;
use tokio::task::spawn_blocking;

use crate::codec::close::ABNORMAL;
use crate::hub::{Message, Next};

use super::{ReadAhead, Session};

/// Bytes from which on a message is large. To scan so many takes at most a few milliseconds. A message of this size was
/// read in several parts, so that it stands in memory of its own.
pub(super) const LARGE: usize = 1024 * 1024;

/// A large message.
pub(super) enum Large {
    Text(String),
    Binary(Vec<u8>),
}

impl Session {
    /// Whether another thread is to scan a message of so many bytes.
    pub(super) fn is_large(&self, length: usize) -> bool {
        // What comes before that is small, or refused.
        length >= LARGE && self.connection.is_handshake_resolved() && !cfg!(feature = "echo")
    }

    /// Has another thread scan a message. Nothing more is read until [`Session::poll_scanned`] is ready.
    pub(super) fn scan_apart(&mut self, message: Large) {
        let hub = Arc::clone(&self.shared.hub);
        let connection = self.connection.clone();
        let progress = self.progress.apart();
        let scanning = spawn_blocking(move || {
            let message = match &message {
                Large::Text(text) => Message::Text(text),
                Large::Binary(data) => Message::Binary(data),
            };
            hub.receive_apart(&connection, progress, message)
        });
        self.read_ahead = ReadAhead::new(Some(scanning), Vec::new());
        self.turn_over = true;
    }

    /// Ready when no message is being scanned by another thread.
    pub(super) fn poll_scanned(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(ahead) = &mut self.read_ahead else {
            return Poll::Ready(());
        };
        let Some(scanning) = &mut ahead.scanning else {
            return Poll::Ready(());
        };
        let scanned = ready!(Pin::new(scanning).poll(context));
        self.read_ahead = ReadAhead::new(None, std::mem::take(&mut ahead.bytes));
        match scanned {
            Ok(apart) => match self.shared.hub.hand_over_apart(&mut self.progress, apart) {
                Next::Read => {}
                Next::Flush => self.flush(),
                Next::Pause => self.pause(),
            },
            // A panic there ends this connection, as one of its own task does.
            Err(error) => {
                debug!("{}: {error}", self.name());
                self.end(ABNORMAL, "");
            }
        }
        Poll::Ready(())
    }
}
