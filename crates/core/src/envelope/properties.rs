//! `scan` against `serde_json`, on texts made and mutated at random.

use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Id, InvalidEnvelope, scan};

/// Whether `serde_json` accepts the text as JSON. A `RawValue` is validated without being built, so that lone
/// surrogates, huge numbers and nesting (its limit is 128 levels) are accepted.
fn is_json(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

/// Values as `serde_json` can hold them.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Fractions that survive the quick parser serde_json has by default.
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        any::<String>().prop_map(Value::from),
        "[a-z\"\\\\\u{0}-\u{1f}é😀]{0,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Texts of the tokens of JSON and of some that are nearly such, in any order.
fn soup() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        " ",
        "\n",
        "\"n\"",
        "\"p\"",
        "\"i\"",
        "\"e\"",
        "\"\"",
        "\"x\":",
        "1",
        "-",
        "0",
        ".",
        "e",
        "E",
        "+",
        "true",
        "false",
        "null",
        "\\u",
        "\\ud800",
        "00",
        "é",
        "\u{0}",
        "\u{1f}",
        "\"a\\nb\"",
        "\"\\uD83D\\uDE00\"",
        "1e5",
        "-0.0",
        "{}",
        "[]",
        "\u{feff}",
    ]);
    prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat())
}

/// JSON as dense as a payload of many small objects, long enough to cross many of the blocks in
/// which special bytes are found: strings of any length, some with escapes, some whitespace.
fn dense() -> impl Strategy<Value = String> {
    let space = || prop_oneof![8 => Just(""), 1 => Just(" "), 1 => Just("\n  "), 1 => Just("\t\r")];
    let string = prop_oneof![
        4 => "[a-z]{0,10}",
        2 => "[ -!#-\\[\\]-~]{0,80}",
        1 => "[a-zé😀]{0,30}",
        1 => r#"([a-z]{0,9}(\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})){1,6}"#,
    ]
    .prop_map(|inner| format!("\"{inner}\""));
    let scalar = prop_oneof![
        3 => string.clone(),
        2 => "-?(0|[1-9][0-9]{0,9})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?",
        1 => "true|false|null|\\[\\]|\\{\\}",
    ];
    let member = (string, space(), space(), scalar.clone())
        .prop_map(|(key, before, after, value)| format!("{key}{before}:{after}{value}"));
    let join = |parts: Vec<String>, space: &str| parts.join(&format!("{space},{space}"));
    let element = prop_oneof![
        3 => (prop::collection::vec(member, 0..8), space())
            .prop_map(move |(members, space)| format!("{{{space}{}{space}}}", join(members, space))),
        1 => (prop::collection::vec(scalar, 0..12), space())
            .prop_map(move |(elements, space)| format!("[{space}{}{space}]", join(elements, space))),
    ];
    (prop::collection::vec(element, 0..12), space())
        .prop_map(move |(elements, space)| format!("[{}]", join(elements, space)))
}

/// `text` with one character taken out, doubled or replaced.
fn mutate(text: &str, place: usize, change: u8, replacement: char) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    if characters.is_empty() {
        return replacement.to_string();
    }
    let place = place % characters.len();
    match change % 3 {
        0 => {
            characters.remove(place);
        }
        1 => characters.insert(place, characters[place]),
        _ => characters[place] = replacement,
    }
    characters.into_iter().collect()
}

fn assert_agreement(text: &str) {
    let result = scan(text);
    let refused = matches!(result, Err(InvalidEnvelope::Syntax { .. }));
    assert_eq!(refused, !is_json(text), "{text:?}: {result:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn agrees_on_random_tokens(text in soup()) {
        assert_agreement(&text);
        assert_agreement(&format!(r#"{{"n":"x","p":{text}}}"#));
        assert_agreement(&format!(r#"{{"n":"{text}"}}"#));
    }

    #[test]
    fn agrees_on_mutated_envelopes(
        payload in value(),
        id in value(),
        pretty in any::<bool>(),
        place in any::<usize>(),
        change in any::<u8>(),
        replacement in prop_oneof![any::<char>(), prop::sample::select(vec!['"', '\\', '{', ']', ',', '0'])],
    ) {
        let envelope = json!({ "n": "name", "p": payload, "i": id });
        let text = if pretty { format!("{envelope:#}") } else { envelope.to_string() };
        assert_agreement(&text);
        assert_agreement(&mutate(&text, place, change, replacement));
    }

    #[test]
    fn agrees_on_dense_payloads(
        payload in dense(),
        place in any::<usize>(),
        change in any::<u8>(),
        replacement in prop::sample::select(vec!['"', '\\', '{', '}', '[', ']', ',', ':', '0', '.', '-', 'e', ' ', '\n', '\0', 'é']),
    ) {
        let text = format!(r#"{{"n":"x","p":{payload},"i":"a"}}"#);
        prop_assert_eq!(scan(&text).unwrap().payload, Some(payload.as_str()));
        let mutated = mutate(&text, place, change, replacement);
        assert_agreement(&mutated);
        // What stands before the wrong byte is valid: if the text is cut there, only its end can be wrong.
        if let Err(InvalidEnvelope::Syntax { offset }) = scan(&mutated)
            && let Err(InvalidEnvelope::Syntax { offset: end }) = scan(&mutated[..offset])
        {
            prop_assert_eq!(end, offset);
        }
    }

    #[test]
    fn finds_the_parts(name in any::<String>(), payload in value(), id in any::<String>(), pretty in any::<bool>()) {
        let envelope = json!({ "n": name, "p": payload, "i": id, "extra": payload });
        let text = if pretty { format!("{envelope:#}") } else { envelope.to_string() };
        let found = scan(&text).unwrap();
        prop_assert_eq!(found.name.decode(), name);
        let raw = found.payload.unwrap();
        prop_assert_eq!(raw, raw.trim());
        prop_assert_eq!(serde_json::from_str::<Value>(raw).unwrap(), payload);
        let Some(Id::String(found_id)) = found.id else { panic!("{:?}", found.id) };
        prop_assert_eq!(found_id.decode(), id);
    }

    #[test]
    fn never_panics(text in any::<String>()) {
        assert_agreement(&text);
    }
}
