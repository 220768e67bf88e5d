//! An open connection's task. It reads the stream and hands messages to the hub (`reading`), writes what
//! the kernel did not take at once (`writing`), and ends the connection (`ending`).

mod ending;
mod large;
mod linger;
mod reading;
mod turn;
mod writing;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use log::debug;
use tokio::task::JoinHandle;

use crate::codec::close::{ABNORMAL, TRY_AGAIN_LATER, reason};
use crate::codec::{Decoder, MessageLimits};
use crate::hub::{Apart, Compressing, ConnectionRef, Facts, LogName, Permit, Progress};

use super::bounds::Bounds;
use super::handover::Ticket;
use super::shared::{Shared, TaskGuard};
use super::stream::{ReadEnd, Stream};
use super::throttle::Throttle;
use linger::Linger;
use turn::Backlog;
pub(super) use turn::carry_backlogs;

/// How a connection ends, as it is reported to the application.
struct End {
    code: u16,
    reason: Box<str>,
}

enum Stage {
    /// Messages are read and written.
    Open,
    /// Nothing more is read. What is queued is still to be written; then the connection ends like this.
    Finishing(Box<End>),
    /// The connection has ended; the peer has a moment to end its side.
    Lingering(Box<Linger>),
}

/// What was read and is not handled yet. Boxed, since most connections have nothing of it.
struct ReadAhead {
    /// The large message that another thread scans. Until that is done nothing is read.
    scanning: Option<JoinHandle<Apart>>,
    /// What is not decoded yet.
    bytes: Vec<u8>,
}

impl ReadAhead {
    fn new(scanning: Option<JoinHandle<Apart>>, bytes: Vec<u8>) -> Option<Box<Self>> {
        (scanning.is_some() || !bytes.is_empty()).then(|| Box::new(Self { scanning, bytes }))
    }
}

/// One connection's task. Every byte of it counts for each connection. What only some of them need is boxed.
pub struct Session {
    connection: ConnectionRef,
    reader: ReadEnd,
    decoder: Decoder,
    progress: Progress,
    stage: Stage,
    paused: bool,
    /// Holds the peer to its rate.
    throttle: Throttle,
    /// Bounds the memory of the peer's messages. Not boxed: a connection that is silent after its handshake would keep the box.
    bounds: Bounds,
    /// Where permessage-deflate is agreed on.
    compressing: Option<Box<Compressing>>,
    /// What came with the upgrade request, or could not be handled yet.
    read_ahead: Option<Box<ReadAhead>>,
    /// The peer's compressed messages have had their turn.
    turn_over: bool,
    /// There was more to read when the last turn ended.
    backlog: Backlog,
    /// Counts the connection until its peer counts as gone.
    permit: Arc<Permit>,
    /// What the tasks of the io thread share. Dropping it tells the thread that this task has ended.
    shared: TaskGuard,
    /// Dropping it tells the application that the stream it has handed over is not used any more. It has to
    /// stand behind the stream itself, because fields are dropped in this order.
    ticket: Option<Box<Ticket>>,
}

impl Session {
    /// Opens the connection in the hub.
    pub fn new(
        shared: &Arc<Shared>,
        stream: Stream,
        facts: Facts,
        read_ahead: Vec<u8>,
        permit: Permit,
    ) -> Self {
        let (reader, link) = stream.split();
        let bounds = Bounds::new(&shared.hub);
        let limits = MessageLimits {
            max_message: bounds.first_message(shared.hub.config.max_payload()),
            max_fragments: shared.hub.config.max_fragments(),
        };
        let mut decoder = Decoder::new(limits);
        let mut compressing = None;
        if let Some(compression) = &facts.compression {
            decoder = decoder.inflating(compression.inflater());
            compressing = Some(Box::new(Compressing::new(compression.compressor())));
        }
        let connection = shared.hub.open(link, facts);
        let permit = Arc::new(permit);
        let mut registry = shared.hub.registry();
        registry.set_permit(connection.slot(), Arc::clone(&permit));
        drop(registry);
        Self {
            connection,
            reader,
            decoder,
            progress: Progress::before_handshake(),
            stage: Stage::Open,
            paused: false,
            throttle: Throttle::new(&shared.hub),
            bounds,
            compressing,
            read_ahead: ReadAhead::new(None, read_ahead),
            turn_over: false,
            backlog: Backlog::default(),
            permit,
            shared: TaskGuard::new(shared),
            ticket: None,
        }
    }

    /// Tells the application that the stream it has handed over is a connection now.
    pub fn handed_over(mut self, ticket: Ticket) -> Self {
        if ticket.held {
            self.connection.hold();
        }
        self.shared
            .hub
            .announce_opened(&self.connection, &mut self.progress, ticket.key);
        self.ticket = Some(Box::new(ticket));
        self
    }

    /// Lets other tasks and other sockets go first. Ends the turn of the inbox itself, because the thread does
    /// not wait for its sockets while this connection goes on.
    fn poll_yield(&self, context: &mut Context<'_>) -> Poll<()> {
        self.shared.hub.inbox.end_turn();
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// For the log.
    fn name(&self) -> LogName<'_> {
        self.shared.hub.log_name(&self.connection)
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
        if this.bounds.is_revoked() {
            debug!("{}: its message took too long", this.name());
            this.close(TRY_AGAIN_LATER, reason::TRY_AGAIN_LATER);
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
    /// The connection was cut, or its task has panicked: the end is reported in any case.
    fn drop(&mut self) {
        if let Some(scanning) = self
            .read_ahead
            .as_ref()
            .and_then(|ahead| ahead.scanning.as_ref())
        {
            scanning.abort();
        }
        let (code, reason) = self.connection.forced_close().unwrap_or((ABNORMAL, ""));
        // The permit is released before the end is reported, because the application may then expect that
        // another client can connect.
        self.permit.release();
        self.shared
            .hub
            .ended(&self.connection, &mut self.progress, code, reason);
        self.shared
            .hub
            .forget_task(&self.connection, &mut self.progress);
    }
}

#[cfg(test)]
mod tests {
    use super::super::openings::Task;
    use super::*;

    #[test]
    fn is_small() {
        // 40 bytes are added to it (`tasks.rs`).
        let size = size_of::<Task<Session>>();
        assert!(size <= 280, "{size}");
    }
}
