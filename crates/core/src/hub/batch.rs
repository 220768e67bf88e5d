//! A batch of events, which costs about as much to hand over as one event.
//!
//! It keeps the text of its small ASCII messages in one piece. The application's side makes a single string
//! of it and cuts parts out on demand. A part that is large or not ASCII becomes a string of its own.

use std::ops::Range;

use super::record::{Field, Place, Record};

/// Text, in bytes, after which a batch is closed and the next one is begun. A turn that brings requests of
/// 1 KiB from some sixty connections fits into one batch.
pub(super) const BATCH_TEXT: usize = 64 * 1024;

/// Events after which a batch is closed.
pub const BATCH_EVENTS: usize = 256;

/// The unit of the marks, in bytes. It is smaller in the models of threads, which copy as many bytes in each
/// of thousands of runs.
pub(super) const MARK_UNIT: usize = if cfg!(loom) { 16 * 1024 } else { 1024 * 1024 };

/// Bytes of separate strings after which a batch is closed.
pub(super) const BATCH_STRINGS: usize = MARK_UNIT;

/// A part longer than this travels as a string of its own.
pub(super) const INLINE: usize = 2048;

/// A part longer than this travels as bytes in memory of its own, of which the application makes a string when a
/// handler asks for it. To make a string of a large text takes long, above all when it is not ASCII.
pub(super) const HEAVY: usize = 256 * 1024;

/// What an event counts as beside its text, in bytes. So a limit in bytes bounds tiny messages too.
pub(super) const EVENT_COST: usize = 64;

/// So many bytes of text count as much work as one event, because parsing them takes at least as long.
const EVENT_BYTES: usize = 4096;

/// Events in the order they came.
#[derive(Debug, Default)]
pub struct Batch {
    /// One after the other, the inline parts of all records. ASCII.
    pub text: Vec<u8>,
    /// One entry an event.
    pub records: Vec<Record>,
    /// The parts that are not inline.
    pub strings: Strings,
    /// About how many connections have their first waiting event in this batch.
    pub senders: usize,
    /// Bytes it counts as.
    cost: usize,
}

impl Batch {
    /// Empties the batch, keeping a moderate capacity for the next use.
    pub fn clear(&mut self) {
        if self.text.capacity() > 2 * BATCH_TEXT {
            self.text = Vec::new();
        }
        self.text.clear();
        self.records.clear();
        self.strings.clear();
        self.senders = 0;
        self.cost = 0;
    }

    /// Stores `part` inline if it is short and ASCII, else by itself.
    pub fn put(&mut self, part: &str) -> Field {
        if part.len() <= INLINE && part.is_ascii() {
            self.text.extend_from_slice(part.as_bytes());
            self.cost += part.len();
            Field::inline(part.len())
        } else if part.len() <= HEAVY {
            self.put_apart(part)
        } else {
            self.put_heavy(part.to_owned().into_bytes())
        }
    }

    fn put_heavy(&mut self, bytes: Vec<u8>) -> Field {
        self.cost += bytes.len();
        Field::string(self.strings.push_heavy(bytes))
    }

    /// Takes over the parts of an event of another batch, which had only this one. Large parts are not copied.
    pub fn adopt(&mut self, mut other: Self, record: Record) -> Record {
        let mut text = &*other.text;
        let mut take = |field: Field| match field.place() {
            Place::Absent => field,
            Place::Inline(length) => {
                let (part, rest) = text.split_at(length.min(text.len()));
                text = rest;
                self.text.extend_from_slice(part);
                self.cost += part.len();
                field
            }
            Place::String(index) => match other.strings.take(index) {
                Some(Part::Heavy(bytes)) => self.put_heavy(bytes),
                Some(Part::Ascii(part) | Part::Text(part)) => self.put_apart(part),
                None => Field::NONE,
            },
        };
        // The order in which their inline texts stand.
        let (name, id) = (take(record.name), take(record.id));
        let (payload, error) = (take(record.payload), take(record.error));
        Record {
            name,
            id,
            payload,
            error,
            ..record
        }
    }

    /// Stores `part` as a string of its own. It is for parts that the application keeps: a part of the batch's
    /// text would keep all of that text in memory.
    pub fn put_apart(&mut self, part: &str) -> Field {
        self.cost += part.len();
        Field::string(self.strings.push(part))
    }

    /// Stores a JSON string. `raw` is the text between its quotes.
    pub fn put_quoted(&mut self, raw: &str) -> Field {
        if raw.len() + 2 <= INLINE && raw.is_ascii() {
            self.text.push(b'"');
            self.text.extend_from_slice(raw.as_bytes());
            self.text.push(b'"');
            self.cost += raw.len() + 2;
            Field::inline(raw.len() + 2)
        } else {
            self.put(&format!("\"{raw}\""))
        }
    }

    /// Adds the record of an event whose parts are stored.
    pub fn push(&mut self, record: Record) {
        self.records.push(record);
        self.cost += EVENT_COST;
    }

    /// Bytes it counts as, for the bounds of what waits.
    pub fn cost(&self) -> usize {
        self.cost
    }

    /// The work of handling it, in units of one small event.
    pub fn work(&self) -> usize {
        self.records.len() + self.cost / EVENT_BYTES
    }

    /// Whether the batch is to be closed and the next one begun.
    pub fn is_full(&self) -> bool {
        self.text.len() >= BATCH_TEXT
            || self.records.len() >= BATCH_EVENTS
            || self.strings.bytes >= BATCH_STRINGS
    }
}

/// A text that is not inline.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// ASCII, determined while it was in the cache.
    Ascii(&'a str),
    /// Any other text.
    Text(&'a str),
    /// Large: the UTF-8 of a text.
    Heavy(Vec<u8>),
}

#[derive(Debug)]
enum Kept {
    /// Where it stands in the buffer, and whether it is ASCII.
    Shared(Range<usize>, bool),
    Heavy(Vec<u8>),
}

/// Texts, one after the other in one buffer, which is used again for later batches. If each text had memory of
/// its own, a message of some size would cost a page fault for every 4 KiB. Large ones have memory of their own.
#[derive(Debug, Default)]
pub struct Strings {
    text: String,
    kept: Vec<Kept>,
    /// Of all texts.
    bytes: usize,
}

impl Strings {
    /// Adds a text; returns its index.
    fn push(&mut self, text: &str) -> usize {
        let start = self.text.len();
        self.text.push_str(text);
        let place = start..self.text.len();
        self.add(Kept::Shared(place, text.is_ascii()), text.len())
    }

    fn push_heavy(&mut self, bytes: Vec<u8>) -> usize {
        let length = bytes.len();
        self.add(Kept::Heavy(bytes), length)
    }

    fn add(&mut self, kept: Kept, length: usize) -> usize {
        self.kept.push(kept);
        self.bytes += length;
        self.kept.len() - 1
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.kept.len()
    }

    /// The text with this index.
    pub fn get(&self, index: usize) -> Option<&str> {
        match self.kept.get(index)? {
            Kept::Shared(place, _) => self.text.get(place.clone()),
            Kept::Heavy(bytes) => str::from_utf8(bytes).ok(),
        }
    }

    /// Takes the text with this index. Of large ones nothing is left.
    fn take(&mut self, index: usize) -> Option<Part<'_>> {
        let Self { text, kept, .. } = self;
        Some(part(text, kept.get_mut(index)?))
    }

    /// Takes the texts in the order of their indices. Of large ones nothing is left.
    pub fn take_all(&mut self) -> impl ExactSizeIterator<Item = Part<'_>> {
        let Self { text, kept, .. } = self;
        kept.iter_mut().map(|kept| part(text, kept))
    }

    /// Removes all texts. Keeps the memory if this batch has used much of it.
    pub fn clear(&mut self) {
        let (used, room) = (self.text.len(), self.text.capacity());
        if room > 2 * BATCH_STRINGS || (room > BATCH_TEXT && used < room / 4) {
            self.text = String::new();
        }
        self.text.clear();
        self.kept.clear();
        self.bytes = 0;
    }
}

fn part<'a>(text: &'a str, kept: &mut Kept) -> Part<'a> {
    match kept {
        Kept::Shared(place, is_ascii) => {
            let part = text.get(place.clone()).unwrap_or_default();
            if *is_ascii {
                Part::Ascii(part)
            } else {
                Part::Text(part)
            }
        }
        Kept::Heavy(bytes) => Part::Heavy(std::mem::take(bytes)),
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
