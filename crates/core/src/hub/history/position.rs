//! Where a client stands in the history of a room.

use std::fmt;

/// Most bytes of a position as text: an epoch of 13 digits, an offset of 20, a tag of 4, and two colons.
pub const LONGEST: usize = 13 + 20 + 4 + 2;

/// A place in the messages of a room, written as `epoch:offset:tag`. Clients keep it as it is and give it
/// back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Differs whenever the offsets of a room begin anew. In base 36 when written.
    pub epoch: u64,
    /// Messages of the room so far, up to and with the one the position belongs to. Decimal.
    pub offset: u64,
    /// The low bits of the sender's sequence number of that message. Finds histories in which one offset
    /// stands for two messages. Hexadecimal.
    pub tag: u16,
}

impl Position {
    /// Reads a position; `None` when the text is none, or is not written as this server writes it.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let mut parts = text.split(':');
        let epoch = u64::from_str_radix(parts.next()?, 36).ok()?;
        let offset = parts.next()?.parse().ok()?;
        let tag = u16::from_str_radix(parts.next()?, 16).ok()?;
        let position = Self { epoch, offset, tag };
        // The functions above also take signs, leading zeros and capital letters.
        (parts.next().is_none() && position.to_string() == text).then_some(position)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epoch, offset, tag } = self;
        write!(f, "{}:{offset}:{tag:x}", Base36(*epoch))
    }
}

/// A number in base 36, in lower case.
pub struct Base36(pub u64);

impl fmt::Display for Base36 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let mut text = [b'0'; 13];
        let mut at = text.len();
        let mut rest = self.0;
        loop {
            at -= 1;
            text[at] = DIGITS[(rest % 36) as usize];
            rest /= 36;
            if rest == 0 {
                break;
            }
        }
        f.write_str(str::from_utf8(&text[at..]).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn is_written_as_documented() {
        let position = Position {
            epoch: u64::from_str_radix("k3f9", 36).unwrap(),
            offset: 42,
            tag: 0x7c,
        };
        assert_eq!(position.to_string(), "k3f9:42:7c");
        assert_eq!(Position::parse("k3f9:42:7c"), Some(position));
        let longest = Position {
            epoch: u64::MAX,
            offset: u64::MAX,
            tag: u16::MAX,
        };
        assert_eq!(longest.to_string().len(), LONGEST);
    }

    #[test]
    fn whatever_else_is_none() {
        for text in [
            "",
            ":",
            "::",
            "k3f9",
            "k3f9:42",
            "k3f9:42:",
            "k3f9::7c",
            ":42:7c",
            "k3f9:42:7c:",
            "k3f9:42:7c:1",
            "K3F9:42:7c",
            "k3f9:42:7C",
            "+k3f9:42:7c",
            "k3f9:+42:7c",
            "k3f9:042:7c",
            "k3f9:-1:7c",
            "k3f9:1e3:7c",
            "k3f9:1e999:7c",
            "k3f9:4.2:7c",
            "k3f9: 42:7c",
            "k3f9:42:7c ",
            "k3f9:42:10000",
            "k3f9:18446744073709551616:0",
            "3w5e11264sgsg:0:0",
            "0k3f9:42:7c",
            "k3f9:42:é",
            "NaN:NaN:NaN",
        ] {
            assert_eq!(Position::parse(text), None, "{text:?}");
        }
        assert_eq!(Position::parse(&"1".repeat(1 << 20)), None);
    }

    proptest! {
        #[test]
        fn every_position_is_read_back(epoch: u64, offset: u64, tag: u16) {
            let position = Position { epoch, offset, tag };
            prop_assert_eq!(Position::parse(&position.to_string()), Some(position));
        }

        #[test]
        fn what_is_read_is_written_the_same(text in "[0-9a-z+A-F: ]{0,45}") {
            if let Some(position) = Position::parse(&text) {
                prop_assert_eq!(position.to_string(), text);
            }
        }
    }
}
