//! What begins with [`Engine::connect`](crate::cluster::Engine::connect) and ends with the loss of a connection.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redis::aio::{AsyncPushSender, SendError};
use redis::{PushInfo, PushKind, Value};
use tokio::sync::Notify;

use super::limiter::{Dropped, Messages};
use crate::cluster::engine::{EngineError, Sink};

/// Tells the node that the connection of a generation was lost, once.
pub struct Ending {
    sink: Arc<dyn Sink>,
    generation: u64,
    state: Mutex<State>,
}

enum State {
    /// A loss is not told but makes connecting fail.
    Connecting(Option<EngineError>),
    Up,
    Over,
}

impl Ending {
    pub fn new(sink: Arc<dyn Sink>, generation: u64) -> Arc<Self> {
        Arc::new(Self {
            sink,
            generation,
            state: Mutex::new(State::Connecting(None)),
        })
    }

    /// All connections are there. From now on a loss is told.
    ///
    /// # Errors
    /// One of them was lost meanwhile.
    pub fn begin(&self) -> Result<(), EngineError> {
        let mut state = self.state();
        if let State::Connecting(error) = &mut *state {
            match error.take() {
                Some(error) => {
                    *state = State::Over;
                    return Err(error);
                }
                None => *state = State::Up,
            }
        }
        Ok(())
    }

    /// Tells of the loss, unless that was done or is not wanted any more.
    pub fn lose(&self, error: EngineError) {
        let mut state = self.state();
        match &mut *state {
            State::Connecting(kept) => {
                kept.get_or_insert(error);
            }
            State::Up => {
                *state = State::Over;
                drop(state);
                self.sink.lost(self.generation, error);
            }
            State::Over => {}
        }
    }

    /// Messages on these channels may have been missed. They are subscribed to again.
    pub fn missed(&self, channels: &[String]) {
        if !self.is_over() {
            self.sink.missed(channels);
        }
    }

    /// The connection ends because the node wants it to.
    pub fn cancel(&self) {
        *self.state() = State::Over;
    }

    fn is_over(&self) -> bool {
        matches!(*self.state(), State::Over)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives messages of subscriptions to the node, on the task that reads them.
pub struct Incoming {
    ending: Arc<Ending>,
    max_message: usize,
    dropped: Dropped,
    /// Channels of slots whose subscription ends because the node wants it to.
    leaving: Mutex<HashSet<String>>,
    /// Channels of slots whose subscription is not confirmed yet.
    unconfirmed: Mutex<HashSet<String>>,
    /// Channels whose slot has moved to another server.
    moved: Mutex<Vec<String>>,
    has_moved: Notify,
}

impl Incoming {
    pub fn new(ending: &Arc<Ending>, max_message: usize) -> Arc<Self> {
        Arc::new(Self {
            ending: Arc::clone(ending),
            max_message,
            dropped: Dropped::default(),
            leaving: Mutex::default(),
            unconfirmed: Mutex::default(),
            moved: Mutex::default(),
            has_moved: Notify::new(),
        })
    }

    /// For a connection whose messages come here.
    pub fn messages(self: &Arc<Self>) -> Messages {
        let incoming = Arc::clone(self);
        Messages {
            limit: self.max_message,
            dropped: self.dropped.clone(),
            deliver: Box::new(move |channel, data| incoming.message(channel, data)),
        }
    }

    /// Subscriptions to these channels of slots are about to end.
    pub fn expect_unsubscribed(&self, channels: Vec<String>) {
        self.leaving().extend(channels);
    }

    /// Subscriptions to these channels of slots are about to begin.
    pub fn expect_subscribed(&self, channels: &[String]) {
        self.unconfirmed().extend(channels.iter().cloned());
    }

    /// Those of some channels whose subscription is not confirmed.
    pub fn unconfirmed_of(&self, channels: &[String]) -> Vec<String> {
        let unconfirmed = self.unconfirmed();
        let channels = channels.iter();
        channels
            .filter(|channel| unconfirmed.contains(*channel))
            .cloned()
            .collect()
    }

    fn unconfirmed(&self) -> MutexGuard<'_, HashSet<String>> {
        self.unconfirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn message(&self, channel: &[u8], data: &[u8]) {
        if self.ending.is_over() {
            return;
        }
        // The names of nodes are UTF-8. Others are not known to the node.
        let channel = String::from_utf8_lossy(channel);
        let sink = &self.ending.sink;
        if data.is_empty() && self.dropped.take_one() {
            sink.oversized(&channel);
        } else {
            sink.message(&channel, data);
        }
    }

    /// A server of a cluster ends the subscriptions to channels whose slot moves to another server.
    fn unsubscribed(&self, channel: &[u8]) {
        let channel = String::from_utf8_lossy(channel);
        if !self.leaving().remove(&*channel) {
            self.moved().push(channel.into_owned());
            self.has_moved.notify_one();
        }
    }

    /// Waits until channels have lost their subscription because their slot has moved.
    pub async fn has_moved(&self) {
        self.has_moved.notified().await;
    }

    /// Takes the channels that have lost their subscription.
    pub fn take_moved(&self) -> Vec<String> {
        std::mem::take(&mut *self.moved())
    }

    fn moved(&self) -> MutexGuard<'_, Vec<String>> {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leaving(&self) -> MutexGuard<'_, HashSet<String>> {
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsyncPushSender for Incoming {
    fn send(&self, info: PushInfo) -> Result<(), SendError> {
        match (&info.kind, &*info.data) {
            (
                PushKind::Message | PushKind::SMessage,
                [Value::BulkString(channel), Value::BulkString(data)],
            )
            | (PushKind::PMessage, [_, Value::BulkString(channel), Value::BulkString(data)]) => {
                self.message(channel, data);
            }
            (PushKind::SSubscribe, [Value::BulkString(channel), ..]) => {
                self.unconfirmed()
                    .remove(&*String::from_utf8_lossy(channel));
            }
            (PushKind::SUnsubscribe, [Value::BulkString(channel), ..]) => {
                self.unsubscribed(channel);
            }
            _ => {}
        }
        Ok(())
    }
}
