//! Channels between nodes, and their names: what publishers in other languages use, too.

use std::sync::Arc;

use ring::digest::{SHA256, digest};

use super::node_id::NodeId;

/// Longest name of a room, in bytes, that stands in the name of its channel as it is.
const LONGEST: usize = 200;

/// Where messages are published.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Messages for the members of a room.
    Room(Arc<str>),
    /// The channels of all rooms together: to subscribe to.
    EveryRoom,
    /// Messages for every connection.
    Everyone,
    /// Heartbeats, requests and what else is for every node.
    Nodes,
    /// Answers and messages for one node.
    Node(NodeId),
}

/// Writes and reads the names of channels and keys.
#[derive(Debug, Clone)]
pub struct ChannelNames {
    prefix: Box<str>,
}

/// A channel as its name tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named<'a> {
    /// The room, as [`room_key`] writes it.
    Room(&'a str),
    /// See [`Channel::Everyone`].
    Everyone,
    /// See [`Channel::Nodes`].
    Nodes,
    /// See [`Channel::Node`].
    Node(NodeId),
}

/// The name of a room as it stands in the names of channels and keys: one above 200 bytes, or one that begins with
/// `~`, is `~` and the SHA-256 of it in hexadecimal digits.
pub fn room_key(room: &str) -> String {
    if room.len() <= LONGEST && !room.starts_with('~') {
        return room.to_owned();
    }
    let hash = digest(&SHA256, room.as_bytes());
    let mut key = String::with_capacity(1 + 64);
    key.push('~');
    data_encoding::HEXLOWER.encode_append(hash.as_ref(), &mut key);
    key
}

impl ChannelNames {
    /// Names that begin with `prefix` and a colon.
    pub fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.into(),
        }
    }

    /// What all names begin with, without the colon.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The name of a channel. That of [`Channel::EveryRoom`] is a pattern with a `*`; other characters that mean
    /// something in patterns of Redis are escaped in it.
    pub fn of(&self, channel: &Channel) -> String {
        let Self { prefix } = self;
        match channel {
            Channel::Room(room) => format!("{prefix}:r:{}", room_key(room)),
            Channel::EveryRoom => format!("{}:r:*", escaped(prefix)),
            Channel::Everyone => format!("{prefix}:all"),
            Channel::Nodes => format!("{prefix}:n"),
            Channel::Node(id) => format!("{prefix}:n:{id}"),
        }
    }

    /// Reads a name; `None` when it is not one of these. The name of a room may carry a tag, as on a Redis Cluster:
    /// `line:{17}:r:news`.
    pub fn read<'a>(&self, name: &'a str) -> Option<Named<'a>> {
        let rest = name.strip_prefix(&*self.prefix)?.strip_prefix(':')?;
        if let Some(tagged) = rest.strip_prefix('{') {
            let (_, rest) = tagged.split_once("}:")?;
            return rest.strip_prefix("r:").map(Named::Room);
        }
        match rest {
            "all" => Some(Named::Everyone),
            "n" => Some(Named::Nodes),
            _ => match rest.strip_prefix("r:") {
                Some(room) => Some(Named::Room(room)),
                None => NodeId::parse(rest.strip_prefix("n:")?).map(Named::Node),
            },
        }
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '*' | '?' | '[' | ']' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_documented_and_read_again() {
        let names = ChannelNames::new("line");
        let id = NodeId([0, 0, 0, 0, 0, 0, 0, 9]);
        let cases = [
            (
                Channel::Room("news:é".into()),
                "line:r:news:é",
                Named::Room("news:é"),
            ),
            (Channel::Everyone, "line:all", Named::Everyone),
            (Channel::Nodes, "line:n", Named::Nodes),
            (
                Channel::Node(id),
                "line:n:0000000000000009",
                Named::Node(id),
            ),
        ];
        for (channel, name, named) in cases {
            assert_eq!(names.of(&channel), name);
            assert_eq!(names.read(name), Some(named));
        }
        assert_eq!(names.read("line:{17}:r:a}:b"), Some(Named::Room("a}:b")));
        for foreign in [
            "line",
            "lines:all",
            "line:x",
            "line:n:5",
            "other:r:news",
            "line:{17}:all",
            "line:{17",
        ] {
            assert_eq!(names.read(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn long_names_are_hashed_and_meet_no_other() {
        let long = "x".repeat(201);
        let key = room_key(&long);
        assert_eq!(key.len(), 65);
        assert!(key.starts_with('~'));
        assert_eq!(room_key(&"x".repeat(200)).len(), 200);
        // A room that has the name of the hash is another room.
        assert_ne!(room_key(&key), key);
    }

    #[test]
    fn a_pattern_matches_the_prefix_alone() {
        let names = ChannelNames::new("a*[b");
        assert_eq!(names.of(&Channel::EveryRoom), "a\\*\\[b:r:*");
    }
}
