//! Messages between nodes, as bytes. Sans-IO: nothing here has a connection.
//!
//! All numbers are big-endian. A *text* is a length of 2 bytes and as many bytes of UTF-8; a *list* is a count of
//! 2 bytes and as many texts.
//!
//! ```text
//! message   0x01 kind(1) flags(1) node(8) sequence(4) fields… body…
//! fields    in this order, each present if its flag is set: see [`flags`]
//! kept      0x01 0x02 length(1) position message     what a history has given a position
//! ```
//!
//! A message that begins with `{` is an envelope as clients are sent it, published by another program. It has no
//! header: its room is that of the channel.
//!
//! A reader refuses a version that it does not know. It ignores kinds that it does not know, and refuses flags that
//! it does not know: it could not find the body.

use crate::hub::Position;

use super::node_id::NodeId;

mod reader;

use reader::{Malformed, Reader};

/// The version of the form; the first byte.
const VERSION: u8 = 1;

/// Which fields a message has.
mod flags {
    /// A list of the rooms that the message is for: there are several, and each of their channels gets it.
    pub const ROOMS: u8 = 1;
    /// A list of the ids of connections that are not meant.
    pub const EXCEPT: u8 = 2;
    /// A list of the rooms whose members are not meant.
    pub const EXCEPT_ROOMS: u8 = 4;
    /// A text: the id that the message has in all of its rooms with history.
    pub const ID: u8 = 8;
    pub const ALL: u8 = ROOMS | EXCEPT | EXCEPT_ROOMS | ID;
}

/// What a message between nodes is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// The body is an envelope for clients.
    Broadcast = 1,
    /// See [`Message::Kept`]. It has no header of its own.
    Kept = 2,
    /// The body is JSON for nodes: a heartbeat, a request, an answer or a change of presence.
    Control = 3,
}

/// Who has sent a message, and which of his it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The node.
    pub node: NodeId,
    /// The number of the message among those of the node; begins anew after the highest.
    pub sequence: u32,
}

/// Whom a message is for, besides what its channel says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope<S> {
    /// The rooms, when there are several.
    pub rooms: Vec<S>,
    /// Ids of connections that are not meant.
    pub except: Vec<S>,
    /// Rooms whose members are not meant.
    pub except_rooms: Vec<S>,
    /// The id that the message has in all of its rooms with history.
    pub id: Option<S>,
}

/// A message as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message<'a> {
    /// An envelope from a node.
    Broadcast {
        /// Its sender.
        origin: Origin,
        /// Whom it is for.
        scope: Scope<&'a str>,
        /// The envelope.
        text: &'a str,
    },
    /// An envelope from another program.
    Foreign(&'a str),
    /// A message that a history has given a position.
    Kept {
        /// Its position.
        position: Position,
        /// The message: a broadcast or a foreign one, to be read by [`read`].
        message: &'a [u8],
    },
    /// JSON for nodes.
    Control {
        /// Its sender.
        origin: Origin,
        /// The JSON text.
        text: &'a str,
    },
}

/// Why a message cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is of a version that this one does not know, newer most likely.
    #[error("its version is {0}, and this node knows version {VERSION}")]
    Version(u8),
    /// It is of a kind, or has fields, that this version does not know.
    #[error("it is of a kind or has fields that this node does not know")]
    Unknown,
    /// It is cut short, its text is not UTF-8, or the like.
    #[error("it is malformed")]
    Malformed,
}

impl From<Malformed> for Unreadable {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// Reads a message.
///
/// # Errors
/// When it cannot be read. It is to be counted and ignored.
pub fn read(data: &[u8]) -> Result<Message<'_>, Unreadable> {
    if data.first() == Some(&b'{') {
        let text = str::from_utf8(data).map_err(|_| Unreadable::Malformed)?;
        return Ok(Message::Foreign(text));
    }
    let mut reader = Reader::new(data);
    let version = reader.byte()?;
    if version != VERSION {
        return Err(Unreadable::Version(version));
    }
    let kind = reader.byte()?;
    if kind == Kind::Kept as u8 {
        let length = reader.byte()?;
        let text =
            str::from_utf8(reader.bytes(length.into())?).map_err(|_| Unreadable::Malformed)?;
        let position = Position::parse(text).ok_or(Unreadable::Malformed)?;
        let message = reader.rest();
        return Ok(Message::Kept { position, message });
    }
    let is_broadcast = kind == Kind::Broadcast as u8;
    if !is_broadcast && kind != Kind::Control as u8 {
        return Err(Unreadable::Unknown);
    }
    let set = reader.byte()?;
    if set & !flags::ALL != 0 {
        return Err(Unreadable::Unknown);
    }
    let node = NodeId(reader.array()?);
    let sequence = u32::from_be_bytes(reader.array()?);
    let origin = Origin { node, sequence };
    let mut list = |flag| {
        if set & flag == 0 {
            return Ok(Vec::new());
        }
        reader.list()
    };
    let (rooms, except) = (list(flags::ROOMS)?, list(flags::EXCEPT)?);
    let except_rooms = list(flags::EXCEPT_ROOMS)?;
    let id = (set & flags::ID != 0).then(|| reader.text()).transpose()?;
    let text = str::from_utf8(reader.rest()).map_err(|_| Unreadable::Malformed)?;
    if !is_broadcast {
        return Ok(Message::Control { origin, text });
    }
    let scope = Scope {
        rooms,
        except,
        except_rooms,
        id,
    };
    Ok(Message::Broadcast {
        origin,
        scope,
        text,
    })
}

/// Writes an envelope for other nodes. `None` when a list has more than 65,535 names, or a name more than
/// 65,535 bytes.
pub fn write_broadcast<S: AsRef<str>>(
    origin: Origin,
    scope: &Scope<S>,
    text: &str,
) -> Option<Vec<u8>> {
    let Scope {
        rooms,
        except,
        except_rooms,
        id,
    } = scope;
    let mut set = 0;
    for (flag, is_set) in [
        (flags::ROOMS, !rooms.is_empty()),
        (flags::EXCEPT, !except.is_empty()),
        (flags::EXCEPT_ROOMS, !except_rooms.is_empty()),
        (flags::ID, id.is_some()),
    ] {
        if is_set {
            set |= flag;
        }
    }
    let mut out = header(Kind::Broadcast, set, origin, text.len());
    for list in [rooms, except, except_rooms] {
        if !list.is_empty() {
            push_list(&mut out, list)?;
        }
    }
    if let Some(id) = id {
        push_text(&mut out, id.as_ref())?;
    }
    out.extend_from_slice(text.as_bytes());
    Some(out)
}

/// Makes a message of one node a message of another.
pub fn readdress(data: &mut [u8], before: NodeId, now: NodeId) {
    if let [VERSION, _, _, node @ ..] = data
        && let Some(node) = node.first_chunk_mut()
        && *node == before.0
    {
        *node = now.0;
    }
}

/// Writes JSON for nodes.
pub fn write_control(origin: Origin, json: &str) -> Vec<u8> {
    let mut out = header(Kind::Control, 0, origin, json.len());
    out.extend_from_slice(json.as_bytes());
    out
}

/// Writes what an engine puts in front of a message that it has kept, for engines without a script of their own. A
/// position longer than any is cut, and refused by [`read`].
pub fn write_kept(position: &str, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(3 + position.len() + message.len());
    let length = u8::try_from(position.len()).unwrap_or(u8::MAX);
    out.extend_from_slice(&[VERSION, Kind::Kept as u8, length]);
    out.extend_from_slice(position.as_bytes());
    out.extend_from_slice(message);
    out
}

fn header(kind: Kind, set: u8, origin: Origin, body: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + body);
    out.extend_from_slice(&[VERSION, kind as u8, set]);
    out.extend_from_slice(&origin.node.0);
    out.extend_from_slice(&origin.sequence.to_be_bytes());
    out
}

fn push_list<S: AsRef<str>>(out: &mut Vec<u8>, list: &[S]) -> Option<()> {
    out.extend_from_slice(&u16::try_from(list.len()).ok()?.to_be_bytes());
    list.iter()
        .try_for_each(|text| push_text(out, text.as_ref()))
}

fn push_text(out: &mut Vec<u8>, text: &str) -> Option<()> {
    out.extend_from_slice(&u16::try_from(text.len()).ok()?.to_be_bytes());
    out.extend_from_slice(text.as_bytes());
    Some(())
}

#[cfg(test)]
mod tests;
