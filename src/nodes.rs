//! The servers that are joined with this one: joining and leaving them, and what is told of them.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use napi::Result;
use napi::bindgen_prelude::{Function, Utf16String};
use napi_derive::napi;
use serde_json::{Value, json};

use line_socket_core::{
    Engine, EngineError, ExternalEngine, Hub, News, Node, NodeSettings, Peer, Phase, Unpublished,
};

use super::joined::Joined;
use super::state::{JsServer, ServerCore};

/// What a server tells of itself.
#[napi(object, object_from_js = false)]
pub struct OwnFacts {
    /// Of the package.
    pub version: String,
    pub connections: u32,
    pub rooms: u32,
}

/// How a server is joined with others: see `types/adapter.d.ts`. Times are in milliseconds.
#[napi(object, object_to_js = false)]
pub struct JoinSettings {
    pub prefix: String,
    pub node_name: String,
    pub all_rooms: bool,
    pub unsubscribe_delay: u32,
    pub heartbeat_interval: u32,
    pub max_queued_bytes: i64,
    pub max_queued_time: u32,
    pub max_message: i64,
}

impl From<JoinSettings> for NodeSettings {
    fn from(settings: JoinSettings) -> Self {
        let millis = |time: u32| Duration::from_millis(time.into());
        let bytes = |count: i64| usize::try_from(count).unwrap_or(0);
        Self {
            prefix: settings.prefix,
            name: settings.node_name,
            all_rooms: settings.all_rooms,
            unsubscribe_delay: millis(settings.unsubscribe_delay),
            heartbeat_interval: millis(settings.heartbeat_interval),
            max_queued_bytes: bytes(settings.max_queued_bytes),
            max_queued_time: millis(settings.max_queued_time),
            max_message: bytes(settings.max_message),
            ..Self::default()
        }
    }
}

impl JsServer {
    /// Joins other servers by an engine.
    pub(super) fn join(
        &mut self,
        engine: Arc<dyn Engine>,
        external: Option<Arc<ExternalEngine>>,
        settings: JoinSettings,
        on_wake: &Function<'_, (), ()>,
    ) -> Result<io::Result<()>> {
        self.wake.arm_unless_armed(on_wake)?;
        let name = settings.node_name.clone();
        let started = Node::start(Arc::clone(&self.hub), engine, settings.into());
        Ok(match started {
            Ok(node) => {
                self.joined = Some(Joined {
                    node,
                    name,
                    external,
                });
                Ok(())
            }
            Err(error) => {
                self.disarm_if_idle();
                Err(error)
            }
        })
    }
}

#[napi]
impl ServerCore {
    /// What this server tells of itself.
    #[napi]
    pub fn own_facts(&self) -> Result<OwnFacts> {
        let server = self.state()?;
        Ok(own_facts(&server.hub))
    }

    /// Begins to leave the other servers. What `takeNews` gives last tells that it is done, 2 seconds later at most.
    #[napi]
    pub fn leave_nodes(&self) -> Result<()> {
        if let Some(joined) = &self.state()?.joined {
            joined.node.stop();
        }
        Ok(())
    }

    /// Forgets that this server was joined with others. To be called when it has left them.
    #[napi]
    pub fn forget_nodes(&self) -> Result<()> {
        let mut server = self.state()?;
        server.joined = None;
        server.disarm_if_idle();
        Ok(())
    }

    /// The servers that are joined, this one first, as JSON: a list of what `types/nodes.d.ts` describes.
    #[napi]
    pub fn list_nodes(&self) -> Result<String> {
        let server = self.state()?;
        let Some(joined) = &server.joined else {
            return Ok("[]".to_owned());
        };
        let own = own_facts(&server.hub);
        let mut listed = vec![json!({
            "id": joined.node.id().to_string(),
            "name": joined.name,
            "pid": std::process::id(),
            "version": own.version,
            "connections": own.connections,
            "rooms": own.rooms,
            "lastSeen": millis_of(SystemTime::now()),
            "isSelf": true,
        })];
        listed.extend(joined.node.peers().iter().map(peer_json));
        Ok(Value::Array(listed).to_string())
    }

    /// Whether this server is joined with the others now: `connecting`, `up`, or `down`.
    #[napi(ts_return_type = "'connecting' | 'up' | 'down'")]
    pub fn node_state(&self) -> Result<&'static str> {
        let phase = self
            .state()?
            .joined
            .as_ref()
            .map(|joined| joined.node.phase());
        Ok(match phase {
            Some(Phase::Connecting) => "connecting",
            Some(Phase::Up(_)) => "up",
            Some(Phase::Down | Phase::Over) | None => "down",
        })
    }

    /// Takes what is told of other servers, as JSON: a list of lists that begin with what it is, see `lib/nodes/link.js`.
    #[napi]
    pub fn take_news(&self) -> Result<String> {
        let news = match &self.state()?.joined {
            Some(joined) => joined.node.take_news(),
            None => Vec::new(),
        };
        Ok(Value::Array(news.into_iter().map(news_json).collect()).to_string())
    }

    /// What is counted of joined servers, as JSON: see `types/adapter.d.ts`; null without any.
    #[napi]
    pub fn adapter_stats(&self) -> Result<Option<String>> {
        let server = self.state()?;
        Ok(server.joined.as_ref().map(|joined| {
            let report = joined.node.report();
            let counters: serde_json::Map<String, Value> = report
                .counters
                .into_iter()
                .map(|(name, count)| (name.to_owned(), count.into()))
                .collect();
            json!({
                "nodes": report.nodes,
                "rooms": report.rooms,
                "roundTrip": report.round_trip,
                "queuedBytes": report.queued_bytes,
                "degraded": report.degraded.map(|error| error.to_string()),
                "counters": counters,
            })
            .to_string()
        }))
    }

    /// Tells under `key` when a room that has members here is subscribed. False when there is nothing to wait for.
    #[napi]
    pub fn await_subscription(&self, room: Utf16String, key: u32) -> Result<bool> {
        let server = self.state()?;
        let room = super::names::encode(&room);
        let joined = server.joined.as_ref();
        Ok(joined.is_some_and(|joined| joined.node.wait_for_subscription(&room, key)))
    }
}

fn own_facts(hub: &Hub) -> OwnFacts {
    let registry = hub.registry();
    let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
    OwnFacts {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        connections: count(registry.len()),
        rooms: count(registry.room_count()),
    }
}

/// As of `Date.now()`.
fn millis_of(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

fn peer_json(peer: &Peer) -> Value {
    let now = SystemTime::now();
    let seen = now.checked_sub(Instant::now().duration_since(peer.seen));
    let beat = &peer.beat;
    json!({
        "id": peer.id.to_string(),
        "name": beat.name,
        "pid": beat.pid,
        "version": beat.version,
        "connections": beat.connections,
        "rooms": beat.rooms,
        "lastSeen": millis_of(seen.unwrap_or(now)),
        "isSelf": false,
    })
}

fn news_json(news: News) -> Value {
    match news {
        News::Up => json!(["up"]),
        News::Down(error) => json!(["down", error.to_string(), code_of(&error)]),
        News::Resumed {
            down_for,
            gaps,
            lost,
        } => json!(["resumed", down_for.as_millis() as u64, gaps, lost]),
        News::Degraded(error) => json!(["degraded", error.to_string()]),
        News::Restored => json!(["restored"]),
        News::Joined(peer) => json!(["joined", peer_json(&peer)]),
        News::Left(peer) => json!(["left", peer_json(&peer)]),
        News::Message { key, from, text } => json!(["message", key, from.to_string(), text]),
        News::Published { key, outcome } => match outcome {
            Ok(position) => json!(["published", key, position]),
            Err(Unpublished::Down) => {
                json!(["unpublished", key, Unpublished::Down.to_string(), null])
            }
            Err(Unpublished::Refused(error)) => {
                json!(["unpublished", key, error.to_string(), code_of(&error)])
            }
        },
        News::JoinedRoom { key, joined } => json!([
            "joinedRoom",
            key,
            joined.recovered,
            joined.replayed,
            joined.position.map(|position| position.to_string()),
        ]),
        News::Read(key) => json!(["read", key]),
        News::Subscribed(key) => json!(["subscribed", key]),
        News::Answered(key) => json!(["answered", key]),
        News::Stopped => json!(["stopped"]),
    }
}

fn code_of(error: &EngineError) -> Option<&str> {
    match error {
        EngineError::Lost { code, .. } => code.as_deref(),
        EngineError::Refused(_) | EngineError::Unable(_) => None,
    }
}
