//! What nodes tell each other besides broadcasts, as JSON. A node ignores what it does not know, so that a newer
//! version can tell more.

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
    /// What is asked, by its name.
    pub what: String,
    /// What it needs, which depends on that.
    pub with: Box<RawValue>,
    /// How long an answer is waited for, in milliseconds.
    pub timeout: u32,
}

/// An answer, or a part of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    /// The number of the question.
    pub key: u32,
    /// The answer.
    pub with: Box<RawValue>,
    /// More follows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

impl Serialize for NodeId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
