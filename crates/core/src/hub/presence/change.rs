//! How the presence of rooms works, and what the application is told of it.

use std::sync::Arc;

/// What the application is told of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tell {
    /// Each change, in order.
    Each,
    /// What has changed in a tenth of a second; numbers only in large rooms.
    Batched,
    /// Nothing.
    Never,
}

/// How the presence of a room works.
#[derive(Debug, Clone, Copy)]
pub struct PresenceRule {
    /// For how long a member stays that has lost its connection, in milliseconds.
    pub leave_delay: u64,
    /// What the application is told.
    pub tell: Tell,
}

/// What has happened to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there before.
    Join,
    /// It is not there any more.
    Leave,
    /// Its info is another.
    Info,
}

/// What the application has noted of a connection, as JSON text.
pub type Info = Option<Arc<str>>;

/// What has changed in one room.
#[derive(Debug, PartialEq, Eq)]
pub struct Changes {
    /// The room's name.
    pub room: Arc<str>,
    /// Members now.
    pub count: usize,
    /// Members that have come.
    pub joined: usize,
    /// Members that have gone.
    pub left: usize,
    /// The changes, with ids and infos; empty where only numbers are told.
    pub members: Vec<(Change, Arc<str>, Info)>,
}

/// A node of a cluster, as the hub knows it.
pub type NodeKey = [u8; 8];

/// Members of one room here that are no more as the other nodes know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The room's name.
    pub room: Arc<str>,
    /// The number of the update among those of the room.
    pub sequence: u32,
    /// Ids and infos of those that are there.
    pub set: Vec<(Arc<str>, Info)>,
    /// Ids of those that are not there any more.
    pub gone: Vec<Arc<str>>,
}
