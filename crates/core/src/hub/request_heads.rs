//! The heads of upgrade requests, as they are kept for applications as long as their connections last. Browsers of one kind send
//! the same lines but for a few, so a line that many connections have in common is kept once.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use data_encoding::BASE64;
use rustc_hash::FxHashMap;
use slab::Slab;

use crate::upgrade::Request;

/// Lines of which it is remembered that they have come once. A line is shared from the second time on, because a line that never
/// comes again, such as a cookie, would take more memory shared than by itself.
const SEEN: usize = 1024;

/// Most bytes of a line that is shared. A longer one is hardly common.
const LONGEST: usize = 512;

/// Stands before a line that is kept by itself, and before its length.
const BY_ITSELF: usize = 0;

/// Stands before the bytes of a key, whose line is never shared: [`KEY_LINE`] and the key in base64.
const KEY: usize = 1;

/// The number of the first shared line.
const FIRST: usize = 2;

/// What the line of a key begins with, as browsers write it.
const KEY_LINE: &[u8] = b"Sec-WebSocket-Key: ";

/// Bytes of a key (RFC 6455 section 4.1).
const KEY_BYTES: usize = 16;

/// Lines that heads of open connections have in common.
#[derive(Default)]
pub struct RequestHeads(Mutex<Lines>);

#[derive(Default)]
struct Lines {
    /// Keyed, so that no peer can choose lines with the same hash.
    hasher: RandomState,
    shared: Slab<Line>,
    by_hash: FxHashMap<u64, usize>,
    /// Parts of hashes of lines that came last; empty before the first.
    seen: Box<[u32]>,
}

struct Line {
    hash: u64,
    text: Box<[u8]>,
    /// How often kept heads have it.
    uses: usize,
}

/// The head of one request.
pub struct RequestHead {
    /// For each line either the number of a shared line, or [`BY_ITSELF`], its length and its bytes, or [`KEY`] and 16 bytes.
    /// Numbers have seven bits in a byte, the lowest first, and the eighth bit where more follow.
    parts: Box<[u8]>,
    /// Whose numbers these are; `None` where no line is shared.
    heads: Option<Arc<RequestHeads>>,
}

impl RequestHeads {
    /// Keeps the head of a request, without the empty line at its end.
    pub fn keep(self: &Arc<Self>, request: &Request) -> RequestHead {
        let head = request.head();
        let mut parts = Vec::with_capacity(head.len() / 2);
        let mut is_shared = false;
        let mut lines = self.lock();
        for line in head.split_inclusive(|byte| *byte == b'\n') {
            if let Some(key) = key_in(line) {
                put_number(&mut parts, KEY);
                parts.extend_from_slice(&key);
            } else if let Some(number) = lines.share(line) {
                is_shared = true;
                put_number(&mut parts, number + FIRST);
            } else {
                put_line(&mut parts, line);
            }
        }
        drop(lines);
        RequestHead {
            parts: parts.into(),
            heads: is_shared.then(|| Arc::clone(self)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    /// The number of a shared line, which one more head has now; `None` for a line to be kept by itself.
    fn share(&mut self, text: &[u8]) -> Option<usize> {
        if text.len() > LONGEST {
            return None;
        }
        let hash = self.hasher.hash_one(text);
        if let Some(&number) = self.by_hash.get(&hash) {
            let line = self
                .shared
                .get_mut(number)
                .filter(|line| *line.text == *text)?;
            line.uses += 1;
            return Some(number);
        }
        if self.seen.is_empty() {
            self.seen = vec![0; SEEN].into();
        }
        // The lower bits choose the place, the higher ones are noted there.
        let noted = (hash >> 32) as u32;
        let place = &mut self.seen[hash as usize % SEEN];
        if std::mem::replace(place, noted) != noted {
            return None;
        }
        let number = self.shared.insert(Line {
            hash,
            text: text.into(),
            uses: 1,
        });
        self.by_hash.insert(hash, number);
        Some(number)
    }

    /// One head less has a shared line.
    fn release(&mut self, number: usize) {
        let Some(line) = self.shared.get_mut(number) else {
            return;
        };
        line.uses -= 1;
        if line.uses == 0 {
            self.by_hash.remove(&line.hash);
            self.shared.remove(number);
        }
    }
}

impl RequestHead {
    /// The head, from the request line to the last header line, line ends included.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.parts.len() * 2);
        let lines = self.heads.as_ref().map(|heads| heads.lock());
        for part in self.parts() {
            match part {
                Part::ByItself(line) => bytes.extend_from_slice(line),
                Part::Key(key) => {
                    bytes.extend_from_slice(KEY_LINE);
                    bytes.extend_from_slice(BASE64.encode(key).as_bytes());
                    bytes.extend_from_slice(b"\r\n");
                }
                Part::Shared(number) => {
                    let line = lines.as_ref().and_then(|lines| lines.shared.get(number));
                    bytes.extend_from_slice(line.map_or(&[], |line| &line.text));
                }
            }
        }
        bytes
    }

    fn parts(&self) -> Parts<'_> {
        Parts(&self.parts)
    }
}

impl Drop for RequestHead {
    fn drop(&mut self) {
        let Some(heads) = self.heads.take() else {
            return;
        };
        let mut lines = heads.lock();
        for part in self.parts() {
            if let Part::Shared(number) = part {
                lines.release(number);
            }
        }
    }
}

impl std::fmt::Debug for RequestHead {
    /// Nothing of it: it has cookies and credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestHead").finish_non_exhaustive()
    }
}

enum Part<'a> {
    Shared(usize),
    ByItself(&'a [u8]),
    Key(&'a [u8]),
}

/// The parts of a head that have not been read.
struct Parts<'a>(&'a [u8]);

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let number = self.take_number()?;
        let length = match number {
            BY_ITSELF => self.take_number()?,
            KEY => KEY_BYTES,
            shared => return Some(Part::Shared(shared - FIRST)),
        };
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(if number == KEY {
            Part::Key(bytes)
        } else {
            Part::ByItself(bytes)
        })
    }
}

impl Parts<'_> {
    fn take_number(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in (0..usize::BITS).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= usize::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                break;
            }
        }
        Some(number)
    }
}

/// The key of a line that is written as [`Part::Key`] is.
fn key_in(line: &[u8]) -> Option<[u8; KEY_BYTES]> {
    let text = line.strip_prefix(KEY_LINE)?.strip_suffix(b"\r\n")?;
    BASE64.decode(text).ok()?.try_into().ok()
}

fn put_line(parts: &mut Vec<u8>, line: &[u8]) {
    put_number(parts, BY_ITSELF);
    put_number(parts, line.len());
    parts.extend_from_slice(line);
}

fn put_number(parts: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        parts.push(number as u8 | 0x80);
        number >>= 7;
    }
    parts.push(number as u8);
}

#[cfg(test)]
mod tests;
