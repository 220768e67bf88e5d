//! The last messages of one room.

use std::collections::VecDeque;
use std::ops::RangeFrom;

use crate::hub::deferred::SharedFrame;

use super::position::Position;

/// Bytes that an allocation shared by counting references has before its contents.
const SHARED_HEADER: usize = 16;

/// A message that is kept: 32 bytes, and its frame, which the out queues share.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The frame that clients with positions are sent.
    pub frame: SharedFrame,
    /// When it was sent, in the hub's milliseconds.
    at: u64,
    /// Bytes of the message as other clients are sent it.
    pub plain_len: u32,
    tag: u16,
}

impl Kept {
    /// Bytes of memory.
    pub fn cost(&self) -> usize {
        self.frame.len() + SHARED_HEADER + size_of::<Self>()
    }
}

/// The last messages of one room, with offsets that go on from one to the next.
#[derive(Debug)]
pub struct Ring {
    epoch: u64,
    /// Offset and tag of the message before the first that is kept.
    before: (u64, u16),
    kept: VecDeque<Kept>,
    /// What the kept messages cost.
    bytes: usize,
}

impl Ring {
    /// An empty one; no other ring has had this epoch.
    pub fn new(epoch: u64) -> Self {
        Self {
            epoch,
            before: (0, 0),
            kept: VecDeque::new(),
            bytes: 0,
        }
    }

    /// An empty one that stands at a position.
    pub fn at(position: &Position) -> Self {
        Self {
            before: (position.offset, position.tag),
            ..Self::new(position.epoch)
        }
    }

    /// The position before the first message that is kept.
    pub fn start(&self) -> Position {
        self.position_at(0)
    }

    /// The tag of the message with an offset, if it is known.
    pub fn tag_at(&self, offset: u64) -> Option<u16> {
        let count = usize::try_from(offset.checked_sub(self.before.0)?).ok()?;
        (count <= self.kept.len()).then(|| self.position_at(count).tag)
    }

    /// The position of the last message, or before all messages.
    pub fn position(&self) -> Position {
        self.position_at(self.kept.len())
    }

    /// The position behind so many kept messages.
    pub fn position_at(&self, count: usize) -> Position {
        let last = count.checked_sub(1).and_then(|last| self.kept.get(last));
        Position {
            epoch: self.epoch,
            offset: self.before.0 + count as u64,
            tag: last.map_or(self.before.1, |kept| kept.tag),
        }
    }

    /// What the kept messages cost, in bytes of memory.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many messages are kept.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether every message of the epoch is kept.
    pub fn is_whole(&self) -> bool {
        self.before.0 == 0
    }

    /// The position that the next message will have.
    pub fn next(&self, tag: u16) -> Position {
        let Position { epoch, offset, .. } = self.position();
        Position {
            epoch,
            offset: offset + 1,
            tag,
        }
    }

    /// Keeps a message, sent at `at` with the tag that [`Ring::next`] was called with.
    pub fn push(&mut self, frame: SharedFrame, plain_len: usize, tag: u16, at: u64) {
        if self.kept.len() == self.kept.capacity() {
            // Doubling would leave up to 32 bytes unused for each message.
            self.kept.reserve_exact(self.kept.len() / 8 + 4);
        }
        let kept = Kept {
            frame,
            at,
            plain_len: u32::try_from(plain_len).unwrap_or(u32::MAX),
            tag,
        };
        self.bytes += kept.cost();
        self.kept.push_back(kept);
    }

    /// Puts messages before those that are kept, sent at `at`: the last of them is the one before the first that is
    /// kept. The first is not kept, and says where the ring begins. False when they do not fit.
    pub fn prepend(&mut self, messages: &[(Position, SharedFrame, usize)], at: u64) -> bool {
        let (Some((first, ..)), Some((last, ..))) = (messages.first(), messages.last()) else {
            return false;
        };
        let count = (messages.len() - 1) as u64;
        if *last != self.start() || first.epoch != self.epoch || first.offset + count != last.offset
        {
            return false;
        }
        self.before = (first.offset, first.tag);
        for (position, frame, plain_len) in messages[1..].iter().rev() {
            let kept = Kept {
                frame: frame.clone(),
                at,
                plain_len: u32::try_from(*plain_len).unwrap_or(u32::MAX),
                tag: position.tag,
            };
            self.bytes += kept.cost();
            self.kept.push_front(kept);
        }
        true
    }

    /// Gives up the oldest message. False when there is none.
    pub fn drop_oldest(&mut self) -> bool {
        let Some(oldest) = self.kept.pop_front() else {
            return false;
        };
        self.before = (self.before.0 + 1, oldest.tag);
        self.bytes -= oldest.cost();
        if self.kept.is_empty() {
            self.kept = VecDeque::new();
        }
        true
    }

    /// Gives up messages until at most `size` are left, and none that was sent before `since`.
    pub fn trim(&mut self, size: usize, since: u64) {
        while let Some(oldest) = self.kept.front()
            && (self.kept.len() > size || oldest.at < since)
        {
            self.drop_oldest();
        }
    }

    /// The messages behind a position. `None` when it cannot be shown that none of them is missing: the
    /// position is of another epoch, a later one than any, forged, or of a message that is kept no more.
    pub fn behind(&self, position: &Position) -> Option<RangeFrom<usize>> {
        let count = position.offset.checked_sub(self.before.0)?;
        let count = usize::try_from(count).ok()?;
        let is_known = count <= self.kept.len() && self.position_at(count) == *position;
        is_known.then_some(count..)
    }

    /// Whether the messages of a range are at most `count` with `bytes` bytes in all.
    pub fn fits(&self, range: &RangeFrom<usize>, count: usize, bytes: usize) -> bool {
        let messages = self.kept.range(range.clone());
        messages.len() <= count && messages.map(|kept| kept.frame.len()).sum::<usize>() <= bytes
    }

    /// The last messages: at most `count`, with `bytes` bytes in all.
    pub fn last(&self, count: usize, bytes: usize) -> RangeFrom<usize> {
        let mut left = bytes;
        let messages = self.kept.iter().rev().take(count);
        let fitting = messages.take_while(|kept| {
            let fits = kept.frame.len() <= left;
            left = left.saturating_sub(kept.frame.len());
            fits
        });
        self.kept.len() - fitting.count()..
    }

    /// The messages of a range.
    pub fn get(&self, range: RangeFrom<usize>) -> impl ExactSizeIterator<Item = &Kept> {
        self.kept.range(range)
    }
}

#[cfg(test)]
mod tests;
