//! Messages for members on all nodes: those here are sent them at once, the others through the [`Peers`].

use std::sync::Arc;

use super::Hub;
use super::history::Position;
use super::peers::{Accepted, ForPeers, Peers};
use super::publishing::Placed;
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
        self.history.set_follows(peers.keeps());
        self.peers.set(Some(Arc::clone(&peers)));
        self.registry().set_peers(Some(peers));
    }

    /// Ends [`Hub::connect_peers`].
    pub fn disconnect_peers(&self) {
        self.registry().set_peers(None);
        self.peers.set(None);
        self.history.set_follows(false);
    }

    /// Sends one message to whom a target means, here and on other nodes. With `receipt` the application is told
    /// under that key when the message is published, if `elsewhere` is [`Accepted::Yes`].
    pub fn broadcast_everywhere(&self, target: &Target, text: &str, receipt: Option<u32>) -> Sent {
        let peers = if target.local { None } else { self.peers.get() };
        let Some(peers) = peers else {
            let (reached, position) = self.broadcast_to(target, text);
            return Sent {
                reached,
                position,
                elsewhere: None,
            };
        };
        let rooms = target.rooms.as_deref().map(distinct);
        let except = self.except_ids(target);
        let message = ForPeers {
            rooms: rooms.as_deref(),
            except: &except,
            except_rooms: &target.except_rooms,
            text,
            id: None,
            receipt,
            in_turn: Self::is_in_turn(),
        };
        if self.history.follows()
            && let Some(rooms) = &rooms
            && let Some(sent) = self.have_kept(&*peers, target, rooms, message)
        {
            return sent;
        }
        let (reached, position) = self.broadcast_to(target, text);
        Sent {
            reached,
            position,
            elsewhere: Some(peers.publish(message)),
        }
    }

    /// The same to the members of one room.
    pub(super) fn publish_everywhere(&self, room: &str, text: &str) -> usize {
        let target = Target {
            rooms: Some(vec![room.to_owned()]),
            ..Target::default()
        };
        self.broadcast_everywhere(&target, text, None).reached
    }

    /// Has the other nodes keep a message for rooms with history: from there it comes to the members here, too.
    /// Members of other rooms are sent it at once. `None` when no room has a history that can be reached.
    fn have_kept(
        &self,
        peers: &dyn Peers,
        target: &Target,
        rooms: &[&str],
        message: ForPeers<'_>,
    ) -> Option<Sent> {
        let is_down = peers.is_down();
        let is_kept = |room: &&str| {
            let rule = self.history.rule(room);
            rule.is_some_and(|rule| !(is_down && rule.local_when_down))
        };
        let (kept, plain): (Vec<&str>, Vec<&str>) = rooms.iter().partition(|room| is_kept(room));
        if kept.is_empty() {
            return None;
        }
        let is_repeated = rooms.len() > 1;
        let id = is_repeated.then(|| self.history.message_id()).flatten();
        let id = id.as_deref();
        let kept = ForPeers {
            rooms: Some(&kept),
            id,
            ..message
        };
        let elsewhere = peers.keep(kept, &plain);
        let mut reached = 0;
        if !plain.is_empty() {
            let target = Target {
                rooms: Some(plain.iter().map(|&room| room.to_owned()).collect()),
                except: target.except.clone(),
                except_ids: target.except_ids.clone(),
                except_rooms: target.except_rooms.clone(),
                ..Target::default()
            };
            reached = self.deliver_to(&target, message.text, id);
            peers.publish(ForPeers {
                rooms: Some(&plain),
                id,
                receipt: None,
                ..message
            });
        }
        Some(Sent {
            reached,
            position: None,
            elsewhere: Some(elsewhere),
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

    /// Sends a message of another node to whom a target means here. With `id`, it comes to rooms with history under
    /// this id, too.
    pub fn deliver_to(&self, target: &Target, text: &str, id: Option<&str>) -> usize {
        let Some(id) = id else {
            return self.broadcast_to(target, text).0;
        };
        let message = Placed::without_place(text, Some(id));
        let reached = self.in_order_of(target, |selected| {
            self.queue_for_all(selected.iter().map(|member| (member, message.form(member))))
        });
        reached.unwrap_or(0)
    }
}
