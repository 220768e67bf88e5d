//! The message names that the application listens for, numbered. Such a name reaches the application as an
//! integer instead of text. Peers cannot add names.

use std::sync::{PoisonError, RwLock};

use rustc_hash::FxHashMap;

/// Most names kept; the others travel as text.
const CAPACITY: usize = 1024;

/// The table.
#[derive(Debug, Default)]
pub struct Names {
    /// The hash is a fast one: only the application adds names, so that peers cannot have them collide.
    numbers: RwLock<FxHashMap<Box<str>, u32>>,
}

impl Names {
    /// The number of `name`, from 1 on; assigns one if there is room. A name with U+FFFD gets no number: the
    /// character may stand for any lone surrogate, and only JavaScript can tell those apart.
    pub fn intern(&self, name: &str) -> Option<u32> {
        if name.contains(char::REPLACEMENT_CHARACTER) {
            return None;
        }
        let mut numbers = self.numbers.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(&number) = numbers.get(name) {
            return Some(number);
        }
        if numbers.len() >= CAPACITY {
            return None;
        }
        let number = numbers.len() as u32 + 1;
        numbers.insert(name.into(), number);
        Some(number)
    }

    /// The number of `name`; 0 when it has none.
    pub fn find(&self, name: &str) -> u32 {
        let numbers = self.numbers.read().unwrap_or_else(PoisonError::into_inner);
        numbers.get(name).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_may_be_several_get_no_number() {
        let names = Names::default();
        assert_eq!(names.intern("a"), Some(1));
        assert_eq!(names.intern("\u{fffd}"), None);
        assert_eq!(names.intern("a\u{fffd}b"), None);
        assert_eq!(names.find("\u{fffd}"), 0);
        assert_eq!(names.intern("b"), Some(2));
    }
}
