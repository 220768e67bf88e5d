//! How connections end: they are closed, cut, or given up because their peer does not answer.

use log::{debug, info};

use crate::codec::close;

use super::Hub;
use super::connection::{Connection, ConnectionRef, Delivery};
use super::progress::Progress;
use super::record::{Kind, Record};
use super::stats::Counter;
use super::timers::Deadline;

/// Longest time, in milliseconds, that a peer that counts as gone has for its close frame. Such connections
/// are not counted, so there must not be many of them.
const GIVEN_UP_CLOSE: u32 = 5000;

impl Hub {
    /// Begins the closing handshake, flushes, and sets the deadline for the peer's answer. False when the
    /// connection was not open.
    pub fn close(&self, connection: &ConnectionRef, code: u16, reason: &str) -> bool {
        let is_queued = self.queue_close(connection, code, reason);
        if is_queued {
            connection.flush();
        }
        is_queued
    }

    /// The same, and leaves flushing to the caller.
    pub(super) fn queue_close(&self, connection: &Connection, code: u16, reason: &str) -> bool {
        connection.limit_delivery(Delivery::Responses);
        if !connection.start_close(code, reason) {
            return false;
        }
        debug!(
            "{}: sends close frame {code} {reason:?}",
            self.log_name(connection)
        );
        self.await_close(connection);
        true
    }

    /// Takes the slots of connections whose events the application is to ignore from now on. A slot that another
    /// connection has by now is not among them.
    pub fn take_closed(&self) -> Vec<u32> {
        let closed = self.closed.take();
        let registry = self.registry();
        let present = closed.iter().filter(|connection| registry.has(connection));
        present.map(|connection| connection.slot()).collect()
    }

    /// Closes the connections that the application does not know of.
    pub fn close_unknown(&self, code: u16, reason: &str) {
        let unknown: Vec<_> = self.registry().unknown().cloned().collect();
        info!(
            "closing {} connections that have not begun their handshake",
            unknown.len()
        );
        for connection in unknown {
            self.close(&connection, code, reason);
        }
    }

    /// Offers the kernel what waits for a peer, and cuts its stream without a closing handshake.
    pub fn cut(&self, connection: &Connection) {
        connection.offer_last();
        // Reporting must come first: nothing is reported of a connection that has ended, and it may end as soon
        // as it is cut.
        self.report(connection);
        connection.cut();
    }

    /// Ends a connection without a closing handshake. For the application the peer is gone from now on.
    pub fn terminate(&self, connection: &Connection) {
        debug!("{}: is cut", self.log_name(connection));
        self.give_up(connection);
        connection.limit_delivery(Delivery::Nothing);
        self.cut(connection);
    }

    /// Treats the peer as gone: frees its id, its rooms and its permit before its stream has ended.
    pub fn give_up(&self, connection: &Connection) {
        connection.give_up();
        if self.no_answer_of(connection) {
            self.inbox.end_turn();
        }
        let mut registry = self.registry();
        if !registry.has(connection) {
            return;
        }
        registry.withdraw(connection.slot());
        let permit = registry.take_permit(connection.slot());
        drop(registry);
        if let Some(permit) = permit {
            permit.release();
        }
    }

    /// A connection was closed because its peer does not read ([`Queued::Overflow`]).
    pub fn overflowed(&self, connection: &Connection) {
        connection.limit_delivery(Delivery::Responses);
        let mut registry = self.registry();
        if registry.has(connection) {
            registry.withdraw(connection.slot());
        }
        drop(registry);
        self.stats.add(Counter::SlowConsumers, 1);
        debug!(
            "{}: the peer does not read, sends close frame {} and drops what waits",
            self.log_name(connection),
            close::SLOW_CONSUMER
        );
        self.await_close(connection);
    }

    /// Sets the deadline for the peer's close frame.
    pub fn await_close(&self, connection: &Connection) {
        let close = match connection.timeouts().close {
            0 if connection.is_given_up() => GIVEN_UP_CLOSE,
            close if connection.is_given_up() => close.min(GIVEN_UP_CLOSE),
            close => close,
        };
        if close > 0 {
            let due = self.clock.now() + u64::from(close);
            self.timers.set(due, connection, Deadline::Close);
        }
    }

    /// The stream has ended. Tells the application, which then calls [`Hub::release`]; a
    /// connection it does not know of is released at once.
    pub fn ended(&self, connection: &Connection, progress: &mut Progress, code: u16, reason: &str) {
        if !connection.end() {
            return;
        }
        debug!(
            "{}: ended with {code} {reason:?}",
            self.log_name(connection)
        );
        self.no_answer_of(connection);
        if !progress.is_known() {
            self.release(connection.slot());
            return;
        }
        self.inbox.push(progress.flow(), |batch| Record {
            payload: batch.put(reason),
            number: u64::from(code),
            ..Record::new(Kind::Closed, connection.slot())
        });
    }

    /// Frees a connection's slot, id and memberships.
    pub fn release(&self, slot: u32) {
        let gone = self.registry().remove(slot);
        if let Some(connection) = gone
            && self.history.is_on()
        {
            self.history.forget_brought(connection.serial());
        }
    }
}

#[cfg(test)]
mod tests;
