//! An engine that somebody else implements: what the node asks of it becomes calls, which are taken, carried out and
//! settled on another thread. The primary process of Node's `cluster` and engines of the application are such.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::channel::{Channel, ChannelNames};
use super::engine::{Append, Engine, EngineError, Head, Keeper, Kept, Pending, Publication, Sink};
use super::wire;
use crate::hub::{Base36, Position};

/// What is asked of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// To connect. Nothing is subscribed to then.
    Connect,
    /// To end the connection.
    Disconnect,
    /// To subscribe to channels.
    Subscribe(Vec<String>),
    /// To end subscriptions. Nobody waits for that.
    Unsubscribe(Vec<String>),
    /// To publish messages, in this order.
    Publish(Vec<(String, Vec<u8>)>),
    /// See [`Keeper::append`].
    Append(Vec<AskedEntry>),
    /// See [`Keeper::read`].
    Read {
        /// That of the room.
        channel: String,
        /// The offset that the messages are behind.
        after: Option<u64>,
        /// Most messages.
        limit: usize,
    },
    /// See [`Keeper::heads`].
    Heads(Vec<AskedHead>),
}

/// An [`Append`] with its parts as they are written in positions and names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedEntry {
    /// The history, and the epoch if it begins with this message.
    pub history: AskedHead,
    /// The message.
    pub data: Vec<u8>,
    /// Its tag.
    pub tag: String,
    /// Its [`AppendId`](super::AppendId).
    pub id: String,
    /// Messages that are kept, about.
    pub size: usize,
}

/// A [`Head`] with its parts as they are written in positions and names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedHead {
    /// The channel of the room.
    pub channel: String,
    /// The epoch of the history if it has none.
    pub epoch: String,
    /// How long its messages are kept, in milliseconds after the last.
    pub ttl: u64,
}

/// What has come of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was done.
    Done,
    /// Of [`Ask::Append`] and [`Ask::Heads`]: as many as were asked for. That of a message may be an error: it was
    /// refused.
    Positions(Vec<Result<Position, EngineError>>),
    /// Of [`Ask::Read`].
    Kept(Kept),
}

/// A call that is to be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What [`ExternalEngine::settle`] has to be given.
    pub key: u32,
    /// What is asked.
    pub ask: Ask,
}

type Outcome = Result<Answer, EngineError>;

#[derive(Default)]
struct State {
    /// Calls that are to be taken, oldest first.
    calls: Vec<Call>,
    /// Who waits for the outcome of calls, by their keys.
    waiting: HashMap<u32, oneshot::Sender<Outcome>>,
    last_key: u32,
    /// Who gets what comes, and the number of the connection.
    sink: Option<(Arc<dyn Sink>, u64)>,
    /// Nobody carries out calls any more.
    is_over: bool,
}

/// An engine that somebody else implements.
pub struct ExternalEngine {
    names: ChannelNames,
    /// Whether it keeps histories.
    keeps: bool,
    state: Mutex<State>,
    /// Called when there are calls to take, after there were none.
    wake: Box<dyn Fn() + Send + Sync>,
}

impl ExternalEngine {
    /// An engine for channels whose names begin with `prefix`; with `keeps` it keeps histories. `wake` is called when
    /// there are calls to take.
    pub fn new(prefix: &str, keeps: bool, wake: Box<dyn Fn() + Send + Sync>) -> Self {
        Self {
            names: ChannelNames::new(prefix),
            keeps,
            state: Mutex::default(),
            wake,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the calls that have come, oldest first.
    pub fn take_calls(&self) -> Vec<Call> {
        mem::take(&mut self.state().calls)
    }

    /// Tells the outcome of a call.
    pub fn settle(&self, key: u32, outcome: Outcome) {
        let waiting = self.state().waiting.remove(&key);
        if let Some(waiting) = waiting {
            // Whoever has waited may have given up.
            let _ = waiting.send(outcome);
        }
    }

    /// A message has come; one that is kept, with its position.
    pub fn message(&self, channel: &str, data: &[u8], position: Option<&str>) {
        let sink = self.state().sink.clone();
        if let Some((sink, _)) = sink {
            match position {
                Some(position) => sink.message(channel, &wire::write_kept(position, data)),
                None => sink.message(channel, data),
            }
        }
    }

    /// The connection is lost.
    pub fn lost(&self, error: EngineError) {
        let sink = self.state().sink.clone();
        if let Some((sink, generation)) = sink {
            sink.lost(generation, error);
        }
    }

    /// Nobody carries out calls any more: all fail from now on.
    pub fn close(&self) {
        let mut state = self.state();
        state.is_over = true;
        state.calls.clear();
        // Their receivers get an error.
        state.waiting.clear();
        state.sink = None;
    }

    /// Adds a call. Its outcome comes through the receiver.
    fn call(&self, ask: Ask) -> Option<Waiting<'_>> {
        let mut state = self.state();
        if state.is_over {
            return None;
        }
        let (sender, receiver) = oneshot::channel();
        let key = state.last_key.wrapping_add(1);
        state.last_key = key;
        state.waiting.insert(key, sender);
        self.add(state, Call { key, ask });
        Some(Waiting {
            engine: self,
            key,
            receiver,
        })
    }

    fn add(&self, mut state: MutexGuard<'_, State>, call: Call) {
        state.calls.push(call);
        let is_first = state.calls.len() == 1;
        drop(state);
        if is_first {
            (self.wake)();
        }
    }

    /// Adds a call and waits for its outcome.
    fn run(&self, ask: Ask) -> Pending<'_, Answer> {
        let waiting = self.call(ask);
        Box::pin(async move {
            let Some(mut waiting) = waiting else {
                return Err(over());
            };
            (&mut waiting.receiver)
                .await
                .unwrap_or_else(|_| Err(over()))
        })
    }

    /// The same for what has no result.
    fn carry_out(&self, ask: Ask) -> Pending<'_, ()> {
        let answer = self.run(ask);
        Box::pin(async move { answer.await.map(|_| ()) })
    }

    /// The same for what has a position for each of `count`.
    fn positions(&self, ask: Ask, count: usize) -> Pending<'_, Vec<Result<Position, EngineError>>> {
        let answer = self.run(ask);
        Box::pin(async move {
            match answer.await? {
                Answer::Positions(positions) if positions.len() == count => Ok(positions),
                _ => Err(unexpected()),
            }
        })
    }

    fn asked(&self, room: &Arc<str>, new_epoch: u64, ttl: u64) -> AskedHead {
        AskedHead {
            channel: self.names.of(&Channel::Room(Arc::clone(room))),
            epoch: Base36(new_epoch).to_string(),
            ttl,
        }
    }

    fn channels(&self, channels: &[Channel]) -> Vec<String> {
        channels
            .iter()
            .map(|channel| self.names.of(channel))
            .collect()
    }
}

/// A call whose outcome is waited for. When it is dropped nobody waits any more.
struct Waiting<'a> {
    engine: &'a ExternalEngine,
    key: u32,
    receiver: oneshot::Receiver<Outcome>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.engine.state().waiting.remove(&self.key);
    }
}

fn over() -> EngineError {
    EngineError::Lost {
        message: "the engine has been stopped".into(),
        code: None,
    }
}

/// It has told something else than what it was asked for.
fn unexpected() -> EngineError {
    EngineError::Lost {
        message: "the engine has given no answer to what it was asked".into(),
        code: None,
    }
}

impl Engine for ExternalEngine {
    fn connect(&self, sink: Arc<dyn Sink>, generation: u64) -> Pending<'_, ()> {
        self.state().sink = Some((sink, generation));
        self.carry_out(Ask::Connect)
    }

    fn disconnect(&self) -> Pending<'_, ()> {
        self.state().sink = None;
        self.carry_out(Ask::Disconnect)
    }

    fn subscribe(&self, channels: Vec<Channel>) -> Pending<'_, ()> {
        self.carry_out(Ask::Subscribe(self.channels(&channels)))
    }

    fn unsubscribe(&self, channels: Vec<Channel>) -> Pending<'_, ()> {
        self.carry_out(Ask::Unsubscribe(self.channels(&channels)))
    }

    fn publish<'a>(&'a self, messages: &'a [Publication]) -> Pending<'a, ()> {
        let named = messages.iter();
        let named = named.map(|message| (self.names.of(&message.channel), message.data.clone()));
        self.carry_out(Ask::Publish(named.collect()))
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        self.keeps.then_some(self as &dyn Keeper)
    }
}

impl Keeper for ExternalEngine {
    fn append<'a>(
        &'a self,
        entries: &'a [&'a Append],
    ) -> Pending<'a, Vec<Result<Position, EngineError>>> {
        let asked = entries.iter().map(|entry| AskedEntry {
            history: self.asked(&entry.room, entry.new_epoch, entry.ttl),
            data: entry.data.clone(),
            tag: format!("{:x}", entry.tag),
            id: entry.id.map(|id| id.to_string()).unwrap_or_default(),
            size: entry.size,
        });
        self.positions(Ask::Append(asked.collect()), entries.len())
    }

    fn read(&self, room: Arc<str>, after: Option<u64>, limit: usize) -> Pending<'_, Kept> {
        let answer = self.run(Ask::Read {
            channel: self.names.of(&Channel::Room(room)),
            after,
            limit,
        });
        Box::pin(async move {
            match answer.await? {
                Answer::Kept(kept) => Ok(kept),
                _ => Err(unexpected()),
            }
        })
    }

    fn heads(&self, rooms: Vec<Head>) -> Pending<'_, Vec<Position>> {
        let asked = rooms.iter();
        let asked = asked.map(|head| self.asked(&head.room, head.new_epoch, head.ttl));
        let positions = self.positions(Ask::Heads(asked.collect()), rooms.len());
        Box::pin(async move { positions.await?.into_iter().collect() })
    }
}

#[cfg(test)]
mod tests;
