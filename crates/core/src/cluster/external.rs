//! An engine that somebody else implements: what the node asks of it becomes calls, which are taken, carried out and
//! settled on another thread. The primary process of Node's `cluster` and engines of the application are such.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::channel::{Channel, ChannelNames};
use super::engine::{Engine, EngineError, Pending, Publication, Sink};

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
}

/// A call that is to be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What [`ExternalEngine::settle`] has to be given.
    pub key: u32,
    /// What is asked.
    pub ask: Ask,
}

type Outcome = Result<(), EngineError>;

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
    state: Mutex<State>,
    /// Called when there are calls to take, after there were none.
    wake: Box<dyn Fn() + Send + Sync>,
}

impl ExternalEngine {
    /// An engine for channels whose names begin with `prefix`. `wake` is called when there are calls to take.
    pub fn new(prefix: &str, wake: Box<dyn Fn() + Send + Sync>) -> Self {
        Self {
            names: ChannelNames::new(prefix),
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

    /// A message has come.
    pub fn message(&self, channel: &str, data: &[u8]) {
        let sink = self.state().sink.clone();
        if let Some((sink, _)) = sink {
            sink.message(channel, data);
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
    fn run(&self, ask: Ask) -> Pending<'_, ()> {
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

impl Engine for ExternalEngine {
    fn connect(&self, sink: Arc<dyn Sink>, generation: u64) -> Pending<'_, ()> {
        self.state().sink = Some((sink, generation));
        self.run(Ask::Connect)
    }

    fn disconnect(&self) -> Pending<'_, ()> {
        self.state().sink = None;
        self.run(Ask::Disconnect)
    }

    fn subscribe(&self, channels: Vec<Channel>) -> Pending<'_, ()> {
        self.run(Ask::Subscribe(self.channels(&channels)))
    }

    fn unsubscribe(&self, channels: Vec<Channel>) -> Pending<'_, ()> {
        self.run(Ask::Unsubscribe(self.channels(&channels)))
    }

    fn publish<'a>(&'a self, messages: &'a [Publication]) -> Pending<'a, ()> {
        let named = messages.iter();
        let named = named.map(|message| (self.names.of(&message.channel), message.data.clone()));
        self.run(Ask::Publish(named.collect()))
    }
}

#[cfg(test)]
mod tests;
