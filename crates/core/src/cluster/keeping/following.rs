//! Compares where rooms stand here with the engine, and reads what is missing.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use log::{debug, info, warn};

use super::entries::{Entry, before, follow_one_another, new_epoch};
use super::serving::{serve, serve_refused};
use crate::cluster::engine::{EngineError, Head, Keeper, Kept};
use crate::cluster::shared::{Phase, Shared, lock};
use crate::hub::{Comparison, KeptMessage, Position};

/// Rooms that are compared in one round trip.
const AT_ONCE: usize = 1024;

/// Messages of one read when what is between is read.
const PAGE: usize = 500;

/// What was found out about a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Nothing is missing.
    Same,
    /// What was missing was read.
    Repaired,
    /// Something is lost, and members know.
    Lost,
    /// The engine has another history, and members know.
    Anew,
}

/// Compares rooms that need it, and all of them now and then.
pub(in crate::cluster) async fn run(shared: Arc<Shared>) {
    if shared.engine.keeper().is_none() {
        return;
    }
    let mut checked = tokio::time::Instant::now();
    while shared.is_up().await {
        let due = checked + shared.settings.idle_check;
        let waited = tokio::time::timeout_at(due, shared.keeping.is_astray.notified()).await;
        let Phase::Up(generation) = shared.phase() else {
            continue;
        };
        let rooms = if waited.is_err() {
            checked = tokio::time::Instant::now();
            subscribed(&shared, shared.hub.followed_rooms())
        } else {
            take_astray(&shared)
        };
        if let Err(error) = compare(&shared, rooms).await {
            shared.settle_down(generation, error).await;
            shared.keeping.is_astray.notify_one();
        }
    }
}

/// The rooms whose messages come by themselves. Others are compared when they are subscribed.
fn subscribed(shared: &Shared, rooms: Vec<Arc<str>>) -> Vec<Arc<str>> {
    if shared.settings.all_rooms {
        return rooms;
    }
    let subscriptions = lock(&shared.subscriptions);
    let rooms = rooms.into_iter();
    rooms
        .filter(|room| subscriptions.is_confirmed(room))
        .collect()
}

/// Takes the rooms that need it. Those that are not subscribed yet stay, and those that will not be are served.
fn take_astray(shared: &Shared) -> Vec<Arc<str>> {
    let mut astray = lock(&shared.keeping.astray);
    if shared.settings.all_rooms {
        return astray.drain().collect();
    }
    let subscriptions = lock(&shared.subscriptions);
    let (ready, others): (Vec<_>, Vec<_>) =
        (astray.drain()).partition(|room| subscriptions.is_confirmed(room));
    let (awaited, others): (Vec<_>, Vec<_>) =
        (others.into_iter()).partition(|room| subscriptions.is_awaited(room));
    astray.extend(awaited);
    drop((astray, subscriptions));
    serve_refused(shared, &others);
    ready
}

/// Compares rooms that were subscribed just now. An engine that cannot do it is asked again later.
pub(in crate::cluster) async fn compare_new(
    shared: &Shared,
    rooms: &[Arc<str>],
) -> Result<(), EngineError> {
    match compare(shared, rooms.to_vec()).await {
        Err(error @ EngineError::Lost { .. }) => Err(error),
        _ => Ok(()),
    }
}

/// Rooms are subscribed.
pub(in crate::cluster) fn subscribed_more(shared: &Shared) {
    if !lock(&shared.keeping.astray).is_empty() {
        shared.keeping.is_astray.notify_one();
    }
}

/// Compares all rooms that are followed.
pub(in crate::cluster) async fn compare_all(shared: &Shared) -> Result<(), EngineError> {
    let rooms = subscribed(shared, shared.hub.followed_rooms());
    compare(shared, rooms).await
}

/// Compares rooms: afterwards each stands where the engine stood when this was called, or later.
pub(in crate::cluster) async fn compare(
    shared: &Shared,
    rooms: Vec<Arc<str>>,
) -> Result<(), EngineError> {
    let Some(keeper) = shared.engine.keeper() else {
        return Ok(());
    };
    let _guard = shared.keeping.comparing.lock().await;
    let mut parts: Vec<&[Arc<str>]> = rooms.chunks(AT_ONCE).rev().collect();
    while let Some(some) = parts.pop() {
        if let Err(error) = compare_some(shared, keeper, some).await {
            if let EngineError::Refused(_) = error {
                if some.len() > 1 {
                    // One of them may be the reason: somebody else has written under its key. The others are compared.
                    let (first, second) = some.split_at(some.len() / 2);
                    parts.extend([second, first]);
                    continue;
                }
                shared.counters.refused.add(1);
                warn!("node {}: {error}", shared.id());
                // Nobody waits for what will not come.
                for room in some {
                    let joins = shared.hub.joins_waiting(room);
                    serve(shared, room, &joins, Comparison::Refused);
                }
                continue;
            }
            parts.push(some);
            for room in parts.into_iter().flatten() {
                shared.note_astray(room);
            }
            return Err(error);
        }
    }
    Ok(())
}

async fn compare_some(
    shared: &Shared,
    keeper: &dyn Keeper,
    rooms: &[Arc<str>],
) -> Result<(), EngineError> {
    // Where they stand is noted first: what comes meanwhile is not taken for something that the engine lacks.
    let stands: Vec<_> = (rooms.iter())
        .filter_map(|room| {
            Some((
                room,
                shared.hub.stand(room)?,
                shared.hub.history_rule(room)?,
                shared.hub.joins_waiting(room),
            ))
        })
        .collect();
    if stands.is_empty() {
        return Ok(());
    }
    // No room has had it. Several may have the same.
    let new_epoch = new_epoch();
    let asked = stands.iter().map(|(room, _, rule, _)| Head {
        room: Arc::clone(room),
        new_epoch,
        ttl: rule.ttl,
    });
    let heads = keeper.heads(asked.collect()).await?;
    for ((room, stand, _, joins), head) in stands.into_iter().zip(heads) {
        let follower = Follower {
            shared,
            keeper,
            room,
        };
        let found = match stand {
            None => follower.begin(head).await?,
            Some(at) => follower.go_on(at, head).await?,
        };
        follower.fill(head).await?;
        note(shared, room, found);
        serve(shared, room, &joins, Comparison::Done);
    }
    Ok(())
}

fn note(shared: &Shared, room: &str, found: Found) {
    let Shared {
        counters, keeping, ..
    } = shared;
    if found == Found::Same {
        return;
    }
    debug!("node {}: room {room:?}: {found:?}", shared.id());
    counters.gaps.add(1);
    keeping.gaps.fetch_add(1, Relaxed);
    if found == Found::Repaired {
        counters.gaps_repaired.add(1);
        return;
    }
    info!(
        "node {}: messages of room {room:?} are lost: {}",
        shared.id(),
        if found == Found::Anew {
            "the engine has begun its history anew"
        } else {
            "the engine has them no more"
        }
    );
    keeping.lost.fetch_add(1, Relaxed);
    counters.lost.add(1);
    if found == Found::Anew {
        counters.epochs.add(1);
    }
}

/// Follows one room.
struct Follower<'a> {
    shared: &'a Shared,
    keeper: &'a dyn Keeper,
    room: &'a Arc<str>,
}

impl Follower<'_> {
    async fn read(&self, after: Option<u64>, limit: usize) -> Result<Kept, EngineError> {
        self.keeper.read(Arc::clone(self.room), after, limit).await
    }

    /// Nothing is known of the room here.
    async fn begin(&self, head: Position) -> Result<Found, EngineError> {
        let missing = self.shared.hub.missing(self.room, &head);
        if missing == 0 || head.offset == 0 {
            self.shared.hub.begin_following(self.room, &head, [].iter());
            return Ok(Found::Same);
        }
        // One more says with its tag where they begin.
        let kept = self.read(None, missing + 1).await?;
        let messages = Entry::read_all(&kept.messages);
        match messages.as_slice() {
            [first, rest @ ..] if follow_one_another(&messages) => {
                let (base, rest) = if first.position().offset == 1 {
                    (before(first.position()), &messages[..])
                } else {
                    (first.position(), rest)
                };
                self.shared.hub.begin_following(
                    self.room,
                    &base,
                    rest.iter().map(|entry| &entry.message),
                );
                if messages.len() <= missing {
                    self.shared.hub.has_all(self.room);
                }
            }
            _ => {
                let head = kept.head.unwrap_or(head);
                self.shared.hub.begin_following(self.room, &head, [].iter());
                self.shared.hub.has_all(self.room);
            }
        }
        Ok(Found::Same)
    }

    /// The room stands at a position here, and at another one there.
    async fn go_on(&self, at: Position, head: Position) -> Result<Found, EngineError> {
        if at.epoch != head.epoch {
            return self.begin_anew(at, head).await;
        }
        if head == at {
            return Ok(Found::Same);
        }
        if head.offset <= at.offset {
            // The engine has lost its last messages, and may have given their offsets to others.
            return self.go_on_from_fork(at, head).await;
        }
        let mut last = at;
        loop {
            // The message that the room stands at comes first: its tag says whether it is the same one.
            let kept = self.read(Some(last.offset.saturating_sub(1)), PAGE).await?;
            let messages = Entry::read_all(&kept.messages);
            let behind = match messages.split_first() {
                _ if last.offset == 0 => &messages[..],
                Some((first, behind)) if first.position() == last => behind,
                Some((first, _)) if first.position().offset == last.offset => {
                    return self.go_on_from_fork(last, head).await;
                }
                _ => return Ok(self.lose(last, head, &messages)),
            };
            let starts = behind
                .first()
                .is_none_or(|next| next.position().offset == last.offset + 1);
            if !starts || !follow_one_another(&messages) || messages.is_empty() {
                return Ok(self.lose(last, head, behind));
            }
            let Some(end) = behind.last() else {
                return Ok(Found::Repaired);
            };
            last = end.position();
            self.deliver(behind);
            if messages.len() < PAGE {
                return Ok(Found::Repaired);
            }
        }
    }

    /// Some of the messages behind `at` are gone: goes on with those that are left.
    fn lose(&self, at: Position, head: Position, left: &[Entry<'_>]) -> Found {
        let left = if follow_one_another(left) { left } else { &[] };
        let to = left.first().map_or(head, |first| before(first.position()));
        self.jump(at, to, left, Found::Lost)
    }

    /// Goes on at another position, and with the messages behind it.
    fn jump(&self, at: Position, to: Position, left: &[Entry<'_>], found: Found) -> Found {
        let was_there = self.shared.hub.go_on_at(self.room, &at, &to);
        if was_there {
            self.deliver(left);
        }
        // There may be more, or something has come meanwhile.
        self.shared.note_astray(self.room);
        if was_there { found } else { Found::Same }
    }

    /// Goes on behind the last message that both have.
    async fn go_on_from_fork(&self, at: Position, head: Position) -> Result<Found, EngineError> {
        let from = head.offset.saturating_sub(PAGE as u64);
        let kept = self.read(Some(from), PAGE).await?;
        let messages = Entry::read_all(&kept.messages);
        let is_known = |entry: &&Entry<'_>| self.shared.hub.is_kept(self.room, &entry.position());
        let known = messages.iter().take_while(is_known).count();
        let left = &messages[known..];
        let to = match (known.checked_sub(1), left.first()) {
            (Some(last), _) => messages[last].position(),
            (None, Some(first)) if first.position().offset == 1 => before(first.position()),
            _ => head,
        };
        let left = if to == head || !follow_one_another(&messages) {
            &[]
        } else {
            left
        };
        Ok(self.jump(at, to, left, Found::Lost))
    }

    /// The engine has another history than the one that was followed: all of its messages are new.
    async fn begin_anew(&self, at: Position, head: Position) -> Result<Found, EngineError> {
        let kept = self.read(Some(0), PAGE).await?;
        let messages = Entry::read_all(&kept.messages);
        let is_same = |entry: &Entry<'_>| entry.position().epoch == head.epoch;
        let is_one = messages.iter().all(is_same) && follow_one_another(&messages);
        let left = if is_one { &messages[..] } else { &[] };
        let to = left.first().map_or(head, |first| before(first.position()));
        Ok(self.jump(at, to, left, Found::Anew))
    }

    /// Reads what those need who have joined, if the room keeps less.
    async fn fill(&self, head: Position) -> Result<(), EngineError> {
        let hub = &self.shared.hub;
        let missing = hub.missing(self.room, &head);
        let Some((first, last)) = hub.kept_range(self.room) else {
            return Ok(());
        };
        if missing == 0 {
            return Ok(());
        }
        // So many up to the head: later messages have come meanwhile.
        let end = if head.epoch == last.epoch {
            head.offset.min(last.offset)
        } else {
            last.offset
        };
        let from = end.saturating_sub(missing as u64);
        if from < first.offset {
            let limit = usize::try_from(first.offset - from).unwrap_or(usize::MAX);
            let kept = self
                .read(Some(from.saturating_sub(1)), limit.saturating_add(1))
                .await?;
            let mut messages = Entry::read_all(&kept.messages);
            messages.retain(|entry| entry.position().offset <= first.offset);
            let fits = follow_one_another(&messages)
                && messages.last().is_some_and(|last| last.position() == first);
            if fits {
                // Before the very first message is a position, too: that of who has joined an idle room.
                let start = messages.first().map(Entry::position);
                let start = start
                    .filter(|start| start.offset == 1)
                    .map(|start| KeptMessage {
                        position: before(start),
                        content: None,
                    });
                let older = messages.iter().map(|entry| &entry.message);
                hub.put_before(self.room, start.iter().chain(older));
            }
            // What was asked for is not there, or of no use. Somebody else may want more than was asked for.
            let is_there = messages
                .first()
                .is_some_and(|oldest| oldest.position().offset <= from.max(1));
            if !fits || !is_there {
                hub.has_all(self.room);
            }
        }
        Ok(())
    }

    fn deliver(&self, entries: &[Entry<'_>]) {
        for entry in entries {
            self.shared.deliver_entry(self.room, entry);
        }
    }
}
