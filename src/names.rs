//! Names from JavaScript: of rooms, and ids of connections. A string of JavaScript may contain lone surrogates, which a
//! string of Rust cannot. Node converts each of them to U+FFFD, so that two different names would become the same. So a
//! lone surrogate is kept as U+FFFD followed by its four hexadecimal digits, and U+FFFD itself as two of it. All other
//! names stay as they are.

use std::fmt::Write;

const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// Whether a string, as Node gives it, may stand for more than one name.
pub fn is_ambiguous(text: &str) -> bool {
    text.contains(REPLACEMENT)
}

/// The name with these UTF-16 code units.
pub fn encode(units: &[u16]) -> String {
    let mut name = String::with_capacity(units.len());
    for unit in char::decode_utf16(units.iter().copied()) {
        match unit {
            Ok(REPLACEMENT) => name.extend([REPLACEMENT; 2]),
            Ok(character) => name.push(character),
            Err(half) => {
                // Writing to a string does not fail.
                let _ = write!(name, "{REPLACEMENT}{:04x}", half.unpaired_surrogate());
            }
        }
    }
    name
}

/// The UTF-16 code units of such a name.
pub fn decode(name: &str) -> Vec<u16> {
    let mut units = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, behind)) = rest.split_once(REPLACEMENT) {
        units.extend(before.encode_utf16());
        let half = behind
            .get(..4)
            .and_then(|digits| u16::from_str_radix(digits, 16).ok());
        if let Some(half) = half {
            units.push(half);
            rest = &behind[4..];
        } else {
            units.push(REPLACEMENT as u16);
            rest = behind.strip_prefix(REPLACEMENT).unwrap_or(behind);
        }
    }
    units.extend(rest.encode_utf16());
    units
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_names_stay() {
        for name in ["", "lobby", "grüße", "😀", "_", "\0"] {
            let units: Vec<u16> = name.encode_utf16().collect();
            assert_eq!(encode(&units), name);
            assert!(!is_ambiguous(name));
        }
    }

    proptest! {
        #[test]
        fn no_two_names_are_one(units in prop::collection::vec(
            prop_oneof![Just(0xfffd), 0xd7ff..0xe001_u16, Just(u16::from(b'd')), Just(u16::from(b'8')), any::<u16>()],
            0..12,
        )) {
            prop_assert_eq!(decode(&encode(&units)), units);
        }
    }
}
