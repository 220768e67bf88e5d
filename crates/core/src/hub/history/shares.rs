//! Which room has to give up messages when all rooms together keep too much.

use indexmap::IndexSet;

/// One for each power of two that a number of bytes can reach.
const CLASSES: usize = usize::BITS as usize + 1;

/// Rooms by how many bytes they keep, to within a factor of two.
///
/// A room that keeps twice as much as another gives up messages first, so that a flood of one room does not
/// empty the others. A room changes its class seldom, so a message costs nothing here as a rule.
#[derive(Debug)]
pub struct Shares {
    classes: Box<[IndexSet<u32>; CLASSES]>,
}

impl Default for Shares {
    fn default() -> Self {
        Self {
            classes: Box::new(std::array::from_fn(|_| IndexSet::new())),
        }
    }
}

impl Shares {
    /// Notes that a room keeps so many bytes, and not `before` any more.
    pub fn change(&mut self, room: u32, before: usize, bytes: usize) {
        let (from, to) = (class(before), class(bytes));
        if from == to {
            return;
        }
        if before > 0 {
            self.classes[from].swap_remove(&room);
        }
        if bytes > 0 {
            self.classes[to].insert(room);
        }
    }

    /// A room that keeps at least half as many bytes as any other; `None` when none keeps any.
    pub fn largest(&self) -> Option<u32> {
        let class = self.classes.iter().rev().find(|class| !class.is_empty())?;
        class.first().copied()
    }
}

/// 0 for no bytes, else one more than the power of two that is not above them.
fn class(bytes: usize) -> usize {
    (usize::BITS - bytes.leading_zeros()) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_the_room_that_keeps_most() {
        let mut shares = Shares::default();
        assert_eq!(shares.largest(), None);
        shares.change(1, 0, 100);
        shares.change(2, 0, 1000);
        assert_eq!(shares.largest(), Some(2));
        shares.change(2, 1000, 10);
        assert_eq!(shares.largest(), Some(1));
        shares.change(1, 100, 0);
        assert_eq!(shares.largest(), Some(2));
        shares.change(2, 10, 0);
        assert_eq!(shares.largest(), None);
    }

    proptest! {
        #[test]
        fn no_room_keeps_twice_as_much(changes in prop::collection::vec((0..5_u32, 0..(1_usize << 20)), 0..100)) {
            let mut shares = Shares::default();
            let mut bytes = [0; 5];
            for (room, now) in changes {
                let before = std::mem::replace(&mut bytes[room as usize], now);
                shares.change(room, before, now);
                let most = bytes.iter().max().copied().unwrap();
                let largest = shares.largest().map_or(0, |room| bytes[room as usize]);
                prop_assert!(largest * 2 > most || most == 0);
            }
        }
    }
}
