//! The task that connects: again and again, with pauses, as long as the node runs.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use log::{info, warn};

use super::back_off::BackOff;
use super::channel::Channel;
use super::engine::{Engine, EngineError, Sink};
use super::keeping::{following, serving};
use super::news::News;
use super::settings::MISSED_BEATS;
use super::shared::{Phase, Shared, lock};
use super::{attendance, claiming, subscribing};

/// Longest time for a connection, with all subscriptions that every node has.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest pause before an engine is tried again that answers and cannot serve yet, in milliseconds: one that loads its
/// data is used within a second after it has done so.
const LONGEST_WHEN_UNABLE: u64 = 750;

pub(super) async fn run(shared: Arc<Shared>) {
    let mut back_off = BackOff::default();
    let mut was_up = false;
    // Since when the engine has not been reachable, once the application was told.
    let mut down_since: Option<Instant> = None;
    loop {
        let generation = shared.generation.fetch_add(1, Relaxed) + 1;
        *lock(&shared.loss) = None;
        let mut is_told = false;
        let error = match connect(&shared, generation).await {
            Ok(resubscribed) => {
                back_off = BackOff::default();
                if was_up {
                    shared.counters.reconnects.add(1);
                    shared.counters.resubscribed.add(resubscribed);
                }
                was_up = true;
                lock(&shared.awaited).back(Instant::now());
                *lock(&shared.own_beat) = Instant::now();
                shared.phase.send_if_modified(|phase| {
                    let goes_on = *phase != Phase::Over;
                    if goes_on {
                        *phase = Phase::Up(generation);
                    }
                    goes_on
                });
                attendance::ask_anew(&shared);
                info!("node {}: the engine is connected", shared.id());
                shared.tell(News::Up);
                claiming::claim_again(&shared);
                if let Some(since) = down_since.take() {
                    let (gaps, lost) = shared.keeping.take_gaps();
                    shared.tell(News::Resumed {
                        down_for: since.elapsed(),
                        gaps,
                        lost,
                    });
                }
                let error = lost(&shared, generation).await;
                let others: Vec<_> = lock(&shared.roster).iter().map(|peer| peer.id).collect();
                lock(&shared.awaited).lost(others.into_iter());
                error
            }
            Err(error) => error,
        };
        shared.phase.send_if_modified(|phase| {
            let goes_on = *phase != Phase::Over;
            if goes_on {
                *phase = Phase::Down;
            }
            goes_on
        });
        lock(&shared.strain).forget();
        subscribing::give_up_waiting(&shared);
        shared.give_up_questions();
        serving::give_up(&shared);
        if down_since.is_none() {
            down_since = Some(Instant::now());
            warn!("node {}: the engine is not reachable: {error}", shared.id());
            shared.tell(News::Down(error.clone()));
            is_told = true;
        }
        shared.part_from_twin(&error, is_told);
        pause(&*shared.engine, &mut back_off, &error).await;
    }
}

/// Pauses before the next try. A pause that has become long ends when the engine is reachable again.
async fn pause(engine: &dyn Engine, back_off: &mut BackOff, failure: &EngineError) {
    let reachable = engine.reachable(failure);
    let pause = match failure {
        // It answers, and says that it will serve later.
        EngineError::Unable(_) => back_off.pause_up_to(LONGEST_WHEN_UNABLE),
        _ => back_off.pause(),
    };
    let waited = tokio::time::timeout(pause, reachable).await;
    if waited.is_ok() {
        *back_off = BackOff::default();
    }
}

/// Connects, and subscribes to everything. Returns how many rooms were subscribed.
async fn connect(shared: &Arc<Shared>, generation: u64) -> Result<usize, EngineError> {
    let sink: Arc<dyn Sink> = Arc::new(Arc::clone(shared));
    let common = async {
        shared.engine.connect(sink, generation).await?;
        if let Some(registrar) = shared.engine.registrar() {
            // A server that loads its data, or is a replica, takes subscriptions and refuses this.
            let ttl = shared.settings.heartbeat_interval * MISSED_BEATS;
            shared.identity.draw_mark();
            let marks = shared.identity.marks();
            let announced = registrar.announce(shared.id(), marks, ttl.as_millis() as u64);
            match announced.await {
                Ok(false) => return Err(shared.meet_twin(generation)),
                Err(error) if shared.is_lost(generation) => return Err(error),
                _ => {}
            }
        }
        let mut channels = vec![
            Channel::Everyone,
            Channel::Nodes,
            Channel::Node(shared.id()),
        ];
        if shared.settings.all_rooms {
            channels.push(Channel::EveryRoom);
        }
        shared.engine.subscribe(channels).await
    };
    let connected = tokio::time::timeout(CONNECT_TIMEOUT, common).await;
    connected.unwrap_or_else(|_| Err(timed_out()))?;
    let count = subscribing::all_anew(shared).await?;
    if shared.settings.all_rooms {
        following::compare_all(shared).await?;
    }
    Ok(count)
}

fn timed_out() -> EngineError {
    EngineError::Lost {
        message: format!(
            "the engine has not answered in {} s",
            CONNECT_TIMEOUT.as_secs()
        ),
        code: Some("ETIMEDOUT".into()),
    }
}

/// Waits until the connection is lost.
async fn lost(shared: &Shared, generation: u64) -> EngineError {
    loop {
        if let Some((of, error)) = lock(&shared.loss).take()
            && of == generation
        {
            return error;
        }
        shared.lost.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Broker;
    use super::*;

    #[test]
    fn pauses_end_when_the_engine_is_reachable() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let broker = Broker::new();
        let engine = broker.engine();
        runtime.block_on(async {
            let start = Instant::now();
            for _ in 0..10 {
                let mut back_off = BackOff::default();
                for _ in 0..20 {
                    back_off.pause();
                }
                pause(&*engine, &mut back_off, &timed_out()).await;
                // The next pauses are short again.
                assert!(back_off.pause() <= Duration::from_millis(50));
            }
            // By themselves they would take half a minute.
            assert!(start.elapsed() < Duration::from_secs(2));
        });
    }
}
