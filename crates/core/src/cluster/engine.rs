//! What carries messages between the nodes of a cluster, and keeps what they share. Nothing here names a product:
//! Redis, the primary process of Node's `cluster` and engines of the application implement [`Engine`].
//!
//! An engine does not decide anything. It connects when it is told to, says when it has lost its connection, and
//! leaves waiting, queueing and trying again to the [`Node`](super::Node), which does that in the same way for all.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::channel::Channel;
use super::node_id::NodeId;
use crate::hub::Position;

/// Most channels of one command.
pub const MOST_CHANNELS: usize = 512;

/// What an engine does in its own time.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, EngineError>> + Send + 'a>>;

/// What an engine waits for.
pub type Wait<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Why an engine could not do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// There is no connection, or it was lost. The outcome of what was under way is not known.
    #[error("{message}")]
    Lost {
        /// What happened, with the address and the system's error.
        message: String,
        /// The system's error by its name, such as `ECONNREFUSED`, if it was one.
        code: Option<String>,
    },
    /// The engine has refused it and will refuse it again: wrong credentials, a missing permission, a script that
    /// may not run. The message names the command and what to change.
    #[error("{0}")]
    Refused(String),
    /// The engine cannot do it now, and the connection is not the reason: it has no memory left, is read-only, or
    /// loads its data.
    #[error("{0}")]
    Unable(String),
}

/// Who hears of what an engine gets. Called from any thread; returns soon.
pub trait Sink: Send + Sync {
    /// A message has come. `channel` is its name as [`ChannelNames`](super::ChannelNames) writes it.
    fn message(&self, channel: &str, data: &[u8]);

    /// A message was longer than the engine may take, and was dropped.
    fn oversized(&self, channel: &str);

    /// Messages on these channels may have been missed, while their subscriptions moved to another server. They will
    /// come again from now on.
    fn missed(&self, channels: &[String]) {
        let _ = channels;
    }

    /// The connection was lost, or is of no use any more. The node connects again. Calls for a connection that
    /// has been replaced since have no effect: `generation` is the number that [`Engine::connect`] was given.
    fn lost(&self, generation: u64, error: EngineError);
}

/// A way between nodes. Its methods are called on the thread of the node, inside of its tokio runtime.
pub trait Engine: Send + Sync {
    /// Makes all connections that the engine needs, in place of those it has. Nothing is subscribed to then.
    /// Messages go to `sink` from now on, and so does the loss of the connection, with this `generation`.
    fn connect(&self, sink: Arc<dyn Sink>, generation: u64) -> Pending<'_, ()>;

    /// After [`Engine::connect`] has failed with `failure`: resolves when what could not be reached can be reached again,
    /// so that the node need not wait for the end of its pause. Looking has to be cheap. An engine that cannot know never
    /// resolves.
    fn reachable<'a>(&'a self, failure: &'a EngineError) -> Wait<'a> {
        let _ = failure;
        Box::pin(std::future::pending())
    }

    /// Ends all connections in good order.
    fn disconnect(&self) -> Pending<'_, ()>;

    /// Subscribes to channels; resolves when that is confirmed: what is published afterwards will come.
    fn subscribe(&self, channels: Vec<Channel>) -> Pending<'_, ()>;

    /// Ends subscriptions.
    fn unsubscribe(&self, channels: Vec<Channel>) -> Pending<'_, ()>;

    /// Publishes messages in this order, in one round trip if possible. Resolves when the engine has them.
    fn publish<'a>(&'a self, messages: &'a [Publication]) -> Pending<'a, ()>;

    /// The histories that the engine keeps for all nodes; `None` for one that only passes messages on.
    fn keeper(&self) -> Option<&dyn Keeper> {
        None
    }

    /// The ids that the engine keeps apart for all nodes; `None` when the nodes ask each other.
    fn registrar(&self) -> Option<&dyn Registrar> {
        None
    }
}

/// A message for a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Where it is published.
    pub channel: Channel,
    /// What is published.
    pub data: Vec<u8>,
}

/// The histories of rooms that an engine keeps for all nodes.
pub trait Keeper: Send + Sync {
    /// Keeps messages in the histories of their rooms and publishes each, with its position in front (see
    /// [`wire`](super::wire)), to the channel of its room: one atomic step for each message, in this order.
    /// One that fails does not stop the others.
    ///
    /// A node whose connection was lost does not know what was kept, and appends again with the same ids, before anything
    /// else. What has an id that was kept before is not kept again, also when the history has given it up since: its
    /// position is that of the first, or has offset 0 if that is not known any more.
    fn append<'a>(
        &'a self,
        entries: &'a [&'a Append],
    ) -> Pending<'a, Vec<Result<Position, EngineError>>>;

    /// Reads kept messages of a room, the oldest first: the first `limit` behind an offset, or the last `limit`
    /// without one.
    fn read(&self, room: Arc<str>, after: Option<u64>, limit: usize) -> Pending<'_, Kept>;

    /// Where the histories of rooms stand, in one round trip. A room that has none yet gets the epoch
    /// `new_epoch`, so that a client has a position in an idle room too.
    fn heads(&self, rooms: Vec<Head>) -> Pending<'_, Vec<Position>>;
}

/// How long a node has an id without claiming it again. Others may take it as soon as its node is dead.
pub const ID_LIFE: Duration = Duration::from_hours(24);

/// The ids of connections that an engine keeps apart for all nodes.
pub trait Registrar: Send + Sync {
    /// Notes that a node is alive, for `ttl` milliseconds: for programs that are no nodes, and for whoever finds an
    /// id that an unknown node holds. The first of `marks` is kept with it. False when another mark is kept than one
    /// of these: another process has the same id. What that one has noted may be gone then.
    fn announce(&self, node: NodeId, marks: Vec<u64>, ttl: u64) -> Pending<'_, bool>;

    /// Whether a node has announced itself in time.
    fn is_alive(&self, node: NodeId) -> Pending<'_, bool>;

    /// Takes an id for a connection of a node, or tells which node has it. With `instead_of`, the id is taken
    /// from that node if that one still has it, in one atomic step. It is free again [`ID_LIFE`] after the last call
    /// of its node, so that ids of nodes that have died do not stay for ever.
    fn claim(&self, id: Arc<str>, node: NodeId, instead_of: Option<NodeId>) -> Pending<'_, Claim>;

    /// Frees an id if the node has it.
    fn release(&self, id: Arc<str>, node: NodeId) -> Pending<'_, ()>;

    /// Which node has an id.
    fn holder(&self, id: Arc<str>) -> Pending<'_, Option<NodeId>>;
}

/// A message to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The room.
    pub room: Arc<str>,
    /// By which it is known again; `None` is never known.
    pub id: Option<AppendId>,
    /// The message as nodes read it.
    pub data: Vec<u8>,
    /// See [`Position::tag`].
    pub tag: u16,
    /// The epoch of the history if it begins with this message.
    pub new_epoch: u64,
    /// Messages that are kept, about.
    pub size: usize,
    /// How long they are kept, in milliseconds after the last.
    pub ttl: u64,
}

/// Which message of a node is appended to a history. A node begins a batch when it knows what has become of all messages
/// of the one before. So an engine has to remember the indexes of the last batch of each node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AppendId {
    /// Its sender.
    pub node: NodeId,
    /// The batch; no other of this node has the same number.
    pub batch: u64,
    /// Its place among those of the batch that are for this history, from 0 on.
    pub index: u32,
}

impl std::fmt::Display for AppendId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.node, self.batch, self.index)
    }
}

/// A room whose position is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The room.
    pub room: Arc<str>,
    /// The epoch of its history if it has none.
    pub new_epoch: u64,
    /// How long its messages are kept, in milliseconds. The epoch lives longer.
    pub ttl: u64,
}

/// Kept messages of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Where the history stands; `None` when the room has none.
    pub head: Option<Position>,
    /// Messages as nodes read them, each with its position, the oldest first. Offsets follow one another; what is
    /// missing before the first was trimmed.
    pub messages: Vec<(Position, Vec<u8>)>,
}

/// The outcome of [`Registrar::claim`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The id is the node's now, or was before.
    Taken,
    /// This node has it.
    HeldBy(NodeId),
}
