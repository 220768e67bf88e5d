//! One room with presence: its members here and on other nodes, and the changes that the application is to be told.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::change::{Change, Changes, Info, NodeKey, PresenceRule, Tell};

/// Time, in milliseconds, in which changes are gathered that are told together.
const GATHER: u64 = 100;

/// Members of a room above which changes that are gathered are told as numbers.
const TOLD_BY_NAME: usize = 1000;

/// A connection here that is a member.
#[derive(Debug, Clone, Copy)]
pub struct Here {
    pub slot: u32,
    /// When it is gone, if it does not come back.
    pub leaves: Option<u64>,
    /// Other nodes may know of the member.
    pub is_told: bool,
}

/// A member: an id, with everyone who has it. While a client moves to another node, two nodes have it.
#[derive(Debug, Default)]
pub struct Member {
    pub here: Option<Here>,
    pub elsewhere: Vec<NodeKey>,
    pub info: Info,
}

/// What is known of the members on another node.
#[derive(Debug, Default)]
pub struct Remote {
    /// The number of the next update; `None` while the node is asked for all of its members.
    pub expected: Option<u32>,
    /// Updates that were ignored since it is asked.
    pub ignored: u32,
    /// Ids of the parts of an answer that have come.
    pub parts: Option<HashSet<Arc<str>>>,
}

/// A room with presence.
#[derive(Debug)]
pub struct Room {
    pub rule: PresenceRule,
    pub members: HashMap<Arc<str>, Member>,
    /// How many members are here.
    pub here: usize,
    /// The application wants to be told of changes.
    pub watched: bool,
    /// When the changes so far are to be told.
    pub tell_at: Option<u64>,
    /// What is known of other nodes' members.
    pub remotes: HashMap<NodeKey, Remote>,
    /// Members here that are no more as the other nodes know them.
    pub unpublished: HashSet<Arc<str>>,
    /// Updates so far.
    pub sequence: u32,
    /// With [`Tell::Each`], the changes.
    log: Vec<(Change, Arc<str>, Info)>,
    /// With [`Tell::Batched`], what members that have changed were before: `None` is not there.
    pub before: HashMap<Arc<str>, Option<Info>>,
}

impl Room {
    pub fn new(rule: PresenceRule) -> Self {
        Self {
            rule,
            members: HashMap::new(),
            here: 0,
            watched: false,
            remotes: HashMap::new(),
            unpublished: HashSet::new(),
            sequence: 0,
            tell_at: None,
            log: Vec::new(),
            before: HashMap::new(),
        }
    }

    /// Notes a change that was made; `was` is what the member was before. Returns when it is to be told, if it is the
    /// first that is.
    pub fn note(
        &mut self,
        change: Change,
        id: &Arc<str>,
        info: Info,
        was: Option<Info>,
        now: u64,
    ) -> Option<u64> {
        let due = match self.rule.tell {
            _ if !self.watched => return None,
            Tell::Never => return None,
            Tell::Each => {
                self.log.push((change, Arc::clone(id), info));
                now
            }
            Tell::Batched => {
                let is_now = (change != Change::Leave).then_some(info);
                let before = self.before.entry(Arc::clone(id)).or_insert(was);
                // Whoever has come and gone again has not changed, and takes no memory.
                if *before == is_now {
                    self.before.remove(id);
                }
                now + GATHER
            }
        };
        if self.tell_at.is_some() {
            return None;
        }
        self.tell_at = Some(due);
        self.tell_at
    }

    /// Takes the changes that are to be told.
    pub fn take(&mut self, name: &Arc<str>) -> Option<Changes> {
        self.tell_at = None;
        let mut members = std::mem::take(&mut self.log);
        for (id, was) in self.before.drain() {
            let now = self.members.get(&id);
            members.push(match (was, now) {
                (None, Some(member)) => (Change::Join, id, member.info.clone()),
                (Some(info), None) => (Change::Leave, id, info),
                (Some(_), Some(member)) => (Change::Info, id, member.info.clone()),
                (None, None) => continue,
            });
        }
        if members.is_empty() {
            return None;
        }
        let number = |kind| {
            members
                .iter()
                .filter(|(change, ..)| *change == kind)
                .count()
        };
        let (joined, left) = (number(Change::Join), number(Change::Leave));
        let count = self.members.len();
        if self.rule.tell == Tell::Batched && count > TOLD_BY_NAME {
            members.clear();
        }
        Some(Changes {
            room: Arc::clone(name),
            count,
            joined,
            left,
            members,
        })
    }

    /// Whether nobody here is interested in the room any more.
    pub fn is_over(&self) -> bool {
        self.here == 0 && !self.watched && self.tell_at.is_none()
    }

    /// Stops telling the application of changes.
    pub fn unwatch(&mut self) {
        self.watched = false;
        self.tell_at = None;
        self.log.clear();
        self.before.clear();
    }

    /// Someone has an id: `hold` notes who. Returns when the change is to be told, if it is the first that is.
    pub fn set(
        &mut self,
        id: &Arc<str>,
        info: Info,
        now: u64,
        hold: impl FnOnce(&mut Member),
    ) -> Option<u64> {
        let (change, was) = match self.members.get_mut(id) {
            None => {
                let mut member = Member {
                    info: info.clone(),
                    ..Member::default()
                };
                hold(&mut member);
                self.members.insert(Arc::clone(id), member);
                (Change::Join, None)
            }
            Some(member) => {
                hold(member);
                if member.info == info {
                    return None;
                }
                let was = std::mem::replace(&mut member.info, info.clone());
                (Change::Info, Some(was))
            }
        };
        self.note(change, id, info, was, now)
    }

    /// Someone does not have an id any more: `release` notes who. Returns when the change is to be told, if it is the
    /// first that is.
    pub fn unset(
        &mut self,
        id: &Arc<str>,
        now: u64,
        release: impl FnOnce(&mut Member),
    ) -> Option<u64> {
        let member = self.members.get_mut(id)?;
        release(member);
        if member.here.is_some() || !member.elsewhere.is_empty() {
            return None;
        }
        let info = self.members.remove(id)?.info;
        self.note(Change::Leave, id, info.clone(), Some(info), now)
    }
}
