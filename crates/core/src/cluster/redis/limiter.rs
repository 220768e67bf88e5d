//! Drops messages that are too large while they are read, before they take up memory.
//!
//! The crate `redis` reads whatever a server sends, up to 512 MiB a string. So the stream of the subscribed connection
//! passes through here: a string above the limit becomes an empty one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use memchr::memchr;

/// Longest line that can be the header of a string: `$`, 20 digits, `\r\n`.
const LONGEST_HEADER: usize = 23;

/// Strings that were dropped and not yet reported.
#[derive(Clone, Default)]
pub struct Dropped(Arc<AtomicUsize>);

impl Dropped {
    /// Whether an empty string that has come was a longer one.
    pub fn take_one(&self) -> bool {
        let less = |count: usize| count.checked_sub(1);
        (self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less))
        .is_ok()
    }
}

/// Follows the form of RESP: lines, and strings `$length\r\n…\r\n`.
pub struct Limiter {
    limit: usize,
    dropped: Dropped,
    state: State,
    /// The header of a string as far as it has come.
    header: Vec<u8>,
}

enum State {
    /// At the first byte of a line.
    Start,
    /// In the header of a string, which waits for its end.
    Header,
    /// In another line, which is passed on.
    Line,
    /// In a string of which so many bytes are to come, with its `\r\n`.
    String { left: u64, passes: bool },
}

impl Limiter {
    pub fn new(limit: usize, dropped: Dropped) -> Self {
        Self {
            limit,
            dropped,
            state: State::Start,
            header: Vec::with_capacity(LONGEST_HEADER),
        }
    }

    /// Appends to `out` what passes of `bytes`.
    pub fn pass(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) {
        while let Some(&first) = bytes.first() {
            let taken = match &mut self.state {
                State::Start => {
                    self.state = if first == b'$' {
                        State::Header
                    } else {
                        State::Line
                    };
                    0
                }
                State::Line => {
                    let end = memchr(b'\n', bytes);
                    if end.is_some() {
                        self.state = State::Start;
                    }
                    let taken = end.map_or(bytes.len(), |end| end + 1);
                    out.extend_from_slice(&bytes[..taken]);
                    taken
                }
                State::Header => self.header(bytes, out),
                State::String { left, passes } => {
                    let most = usize::try_from(*left).unwrap_or(usize::MAX);
                    let taken = most.min(bytes.len());
                    if *passes {
                        out.extend_from_slice(&bytes[..taken]);
                    }
                    *left -= taken as u64;
                    if *left == 0 {
                        self.state = State::Start;
                    }
                    taken
                }
            };
            bytes = &bytes[taken..];
        }
    }

    /// Takes bytes of a header, and passes it on when it is whole.
    fn header(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> usize {
        let end = memchr(b'\n', bytes);
        let taken = end.map_or(bytes.len(), |end| end + 1);
        self.header.extend_from_slice(&bytes[..taken]);
        if end.is_none() && self.header.len() <= LONGEST_HEADER {
            return taken;
        }
        let digits = self.header[1..].trim_ascii_end();
        let length: Option<u64> = str::from_utf8(digits)
            .ok()
            .and_then(|text| text.parse().ok());
        self.state = match length {
            Some(length) if end.is_some() => {
                let passes = length <= self.limit as u64;
                if passes {
                    out.append(&mut self.header);
                } else {
                    self.dropped.0.fetch_add(1, Ordering::Relaxed);
                    out.extend_from_slice(b"$0\r\n\r\n");
                }
                State::String {
                    left: length.saturating_add(2),
                    passes,
                }
            }
            // Nothing (`$-1`), or what the crate will report as malformed.
            _ => {
                out.append(&mut self.header);
                if end.is_some() {
                    State::Start
                } else {
                    State::Line
                }
            }
        };
        self.header.clear();
        taken
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pass(limit: usize, parts: &[&[u8]]) -> (Vec<u8>, Limiter) {
        let mut limiter = Limiter::new(limit, Dropped::default());
        let mut out = Vec::new();
        for part in parts {
            limiter.pass(part, &mut out);
        }
        (out, limiter)
    }

    #[test]
    fn a_string_above_the_limit_becomes_empty() {
        let input = b">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$8\r\n12$5\r\n78\r\n+OK\r\n$-1\r\n:5\r\n";
        let (out, limiter) = pass(7, &[input]);
        assert_eq!(
            out,
            b">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$0\r\n\r\n+OK\r\n$-1\r\n:5\r\n"
        );
        assert!(limiter.dropped.take_one() && !limiter.dropped.take_one());
        let (out, limiter) = pass(8, &[input]);
        assert_eq!(out, input);
        assert!(!limiter.dropped.take_one());
    }

    #[test]
    fn memory_does_not_grow_with_what_is_announced() {
        let (out, limiter) = pass(10, &[b"$18446744073709551615\r\n", &vec![b'x'; 100_000]]);
        assert_eq!(out, b"$0\r\n\r\n");
        assert!(limiter.header.capacity() < 100);
        // Not a number: passed on for the crate to refuse it.
        let endless = [&b"$"[..], &[b'1'; 1_000]].concat();
        assert_eq!(pass(10, &[&endless]).0, endless);
    }

    proptest! {
        #[test]
        fn cuts_between_bytes_change_nothing(
            strings in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..8),
            cuts in prop::collection::vec(1_usize..7, 200),
            limit in 0_usize..25,
        ) {
            let mut input = Vec::new();
            let mut expected = Vec::new();
            for string in &strings {
                let shown = if string.len() > limit { &[][..] } else { string };
                for (all, string) in [(&mut input, &string[..]), (&mut expected, shown)] {
                    all.extend(format!("*1\r\n${}\r\n", string.len()).as_bytes());
                    all.extend(string);
                    all.extend(b"\r\n");
                }
            }
            let mut rest = &input[..];
            let mut parts = Vec::new();
            for cut in cuts {
                let (part, after) = rest.split_at(cut.min(rest.len()));
                parts.push(part);
                rest = after;
            }
            parts.push(rest);
            prop_assert_eq!(pass(limit, &parts).0, expected);
        }

        #[test]
        fn any_bytes_pass_or_wait(bytes: Vec<u8>) {
            let (out, limiter) = pass(usize::MAX, &[&bytes]);
            prop_assert_eq!([out, limiter.header].concat(), bytes);
        }
    }
}
