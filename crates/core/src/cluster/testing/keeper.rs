//! Histories and ids in memory, with the faults that a real engine has.

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::ready;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Broker, MemoryEngine, State, lost};
use crate::cluster::channel::Channel;
use crate::cluster::engine::{
    Append, AppendId, Claim, EngineError, Head, Keeper, Kept, Pending, Registrar,
};
use crate::cluster::node_id::NodeId;
use crate::cluster::wire;
use crate::hub::Position;

/// The number of a batch, and the positions of its messages by their indexes.
type Batch = (u64, HashMap<u32, Position>);

/// What is kept for all nodes.
#[derive(Default)]
pub struct Memory {
    histories: HashMap<Arc<str>, History>,
    ids: HashMap<Arc<str>, NodeId>,
    /// Nodes that have announced themselves, and until when that holds.
    alive: HashMap<NodeId, (Instant, u64)>,
    /// What the last batch of each node has brought each room.
    batches: HashMap<(Arc<str>, NodeId), Batch>,
    /// Reads of messages so far.
    reads: usize,
    /// Whether reads of messages are not answered yet.
    holds_reads: bool,
    /// Messages that are still kept before the next reply is lost, with the connection.
    lose_reply_after: Option<usize>,
    /// Nobody can connect after that.
    goes_down: bool,
    /// What cannot be kept now, for want of memory.
    is_full: bool,
    /// Rooms under whose keys somebody else has written.
    foreign: HashSet<Arc<str>>,
}

struct History {
    head: Position,
    messages: VecDeque<(Position, Vec<u8>)>,
}

impl Broker {
    /// A node takes an id, whoever has it.
    pub fn take_id(&self, id: &str, node: NodeId) {
        self.lock().memory.ids.insert(id.into(), node);
    }

    /// Which node has an id.
    pub fn holder(&self, id: &str) -> Option<NodeId> {
        self.lock().memory.ids.get(id).copied()
    }
}

impl History {
    fn new(epoch: u64) -> Self {
        let head = Position {
            epoch,
            offset: 0,
            tag: 0,
        };
        Self {
            head,
            messages: VecDeque::new(),
        }
    }
}

impl Broker {
    /// All that is kept is gone.
    pub fn lose_data(&self) {
        let mut state = self.lock();
        state.memory.histories.clear();
        state.memory.batches.clear();
    }

    /// Another process has announced itself as this node.
    pub fn set_mark(&self, node: NodeId, mark: u64) {
        let until = Instant::now() + Duration::from_mins(1);
        self.lock().memory.alive.insert(node, (until, mark));
    }

    /// The last messages of a room are gone, as with a replica that takes over without them.
    pub fn forget_last(&self, room: &str, count: usize) {
        let mut state = self.lock();
        let Memory {
            histories, batches, ..
        } = &mut state.memory;
        let Some(history) = histories.get_mut(room) else {
            return;
        };
        for _ in 0..count {
            let Some((gone, _)) = history.messages.pop_back() else {
                return;
            };
            let of_room = batches.iter_mut().filter(|((of, _), _)| &**of == room);
            for (_, (_, kept)) in of_room {
                kept.retain(|_, position| *position != gone);
            }
            let tag = history.messages.back().map_or(0, |(last, _)| last.tag);
            history.head = Position {
                offset: gone.offset - 1,
                tag,
                ..gone
            };
        }
    }

    /// After so many further messages of one call, its connection is lost, and its reply with it.
    pub fn lose_reply_after(&self, messages: usize) {
        self.lock().memory.lose_reply_after = Some(messages);
    }

    /// The same, and all connections are lost with it, and none can be made.
    pub fn go_down_after(&self, messages: usize) {
        let memory = &mut self.lock().memory;
        memory.lose_reply_after = Some(messages);
        memory.goes_down = true;
    }

    /// Whether nothing can be kept, as by a Redis without memory.
    pub fn set_full(&self, full: bool) {
        self.lock().memory.is_full = full;
    }

    /// Whether somebody else has written under the key of a room.
    pub fn set_foreign(&self, room: &str, foreign: bool) {
        let rooms = &mut self.lock().memory.foreign;
        if foreign {
            rooms.insert(room.into());
        } else {
            rooms.remove(room);
        }
    }

    /// Keeps a message as another program does.
    pub fn append_foreign(&self, room: &str, data: Vec<u8>) {
        self.lock().append(&Append {
            room: room.into(),
            id: None,
            data,
            tag: 1,
            new_epoch: 1,
            size: 100,
            ttl: 60_000,
        });
    }

    /// Where the history of a room stands.
    pub fn head(&self, room: &str) -> Option<Position> {
        Some(self.lock().memory.histories.get(room)?.head)
    }

    /// Reads of messages so far.
    pub fn reads(&self) -> usize {
        self.lock().memory.reads
    }

    /// Whether reads of messages are only answered when this has been set to false.
    pub fn hold_reads(&self, hold: bool) {
        self.lock().memory.holds_reads = hold;
    }

    /// What is kept of a room, as nodes read it.
    pub fn kept(&self, room: &str) -> Vec<(Position, Vec<u8>)> {
        let state = self.lock();
        let history = state.memory.histories.get(room);
        history.map_or_else(Vec::new, |history| {
            history.messages.iter().cloned().collect()
        })
    }
}

impl State {
    fn append(&mut self, entry: &Append) -> Position {
        let epoch = (self.memory.histories.get(&entry.room)).map(|history| history.head.epoch);
        if let (Some(id), Some(epoch)) = (entry.id, epoch) {
            let batch = self.memory.batches.get(&(Arc::clone(&entry.room), id.node));
            if batch.is_some_and(|(last, kept)| *last == id.batch && kept.contains_key(&id.index)) {
                // Real ones do not know at which position.
                return Position {
                    epoch,
                    offset: 0,
                    tag: 0,
                };
            }
        }
        let history = (self.memory.histories)
            .entry(Arc::clone(&entry.room))
            .or_insert_with(|| History::new(entry.new_epoch));
        let position = Position {
            offset: history.head.offset + 1,
            tag: entry.tag,
            ..history.head
        };
        history.head = position;
        history.messages.push_back((position, entry.data.clone()));
        while history.messages.len() > entry.size {
            history.messages.pop_front();
        }
        if let Some(AppendId { node, batch, index }) = entry.id {
            let key = (Arc::clone(&entry.room), node);
            let last = self.memory.batches.entry(key).or_default();
            if last.0 != batch {
                *last = (batch, HashMap::new());
            }
            last.1.insert(index, position);
        }
        let message = wire::write_kept(&position.to_string(), &entry.data);
        self.deliver(&Channel::Room(Arc::clone(&entry.room)), &message);
        position
    }
}

impl MemoryEngine {
    /// Calls `act` if the engine is connected.
    fn keep<'a, R: Send + 'a>(&self, act: impl FnOnce(&mut State) -> R) -> Pending<'a, R> {
        let mut state = self.broker.lock();
        let is_connected = state.clients.contains_key(&self.number);
        let done = if is_connected {
            Ok(act(&mut state))
        } else {
            Err(lost())
        };
        Box::pin(ready(done))
    }
}

impl Keeper for MemoryEngine {
    fn append<'a>(
        &'a self,
        entries: &'a [&'a Append],
    ) -> Pending<'a, Vec<Result<Position, EngineError>>> {
        let mut state = self.broker.lock();
        if !state.clients.contains_key(&self.number) {
            return Box::pin(ready(Err(lost())));
        }
        let mut positions = Vec::new();
        for entry in entries {
            if state.memory.lose_reply_after == Some(0) {
                state.memory.lose_reply_after = None;
                let goes_down = std::mem::take(&mut state.memory.goes_down);
                let client = state.clients.remove(&self.number);
                drop(state);
                if goes_down {
                    self.broker.go_down();
                }
                if let Some(client) = client {
                    client.sink.lost(client.generation, lost());
                }
                return Box::pin(ready(Err(lost())));
            }
            if let Some(left) = &mut state.memory.lose_reply_after {
                *left -= 1;
            }
            let channel = Channel::Room(Arc::clone(&entry.room));
            positions.push(if state.refused.contains(&channel) {
                Err(EngineError::Refused("NOPERM: allow this channel".into()))
            } else if state.memory.is_full {
                Err(EngineError::Unable("OOM: no memory is left".into()))
            } else {
                Ok(state.append(entry))
            });
        }
        Box::pin(ready(Ok(positions)))
    }

    fn read(&self, room: Arc<str>, after: Option<u64>, limit: usize) -> Pending<'_, Kept> {
        let kept = self.keep(|state| {
            state.memory.reads += 1;
            let Some(history) = state.memory.histories.get(&room) else {
                return Kept {
                    head: None,
                    messages: Vec::new(),
                };
            };
            let all = history.messages.iter().cloned();
            let messages = if let Some(offset) = after {
                let behind = all.filter(|(position, _)| position.offset > offset);
                behind.take(limit).collect()
            } else {
                let first = history.messages.len().saturating_sub(limit);
                all.skip(first).collect()
            };
            Kept {
                head: Some(history.head),
                messages,
            }
        });
        Box::pin(async move {
            while self.broker.lock().memory.holds_reads {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            kept.await
        })
    }

    fn heads(&self, rooms: Vec<Head>) -> Pending<'_, Vec<Position>> {
        let is_foreign = |room: &Head| self.broker.lock().memory.foreign.contains(&room.room);
        if rooms.iter().any(is_foreign) {
            let why = EngineError::Refused("the position is that of another program".into());
            return Box::pin(ready(Err(why)));
        }
        self.keep(|state| {
            let histories = &mut state.memory.histories;
            let heads = rooms.into_iter().map(|room| {
                let begin = || History::new(room.new_epoch);
                histories.entry(room.room).or_insert_with(begin).head
            });
            heads.collect()
        })
    }
}

impl Registrar for MemoryEngine {
    fn announce(&self, node: NodeId, marks: Vec<u64>, ttl: u64) -> Pending<'_, bool> {
        let until = Instant::now() + Duration::from_millis(ttl);
        if self.broker.lock().memory.is_full {
            let why = EngineError::Unable("OOM: no memory is left".into());
            return Box::pin(ready(Err(why)));
        }
        self.keep(|state| {
            let known = state.memory.alive.get(&node);
            let is_own = known.is_none_or(|(_, mark)| marks.contains(mark));
            if is_own {
                state.memory.alive.insert(node, (until, marks[0]));
            }
            is_own
        })
    }

    fn is_alive(&self, node: NodeId) -> Pending<'_, bool> {
        self.keep(|state| {
            let until = state.memory.alive.get(&node);
            until.is_some_and(|(until, _)| *until > Instant::now())
        })
    }

    fn claim(&self, id: Arc<str>, node: NodeId, instead_of: Option<NodeId>) -> Pending<'_, Claim> {
        self.keep(|state| {
            let holder = state.memory.ids.get(&id).copied();
            let other = holder.filter(|holder| *holder != node && Some(*holder) != instead_of);
            if let Some(holder) = other {
                return Claim::HeldBy(holder);
            }
            state.memory.ids.insert(id, node);
            Claim::Taken
        })
    }

    fn release(&self, id: Arc<str>, node: NodeId) -> Pending<'_, ()> {
        self.keep(|state| {
            if state.memory.ids.get(&id) == Some(&node) {
                state.memory.ids.remove(&id);
            }
        })
    }

    fn holder(&self, id: Arc<str>) -> Pending<'_, Option<NodeId>> {
        self.keep(|state| state.memory.ids.get(&id).copied())
    }
}
