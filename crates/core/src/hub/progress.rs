//! What the reader of a connection remembers between two messages.

use super::batch::Batch;
use super::flow::Flow;

/// Most events of a connection that reach the application while its handshake is pending. Further messages are
/// refused here, so that a peer that is not accepted yet costs the application's thread no more.
pub(super) const HANDSHAKE_EVENTS: u8 = 16;

/// What the reader of a connection remembers between two messages.
#[derive(Debug, Default)]
pub struct Progress {
    pub(super) flow: Flow,
    /// The application knows of the connection.
    pub(super) known: bool,
    /// The peer has begun its handshake.
    pub(super) handshake_begun: bool,
    /// Events that went to the application while the handshake was pending.
    pub(super) handshake_events: u8,
    /// A hash of the id of the handshake message, as raw JSON: the id itself may be long, and would be kept for as long as the
    /// client stays silent afterwards.
    pub(super) handshake: u64,
    /// Where events go instead of the inbox.
    pub(super) aside: Option<Box<Batch>>,
}

impl Progress {
    /// The progress of a connection whose handshake is not resolved.
    pub fn before_handshake() -> Self {
        Self {
            flow: Flow::before_handshake(),
            ..Self::default()
        }
    }

    /// For a message that another thread receives: its event is kept aside. The handshake must be resolved.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self {
            flow: self.flow.mark(),
            known: true,
            handshake_begun: true,
            aside: Some(Box::default()),
            ..Self::default()
        }
    }

    /// Whether the application knows of the connection.
    pub fn is_known(&self) -> bool {
        self.known
    }

    pub(super) fn flow(&mut self) -> &mut Flow {
        &mut self.flow
    }

    /// Nothing is left to be read from the peer.
    pub fn caught_up(&mut self) {
        self.flow.caught_up();
    }

    /// Counts an event while the handshake is pending. False when the limit is reached.
    pub(super) fn count_handshake_event(&mut self) -> bool {
        self.handshake_events += u8::from(self.handshake_events < HANDSHAKE_EVENTS);
        self.handshake_events < HANDSHAKE_EVENTS
    }
}
