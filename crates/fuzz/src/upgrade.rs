//! The HTTP upgrade. However the bytes are cut into reads, they give the same request, or are refused. The parser
//! accepts what `httparse` accepts, except for its own limits and its stricter rules for line ends. No answer has
//! more lines than it should.

use httparse::{EMPTY_HEADER, Status};
use line_socket_core::{
    Refusal, Request, RequestLimits, parse_request, response_head, response_lines,
};

use crate::cuts::Cuts;

type Parsed = Result<Option<(Request, usize)>, Refusal>;

/// Bytes of the shortest header line: a name, a colon, and a line end that `httparse` accepts.
const SHORTEST: usize = "a:\n".len();

/// The first byte says how long a head may be, [`Cuts::take`] how the rest is cut.
pub fn run(data: &[u8]) {
    let Some((&size, rest)) = data.split_first() else {
        return;
    };
    let limits = if size == 0 {
        RequestLimits::default()
    } else {
        RequestLimits {
            max_head: 16 * usize::from(size),
            max_headers: usize::from(size) / 8,
        }
    };
    let (cuts, bytes) = Cuts::take(rest);

    let whole = parse_request(bytes, &limits);
    check_same(&whole, &in_pieces(bytes, &limits, cuts.ends(bytes.len())));
    check_same(&whole, &in_pieces(bytes, &limits, 1..=bytes.len()));
    check_against_httparse(bytes, &limits, &whole);
    match &whole {
        Ok(Some((request, _))) => check_answer(request),
        Ok(None) => assert!(
            bytes.len() < limits.max_head,
            "more is awaited than may come"
        ),
        Err(refusal) => check_refusal(refusal, false),
    }
}

/// Parses as a server does that reads up to each of `ends`: from the start each time, until there is a result.
fn in_pieces(bytes: &[u8], limits: &RequestLimits, ends: impl Iterator<Item = usize>) -> Parsed {
    for end in ends {
        let parsed = parse_request(&bytes[..end], limits);
        if parsed != Ok(None) {
            return parsed;
        }
    }
    Ok(None)
}

/// Whether there is an error does not depend on the reads. Which one is found first does: a head can be too long
/// before an error at its end has arrived.
fn check_same(whole: &Parsed, pieces: &Parsed) {
    match (whole, pieces) {
        (Err(_), Err(_)) => {}
        (whole, pieces) => assert_eq!(whole, pieces),
    }
}

fn check_against_httparse(bytes: &[u8], limits: &RequestLimits, ours: &Parsed) {
    // Room for all headers, because `httparse` has no limit of its own.
    let mut headers = vec![EMPTY_HEADER; bytes.len() / SHORTEST];
    let mut theirs = httparse::Request::new(&mut headers);
    match (ours, theirs.parse(bytes)) {
        (Ok(Some((request, head))), Ok(Status::Complete(size))) => {
            assert_eq!(*head, size);
            assert_eq!(Some(request.method()), theirs.method);
            assert_eq!(Some(request.target()), theirs.path);
            assert_eq!(Some(request.http_minor()), theirs.version);
            let seen: Vec<_> = theirs.headers.iter().map(|h| (h.name, h.value)).collect();
            assert_eq!(request.headers().collect::<Vec<_>>(), seen);
            assert!(seen.len() <= limits.max_headers && size <= limits.max_head);
        }
        (Ok(Some((request, _))), other) => panic!("{request:?} taken, httparse: {other:?}"),
        (Ok(None), Ok(Status::Complete(size))) => panic!("httparse has a head of {size} bytes"),
        (Err(refusal), Ok(Status::Complete(size))) => {
            // Only where this parser is stricter.
            let head = &bytes[..size];
            let too_large = size > limits.max_head || theirs.headers.len() > limits.max_headers;
            let bare_line_end = head
                .iter()
                .enumerate()
                .any(|(at, &byte)| byte == b'\n' && (at == 0 || head[at - 1] != b'\r'));
            assert!(
                too_large || bare_line_end,
                "{refusal}, though httparse takes it"
            );
        }
        (Ok(None) | Err(_), _) => {}
    }
}

/// Checks the answer to a request, at its own path and at another.
fn check_answer(request: &Request) {
    for path in [None, Some(""), Some(request.path()), Some("/another")] {
        match request.check_upgrade(path) {
            Ok(upgrade) => {
                assert!(path.is_none_or(|path| path.is_empty() || path == request.path()));
                assert!(matches!(upgrade.version, 8 | 13));
                assert_eq!(upgrade.accept.len(), 28, "20 bytes in base64");
                assert!(!upgrade.protocols.is_empty());
                check_lines(&upgrade.accept, upgrade.protocol.as_deref());
            }
            Err(refusal) => check_refusal(&refusal, request.method() == "HEAD"),
        }
    }
}

/// An answer with 101 has exactly the lines that it should have.
fn check_lines(accept: &str, protocol: Option<&str>) {
    let lines = response_lines(accept, protocol).expect("header values hold no line ends");
    let head = response_head(&lines).expect("no line is empty");
    let text = str::from_utf8(&head).expect("protocols are text");
    assert_eq!(text.matches('\n').count(), lines.len() + 1);
    assert!(text.ends_with("\r\n\r\n"));
}

/// A refusal is exactly one complete HTTP response.
fn check_refusal(refusal: &Refusal, head_only: bool) {
    let bytes = refusal.response();
    let mut headers = [EMPTY_HEADER; 8];
    let mut response = httparse::Response::new(&mut headers);
    let Ok(Status::Complete(head)) = response.parse(&bytes) else {
        panic!("{refusal} is no response");
    };
    assert_eq!(response.code, Some(refusal.status()));
    assert!(matches!(refusal.status(), 400 | 426 | 431 | 505));
    let length = response.headers.iter().find(|h| h.name == "Content-Length");
    let length = length.and_then(|header| str::from_utf8(header.value).ok()?.parse().ok());
    let body = bytes.len() - head;
    assert_eq!(length.filter(|_| !head_only).unwrap_or(body), body);
}
