//! What the registry has of one connection.

use std::sync::Arc;

use indexmap::IndexSet;

use crate::hub::admission::Permit;
use crate::hub::connection::ConnectionRef;

use super::id::Id;

/// What the registry has of one connection.
pub(super) struct Slot {
    pub(super) connection: ConnectionRef,
    /// Reserved from the moment the application learns of the connection, until its withdrawal.
    pub(super) id: Option<Id>,
    /// Keys of the rooms joined; `None` without any. Boxed because the set takes a hundred bytes, and
    /// many connections are in no room.
    pub(super) rooms: Option<Box<IndexSet<u32>>>,
    /// Its peer is gone, and its end has yet to come.
    pub(super) withdrawn: bool,
    /// Counts the connection; shared with the task of its stream, with which it ends.
    pub(super) permit: Option<Arc<Permit>>,
}
