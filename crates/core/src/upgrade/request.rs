use std::fmt;

/// A parsed request. It lives as long as its connection (as `socket.upgradeReq`), so it keeps its head as one
/// block of bytes and looks headers up in it on demand.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// From the method to the last header line, line ends included; checked by [`super::parse()`].
    head: Box<[u8]>,
    /// The method is the first bytes of the head, the target follows after one space.
    method_len: usize,
    target_len: usize,
    http_minor: u8,
}

impl Request {
    /// `head` starts with the request line and ends with the empty line.
    pub(super) fn new(head: &[u8], method_len: usize, target_len: usize, http_minor: u8) -> Self {
        let head = head.strip_suffix(b"\r\n").unwrap_or(head);
        Self {
            head: head.into(),
            method_len,
            target_len,
            http_minor,
        }
    }

    /// The method, as sent: `GET` for a WebSocket.
    pub fn method(&self) -> &str {
        self.text(0, self.method_len)
    }

    /// The request target, as sent: Node's `req.url`.
    pub fn target(&self) -> &str {
        self.text(self.method_len + 1, self.target_len)
    }

    /// The target without query and fragment, and without scheme and authority when the client sent
    /// an absolute URL, as it would to a proxy (RFC 9112 section 3.2.2).
    pub fn path(&self) -> &str {
        path_of(self.target())
    }

    /// The `y` of HTTP/1.y: 0 or 1.
    pub fn http_minor(&self) -> u8 {
        self.http_minor
    }

    /// The head without the empty line at its end.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Bytes of the head, which are kept.
    pub fn size(&self) -> usize {
        self.head.len()
    }

    /// All header lines in the order they were sent.
    pub fn headers(&self) -> Headers<'_> {
        let line = memchr::memchr(b'\n', &self.head).map_or(self.head.len(), |end| end + 1);
        Headers {
            rest: &self.head[line..],
        }
    }

    /// The value of the first header line called `name`, in any case of letters.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.values(name).next()
    }

    /// The values of every header line called `name`.
    pub fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.headers()
            .filter(move |(sent, _)| sent.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The values of every header line called `name`, joined by `", "` (RFC 9110 section 5.3), with each byte as
    /// one character: the value of Node's `req.headers[name]`.
    pub fn combined(&self, name: &str) -> Option<String> {
        let mut values = self.values(name);
        let latin1 = |value: &[u8]| value.iter().copied().map(char::from).collect::<String>();
        let mut combined = latin1(values.next()?);
        for value in values {
            combined.push_str(", ");
            combined.push_str(&latin1(value));
        }
        Some(combined)
    }

    /// A refused request for the log: its path without the query, and no header that may hold credentials.
    pub fn summary(&self) -> String {
        const SHOWN: [&str; 6] = [
            "host",
            "connection",
            "upgrade",
            "sec-websocket-version",
            "origin",
            "content-length",
        ];
        let line = format!("{} {:?}", self.method(), self.path());
        let headers = SHOWN.iter().filter_map(|name| {
            let value = self.combined(name)?;
            Some(format!(", {name}: {value:?}"))
        });
        std::iter::once(line).chain(headers).collect()
    }

    fn text(&self, start: usize, len: usize) -> &str {
        self.head
            .get(start..start + len)
            .and_then(|b| str::from_utf8(b).ok())
            .unwrap_or_default()
    }
}

/// The path of a request target; see [`Request::path`].
pub fn path_of(target: &str) -> &str {
    let end = target.find(['?', '#']).unwrap_or(target.len());
    let target = &target[..end];
    if target.starts_with('/') {
        return target;
    }
    match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => target,
    }
}

impl fmt::Debug for Request {
    /// Header values stay out: they hold cookies and credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method())
            .field("target", &self.target())
            .finish_non_exhaustive()
    }
}

/// Iterator over the header lines of a [`Request`]: the name as sent, and the value without the whitespace
/// around it. Values are bytes, because HTTP does not define their encoding (RFC 9110 section 5.5).
#[derive(Debug, Clone)]
pub struct Headers<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Headers<'a> {
    type Item = (&'a str, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let end = memchr::memchr(b'\n', self.rest)?;
        let (line, rest) = self.rest.split_at(end + 1);
        self.rest = rest;
        let colon = memchr::memchr(b':', line)?;
        let name = str::from_utf8(&line[..colon]).ok()?;
        Some((name, line[colon + 1..].trim_ascii()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Request, RequestLimits, parse};

    fn request(target: &str) -> Request {
        let head = format!(
            "GET {target} HTTP/1.1\r\nHost: a\r\nX-One:\t1 \r\nEmpty:\r\nx-one: caf\u{e9}\r\n\r\n"
        );
        parse(head.as_bytes(), &RequestLimits::default())
            .unwrap()
            .unwrap()
            .0
    }

    #[test]
    fn finds_headers_in_any_case() {
        let request = request("/");
        assert_eq!(request.header("host"), Some(b"a".as_slice()));
        assert_eq!(request.header("X-ONE"), Some(b"1".as_slice()));
        assert_eq!(request.header("empty"), Some(b"".as_slice()));
        assert_eq!(request.header("x-on"), None);
        let names: Vec<_> = request.headers().map(|(name, _)| name).collect();
        assert_eq!(names, ["Host", "X-One", "Empty", "x-one"]);
    }

    #[test]
    fn combines_repeated_headers_as_node_does() {
        let request = request("/");
        assert_eq!(request.combined("x-one").unwrap(), "1, caf\u{c3}\u{a9}");
        assert_eq!(request.combined("nope"), None);
    }

    #[test]
    fn the_path_is_the_target_without_the_rest() {
        for (target, path) in [
            ("/", "/"),
            ("/chat", "/chat"),
            ("/chat?a=/b#c", "/chat"),
            ("/chat#a?b", "/chat"),
            ("/?a://b/c", "/"),
            ("//double", "//double"),
            ("http://host/chat?x", "/chat"),
            ("http://host:80?x", "/"),
            ("ws://host", "/"),
            ("*", "*"),
        ] {
            assert_eq!(request(target).path(), path, "{target}");
        }
    }

    #[test]
    fn a_summary_shows_no_credentials() {
        let head = b"GET /chat?token=1 HTTP/1.1\r\nHost: a\r\nCookie: b\r\nUpgrade: \"x\r\n\r\n";
        let request = parse(head, &RequestLimits::default()).unwrap().unwrap().0;
        let summary = r#"GET "/chat", host: "a", upgrade: "\"x""#;
        assert_eq!(request.summary(), summary);
    }

    #[test]
    fn debug_output_hides_header_values() {
        let text = format!("{:?}", request("/chat"));
        assert!(text.contains("/chat") && !text.contains("Host"), "{text}");
    }
}
