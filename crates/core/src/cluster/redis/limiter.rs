//! Follows the form of RESP in what a server sends, before it takes up memory.
//!
//! The crate `redis` reads whatever comes, however much that is, and says no more of what it cannot read than that the
//! connection has ended. So what a server sends passes through here. On the connection with subscriptions, a string above
//! the limit becomes an empty one, and messages that have come whole go to the node at once: the crate takes longer to read
//! one than all the rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use memchr::memchr;

/// Longest line that can be the header of a string or of a list: its sign, 20 digits, `\r\n`.
const LONGEST_HEADER: usize = 23;

/// Longest string of an answer, and most bytes of it in all: what Redis takes for a string.
const LONGEST_ANSWER: usize = 512 << 20;

/// What each value of an answer counts as, besides its bytes: what the crate makes of it.
const VALUE: usize = size_of::<redis::Value>();

/// What a push may have besides its longest string. Answers to `HELLO` and errors are below it.
const BESIDES: usize = 1 << 20;

/// What messages of subscriptions begin with.
const MESSAGES: [&[u8]; 2] = [b">3\r\n$7\r\nmessage\r\n", b">3\r\n$8\r\nsmessage\r\n"];

const FOREIGN: &str = "it has sent what is not of the protocol of Redis";
const TOO_LARGE: &str = "it has sent too large an answer";

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

/// Is given the channel and the data of a message.
type Deliver = Box<dyn FnMut(&[u8], &[u8]) + Send>;

/// What is done with the messages of subscriptions.
pub struct Messages {
    /// Longest string that passes.
    pub limit: usize,
    /// Counts longer ones.
    pub dropped: Dropped,
    /// Takes those that have come whole.
    pub deliver: Deliver,
}

/// Follows the form of RESP: lines, strings `$length\r\n…\r\n`, and lists of values.
pub struct Limiter {
    /// On the connection with subscriptions.
    messages: Option<Messages>,
    state: State,
    /// The header of a string or a list as far as it has come.
    header: Vec<u8>,
    /// Values of the answer that have not begun.
    left: u64,
    /// Bytes of the answer so far, and [`VALUE`] for each of its values.
    size: usize,
}

enum State {
    /// At the first byte of a value.
    Start,
    /// In a header, which waits for its end.
    Header,
    /// In another line, which is passed on.
    Line,
    /// In a string of which so many bytes are to come, with its `\r\n`.
    String { left: u64, passes: bool },
}

impl Limiter {
    pub fn new(messages: Option<Messages>) -> Self {
        Self {
            messages,
            state: State::Start,
            header: Vec::with_capacity(LONGEST_HEADER),
            left: 0,
            size: 0,
        }
    }

    /// Appends to `out` what passes of `bytes`. Returns how many bytes were taken: not all if the rest is to wait until
    /// `out` was read, so that nothing overtakes it.
    ///
    /// # Errors
    /// What the server does.
    pub fn pass(&mut self, all: &[u8], out: &mut Vec<u8>) -> Result<usize, &'static str> {
        let mut bytes = all;
        while let Some(&first) = bytes.first() {
            let before = out.len();
            let taken = match &mut self.state {
                State::Start => {
                    if self.left == 0 {
                        if let Some(messages) = &mut self.messages
                            && let Some((channel, data, rest)) = message(bytes, messages.limit)
                        {
                            if before > 0 {
                                break;
                            }
                            (messages.deliver)(channel, data);
                            bytes = rest;
                            continue;
                        }
                        self.left = 1;
                        self.size = 0;
                    }
                    self.left -= 1;
                    self.size += VALUE;
                    self.state = match first {
                        b'$' | b'!' | b'=' | b'*' | b'~' | b'>' | b'%' | b'|' => State::Header,
                        b'+' | b'-' | b':' | b'_' | b',' | b'#' | b'(' => State::Line,
                        _ => return Err(FOREIGN),
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
                State::Header => self.header(bytes, out)?,
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
            self.size += out.len() - before;
            let messages = self.messages.as_ref();
            let most = messages.map_or(LONGEST_ANSWER, |messages| messages.limit + BESIDES);
            if self.size > most {
                return Err(TOO_LARGE);
            }
        }
        Ok(all.len() - bytes.len())
    }

    /// Takes bytes of a header, and passes it on when it is whole.
    fn header(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<usize, &'static str> {
        let end = memchr(b'\n', bytes);
        let taken = end.map_or(bytes.len(), |end| end + 1);
        self.header.extend_from_slice(&bytes[..taken]);
        if self.header.len() > LONGEST_HEADER {
            return Err(FOREIGN);
        }
        if end.is_none() {
            return Ok(taken);
        }
        let length = str::from_utf8(self.header[1..].trim_ascii_end());
        let length: i64 = (length.ok())
            .and_then(|text| text.parse().ok())
            .ok_or(FOREIGN)?;
        let sign = self.header[0];
        self.state = State::Start;
        let Ok(length) = u64::try_from(length) else {
            // Nothing: `$-1`, `*-1`.
            if length != -1 || !matches!(sign, b'$' | b'*') {
                return Err(FOREIGN);
            }
            out.append(&mut self.header);
            return Ok(taken);
        };
        match sign {
            b'$' | b'!' | b'=' => {
                let passes = match &self.messages {
                    Some(messages) => {
                        let passes = length <= messages.limit as u64;
                        if !passes {
                            messages.dropped.0.fetch_add(1, Ordering::Relaxed);
                            self.header.clear();
                            out.extend_from_slice(b"$0\r\n\r\n");
                        }
                        passes
                    }
                    None if length > LONGEST_ANSWER as u64 => {
                        return Err(TOO_LARGE);
                    }
                    None => true,
                };
                let left = length.saturating_add(2);
                self.state = State::String { left, passes };
            }
            sign => {
                // An attribute stands before the value that it is of.
                let (each, behind) = match sign {
                    b'%' => (2, 0),
                    b'|' => (2, 1),
                    _ => (1, 0),
                };
                let values = length.saturating_mul(each).saturating_add(behind);
                self.left = self.left.saturating_add(values);
            }
        }
        out.append(&mut self.header);
        Ok(taken)
    }
}

/// Channel and data of a message that stands whole at the beginning of bytes, and the bytes behind it.
fn message(bytes: &[u8], limit: usize) -> Option<(&[u8], &[u8], &[u8])> {
    let mut rest = MESSAGES
        .iter()
        .find_map(|begin| bytes.strip_prefix(*begin))?;
    let mut string = || {
        let (line, behind) = rest
            .strip_prefix(b"$")?
            .split_at_checked(memchr(b'\n', rest)?)?;
        let length: usize = str::from_utf8(line.trim_ascii_end()).ok()?.parse().ok()?;
        if length > limit {
            return None;
        }
        let (string, behind) = behind.split_at_checked(length)?;
        rest = behind.strip_prefix(b"\r\n")?;
        Some(string)
    };
    let (channel, data) = (string()?, string()?);
    Some((channel, data, rest))
}

#[cfg(test)]
mod tests;
