//! Serves those who have joined a room with history and wait for what they have missed.

use std::collections::HashSet;
use std::sync::Arc;

use crate::cluster::news::News;
use crate::cluster::shared::{Shared, lock};
use crate::hub::{Comparison, Joined};

/// Serves those who have joined a room and waited when it was compared.
pub(super) fn serve(
    shared: &Shared,
    room: &Arc<str>,
    joins: &HashSet<u64>,
    comparison: Comparison,
) {
    let (served, somebody_waits) = shared.hub.serve_waiting(room, joins, comparison);
    if somebody_waits {
        shared.note_astray(room);
    }
    for (key, joined) in served {
        if joined.recovered {
            shared.counters.recoveries_read.add(1);
        }
        if let Some(key) = key {
            shared.tell(News::JoinedRoom { key, joined });
        }
    }
}

/// The engine does not subscribe to these rooms: nobody waits for what will not come.
pub(in crate::cluster) fn serve_refused(shared: &Shared, rooms: &[Arc<str>]) {
    for room in rooms {
        let joins = shared.hub.joins_waiting(room);
        // Since then all members may have left, and others may have joined: the engine is asked for these.
        let subscriptions = lock(&shared.subscriptions);
        let is_subscribed = subscriptions.is_awaited(room) || subscriptions.is_confirmed(room);
        drop(subscriptions);
        if is_subscribed {
            shared.note_astray(room);
        } else {
            serve(shared, room, &joins, Comparison::Refused);
        }
    }
}

/// The engine is not reachable: nobody waits for it.
pub(in crate::cluster) fn give_up(shared: &Shared) {
    for key in shared.hub.lose_engine() {
        let joined = Joined::default();
        shared.tell(News::JoinedRoom { key, joined });
    }
}
