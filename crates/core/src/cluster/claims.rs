//! Ids that connections of this node have in all nodes. Sans-IO.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How an id stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Other nodes are being asked. Contested: one of them claims it, too, and was told that it is not free.
    Claiming { contested: bool },
    /// It is this node's.
    Held,
    /// It was given while other nodes could not be asked.
    Unknown,
    /// Another node has it. The connection here has it until the application has heard of that.
    Lost,
}

const CLAIMING: State = State::Claiming { contested: false };

/// What a claim has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The connection has the id.
    Held,
    /// Another node has claimed it meanwhile.
    Lost,
    /// The connection does not have it any more.
    Gone,
}

/// An id that other nodes are to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The id.
    pub id: Arc<str>,
    /// Whoever holds it gives it up.
    pub take_over: bool,
    /// The application is told under this key.
    pub key: u32,
    /// How long others have to answer, in milliseconds; 0 is no limit.
    pub timeout: u32,
}

/// The ids that are claimed.
#[derive(Debug, Default)]
pub struct Claims {
    ids: HashMap<Arc<str>, State>,
    wanted: Vec<Wanted>,
    /// Ids that are free, and that others have not been told of yet. A client that comes back again and again while they cannot
    /// be told has one entry.
    freed: HashSet<Arc<str>>,
}

impl Claims {
    /// A connection is about to have an id here, and to claim it. False when the id is claimed already.
    pub fn expect(&mut self, id: &str) -> bool {
        let is_new = !self.ids.contains_key(id);
        if is_new {
            self.ids.insert(id.into(), CLAIMING);
        }
        is_new
    }

    /// An id is to be claimed. The connection has it here.
    pub fn begin(&mut self, id: &str, take_over: bool, key: u32, timeout: u32) {
        let id: Arc<str> = id.into();
        self.ids.insert(Arc::clone(&id), CLAIMING);
        self.freed.remove(&id);
        self.wanted.push(Wanted {
            id,
            take_over,
            key,
            timeout,
        });
    }

    /// Takes what others are to be asked.
    pub fn take_wanted(&mut self) -> Vec<Wanted> {
        std::mem::take(&mut self.wanted)
    }

    /// Takes the ids that others are to be told are free.
    pub fn take_freed(&mut self) -> Vec<Arc<str>> {
        std::mem::take(&mut self.freed).into_iter().collect()
    }

    /// Others are to be told that an id is free, unless a connection here has claimed it since.
    pub fn free(&mut self, id: &Arc<str>) {
        if !self.has(id) {
            self.freed.insert(Arc::clone(id));
        }
    }

    /// An id is claimed, as far as others could be asked.
    pub fn settle(&mut self, id: &str, is_known: bool) -> Settled {
        match self.ids.get_mut(id) {
            None => Settled::Gone,
            Some(State::Lost) => Settled::Lost,
            Some(state) => {
                *state = if is_known {
                    State::Held
                } else {
                    State::Unknown
                };
                Settled::Held
            }
        }
    }

    /// Another node has an id that is being claimed here, or gets it.
    pub fn lose(&mut self, id: &str) {
        if let Some(state) = self.ids.get_mut(id) {
            *state = State::Lost;
        }
    }

    /// Another node has claimed an id that is being claimed here, and was told that it is not free.
    pub fn contest(&mut self, id: &str) {
        if let Some(State::Claiming { contested }) = self.ids.get_mut(id) {
            *contested = true;
        }
    }

    /// Whether the other nodes are to be asked once more, because one of them has claimed the id at the same time and may
    /// have given it up meanwhile.
    pub fn take_contest(&mut self, id: &str) -> bool {
        match self.ids.get_mut(id) {
            Some(State::Claiming { contested }) => std::mem::take(contested),
            _ => false,
        }
    }

    /// Another connection has the id.
    pub fn fail(&mut self, id: &str) {
        self.ids.remove(id);
    }

    /// A connection here does not have this id any more. True when others are to be told.
    pub fn freed(&mut self, id: &str) -> bool {
        match self.ids.remove_entry(id) {
            None | Some((_, State::Lost)) => false,
            Some((id, _)) => self.freed.insert(id),
        }
    }

    /// Whether an id is being claimed, and others are asked.
    pub fn is_claiming(&self, id: &str) -> bool {
        matches!(self.ids.get(id), Some(State::Claiming { .. }))
    }

    /// The ids that are claimed anew after an outage.
    pub fn all(&self) -> Vec<Arc<str>> {
        let ids = self.ids.iter();
        let settled = ids.filter(|(_, state)| matches!(state, State::Held | State::Unknown));
        settled.map(|(id, _)| Arc::clone(id)).collect()
    }

    /// Whether a connection here has claimed an id, and has not lost it.
    pub fn has(&self, id: &str) -> bool {
        self.ids.get(id).is_some_and(|state| *state != State::Lost)
    }

    /// Whether another node has an id that a connection here has yet.
    pub fn has_lost(&self, id: &str) -> bool {
        self.ids.get(id) == Some(&State::Lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_freed_once() {
        let mut claims = Claims::default();
        assert!(!claims.has("a") && !claims.freed("a"));
        claims.begin("a", false, 1, 0);
        assert!(claims.is_claiming("a"));
        assert!(claims.all().is_empty());
        assert_eq!(claims.take_wanted().len(), 1);
        assert_eq!(claims.settle("a", false), Settled::Held);
        assert!(!claims.is_claiming("a"));
        assert_eq!(claims.all(), ["a"].map(Arc::from));
        assert!(claims.freed("a"));
        assert!(!claims.freed("a"));
        assert_eq!(claims.settle("a", true), Settled::Gone);
        assert!(claims.take_wanted().is_empty());
        assert_eq!(claims.take_freed(), ["a"].map(Arc::from));
    }

    #[test]
    fn an_id_waits_once_to_be_freed_and_not_when_it_is_claimed_again() {
        let mut claims = Claims::default();
        for key in 0..1000 {
            claims.begin("a", false, key, 0);
            claims.freed("a");
        }
        assert_eq!(claims.take_freed(), ["a"].map(Arc::from));
        claims.free(&"a".into());
        claims.begin("a", false, 1, 0);
        claims.free(&"a".into());
        assert!(claims.take_freed().is_empty());
    }

    #[test]
    fn what_another_has_is_not_released() {
        let mut claims = Claims::default();
        claims.begin("a", true, 1, 0);
        claims.take_wanted();
        claims.fail("a");
        assert!(!claims.freed("a"));
        claims.begin("b", false, 2, 0);
        claims.lose("b");
        assert!(!claims.is_claiming("b"));
        assert_eq!(claims.settle("b", true), Settled::Lost);
        assert!(!claims.has("b") && claims.has_lost("b"));
        assert!(!claims.freed("b") && !claims.has_lost("b"));
    }

    #[test]
    fn an_id_that_is_expected_counts_as_being_claimed() {
        let mut claims = Claims::default();
        assert!(claims.expect("a"));
        assert!(claims.is_claiming("a") && claims.take_wanted().is_empty());
        assert!(!claims.expect("a"));
        claims.begin("a", false, 1, 0);
        assert_eq!(claims.settle("a", true), Settled::Held);
        assert!(!claims.expect("a"));
        assert!(!claims.is_claiming("a") && claims.has("a"));
    }

    #[test]
    fn a_contest_is_settled_once() {
        let mut claims = Claims::default();
        claims.contest("a");
        assert!(!claims.take_contest("a"), "it is not claimed");
        claims.begin("a", false, 1, 0);
        assert!(!claims.take_contest("a"));
        claims.contest("a");
        assert!(claims.is_claiming("a"));
        assert!(claims.take_contest("a"));
        assert!(!claims.take_contest("a"));
    }
}
