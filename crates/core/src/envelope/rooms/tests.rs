use proptest::prelude::*;

use super::super::scan;
use super::*;

fn pair(room: &str, position: &str) -> (String, String) {
    (room.into(), position.into())
}

#[test]
fn positions_of_a_handshake_are_found() {
    let text = r#"{"n":"_h","p":{"o":{"x":"y"}},"i":"1","o":{"news":"k3f9:42:7c","a\u0062":"1"}}"#;
    let expected = vec![pair("news", "k3f9:42:7c"), pair("ab", "1")];
    assert_eq!(positions(text), Some(expected));
    assert_eq!(positions(r#"{"n":"_h","o":{}}"#), Some(Vec::new()));
    assert_eq!(
        positions(r#" { "o" : { "a" : "b" } , "n":"_h" } "#),
        Some(vec![pair("a", "b")])
    );
    // Of a key that comes twice the last value counts, as in `JSON.parse`.
    let twice = r#"{"n":"_h","o":{"a":"b"},"\u006f":{"c":"d"}}"#;
    assert_eq!(positions(twice), Some(vec![pair("c", "d")]));
}

#[test]
fn what_is_no_object_is_none() {
    for o in [
        "null",
        "[]",
        r#"["news"]"#,
        "1e999",
        "5",
        r#""news""#,
        "true",
    ] {
        let text = format!(r#"{{"n":"_h","o":{o}}}"#);
        assert!(scan(&text).is_ok(), "{text}");
        assert_eq!(positions(&text), None, "{text}");
    }
    assert_eq!(positions(r#"{"n":"_h"}"#), None);
    assert_eq!(positions(r#"{"n":"_h","o":{},"o":1}"#), None);
}

#[test]
fn positions_that_are_no_strings_are_left_out() {
    let text = r#"{"n":"_h","o":{"a":1,"b":null,"c":["k:1:1"],"d":{"e":"f"},"g":1e999,"h":"i"}}"#;
    assert_eq!(positions(text), Some(vec![pair("h", "i")]));
}

#[test]
fn too_many_are_ignored() {
    let text = |rooms: usize| {
        let rooms: Vec<_> = (0..rooms)
            .map(|room| format!(r#""{room}":"k:1:1""#))
            .collect();
        format!(r#"{{"n":"_h","o":{{{}}}}}"#, rooms.join(","))
    };
    assert_eq!(
        positions(&text(MAX_ROOMS)).map(|found| found.len()),
        Some(MAX_ROOMS)
    );
    assert_eq!(positions(&text(MAX_ROOMS + 1)), Some(Vec::new()));
    let large = |length| format!(r#"{{"n":"_h","o":{{"{}":"k"}}}}"#, "x".repeat(length - 8));
    assert_eq!(
        positions(&large(MAX_POSITIONS)).map(|found| found.len()),
        Some(1)
    );
    assert_eq!(positions(&large(MAX_POSITIONS + 1)), Some(Vec::new()));
}

#[test]
fn the_place_takes_the_last_brace() {
    let mut out = br#"{"n":"said","p":1"#.to_vec();
    push_place(&mut out, "news", &"k3f9:43:d1", None);
    assert_eq!(out, br#"{"n":"said","p":1,"r":"news","o":"k3f9:43:d1"}"#);
    let mut out = br#"{"n":"said""#.to_vec();
    push_place(&mut out, "a\"b\n", &"k:1:2", Some("x-1"));
    assert_eq!(out, br#"{"n":"said","r":"a\"b\n","o":"k:1:2","d":"x-1"}"#);
}

#[test]
fn joins_and_leaves_are_told() {
    let mut out = Vec::new();
    push_joined(&mut out, "news", &"k3f9:43:d1", (true, 3));
    assert_eq!(
        out,
        br#"{"n":"_o","r":"news","o":"k3f9:43:d1","p":{"recovered":true,"replayed":3}}"#
    );
    let mut out = Vec::new();
    push_left(&mut out, "news");
    assert_eq!(out, br#"{"n":"_o","r":"news","o":null}"#);
}

/// The name of a room as the application's side makes it of UTF-16 (`src/names.rs`).
fn kept_name(units: &[u16]) -> String {
    let mut name = String::new();
    for unit in char::decode_utf16(units.iter().copied()) {
        match unit {
            Ok(character) => push_character(&mut name, character),
            Err(half) => write!(name, "{REPLACEMENT}{:04x}", half.unpaired_surrogate()).unwrap(),
        }
    }
    name
}

/// What `JSON.parse` finds, but for what only this function knows: bounds, and names of rooms.
fn parsed(text: &str) -> Option<Vec<(String, String)>> {
    let message: serde_json::Value = serde_json::from_str(text).ok()?;
    let rooms = message.get("o")?.as_object()?;
    let strings = rooms.iter().filter_map(|(room, position)| {
        let room = room.replace(REPLACEMENT, "\u{fffd}\u{fffd}");
        Some((room, position.as_str()?.to_owned()))
    });
    Some(strings.collect())
}

proptest! {
    /// Any valid message is read as JSON is.
    #[test]
    fn messages_are_read_as_json(
        members in prop::collection::vec(
            ("[oO]|\\\\u006f|n|p", prop_oneof![
                Just("{}".to_owned()),
                "[0-9]{1,3}|null|true|\"[a-c\\u{fffd}]{0,3}\"",
                prop::collection::btree_map("[a-c\u{fffd}é ]{0,3}", "\"[a-z0-9:]{0,9}\"|[0-9]|\\[\"a\"\\]|\\{\"o\":\"a\"\\}|null", 0..5)
                    .prop_map(|rooms| {
                        let rooms = rooms.iter().map(|(room, position)| format!("\"{room}\" : {position}"));
                        format!("{{{}}}", rooms.collect::<Vec<_>>().join(" ,"))
                    }),
            ]),
            0..5,
        ),
    ) {
        let members: Vec<_> = members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        let text = format!("{{ \"n\":\"_h\"{}{} }}", if members.is_empty() { "" } else { "," }, members.join(","));
        if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
            let sorted = |found: Option<Vec<(String, String)>>| found.map(|mut found| {
                found.sort();
                found
            });
            prop_assert_eq!(sorted(positions(&text)), sorted(parsed(&text)), "{}", text);
        }
    }

    /// A name goes to a client and comes back as it was, whatever strings JavaScript has.
    #[test]
    fn names_come_back(units in prop::collection::vec(
        prop_oneof![Just(0xfffd), 0xd7ff..0xe001_u16, Just(u16::from(b'd')), Just(u16::from(b'8')), any::<u16>()],
        0..12,
    )) {
        let name = kept_name(&units);
        let mut message = br#"{"n":"_o""#.to_vec();
        push_place(&mut message, &name, &"k:1:1", None);
        let message = String::from_utf8(message).unwrap();
        prop_assert!(scan(&message).is_ok());
        let (_, raw) = message.split_once(r#""r":"#).unwrap();
        let (raw, _) = raw.rsplit_once(r#","o":"#).unwrap();
        let handshake = format!(r#"{{"n":"_h","o":{{{raw}:"k:1:1"}}}}"#);
        prop_assert_eq!(positions(&handshake), Some(vec![(name, "k:1:1".to_string())]));
    }
}
