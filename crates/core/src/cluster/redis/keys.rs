//! The names of channels and keys in Redis. On a Redis Cluster the names of a room carry one of 128 tags, as in
//! `line:{17}:r:news`, so that its channel and its keys are of one slot, and rooms are spread over the servers.

use crate::cluster::channel::{Channel, ChannelNames, room_key};
use crate::cluster::node_id::NodeId;

/// Slots of a Redis Cluster.
const SLOTS: u16 = 16_384;

/// Tags of rooms.
const TAGS: u16 = 128;

pub struct Keys {
    names: ChannelNames,
    /// Whether names carry tags.
    pub on_cluster: bool,
}

/// The keys and the channel of a room.
pub struct RoomKeys {
    pub channel: String,
    /// The hash that tells where the history stands.
    pub meta: String,
    /// The stream of its messages.
    pub history: String,
}

impl Keys {
    pub fn new(prefix: &str, on_cluster: bool) -> Self {
        Self {
            names: ChannelNames::new(prefix),
            on_cluster,
        }
    }

    pub fn channel(&self, channel: &Channel) -> String {
        match channel {
            Channel::Room(room) if self.on_cluster => self.of_room("r", &room_key(room)),
            _ => self.names.of(channel),
        }
    }

    pub fn room(&self, room: &str) -> RoomKeys {
        let key = room_key(room);
        RoomKeys {
            channel: self.of_room("r", &key),
            meta: self.of_room("m", &key),
            history: self.of_room("h", &key),
        }
    }

    fn of_room(&self, kind: &str, key: &str) -> String {
        let prefix = self.names.prefix();
        if self.on_cluster {
            let tag = crc16(key.as_bytes()) % TAGS;
            format!("{prefix}:{{{tag}}}:{kind}:{key}")
        } else {
            format!("{prefix}:{kind}:{key}")
        }
    }

    /// Which node has an id.
    pub fn id(&self, id: &str) -> String {
        format!("{}:id:{}", self.names.prefix(), room_key(id))
    }

    /// Whether a node is alive.
    pub fn node(&self, node: NodeId) -> String {
        format!("{}:node:{node}", self.names.prefix())
    }

    /// The slot of a key or a channel; 0 without a cluster.
    pub fn slot(&self, key: &str) -> u16 {
        if self.on_cluster { slot_of(key) } else { 0 }
    }
}

/// The slot of a key: of what stands in its first braces, if there is something, else of the whole.
fn slot_of(key: &str) -> u16 {
    let tag = key
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'));
    let hashed = match tag {
        Some((tag, _)) if !tag.is_empty() => tag,
        _ => key,
    };
    crc16(hashed.as_bytes()) % SLOTS
}

/// CRC-16/XMODEM, which Redis Cluster uses; `binascii.crc_hqx` of Python.
fn crc16(bytes: &[u8]) -> u16 {
    const OF_NIBBLE: [u16; 16] = {
        let mut table = [0; 16];
        let mut nibble = 0;
        while nibble < 16 {
            let mut crc = (nibble as u16) << 12;
            let mut bit = 0;
            while bit < 4 {
                crc = (crc << 1) ^ if crc & 0x8000 == 0 { 0 } else { 0x1021 };
                bit += 1;
            }
            table[nibble] = crc;
            nibble += 1;
        }
        table
    };
    let step = |crc: u16, nibble: u8| {
        let index = (crc >> 12) ^ u16::from(nibble);
        (crc << 4) ^ OF_NIBBLE[usize::from(index & 15)]
    };
    bytes
        .iter()
        .fold(0, |crc, byte| step(step(crc, byte >> 4), byte & 15))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_redis() {
        // The specification of Redis Cluster gives 0x31c3 for "123456789".
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(slot_of("foo"), 12182);
        assert_eq!(slot_of("a{foo}b"), 12182);
        assert_eq!(slot_of("{}foo"), crc16(b"{}foo") % SLOTS);
    }

    #[test]
    fn keys_of_a_room_are_of_one_slot_on_a_cluster() {
        let plain = Keys::new("line", false).room("news");
        assert_eq!(plain.channel, "line:r:news");
        assert_eq!(
            (plain.meta.as_str(), plain.history.as_str()),
            ("line:m:news", "line:h:news")
        );
        let keys = Keys::new("line", true);
        let room = keys.room("news");
        assert_eq!(room.channel, "line:{41}:r:news");
        assert_eq!(keys.room("é").history, "line:{68}:h:é");
        assert_eq!(keys.slot(&room.channel), keys.slot(&room.meta));
        assert_eq!(keys.slot(&room.channel), keys.slot(&room.history));
        assert_eq!(keys.channel(&Channel::Room("news".into())), room.channel);
    }
}
