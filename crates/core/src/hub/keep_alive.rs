//! Pings for peers that have been silent (contract section 3, `auto-ping`). The application decides on each, because it may have
//! put something else in place of it. An ordinary one is sent and awaited here, so that it costs the application neither an
//! object nor a timer.

use log::debug;

use crate::envelope::{Envelope, Id};

use super::connection::{Connection, ConnectionRef, PongState, Queued};
use super::timers::Deadline;
use super::{Hub, Kind, Next, Progress, Record};

/// The message. One is under way at a time, so that all may have the same id. Ids of the application's messages are digits and
/// lower case letters, those of [`Requests`](super::Requests) begin with another letter.
const PING: &str = r#"{"n":"_p","i":"P"}"#;
const ID: &str = "P";

/// Pings within so many ms are due together, so that threads are woken once for all of them.
const TOGETHER: u64 = 16;
/// A ping is late by at most one part of the interval, which is cut into so many.
const PARTS: u64 = 64;

/// What became of [`Hub::ping`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pinged {
    /// It was sent.
    Sent,
    /// An earlier one is not answered yet.
    UnderWay,
    /// The connection is not open any more.
    NotSent,
}

impl Hub {
    /// Bytes of a ping's text, for counters.
    pub const PING_LEN: usize = PING.len();

    /// Sends a ping, which has to be answered within `timeout` ms; 0 is no limit. If it is not, or with an error,
    /// [`Kind::PingFailed`] follows. It leaves at once, with all that waits before it, because its time begins now and the
    /// application's turn may take long.
    pub fn ping(&self, connection: &ConnectionRef, timeout: u32) -> Pinged {
        if connection.is_pinged() {
            // The application was too busy to handle an earlier event. One ping does for both.
            return Pinged::UnderWay;
        }
        let now = self.clock.now();
        connection.await_pong(now, timeout);
        let queued = connection.send(PING.as_bytes(), &self.config);
        if queued == Queued::Overflow {
            self.overflowed(connection);
        }
        self.flush_here(std::slice::from_ref(connection));
        if !queued.is_queued() {
            connection.end_ping();
            return Pinged::NotSent;
        }
        if (1..connection.timeouts().ping).contains(&timeout) {
            // Otherwise the entry of the interval is looked at before.
            let due = now + u64::from(timeout);
            self.timers.set(due, connection, Deadline::Pong);
        }
        Pinged::Sent
    }

    /// Sets when the peer will have been silent for its interval, if nothing comes.
    pub(super) fn set_ping(&self, connection: &Connection, due: u64) {
        let interval = u64::from(connection.timeouts().ping);
        let due = due.next_multiple_of((interval / PARTS).clamp(1, TOGETHER));
        self.timers.set(due, connection, Deadline::Ping);
    }

    /// The peer may have been silent for its interval, or a pong may be due.
    pub(super) fn on_ping_due(&self, connection: &ConnectionRef, now: u64) {
        if !connection.is_open() {
            return;
        }
        let interval = u64::from(connection.timeouts().ping);
        let mut next = connection.last_activity() + interval;
        if now >= next {
            if connection.claim_ping() {
                debug!(
                    "{}: silent for {} ms, a ping is due",
                    self.log_name(connection),
                    now.saturating_sub(connection.last_activity())
                );
                let record = Record {
                    number: connection.serial(),
                    ..Record::new(Kind::PingDue, connection.slot())
                };
                connection.unless_ended(|| self.inbox.announce(|_| record));
            }
            next = now + interval;
        }
        connection.check_pong(now);
        if let Some(due) = connection.pong_due(now)
            && due > now
        {
            next = next.min(due);
        }
        self.set_ping(connection, next);
    }

    /// For the reader, when nothing is left to read, or when it waits until the peer has read. A pong that is overdue has not come
    /// then. Returns whether to look once more: the sockets may not have been looked at since the pong was due.
    pub fn look_for_pong(&self, connection: &Connection, progress: &mut Progress) -> bool {
        match connection.look_for_pong(|| self.clock.now()) {
            PongState::NotDue => false,
            PongState::Unsure => true,
            PongState::Missing => {
                self.fail_ping(connection, progress, "not answered");
                false
            }
        }
    }

    /// Takes a response that is the answer to a ping; `None` when it is none.
    pub(super) fn take_pong(
        &self,
        connection: &Connection,
        progress: &mut Progress,
        envelope: &Envelope<'_>,
    ) -> Option<Next> {
        let is_pong = connection.is_pinged()
            && matches!(&envelope.id, Some(Id::String(id)) if id.decode() == ID);
        if !is_pong {
            return None;
        }
        if envelope.is_rejected() {
            return Some(self.fail_ping(connection, progress, "answered with an error"));
        }
        connection.end_ping();
        Some(Next::Read)
    }

    /// Tells the application in the order of the connection's other events. The slot may be another's after its end.
    fn fail_ping(&self, connection: &Connection, progress: &mut Progress, how: &str) -> Next {
        if !connection.end_ping() {
            return Next::Read;
        }
        debug!("{}: a ping was {how}", self.log_name(connection));
        let record = Record::new(Kind::PingFailed, connection.slot());
        self.hand_over(progress, |_| record)
    }
}
