//! Many nodes: what each tells the others of its rooms, and what it does with what they tell.
//!
//! A [`Node`] stands between a [`Hub`](crate::hub::Hub) and an [`Engine`]. The hub tells it what is broadcast and
//! which rooms have members; the node publishes, subscribes, and gives the hub what other nodes have published. No
//! JavaScript is involved.

mod answering;
mod asking;
mod attendance;
mod awaited;
mod back_off;
mod beating;
mod channel;
mod claiming;
mod claims;
mod connecting;
mod control;
mod counters;
mod engine;
mod external;
mod foreign;
mod forms;
mod gathering;
mod identity;
mod inquiries;
mod keeping;
mod news;
mod node;
mod node_id;
mod outbox;
mod publishing;
mod questioner;
mod questions;
mod receiving;
mod redis;
mod roster;
mod seen;
mod settings;
mod shared;
mod strain;
mod subscribing;
mod subscriptions;
#[cfg(test)]
mod testing;
mod twins;
mod wire;

#[cfg(test)]
mod tests;

pub use channel::{Channel, ChannelNames, Named, room_key};
pub use engine::{
    Append, AppendId, Claim, Engine, EngineError, Head, Keeper, Kept, Pending, Publication,
    Registrar, Sink,
};
pub use external::{
    Answer as ExternalAnswer, Ask as ExternalAsk, AskedEntry as ExternalEntry,
    AskedHead as ExternalHead, Call as ExternalCall, ExternalEngine,
};
pub use news::{News, Unpublished};
pub use node::{Node, NodeReport};
pub use node_id::NodeId;
pub use questioner::{Begun, NodeQuestion};
pub use questions::Outcome;
pub use redis::{RedisEngine, RedisSettings, RedisSettingsError, RedisTls};
pub use roster::Peer;
pub use settings::NodeSettings;
pub use shared::Phase;
pub use wire::{
    Message as NodeMessage, Origin, Scope, Unreadable, read as read_node_message,
    write_broadcast as write_node_broadcast, write_control as write_node_control,
    write_kept as write_kept_message,
};
