use super::super::MAX_DEPTH;
use super::*;

#[test]
fn finds_all_parts_without_whitespace_around_them() {
    let text =
        "\t{ \"n\" : \"echo\" ,\r\n\"p\": { \"a\" : [ 1 , 2 ] } , \"i\" :\"ab\" , \"e\": null } \n";
    let envelope = scan(text).unwrap();
    assert_eq!(envelope.name.raw(), "echo");
    assert_eq!(envelope.payload, Some(r#"{ "a" : [ 1 , 2 ] }"#));
    assert!(matches!(envelope.id, Some(Id::String(id)) if id.raw() == "ab" && !id.is_escaped()));
    assert_eq!(envelope.error, Some("null"));
}

#[test]
fn only_the_name_is_needed() {
    let envelope = scan(r#"{"n":""}"#).unwrap();
    assert_eq!(envelope.name.raw(), "");
    assert_eq!(
        (envelope.payload, envelope.id, envelope.error),
        (None, None, None)
    );
}

#[test]
fn every_kind_of_payload() {
    for payload in [
        "null",
        "true",
        "false",
        "0",
        "-1.5e+3",
        r#""text""#,
        r#""\"\\\u00ff""#,
        "[]",
        "{}",
        "[[],{},[{}]]",
        r#"{"a":{"b":[]},"":""}"#,
        "[ ]",
        "{ }",
        r#""}{][,:""#,
    ] {
        for space in ["", " ", "\t\r\n "] {
            let text = format!(r#"{{"n":"x","p":{space}{payload}{space}}}"#);
            assert_eq!(scan(&text).unwrap().payload, Some(payload), "{text}");
        }
    }
}

#[test]
fn numbers_as_ids_stay_text() {
    for id in ["0", "-12", "1.50", "1E400"] {
        let text = format!(r#"{{"n":"x","i":{id}}}"#);
        assert_eq!(scan(&text).unwrap().id, Some(Id::Number(id)));
    }
}

#[test]
fn the_last_of_duplicate_keys_counts() {
    let text = r#"{"n":5,"i":null,"p":1,"e":1,"n":"x","i":"b","p":2,"e":null}"#;
    let envelope = scan(text).unwrap();
    assert_eq!(envelope.name.raw(), "x");
    assert_eq!(envelope.payload, Some("2"));
    assert!(matches!(envelope.id, Some(Id::String(id)) if id.raw() == "b"));
    assert!(!envelope.is_rejected());
    assert_eq!(
        scan(r#"{"n":"x","n":5}"#),
        Err(InvalidEnvelope::NameNotString)
    );
}

#[test]
fn keys_may_be_escaped() {
    let envelope = scan(r#"{"\u006e":"x","\u0070":1,"\u0069":2,"\u0065":3}"#).unwrap();
    assert_eq!(envelope.name.raw(), "x");
    assert_eq!(envelope.payload, Some("1"));
    assert_eq!(envelope.id, Some(Id::Number("2")));
    assert_eq!(envelope.error, Some("3"));
}

#[test]
fn other_keys_are_ignored_but_validated() {
    let text = r#"{"":1,"nn":2,"\n":3,"N":4,"__proto__":{"n":5},"constructor":6,"é":7,"\ud800":8,"n":"x"}"#;
    let envelope = scan(text).unwrap();
    assert_eq!(envelope.name.raw(), "x");
    assert_eq!(
        (envelope.payload, envelope.id, envelope.error),
        (None, None, None)
    );
    assert_eq!(
        scan(r#"{"n":"x","q":tru}"#),
        Err(InvalidEnvelope::Syntax { offset: 16 })
    );
}

#[test]
fn names_are_decoded_on_demand() {
    let envelope = scan(r#"{"n":"\u005fr"}"#).unwrap();
    assert!(envelope.name.is_escaped());
    assert_eq!(envelope.name.raw(), r"\u005fr");
    assert_eq!(envelope.name.decode(), "_r");
}

#[test]
fn what_the_envelope_lacks() {
    use InvalidEnvelope::{IdNotStringOrNumber, NameMissing, NameNotString, NotAnObject};
    for (text, error) in [
        ("{}", NameMissing),
        (r#"{"p":1}"#, NameMissing),
        (r#"{"n":5}"#, NameNotString),
        (r#"{"n":null}"#, NameNotString),
        (r#"{"n":["x"]}"#, NameNotString),
        (r#"{"n":"x","i":null}"#, IdNotStringOrNumber),
        (r#"{"n":"x","i":true}"#, IdNotStringOrNumber),
        (r#"{"n":"x","i":[]}"#, IdNotStringOrNumber),
        (r#"{"n":"x","i":{}}"#, IdNotStringOrNumber),
        ("5", NotAnObject),
        ("null", NotAnObject),
        (r#" "{}" "#, NotAnObject),
        (r#"[{"n":"x"}]"#, NotAnObject),
    ] {
        assert_eq!(scan(text), Err(error), "{text}");
    }
}

#[test]
fn what_json_parse_refuses_is_refused_at_the_byte_that_is_wrong() {
    for (text, offset) in [
        ("", 0),
        (" ", 1),
        ("\u{feff}{}", 0),
        ("{", 1),
        ("}", 0),
        ("{,}", 1),
        (r#"{"n""#, 4),
        (r#"{"n":"#, 5),
        (r#"{"n":}"#, 5),
        (r#"{"n" "x"}"#, 5),
        (r#"{"n":"x""#, 8),
        (r#"{"n":"x",}"#, 9),
        (r#"{"n":"x"}}"#, 9),
        (r#"{"n":"x"} {}"#, 10),
        (r#"{"n":"x"};"#, 9),
        (r"{n:1}", 1),
        (r"{'n':1}", 1),
        (r#"{"n":"x","p":[1,]}"#, 16),
        (r#"{"n":"x","p":[,1]}"#, 14),
        (r#"{"n":"x","p":[1 2]}"#, 16),
        (r#"{"n":"x","p":[1}}"#, 15),
        (r#"{"n":"x","p":{"a"}}"#, 17),
        (r#"{"n":"x","p":{"a":}}"#, 18),
        (r#"{"n":"x","p":{"a":1,}}"#, 20),
        (r#"{"n":"x","p":{"a":1]}"#, 19),
        (r#"{"n":"x","p":{1:1}}"#, 14),
        (r#"{"n":"x","p":{]}"#, 14),
        (r#"{"n":"x","p":[}"#, 14),
        ("\u{a0}{}", 0),
        ("\u{b}{}", 0),
        ("// {}", 0),
    ] {
        assert_eq!(
            scan(text),
            Err(InvalidEnvelope::Syntax { offset }),
            "{text}"
        );
    }
}

#[test]
fn scalars_json_does_not_know() {
    for scalar in [
        "01",
        "-",
        "-a",
        "+1",
        ".5",
        "1.",
        "1.e1",
        "1e",
        "1e+",
        "1e1.5",
        "0x1",
        "--1",
        "00",
        "-01",
        "NaN",
        "Infinity",
        "-Infinity",
        "undefined",
        "tru",
        "truth",
        "fals",
        "falsy",
        "True",
        "nul",
        "nulll",
        "1_0",
        "'a'",
        r#"""#,
        r#""\"#,
        r#""\""#,
        r#""\x41""#,
        r#""\u12""#,
        r#""\u12g4""#,
        r#""\u"#,
        r#""\U0041""#,
        "\"\t\"",
        "\"\n\"",
        "\"\0\"",
        "\"\u{1f}\"",
        "٣",
    ] {
        for payload in [
            scalar.to_string(),
            format!("[{scalar}]"),
            format!("[1,{scalar} ,2]"),
            format!(r#"{{"a":{scalar}}}"#),
        ] {
            let text = format!(r#"{{"n":"x","p":{payload}}}"#);
            assert!(
                matches!(scan(&text), Err(InvalidEnvelope::Syntax { .. })),
                "{text}"
            );
        }
    }
}

#[test]
fn scalars_json_does_know() {
    let long = "x".repeat(1000);
    let huge = "9".repeat(1000);
    for scalar in [
        "-0",
        "0.0",
        "-0e-0",
        "1E+9",
        "1e999999999999",
        &huge,
        "\"\u{7f}\u{80}\u{2028}\"",
        r#""\ud800""#,
        r#""\udc00\ud800""#,
        r#""\/\b\f\n\r\t\"\\""#,
        &format!("\"{long}\""),
        &format!("\"{long}\\n{long}\""),
    ] {
        for payload in [
            scalar.to_string(),
            format!("[{scalar},{scalar}]"),
            format!(r#"{{"a":{scalar}}}"#),
        ] {
            let text = format!(r#"{{"n":"x","p":{payload}}}"#);
            assert_eq!(
                scan(&text).unwrap().payload,
                Some(payload.as_str()),
                "{text}"
            );
        }
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |open: &str, close: &str, levels: usize| {
        format!(
            r#"{{"n":"x","p":{}1{}}}"#,
            open.repeat(levels),
            close.repeat(levels)
        )
    };
    // The envelope is the first level.
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        assert!(scan(&nested(open, close, MAX_DEPTH - 1)).is_ok());
        assert!(matches!(
            scan(&nested(open, close, MAX_DEPTH)),
            Err(InvalidEnvelope::TooDeep { .. })
        ));
    }
    assert_eq!(
        scan(&nested("[", "]", MAX_DEPTH)),
        Err(InvalidEnvelope::TooDeep {
            offset: 13 + MAX_DEPTH - 1
        })
    );
    // Nobody has to close what should not have been opened.
    assert!(matches!(
        scan(&"[".repeat(1 << 20)),
        Err(InvalidEnvelope::TooDeep { .. })
    ));
    assert_eq!(scan("[]"), Err(InvalidEnvelope::NotAnObject));
    let wide = format!(r#"{{"n":"x","p":[{}[]]}}"#, "[],".repeat(5000));
    assert!(scan(&wide).is_ok());
}

#[test]
fn every_prefix_of_an_envelope_is_refused() {
    let text = r#"{"n":"é\n","p":{"a":[1.5e3,true,"\u00e9😀"]},"i":"b","e":null}"#;
    assert!(scan(text).is_ok());
    for (end, _) in text.char_indices() {
        assert_eq!(
            scan(&text[..end]),
            Err(InvalidEnvelope::Syntax { offset: end })
        );
    }
}
