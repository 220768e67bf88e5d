//! A batch of events: many of them are handed over at the price of one.
//!
//! It keeps the text of its small ASCII messages in one piece: the application's side makes a single
//! string of it and cuts that when asked. What is large or not ASCII becomes a string of its own.

use super::record::{Field, Record};

/// Text, in bytes, after which a batch is closed and the next begun: requests of 1 KiB from some sixty
/// connections, which one turn brings and one batch then holds.
pub(super) const BATCH_TEXT: usize = 64 * 1024;

/// Events after which a batch is closed.
pub const BATCH_EVENTS: usize = 256;

/// The bytes that marks are made of. Fewer in the models of threads, which copy as many in each of thousands of runs.
pub(super) const MARK_UNIT: usize = if cfg!(loom) { 16 * 1024 } else { 1024 * 1024 };

/// Bytes of separate strings after which a batch is closed.
pub(super) const BATCH_STRINGS: usize = MARK_UNIT;

/// A part longer than this travels as a string of its own.
pub(super) const INLINE: usize = 2048;

/// What an event costs beside its text, in bytes: a bound on bytes then bounds tiny messages too.
pub(super) const EVENT_COST: usize = 64;

/// Bytes that keep the application as busy as an event does at least: parsing them takes longer.
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
    /// Connections whose first event that waits is in it, about.
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
        } else {
            self.put_apart(part)
        }
    }

    /// Stores `part` by itself. For what the application keeps: a part of the batch's text would keep
    /// the whole of it.
    pub fn put_apart(&mut self, part: &str) -> Field {
        self.cost += part.len();
        Field::string(self.strings.push(part))
    }

    /// Stores a JSON string of which `raw` is what stands between the quotes.
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

    /// For how long it keeps the application busy, in small events.
    pub fn work(&self) -> usize {
        self.records.len() + self.cost / EVENT_BYTES
    }

    /// Whether the next is to be begun.
    pub fn is_full(&self) -> bool {
        self.text.len() >= BATCH_TEXT
            || self.records.len() >= BATCH_EVENTS
            || self.strings.text.len() >= BATCH_STRINGS
    }
}

/// Texts, one after the other in one buffer that serves batch after batch. With memory of its own for
/// each, a large message would cost a page fault for every 4 KiB.
#[derive(Debug, Default)]
pub struct Strings {
    text: String,
    /// Where each ends, and whether it is ASCII: found out while it is in the cache.
    ends: Vec<(usize, bool)>,
}

impl Strings {
    /// Adds a text; returns its index.
    fn push(&mut self, text: &str) -> usize {
        self.text.push_str(text);
        self.ends.push((self.text.len(), text.is_ascii()));
        self.ends.len() - 1
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// The text with this index.
    pub fn get(&self, index: usize) -> Option<&str> {
        let (end, _) = *self.ends.get(index)?;
        let before = index.checked_sub(1).map(|before| self.ends[before]);
        Some(&self.text[before.map_or(0, |(end, _)| end)..end])
    }

    /// The texts in the order of their indices, each with whether it is ASCII.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, bool)> {
        let ends = self.ends.iter().enumerate();
        ends.map(|(index, &(_, is_ascii))| (self.get(index).unwrap_or_default(), is_ascii))
    }

    /// Forgets all; keeps memory that a batch may well need again, if it needed it this time.
    pub fn clear(&mut self) {
        let (used, room) = (self.text.len(), self.text.capacity());
        if room > 2 * BATCH_STRINGS || (room > BATCH_TEXT && used < room / 4) {
            self.text = String::new();
        }
        self.text.clear();
        self.ends.clear();
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
