//! What the hub tells whoever connects it with the hubs of other nodes.

use std::sync::atomic::{AtomicBool, Ordering::Acquire, Ordering::Release};
use std::sync::{Arc, Mutex, PoisonError};

/// A message for members on other nodes.
#[derive(Debug, Clone, Copy)]
pub struct ForPeers<'a> {
    /// The rooms that it is for; `None` for every connection.
    pub rooms: Option<&'a [&'a str]>,
    /// Ids of connections that are not meant.
    pub except: &'a [Arc<str>],
    /// Rooms whose members are not meant.
    pub except_rooms: &'a [String],
    /// The envelope.
    pub text: &'a str,
    /// The id that the message has in all of its rooms with history, when it is for several.
    pub id: Option<&'a str>,
    /// The application is told under this key when the message is published.
    pub receipt: Option<u32>,
    /// Whether it may wait for [`Peers::turn_over`].
    pub in_turn: bool,
}

/// A question for members on other nodes.
#[derive(Debug, Clone, Copy)]
pub struct AskPeers<'a> {
    /// The key of the request here.
    pub key: u32,
    /// The rooms that it is for; `None` for every connection.
    pub rooms: Option<&'a [String]>,
    /// Ids of the connections that it is for, in place of rooms.
    pub ids: Option<&'a [String]>,
    /// Ids of connections that are not meant.
    pub except: &'a [Arc<str>],
    /// Rooms whose members are not meant.
    pub except_rooms: &'a [String],
    /// The envelope, with the id of the request.
    pub text: &'a str,
    /// So many answers are enough.
    pub at_least: usize,
    /// How long answers are waited for, in milliseconds; 0 is no limit.
    pub timeout: u32,
}

/// What became of a message for other nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is published, or waits for that. A receipt follows if one is wanted.
    Yes,
    /// Too much waits for the engine already. Nothing follows.
    Busy,
}

/// The other nodes. Called from any thread. Returns soon and calls nothing of the hub.
pub trait Peers: Send + Sync {
    /// Publishes a message, which the members here have been sent already.
    fn publish(&self, message: ForPeers<'_>) -> Accepted;

    /// The application's turn is over: what it has published in it leaves. Called on the thread of the node.
    fn turn_over(&self);

    /// Has the connections on other nodes asked that a target means. The hub is told of their answers, and of those that
    /// do not come, by [`Hub::answered_elsewhere`](super::Hub::answered_elsewhere) and the like. Returns how many nodes
    /// are asked.
    fn ask(&self, question: AskPeers<'_>) -> usize;

    /// Whoever has asked that under a key waits no more.
    fn forget(&self, key: u32);

    /// There is an answer to a question of another node, the first that was not taken, or the question is complete.
    fn gathered(&self, key: u32, is_complete: bool);

    /// A connection here does not have this id any more. Called while the registry is locked.
    fn id_freed(&self, id: &Arc<str>);

    /// What marks the ids that this node gives connections.
    fn mark(&self) -> u32;

    /// Whether they keep the histories of rooms, for all nodes.
    fn keeps(&self) -> bool;

    /// Whether they were reached, and are not reached now.
    fn is_down(&self) -> bool;

    /// Has a message kept in the histories of its rooms, and published from there to all nodes, this one too.
    /// `others` are the rooms that it is for besides.
    fn keep(&self, message: ForPeers<'_>, others: &[&str]) -> Accepted;

    /// Somebody has joined a room with history, and waits for messages that are not here.
    fn missing(&self, room: &Arc<str>);

    /// A room has got its first member here. Called while the registry is locked.
    fn room_began(&self, room: &Arc<str>);

    /// A room has lost its last member here. Called while the registry is locked.
    fn room_ended(&self, room: &Arc<str>);

    /// The application begins or ends to listen for the presence of a room. Called while the registry is locked.
    fn room_watched(&self, room: &Arc<str>, watched: bool);

    /// There is something to tell or to ask of presence. Called while the registry is locked.
    fn presence_changed(&self);
}

/// The other nodes, while there are any.
#[derive(Default)]
pub struct PeersCell {
    /// Whether there are. Saves the lock to servers without other nodes.
    is_set: AtomicBool,
    peers: Mutex<Option<Arc<dyn Peers>>>,
}

impl PeersCell {
    /// Whether there are other nodes.
    #[inline]
    pub fn is_set(&self) -> bool {
        self.is_set.load(Acquire)
    }

    /// The other nodes.
    #[inline]
    pub fn get(&self) -> Option<Arc<dyn Peers>> {
        self.is_set().then(|| self.locked()).flatten()
    }

    /// Sets them, or takes them away.
    pub fn set(&self, peers: Option<Arc<dyn Peers>>) {
        let is_set = peers.is_some();
        *self.peers.lock().unwrap_or_else(PoisonError::into_inner) = peers;
        self.is_set.store(is_set, Release);
    }

    fn locked(&self) -> Option<Arc<dyn Peers>> {
        self.peers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
