use std::borrow::Cow;

/// A line of the response contains a CR, LF or NUL. If it were sent, its author could add header lines, or a
/// whole response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a header line must not contain CR, LF or NUL")]
pub struct InvalidHeaderValue;

/// The status line and header lines of the 101 response (RFC 6455 section 4.2.2), one per element and without
/// line ends. Listeners of the `headers` event may change them (contract section 2).
///
/// `accept` is [`Upgrade::accept`](super::Upgrade::accept). A protocol of `None`, or an empty one,
/// leaves its line out.
///
/// # Errors
///
/// [`InvalidHeaderValue`] when `protocol`, which the application's `handleProtocols` chooses,
/// would break out of its line.
pub fn response_lines(
    accept: &str,
    protocol: Option<&str>,
) -> Result<Vec<Cow<'static, str>>, InvalidHeaderValue> {
    let mut lines = Vec::with_capacity(6);
    lines.extend(
        [
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
        ]
        .map(Cow::from),
    );
    lines.push(format!("Sec-WebSocket-Accept: {accept}").into());
    if let Some(protocol) = protocol.filter(|protocol| !protocol.is_empty()) {
        check_line(protocol)?;
        lines.push(format!("Sec-WebSocket-Protocol: {protocol}").into());
    }
    Ok(lines)
}

/// The head of a response: the lines joined, and the empty line.
///
/// # Errors
///
/// [`InvalidHeaderValue`] when a line, which a listener of the `headers` event may have added, contains a line
/// end, or is empty: an empty line would end the head early.
pub fn response_head<I>(lines: I) -> Result<Vec<u8>, InvalidHeaderValue>
where
    I: IntoIterator<Item: AsRef<str>>,
{
    let mut head = Vec::with_capacity(256);
    for line in lines {
        let line = line.as_ref();
        check_line(line)?;
        if line.is_empty() {
            return Err(InvalidHeaderValue);
        }
        head.extend_from_slice(line.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    Ok(head)
}

fn check_line(line: &str) -> Result<(), InvalidHeaderValue> {
    if line.contains(['\r', '\n', '\0']) {
        Err(InvalidHeaderValue)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    #[test]
    fn lines_come_in_the_original_order() {
        let mut expected = vec![
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        ];
        assert_eq!(response_lines(ACCEPT, None).unwrap(), expected);
        assert_eq!(response_lines(ACCEPT, Some("")).unwrap(), expected);
        expected.push("Sec-WebSocket-Protocol: chat");
        assert_eq!(response_lines(ACCEPT, Some("chat")).unwrap(), expected);
    }

    #[test]
    fn the_head_ends_with_an_empty_line() {
        let head = response_head(["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket"]);
        let expected = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
        assert_eq!(head.unwrap(), expected);
    }

    #[test]
    fn no_line_can_break_out() {
        for value in ["a\r\nSet-Cookie: b", "a\nb", "a\rb", "a\0b"] {
            assert_eq!(response_lines(ACCEPT, Some(value)), Err(InvalidHeaderValue));
            assert_eq!(response_head(["X: 1", value]), Err(InvalidHeaderValue));
        }
        assert_eq!(response_head(["X: 1", ""]), Err(InvalidHeaderValue));
    }
}
