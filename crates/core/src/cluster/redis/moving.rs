//! Channels whose slot moves to another server of a Redis Cluster: the old server ends their subscriptions. They are
//! subscribed to at the new one, and all others stay as they are.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};

use super::calls::{Call, Name};
use super::keys::Keys;
use super::servers::{Servers, Use};
use super::session::{Ending, Incoming};
use crate::boxed;
use crate::cluster::engine::EngineError;

/// The channels of a slot come one by one: they are gathered for this long.
const GATHERED: Duration = Duration::from_millis(2);

/// Time for a confirmation to come when something else was taken for it.
const CONFIRMED: Duration = Duration::from_millis(5);

/// Longest time for subscriptions.
const PATIENCE: Duration = Duration::from_secs(5);

/// The task that follows slots. It ends when this is dropped.
pub struct Mover(AbortHandle);

impl Drop for Mover {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Mover {
    pub fn start(
        keys: Arc<Keys>,
        servers: Arc<Servers>,
        incoming: Arc<Incoming>,
        ending: Arc<Ending>,
    ) -> Self {
        let task = boxed::spawn(async move {
            loop {
                incoming.has_moved().await;
                sleep(GATHERED).await;
                let channels = incoming.take_moved();
                if let Err(error) = subscribe(&keys, &servers, &incoming, &channels).await {
                    // Everything is connected anew.
                    ending.lose(error);
                    return;
                }
                ending.missed(&channels);
            }
        });
        Self(task.abort_handle())
    }
}

/// Subscribes to channels of slots. Each has a command of its own, so that each gets an answer of its own: an error
/// answers a whole command, and a server may have some of the slots only.
///
/// While slots move, the crate `redis` takes the end of another subscription for the answer to a command. So only what
/// names the channel counts as an answer.
///
/// # Errors
/// A connection is lost, a server refuses it, or slots move for too long.
pub async fn subscribe(
    keys: &Keys,
    servers: &Servers,
    incoming: &Incoming,
    channels: &[String],
) -> Result<(), EngineError> {
    let deadline = Instant::now() + PATIENCE;
    incoming.expect_subscribed(channels);
    let mut left = channels.to_vec();
    loop {
        let calls = left.iter().map(|name| Call {
            slot: keys.slot(name),
            size: name.len(),
            command: redis::cmd("SSUBSCRIBE").arg(name).take(),
        });
        let name = Name::of("SSUBSCRIBE");
        let results = servers
            .run(Use::Subscriptions, name, calls.collect())
            .await?;
        for result in results {
            result?;
        }
        left = incoming.unconfirmed_of(&left);
        if !left.is_empty() {
            sleep(CONFIRMED).await;
            left = incoming.unconfirmed_of(&left);
        }
        if left.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(EngineError::Unable(format!(
                "the slots of {} channels move from one server of the Redis Cluster to another",
                left.len()
            )));
        }
    }
}
