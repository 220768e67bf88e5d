//! Heartbeats: each node tells the others that it lives, and sees by its own that the engine passes messages on.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use log::{info, warn};

use super::channel::Channel;
use super::control::{Beat, Control};
use super::engine::{EngineError, Publication};
use super::keeping::appending;
use super::news::News;
use super::node_id::NodeId;
use super::roster::Peer;
use super::settings::MISSED_BEATS;
use super::shared::{Phase, Shared, lock};
use super::{attendance, publishing, wire};

/// Own heartbeats that may stay out before the connection is made anew.
const MISSED_OWN: u32 = 2;

pub(super) async fn run(shared: Arc<Shared>) {
    let interval = shared.settings.heartbeat_interval;
    let pause = (interval / 5).clamp(Duration::from_millis(10), Duration::from_secs(1));
    let mut beaten: Option<(u64, Instant)> = None;
    let mut phase = shared.phase.subscribe();
    let mut refusal = String::new();
    loop {
        publishing::expire(&shared);
        appending::expire(&shared);
        let dead = lock(&shared.roster).expire(Instant::now(), interval * MISSED_BEATS);
        for peer in dead {
            left(&shared, peer);
        }
        forget_messages(&shared);
        shared.look_at_strain();
        if let Phase::Up(generation) = shared.phase() {
            let is_first = beaten.is_none_or(|(of, _)| of != generation);
            if is_first || beaten.is_some_and(|(_, last)| last.elapsed() >= interval) {
                beaten = Some((generation, Instant::now()));
                let beat = own_beat(&shared, is_first);
                // An engine that does not answer may wait for long: the heartbeat's absence tells sooner.
                let told = tokio::time::timeout(interval, tell(&shared, Channel::Nodes, &beat));
                refusal = match told.await {
                    Ok(Err(error)) => failed(&shared, generation, error),
                    _ => String::new(),
                };
            }
            let silent = lock(&shared.own_beat).elapsed();
            if silent > interval * MISSED_OWN {
                let message = format!(
                    "the engine has passed on no heartbeat of this node for {} ms{refusal}",
                    silent.as_millis()
                );
                shared.lose(
                    generation,
                    EngineError::Lost {
                        message,
                        code: None,
                    },
                );
            }
        }
        // A new connection is used for a heartbeat at once.
        let changed = phase.changed();
        let _ = tokio::time::timeout(pause, changed).await;
    }
}

/// A heartbeat could not be published. Returns why, to be added to an error.
fn failed(shared: &Shared, generation: u64, error: EngineError) -> String {
    let why = format!(": {error}");
    match error {
        EngineError::Lost { .. } => shared.lose(generation, error),
        other => warn!("node {}: {other}", shared.id()),
    }
    why
}

/// What this node tells of itself.
fn own_beat(shared: &Shared, hello: bool) -> Control {
    let registry = shared.hub.registry();
    let sent = shared.start.elapsed().as_micros() as u64;
    shared.identity.beats(sent);
    Control::Beat(Beat {
        name: shared.settings.name.clone(),
        pid: shared.settings.pid,
        version: shared.settings.version.clone(),
        connections: registry.len() as u32,
        rooms: registry.room_count() as u32,
        hello,
        sent,
    })
}

/// Publishes something for nodes, ahead of what waits.
pub(super) async fn tell(
    shared: &Shared,
    channel: Channel,
    control: &Control,
) -> Result<(), EngineError> {
    let Ok(json) = serde_json::to_string(control) else {
        return Ok(());
    };
    let data = wire::write_control(shared.next_origin(), &json);
    shared
        .engine
        .publish(&[Publication { channel, data }])
        .await
}

/// Tells the others that this node ends.
pub(super) async fn say_goodbye(shared: &Shared) {
    let _ = tell(shared, Channel::Nodes, &Control::Bye {}).await;
}

/// A heartbeat has come.
pub(super) fn on_beat(shared: &Arc<Shared>, from: NodeId, beat: Beat) {
    let now = Instant::now();
    if from == shared.id() {
        if !shared.identity.has_sent(beat.sent) {
            shared.meet_twin(shared.generation.load(Relaxed));
            return;
        }
        *lock(&shared.own_beat) = now;
        let micros = shared.start.elapsed().as_micros() as u64;
        lock(&shared.round_trips).add(micros.saturating_sub(beat.sent));
        return;
    }
    heard(shared, from);
    let hello = beat.hello;
    let is_new = lock(&shared.roster).beat(from, beat.clone(), now);
    if is_new {
        info!(
            "node {}: node {from} ({:?}) has come",
            shared.id(),
            beat.name
        );
        let peer = Peer {
            id: from,
            beat,
            seen: now,
        };
        shared.tell(News::Joined(peer));
        attendance::ask_node(shared, from);
    }
    if hello {
        // It is to know this node before the next heartbeat.
        shared.queue_control(Channel::Node(from), &own_beat(shared, false));
    }
}

/// A node has said goodbye.
pub(super) fn on_bye(shared: &Shared, from: NodeId) {
    heard(shared, from);
    let peer = lock(&shared.roster).remove(from);
    if let Some(peer) = peer {
        left(shared, peer);
    }
}

fn left(shared: &Shared, peer: Peer) {
    info!(
        "node {}: node {} ({:?}) has ended",
        shared.id(),
        peer.id,
        peer.beat.name
    );
    attendance::on_gone(shared, peer.id);
    shared.on_gone(peer.id);
    shared.tell(News::Left(peer));
}

/// Forgets which messages of nodes were delivered that are gone for so long that they publish none of them again.
fn forget_messages(shared: &Shared) {
    let limit = shared.settings.max_queued_time * 2;
    let roster = lock(&shared.roster);
    lock(&shared.seen).expire(Instant::now(), limit, |node| roster.contains(node));
}

/// A node that may be waited for is there, or has ended.
fn heard(shared: &Shared, node: NodeId) {
    if lock(&shared.awaited).heard(node) {
        shared.filled.notify_one();
    }
}
