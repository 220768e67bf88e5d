//! The task that publishes what waits, and how messages get there.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use log::warn;
use tokio::sync::Notify;

use crate::hub::{Accepted, ForPeers};

use super::channel::Channel;
use super::control::Control;
use super::engine::{EngineError, Publication};
use super::news::{News, Unpublished};
use super::outbox::{Outbox, Waiting};
use super::shared::{Phase, Shared, lock};
use super::wire::{self, Scope};

pub(super) async fn run(shared: Arc<Shared>) {
    while shared.is_up().await {
        let Some(outbox) = next_outbox(&shared) else {
            let until = lock(&shared.awaited).until(Instant::now());
            let filled = shared.filled.notified();
            match until {
                Some(until) => drop(tokio::time::timeout_at(until.into(), filled).await),
                None => filled.await,
            }
            continue;
        };
        if let Phase::Up(generation) = shared.phase()
            && let Err(error) = publish_some(&shared, outbox).await
        {
            shared.settle_down(generation, error).await;
        }
    }
    // The node ends: what waits is published as far as possible.
    for outbox in [&shared.controls, &shared.outbox] {
        while !lock(outbox).is_empty() && publish_some(&shared, outbox).await.is_ok() {}
    }
}

/// What is published next: messages for nodes, then those for clients, unless other nodes are to come back first.
fn next_outbox(shared: &Shared) -> Option<&Mutex<Outbox<Publication>>> {
    if !lock(&shared.controls).is_empty() {
        return Some(&shared.controls);
    }
    let is_held = lock(&shared.awaited).until(Instant::now()).is_some();
    (!is_held && !lock(&shared.outbox).is_empty()).then_some(&shared.outbox)
}

/// Messages that are being published. Unless they are settled, they are put back when this is dropped: also when the
/// task ends in between.
struct UnderWay<'a> {
    shared: &'a Shared,
    outbox: &'a Mutex<Outbox<Publication>>,
    messages: Vec<Publication>,
    waiting: Vec<Waiting>,
}

impl UnderWay<'_> {
    fn settle(mut self, outcome: &Result<Option<String>, Unpublished>) {
        self.messages.clear();
        let waiting = std::mem::take(&mut self.waiting);
        lock(self.outbox).done(&waiting);
        tell_all(self.shared, &waiting, outcome);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let messages = std::mem::take(&mut self.messages);
        let waiting = std::mem::take(&mut self.waiting);
        lock(self.outbox).put_back(messages, waiting);
    }
}

async fn publish_some(
    shared: &Shared,
    outbox: &Mutex<Outbox<Publication>>,
) -> Result<(), EngineError> {
    let (messages, waiting) = lock(outbox).take();
    let under_way = UnderWay {
        shared,
        outbox,
        messages,
        waiting,
    };
    let count = under_way.messages.len();
    match shared.engine.publish(&under_way.messages).await {
        Ok(()) => {
            shared.counters.published.add(count);
            under_way.settle(&Ok(None));
        }
        // The engine has stopped at one of them. Those that it has taken before are known to the other nodes.
        Err(EngineError::Refused(_)) if count > 1 => return publish_each(under_way).await,
        Err(refused @ EngineError::Refused(_)) => {
            shared.counters.refused.add(count);
            warn!("node {}: {refused}", shared.id());
            under_way.settle(&Err(Unpublished::Refused(refused)));
        }
        // They are put back: whether the engine has them is not known, and who has got them knows them again.
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Publishes messages one by one.
async fn publish_each(mut under_way: UnderWay<'_>) -> Result<(), EngineError> {
    let shared = under_way.shared;
    while !under_way.messages.is_empty() {
        let outcome = match shared.engine.publish(&under_way.messages[..1]).await {
            Ok(()) => {
                shared.counters.published.add(1);
                Ok(None)
            }
            Err(refused @ EngineError::Refused(_)) => {
                shared.counters.refused.add(1);
                warn!("node {}: {refused}", shared.id());
                Err(Unpublished::Refused(refused))
            }
            Err(error) => return Err(error),
        };
        under_way.messages.remove(0);
        let waiting = under_way.waiting.remove(0);
        lock(under_way.outbox).done(std::slice::from_ref(&waiting));
        tell_all(shared, &[waiting], &outcome);
    }
    Ok(())
}

/// Gives up what has waited for too long.
pub(super) fn expire(shared: &Shared) {
    for outbox in [&shared.controls, &shared.outbox] {
        let expired = lock(outbox).expire(Instant::now());
        give_up_these(shared, &expired);
    }
}

/// Gives up all that waits: the node ends.
pub(super) fn give_up(shared: &Shared) {
    for outbox in [&shared.controls, &shared.outbox] {
        let all = lock(outbox).clear();
        give_up_these(shared, &all);
    }
}

/// Counts messages that are given up, and tells of those with receipts.
pub(super) fn give_up_these(shared: &Shared, gone: &[Waiting]) {
    shared.counters.dropped_queue.add(gone.len());
    tell_all(shared, gone, &Err(Unpublished::Down));
}

fn tell_all(shared: &Shared, waiting: &[Waiting], outcome: &Result<Option<String>, Unpublished>) {
    for key in waiting.iter().filter_map(|one| one.receipt) {
        let outcome = outcome.clone();
        shared.tell(News::Published { key, outcome });
    }
}

impl Shared {
    /// Adds a message to those that wait, for each channel that it is for.
    pub(super) fn queue(&self, message: ForPeers<'_>) -> Accepted {
        let rooms = message.rooms.unwrap_or_default();
        let names = |list: &[String]| list.iter().map(|name| Arc::from(name.as_str())).collect();
        let scope: Scope<Arc<str>> = Scope {
            rooms: match rooms {
                [_] => Vec::new(),
                several => several.iter().map(|&room| room.into()).collect(),
            },
            except: message.except.to_vec(),
            except_rooms: names(message.except_rooms),
            id: message.id.map(Into::into),
        };
        let Some(data) = wire::write_broadcast(self.next_origin(), &scope, message.text) else {
            self.counters.dropped_queue.add(1);
            return Accepted::Busy;
        };
        let channels: Vec<Channel> = match message.rooms {
            None => vec![Channel::Everyone],
            Some(rooms) => rooms
                .iter()
                .map(|&room| Channel::Room(room.into()))
                .collect(),
        };
        if channels.is_empty() {
            // A list of no rooms: nobody has to have it.
            if let Some(key) = message.receipt {
                let outcome = Ok(None);
                self.tell(News::Published { key, outcome });
            }
            return Accepted::Yes;
        }
        // The last of them takes the data itself.
        let data = std::iter::repeat_n(data, channels.len());
        let messages = channels.into_iter().zip(data);
        let messages = messages.map(|(channel, data)| Publication { channel, data });
        let added = lock(&self.outbox).push(messages.collect(), message.receipt, Instant::now());
        if !added {
            self.counters.dropped_queue.add(1);
            return Accepted::Busy;
        }
        self.notify_filled(&self.filled, message.in_turn);
        Accepted::Yes
    }

    /// Wakes the task that takes what waits, now or when the application's turn is over.
    pub(super) fn notify_filled(&self, filled: &Notify, in_turn: bool) {
        if in_turn {
            self.is_turn_due.store(true, Relaxed);
        } else {
            filled.notify_one();
        }
    }

    /// The application's turn is over.
    pub(super) fn end_turn(&self) {
        if self.is_turn_due.swap(false, Relaxed) {
            self.filled.notify_one();
            self.keeping.filled.notify_one();
        }
    }

    /// Adds something for nodes to the messages that wait. False when there is no room.
    pub(super) fn queue_control(&self, channel: Channel, control: &Control) -> bool {
        let Ok(json) = serde_json::to_string(control) else {
            return false;
        };
        let data = wire::write_control(self.next_origin(), &json);
        let message = Publication { channel, data };
        let added = lock(&self.controls).push(vec![message], None, Instant::now());
        if added {
            self.filled.notify_one();
        } else {
            self.counters.dropped_queue.add(1);
        }
        added
    }
}
