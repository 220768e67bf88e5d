//! Presence over the engine: what this node tells of its members, and what the others tell of theirs.

use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;

use crate::hub::{Applied, Presence, Update};

use super::channel::Channel;
use super::control::{Control, Present};
use super::node_id::NodeId;
use super::shared::{Shared, lock};

/// Time in which changes are gathered that are told together.
const GATHER: Duration = Duration::from_millis(100);

/// Members in one message.
const PART: usize = 256;

/// Bytes of ids and infos in one message, about.
const PART_BYTES: usize = 64 * 1024;

/// Rooms in one question.
const ROOMS: usize = 128;

/// The task that tells and asks.
pub(super) async fn run(shared: Arc<Shared>) {
    while shared.is_up().await {
        shared.attendance_changed.notified().await;
        tokio::time::sleep(GATHER).await;
        if shared.is_up().await {
            tell(&shared);
            ask(&shared);
        }
    }
}

fn tell(shared: &Shared) {
    let updates = shared.hub.registry().presence().map(Presence::take_updates);
    for update in updates.into_iter().flatten() {
        let channel = Channel::Room(Arc::clone(&update.room));
        shared.queue_control(channel, &Control::Present(present(update)));
    }
}

/// Asks in all rooms in which that is due, once they are subscribed.
fn ask(shared: &Shared) {
    let rooms = shared.hub.registry().presence().map(Presence::take_asking);
    let (subscribed, waiting): (Vec<_>, Vec<_>) = {
        let subscriptions = lock(&shared.subscriptions);
        let is_subscribed =
            |room: &Arc<str>| shared.settings.all_rooms || subscriptions.is_confirmed(room);
        rooms.into_iter().flatten().partition(is_subscribed)
    };
    for room in subscribed {
        let rooms = vec![Arc::clone(&room)];
        shared.queue_control(Channel::Room(room), &Control::WhoIs { rooms });
    }
    if !waiting.is_empty() {
        let mut registry = shared.hub.registry();
        if let Some(presence) = registry.presence() {
            presence.ask_later(waiting.into_iter());
        }
        drop(registry);
        shared.attendance_changed.notify_one();
    }
}

/// The connection to the engine is new: messages may have been missed.
pub(super) fn ask_anew(shared: &Shared) {
    if let Some(presence) = shared.hub.registry().presence() {
        presence.ask_anew();
    }
}

/// A node has come: it is asked for its members in all rooms that have some here.
pub(super) fn ask_node(shared: &Shared, node: NodeId) {
    let rooms = shared
        .hub
        .registry()
        .presence()
        .map(|presence| presence.held_rooms());
    for rooms in rooms.unwrap_or_default().chunks(ROOMS) {
        let rooms = rooms.to_vec();
        shared.queue_control(Channel::Node(node), &Control::WhoIs { rooms });
    }
}

/// A node has ended.
pub(super) fn on_gone(shared: &Shared, node: NodeId) {
    if let Some(presence) = shared.hub.registry().presence() {
        presence.node_gone(node.0);
    }
}

/// Another node asks for the members here. `is_direct`: it has asked this node alone, and may know members that are
/// not there any more.
pub(super) fn on_who_is(shared: &Shared, from: NodeId, rooms: &[Arc<str>], is_direct: bool) {
    for room in rooms {
        let state = shared
            .hub
            .registry()
            .presence()
            .map(|presence| presence.state(room));
        let Some(state) = state.filter(|state| is_direct || !state.set.is_empty()) else {
            continue;
        };
        let Update {
            room,
            sequence,
            mut set,
            ..
        } = state;
        let mut first = true;
        loop {
            let count = part_of(&set);
            let rest = set.split_off(count);
            let part = Update {
                room: Arc::clone(&room),
                sequence,
                set: std::mem::replace(&mut set, rest),
                gone: Vec::new(),
            };
            let more = !set.is_empty();
            let here = Control::Here {
                present: present(part),
                first: std::mem::replace(&mut first, false),
                more,
            };
            shared.queue_control(Channel::Node(from), &here);
            if !more {
                break;
            }
        }
    }
}

/// Another node tells what became of its members. It is asked for all of them if something is missing.
pub(super) fn on_present(shared: &Shared, from: NodeId, present: Present) {
    // The members of a node that is not known would never be removed.
    if !lock(&shared.roster).contains(from) {
        return;
    }
    let room = Arc::clone(&present.room);
    let update = update(present);
    let applied = shared
        .hub
        .registry()
        .presence()
        .map(|presence| presence.apply(from.0, update));
    if applied == Some(Applied::Missing) {
        let rooms = vec![room];
        shared.queue_control(Channel::Node(from), &Control::WhoIs { rooms });
    }
}

/// Another node tells all of its members in a room.
pub(super) fn on_here(shared: &Shared, from: NodeId, present: Present, first: bool, more: bool) {
    if !lock(&shared.roster).contains(from) {
        return;
    }
    let update = update(present);
    if let Some(presence) = shared.hub.registry().presence() {
        presence.replace(from.0, update, first, more);
    }
}

/// How many of the members go in one message.
fn part_of(set: &[(Arc<str>, Option<Arc<str>>)]) -> usize {
    let mut bytes = 0;
    let fit = set.iter().take(PART).take_while(|(id, info)| {
        let is_first = bytes == 0;
        bytes += id.len() + info.as_ref().map_or(0, |info| info.len());
        is_first || bytes <= PART_BYTES
    });
    fit.count()
}

fn present(update: Update) -> Present {
    let set = update.set.into_iter().map(|(id, info)| {
        let info = info.and_then(|info| RawValue::from_string(info.as_ref().to_owned()).ok());
        (id, info)
    });
    Present {
        room: update.room,
        sequence: update.sequence,
        set: set.collect(),
        gone: update.gone,
    }
}

fn update(present: Present) -> Update {
    let set = present.set.into_iter();
    Update {
        room: present.room,
        sequence: present.sequence,
        set: set
            .map(|(id, info)| (id, info.map(|info| info.get().into())))
            .collect(),
        gone: present.gone,
    }
}
