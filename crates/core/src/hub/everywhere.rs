//! Messages for members on all nodes: those here are sent them at once, the others through the [`Peers`].

use std::sync::Arc;

use super::Hub;
use super::history::Position;
use super::peers::{Accepted, ForPeers, Peers};
use super::registry::Group;
use super::target::{Target, distinct};

/// What became of a broadcast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Connections here that it was queued for.
    pub reached: usize,
    /// Its position, if it was kept in a single room.
    pub position: Option<Position>,
    /// What became of it on the way to other nodes; `None` when it is not meant for them, or there are none.
    pub elsewhere: Option<Accepted>,
}

impl Hub {
    /// From now on broadcasts are published to other nodes. `peers` is told of the rooms with members first.
    pub fn connect_peers(&self, peers: Arc<dyn Peers>) {
        self.peers.set(Some(Arc::clone(&peers)));
        self.registry().set_peers(Some(peers));
    }

    /// Ends [`Hub::connect_peers`].
    pub fn disconnect_peers(&self) {
        self.registry().set_peers(None);
        self.peers.set(None);
    }

    /// Sends one message to whom a target means, here and on other nodes. With `receipt` the application is told
    /// under that key when the message is published, if `elsewhere` is [`Accepted::Yes`].
    pub fn broadcast_everywhere(&self, target: &Target, text: &str, receipt: Option<u32>) -> Sent {
        let (reached, position) = self.broadcast_to(target, text);
        let peers = if target.local { None } else { self.peers.get() };
        let elsewhere = peers.map(|peers| self.publish_target(&*peers, target, text, receipt));
        Sent {
            reached,
            position,
            elsewhere,
        }
    }

    fn publish_target(
        &self,
        peers: &dyn Peers,
        target: &Target,
        text: &str,
        receipt: Option<u32>,
    ) -> Accepted {
        let rooms = target.rooms.as_deref().map(distinct);
        let except = self.except_ids(target);
        peers.publish(ForPeers {
            rooms: rooms.as_deref(),
            except: &except,
            except_rooms: &target.except_rooms,
            text,
            receipt,
        })
    }

    /// Ids of the connections that a target does not mean, here and on other nodes.
    pub fn except_ids(&self, target: &Target) -> Vec<Arc<str>> {
        let ids = target.except_ids.iter();
        let mut except: Vec<Arc<str>> = ids.map(|id| id.as_str().into()).collect();
        if !target.except.is_empty() {
            let registry = self.registry();
            let slots = target.except.iter();
            except.extend(slots.filter_map(|&slot| registry.id_of(registry.get(slot)?)));
        }
        except
    }

    /// Sends a message of another node to the members of a room here.
    pub fn deliver_to_room(&self, room: &str, text: &str) -> usize {
        self.broadcast_plain(Group::Room(room), text)
    }

    /// Sends a message of another node to whom a target means here.
    pub fn deliver_to(&self, target: &Target, text: &str) -> usize {
        self.broadcast_to(target, text).0
    }
}
