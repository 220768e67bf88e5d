//! Routing one message from a peer (contract, sections 1 and 4): it is answered here, dropped, or handed to the
//! application.

mod apart;
mod handshake;
mod record;

use std::ops::RangeInclusive;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

use log::{debug, trace};

use crate::codec::ProtocolError;
use crate::envelope::{self, Envelope};

use super::Hub;
use super::batch::Batch;
use super::connection::{Connection, ConnectionRef, Delivery, Queued};
use super::message::Message;
use super::progress::Progress;
use super::record::{Field, Kind, Record};
use super::requests;
use super::stats::Counter;

pub use apart::Apart;

use record::{message, put_json};

/// What the reader does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Go on.
    Read,
    /// Something was queued for the peer: flush before waiting.
    Flush,
    /// Too much waits for the application: read no further until there is room
    /// ([`Hub::poll_room`]).
    Pause,
}

/// Messages of so many bytes are only outlined where that is possible. The application's side parses their
/// payload at once, which checks as much as a scan does. Shorter messages gain nothing. A longer payload would
/// take the application long to parse, although no handler may ask for it.
const OUTLINED: RangeInclusive<usize> = 512..=256 * 1024;

const NOT_COMPLETED: &str = "Handshake is not completed";

impl Hub {
    /// Receives one message of `connection`.
    #[inline]
    pub fn receive(
        &self,
        connection: &ConnectionRef,
        progress: &mut Progress,
        message: Message<'_>,
    ) -> Next {
        match message {
            Message::Text(text) => self.receive_text(connection, progress, text),
            Message::Binary(data) => {
                if let Ok(text) = str::from_utf8(data) {
                    return self.receive_text(connection, progress, text);
                }
                // Bytes that are not UTF-8 cannot be JSON: the application gets them with replacement
                // characters in its `_error`.
                let text = String::from_utf8_lossy(data);
                self.not_an_envelope(connection, progress, &text)
            }
        }
    }

    /// Has every message sent back as it is, in place of the line protocol: for the Autobahn test suite, see
    /// `examples/echo.rs`. Returns whether this build can: others than those with debug assertions need the feature `echo`.
    pub fn send_all_back(&self) -> bool {
        self.echoing.store(true, Relaxed);
        self.is_echoing()
    }

    /// Whether messages go to [`Hub::echo`]. A release has no such test on the path of its messages.
    pub fn is_echoing(&self) -> bool {
        cfg!(feature = "echo") || (cfg!(debug_assertions) && self.echoing.load(Relaxed))
    }

    /// Sends a message back to its peer as it is, in place of [`Hub::receive`].
    pub fn echo(&self, connection: &Connection, message: Message<'_>) -> Next {
        let (opcode, bytes) = message.parts();
        let queued = connection.send_as(opcode, bytes, &self.config);
        self.after_answer(connection, queued)
    }

    /// Answers a WebSocket ping.
    pub fn pong(&self, connection: &Connection, payload: &[u8]) -> Next {
        let queued = connection.send_pong(payload, &self.config);
        self.after_answer(connection, queued)
    }

    /// Ready when the connection may be read again after [`Next::Pause`].
    pub fn poll_room(&self, progress: &mut Progress, context: &Context<'_>) -> Poll<()> {
        self.inbox.poll_room(progress.flow(), context)
    }

    /// To be called when the task of a connection ends: nothing wakes it any more. Once the application has gone nobody
    /// handles what waits, and what a waker holds would be held for ever.
    pub fn forget_task(&self, connection: &Connection, progress: &mut Progress) {
        connection.unregister();
        self.inbox.forget(progress.flow());
    }

    /// Receives one text message.
    pub fn receive_text(
        &self,
        connection: &ConnectionRef,
        progress: &mut Progress,
        text: &str,
    ) -> Next {
        match connection.delivery() {
            Delivery::All => {}
            Delivery::Responses => return self.receive_response(connection, progress, text),
            Delivery::Nothing => return Next::Read,
        }
        let is_handshake_resolved = connection.is_handshake_resolved();
        if is_handshake_resolved {
            progress.flow.accept();
        }
        if OUTLINED.contains(&text.len())
            && is_handshake_resolved
            && let Some(outline) = envelope::outline(text)
            && let interned @ 1.. = self.names.find(outline.name)
            && !is_reserved(outline.name)
        {
            return self.hand_over(progress, |batch| Record {
                interned,
                id: put_json(batch, outline.id),
                payload: batch.put(text),
                number: u64::from(outline.before) << 8 | u64::from(outline.after),
                ..Record::new(Kind::Outlined, connection.slot())
            });
        }
        self.receive_scanned(connection, progress, text)
    }

    /// Receives a message after the application has closed the connection: only responses are delivered.
    #[cold]
    fn receive_response(
        &self,
        connection: &ConnectionRef,
        progress: &mut Progress,
        text: &str,
    ) -> Next {
        match envelope::scan(text) {
            Ok(envelope) if envelope.name.decode() == "_r" => {
                self.on_response(connection, progress, &envelope)
            }
            _ => Next::Read,
        }
    }

    /// Receives a message once more that was delivered as [`Kind::Outlined`], because the application could not
    /// parse its payload. If it gives an event, the returned batch has it.
    pub fn receive_again(&self, connection: &ConnectionRef, text: &str) -> Batch {
        let mut progress = Progress {
            aside: Some(Box::default()),
            handshake_begun: true,
            ..Progress::default()
        };
        if self.receive_scanned(connection, &mut progress, text) == Next::Flush {
            connection.flush();
            self.report(connection);
        }
        progress.aside.map_or_else(Batch::default, |batch| *batch)
    }

    /// Receives a message that is not an envelope.
    pub(super) fn not_an_envelope(
        &self,
        connection: &Connection,
        progress: &mut Progress,
        text: &str,
    ) -> Next {
        if !connection.is_handshake_resolved() && !progress.count_handshake_event() {
            return Next::Read;
        }
        self.hand_over(progress, |batch| Record {
            payload: batch.put(text),
            ..Record::new(Kind::Invalid, connection.slot())
        })
    }

    fn receive_scanned(
        &self,
        connection: &ConnectionRef,
        progress: &mut Progress,
        text: &str,
    ) -> Next {
        let Ok(envelope) = envelope::scan(text) else {
            return self.not_an_envelope(connection, progress, text);
        };
        let name = envelope.name.decode();
        match &*name {
            "_h" => self.on_handshake(connection, progress, &envelope, text),
            "_p" => self.on_ping(connection, progress, &envelope),
            "_r" if !connection.is_handshake_resolved() && !progress.count_handshake_event() => {
                Next::Read
            }
            "_r" => self.on_response(connection, progress, &envelope),
            _ if is_reserved(&name) => self.refuse(
                connection,
                &envelope,
                "Message names beginning with _ are reserved",
            ),
            _ if !connection.is_handshake_resolved() && !self.may_have_listener(progress) => {
                self.refuse(connection, &envelope, NOT_COMPLETED)
            }
            _ => {
                let interned = self.names.find(&name);
                self.hand_over(progress, |batch| {
                    let name = if interned == 0 {
                        batch.put_name(&envelope)
                    } else {
                        Field::NONE
                    };
                    Record {
                        interned,
                        name,
                        ..message(batch, Kind::Message, connection, &envelope)
                    }
                })
            }
        }
    }

    /// A response is for the application, unless it is gathered with those of others or a pong.
    fn on_response(
        &self,
        connection: &Connection,
        progress: &mut Progress,
        envelope: &Envelope<'_>,
    ) -> Next {
        if let Some(key) = requests::key_of(envelope) {
            self.on_answer(key, connection, envelope);
            return Next::Read;
        }
        if let Some(next) = self.take_pong(connection, progress, envelope) {
            return next;
        }
        self.hand_over(progress, |batch| {
            message(batch, Kind::Response, connection, envelope)
        })
    }

    /// Whether a message may have a listener although the handshake is not resolved. The application may not
    /// have handled all that came before, and may then resolve the handshake. So it decides on the message.
    fn may_have_listener(&self, progress: &mut Progress) -> bool {
        progress.handshake_begun
            && !self.inbox.is_handled(&progress.flow)
            && progress.count_handshake_event()
    }

    /// Answers a ping without the application, so that the server answers while the application is busy. But if
    /// the application has not handled earlier messages of this connection, their answers come first.
    fn on_ping(
        &self,
        connection: &Connection,
        progress: &mut Progress,
        envelope: &Envelope<'_>,
    ) -> Next {
        if progress.handshake_begun && !self.inbox.is_handled(&progress.flow) {
            return self.hand_over(progress, |batch| {
                message(batch, Kind::Ping, connection, envelope)
            });
        }
        let id = envelope.id.filter(|id| !id.is_falsy());
        self.answer(connection, |out| envelope::push_pong(out, id.as_ref()))
    }

    /// Tells the application that its peer broke the WebSocket protocol.
    pub fn violated(
        &self,
        connection: &Connection,
        progress: &mut Progress,
        error: &ProtocolError,
    ) {
        self.stats.add(Counter::Violations, 1);
        debug!(
            "{}: {error}, sends close frame {}",
            self.log_name(connection),
            error.close_code()
        );
        if connection.delivery() != Delivery::All {
            return;
        }
        self.hand_over(progress, |batch| Record {
            number: u64::from(error.close_code()),
            payload: batch.put(&error.to_string()),
            ..Record::new(Kind::Invalid, connection.slot())
        });
    }

    pub(super) fn hand_over(
        &self,
        progress: &mut Progress,
        fill: impl FnOnce(&mut Batch) -> Record,
    ) -> Next {
        // The application does not know of the connection before its first handshake message.
        if !progress.handshake_begun {
            return Next::Read;
        }
        if let Some(batch) = &mut progress.aside {
            let record = fill(batch);
            batch.push(record);
            return Next::Read;
        }
        if self.inbox.push(&mut progress.flow, fill) {
            Next::Pause
        } else {
            Next::Read
        }
    }

    /// Answers a message that must not reach a listener with an error. A message without an id is dropped.
    fn refuse(&self, connection: &Connection, envelope: &Envelope<'_>, why: &str) -> Next {
        trace!("{}: message refused: {why}", self.log_name(connection));
        match &envelope.id {
            Some(id) if !id.is_falsy() => {
                self.answer(connection, |out| envelope::push_error(out, id, why))
            }
            _ => Next::Read,
        }
    }

    fn answer(&self, connection: &Connection, fill: impl FnOnce(&mut Vec<u8>)) -> Next {
        let mut text = Vec::with_capacity(64);
        fill(&mut text);
        self.stats.add(Counter::MessagesAnswered, 1);
        self.stats.add(Counter::BytesAnswered, text.len() as u64);
        let queued = connection.send(&text, &self.config);
        self.after_answer(connection, queued)
    }

    /// What the reader does after it has queued an answer.
    pub(super) fn after_answer(&self, connection: &Connection, queued: Queued) -> Next {
        match queued {
            // The flush may be pending on the application's thread, which can be busy for a long time.
            Queued::Flush | Queued::Waiting | Queued::Written => Next::Flush,
            Queued::Overflow => {
                self.overflowed(connection);
                Next::Flush
            }
            Queued::Dropped | Queued::Unoffered | Queued::NotOpen => Next::Read,
        }
    }
}

// facts: reserved-names
/// Whether a name is reserved: it begins with `_`. Peers must not emit the library's own events, which do.
/// Names that begin and end with `__`, such as `__proto__`, are ordinary (contract section 4).
pub fn is_reserved(name: &str) -> bool {
    name.starts_with('_') && !(name.starts_with("__") && name.ends_with("__"))
}
// /facts

#[cfg(test)]
mod tests;
