//! What the application asks other nodes.

use std::sync::Arc;
use std::time::Duration;

use serde_json::value::{RawValue, to_raw_value};

use crate::hub::Target;

use super::asking::{MARGIN, Question};
use super::channel::Channel;
use super::control::{Ask, Control};
use super::forms::{Demand, Part};
use super::news::News;
use super::node::Node;
use super::node_id::NodeId;
use super::questions::{Outcome, Owner};
use super::shared::{Phase, lock};

/// A question about the connections that a target means on other nodes. Those here are not meant.
#[derive(Debug, Clone, Copy)]
pub enum NodeQuestion<'a> {
    /// How many are there: [`Outcome::count`].
    Count,
    /// Who is there: [`Outcome::values`] are ids and infos, of each node at most so many.
    Fetch(usize),
    /// Closes them, with a code and a reason of at most 123 bytes: [`Outcome::count`] is how many were open.
    Close(u16, &'a str),
    /// Has them join a room: [`Outcome::count`] is how many were not in it before.
    Join(&'a str),
    /// Has them leave a room: [`Outcome::count`] is how many were in it.
    Leave(&'a str),
    /// Sends them a message without an id, as JSON text: [`Outcome::count`] is how many it was queued for.
    Tell(&'a str),
}

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// [`News::Answered`](super::News::Answered) tells of the answer, which [`Node::take_answer`] gives.
    Asked,
    /// There is no other node, or the target means connections here only. Nothing follows.
    NobodyToAsk,
    /// It is larger than `max_message`. Nothing follows.
    TooLarge,
}

impl Node {
    /// Asks other nodes about the connections that a target means there, under a key of the application's. Nodes that do
    /// not answer in time, which end meanwhile, or cannot be reached, are [`Outcome::missing`]. No time is no limit.
    pub fn ask(
        &self,
        key: u32,
        target: &Target,
        question: NodeQuestion<'_>,
        timeout: Duration,
    ) -> Begun {
        if target.local {
            return Begun::NobodyToAsk;
        }
        let whom = self.shared.whom(target);
        let demand = match question {
            NodeQuestion::Count => Demand::Count { whom },
            NodeQuestion::Fetch(limit) => Demand::Fetch { whom, limit },
            NodeQuestion::Close(code, reason) => Demand::Close {
                whom,
                code,
                reason: reason.into(),
            },
            NodeQuestion::Join(room) => Demand::Join {
                whom,
                room: room.into(),
            },
            NodeQuestion::Leave(room) => Demand::Leave {
                whom,
                room: room.into(),
            },
            NodeQuestion::Tell(text) => {
                let Ok(message) = serde_json::from_str::<&RawValue>(text) else {
                    return Begun::NobodyToAsk;
                };
                Demand::Tell {
                    whom,
                    message: message.to_owned(),
                }
            }
        };
        let first = self.shared.likely(target.ids.as_deref());
        self.begin(
            Owner::Application(key),
            self.shared.peers(),
            &demand,
            timeout,
            first,
        )
    }

    /// Takes what nodes have answered to the question of a key, once.
    pub fn take_answer(&self, key: u32) -> Option<Outcome> {
        let outcome = lock(&self.shared.questions).take(key)?;
        let missed = &self.shared.counters.requests_missed;
        missed.add(outcome.missing.len());
        Some(outcome)
    }

    /// Sends a message, an envelope as JSON text, to the applications of all other nodes, or of one. Each of
    /// [`Outcome::values`] and [`Outcome::errors`] has the id of its node.
    pub fn send_message(&self, key: u32, text: &str, to: Option<&str>, timeout: Duration) -> Begun {
        let Ok(message) = serde_json::from_str::<&RawValue>(text) else {
            return Begun::NobodyToAsk;
        };
        let demand = Demand::Message {
            message: message.to_owned(),
        };
        let Some(nodes) = self.addressed(to) else {
            return Begun::NobodyToAsk;
        };
        self.begin(Owner::Application(key), nodes, &demand, timeout, None)
    }

    /// The same without an answer. Nothing tells whether it comes. Returns [`Begun::Asked`] when it is published, or
    /// waits for that.
    pub fn tell_message(&self, text: &str, to: Option<&str>) -> Begun {
        let Ok(message) = serde_json::from_str::<&RawValue>(text) else {
            return Begun::NobodyToAsk;
        };
        let what = to_raw_value(&Demand::Note {
            message: message.to_owned(),
        });
        let (Ok(what), Some(nodes)) = (what, self.addressed(to)) else {
            return Begun::NobodyToAsk;
        };
        if nodes.is_empty() && self.phase() != Phase::Connecting {
            return Begun::NobodyToAsk;
        }
        if !self.shared.fits(&what) {
            return Begun::TooLarge;
        }
        let control = Control::Ask(Ask {
            key: 0,
            what,
            timeout: 0,
        });
        let channel = match (to, nodes.first()) {
            (Some(_), Some(&node)) => Channel::Node(node),
            _ => Channel::Nodes,
        };
        self.shared.queue_control(channel, &control);
        Begun::Asked
    }

    /// Answers [`News::Message`](super::News::Message): with the payload as JSON, `None` for `undefined`, or with an error. False when the
    /// answer is larger than `max_message`, or no JSON: then an error is answered that says so.
    pub fn answer_message(&self, key: u64, answer: Result<Option<&str>, &str>) -> bool {
        let Some(asker) = lock(&self.shared.inquiries).take_message(key) else {
            // Nobody waits any more.
            return true;
        };
        let most = self.shared.settings.max_message.saturating_sub(MARGIN);
        let raw = |json: &str| {
            let fits = json.len() <= most;
            fits.then(|| RawValue::from_string(json.to_owned()).ok())
                .flatten()
        };
        let mut part = Part::default();
        let id: Arc<str> = "".into();
        let is_sent = match answer.map(|payload| payload.map(raw)) {
            Ok(None) => {
                part.bare.push(id);
                true
            }
            Ok(Some(Some(payload))) => {
                part.values.push((id, payload));
                true
            }
            Err(error) if let Some(error) = raw(error) => {
                part.errors.push((id, error));
                true
            }
            Ok(Some(None)) | Err(_) => {
                if let Some(error) = raw(TOO_LARGE) {
                    part.errors.push((id, error));
                }
                false
            }
        };
        self.shared.answer(asker, &part, false);
        is_sent
    }

    /// Reserves an id for a connection that is going to [`claim`](Self::claim) it. False when another connection here has it, or
    /// the connection was withdrawn. Nodes that claim the id between the two calls are answered as they are afterwards: one
    /// that was told here that the id is not free might otherwise be the one to which a third has lost it, and nobody would
    /// get it.
    pub fn reserve_id(&self, slot: u32, id: &str) -> bool {
        let mut registry = self.shared.hub.registry();
        let is_expected = lock(&self.shared.claims).expect(id);
        let is_set = registry.set_id(slot, id);
        if is_expected && !is_set {
            lock(&self.shared.claims).fail(id);
        }
        is_set
    }

    /// Claims an id, which a connection here has [reserved](Self::reserve_id), in all nodes. [`News::Answered`](super::News::Answered) follows; then
    /// [`Outcome::count`] is 1 if the connection may keep the id, and 0 if another has it: the application takes the id
    /// away from the connection then. With `take_over` the other is closed with 4208. The id is free again when the
    /// connection ends or gets another one.
    pub fn claim(&self, key: u32, id: &str, take_over: bool, timeout: Duration) {
        let timeout = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
        lock(&self.shared.claims).begin(id, take_over, key, timeout);
        if self.phase() == Phase::Over {
            let outcome = Outcome {
                count: 1,
                ..Outcome::default()
            };
            lock(&self.shared.questions).put(key, outcome);
            self.shared.tell(News::Answered(key));
            return;
        }
        self.shared.claimed.notify_one();
    }

    /// The other nodes that are meant, `None` when it is none that is alive.
    fn addressed(&self, to: Option<&str>) -> Option<Vec<NodeId>> {
        let nodes = self.shared.peers();
        let Some(to) = to else {
            return Some(nodes);
        };
        let node = NodeId::parse(to)?;
        nodes.contains(&node).then(|| vec![node])
    }

    fn begin(
        &self,
        owner: Owner,
        nodes: Vec<NodeId>,
        demand: &Demand,
        timeout: Duration,
        first: Option<NodeId>,
    ) -> Begun {
        if nodes.is_empty() {
            return Begun::NobodyToAsk;
        }
        let Ok(what) = to_raw_value(demand) else {
            return Begun::NobodyToAsk;
        };
        if !self.shared.fits(&what) {
            return Begun::TooLarge;
        }
        self.shared.ask(Question {
            owner,
            nodes,
            what,
            timeout: u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX),
            first,
        });
        Begun::Asked
    }
}

/// The error in place of an answer that cannot be sent.
const TOO_LARGE: &str = r#"{"name":"Error","message":"The answer is larger than \"adapter.maxMessage\" of its server"}"#;
