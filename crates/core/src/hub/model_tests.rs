//! The hub beside a simple model: connections that come, change their ids, join and leave rooms,
//! close and end at random, and who gets which broadcast.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::testing::{Peer, hub, take_all};
use super::*;

const ROOMS: [&str; 3] = ["a", "b", "__proto__"];
const IDS: [&str; 3] = ["1", "2", "constructor"];

#[derive(Debug, Clone)]
enum Step {
    Open,
    /// Of the peer with this index, as are all below.
    ShakeHands(usize),
    SetId(usize, usize),
    Join(usize, usize),
    Leave(usize, usize),
    /// By the application.
    Close(usize),
    /// The stream ends.
    End(usize),
    /// The application has handled the end.
    Release(usize),
    /// To a room, or to all.
    Broadcast(Option<usize>),
    /// What the io thread does between two turns.
    Flush,
}

fn step() -> impl Strategy<Value = Step> {
    let peer = 0_usize..12;
    let room = 0..ROOMS.len();
    prop_oneof![
        3 => Just(Step::Open),
        5 => peer.clone().prop_map(Step::ShakeHands),
        3 => (peer.clone(), 0..IDS.len()).prop_map(|(peer, id)| Step::SetId(peer, id)),
        6 => (peer.clone(), room.clone()).prop_map(|(peer, room)| Step::Join(peer, room)),
        3 => (peer.clone(), room.clone()).prop_map(|(peer, room)| Step::Leave(peer, room)),
        1 => peer.clone().prop_map(Step::Close),
        1 => peer.clone().prop_map(Step::End),
        2 => peer.prop_map(Step::Release),
        6 => prop::option::of(room).prop_map(Step::Broadcast),
        2 => Just(Step::Flush),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    Closing,
    Ended,
    Released,
}

/// A peer, and what the model knows of it.
struct Modelled {
    peer: Peer,
    stage: Stage,
    has_shaken_hands: bool,
    id: Option<usize>,
    rooms: BTreeSet<usize>,
    /// Broadcasts it is to get at the next flush, and those it has got.
    queued: Vec<String>,
    received: Vec<String>,
}

impl Modelled {
    fn flush(&mut self) {
        self.received.append(&mut self.queued);
    }

    fn release(&mut self) {
        self.stage = Stage::Released;
        self.id = None;
        self.rooms.clear();
    }

    fn is_in(&self, group: Option<usize>) -> bool {
        let is_member = match group {
            Some(room) => self.rooms.contains(&room),
            None => self.has_shaken_hands,
        };
        is_member && self.stage != Stage::Released
    }
}

fn group(room: Option<usize>) -> Group<'static> {
    room.map_or(Group::All, |room| Group::Room(ROOMS[room]))
}

fn apply(hub: &Hub, peers: &mut Vec<Modelled>, step: &Step, serial: usize) {
    match *step {
        Step::Open => peers.push(Modelled {
            peer: Peer::open(hub),
            stage: Stage::Open,
            has_shaken_hands: false,
            id: None,
            rooms: BTreeSet::new(),
            queued: Vec::new(),
            received: Vec::new(),
        }),
        Step::Broadcast(room) => {
            let text = serial.to_string();
            let mut reached = 0;
            for one in peers.iter_mut().filter(|one| one.is_in(room)) {
                if one.stage == Stage::Open {
                    one.queued.push(text.clone());
                    reached += 1;
                }
            }
            assert_eq!(hub.broadcast(group(room), &text), reached);
        }
        Step::Flush => {
            hub.flush_waiting();
            peers.iter_mut().for_each(Modelled::flush);
        }
        Step::SetId(index, id) => {
            let mut all = peers.iter().enumerate();
            let is_taken = all.any(|(other, one)| other != index && one.id == Some(id));
            if let Some(one) = present(peers, index) {
                let set = hub.registry().set_id(one.peer.slot(), IDS[id]);
                assert_eq!(set, !is_taken);
                if set {
                    one.id = Some(id);
                }
            }
        }
        Step::ShakeHands(index)
        | Step::Join(index, _)
        | Step::Leave(index, _)
        | Step::Close(index)
        | Step::End(index)
        | Step::Release(index) => {
            if let Some(one) = present(peers, index) {
                apply_to(hub, one, step);
            }
        }
    }
}

/// The peer, unless there is none or it was released: then its slot may be another's.
fn present(peers: &mut [Modelled], index: usize) -> Option<&mut Modelled> {
    let one = peers.get_mut(index)?;
    (one.stage != Stage::Released).then_some(one)
}

fn apply_to(hub: &Hub, one: &mut Modelled, step: &Step) {
    let slot = one.peer.slot();
    match *step {
        Step::ShakeHands(_) if one.stage == Stage::Open && !one.has_shaken_hands => {
            one.peer.shake_hands(hub);
            one.has_shaken_hands = true;
            // It brings a generated id, which nobody else asks for.
            one.id = None;
        }
        Step::Join(_, room) => {
            hub.registry().join(slot, ROOMS[room]);
            one.rooms.insert(room);
        }
        Step::Leave(_, room) => {
            let left = hub.registry().leave(slot, ROOMS[room]);
            assert_eq!(left, one.rooms.remove(&room));
        }
        Step::Close(_) => {
            let closed = hub.close(&one.peer.connection, 4000, "bye");
            assert_eq!(closed, one.stage == Stage::Open);
            if closed {
                one.stage = Stage::Closing;
                // What was queued before goes out before.
                one.flush();
            }
        }
        Step::End(_) if one.stage != Stage::Ended => {
            hub.ended(&one.peer.connection, &mut one.peer.progress, 1006, "");
            one.queued.clear();
            let told = take_all(&hub.inbox);
            assert!(
                told.iter()
                    .all(|seen| (seen.kind, seen.slot) == (Kind::Closed, slot))
            );
            assert_eq!(told.len(), usize::from(one.has_shaken_hands));
            one.stage = Stage::Ended;
            if !one.has_shaken_hands {
                one.release();
            }
        }
        Step::Release(_) if one.stage == Stage::Ended => {
            hub.release(slot);
            one.release();
        }
        _ => {}
    }
}

fn compare(hub: &Hub, peers: &[Modelled]) {
    let registry = hub.registry();
    let present = || peers.iter().filter(|one| one.stage != Stage::Released);
    assert_eq!(registry.len(), present().count());
    for room in std::iter::once(None).chain((0..ROOMS.len()).map(Some)) {
        let members = registry.members(group(room));
        let mut members: Vec<u32> = members.iter().map(|member| member.slot()).collect();
        members.sort_unstable();
        let expected: BTreeSet<u32> = present()
            .filter(|one| one.is_in(room))
            .map(|one| one.peer.slot())
            .collect();
        assert!(members.into_iter().eq(expected), "{room:?}");
    }
    for (id, name) in IDS.iter().enumerate() {
        let holder = present().find(|one| one.id == Some(id) && one.has_shaken_hands);
        assert_eq!(registry.find(name), holder.map(|one| one.peer.slot()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn who_is_there_gets_what_is_broadcast(steps in prop::collection::vec(step(), 1..150)) {
        let (hub, _) = hub();
        let mut peers = Vec::new();
        for (serial, step) in steps.iter().enumerate() {
            apply(&hub, &mut peers, step, serial);
            compare(&hub, &peers);
        }
        apply(&hub, &mut peers, &Step::Flush, 0);
        for one in &peers {
            prop_assert_eq!(one.peer.link.texts(), &one.received[..]);
            let is_closed = one.peer.link.close().is_some();
            prop_assert!(is_closed || one.stage != Stage::Closing);
        }
        for one in peers.iter().filter(|one| one.stage != Stage::Released) {
            hub.release(one.peer.slot());
        }
        prop_assert!(hub.registry().is_empty());
        prop_assert_eq!(hub.registry().room_count(), 0);
    }
}
