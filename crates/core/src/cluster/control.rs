//! What nodes tell each other besides broadcasts, as JSON. A node ignores what it does not know, so that a newer
//! version can tell more.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::node_id::NodeId;

/// One such message.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Control {
    /// The node lives.
    Beat(Beat),
    /// The node ends in good order.
    Bye {},
    /// Something is asked of the node that gets this.
    Ask(Ask),
    /// The answer, or a part of it.
    Answer(Answer),
    /// Presence: what became of members of the sender.
    Present(Present),
    /// Presence: the members in these rooms are asked for.
    WhoIs {
        /// The rooms.
        rooms: Vec<Arc<str>>,
    },
    /// Presence: all members of the sender in a room, or a part of them.
    Here {
        /// The members.
        present: Present,
        /// The first part.
        first: bool,
        /// More parts follow.
        more: bool,
    },
}

/// Members of the sender in a room.
#[derive(Debug, Serialize, Deserialize)]
pub struct Present {
    /// The room.
    pub room: Arc<str>,
    /// The number of the update; that of the last one, where all members are told.
    #[serde(rename = "seq")]
    pub sequence: u32,
    /// Ids and infos of those that are there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set: Vec<(Arc<str>, Option<Box<RawValue>>)>,
    /// Ids of those that are not there any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<Arc<str>>,
}

/// What a node tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Beat {
    /// For logs and lists.
    pub name: String,
    /// The process.
    pub pid: u32,
    /// The version of the package.
    pub version: String,
    /// Open connections.
    pub connections: u32,
    /// Rooms with members there.
    pub rooms: u32,
    /// The node has just come, and wants to know the others at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hello: bool,
    /// When it was sent, in microseconds of a clock of the node. Only the node itself reads this.
    pub sent: u64,
}

/// A question to a node.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ask {
    /// Its number among those of the node that asks.
    pub key: u32,
    /// What is asked: see [`Demand`](super::forms::Demand). Newer versions may ask what this one does not know.
    pub what: Box<RawValue>,
    /// How long an answer is waited for, in milliseconds; 0 is no limit.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub timeout: u32,
}

/// An answer, or a part of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    /// The number of the question.
    pub key: u32,
    /// The answer: see [`Part`](super::forms::Part).
    pub with: Box<RawValue>,
    /// More follows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(timeout: &u32) -> bool {
    *timeout == 0
}

impl Serialize for NodeId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests;
