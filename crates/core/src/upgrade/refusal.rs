use std::borrow::Cow;

use http::StatusCode;

/// The supported versions of the protocol, as a header line.
const VERSIONS: &str = "Sec-WebSocket-Version: 13, 8\r\n";

// facts: unavailable
/// The header lines of status 503, beside those of every refusal.
const UNAVAILABLE: [&str; 2] = ["Content-type: text/html\r\n", "Retry-After: 10\r\n"];
// /facts

/// The reason phrase of a status code, as Node prints it; `Unknown` for a code without one. Applications see it as the
/// body of a response.
fn reason(status: u16) -> &'static str {
    match status {
        // Node's phrases for these differ from those of the `http` crate.
        203 => "Non-Authoritative Information",
        418 => "I'm a Teapot",
        509 => "Bandwidth Limit Exceeded",
        _ => StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("Unknown"),
    }
}

/// The answer to a request that is not upgraded. The connection is closed after it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {}", reason(*status))]
pub struct Refusal {
    status: u16,
    body: Cow<'static, str>,
    /// Options of `Connection`.
    connection: &'static str,
    /// Header lines before and after `Content-Length`, with their line ends.
    headers: [&'static str; 2],
    /// Announce the body without sending it: the answer to HEAD (RFC 9110 section 9.3.2).
    head_only: bool,
}

impl Refusal {
    /// A refusal with a status code that the application chose, for example in `verifyClient`, and a body.
    /// Without a message, or with an empty one, the body is the code's reason phrase.
    ///
    /// A code that HTTP cannot carry (below 100 or above 999) becomes 500.
    pub fn new(status: u16, message: Option<&str>) -> Self {
        let status = if (100..=999).contains(&status) {
            status
        } else {
            500
        };
        let body = match message {
            Some(message) if !message.is_empty() => Cow::Owned(message.to_owned()),
            _ => Cow::Borrowed(reason(status)),
        };
        Self {
            status,
            body,
            connection: "close",
            headers: ["Content-type: text/html\r\n", ""],
            head_only: false,
        }
    }

    /// 400: the request is malformed, or asks for an upgrade that is not available.
    pub(super) fn bad_request() -> Self {
        Self::new(400, None)
    }

    /// 400: a version of the protocol that is not supported. The answer names the supported ones (RFC 6455
    /// section 4.4).
    pub(super) fn version_not_spoken() -> Self {
        Self {
            headers: [VERSIONS, "Content-type: text/html\r\n"],
            ..Self::bad_request()
        }
    }

    /// A refusal with a reason of the server's, as plain text.
    pub(super) fn because(status: u16, reason: &'static str) -> Self {
        Self {
            headers: ["", "Content-Type: text/plain\r\n"],
            ..Self::new(status, Some(reason))
        }
    }

    /// 426: plain HTTP where a WebSocket is expected (RFC 9110 section 15.5.22).
    pub(super) fn upgrade_required(method: &str) -> Self {
        Self {
            // A sender of `Upgrade` must name it here as well (RFC 9110 section 7.8).
            connection: "close, Upgrade",
            // Spelling and order are those of Node, which answers plain requests in the original.
            headers: [
                "Upgrade: websocket\r\nSec-WebSocket-Version: 13, 8\r\n",
                "Content-Type: text/plain\r\n",
            ],
            head_only: method == "HEAD",
            ..Self::new(426, None)
        }
    }

    /// 431: the head is longer than the limits allow.
    pub(super) fn head_too_large() -> Self {
        Self::new(431, None)
    }

    /// 503: there are as many connections as there may be, or the application has not decided on this one. The
    /// client may try again after some seconds (RFC 9110 section 10.2.3).
    pub fn unavailable() -> Self {
        Self {
            headers: UNAVAILABLE,
            ..Self::new(503, None)
        }
    }

    /// 505: not HTTP/1.x.
    pub(super) fn version_not_supported() -> Self {
        Self::new(505, None)
    }

    /// The status code, 100 to 999.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body of the answer.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The whole answer. The caller writes it and closes the connection.
    pub fn response(&self) -> Vec<u8> {
        let Self {
            status,
            body,
            connection,
            headers: [before, after],
            head_only,
        } = self;
        let sent = if *head_only { "" } else { body };
        format!(
            "HTTP/1.1 {status} {reason}\r\n\
             Connection: {connection}\r\n\
             {before}\
             Content-Length: {length}\r\n\
             {after}\
             \r\n\
             {sent}",
            reason = reason(*status),
            length = body.len(),
        )
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(refusal: &Refusal) -> String {
        String::from_utf8(refusal.response()).unwrap()
    }

    #[test]
    fn phrases_are_those_of_node() {
        for (status, phrase) in [
            (101, "Switching Protocols"),
            (203, "Non-Authoritative Information"),
            (400, "Bad Request"),
            (413, "Payload Too Large"),
            (418, "I'm a Teapot"),
            (509, "Bandwidth Limit Exceeded"),
            (299, "Unknown"),
            (999, "Unknown"),
        ] {
            assert_eq!(reason(status), phrase, "{status}");
        }
    }

    #[test]
    fn a_refusal_is_a_whole_response() {
        assert_eq!(
            response(&Refusal::new(401, None)),
            "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-type: text/html\r\n\
             Content-Length: 12\r\n\r\nUnauthorized"
        );
    }

    #[test]
    fn the_message_is_the_body_and_counted_in_bytes() {
        assert_eq!(
            response(&Refusal::new(403, Some("näh"))),
            "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-type: text/html\r\n\
             Content-Length: 4\r\n\r\nnäh"
        );
        assert_eq!(Refusal::new(403, Some("")), Refusal::new(403, None));
    }

    #[test]
    fn any_status_code_gets_an_answer() {
        for status in 0..=u16::MAX {
            let refusal = Refusal::new(status, None);
            assert!((100..=999).contains(&refusal.status()));
            let text = response(&refusal);
            let line = format!(
                "HTTP/1.1 {} {}\r\n",
                refusal.status(),
                reason(refusal.status())
            );
            assert!(text.starts_with(&line), "{text}");
        }
        assert!(response(&Refusal::new(799, None)).ends_with("Content-Length: 7\r\n\r\nUnknown"));
        assert_eq!(Refusal::new(1000, None).status(), 500);
    }

    #[test]
    fn plain_http_is_told_to_upgrade() {
        let head = "HTTP/1.1 426 Upgrade Required\r\nConnection: close, Upgrade\r\n\
                    Upgrade: websocket\r\nSec-WebSocket-Version: 13, 8\r\nContent-Length: 16\r\nContent-Type: text/plain\r\n\r\n";
        assert_eq!(
            response(&Refusal::upgrade_required("GET")),
            format!("{head}Upgrade Required")
        );
        assert_eq!(response(&Refusal::upgrade_required("HEAD")), head);
    }

    #[test]
    fn other_versions_are_told_which_are_spoken() {
        assert_eq!(
            response(&Refusal::version_not_spoken()),
            "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nSec-WebSocket-Version: 13, 8\r\n\
             Content-Length: 11\r\nContent-type: text/html\r\n\r\nBad Request"
        );
    }

    #[test]
    fn reasons_of_our_own_are_plain_text() {
        assert_eq!(
            response(&Refusal::because(403, "No")),
            "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\n\
             Content-Type: text/plain\r\n\r\nNo"
        );
    }

    #[test]
    fn who_finds_no_room_may_try_again() {
        assert_eq!(
            response(&Refusal::unavailable()),
            "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-type: text/html\r\n\
             Content-Length: 19\r\nRetry-After: 10\r\n\r\nService Unavailable"
        );
    }

    #[test]
    fn reads_as_an_error() {
        assert_eq!(
            Refusal::head_too_large().to_string(),
            "431 Request Header Fields Too Large"
        );
    }
}
