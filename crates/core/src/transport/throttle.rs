//! Holds the reader of a connection back while its peer is over its rate.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use log::debug;
use tokio::time::Sleep;

use crate::hub::{Connection, Counter, Hub, Pace, RateLimit};

/// The limits of one connection, and the timer that it waits for while it is over them.
pub struct Throttle {
    limit: RateLimit,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Throttle {
    /// The throttle of a connection that opens now.
    pub fn new(hub: &Hub) -> Self {
        let limit = RateLimit::new(&hub.config, hub.now());
        Self { limit, sleep: None }
    }

    /// Ready when the peer may be read: with the bytes to read, `most` or fewer, or `None` when it
    /// has been behind for too long.
    #[inline]
    pub fn poll_read(
        &mut self,
        hub: &Hub,
        connection: &Connection,
        context: &mut Context<'_>,
        most: usize,
    ) -> Poll<Option<usize>> {
        if self.limit.has_room(most) {
            return Poll::Ready(Some(most));
        }
        self.poll_pace(hub, connection, context)
            .map(|allowed| allowed.map(|allowed| allowed.min(most)))
    }

    #[cold]
    fn poll_pace(
        &mut self,
        hub: &Hub,
        connection: &Connection,
        context: &mut Context<'_>,
    ) -> Poll<Option<usize>> {
        loop {
            let was_behind = self.limit.is_behind();
            match self.limit.pace(hub.now()) {
                Pace::Read(most) => {
                    self.sleep = None;
                    return Poll::Ready(Some(most));
                }
                Pace::TooLong => return Poll::Ready(None),
                Pace::Wait(milliseconds) => {
                    if !was_behind {
                        hub.stats.add(Counter::RateDelays, 1);
                        debug!("{}: over its rate, held back", hub.log_name(connection));
                    }
                    let wait = Duration::from_millis(milliseconds);
                    let sleep = self.sleep.insert(Box::pin(tokio::time::sleep(wait)));
                    ready!(sleep.as_mut().poll(context));
                }
            }
        }
    }

    /// Whether a further message may be received before the next [`Throttle::poll_read`].
    pub fn allows_message(&self) -> bool {
        self.limit.allows_message()
    }

    /// A message, or a control frame, was received, as [`Throttle::allows_message`] allows.
    pub fn count_message(&mut self) {
        self.limit.count_message();
    }

    /// So many bytes were read at `now`, in the hub's milliseconds.
    pub fn count_read(&mut self, now: u64, count: usize) {
        self.limit.count_read(now, count);
    }

    /// So many bytes of TLS records were read at `now`; each of the `fruitless` ones, which brought
    /// nothing, counts as a message.
    pub fn count_records(&mut self, now: u64, bytes: usize, fruitless: usize) {
        if bytes > 0 {
            self.limit.count_read(now, bytes);
            self.limit.count_messages(fruitless);
        }
    }

    /// So many bytes were inflated. Returns whether more may be inflated before the next
    /// [`Throttle::poll_read`].
    pub fn count_inflated(&mut self, count: usize) -> bool {
        self.limit.count_inflated(count)
    }

    /// All that the peer has sent so far was read.
    pub fn caught_up(&mut self) {
        self.limit.caught_up();
    }
}
