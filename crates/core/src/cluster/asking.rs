//! What this node asks others, and what becomes of their answers.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::select;
use serde_json::value::{RawValue, to_raw_value};

use crate::hub::{AnswersElsewhere, AskPeers, Target, mark_of};

use super::channel::Channel;
use super::control::{Answer, Ask, Control};
use super::forms::{Demand, Part, Whom};
use super::news::News;
use super::node_id::NodeId;
use super::questions::{Owner, Step, Then};
use super::shared::{Phase, Shared, lock};

/// What the node leaves free in a message for its header.
pub(super) const MARGIN: usize = 512;

/// Most nodes that are asked by a message for each; more are asked by one message for all nodes.
const APART: usize = 1;

/// The task that ends questions whose time is over.
pub(super) async fn run(shared: Arc<Shared>) {
    loop {
        let steps = lock(&shared.questions).expire(Instant::now());
        shared.act(steps);
        let due = lock(&shared.questions).next_deadline();
        let sleep = async {
            match due {
                Some(due) => tokio::time::sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        select(pin!(shared.asked.notified()), pin!(sleep)).await;
    }
}

/// What is asked of whom.
pub(super) struct Question {
    pub owner: Owner,
    /// Nodes that are alive.
    pub nodes: Vec<NodeId>,
    pub what: Box<RawValue>,
    /// In milliseconds; 0 is no limit.
    pub timeout: u32,
    /// The node that is asked first, and alone unless it finds nobody.
    pub first: Option<NodeId>,
}

impl Shared {
    /// The other nodes that are alive.
    pub(super) fn peers(&self) -> Vec<NodeId> {
        lock(&self.roster).iter().map(|peer| peer.id).collect()
    }

    /// A target as other nodes are told of it.
    pub(super) fn whom(&self, target: &Target) -> Whom {
        Whom {
            rooms: target.rooms.clone(),
            ids: target.ids.clone(),
            except: self.hub.except_ids(target),
            except_rooms: target.except_rooms.clone(),
        }
    }

    /// Whether a question fits in a message.
    pub(super) fn fits(&self, what: &RawValue) -> bool {
        what.get().len() + MARGIN <= self.settings.max_message
    }

    /// Asks some nodes. While the engine is not connected they are missing at once.
    pub(super) fn ask(&self, question: Question) {
        let Question {
            owner,
            mut nodes,
            what,
            timeout,
            first,
        } = question;
        self.counters.requests.add(1);
        let time = Duration::from_millis(timeout.into());
        let deadline = (timeout > 0).then(|| Instant::now() + time);
        let first = first.filter(|first| nodes.contains(first));
        let then = first.map(|first| {
            nodes.retain(|&node| node != first);
            let nodes = std::mem::replace(&mut nodes, vec![first]);
            Then {
                nodes,
                what: what.clone(),
                timeout,
            }
        });
        let number = lock(&self.questions).begin(owner, nodes.clone(), deadline, then);
        self.asked.notify_one();
        let is_up = matches!(self.phase(), Phase::Up(_));
        if !is_up || !self.fits(&what) || !self.publish_ask(number, &nodes, what, timeout) {
            let steps = lock(&self.questions).miss(number, |_| true);
            self.act(steps);
            return;
        }
        // One may have ended just before it was waited for.
        let alive = self.peers();
        let steps = lock(&self.questions).miss(number, |node| !alive.contains(&node));
        self.act(steps);
    }

    /// Publishes a question. False when there is no room, or the question is too large.
    fn publish_ask(
        &self,
        number: u32,
        nodes: &[NodeId],
        what: Box<RawValue>,
        timeout: u32,
    ) -> bool {
        let control = Control::Ask(Ask {
            key: number,
            what,
            timeout,
        });
        if nodes.len() > APART {
            return self.queue_control(Channel::Nodes, &control);
        }
        let mut nodes = nodes.iter();
        nodes.all(|&node| self.queue_control(Channel::Node(node), &control))
    }

    /// Does what follows from a change of questions.
    pub(super) fn act(&self, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Answered(key) => self.tell(News::Answered(key)),
                Step::Late(key) => self.hub.wait_elsewhere_only(key),
                Step::Missed(key, nodes) => {
                    self.counters.requests_missed.add(nodes.len());
                    let names = nodes.iter().map(|node| node.to_string().into());
                    self.hub.missed_elsewhere(key, names.collect());
                }
                Step::Members {
                    key,
                    number,
                    from,
                    part,
                    is_done,
                } => self.on_members(key, number, from, &part, is_done),
                Step::Again {
                    number,
                    nodes,
                    what,
                    timeout,
                    members,
                } => {
                    if let Some(key) = members {
                        self.hub.asked_more(key, nodes.len());
                    }
                    if !self.publish_ask(number, &nodes, what, timeout) {
                        let steps = lock(&self.questions).miss(number, |_| true);
                        self.act(steps);
                    }
                }
            }
        }
    }

    /// Connections on another node have answered.
    fn on_members(&self, key: u32, number: u32, from: NodeId, part: &Part, is_done: bool) {
        let values = part.values.iter();
        let values = values.map(|(id, payload)| (&**id, Some(payload.get())));
        let bare = part.bare.iter().map(|id| (&**id, None));
        let errors = part.errors.iter();
        let answers = AnswersElsewhere {
            responses: values.chain(bare).collect(),
            errors: errors.map(|(id, error)| (&**id, error.get())).collect(),
            too_large: part.too_large.iter().map(|id| &**id).collect(),
            silent: part.silent.iter().map(|id| &**id).collect(),
        };
        if self.hub.answered_elsewhere(key, &answers, is_done) {
            return;
        }
        self.counters.dropped_queue.add(1);
        if is_done {
            self.hub
                .missed_elsewhere(key, vec![from.to_string().into()]);
        } else {
            let steps = lock(&self.questions).miss(number, |node| node == from);
            self.act(steps);
        }
    }

    /// An answer of a node has come.
    pub(super) fn on_answer(&self, from: NodeId, answer: &Answer) -> Result<(), &'static str> {
        let text = answer.with.get();
        let Ok(part) = serde_json::from_str::<Part>(text) else {
            let steps = lock(&self.questions).miss(answer.key, |node| node == from);
            self.act(steps);
            return Err("the answer is malformed");
        };
        let most = self.hub.config.max_gathered_bytes();
        let part = (part, text.len());
        let steps = lock(&self.questions).answer(answer.key, from, part, answer.more, most);
        self.act(steps);
        Ok(())
    }

    /// A node has ended: nobody waits for it.
    pub(super) fn on_gone(&self, node: NodeId) {
        let steps = lock(&self.questions).gone(node);
        self.act(steps);
    }

    /// The engine is not connected any more, so that answers may be lost: nobody waits for them.
    pub(super) fn give_up_questions(&self) {
        let steps = lock(&self.questions).give_up();
        self.act(steps);
    }

    /// Asks connections on other nodes. Returns how many nodes are asked.
    pub(super) fn ask_members(&self, question: &AskPeers<'_>) -> usize {
        let nodes = self.peers();
        let count = nodes.len();
        let Ok(message) = serde_json::from_str::<&RawValue>(question.text) else {
            return 0;
        };
        let what = to_raw_value(&Demand::Send {
            whom: Whom {
                rooms: question.rooms.map(<[_]>::to_vec),
                ids: question.ids.map(<[_]>::to_vec),
                except: question.except.to_vec(),
                except_rooms: question.except_rooms.to_vec(),
            },
            message: message.to_owned(),
            at_least: question.at_least,
        });
        let Ok(what) = what else {
            return 0;
        };
        if count == 0 {
            return 0;
        }
        let first = self.likely(question.ids);
        let asked = if first.is_some() { 1 } else { count };
        self.ask(Question {
            owner: Owner::Members(question.key),
            nodes,
            what,
            timeout: question.timeout,
            first,
        });
        asked
    }

    /// The node that most likely has the connection with this id: the one that has given it. With several ids there is
    /// none.
    pub(super) fn likely(&self, ids: Option<&[String]>) -> Option<NodeId> {
        let [id] = ids? else {
            return None;
        };
        let mark = mark_of(id)?;
        let roster = lock(&self.roster);
        let mut nodes = roster.iter().map(|peer| peer.id);
        nodes.find(|node| node.mark() == mark)
    }

    /// Nobody waits for the answers of connections any more.
    pub(super) fn forget_members(&self, key: u32) {
        let forgotten = lock(&self.questions).forget_members(key);
        let Some((number, nodes)) = forgotten else {
            return;
        };
        if let Ok(what) = to_raw_value(&Demand::End {}) {
            self.publish_ask(number, &nodes, what, 0);
        }
    }
}
