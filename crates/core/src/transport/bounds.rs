//! The bounds on the memory of a peer's messages: little before its handshake is resolved, and, for inflated
//! bytes, as much as the other connections leave.

use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use log::debug;
use tokio::time::Sleep;

use crate::codec::{Decoder, ProtocolError};
use crate::hub::STALL_TIMEOUT;
use crate::hub::{ConnectionRef, Hub, Reservation};

/// Messages of up to so many bytes do not count before the handshake: they are pings, which a client may have
/// to send for a long time. The core answers them itself, and `messagesPerSecond` bounds them.
const UNCOUNTED: usize = 125;

/// The bounds of one connection. Every connection has them, so they are laid out to be small.
pub struct Bounds {
    opening: Option<Opening>,
    /// Boxed because few connections ever have a compressed message under way.
    growth: Option<Box<Growth>>,
}

/// Before the handshake is resolved.
struct Opening {
    /// `maxHandshakePayload`.
    limit: NonZeroUsize,
    /// Bytes the peer may still send.
    left: usize,
    /// `maxPayload`, which applies afterwards.
    max_payload: usize,
}

/// A compressed message under way.
struct Growth {
    reservation: Reservation,
    /// While it waits for room.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Bounds {
    /// The bounds of a connection that opens now.
    pub fn new(hub: &Hub) -> Self {
        let limit = hub.config.max_handshake_payload();
        let max_payload = hub.config.max_payload();
        Self {
            opening: NonZeroUsize::new(limit).map(|limit| Opening {
                limit,
                left: limit.get(),
                max_payload,
            }),
            growth: None,
        }
    }

    /// The largest message that the peer may send first. `max_payload` is the largest message at all.
    pub fn first_message(&self, max_payload: usize) -> usize {
        let opening = self.opening.as_ref();
        opening.map_or(max_payload, |opening| opening.limit.get().min(max_payload))
    }

    /// Whether the peer has to read before more of it is read: its handshake is not resolved, and the answers that it
    /// leaves unread are as many bytes as it may send.
    pub fn awaits_reader(&self, connection: &ConnectionRef) -> bool {
        self.opening.as_ref().is_some_and(|opening| {
            !connection.is_handshake_resolved() && connection.pending() > opening.limit.get()
        })
    }

    /// Whether the handshake of the peer was not resolved when bytes were last decoded, and bounds apply to that.
    pub fn is_opening(&self) -> bool {
        self.opening.is_some()
    }

    /// To be called before bytes are decoded: sets the bounds that apply now.
    #[inline]
    pub fn prepare(&mut self, connection: &ConnectionRef, decoder: &mut Decoder) {
        if let Some(opening) = &self.opening
            && connection.is_handshake_resolved()
        {
            decoder.set_max_message(opening.max_payload);
            self.opening = None;
        }
    }

    /// A message of `length` bytes was received.
    #[inline]
    pub fn count_message(&mut self, length: usize, decoder: &mut Decoder) {
        if let Some(opening) = &mut self.opening
            && length > UNCOUNTED
        {
            opening.left = opening.left.saturating_sub(length);
            let most = opening.left.max(UNCOUNTED).min(opening.max_payload);
            decoder.set_max_message(most);
        }
    }

    /// The error to report for an error of the decoder.
    pub fn explain(&self, error: ProtocolError) -> ProtocolError {
        match (&self.opening, error) {
            (Some(opening), ProtocolError::MessageTooBig { limit })
                if limit != opening.max_payload =>
            {
                ProtocolError::TooMuchBeforeHandshake {
                    limit: opening.limit.get(),
                }
            }
            _ => error,
        }
    }

    /// To be called before a step of a decoder that inflates: sets whether its message may grow.
    pub fn let_grow(&self, hub: &Hub, decoder: &mut Decoder) {
        let reservation = self.growth.as_ref().map(|growth| &growth.reservation);
        decoder.let_grow(
            hub.inflating
                .may_grow(reservation, hub.config.max_inflating_bytes()),
        );
    }

    /// To be called after such a step: counts the bytes of the message.
    pub fn count(&mut self, hub: &Hub, connection: &ConnectionRef, decoder: &Decoder) {
        let bytes = decoder.held();
        if bytes == 0 {
            self.growth = None;
            return;
        }
        let growth = self.growth.get_or_insert_with(|| {
            Box::new(Growth {
                reservation: hub.inflating.reserve(connection, hub.now()),
                sleep: None,
            })
        });
        growth.reservation.set(bytes);
    }

    /// Ready when the message under way may grow.
    pub fn poll_room(&mut self, hub: &Hub, context: &mut Context<'_>) -> Poll<()> {
        let Some(growth) = &mut self.growth else {
            return Poll::Ready(());
        };
        let most = hub.config.max_inflating_bytes();
        if growth.sleep.is_none() {
            debug!("a compressed message waits: all together inflate {most} bytes");
        }
        growth.reservation.await_room();
        while !hub.inflating.may_grow(Some(&growth.reservation), most) {
            let timeout = Duration::from_millis(STALL_TIMEOUT);
            let sleep = growth
                .sleep
                .get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
            if sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            growth.sleep = None;
            // While the application is behind, all messages wait for it, and not for each other.
            if !hub.inbox.is_crowded() {
                hub.inflating.make_room(hub.now(), most);
            }
        }
        growth.sleep = None;
        growth.reservation.resume(hub.now());
        Poll::Ready(())
    }

    /// Whether the connection has to end, so that others can go on.
    pub fn is_revoked(&self) -> bool {
        let growth = self.growth.as_ref();
        growth.is_some_and(|growth| growth.reservation.is_revoked())
    }

    /// Gives back what is reserved.
    pub fn end(&mut self) {
        self.growth = None;
    }
}
