use super::super::{Id, MAX_DEPTH, scan};
use super::*;
use proptest::prelude::*;

/// Name, payload and id by outline.
fn parts(text: &str) -> Option<(&str, &str, Option<&str>)> {
    let found = outline(text)?;
    let payload = &text[found.before.into()..text.len() - usize::from(found.after)];
    Some((found.name, payload, found.id))
}

/// A payload long enough to look for the name in.
fn long() -> String {
    format!("\"{}\"", "a".repeat(LONGEST))
}

#[test]
fn finds_the_parts_that_stringify_wrote() {
    let long = long();
    for id in ["\"\"", "\"x\"", "\"1a2b\"", "0", "7", "120"] {
        let text = format!(r#"{{"n":"hello","p":{long},"i":{id}}}"#);
        assert_eq!(parts(&text), Some(("hello", &*long, Some(id))));
    }
    let text = format!(r#"{{"n":"","p":{long}}}"#);
    assert_eq!(parts(&text), Some(("", &*long, None)));
}

#[test]
fn leaves_what_is_written_otherwise_to_the_scan() {
    let long = long();
    for text in [
        String::new(),
        "{}".into(),
        format!(r#" {{"n":"a","p":{long}}}"#),
        format!(r#"{{"n": "a","p":{long}}}"#),
        format!(r#"{{"p":{long},"n":"a"}}"#),
        format!(r#"{{"n":"a","i":"1","p":{long}}}"#),
        format!(r#"{{"n":"a","p":{long}"#),
        format!(r#"{{"n":"a\n","p":{long}}}"#),
        format!(r#"{{"n":"ä","p":{long}}}"#),
        format!(r#"{{"n":"a{}","p":{long}}}"#, "a".repeat(LONGEST)),
        format!(r#"{{"n":"a","p":{long}}} "#),
    ] {
        assert_eq!(outline(&text), None, "{text}");
    }
}

#[test]
fn an_id_it_cannot_read_belongs_to_the_payload() {
    let long = long();
    let longer = format!("\"{}\"", "1".repeat(300));
    for id in [r#""\u0031""#, r#""ä""#, "00", "-1", "1.5", "null", &longer] {
        let text = format!(r#"{{"n":"a","p":{long},"i":{id}}}"#);
        assert_eq!(
            parts(&text),
            Some(("a", &*format!(r#"{long},"i":{id}"#), None))
        );
    }
}

#[test]
fn a_string_that_looks_like_an_id_leaves_no_payload_that_parses() {
    let text = format!(r#"{{"n":"a","p":"{}\",\"i\":\"1"}}"#, "a".repeat(LONGEST));
    let (_, payload, id) = parts(&text).unwrap();
    assert_eq!(id, None);
    assert!(serde_json::from_str::<serde_json::Value>(payload).is_ok());
    let text = format!(r#"{{"n":"a","p":"{}\","i":"1"}}"#, "a".repeat(LONGEST));
    let (_, payload, _) = parts(&text).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(payload).is_err());
}

#[test]
fn deep_payloads_are_left_to_the_scan() {
    let text = format!(
        r#"{{"n":"a","p":{}1{}}}"#,
        "[".repeat(MAX_DEPTH),
        "]".repeat(MAX_DEPTH)
    );
    assert_eq!(outline(&text), None);
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<i32>().prop_map(|number| number.to_string()),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        Just(r#"",\"i\":\"1\"}""#.to_owned()),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|values| format!("[{}]", values.join(","))),
            prop::collection::vec(inner, 0..4).prop_map(|values| format!(
                "{{{}}}",
                values
                    .iter()
                    .map(|value| format!(r#""n":{value}"#))
                    .collect::<Vec<_>>()
                    .join(",")
            )),
        ]
    })
}

proptest! {
    /// Whenever the payload parses, the scan finds the same parts.
    #[test]
    fn agrees_with_the_scan(payload in json(), tail in ".{0,40}", cut in 0usize..400, id in "[0-9a-z\"\\\\,:i]{0,8}") {
        let padding = " ".repeat(LONGEST);
        let mut text = format!(r#"{{"n":"name","p":{padding}{payload},"i":"{id}"}}{tail}"#);
        if let Some(end) = text.len().checked_sub(cut).filter(|&end| text.is_char_boundary(end)) {
            text.truncate(end);
            text.push('}');
        }
        if let Some((name, payload, id)) = parts(&text)
            && serde_json::from_str::<&serde_json::value::RawValue>(payload).is_ok()
        {
            let scanned = scan(&text).unwrap();
            prop_assert_eq!(scanned.name.raw(), name);
            prop_assert_eq!(scanned.payload, Some(payload.trim_matches([' ', '\t', '\n', '\r'])));
            let raw = scanned.id.map(|id| match id {
                Id::String(string) => format!("\"{}\"", string.raw()),
                Id::Number(raw) => raw.to_owned(),
            });
            prop_assert_eq!(raw.as_deref(), id);
            prop_assert_eq!(scanned.error, None);
        }
    }
}
