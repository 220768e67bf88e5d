//! Many nodes: what each tells the others of its rooms, and what it does with what they tell.
//!
//! A [`Node`] stands between a [`Hub`](crate::hub::Hub) and an [`Engine`]. The hub tells it what is broadcast and
//! which rooms have members; the node publishes, subscribes, and gives the hub what other nodes have published. No
//! JavaScript is involved.

mod channel;
mod engine;
mod node_id;
mod wire;

pub use channel::{Channel, ChannelNames, Named, room_key};
pub use engine::{
    Append, Claim, Engine, EngineError, Head, Keeper, Kept, Pending, Publication, Sink,
};
pub use node_id::NodeId;
