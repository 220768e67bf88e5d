use super::*;

const CHROME: &str = "GET /chat?room=1 HTTP/1.1\r\n\
    Host: localhost:8080\r\n\
    Connection: Upgrade\r\n\
    Pragma: no-cache\r\n\
    Cache-Control: no-cache\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\r\n\
    Upgrade: websocket\r\n\
    Origin: http://localhost:8080\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-US,en;q=0.9\r\n\
    Cookie: session=abc; theme=dark\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";

const WS: &str = "GET / HTTP/1.1\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: MTMtMTcwMDAwMDAwMDAwMA==\r\n\
    Connection: Upgrade\r\n\
    Upgrade: websocket\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\
    Host: 127.0.0.1:8080\r\n\r\n";

const CURL: &str =
    "GET /health HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n";

fn parse_default(bytes: impl AsRef<[u8]>) -> Result<Option<(Request, usize)>, Refusal> {
    parse(bytes.as_ref(), &RequestLimits::default())
}

fn refused(bytes: impl AsRef<[u8]>) -> Option<u16> {
    parse_default(bytes).err().map(|refusal| refusal.status())
}

#[test]
fn requests_of_real_clients() {
    for (text, target, headers) in [
        (CHROME, "/chat?room=1", 13),
        (WS, "/", 6),
        (CURL, "/health", 3),
    ] {
        let (request, head) = parse_default(text).unwrap().unwrap();
        assert_eq!(head, text.len());
        assert_eq!(request.method(), "GET");
        assert_eq!(request.target(), target);
        assert_eq!(request.http_minor(), 1);
        assert_eq!(request.headers().count(), headers);
        assert!(request.header("host").is_some());
    }
}

#[test]
fn incomplete_at_every_byte_but_the_last() {
    for text in [CHROME, WS, CURL] {
        for end in 0..text.len() {
            assert_eq!(parse_default(&text[..end]), Ok(None), "{:?}", &text[..end]);
        }
    }
}

#[test]
fn what_follows_the_head_is_not_touched() {
    let bytes = [WS.as_bytes(), b"\x81\x85\0\0\0\0hello\r\n\r\n"].concat();
    let (request, head) = parse_default(&bytes).unwrap().unwrap();
    assert_eq!(head, WS.len());
    assert_eq!(request, parse_default(WS).unwrap().unwrap().0);
}

#[test]
fn empty_lines_before_the_request_are_skipped_and_counted() {
    let text = format!("\r\n\r\n{CURL}");
    let (request, head) = parse_default(&text).unwrap().unwrap();
    assert_eq!((request.target(), head), ("/health", text.len()));
}

#[test]
fn a_request_needs_no_headers() {
    let (request, head) = parse_default("GET / HTTP/1.0\r\n\r\n").unwrap().unwrap();
    assert_eq!(
        (request.http_minor(), request.headers().count(), head),
        (0, 0, 18)
    );
}

#[test]
fn absolute_target() {
    let (request, _) = parse_default("GET http://h/chat?x HTTP/1.1\r\n\r\n")
        .unwrap()
        .unwrap();
    assert_eq!(
        (request.target(), request.path()),
        ("http://h/chat?x", "/chat")
    );
}

#[test]
fn malformed_requests() {
    for text in [
        "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: no name\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n",
        "GET / HTTP/1.1\r\nHo\0st: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
        "GET /\0 HTTP/1.1\r\n\r\n",
        "GE\0T / HTTP/1.1\r\n\r\n",
        "GET /\r\n\r\n",
        "GET\r\n\r\n",
        "/ HTTP/1.1 GET\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n",
        "GET / HTTP/1.11\r\n\r\n",
    ] {
        assert_eq!(refused(text), Some(400), "{text:?}");
    }
}

#[test]
fn lines_must_end_in_cr_lf() {
    assert_eq!(refused("GET / HTTP/1.1\nHost: a\n\n"), Some(400));
    assert_eq!(refused("GET / HTTP/1.1\r\nHost: a\r\n\n"), Some(400));
    assert_eq!(refused("\nGET / HTTP/1.1\r\n"), Some(400));
    // Final before the head is complete.
    assert_eq!(refused("GET / HTTP/1.1\n"), Some(400));
}

#[test]
fn what_is_not_http_is_refused_at_its_first_byte() {
    assert_eq!(refused("\u{16}\u{3}\u{1}"), Some(400));
    assert_eq!(refused("\0"), Some(400));
    assert_eq!(refused(" GET / HTTP/1.1"), Some(400));
    assert_eq!(refused(b"\xff"), Some(400));
    assert_eq!(refused("\r\n\u{16}"), Some(400));
}

#[test]
fn other_versions_of_http() {
    for version in ["HTTP/2.0", "HTTP/0.9", "HTTP/3"] {
        assert_eq!(
            refused(format!("GET / {version}\r\n\r\n")),
            Some(505),
            "{version}"
        );
    }
    assert_eq!(refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Some(505));
}

#[test]
fn a_head_that_never_ends() {
    let limit = RequestLimits::default().max_head;
    assert_eq!(parse_default("a".repeat(limit - 1)), Ok(None));
    assert_eq!(refused("a".repeat(limit)), Some(431));
    assert_eq!(refused("a".repeat(1 << 20)), Some(431));
    assert_eq!(refused("\r\n".repeat(1 << 19)), Some(431));
    assert_eq!(
        refused(format!("GET / HTTP/1.1\r\n{}", "a: b\r\n".repeat(1 << 18))),
        Some(431)
    );
}

#[test]
fn limits_are_exact() {
    let limits = RequestLimits {
        max_head: CURL.len(),
        max_headers: 3,
    };
    assert!(parse(CURL.as_bytes(), &limits).unwrap().is_some());
    let more = [CURL.as_bytes(), b"frames"].concat();
    assert!(parse(&more, &limits).unwrap().is_some());
    for limits in [
        RequestLimits {
            max_head: CURL.len() - 1,
            ..limits
        },
        RequestLimits {
            max_headers: 2,
            ..limits
        },
    ] {
        assert_eq!(parse(CURL.as_bytes(), &limits).unwrap_err().status(), 431);
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

        /// A wrong byte anywhere is refused or understood, never more than that; and what the lazy
        /// accessors show is what httparse saw.
        #[test]
        fn a_wrong_byte_does_no_harm(place in 0..CHROME.len(), byte in any::<u8>()) {
            let mut bytes = CHROME.as_bytes().to_vec();
            bytes[place] = byte;
            if let Ok(Some((request, head))) = parse_default(&bytes) {
                let mut headers = [httparse::EMPTY_HEADER; 32];
                let mut parsed = httparse::Request::new(&mut headers);
                prop_assert!(parsed.parse(&bytes[..head]).unwrap().is_complete());
                prop_assert_eq!(Some(request.method()), parsed.method);
                prop_assert_eq!(Some(request.target()), parsed.path);
                let seen: Vec<_> = parsed.headers.iter().map(|header| (header.name, header.value)).collect();
                prop_assert_eq!(request.headers().collect::<Vec<_>>(), seen);
            }
        }

        #[test]
        fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(Some((request, _))) = parse_default(&bytes) {
                let _ = request.check_upgrade(Some("/"));
            }
        }
    }
}
