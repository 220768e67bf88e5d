//! An engine in memory, with the faults that a real one has when it is told to have them.

use std::collections::{HashMap, HashSet};
use std::future::{pending, ready};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::channel::{Channel, ChannelNames};
use super::engine::{Engine, EngineError, Keeper, Pending, Publication, Registrar, Sink, Wait};

mod keeper;

use keeper::Memory;

/// What the engines of all nodes have in common.
#[derive(Clone)]
pub struct Broker(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// By the number of the engine.
    clients: HashMap<usize, Client>,
    engines: usize,
    is_down: bool,
    /// The engines of these numbers receive nothing, and are not told.
    deaf: HashSet<usize>,
    /// What the engines of these numbers publish is never answered.
    stuck: HashSet<usize>,
    /// What the engines of these numbers publish reaches nobody, and they are not told.
    mute: HashSet<usize>,
    /// The engines of these numbers cannot connect.
    away: HashSet<usize>,
    published: Vec<(String, Vec<u8>)>,
    refused: HashSet<Channel>,
    keeps: bool,
    memory: Memory,
}

struct Client {
    sink: Arc<dyn Sink>,
    generation: u64,
    channels: HashSet<Channel>,
}

/// The engine of one node.
pub struct MemoryEngine {
    broker: Broker,
    number: usize,
    keeps: bool,
}

pub fn names() -> ChannelNames {
    ChannelNames::new("line")
}

fn lost() -> EngineError {
    EngineError::Lost {
        message: "connect ECONNREFUSED".into(),
        code: Some("ECONNREFUSED".into()),
    }
}

impl Broker {
    pub fn new() -> Self {
        Self(Arc::default())
    }

    /// One that keeps histories and ids.
    pub fn keeping() -> Self {
        let broker = Self::new();
        broker.lock().keeps = true;
        broker
    }

    /// An engine for one more node. Numbers begin at 0.
    pub fn engine(&self) -> Arc<MemoryEngine> {
        let mut state = self.lock();
        let number = state.engines;
        state.engines += 1;
        Arc::new(MemoryEngine {
            broker: self.clone(),
            number,
            keeps: state.keeps,
        })
    }

    /// All connections are lost, and none can be made.
    pub fn go_down(&self) {
        let mut state = self.lock();
        state.is_down = true;
        let clients: Vec<Client> = state.clients.drain().map(|(_, client)| client).collect();
        drop(state);
        for client in clients {
            client.sink.lost(client.generation, lost());
        }
    }

    pub fn come_back(&self) {
        self.lock().is_down = false;
    }

    /// Whether an engine cannot connect.
    pub fn set_away(&self, number: usize, away: bool) {
        let mut state = self.lock();
        if away {
            state.away.insert(number);
        } else {
            state.away.remove(&number);
        }
    }

    /// Whether an engine receives nothing, as if its connection were half open.
    pub fn set_deaf(&self, number: usize, deaf: bool) {
        let mut state = self.lock();
        if deaf {
            state.deaf.insert(number);
        } else {
            state.deaf.remove(&number);
        }
    }

    /// Whether what an engine publishes is never answered, as by a server that is stopped.
    pub fn set_stuck(&self, number: usize, stuck: bool) {
        let mut state = self.lock();
        if stuck {
            state.stuck.insert(number);
        } else {
            state.stuck.remove(&number);
        }
    }

    /// Whether what an engine publishes reaches nobody.
    pub fn set_mute(&self, number: usize, mute: bool) {
        let mut state = self.lock();
        if mute {
            state.mute.insert(number);
        } else {
            state.mute.remove(&number);
        }
    }

    /// Publishing and subscribing to a channel are refused from now on.
    pub fn refuse(&self, channel: Channel) {
        self.lock().refused.insert(channel);
    }

    /// Publishes as another program does.
    pub fn publish(&self, channel: &Channel, data: &[u8]) {
        self.lock().deliver(channel, data);
    }

    /// Messages on a channel so far.
    pub fn published(&self, channel: &Channel) -> Vec<Vec<u8>> {
        let name = names().of(channel);
        let state = self.lock();
        let all = state.published.iter().filter(|(on, _)| *on == name);
        all.map(|(_, data)| data.clone()).collect()
    }

    /// How many engines are subscribed to a channel.
    pub fn subscribers(&self, channel: &Channel) -> usize {
        let state = self.lock();
        let subscribed = state.clients.values();
        subscribed
            .filter(|client| client.channels.contains(channel))
            .count()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl State {
    fn deliver(&mut self, channel: &Channel, data: &[u8]) {
        let name = names().of(channel);
        for (number, client) in &self.clients {
            let is_room = matches!(channel, Channel::Room(_));
            let is_subscribed = client.channels.contains(channel)
                || (is_room && client.channels.contains(&Channel::EveryRoom));
            if is_subscribed && !self.deaf.contains(number) {
                client.sink.message(&name, data);
            }
        }
        self.published.push((name, data.to_vec()));
    }
}

impl MemoryEngine {
    fn cannot_connect(&self) -> bool {
        let state = self.broker.lock();
        state.is_down || state.away.contains(&self.number)
    }

    fn with<R>(&self, act: impl FnOnce(&mut Client) -> R) -> Result<R, EngineError> {
        let mut state = self.broker.lock();
        state
            .clients
            .get_mut(&self.number)
            .map(act)
            .ok_or_else(lost)
    }
}

impl Engine for MemoryEngine {
    fn connect(&self, sink: Arc<dyn Sink>, generation: u64) -> Pending<'_, ()> {
        if self.cannot_connect() {
            return Box::pin(ready(Err(lost())));
        }
        let mut state = self.broker.lock();
        let client = Client {
            sink,
            generation,
            channels: HashSet::new(),
        };
        state.clients.insert(self.number, client);
        Box::pin(ready(Ok(())))
    }

    fn reachable<'a>(&'a self, _: &'a EngineError) -> Wait<'a> {
        Box::pin(async {
            while self.cannot_connect() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    }

    fn disconnect(&self) -> Pending<'_, ()> {
        self.broker.lock().clients.remove(&self.number);
        Box::pin(ready(Ok(())))
    }

    fn subscribe(&self, channels: Vec<Channel>) -> Pending<'_, ()> {
        let is_refused = |channel: &Channel| self.broker.lock().refused.contains(channel);
        if channels.iter().any(is_refused) {
            let why = "NOPERM: allow SUBSCRIBE to this channel".into();
            return Box::pin(ready(Err(EngineError::Refused(why))));
        }
        Box::pin(ready(self.with(|client| client.channels.extend(channels))))
    }

    fn unsubscribe(&self, channels: Vec<Channel>) -> Pending<'_, ()> {
        Box::pin(ready(self.with(|client| {
            for channel in &channels {
                client.channels.remove(channel);
            }
        })))
    }

    fn publish<'a>(&'a self, messages: &'a [Publication]) -> Pending<'a, ()> {
        let mut state = self.broker.lock();
        if !state.clients.contains_key(&self.number) {
            return Box::pin(ready(Err(lost())));
        }
        if state.stuck.contains(&self.number) {
            return Box::pin(pending());
        }
        for message in messages {
            if state.refused.contains(&message.channel) {
                let why = "NOPERM: allow PUBLISH on this channel".into();
                return Box::pin(ready(Err(EngineError::Refused(why))));
            }
            if !state.mute.contains(&self.number) {
                state.deliver(&message.channel, &message.data);
            }
        }
        Box::pin(ready(Ok(())))
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        self.keeps.then_some(self as &dyn Keeper)
    }

    fn registrar(&self) -> Option<&dyn Registrar> {
        self.keeps.then_some(self as &dyn Registrar)
    }
}

/// Waits until something is so, for ten seconds at most.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "not in time: {what}"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}
