//! The reading half of a connection's task: from bytes of the stream to messages for the hub.

use std::task::{Context, Poll, ready};

use log::{debug, trace};
use tokio::io::ReadBuf;

use crate::codec::close::{ABNORMAL, NORMAL, RATE_LIMIT, reason};
use crate::codec::{Event, INFLATED_A_TURN};
use crate::hub::{Counter, Message, Next};

use super::super::buffer::{BUFFER, READ_BUFFER};
use super::large::Large;
use super::turn::{self, READS_A_TURN, ReadTurn, Tally};
use super::{ReadAhead, Session, Stage};

/// Bytes read at a time, but for the rest of a message that is larger. Only a little may come behind a message, because bytes that
/// cannot be handled yet are kept for each connection.
const FIRST_READ: usize = 16 * 1024;

/// The same while the application is far behind, or turns are short. It is less, because most of what is read then waits.
const CROWDED_READ: usize = 4096;

impl Session {
    /// Reads and handles until nothing is left to read, the turn is over, or the stage changes.
    pub(super) fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut turn = ReadTurn::new(&self.backlog);
        let goes_on = self.poll_turn(context, &mut turn);
        self.backlog.set(goes_on == Poll::Ready(true));
        if ready!(goes_on) {
            return self.poll_yield(context);
        }
        Poll::Ready(())
    }

    /// One turn of reading. Ready with whether there may be more to read, which waits until others have had their turn.
    fn poll_turn(&mut self, context: &mut Context<'_>, turn: &mut ReadTurn) -> Poll<bool> {
        // Ending the hold, or closing, wakes this task.
        if self.connection.is_held() && self.connection.is_open() {
            return Poll::Pending;
        }
        ready!(self.poll_scanned(context));
        for _ in 0..READS_A_TURN {
            if !matches!(self.stage, Stage::Open) {
                return Poll::Ready(false);
            }
            // A message that grew here now would be too much for the application once it is complete.
            let crowded = self.shared.hub.inbox.is_crowded();
            if self.paused || (crowded && self.decoder.buffered() > 0) {
                ready!(self.shared.hub.poll_room(&mut self.progress, context));
                if std::mem::take(&mut self.paused) {
                    debug!("{}: is read again", self.name());
                }
            }
            if self.decoder.is_held_up() {
                ready!(self.bounds.poll_room(&self.shared.hub, context));
                // The peer is not silent: what it has sent waits here.
                self.shared.hub.note_activity(&self.connection);
            }
            if self.bounds.awaits_reader(&self.connection) {
                // The writing half wakes this task once the peer has read.
                self.look_for_pong(context);
                return Poll::Pending;
            }
            let is_opening = self.bounds.is_opening();
            let most = if crowded || turn::are_short() {
                CROWDED_READ
            } else if !is_opening && self.decoder.is_within(FIRST_READ) {
                READ_BUFFER
            } else {
                // Messages before the handshake are small.
                FIRST_READ
            };
            let allowed =
                self.throttle
                    .poll_read(&self.shared.hub, &self.connection, context, most);
            let Some(most) = ready!(allowed) else {
                self.close_over_rate();
                return Poll::Ready(false);
            };
            if let Some(ahead) = self.read_ahead.take() {
                let mut bytes = ahead.bytes;
                let consumed = self.process(&mut bytes, turn);
                bytes.drain(..consumed);
                self.keep(bytes);
            } else {
                match self.poll_buffer(context, most, turn) {
                    Poll::Ready(false) => {}
                    Poll::Ready(true) => self.end(ABNORMAL, ""),
                    // A stream can be closed for writing and still open for reading.
                    Poll::Pending if self.connection.is_broken() => {
                        debug!("{}: cannot be written to", self.name());
                        self.end(ABNORMAL, "");
                    }
                    // Records that carried nothing have taken the turn.
                    Poll::Pending if self.reader.has_more() => return Poll::Ready(true),
                    Poll::Pending => return Poll::Pending,
                }
            }
            if std::mem::take(&mut self.turn_over) || turn.has_passed() {
                break;
            }
        }
        Poll::Ready(true)
    }

    /// Reads once into the thread's buffer; true at the end of the stream.
    fn poll_buffer(
        &mut self,
        context: &mut Context<'_>,
        most: usize,
        turn: &mut ReadTurn,
    ) -> Poll<bool> {
        BUFFER.with_borrow_mut(|buffer| {
            let mut target = ReadBuf::new(&mut buffer[..most]);
            let read = self.reader.poll_read(context, &mut target);
            let cost = self.reader.take_cost();
            if let Some(cost) = cost {
                self.throttle
                    .count_records(self.shared.hub.now(), cost.bytes, cost.fruitless);
            }
            let Poll::Ready(result) = read else {
                if !self.reader.has_more() {
                    self.throttle.caught_up();
                    self.progress.caught_up();
                    self.look_for_pong(context);
                }
                return Poll::Pending;
            };
            let filled = target.filled_mut();
            if let Err(error) = result {
                debug!("{}: reading failed: {error}", self.name());
                return Poll::Ready(true);
            }
            if filled.is_empty() {
                debug!("{}: the peer has ended its side", self.name());
                return Poll::Ready(true);
            }
            let now = self.shared.hub.note_activity(&self.connection);
            if cost.is_none() {
                self.throttle.count_read(now, filled.len());
            }
            let consumed = self.process(filled, turn);
            // Only a pause, or the end of a turn, leaves something over.
            self.keep(filled[consumed..].to_vec());
            // So much takes a turn's time, with what was done with it.
            self.turn_over |= filled.len() == READ_BUFFER;
            Poll::Ready(false)
        })
    }

    /// A pong that is overdue has not come, if the sockets have been looked at since it was.
    fn look_for_pong(&mut self, context: &Context<'_>) {
        let hub = &self.shared.hub;
        if hub.look_for_pong(&self.connection, &mut self.progress) {
            context.waker().wake_by_ref();
        }
    }

    /// Keeps bytes until what comes before them is handled.
    fn keep(&mut self, bytes: Vec<u8>) {
        let scanning = self.read_ahead.take().and_then(|ahead| ahead.scanning);
        self.read_ahead = ReadAhead::new(scanning, bytes);
    }

    /// Decodes `bytes` and handles their messages. Returns how many bytes were consumed: all, unless the reader
    /// has to pause or has had its turn.
    fn process(&mut self, bytes: &mut [u8], turn: &mut ReadTurn) -> usize {
        let mut tally = Tally::default();
        let consumed = self.process_messages(bytes, &mut tally, turn);
        if tally.messages > 0 {
            let stats = &self.shared.hub.stats;
            stats.add(Counter::MessagesReceived, tally.messages);
            stats.add(Counter::BytesReceived, tally.bytes);
        }
        if tally.flush && matches!(self.stage, Stage::Open) {
            self.flush();
        }
        consumed
    }

    fn process_messages(
        &mut self,
        bytes: &mut [u8],
        tally: &mut Tally,
        turn: &mut ReadTurn,
    ) -> usize {
        let length = bytes.len();
        let inflates = self.decoder.is_inflating();
        let mut consumed = 0;
        self.lift_bounds();
        while consumed < length && !self.paused && !self.turn_over && self.throttle.allows_message()
        {
            if inflates {
                self.bounds.let_grow(&self.shared.hub, &mut self.decoder);
            }
            let step = match self.decoder.decode(&mut bytes[consumed..]) {
                Ok(step) => step,
                Err(error) => {
                    self.fail(error);
                    return length;
                }
            };
            consumed += step.consumed;
            if step.event.is_some() {
                self.throttle.count_message();
                self.turn_over |= turn.is_over();
            }
            if inflates && self.is_enough(tally) {
                self.turn_over |= consumed < length;
            }
            let next = match step.event {
                // The connection was closed before it was served, so the peer's messages are dropped.
                Some(Event::Text(_) | Event::Binary(_)) if self.connection.is_held() => Next::Read,
                Some(Event::Text(text)) => {
                    tally.message(text.len());
                    self.bounds.count_message(text.len(), &mut self.decoder);
                    if self.is_large(text.len()) {
                        self.scan_apart(Large::Text(text.into_owned()));
                        return consumed;
                    }
                    self.receive(Message::Text(&text))
                }
                Some(Event::Binary(data)) => {
                    tally.message(data.len());
                    self.bounds.count_message(data.len(), &mut self.decoder);
                    if self.is_large(data.len()) {
                        self.scan_apart(Large::Binary(data.into_owned()));
                        return consumed;
                    }
                    self.receive(Message::Binary(&data))
                }
                Some(Event::Ping(payload)) => self.shared.hub.pong(&self.connection, &payload),
                None => {
                    self.turn_over |= consumed < length;
                    Next::Read
                }
                Some(Event::Pong(_)) => Next::Read,
                Some(Event::Close(frame)) => {
                    // A close frame without a code counts as 1000, as in the original.
                    let (code, reason) = match frame {
                        Some(frame) => (frame.code, frame.reason.into()),
                        None => (NORMAL, Box::<str>::default()),
                    };
                    debug!("{}: received close frame {code} {reason:?}", self.name());
                    if self.connection.answer_close(code, &reason) {
                        self.shared.hub.await_close(&self.connection);
                    }
                    self.finish(code, reason);
                    return length;
                }
            };
            match next {
                Next::Read => {}
                Next::Flush => tally.flush = true,
                Next::Pause => self.pause(),
            }
        }
        consumed
    }

    /// Once the handshake is resolved, the peer's messages may be large.
    fn lift_bounds(&mut self) {
        self.bounds.prepare(&self.connection, &mut self.decoder);
    }

    /// Counts what the last step has inflated, and the bytes of the message. Returns whether that is enough for
    /// one turn, or more than the peer's rate allows.
    fn is_enough(&mut self, tally: &mut Tally) -> bool {
        self.bounds
            .count(&self.shared.hub, &self.connection, &self.decoder);
        let inflated = self.decoder.inflated();
        if inflated == 0 {
            return false;
        }
        tally.inflated += inflated;
        !self.throttle.count_inflated(inflated) || tally.inflated >= INFLATED_A_TURN
    }

    fn receive(&mut self, message: Message<'_>) -> Next {
        trace!("{}: received {message}", self.name());
        let hub = &self.shared.hub;
        if hub.is_echoing() {
            return hub.echo(&self.connection, message);
        }
        hub.receive(&self.connection, &mut self.progress, message)
    }

    /// Reads no further until there is room.
    pub(super) fn pause(&mut self) {
        debug!(
            "{}: is not read, because too much waits to be handled",
            self.name()
        );
        self.paused = true;
    }

    /// Closes the connection, because the peer has been over its rate for too long.
    fn close_over_rate(&mut self) {
        self.shared.hub.stats.add(Counter::RateLimited, 1);
        debug!("{}: over its rate for too long", self.name());
        self.close(RATE_LIMIT, reason::RATE_LIMIT);
    }
}
