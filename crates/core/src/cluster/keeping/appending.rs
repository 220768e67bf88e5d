//! The task that has messages kept, and how they get there.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use log::warn;

use super::entries::{Entry, new_epoch};
use super::state::ToKeep;
use crate::cluster::engine::{Append, AppendId, EngineError, Keeper};
use crate::cluster::news::{News, Unpublished};
use crate::cluster::outbox::Waiting;
use crate::cluster::publishing::give_up_these;
use crate::cluster::shared::{Phase, Shared, lock};
use crate::cluster::wire::{self, Origin, Scope};
use crate::hub::{Accepted, ForPeers, Position};

/// How long a message waits for a room with members here to be subscribed, so that they get it.
const SUBSCRIBE_TIMEOUT: Duration = Duration::from_millis(500);

/// Messages that are read at least to find out whether one was kept, and at most.
const LOOKED_AT: (usize, usize) = (200, 10_000);

/// What is added to the tag of a message that is appended again. An engine that has lost its last messages may give the
/// message its old offset again, behind others than before. With its old tag that would be the position of before, and
/// whoever stands there would never learn that it lacks the others.
const NEXT_TAG: u16 = 0x9e37;

pub(in crate::cluster) async fn run(shared: Arc<Shared>) {
    let Some(keeper) = shared.engine.keeper() else {
        return;
    };
    while shared.is_up().await {
        if lock(&shared.keeping.queue).is_empty() {
            shared.keeping.filled.notified().await;
            continue;
        }
        let Phase::Up(generation) = shared.phase() else {
            continue;
        };
        if let Err(error) = keep_some(&shared, keeper).await {
            shared.settle_down(generation, error).await;
        }
    }
    // The node ends: what waits is kept as far as possible.
    while !lock(&shared.keeping.queue).is_empty() && keep_some(&shared, keeper).await.is_ok() {}
}

/// Whoever has joined a room here before a message was sent gets it: the room is subscribed first.
async fn await_subscriptions(shared: &Shared, messages: &[(ToKeep, Waiting)]) {
    let is_awaited = || {
        let subscriptions = lock(&shared.subscriptions);
        let mut rooms = messages.iter().map(|(message, _)| &message.entry.room);
        rooms.any(|room| subscriptions.is_awaited(room))
    };
    let settled = async {
        loop {
            let mut changed = pin!(shared.rooms_settled.notified());
            // What changes from now on is not missed.
            changed.as_mut().enable();
            if !is_awaited() {
                return;
            }
            changed.await;
        }
    };
    if !shared.settings.all_rooms {
        let _ = tokio::time::timeout(SUBSCRIBE_TIMEOUT, settled).await;
    }
}

/// Messages that are given to the engine. Unless they are settled, they are put back when this is dropped: also when
/// the task ends in between.
struct UnderWay<'a> {
    shared: &'a Shared,
    messages: Vec<(ToKeep, Waiting)>,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let (messages, waiting) = std::mem::take(&mut self.messages).into_iter().unzip();
        lock(&self.shared.keeping.queue).put_back(messages, waiting);
    }
}

impl UnderWay<'_> {
    /// Numbers the messages that are appended next, and puts them first. Returns how many they are: those of the last
    /// batch whose outcome is not known, with the numbers that they have, or else all of them.
    fn begin_batch(&mut self) -> usize {
        self.messages
            .sort_by_key(|(message, _)| !message.is_doubtful);
        let doubtful = self
            .messages
            .iter()
            .take_while(|(message, _)| message.is_doubtful);
        let doubtful = doubtful.count();
        if doubtful > 0 {
            for (message, _) in &mut self.messages[..doubtful] {
                message.entry.tag = message.entry.tag.wrapping_add(NEXT_TAG);
            }
            return doubtful;
        }
        let batch = self.shared.keeping.batches.fetch_add(1, Relaxed);
        let mut counts: HashMap<Arc<str>, u32> = HashMap::new();
        for (
            ToKeep {
                entry, is_doubtful, ..
            },
            _,
        ) in &mut self.messages
        {
            let count = counts.entry(Arc::clone(&entry.room)).or_default();
            entry.id = Some(AppendId {
                node: self.shared.id(),
                batch,
                index: *count,
            });
            *count += 1;
            *is_doubtful = true;
        }
        self.messages.len()
    }

    /// Settles the messages whose outcome is known, and keeps the others.
    fn settle(&mut self, outcomes: Vec<Option<Result<Position, EngineError>>>) {
        let messages = std::mem::take(&mut self.messages);
        for (one, outcome) in messages.into_iter().zip(outcomes) {
            match outcome {
                None => self.messages.push(one),
                Some(outcome) => settle_one(self.shared, one, outcome),
            }
        }
    }
}

fn settle_one(
    shared: &Shared,
    (message, waiting): (ToKeep, Waiting),
    outcome: Result<Position, EngineError>,
) {
    lock(&shared.keeping.queue).done(std::slice::from_ref(&waiting));
    let outcome = match outcome {
        Ok(position) => {
            shared.counters.published.add(1);
            lock(&shared.strain).worked();
            // Of what was kept and dropped since, the engine may not know the position.
            let is_known = message.is_single && position.offset > 0;
            Ok(is_known.then(|| position.to_string()))
        }
        Err(refused) => {
            shared.counters.refused.add(1);
            warn!("node {}: {refused}", shared.id());
            Err(Unpublished::Refused(refused))
        }
    };
    if let Some(key) = waiting.receipt {
        shared.tell(News::Published { key, outcome });
    }
}

async fn keep_some(shared: &Shared, keeper: &dyn Keeper) -> Result<(), EngineError> {
    let (messages, waiting) = lock(&shared.keeping.queue).take();
    let mut under_way = UnderWay {
        shared,
        messages: messages.into_iter().zip(waiting).collect(),
    };
    await_subscriptions(shared, &under_way.messages).await;
    find_kept(keeper, &mut under_way).await?;
    if under_way.messages.is_empty() {
        return Ok(());
    }
    let count = under_way.begin_batch();
    let entries: Vec<&Append> = (under_way.messages[..count].iter())
        .map(|(message, _)| &message.entry)
        .collect();
    let results = keeper.append(&entries).await?;
    let mut problem = None;
    let mut outcomes = Vec::with_capacity(under_way.messages.len());
    for (result, (message, _)) in results.into_iter().zip(&mut under_way.messages) {
        outcomes.push(match result {
            Err(EngineError::Refused(_)) | Ok(_) => Some(result),
            Err(error) => {
                // It was not kept, unless the connection was lost.
                message.is_doubtful = matches!(error, EngineError::Lost { .. });
                problem = Some(error);
                None
            }
        });
    }
    outcomes.resize_with(under_way.messages.len(), || None);
    under_way.settle(outcomes);
    problem.map_or(Ok(()), Err)
}

/// Settles messages that the engine was given before and has kept: by their positions, which an engine that only knows their
/// ids does not give again.
async fn find_kept(keeper: &dyn Keeper, under_way: &mut UnderWay<'_>) -> Result<(), EngineError> {
    let mut rooms: HashMap<Arc<str>, usize> = HashMap::new();
    for (message, _) in &under_way.messages {
        if message.is_doubtful {
            rooms.insert(Arc::clone(&message.entry.room), message.entry.size);
        }
    }
    let mut found: HashMap<Origin, Position> = HashMap::new();
    let (least, most) = LOOKED_AT;
    for (room, size) in rooms {
        let kept = keeper.read(room, None, size.clamp(least, most)).await?;
        for (position, message) in &kept.messages {
            if let Some(origin) = Entry::read(*position, message).origin {
                found.insert(origin, *position);
            }
        }
    }
    if !found.is_empty() {
        let outcomes = under_way.messages.iter().map(|(message, _)| {
            let position = found.get(&message.origin).filter(|_| message.is_doubtful);
            position.map(|position| Ok(*position))
        });
        let outcomes = outcomes.collect();
        under_way.settle(outcomes);
    }
    Ok(())
}

/// Gives up what has waited for too long.
pub(in crate::cluster) fn expire(shared: &Shared) {
    let expired = lock(&shared.keeping.queue).expire(Instant::now());
    give_up_these(shared, &expired);
}

/// Gives up all that waits: the node ends.
pub(in crate::cluster) fn give_up(shared: &Shared) {
    let all = lock(&shared.keeping.queue).clear();
    give_up_these(shared, &all);
}

impl Shared {
    /// Adds a message to those that wait to be kept, for each of its `rooms` with history; `others` are the rooms
    /// that it is for besides.
    pub(in crate::cluster) fn queue_to_keep(
        &self,
        message: ForPeers<'_>,
        others: &[&str],
    ) -> Accepted {
        let rooms = message.rooms.unwrap_or_default();
        let names = |list: &[String]| list.iter().map(|name| Arc::from(name.as_str())).collect();
        let mut scope: Scope<Arc<str>> = Scope {
            rooms: Vec::new(),
            except: message.except.to_vec(),
            except_rooms: names(message.except_rooms),
            id: message.id.map(Into::into),
        };
        let is_single = rooms.len() + others.len() == 1;
        if !is_single {
            scope.rooms = rooms
                .iter()
                .chain(others)
                .map(|&room| room.into())
                .collect();
        }
        let to_keep: Option<Vec<ToKeep>> = rooms
            .iter()
            .map(|&room| {
                let rule = self.hub.history_rule(room)?;
                // Each has a number of its own, by which it is found again.
                let origin = self.next_origin();
                let entry = Append {
                    room: room.into(),
                    id: None,
                    data: wire::write_broadcast(origin, &scope, message.text)?,
                    tag: tag_of(origin),
                    new_epoch: new_epoch(),
                    size: rule.size,
                    ttl: rule.ttl,
                };
                Some(ToKeep {
                    entry,
                    origin,
                    is_doubtful: false,
                    is_single,
                })
            })
            .collect();
        let added = to_keep.is_some_and(|to_keep| {
            let mut queue = lock(&self.keeping.queue);
            queue.push(to_keep, message.receipt, Instant::now())
        });
        if !added {
            self.counters.dropped_queue.add(1);
            return Accepted::Busy;
        }
        self.notify_filled(&self.keeping.filled, message.in_turn);
        Accepted::Yes
    }
}

/// Tells two messages with one offset from each other. Nodes that began to send at the same time have the same
/// sequence numbers.
fn tag_of(origin: Origin) -> u16 {
    let [high, low, ..] = origin.node.0;
    origin.sequence as u16 ^ u16::from_be_bytes([high, low])
}
