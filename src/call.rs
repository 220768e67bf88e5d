//! Arguments and values of native functions that need no `unsafe` of their own: sizes, texts and names.

use napi::Result;

use super::names;
use super::raw::{Call, Value};

/// Bytes of a string that are read without asking for its length first.
const SCRATCH: usize = 64 * 1024;

/// Most bytes that such a buffer keeps.
const MOST_KEPT: usize = 4 * 1024 * 1024;

impl Call {
    /// Argument `index` as a number of bytes; negative ones count as none.
    pub fn size(&self, index: usize) -> Result<usize> {
        let value = self.int64(index)?;
        Ok(usize::try_from(value).unwrap_or(if value < 0 { 0 } else { usize::MAX }))
    }

    /// Argument `index` as a string. Lone surrogates become U+FFFD.
    pub fn string(&self, index: usize) -> Result<String> {
        let mut bytes = Vec::new();
        self.append_string(index, &mut bytes)?;
        // Node writes valid UTF-8. If it did not, replacing would be better than failing.
        Ok(String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    /// Appends argument `index`, a string, as UTF-8 to `out`. Lone surrogates become U+FFFD.
    #[inline]
    pub fn append_string(&self, index: usize, out: &mut Vec<u8>) -> Result<()> {
        let before = out.len();
        // Four bytes of room may stay unused because the next character did not fit, one is for
        // the terminating NUL.
        if out.capacity() - before < 256 {
            out.reserve(self.utf8_len(index)? + 5);
        }
        let room = out.capacity() - before;
        let written = self.append_fitting(index, out)?;
        if written + 5 > room {
            let length = self.utf8_len(index)?;
            if length > written {
                out.truncate(before);
                out.reserve(length + 5);
                self.append_fitting(index, out)?;
            }
        }
        Ok(())
    }

    /// Argument `index`, a string that names something. Different strings give different names (see `names.rs`).
    pub fn name(&self, index: usize) -> Result<String> {
        let text = self.string(index)?;
        if names::is_ambiguous(&text) {
            return Ok(names::encode(&self.utf16(index)?));
        }
        Ok(text)
    }

    /// The same, `None` for `undefined` and `null`.
    pub fn optional_name(&self, index: usize) -> Result<Option<String>> {
        if self.is_nothing(index)? {
            return Ok(None);
        }
        self.name(index).map(Some)
    }

    /// A number of bytes or items.
    pub fn size_value(&self, size: usize) -> Result<Value> {
        self.int64_value(i64::try_from(size).unwrap_or(i64::MAX))
    }

    /// A string.
    pub fn string_value(&self, text: &str) -> Result<Value> {
        if text.is_ascii() {
            self.latin1_value(text.as_bytes())
        } else {
            self.utf8_value(text)
        }
    }

    /// The string that [`Call::name`] made this name of.
    pub fn name_value(&self, name: &str) -> Result<Value> {
        if names::is_ambiguous(name) {
            self.utf16_value(&names::decode(name))
        } else {
            self.string_value(name)
        }
    }
}

/// A buffer for [`Call::append_string`] that takes most strings without asking for their length.
pub fn scratch() -> Vec<u8> {
    Vec::with_capacity(SCRATCH)
}

/// Gives back the memory of such a buffer that had to hold a large string: a single one must not keep it for ever.
pub fn give_back(buffer: &mut Vec<u8>) {
    if buffer.capacity() > MOST_KEPT {
        *buffer = scratch();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_keeps_what_it_needs_often_and_not_what_it_needed_once() {
        let mut buffer = scratch();
        buffer.reserve(MOST_KEPT / 2);
        let capacity = buffer.capacity();
        give_back(&mut buffer);
        assert_eq!(buffer.capacity(), capacity);
        buffer.reserve(2 * MOST_KEPT);
        give_back(&mut buffer);
        assert_eq!(buffer.capacity(), SCRATCH);
    }
}
