//! What a connection that has ended still waits for: its peer's end.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Sleep;

/// How long the peer's last data is read after the closing handshake. Unread data would cause a reset, which
/// would overtake our close frame (RFC 9112, 9.6, has the same for HTTP).
const LINGER: Duration = Duration::from_secs(1);

/// How much of it is read: a peer that is in the middle of a large message when the close frame leaves needs as long as
/// this takes to see it. One that still sends then is left to its full buffers until the time is up.
const LINGER_BYTES: usize = 16 * 1024 * 1024;

/// How much before other connections have their turn.
const LINGER_BYTES_A_TURN: usize = 1024 * 1024;

pub(super) struct Linger {
    time: Pin<Box<Sleep>>,
    /// Bytes that are still read.
    left: usize,
}

impl Linger {
    pub(super) fn new() -> Self {
        Self {
            time: Box::pin(tokio::time::sleep(LINGER)),
            left: LINGER_BYTES,
        }
    }

    /// Ready when the time is up.
    pub(super) fn poll_time(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.time.as_mut().poll(context)
    }

    /// What is left of the bytes when this turn is over.
    pub(super) fn turn(&self) -> usize {
        self.left.saturating_sub(LINGER_BYTES_A_TURN)
    }

    pub(super) fn left(&self) -> usize {
        self.left
    }

    pub(super) fn count(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
    }
}
