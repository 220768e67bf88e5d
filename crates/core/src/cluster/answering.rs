//! The task that answers what other nodes ask: from the hub, without the application. Only messages for the
//! application are left to it.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::select;
use serde_json::value::{RawValue, to_raw_value};

use crate::envelope::{self, Envelope};
use crate::hub::{REQUEST_PREFIX, Target};

use super::asking::MARGIN;
use super::channel::Channel;
use super::control::{Answer, Ask, Control};
use super::forms::{Demand, Part, Parts};
use super::gathering::{Due, Gatherings};
use super::inquiries::Asker;
use super::news::News;
use super::node_id::NodeId;
use super::shared::{Shared, lock};

/// Questions that are answered before other tasks have their turn.
const TURN: usize = 16;

/// Bytes of answers in one message, about, as far as the largest message allows.
const PART: usize = 64 * 1024;

/// How often it is looked for askers that have ended.
const SWEEP: Duration = Duration::from_secs(5);

pub(super) async fn run(shared: Arc<Shared>) {
    let mut answering = Answering {
        shared,
        gatherings: Gatherings::default(),
        swept: Instant::now(),
    };
    loop {
        answering.turn();
        let shared = Arc::clone(&answering.shared);
        if !lock(&shared.inquiries).is_empty() {
            tokio::task::yield_now().await;
            continue;
        }
        let due = answering.next_due();
        let sleep = async {
            match due {
                Some(due) => tokio::time::sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        select(pin!(shared.inquired.notified()), pin!(sleep)).await;
    }
}

struct Answering {
    shared: Arc<Shared>,
    gatherings: Gatherings,
    swept: Instant,
}

impl Drop for Answering {
    /// The node ends: what connections answer is of no use.
    fn drop(&mut self) {
        for key in self.gatherings.keys() {
            self.give_up(key);
        }
    }
}

impl Answering {
    fn turn(&mut self) {
        for _ in 0..TURN {
            let Some((from, ask)) = lock(&self.shared.inquiries).next() else {
                break;
            };
            self.answer(from, &ask);
        }
        let now = Instant::now();
        let gathered = lock(&self.shared.inquiries).take_gathered();
        for (key, is_complete) in gathered {
            self.gatherings.gathered(key, is_complete, now);
        }
        for due in self.gatherings.due(now) {
            match due {
                Due::Some(key, asker) => self.send_gathered(key, asker, false),
                Due::All(key, asker) => self.send_gathered(key, asker, true),
            }
        }
        if now.duration_since(self.swept) > SWEEP {
            self.swept = now;
            let roster = lock(&self.shared.roster);
            let is_known = |asker: Asker| roster.contains(asker.node);
            let over = self.gatherings.forget_unknown(now, is_known);
            drop(roster);
            for key in over {
                self.give_up(key);
            }
        }
    }

    fn next_due(&self) -> Option<Instant> {
        if self.gatherings.is_empty() {
            return None;
        }
        let sweep = self.swept + SWEEP;
        Some(
            self.gatherings
                .next_due()
                .map_or(sweep, |due| due.min(sweep)),
        )
    }

    /// Takes all answers under a key, and drops them.
    fn give_up(&self, key: u32) {
        while let Some(answers) = self.shared.hub.take_answers(key)
            && !answers.is_over
        {}
    }

    fn answer(&mut self, from: NodeId, ask: &Ask) {
        let asker = Asker {
            node: from,
            number: ask.key,
        };
        let Ok(demand) = serde_json::from_str::<Demand>(ask.what.get()) else {
            self.shared.counters.foreign.add(1);
            self.shared.answer(asker, &Part::failed(), false);
            return;
        };
        let hub = Arc::clone(&self.shared.hub);
        let count = match demand {
            Demand::Count { whom } => hub.count(&whom.into()),
            Demand::Close { whom, code, reason } if is_closing(code, &reason) => {
                hub.close_members(&whom.into(), code, &reason)
            }
            Demand::Join { whom, room } => hub.join_members(&whom.into(), &room),
            Demand::Leave { whom, room } => hub.leave_members(&whom.into(), &room),
            Demand::Tell { whom, message } => {
                let Ok(envelope) = envelope::scan(message.get()) else {
                    return self.refuse(asker);
                };
                hub.deliver_to(&whom.into(), &written(&envelope, None), None)
            }
            Demand::Fetch { whom, limit } => {
                let mut parts = self.shared.parts();
                for (id, info) in hub.list(&whom.into(), limit) {
                    parts.value(id, info.as_deref());
                }
                return self.shared.send_parts(asker, parts, true);
            }
            Demand::Send {
                whom,
                message,
                at_least,
            } => return self.gather(asker, ask, &whom.into(), &message, at_least),
            Demand::End {} => {
                if let Some(key) = self.gatherings.forget(asker) {
                    self.give_up(key);
                }
                return;
            }
            Demand::Claim { id, take_over } => {
                let mut part = Part::default();
                if self.shared.has_id(from, &id, take_over) {
                    // An empty id stands for this node.
                    part.bare.push("".into());
                }
                return self.shared.answer(asker, &part, false);
            }
            Demand::Message { message } => return self.tell(asker, &message, Some(ask.timeout)),
            Demand::Note { message } => return self.tell(asker, &message, None),
            Demand::Close { .. } => return self.refuse(asker),
        };
        self.shared.answer(asker, &Part::of_count(count), false);
    }

    /// The question is malformed.
    fn refuse(&self, asker: Asker) {
        self.shared.counters.foreign.add(1);
        self.shared.answer(asker, &Part::failed(), false);
    }

    /// Asks connections.
    fn gather(
        &mut self,
        asker: Asker,
        ask: &Ask,
        target: &Target,
        message: &RawValue,
        at_least: usize,
    ) {
        let Ok(envelope) = envelope::scan(message.get()) else {
            return self.refuse(asker);
        };
        let key = self.gatherings.next_key();
        let text = written(&envelope, Some(key));
        match self.shared.hub.ask(key, target, &text, at_least) {
            Some(0) => self.shared.answer(asker, &Part::default(), false),
            Some(_) => (self.gatherings).begin(key, asker, ask.timeout, Instant::now()),
            None => self.shared.answer(asker, &Part::failed(), false),
        }
    }

    /// Sends what connections have answered: all of it, or what is there.
    fn send_gathered(&mut self, key: u32, asker: Asker, all: bool) {
        let hub = &self.shared.hub;
        let mut parts = self.shared.parts();
        let is_over = loop {
            let some = if all {
                hub.take_answers(key)
            } else {
                hub.take_ready_answers(key)
            };
            let Some(answers) = some else {
                break true;
            };
            let (more, is_over) = (answers.more, answers.is_over);
            parts.answers(answers);
            if !more {
                break is_over;
            }
        };
        if is_over {
            self.gatherings.end(key);
        } else if parts.is_empty() {
            return;
        }
        self.shared.send_parts(asker, parts, is_over);
    }

    /// Leaves a message to the application.
    fn tell(&self, asker: Asker, message: &RawValue, timeout: Option<u32>) {
        if envelope::scan(message.get()).is_err() {
            if timeout.is_some() {
                self.refuse(asker);
            }
            return;
        }
        let now = Instant::now();
        let key = timeout.map(|timeout| {
            let mut inquiries = lock(&self.shared.inquiries);
            inquiries.note_message(asker, timeout, now)
        });
        self.shared.tell(News::Message {
            key,
            from: asker.node,
            text: message.get().to_owned(),
        });
    }
}

/// Whether a close frame may have this code and reason.
fn is_closing(code: u16, reason: &str) -> bool {
    let is_code = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    is_code && reason.len() <= 123
}

/// An envelope as it is sent to clients: with no other keys, and with an id or none.
fn written(envelope: &Envelope<'_>, key: Option<u32>) -> String {
    let name = envelope.name.raw();
    let payload = envelope
        .payload
        .map_or(String::new(), |payload| format!(",\"p\":{payload}"));
    let id = key.map_or(String::new(), |key| {
        format!(",\"i\":\"{REQUEST_PREFIX}{key}\"")
    });
    format!("{{\"n\":\"{name}\"{payload}{id}}}")
}

impl Shared {
    /// A question of a node has come.
    pub(super) fn on_ask(&self, from: NodeId, ask: Ask) {
        if lock(&self.inquiries).add(from, ask) {
            self.inquired.notify_one();
        } else {
            self.counters.dropped_queue.add(1);
        }
    }

    fn parts(&self) -> Parts {
        // Half, because the texts of ids may take more in JSON.
        let most = self.settings.max_message.saturating_sub(MARGIN) / 2;
        Parts::new(most.min(PART))
    }

    fn send_parts(&self, asker: Asker, parts: Parts, is_last: bool) {
        let parts = parts.finish();
        let last = parts.len() - 1;
        for (index, part) in parts.iter().enumerate() {
            self.answer(asker, part, !is_last || index < last);
        }
    }

    pub(super) fn answer(&self, asker: Asker, part: &Part, more: bool) {
        let Ok(with) = to_raw_value(part) else {
            return;
        };
        let answer = Answer {
            key: asker.number,
            with,
            more,
        };
        self.queue_control(Channel::Node(asker.node), &Control::Answer(answer));
    }
}
