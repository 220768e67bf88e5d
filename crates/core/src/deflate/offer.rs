//! The grammar of `Sec-WebSocket-Extensions` (RFC 6455 section 9.1): names with parameters, whatever
//! they mean.

use std::borrow::Cow;

/// The header does not follow its grammar. The request must be refused (RFC 6455 section 9.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed Sec-WebSocket-Extensions")]
pub struct Malformed;

/// One extension a client offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer<'a> {
    pub(super) name: &'a str,
    /// In the order sent; a name may come twice.
    pub(super) parameters: Vec<(&'a str, Option<Cow<'a, str>>)>,
}

/// Parses the value of the header, whose lines are joined by commas. Returns the offers in the client's order
/// of preference. Elements of the list may be empty (RFC 9110 section 5.6.1.2).
pub(super) fn parse(header: &str) -> Result<Vec<Offer<'_>>, Malformed> {
    let mut text = Text(header);
    let mut offers = Vec::new();
    loop {
        text.skip_spaces();
        if text.0.is_empty() {
            return Ok(offers);
        }
        if text.accept(',') {
            continue;
        }
        offers.push(text.offer()?);
        if !text.0.is_empty() && !text.accept(',') {
            return Err(Malformed);
        }
    }
}

/// What is left to read.
struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    /// An extension and the spaces after it.
    fn offer(&mut self) -> Result<Offer<'a>, Malformed> {
        let name = self.token()?;
        let mut parameters = Vec::new();
        while self.accept(';') {
            self.skip_spaces();
            let parameter = self.token()?;
            let value = if self.accept('=') {
                self.skip_spaces();
                Some(self.value()?)
            } else {
                None
            };
            parameters.push((parameter, value));
        }
        Ok(Offer { name, parameters })
    }

    /// A token, or a quoted string that holds one (RFC 6455 section 9.1).
    fn value(&mut self) -> Result<Cow<'a, str>, Malformed> {
        let Some(quoted) = self.0.strip_prefix('"') else {
            return self.token().map(Cow::Borrowed);
        };
        let mut value = String::new();
        let mut chars = quoted.chars();
        loop {
            match chars.next().ok_or(Malformed)? {
                '"' => break,
                '\\' => value.push(chars.next().ok_or(Malformed)?),
                char => value.push(char),
            }
        }
        if value.is_empty() || !value.chars().all(is_token) {
            return Err(Malformed);
        }
        self.0 = chars.as_str();
        self.skip_spaces();
        Ok(Cow::Owned(value))
    }

    /// A token (RFC 9110 section 5.6.2) and the spaces after it.
    fn token(&mut self) -> Result<&'a str, Malformed> {
        let end = self.0.find(|char| !is_token(char));
        let (token, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        if token.is_empty() {
            return Err(Malformed);
        }
        self.0 = rest;
        self.skip_spaces();
        Ok(token)
    }

    fn accept(&mut self, char: char) -> bool {
        match self.0.strip_prefix(char) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn skip_spaces(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t']);
    }
}

fn is_token(char: char) -> bool {
    char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(char)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(header: &str) -> Result<Vec<String>, Malformed> {
        let offers = parse(header)?;
        let show = |offer: &Offer<'_>| {
            let parameters = offer.parameters.iter().map(|(name, value)| match value {
                Some(value) => format!(";{name}={value}"),
                None => format!(";{name}"),
            });
            format!("{}{}", offer.name, parameters.collect::<String>())
        };
        Ok(offers.iter().map(show).collect())
    }

    #[test]
    fn offers_are_read_in_order() {
        let cases: [(&str, &[&str]); 8] = [
            ("", &[]),
            (" , ,", &[]),
            ("a", &["a"]),
            ("a, b;x", &["a", "b;x"]),
            ("a;x=1;y , a", &["a;x=1;y", "a"]),
            ("a ; x = 1 ;\ty,,b", &["a;x=1;y", "b"]),
            (r#"a; x="10""#, &["a;x=10"]),
            (r#"a; x="1\0" ; y, b"#, &["a;x=10;y", "b"]),
        ];
        for (header, offers) in cases {
            assert_eq!(shown(header).unwrap(), offers, "{header}");
        }
    }

    #[test]
    fn what_is_not_grammar_is_refused() {
        for header in [
            ";",
            "a;",
            "a;;x",
            "a;x=",
            "a b",
            "a;x=1 2",
            "a;=1",
            "\"a\"",
            "a;x=\"1",
            "a;x=\"1\\",
            "a;x=\"\"",
            "a;x=\"1 2\"",
            "a;x=\"1\"2",
            "a;x=(1)",
            "é",
            "a\0",
        ] {
            assert_eq!(shown(header), Err(Malformed), "{header:?}");
        }
    }
}
