//! The questions of this node to others: which nodes are waited for, and what they have answered. Sans-IO.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::value::RawValue;
use tokio::sync::oneshot;

use super::forms::Part;
use super::node_id::NodeId;

/// How much longer nodes have than the connections that they ask: their answers come when the time is over.
const GRACE: Duration = Duration::from_millis(500);

/// What an answer counts as, in bytes, besides its text.
const COST: usize = 64;

/// Who waits for the answers.
#[derive(Debug)]
pub enum Owner {
    /// The application, which takes them under this key.
    Application(u32),
    /// The request of the hub with this key, which is told each part.
    Members(u32),
    /// A task of the node.
    Task(oneshot::Sender<Outcome>),
}

/// What nodes have answered.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many connections were found, or changed.
    pub count: u64,
    /// Ids of connections, or of nodes whose applications were asked, and what each has answered: raw JSON, or `None`
    /// for `undefined`.
    pub values: Vec<(Arc<str>, Option<Box<str>>)>,
    /// Ids, and the errors that were answered: raw JSON.
    pub errors: Vec<(Arc<str>, Box<str>)>,
    /// Nodes whose answers are not complete.
    pub missing: Vec<NodeId>,
}

/// What is to be done after a change.
#[derive(Debug)]
pub enum Step {
    /// The application is to be told that the question of this key is answered.
    Answered(u32),
    /// A part of an answer for the request of the hub with this key.
    Members {
        /// The key.
        key: u32,
        /// The number of the question.
        number: u32,
        /// The node.
        from: NodeId,
        /// The part.
        part: Box<Part>,
        /// It is the last of its node.
        is_done: bool,
    },
    /// These nodes are not waited for any more by the request of the hub with this key.
    Missed(u32, Vec<NodeId>),
    /// The connections here have no more time to answer the request of the hub with this key.
    Late(u32),
    /// Nobody was found where the connection was most likely: ask these, too.
    Again {
        /// The number of the question.
        number: u32,
        /// The nodes, which are waited for already.
        nodes: Vec<NodeId>,
        /// What is asked.
        what: Box<RawValue>,
        /// How long, in milliseconds.
        timeout: u32,
        /// The request of the hub that it is for.
        members: Option<u32>,
    },
}

/// Whom to ask when the first nodes have found nobody.
#[derive(Debug)]
pub struct Then {
    /// The nodes.
    pub nodes: Vec<NodeId>,
    /// What is asked.
    pub what: Box<RawValue>,
    /// How long, in milliseconds.
    pub timeout: u32,
}

#[derive(Debug)]
struct Question {
    owner: Owner,
    waiting: Vec<NodeId>,
    outcome: Outcome,
    bytes: usize,
    deadline: Option<Instant>,
    is_late: bool,
    /// Connections that the nodes have told of.
    found: u64,
    then: Option<Then>,
}

/// The questions that are open.
#[derive(Debug, Default)]
pub struct Questions {
    last: u32,
    open: HashMap<u32, Question>,
    deadlines: BTreeSet<(Instant, u32)>,
    /// What the application has not taken, by its keys.
    answered: HashMap<u32, Outcome>,
    /// Bytes of all answers.
    bytes: usize,
}

impl Questions {
    /// Begins a question to some nodes, and returns its number.
    pub fn begin(
        &mut self,
        owner: Owner,
        nodes: Vec<NodeId>,
        deadline: Option<Instant>,
        then: Option<Then>,
    ) -> u32 {
        let question = Question {
            owner,
            waiting: nodes,
            outcome: Outcome::default(),
            bytes: 0,
            deadline,
            is_late: false,
            found: 0,
            then,
        };
        loop {
            self.last = self.last.wrapping_add(1);
            if let Entry::Vacant(entry) = self.open.entry(self.last) {
                entry.insert(question);
                break;
            }
        }
        if let Some(deadline) = deadline {
            self.deadlines.insert((deadline, self.last));
        }
        self.last
    }

    /// A node has answered, or has answered a part, of `size` bytes. Answers of more than `most` bytes are not kept:
    /// the node is missing then. What nobody waits for changes nothing.
    pub fn answer(
        &mut self,
        number: u32,
        from: NodeId,
        (part, size): (Part, usize),
        more: bool,
        most: usize,
    ) -> Vec<Step> {
        let Some(question) = self.open.get_mut(&number) else {
            return Vec::new();
        };
        let Some(place) = question.waiting.iter().position(|&node| node == from) else {
            return Vec::new();
        };
        let cost = size + COST;
        if part.failed || self.bytes.saturating_add(cost) > most {
            return self.miss(number, |node| node == from);
        }
        question.found = question.found.saturating_add(part.found());
        if !more {
            question.waiting.swap_remove(place);
        }
        let mut steps = Vec::new();
        if let Owner::Members(key) = question.owner {
            steps.push(Step::Members {
                key,
                number,
                from,
                part: Box::new(part),
                is_done: !more,
            });
        } else {
            question.bytes += cost;
            self.bytes += cost;
            question.outcome.add(part, from);
        }
        steps.extend(self.settle(number));
        steps
    }

    /// A node has ended.
    pub fn gone(&mut self, node: NodeId) -> Vec<Step> {
        for question in self.open.values_mut() {
            if let Some(then) = &mut question.then {
                then.nodes.retain(|&one| one != node);
            }
        }
        self.miss_everywhere(|one| one == node)
    }

    /// The engine cannot be reached: no answer is waited for any more.
    pub fn give_up(&mut self) -> Vec<Step> {
        self.miss_everywhere(|_| true)
    }

    fn miss_everywhere(&mut self, is_meant: impl Fn(NodeId) -> bool) -> Vec<Step> {
        let numbers: Vec<u32> = self.open.keys().copied().collect();
        let numbers = numbers.into_iter();
        numbers
            .flat_map(|number| self.miss(number, &is_meant))
            .collect()
    }

    /// Some nodes are not waited for any more: they are missing.
    pub fn miss(&mut self, number: u32, is_meant: impl Fn(NodeId) -> bool) -> Vec<Step> {
        let Some(question) = self.open.get_mut(&number) else {
            return Vec::new();
        };
        let waiting = &mut question.waiting;
        let mut missed: Vec<NodeId> = waiting.extract_if(.., |node| is_meant(*node)).collect();
        if question.found == 0
            && let Some(then) = &mut question.then
        {
            // They would be asked next.
            missed.extend(then.nodes.extract_if(.., |node| is_meant(*node)));
        }
        if missed.is_empty() {
            return Vec::new();
        }
        let mut steps = Vec::new();
        match question.owner {
            Owner::Members(key) => steps.push(Step::Missed(key, missed)),
            _ => question.outcome.missing.extend(missed),
        }
        steps.extend(self.settle(number));
        steps
    }

    /// What to do if no node is waited for any more.
    fn settle(&mut self, number: u32) -> Option<Step> {
        let Entry::Occupied(mut entry) = self.open.entry(number) else {
            return None;
        };
        let question = entry.get_mut();
        if !question.waiting.is_empty() {
            return None;
        }
        if question.found == 0
            && let Some(then) = question.then.take()
            && !then.nodes.is_empty()
        {
            question.waiting.clone_from(&then.nodes);
            let members = match question.owner {
                Owner::Members(key) => Some(key),
                _ => None,
            };
            return Some(Step::Again {
                number,
                nodes: then.nodes,
                what: then.what,
                timeout: then.timeout,
                members,
            });
        }
        if matches!(question.owner, Owner::Members(_))
            && question.deadline.is_some()
            && !question.is_late
        {
            // The connections here have that time.
            return None;
        }
        let question = entry.remove();
        if let Some(deadline) = question.deadline {
            self.deadlines.remove(&(deadline, number));
        }
        match question.owner {
            Owner::Members(_) => {
                self.bytes -= question.bytes;
                None
            }
            Owner::Task(task) => {
                self.bytes -= question.bytes;
                // Whoever has asked may have ended.
                let _ = task.send(question.outcome);
                None
            }
            Owner::Application(key) => {
                // What waits to be taken is the application's.
                self.bytes -= question.bytes;
                self.answered.insert(key, question.outcome);
                Some(Step::Answered(key))
            }
        }
    }

    /// Ends what has waited for too long. Nodes that gather the answers of connections have a little longer.
    pub fn expire(&mut self, now: Instant) -> Vec<Step> {
        let mut steps = Vec::new();
        while let Some(&(due, number)) = self.deadlines.first()
            && due <= now
        {
            self.deadlines.pop_first();
            let Some(question) = self.open.get_mut(&number) else {
                continue;
            };
            match question.owner {
                Owner::Members(key) if !question.is_late => {
                    question.is_late = true;
                    let later = now + GRACE;
                    question.deadline = Some(later);
                    self.deadlines.insert((later, number));
                    steps.push(Step::Late(key));
                    steps.extend(self.settle(number));
                }
                _ => steps.extend(self.miss(number, |_| true)),
            }
        }
        steps
    }

    /// When there is something to expire.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|&(due, _)| due)
    }

    /// Ends what the request of the hub with this key asks. Returns the number, and the nodes that have not answered.
    pub fn forget_members(&mut self, key: u32) -> Option<(u32, Vec<NodeId>)> {
        let is_it = |question: &Question| matches!(question.owner, Owner::Members(of) if of == key);
        let (&number, _) = self.open.iter().find(|(_, question)| is_it(question))?;
        let question = self.open.remove(&number)?;
        if let Some(deadline) = question.deadline {
            self.deadlines.remove(&(deadline, number));
        }
        Some((number, question.waiting))
    }

    /// The application is to be told of this.
    pub fn put(&mut self, key: u32, outcome: Outcome) {
        self.answered.insert(key, outcome);
    }

    /// Takes what the application was told of.
    pub fn take(&mut self, key: u32) -> Option<Outcome> {
        self.answered.remove(&key)
    }

    /// How many are open.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.open.len()
    }
}

impl Outcome {
    fn add(&mut self, part: Part, from: NodeId) {
        let named = |id: Arc<str>| match &*id {
            "" => from.to_string().into(),
            _ => id,
        };
        self.count = self.count.saturating_add(part.count);
        let text = |raw: Box<RawValue>| -> Box<str> { raw.into() };
        let values = part.values.into_iter();
        (self.values).extend(values.map(|(id, raw)| (named(id), Some(text(raw)))));
        // Of a connection whose info is too large the id is told.
        let bare = part.bare.into_iter().chain(part.too_large);
        self.values.extend(bare.map(|id| (named(id), None)));
        let errors = part.errors.into_iter();
        (self.errors).extend(errors.map(|(id, raw)| (named(id), text(raw))));
    }
}

#[cfg(test)]
mod tests;
