use std::mem::MaybeUninit;

use super::{Refusal, Request};

/// Header lines up to which no memory is allocated for parsing them: the default limit.
const USUAL_HEADERS: usize = 100;

/// The limits on a request while it is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestLimits {
    /// Bytes of the request line and headers together, up to and with the empty line. Default
    /// 16 KiB, as Node's `--max-http-header-size`.
    pub max_head: usize,
    /// Header lines. Default 100: a browser sends about fifteen.
    pub max_headers: usize,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            max_head: 16 * 1024,
            max_headers: 100,
        }
    }
}

/// Parses the request at the start of `bytes`, which are all that arrived so far. Returns the request and the
/// length of its head once the empty line has arrived, `None` while more bytes are needed. What follows the
/// head belongs to the WebSocket.
///
/// Lines must end in CR LF, as Node's parser requires, and header lines may not be folded (RFC 9112
/// sections 2.2 and 5.2): lenient parsers make request smuggling possible. A call before the head is complete
/// looks for line ends only, so a peer that sends byte by byte costs little.
///
/// # Errors
///
/// A [`Refusal`] to answer with before closing: 400 malformed, 431 more than `limits` allows, 505
/// a version of HTTP other than 1.x. It is final as soon as the bytes cannot become a request.
pub fn parse(bytes: &[u8], limits: &RequestLimits) -> Result<Option<(Request, usize)>, Refusal> {
    let Some(head) = find_head(bytes)? else {
        if bytes.len() >= limits.max_head {
            return Err(Refusal::head_too_large());
        }
        return Ok(None);
    };
    if head.end > limits.max_head {
        return Err(Refusal::head_too_large());
    }

    let end = head.end;
    let head = &bytes[head];
    // The usual limit needs no allocation.
    let mut on_stack = [const { MaybeUninit::uninit() }; USUAL_HEADERS];
    let mut on_heap = Vec::new();
    let headers = if let Some(headers) = on_stack.get_mut(..limits.max_headers) {
        headers
    } else {
        on_heap.resize_with(limits.max_headers, MaybeUninit::uninit);
        &mut on_heap[..]
    };
    let mut parsed = httparse::Request::new(&mut []);
    let result = parsed.parse_with_uninit_headers(head, headers);
    let complete = result.map_err(|error| match error {
        httparse::Error::TooManyHeaders => Refusal::head_too_large(),
        httparse::Error::Version => Refusal::version_not_supported(),
        _ => Refusal::bad_request(),
    })?;
    match (complete, parsed.method, parsed.path, parsed.version) {
        (httparse::Status::Complete(_), Some(method), Some(target), Some(minor)) => Ok(Some((
            Request::new(head, method.len(), target.len(), minor),
            end,
        ))),
        // The empty line is there, so a parser that needs more has read a different request.
        _ => Err(Refusal::bad_request()),
    }
}

/// The range of the first request's head, its empty line included; `None` when that has not
/// arrived. Empty lines before the request are skipped (RFC 9112 section 2.2).
fn find_head(bytes: &[u8]) -> Result<Option<std::ops::Range<usize>>, Refusal> {
    let mut start = 0;
    let mut line = 0;
    for end in memchr::memchr_iter(b'\n', bytes) {
        let content = bytes[line..end]
            .strip_suffix(b"\r")
            .ok_or_else(Refusal::bad_request)?;
        let after = end + 1;
        if content.is_empty() {
            if line > start {
                return Ok(Some(start..after));
            }
            start = after;
        }
        line = after;
    }
    // Bytes that are not HTTP at all, such as a TLS hello, are refused before a line end.
    match bytes.get(start) {
        Some(byte) if !byte.is_ascii_graphic() && *byte != b'\r' => Err(Refusal::bad_request()),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests;
