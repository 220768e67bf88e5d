//! A batch of events, which costs about as much to hand over as one event.
//!
//! It keeps the text of its small ASCII messages in one piece. The application's side makes a single string
//! of it and cuts parts out on demand. A part that is large or not ASCII becomes a string of its own.

use super::record::{Field, Record};

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
        } else {
            self.put_apart(part)
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
            || self.strings.text.len() >= BATCH_STRINGS
    }
}

/// Texts, one after the other in one buffer, which is used again for later batches. If each text had memory of
/// its own, a large message would cost a page fault for every 4 KiB.
#[derive(Debug, Default)]
pub struct Strings {
    text: String,
    /// Where each text ends, and whether it is ASCII, which is determined while it is in the cache.
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

    /// Removes all texts. Keeps the memory if this batch has used much of it.
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
