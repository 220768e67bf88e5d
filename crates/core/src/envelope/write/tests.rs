use super::super::scan;
use super::*;

/// The id of a message whose `i` is `raw`.
fn with_id<T>(raw: &str, check: impl FnOnce(&Id<'_>) -> T) -> T {
    let text = format!(r#"{{"n":"x","i":{raw}}}"#);
    check(&scan(&text).unwrap().id.unwrap())
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = b"before".to_vec();
    write(&mut out);
    String::from_utf8(out)
        .unwrap()
        .strip_prefix("before")
        .unwrap()
        .to_owned()
}

/// String ids and what comes back: made by `JSON.stringify(JSON.parse(raw))` in Node 20.
const STRING_IDS: &[(&str, &str)] = &[
    (r#""""#, r#""""#),
    (r#""ab12""#, r#""ab12""#),
    (r#""grüße 😀""#, r#""grüße 😀""#),
    (r#""\u0061""#, r#""a""#),
    (r#""a\/b""#, r#""a/b""#),
    (r#""\"\\""#, r#""\"\\""#),
    (r#""\b\f\n\r\t""#, r#""\b\f\n\r\t""#),
    (r#""\u0008\u000c\u000a\u000d\u0009""#, r#""\b\f\n\r\t""#),
    (
        r#""\u0000\u0001\u000B\u001F""#,
        r#""\u0000\u0001\u000b\u001f""#,
    ),
    (
        "\"\\u007f\\u0080\\u2028\\u2029\\ufeff\"",
        "\"\u{7f}\u{80}\u{2028}\u{2029}\u{feff}\"",
    ),
    (r#""\uD83D\uDE00""#, r#""😀""#),
    (r#""\uD83D""#, r#""\ud83d""#),
    (r#""\uDE00""#, r#""\ude00""#),
    (r#""\uDBFF\uDBFF""#, r#""\udbff\udbff""#),
    (r#""\uDE00\uD83D""#, r#""\ude00\ud83d""#),
    (r#""\uD83Dx\uDE00""#, r#""\ud83dx\ude00""#),
    (r#""\uD83D\uD83D\uDE00""#, r#""\ud83d😀""#),
    (r#""\ud83d\u0041""#, r#""\ud83dA""#),
    (r#""\uD83D\n""#, r#""\ud83d\n""#),
    ("\"\\uFFFE\\uFFFF\"", "\"\u{fffe}\u{ffff}\""),
    (r#""\u00e9""#, r#""é""#),
    (r#""x\u0022y\u005c""#, r#""x\"y\\""#),
    ("\"\u{7f}\u{2028}\"", "\"\u{7f}\u{2028}\""),
];

#[test]
fn string_ids_come_back_as_javascript_writes_them() {
    for (raw, expected) in STRING_IDS {
        let id = with_id(raw, |id| written(|out| push_id(out, id)));
        assert_eq!(id, *expected, "{raw}");
    }
}

#[test]
fn number_ids_come_back_as_the_same_numbers() {
    for (raw, expected) in [
        ("7", "7"),
        ("1.0", "1"),
        ("-0", "0"),
        ("1e21", "1e+21"),
        ("9007199254740993", "9007199254740993"),
        ("1e400", "1e400"),
    ] {
        let id = with_id(raw, |id| written(|out| push_id(out, id)));
        assert_eq!(id, expected, "{raw}");
    }
}

#[test]
fn pong() {
    let pong = with_id(r#""ab12""#, |id| written(|out| push_pong(out, Some(id))));
    assert_eq!(pong, r#"{"n":"_r","p":"pong","i":"ab12","e":null}"#);
    let pong = with_id("3", |id| written(|out| push_pong(out, Some(id))));
    assert_eq!(pong, r#"{"n":"_r","p":"pong","i":3,"e":null}"#);
    let pong = written(|out| push_pong(out, None));
    assert_eq!(pong, r#"{"n":"_r","p":"pong","e":null}"#);
}

#[test]
fn error_with_its_message_escaped() {
    let error = |message: &str| {
        with_id(r#""ab12""#, |id| {
            written(|out| push_error(out, id, message))
        })
    };
    assert_eq!(
        error("Handshake already resolved"),
        r#"{"n":"_r","i":"ab12","e":{"name":"Error","message":"Handshake already resolved"}}"#
    );
    assert_eq!(
        error("\"\\\u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f}é😀"),
        "{\"n\":\"_r\",\"i\":\"ab12\",\"e\":{\"name\":\"Error\",\"message\":\
         \"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\u{7f}é😀\"}}"
    );
    assert_eq!(
        error(""),
        r#"{"n":"_r","i":"ab12","e":{"name":"Error","message":""}}"#
    );
}

#[test]
fn responses_have_the_length_announced() {
    for (payload, id, expected) in [
        (
            Some(r#"{"a":1}"#),
            r#""ab12""#,
            r#"{"n":"_r","p":{"a":1},"i":"ab12","e":null}"#,
        ),
        (Some("null"), "5", r#"{"n":"_r","p":null,"i":5,"e":null}"#),
        (None, r#""""#, r#"{"n":"_r","i":"","e":null}"#),
    ] {
        let response = written(|out| push_response(out, payload.map(str::as_bytes), id.as_bytes()));
        assert_eq!(response, expected);
        let parts = response_parts(payload.map(str::as_bytes), id.as_bytes());
        assert_eq!(parts.concat(), expected.as_bytes());
        assert_eq!(
            response_len(payload.map(str::len), id.len()),
            expected.len()
        );
    }
}
