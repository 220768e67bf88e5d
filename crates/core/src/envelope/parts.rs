use std::borrow::Cow;

use super::JsonString;
use super::number;

/// The parts of a message's envelope, as slices of its text (contract section 1).
///
/// Slices are valid JSON without whitespace around it. The last value of a key that occurs more than once
/// counts, as in `JSON.parse`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// `n`: the message's name.
    pub name: JsonString<'a>,
    /// `p`: the payload, any JSON value; `None` when the sender's value was `undefined`.
    pub payload: Option<&'a str>,
    /// `i`: present when the sender awaits a response.
    pub id: Option<Id<'a>>,
    /// `e`: the error of a response, any JSON value.
    pub error: Option<&'a str>,
}

impl Envelope<'_> {
    /// Whether `e` is truthy in JavaScript, which in a response means that the other side has rejected:
    /// anything but `null`, `false`, a zero, `""`, or no `e` at all.
    pub fn is_rejected(&self) -> bool {
        match self.error {
            None | Some("null" | "false" | r#""""#) => false,
            Some(raw) if raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()) => {
                !number::is_zero(raw)
            }
            Some(_) => true,
        }
    }
}

/// The id of a message that awaits a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Id<'a> {
    /// What every documented client sends.
    String(JsonString<'a>),
    /// A number, as its JSON. Clients written by hand send one, and get it back as a number.
    Number(&'a str),
}

impl<'a> Id<'a> {
    /// The id as it stood in the message, a string with its quotes.
    pub fn to_json(&self) -> Cow<'a, str> {
        match self {
            Self::String(string) => format!("\"{}\"", string.raw()).into(),
            Self::Number(raw) => (*raw).into(),
        }
    }

    /// Whether the id is falsy in JavaScript: `""`, or a number that is zero once parsed (`0`,
    /// `-0`, `0.0`, `0e5`, `1e-400`).
    pub fn is_falsy(&self) -> bool {
        match self {
            Self::String(string) => string.raw().is_empty(),
            Self::Number(raw) => number::is_zero(raw),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scan;

    #[test]
    fn rejected_is_truthiness_of_e() {
        for falsy in [
            "null", "false", "0", "-0", "0.0", "0e5", "-0.00E-7", "1e-400", r#""""#,
        ] {
            let text = format!(r#"{{"n":"_r","e":{falsy}}}"#);
            assert!(!scan(&text).unwrap().is_rejected(), "{falsy}");
        }
        for truthy in [
            "true", "1", "-1", "0.1", "1e400", r#"" ""#, r#""0""#, "[]", "{}", "1e-300",
        ] {
            let text = format!(r#"{{"n":"_r","e":{truthy}}}"#);
            assert!(scan(&text).unwrap().is_rejected(), "{truthy}");
        }
        assert!(!scan(r#"{"n":"_r"}"#).unwrap().is_rejected());
    }

    #[test]
    fn falsy_ids() {
        for (id, falsy) in [
            (r#""""#, true),
            ("0", true),
            ("-0", true),
            ("0.0", true),
            ("0e5", true),
            (r#""0""#, false),
            (r#""\u0000""#, false),
            ("1", false),
            ("-0.5", false),
        ] {
            let text = format!(r#"{{"n":"x","i":{id}}}"#);
            assert_eq!(scan(&text).unwrap().id.unwrap().is_falsy(), falsy, "{id}");
        }
    }
}
