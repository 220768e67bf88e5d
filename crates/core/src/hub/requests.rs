//! Messages that many connections are asked to answer: each is one message with one id for all, and the
//! answers are gathered here until all have come.

mod elsewhere;

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::envelope::{Envelope, Id};

use super::connection::Connection;

/// What the id of such a message begins with; its key follows. Ids of other messages are of digits and small
/// letters.
pub const REQUEST_PREFIX: char = 'R';

/// The first key of questions that other nodes ask. The application has those below.
pub const FIRST_KEY_OF_NODES: u32 = 1 << 31;

/// What one asked connection counts as, in bytes, besides its answer.
const ASKED_COST: usize = 64;

/// Bytes of answers that [`Requests::take`] gives at once, about.
const PART: usize = 64 * 1024;

/// Answers of more bytes are dropped to make room for smaller ones.
const LARGE: usize = 256;

/// Most bytes of an answer that is kept: with others and the ids beside it, no string of JavaScript could hold a larger one.
const LARGEST: usize = 448 << 20;

/// The key of the request that a response belongs to.
pub(super) fn key_of(envelope: &Envelope<'_>) -> Option<u32> {
    let Some(Id::String(id)) = &envelope.id else {
        return None;
    };
    let digits = id.raw().strip_prefix(REQUEST_PREFIX)?;
    // Parsing also takes a sign and leading zeros, which no id that was sent has.
    let is_as_sent = digits == "0" || digits.starts_with(|first| matches!(first, '1'..='9'));
    is_as_sent.then(|| digits.parse().ok()).flatten()
}

/// A connection that is asked.
struct Asked {
    serial: u64,
    id: Arc<str>,
    /// It has neither answered nor left.
    waiting: bool,
    answered: bool,
}

/// What a connection has answered: raw JSON.
enum Answer {
    Resolved(Option<Box<str>>),
    Rejected(Box<str>),
    /// It was dropped: all answers would have passed the bound, and it was the largest.
    TooLarge,
}

struct Request {
    asked: HashMap<u32, Asked>,
    /// How many are [`Asked::waiting`].
    waiting: usize,
    /// It is complete with so many answers.
    at_least: usize,
    answers: Vec<(Arc<str>, Answer)>,
    /// Answers that were taken.
    taken: usize,
    /// Bytes of its answers.
    bytes: usize,
    is_complete: bool,
    elsewhere: Elsewhere,
}

/// What other nodes do for a request.
#[derive(Default)]
struct Elsewhere {
    /// They are being asked: how many they are is not known yet.
    is_open: bool,
    /// Some are asked.
    is_asked: bool,
    /// How many have not answered to the end. Below zero while it is not known how many are asked.
    waiting: isize,
    /// Connections there that have answered.
    answered: usize,
    /// Connections there that have not answered.
    silent: Vec<Arc<str>>,
    /// Nodes whose answers are not complete.
    missing: Vec<Box<str>>,
}

impl Request {
    /// Whether it has become complete just now.
    fn becomes_complete(&mut self) -> bool {
        let elsewhere = &self.elsewhere;
        let none_waits = self.waiting == 0 && !elsewhere.is_open && elsewhere.waiting <= 0;
        let done = none_waits || self.answers.len() >= self.at_least;
        done && !std::mem::replace(&mut self.is_complete, true)
    }
}

#[derive(Default)]
struct State {
    requests: HashMap<u32, Request>,
    /// Connections that all of them ask.
    asked: usize,
    /// Bytes of all answers.
    bytes: usize,
    /// Answers of more than [`LARGE`] bytes that are kept: their bytes, the key of the request, and the index among
    /// its answers.
    large: BTreeSet<(usize, u32, usize)>,
}

impl State {
    /// Makes room for an answer of `bytes` bytes by dropping larger ones: so nobody keeps the small answers of others
    /// away by sending large ones. Returns whether there is room.
    #[cold]
    fn make_room(&mut self, bytes: usize, most: usize) -> bool {
        while self.bytes.saturating_add(bytes) > most {
            match self.large.last() {
                Some(&(size, ..)) if size > bytes => {}
                _ => return false,
            }
            if let Some((size, key, index)) = self.large.pop_last()
                && let Some(request) = self.requests.get_mut(&key)
            {
                request.answers[index].1 = Answer::TooLarge;
                request.bytes -= size;
                self.bytes -= size;
            }
        }
        true
    }

    /// Notes an answer of a connection, raw JSON.
    fn note(&mut self, key: u32, id: Arc<str>, answer: Result<Option<&str>, &str>, most: usize) {
        let bytes = answer.map_or_else(str::len, |payload| payload.map_or(0, str::len));
        let is_too_large = bytes > LARGEST
            || bytes > 0 && self.bytes.saturating_add(bytes) > most && !self.make_room(bytes, most);
        let Some(request) = self.requests.get_mut(&key) else {
            return;
        };
        let answer = if is_too_large {
            Answer::TooLarge
        } else {
            request.bytes += bytes;
            self.bytes += bytes;
            if bytes > LARGE {
                self.large.insert((bytes, key, request.answers.len()));
            }
            match answer {
                Err(error) => Answer::Rejected(error.into()),
                Ok(payload) => Answer::Resolved(payload.map(Into::into)),
            }
        };
        request.answers.push((id, answer));
    }
}

/// What connections on another node have answered. See [`Answers`].
#[derive(Debug, Default)]
pub struct AnswersElsewhere<'a> {
    /// Ids and raw JSON of the payloads of those who resolved.
    pub responses: Vec<(&'a str, Option<&'a str>)>,
    /// Ids and raw JSON of the errors of those who rejected.
    pub errors: Vec<(&'a str, &'a str)>,
    /// Those whose answers were too large.
    pub too_large: Vec<&'a str>,
    /// Those who have not answered.
    pub silent: Vec<&'a str>,
}

/// What a further answer means to whoever waits for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing.
    None,
    /// It is the first that was not taken.
    First,
    /// The request is complete.
    Complete,
}

/// Some of the answers to one request. Ids are those of connections.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Raw JSON of the payloads of those who resolved.
    pub responses: Vec<(Arc<str>, Option<Box<str>>)>,
    /// Raw JSON of the errors of those who rejected.
    pub errors: Vec<(Arc<str>, Box<str>)>,
    /// Those whose answers were too large to be kept.
    pub too_large: Vec<Arc<str>>,
    /// Those who have not answered. Given with the last part.
    pub silent: Vec<Arc<str>>,
    /// Other nodes whose answers are not complete. Given with the last part.
    pub missing_nodes: Vec<Box<str>>,
    /// Whether there is more to take.
    pub more: bool,
    /// This is the last part: the request is over.
    pub is_over: bool,
    /// Other nodes were asked, too.
    pub asked_nodes: bool,
}

/// The requests of a hub.
#[derive(Default)]
pub struct Requests {
    state: Mutex<State>,
    /// How many there are. Changed under the lock; read without it when a connection ends.
    open: AtomicUsize,
}

impl Requests {
    /// Begins a request: `asked` are slots, serials and ids. It is complete when all have answered or left, or
    /// `at_least` have answered. False when those who are asked would pass `most` bytes beside other requests;
    /// then nothing has begun. With `elsewhere`, [`Requests::expect`] follows.
    pub(super) fn begin(
        &self,
        key: u32,
        asked: impl ExactSizeIterator<Item = (u32, u64, Arc<str>)>,
        at_least: usize,
        most: usize,
        elsewhere: bool,
    ) -> bool {
        let mut state = self.lock();
        let asked_in_all = state.asked + asked.len();
        if state.asked > 0 && asked_in_all.saturating_mul(ASKED_COST) > most {
            return false;
        }
        let Entry::Vacant(entry) = state.requests.entry(key) else {
            return false;
        };
        let asked: HashMap<u32, Asked> = asked
            .map(|(slot, serial, id)| {
                let asked = Asked {
                    serial,
                    id,
                    waiting: true,
                    answered: false,
                };
                (slot, asked)
            })
            .collect();
        entry.insert(Request {
            waiting: asked.len(),
            asked,
            at_least: at_least.max(1),
            answers: Vec::new(),
            taken: 0,
            bytes: 0,
            is_complete: false,
            elsewhere: Elsewhere {
                is_open: elsewhere,
                ..Elsewhere::default()
            },
        });
        state.asked = asked_in_all;
        self.open.store(state.requests.len(), Relaxed);
        true
    }

    /// Notes an answer, raw JSON. When all answers would pass `most` bytes, the largest are dropped. Whoever was not
    /// asked, or has answered before, changes nothing.
    pub(super) fn answer(
        &self,
        key: u32,
        connection: &Connection,
        payload: Option<&str>,
        error: Option<&str>,
        most: usize,
    ) -> Progress {
        let mut guard = self.lock();
        let state = &mut *guard;
        let Some(request) = state.requests.get_mut(&key) else {
            return Progress::None;
        };
        let Some(asked) = request.asked.get_mut(&connection.slot()) else {
            return Progress::None;
        };
        if asked.serial != connection.serial() || !asked.waiting || request.is_complete {
            return Progress::None;
        }
        asked.waiting = false;
        asked.answered = true;
        request.waiting -= 1;
        let id = Arc::clone(&asked.id);
        state.note(key, id, error.map_or(Ok(payload), Err), most);
        let Some(request) = state.requests.get_mut(&key) else {
            return Progress::None;
        };
        match request.becomes_complete() {
            true => Progress::Complete,
            false if request.answers.len() == request.taken + 1 => Progress::First,
            false => Progress::None,
        }
    }

    /// A connection has ended, or cannot be sent to: it will not answer. Returns the requests that are
    /// complete with that.
    pub(super) fn left(&self, connection: &Connection) -> Vec<u32> {
        if self.open.load(Relaxed) == 0 {
            return Vec::new();
        }
        let mut state = self.lock();
        let requests = state.requests.iter_mut();
        let complete = requests.filter_map(|(&key, request)| {
            let asked = request.asked.get_mut(&connection.slot())?;
            if asked.serial != connection.serial() || !asked.waiting {
                return None;
            }
            asked.waiting = false;
            request.waiting -= 1;
            request.becomes_complete().then_some(key)
        });
        complete.collect()
    }

    /// Whether an answer of a connection is waited for.
    pub(super) fn is_waiting_for(&self, connection: &Connection) -> bool {
        if self.open.load(Relaxed) == 0 {
            return false;
        }
        self.lock().requests.values().any(|request| {
            let asked = request.asked.get(&connection.slot());
            let asked = asked.filter(|_| !request.is_complete);
            asked.is_some_and(|asked| asked.serial == connection.serial() && asked.waiting)
        })
    }

    /// Ends a request, complete or not, and takes some of its answers; those that come later count for nothing.
    /// To be called until there is no more. `None` when there is no such request.
    pub(super) fn take(&self, key: u32) -> Option<Answers> {
        self.part(key, true)
    }

    /// Takes some of the answers that are there, without ending the request.
    pub(super) fn take_ready(&self, key: u32) -> Option<Answers> {
        self.part(key, false)
    }

    fn part(&self, key: u32, end: bool) -> Option<Answers> {
        let mut guard = self.lock();
        let state = &mut *guard;
        let request = state.requests.get_mut(&key)?;
        request.is_complete |= end;
        let mut part = Answers::default();
        let mut bytes = 0;
        for (id, answer) in &mut request.answers[request.taken..] {
            let id = Arc::clone(id);
            let mut size = 0;
            match std::mem::replace(answer, Answer::TooLarge) {
                Answer::Resolved(payload) => {
                    size = payload.as_ref().map_or(0, |payload| payload.len());
                    part.responses.push((id, payload));
                }
                Answer::Rejected(error) => {
                    size = error.len();
                    part.errors.push((id, error));
                }
                Answer::TooLarge => part.too_large.push(id),
            }
            if size > LARGE {
                state.large.remove(&(size, key, request.taken));
            }
            request.taken += 1;
            request.bytes -= size;
            state.bytes -= size;
            bytes += size + ASKED_COST;
            if bytes >= PART {
                break;
            }
        }
        part.more = request.taken < request.answers.len();
        if !part.more
            && request.is_complete
            && let Some(request) = state.requests.remove(&key)
        {
            state.asked -= request.asked.len() + request.elsewhere.answered;
            let silent = request.asked.into_values().filter(|asked| !asked.answered);
            part.silent = silent.map(|asked| asked.id).collect();
            part.silent.extend(request.elsewhere.silent);
            part.missing_nodes = request.elsewhere.missing;
            part.asked_nodes = request.elsewhere.is_asked;
            part.is_over = true;
            self.open.store(state.requests.len(), Relaxed);
        }
        Some(part)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
