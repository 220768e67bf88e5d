//! An open connection's task: reads, decodes, hands messages to the hub, and writes what the
//! kernel did not take at once.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use log::{debug, trace};
use tokio::io::ReadBuf;
use tokio::time::Sleep;

use crate::codec::close::{ABNORMAL, NORMAL, RATE_LIMIT, TRY_AGAIN_LATER};
use crate::codec::{Decoder, Event, INFLATED_A_TURN, Limits, ProtocolError};
use crate::hub::{
    Compressing, ConnectionRef, Counter, Facts, Flush, LogName, Message, Next, Progress, Seat, Turn,
};

use super::bounds::Bounds;
use super::handover::Ticket;
use super::shared::{Alive, Shared};
use super::stream::{ReadEnd, Stream};
use super::throttle::Throttle;

/// Bytes of a large message read at a time, into one buffer that all connections of the thread share:
/// an idle connection needs none of its own.
const READ_BUFFER: usize = 256 * 1024;

/// The same between messages. What was read and cannot be handled yet is kept, for each connection.
const FIRST_READ: usize = 16 * 1024;

/// The same while the application is far behind: what a read brings waits here or for it.
const CROWDED_READ: usize = 4096;

/// Reads in a row before other connections have their turn.
const READS_A_TURN: usize = 8;

/// How long a connection is read before others have their turn. Tiny messages that are answered here
/// keep the thread busy far longer than they take to arrive.
const TURN: Duration = Duration::from_micros(200);

/// Messages after which it is looked whether the turn is over.
const MESSAGES_A_LOOK: u32 = 16;

/// How long, and for how many bytes, the peer's last data is read after the closing handshake so
/// that it does not turn into a reset that overtakes our close frame (RFC 9112, 9.6, has the same
/// for HTTP).
const LINGER: Duration = Duration::from_secs(1);

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BUFFER].into());
}

/// How a connection ends, as the application is told.
struct End {
    code: u16,
    reason: Box<str>,
}

enum Stage {
    /// Messages come and go.
    Open,
    /// Nothing the peer sends counts any more; what is queued is still to be written, then the
    /// connection ends like this.
    Finishing(Box<End>),
    /// The connection has ended; the peer has a moment to end its side.
    Lingering(Pin<Box<Sleep>>),
}

/// What some bytes have brought.
#[derive(Default)]
struct Tally {
    messages: u64,
    bytes: u64,
    /// Bytes that have come of compressed ones.
    inflated: usize,
    /// Something was queued for the peer.
    flush: bool,
}

impl Tally {
    fn message(&mut self, length: usize) {
        self.messages += 1;
        self.bytes += length as u64;
    }
}

/// One connection's turn of the thread. The clock is read only for those that send much.
#[derive(Default)]
struct ReadTurn {
    /// Messages and control frames so far.
    messages: u32,
    /// When the first look at the clock was.
    began: Option<Instant>,
}

impl ReadTurn {
    /// Counts a message; whether others are to go first.
    fn is_over(&mut self) -> bool {
        self.messages += 1;
        if !self.messages.is_multiple_of(MESSAGES_A_LOOK) {
            return false;
        }
        let began = *self.began.get_or_insert_with(Instant::now);
        began.elapsed() >= TURN
    }
}

/// Bytes that were read and wait. Boxed, since most connections have none.
struct Early(Vec<u8>);

impl Early {
    fn new(bytes: Vec<u8>) -> Option<Box<Self>> {
        (!bytes.is_empty()).then(|| Box::new(Self(bytes)))
    }
}

/// What few connections need.
struct Rare {
    /// Bounds what the peer may have us hold.
    bounds: Bounds,
    /// Where permessage-deflate is agreed on.
    compressing: Option<Compressing>,
}

/// One connection's task. With what the runtime adds it has to fit into 384 bytes, or else every
/// connection takes 128 more: what few of them need is boxed.
pub struct Session {
    connection: ConnectionRef,
    reader: ReadEnd,
    decoder: Decoder,
    progress: Progress,
    stage: Stage,
    paused: bool,
    /// Holds the peer to its rate.
    throttle: Throttle,
    /// Boxed because a connection without compression needs none of it after its handshake.
    rare: Option<Box<Rare>>,
    /// Bytes that came with the upgrade request, or could not be taken in yet.
    early: Option<Box<Early>>,
    /// The peer's compressed messages have had their turn.
    turn_over: bool,
    /// Counts the connection, until its peer counts as gone.
    seat: Arc<Seat>,
    /// With the hub. Tells the io thread, by being dropped, that this task is done.
    shared: Alive,
    /// The same for the application that has handed the stream over. After the stream itself: fields
    /// are dropped in this order.
    ticket: Option<Box<Ticket>>,
}

impl Session {
    /// Opens the connection in the hub.
    pub fn new(
        shared: &Arc<Shared>,
        stream: Stream,
        facts: Facts,
        early: Vec<u8>,
        seat: Seat,
    ) -> Self {
        let (reader, link) = stream.split();
        let bounds = Bounds::new(&shared.hub);
        let limits = Limits {
            max_message: bounds.first_message(shared.hub.config.max_payload()),
            max_fragments: shared.hub.config.max_fragments(),
        };
        let mut decoder = Decoder::new(limits);
        let mut compressing = None;
        if let Some(compression) = &facts.compression {
            decoder = decoder.inflating(compression.inflater());
            compressing = Some(Compressing::new(compression.compressor()));
        }
        let connection = shared.hub.open(link, facts);
        let seat = Arc::new(seat);
        let mut registry = shared.hub.registry();
        registry.set_seat(connection.slot(), Arc::clone(&seat));
        drop(registry);
        Self {
            connection,
            reader,
            decoder,
            progress: Progress::of_stranger(),
            stage: Stage::Open,
            paused: false,
            throttle: Throttle::new(&shared.hub),
            rare: (compressing.is_some() || !bounds.is_idle()).then(|| {
                Box::new(Rare {
                    bounds,
                    compressing,
                })
            }),
            early: Early::new(early),
            turn_over: false,
            seat,
            shared: Alive::new(shared),
            ticket: None,
        }
    }

    /// Tells the application that what it has handed over is a connection now.
    pub fn introduce(mut self, ticket: Ticket) -> Self {
        if ticket.held {
            self.connection.hold();
        }
        self.shared
            .hub
            .introduce(&self.connection, &mut self.progress, ticket.key);
        self.ticket = Some(Box::new(ticket));
        self
    }

    /// Writes what waits once the stream is writable, compressed if it has to be. Pending while the
    /// stream is not writable, and after a turn of compressing that was not enough.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<()> {
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
                Turn::Idle => return Poll::Ready(()),
                Turn::Done => {}
                Turn::More => return self.poll_yield(context),
            }
        }
    }

    /// Compresses for one turn and writes. That the stream is broken is for the reader to find.
    fn compress(&mut self) -> Turn {
        let rare = self.rare.as_mut();
        let Some(compressing) = rare.and_then(|rare| rare.compressing.as_mut()) else {
            return Turn::Idle;
        };
        let turn = compressing.turn(&self.connection);
        if turn != Turn::Idle {
            self.connection.flush();
            self.shared.hub.report(&self.connection);
        }
        turn
    }

    /// The stream is to be cut. When the server stops, what has been begun to be compressed is completed
    /// and offered to the kernel before; one connection's end alone must not keep others waiting for that.
    fn cut(&mut self) {
        if self.shared.is_cut() {
            while self.compress() != Turn::Idle {}
        }
    }

    /// Lets other tasks and other sockets go first. The thread does not come to rest, which is when
    /// the application is told of what waits for it, as long as this connection goes on.
    fn poll_yield(&self, context: &mut Context<'_>) -> Poll<()> {
        self.shared.hub.inbox.end_turn();
        pin!(tokio::task::yield_now()).poll(context)
    }

    /// Reads and handles until nothing is left to read, or the stage changes.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // Whoever ends the hold, or closes, wakes this task.
        if self.connection.is_held() && self.connection.is_open() {
            return Poll::Pending;
        }
        let mut turn = ReadTurn::default();
        for _ in 0..READS_A_TURN {
            if !matches!(self.stage, Stage::Open) {
                return Poll::Ready(());
            }
            // A message that is let grow in here would be too much for the application once it is
            // complete.
            let crowded = self.shared.hub.inbox.is_crowded();
            if self.paused || (crowded && self.decoder.buffered() > 0) {
                ready!(self.shared.hub.poll_room(&mut self.progress, context));
                if std::mem::take(&mut self.paused) {
                    debug!("{}: is read again", self.name());
                }
            }
            if let Some(rare) = &mut self.rare
                && self.decoder.is_held_up()
            {
                ready!(rare.bounds.poll_room(&self.shared.hub, context));
                // What it has sent waits here, so it is not silent.
                self.shared.hub.hear(&self.connection);
            }
            let most = match self.decoder.buffered() {
                _ if crowded => CROWDED_READ,
                0 => FIRST_READ,
                _ => READ_BUFFER,
            };
            let allowed =
                self.throttle
                    .poll_read(&self.shared.hub, &self.connection, context, most);
            let Some(most) = ready!(allowed) else {
                self.exceed();
                return Poll::Ready(());
            };
            if let Some(Early(mut early)) = self.early.take().map(|early| *early) {
                let consumed = self.take_in(&mut early, &mut turn);
                early.drain(..consumed);
                self.early = Early::new(early);
            } else {
                match self.poll_buffer(context, most, &mut turn) {
                    Poll::Ready(false) => {}
                    Poll::Ready(true) => self.end(ABNORMAL, ""),
                    // A stream can be open for reading alone, without an end to be read.
                    Poll::Pending if self.connection.is_broken() => {
                        debug!("{}: cannot be written to", self.name());
                        self.end(ABNORMAL, "");
                    }
                    Poll::Pending => return Poll::Pending,
                }
            }
            if std::mem::take(&mut self.turn_over) {
                break;
            }
        }
        self.poll_yield(context)
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
                    .take_records(self.shared.hub.now(), cost.bytes, cost.fruitless);
            }
            let Poll::Ready(result) = read else {
                if !self.reader.has_more() {
                    self.throttle.caught_up();
                    self.progress.caught_up();
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
            let now = self.shared.hub.hear(&self.connection);
            if cost.is_none() {
                self.throttle.take_read(now, filled.len());
            }
            let consumed = self.take_in(filled, turn);
            // Only a pause, or the end of a turn, leaves something over.
            self.early = Early::new(filled[consumed..].to_vec());
            Poll::Ready(false)
        })
    }

    /// Handles what `bytes` holds and returns how many of them were consumed: all, unless the
    /// reader has to pause or has had its turn.
    fn take_in(&mut self, bytes: &mut [u8], turn: &mut ReadTurn) -> usize {
        let mut tally = Tally::default();
        let consumed = self.take_messages(bytes, &mut tally, turn);
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

    fn take_messages(&mut self, bytes: &mut [u8], tally: &mut Tally, turn: &mut ReadTurn) -> usize {
        let length = bytes.len();
        let inflates = self.decoder.is_inflating();
        let mut consumed = 0;
        self.lift_bounds();
        while consumed < length && !self.paused && !self.turn_over && self.throttle.allows_message()
        {
            if inflates && let Some(rare) = &self.rare {
                rare.bounds.let_grow(&self.shared.hub, &mut self.decoder);
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
                self.throttle.take_message();
                self.turn_over |= turn.is_over();
            }
            if inflates && self.is_enough(tally) {
                self.turn_over |= consumed < length;
            }
            let next = match step.event {
                // Closed before it was served: the peer's messages are for nobody.
                Some(Event::Text(_) | Event::Binary(_)) if self.connection.is_held() => Next::Read,
                Some(Event::Text(text)) => {
                    tally.message(text.len());
                    if let Some(rare) = &mut self.rare {
                        rare.bounds.take_message(text.len(), &mut self.decoder);
                    }
                    self.take(Message::Text(&text))
                }
                Some(Event::Binary(data)) => {
                    tally.message(data.len());
                    if let Some(rare) = &mut self.rare {
                        rare.bounds.take_message(data.len(), &mut self.decoder);
                    }
                    self.take(Message::Binary(&data))
                }
                Some(Event::Ping(payload)) => self.shared.hub.pong(&self.connection, &payload),
                None => {
                    self.turn_over |= consumed < length;
                    Next::Read
                }
                Some(Event::Pong(_)) => Next::Read,
                Some(Event::Close(frame)) => {
                    // Without a code it is taken for 1000, as by the original.
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
                Next::Pause => {
                    debug!("{}: is not read, too much waits to be handled", self.name());
                    self.paused = true;
                }
            }
        }
        consumed
    }

    /// Once the handshake is resolved, the peer's messages may be large.
    fn lift_bounds(&mut self) {
        let Some(rare) = &mut self.rare else {
            return;
        };
        rare.bounds.prepare(&self.connection, &mut self.decoder);
        if rare.compressing.is_none() && rare.bounds.is_idle() {
            self.rare = None;
        }
    }

    /// Counts what the last step has inflated, and what it holds. Returns whether it is enough for one turn, or more than
    /// the peer's rate allows.
    fn is_enough(&mut self, tally: &mut Tally) -> bool {
        if let Some(rare) = &mut self.rare {
            rare.bounds
                .count(&self.shared.hub, &self.connection, &self.decoder);
        }
        let inflated = self.decoder.inflated();
        if inflated == 0 {
            return false;
        }
        tally.inflated += inflated;
        !self.throttle.take_inflated(inflated) || tally.inflated >= INFLATED_A_TURN
    }

    /// The peer has been over its rate for too long.
    fn exceed(&mut self) {
        self.shared.hub.stats.add(Counter::RateLimited, 1);
        debug!("{}: over its rate for too long", self.name());
        self.dismiss(RATE_LIMIT, "Rate limit");
    }

    /// Tells the peer to go and is done with it.
    fn dismiss(&mut self, code: u16, reason: &str) {
        debug!("{}: sends close frame {code}", self.name());
        if self.connection.start_close(code, reason) {
            self.shared.hub.await_close(&self.connection);
        }
        self.decoder.end();
        if let Some(rare) = &mut self.rare {
            rare.bounds.end();
        }
        self.finish(code, reason.into());
    }

    /// For the log.
    fn name(&self) -> LogName<'_> {
        self.shared.hub.log_name(&self.connection)
    }

    fn take(&mut self, message: Message<'_>) -> Next {
        trace!("{}: received {message}", self.name());
        self.shared
            .hub
            .take_in(&self.connection, &mut self.progress, message)
    }

    /// A protocol violation (RFC 6455, 7.1.7): sends its close code and is done with the peer.
    fn fail(&mut self, error: ProtocolError) {
        let error = self.rare.as_mut().map_or(error, |rare| {
            rare.bounds.end();
            rare.bounds.explain(error)
        });
        self.shared
            .hub
            .violated(&self.connection, &mut self.progress, &error);
        if self.connection.start_close(error.close_code(), "") {
            self.shared.hub.await_close(&self.connection);
        }
        self.finish(ABNORMAL, Box::default());
    }

    fn finish(&mut self, code: u16, reason: Box<str>) {
        self.stage = Stage::Finishing(Box::new(End { code, reason }));
        self.flush();
    }

    fn flush(&mut self) {
        let flushed = self.connection.flush();
        self.shared.hub.report(&self.connection);
        if flushed == Flush::Broken {
            debug!("{}: writing failed", self.name());
            self.end(ABNORMAL, "");
        }
    }

    fn end(&mut self, code: u16, reason: &str) {
        let (code, reason) = match self.connection.forced_close() {
            Some(forced) if code == ABNORMAL => forced,
            _ => (code, reason),
        };
        self.shared
            .hub
            .ended(&self.connection, &mut self.progress, code, reason);
        self.stage = Stage::Lingering(Box::pin(tokio::time::sleep(LINGER)));
    }

    /// Discards what the peer still sends; ready when it has ended its side or its time is up.
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Stage::Lingering(sleep) = &mut self.stage else {
            return Poll::Ready(());
        };
        if sleep.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        BUFFER.with_borrow_mut(|buffer| {
            for _ in 0..READS_A_TURN {
                let mut target = ReadBuf::new(buffer);
                let result: io::Result<()> = ready!(self.reader.poll_discard(context, &mut target));
                if result.is_err() || target.filled().is_empty() {
                    return Poll::Ready(());
                }
            }
            // A peer that still floods after the end is not worth more of our time.
            Poll::Ready(())
        })
    }
}

impl Future for Session {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        this.connection.register(context.waker());
        if this.connection.must_cut() {
            this.cut();
            return Poll::Ready(());
        }
        let rare = this.rare.as_ref();
        if rare.is_some_and(|rare| rare.bounds.is_revoked()) {
            debug!("{}: its message took too long", this.name());
            this.dismiss(TRY_AGAIN_LATER, "Message took too long");
        }
        if matches!(this.stage, Stage::Open) {
            // Reading goes on while writing waits.
            let _ = this.poll_write(context);
            let read = this.poll_read(context);
            if matches!(this.stage, Stage::Open) {
                return read;
            }
        }
        if matches!(this.stage, Stage::Finishing(..)) {
            ready!(this.poll_write(context));
            // Writing may have ended it already.
            if let Stage::Finishing(end) = &this.stage {
                let (code, reason) = (end.code, end.reason.clone());
                this.end(code, &reason);
            }
        }
        this.poll_linger(context)
    }
}

impl Drop for Session {
    /// Cut, or its task panicked: the application hears of the end all the same.
    fn drop(&mut self) {
        let (code, reason) = self.connection.forced_close().unwrap_or((ABNORMAL, ""));
        // Before the application hears of it, which may wait for the next to come in.
        self.seat.leave();
        self.shared
            .hub
            .ended(&self.connection, &mut self.progress, code, reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_into_384_bytes_with_what_the_runtime_adds() {
        // Tokio adds 104 bytes, and aligns a task to 128.
        assert!(
            size_of::<Session>() <= 384 - 104,
            "{}",
            size_of::<Session>()
        );
    }
}
