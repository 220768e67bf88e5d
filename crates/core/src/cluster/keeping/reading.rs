//! Histories of rooms that the application reads, from memory if they are there and from the engine else.

use std::sync::Arc;

use super::entries::{Entry, follow_one_another, new_epoch};
use crate::cluster::engine::{EngineError, Head, Kept};
use crate::cluster::news::News;
use crate::cluster::shared::{Shared, lock};
use crate::hub::{Position, Reading};

impl Shared {
    /// Reads kept messages of a room for the application, which is told under the key when it is done.
    pub(in crate::cluster) async fn read_history(
        self: Arc<Self>,
        room: Arc<str>,
        since: Option<String>,
        limit: usize,
        key: u32,
    ) {
        let position = since.as_deref().and_then(Position::parse);
        let mut reading = self.read(&room, position, limit).await;
        // What is no position is behind nothing.
        if let Ok(reading) = &mut reading {
            reading.complete &= since.is_none() || position.is_some();
        }
        lock(&self.keeping.readings).insert(key, reading);
        self.tell(News::Read(key));
    }

    /// Takes what was read.
    pub(in crate::cluster) fn take_reading(
        &self,
        key: u32,
    ) -> Option<Result<Reading, EngineError>> {
        lock(&self.keeping.readings).remove(&key)
    }

    async fn read(
        &self,
        room: &Arc<str>,
        since: Option<Position>,
        limit: usize,
    ) -> Result<Reading, EngineError> {
        if let Some(reading) = self.hub.read_followed(room, since.as_ref(), limit) {
            return Ok(reading);
        }
        let unable = || EngineError::Unable("the engine keeps no histories".into());
        let keeper = self.engine.keeper().ok_or_else(unable)?;
        let rule = self.hub.history_rule(room).ok_or_else(unable)?;
        let room_name = Arc::clone(room);
        // The message at the position comes first: its tag says whether the position is of this history.
        let kept = match since.filter(|since| since.offset > 0) {
            Some(since) => keeper.read(room_name, Some(since.offset - 1), limit.saturating_add(1)),
            None if since.is_some() => keeper.read(room_name, Some(0), limit),
            None => keeper.read(room_name, None, limit),
        };
        let kept = kept.await?;
        let Some(head) = kept.head else {
            let begun = Head {
                room: Arc::clone(room),
                new_epoch: new_epoch(),
                ttl: rule.ttl,
            };
            let heads = keeper.heads(vec![begun]).await?;
            let head = heads.first().copied().ok_or_else(unable)?;
            return Ok(self.hub.reading_of(room, [].iter(), head, since.is_none()));
        };
        if let Some(since) = since {
            if let Some(reading) = self.behind(room, &kept, head, since) {
                return Ok(reading);
            }
            // The position does not help: the last messages, as without one.
            let last = keeper.read(Arc::clone(room), None, limit).await?;
            return Ok(self.last(room, &last, head, false));
        }
        Ok(self.last(room, &kept, head, true))
    }

    fn behind(&self, room: &str, kept: &Kept, head: Position, since: Position) -> Option<Reading> {
        if since.epoch != head.epoch {
            return None;
        }
        let messages = Entry::read_all(&kept.messages);
        let behind = match messages.split_first() {
            _ if since.offset == 0 => &messages[..],
            Some((first, behind)) if first.position() == since => behind,
            _ => return None,
        };
        let starts = behind
            .first()
            .map_or(since == head || since.offset > 0, |next| {
                next.position().offset == since.offset + 1
            });
        if !starts || !follow_one_another(&messages) {
            return None;
        }
        let position = behind.last().map_or(since, Entry::position);
        Some(self.hub.reading_of(
            room,
            behind.iter().map(|entry| &entry.message),
            position,
            true,
        ))
    }

    fn last(&self, room: &str, kept: &Kept, head: Position, may_be_complete: bool) -> Reading {
        let messages = Entry::read_all(&kept.messages);
        let is_whole = messages
            .first()
            .map_or(head.offset == 0, |first| first.position().offset == 1);
        let position = messages
            .last()
            .map_or(kept.head.unwrap_or(head), Entry::position);
        let complete = may_be_complete && is_whole && follow_one_another(&messages);
        self.hub.reading_of(
            room,
            messages.iter().map(|entry| &entry.message),
            position,
            complete,
        )
    }
}
