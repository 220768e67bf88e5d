//! Messages of histories, as the engine has them.

use crate::cluster::foreign;
use crate::cluster::wire::{self, Message, Origin};
use crate::envelope;
use crate::hub::{KeptContent, KeptMessage, Position};

/// A message of a history.
pub(super) struct Entry<'a> {
    /// Its sender, if that is a node.
    pub origin: Option<Origin>,
    /// The message.
    pub message: KeptMessage<'a>,
}

impl<'a> Entry<'a> {
    /// Reads a message. What cannot be delivered has no content.
    pub fn read(position: Position, message: &'a [u8]) -> Self {
        let (origin, content) = match wire::read(message) {
            Ok(Message::Broadcast {
                origin,
                scope,
                text,
            }) if envelope::scan(text).is_ok() => {
                let content = KeptContent {
                    text,
                    rooms: scope.rooms,
                    except: scope.except,
                    except_rooms: scope.except_rooms,
                    id: scope.id,
                };
                (Some(origin), Some(content))
            }
            Ok(Message::Foreign(text)) if foreign::check(text).is_ok() => {
                let content = KeptContent {
                    text,
                    ..KeptContent::default()
                };
                (None, Some(content))
            }
            _ => (None, None),
        };
        let message = KeptMessage { position, content };
        Self { origin, message }
    }

    /// All of them.
    pub fn read_all(kept: &'a [(Position, Vec<u8>)]) -> Vec<Self> {
        kept.iter()
            .map(|(position, message)| Self::read(*position, message))
            .collect()
    }

    pub fn position(&self) -> Position {
        self.message.position
    }
}

/// Whether the offsets of messages go on from one to the next.
pub(super) fn follow_one_another(entries: &[Entry<'_>]) -> bool {
    let positions = entries
        .windows(2)
        .map(|pair| [pair[0].position(), pair[1].position()]);
    let mut pairs = positions;
    pairs.all(|[one, next]| {
        one.epoch == next.epoch && one.offset.checked_add(1) == Some(next.offset)
    })
}

/// The position before a message, as far as it is known: a client that brings it does not recover elsewhere.
pub(super) fn before(position: Position) -> Position {
    Position {
        offset: position.offset.saturating_sub(1),
        tag: 0,
        ..position
    }
}

/// An epoch that no history has had, as far as chance goes.
pub(super) fn new_epoch() -> u64 {
    let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
    // A short one: clients carry it in each position.
    random & u64::from(u32::MAX)
}
