//! The task that subscribes to rooms that get their first member, and unsubscribes from those that lost their last.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::{join, select};
use log::warn;

use super::channel::Channel;
use super::engine::EngineError;
use super::keeping::{following, serving};
use super::news::News;
use super::shared::{Phase, Shared, lock};

/// Pause before a room is subscribed to again that the engine has refused.
const REFUSED_PAUSE: Duration = Duration::from_secs(30);

pub(super) async fn run(shared: Arc<Shared>) {
    if shared.settings.all_rooms {
        return;
    }
    while shared.is_up().await {
        let next_due = lock(&shared.subscriptions).next_due();
        let sleep = async {
            match next_due {
                Some(due) => tokio::time::sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        select(pin!(shared.rooms_changed.notified()), pin!(sleep)).await;
        // What has changed in one turn is told together.
        tokio::task::yield_now().await;
        if let Phase::Up(generation) = shared.phase()
            && let Err(error) = tell(&shared).await
        {
            shared.settle_down(generation, error).await;
            // What could not be told is told now.
            shared.rooms_changed.notify_one();
        }
    }
}

/// Tells a new connection of all rooms. Returns how many.
pub(super) async fn all_anew(shared: &Shared) -> Result<usize, EngineError> {
    lock(&shared.subscriptions).begin_anew();
    if shared.settings.all_rooms {
        return Ok(0);
    }
    tell(shared).await
}

/// Tells the engine of all changes. Returns how many rooms were subscribed.
async fn tell(shared: &Shared) -> Result<usize, EngineError> {
    let mut count = 0;
    // Rooms that are subscribed, and are to be compared. That is done while the next ones are being subscribed.
    let mut subscribed: Vec<Arc<str>> = Vec::new();
    loop {
        let changes = lock(&shared.subscriptions).take(Instant::now());
        release(shared, changes.released);
        if changes.subscribe.is_empty() && changes.unsubscribe.is_empty() && subscribed.is_empty() {
            return Ok(count);
        }
        // Those that have lost their members meanwhile are not confirmed, and messages do not come to them any longer.
        subscribed.retain(|room| !changes.unsubscribe.contains(room));
        let telling = async {
            if !changes.unsubscribe.is_empty() {
                // First: whoever joins from now on must not be served as if messages still came.
                shared.hub.end_following(&changes.unsubscribe);
                let channels = changes.unsubscribe.iter().cloned().map(Channel::Room);
                shared.engine.unsubscribe(channels.collect()).await?;
            }
            subscribe(shared, &changes.subscribe).await
        };
        let (told, compared) = join(telling, confirm(shared, &subscribed)).await;
        let refused = match (told, compared) {
            (Ok(refused), Ok(())) => refused,
            (Err(error), _) | (_, Err(error)) => {
                let mut subscriptions = lock(&shared.subscriptions);
                subscriptions.put_back(&subscribed);
                subscriptions.put_back(&changes.subscribe);
                return Err(error);
            }
        };
        subscribed = changes.subscribe;
        if !refused.is_empty() {
            subscribed.retain(|room| !refused.contains(room));
            let due = Instant::now() + REFUSED_PAUSE;
            let keys = lock(&shared.subscriptions).refused(&refused, due);
            release(shared, keys);
            shared.rooms_settled.notify_waiters();
            serving::serve_refused(shared, &refused);
        }
        count += subscribed.len();
    }
}

/// Subscribes to rooms. Returns those that the engine refuses, as for want of a permission: the others are subscribed all
/// the same.
async fn subscribe(shared: &Shared, rooms: &[Arc<str>]) -> Result<Vec<Arc<str>>, EngineError> {
    let mut refused = Vec::new();
    let mut parts = vec![rooms];
    while let Some(some) = parts.pop() {
        if some.is_empty() {
            continue;
        }
        let channels = some.iter().cloned().map(Channel::Room);
        match shared.engine.subscribe(channels.collect()).await {
            Ok(()) => {}
            Err(EngineError::Refused(_)) if some.len() > 1 => {
                let (first, second) = some.split_at(some.len() / 2);
                parts.extend([second, first]);
            }
            Err(error @ EngineError::Refused(_)) => {
                shared.counters.refused.add(1);
                warn!(
                    "node {}: room {:?} is not subscribed: {error}",
                    shared.id(),
                    some[0]
                );
                refused.extend_from_slice(some);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(refused)
}

/// Compares rooms that were subscribed, and tells those who have waited for that.
async fn confirm(shared: &Shared, rooms: &[Arc<str>]) -> Result<(), EngineError> {
    if rooms.is_empty() {
        return Ok(());
    }
    following::compare_new(shared, rooms).await?;
    let keys = lock(&shared.subscriptions).confirmed(rooms);
    release(shared, keys);
    shared.rooms_settled.notify_waiters();
    following::subscribed_more(shared);
    Ok(())
}

/// Nobody waits for subscriptions while the engine is not reachable.
pub(super) fn give_up_waiting(shared: &Shared) {
    let keys = lock(&shared.subscriptions).give_up_waiting();
    release(shared, keys);
}

fn release(shared: &Shared, keys: Vec<u32>) {
    for key in keys {
        shared.tell(News::Subscribed(key));
    }
}
