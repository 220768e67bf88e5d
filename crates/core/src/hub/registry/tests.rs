use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::hub::config::Config;
use crate::hub::connection::Connection;
use crate::hub::testing::{FakeLink, facts};

fn connection(serial: u64) -> ConnectionRef {
    let link = Box::new(FakeLink::open());
    Arc::new(Connection::new(
        link,
        facts(),
        &Config::default(),
        serial,
        0,
    ))
}

const ROOMS: [&str; 4] = ["a", "b", "", "__proto__"];
const IDS: [&str; 4] = ["1", "2", "", "constructor"];

#[derive(Debug, Clone)]
enum Step {
    Insert,
    Remove(u32),
    SetId(u32, usize),
    Admit(u32),
    Dismiss(u32),
    Join(u32, usize),
    Leave(u32, usize),
    LeaveAll(u32),
}

fn step() -> impl Strategy<Value = Step> {
    // Slots that were never given out, and such as were given back, are among these.
    let slot = 0_u32..8;
    let room = 0..ROOMS.len();
    prop_oneof![
        4 => Just(Step::Insert),
        2 => slot.clone().prop_map(Step::Remove),
        4 => (slot.clone(), 0..IDS.len()).prop_map(|(slot, id)| Step::SetId(slot, id)),
        3 => slot.clone().prop_map(Step::Admit),
        1 => slot.clone().prop_map(Step::Dismiss),
        6 => (slot.clone(), room.clone()).prop_map(|(slot, room)| Step::Join(slot, room)),
        3 => (slot.clone(), room).prop_map(|(slot, room)| Step::Leave(slot, room)),
        1 => slot.prop_map(Step::LeaveAll),
    ]
}

#[derive(Default)]
struct ModelConnection {
    serial: u64,
    id: Option<&'static str>,
}

/// The same as lists, with nothing to go wrong.
#[derive(Default)]
struct Model {
    connections: BTreeMap<u32, ModelConnection>,
    /// In the order of joining.
    admitted: Vec<u32>,
    /// In the order they were made, members in the order of joining.
    rooms: Vec<(&'static str, Vec<u32>)>,
}

impl Model {
    fn holder(&self, id: &str) -> Option<u32> {
        let mut all = self.connections.iter();
        all.find(|(_, connection)| connection.id == Some(id))
            .map(|(&slot, _)| slot)
    }

    fn members(&self, name: &str) -> Vec<u32> {
        let mut rooms = self.rooms.iter();
        rooms
            .find(|(room, _)| *room == name)
            .map_or_else(Vec::new, |(_, members)| members.clone())
    }

    fn rooms_of(&self, slot: u32) -> Vec<&'static str> {
        let mine = self
            .rooms
            .iter()
            .filter(|(_, members)| members.contains(&slot));
        mine.map(|(name, _)| *name).collect()
    }

    fn join(&mut self, slot: u32, name: &'static str) {
        if let Some((_, members)) = self.rooms.iter_mut().find(|(room, _)| *room == name) {
            if !members.contains(&slot) {
                members.push(slot);
            }
        } else {
            self.rooms.push((name, vec![slot]));
        }
    }

    fn leave(&mut self, slot: u32, name: &str) -> bool {
        let was_member = self.members(name).contains(&slot);
        for (room, members) in &mut self.rooms {
            if *room == name {
                members.retain(|&member| member != slot);
            }
        }
        self.rooms.retain(|(_, members)| !members.is_empty());
        was_member
    }

    fn leave_all(&mut self, slot: u32) {
        for name in ROOMS {
            self.leave(slot, name);
        }
    }

    fn dismiss(&mut self, slot: u32) -> bool {
        let was_member = self.admitted.contains(&slot);
        self.admitted.retain(|&member| member != slot);
        was_member
    }
}

fn apply(registry: &mut Registry, model: &mut Model, step: &Step, serial: u64) {
    match *step {
        Step::Insert => {
            let connection = connection(serial);
            let slot = registry.insert(Arc::clone(&connection));
            assert_eq!(connection.slot(), slot);
            let entry = ModelConnection { serial, id: None };
            let replaced = model.connections.insert(slot, entry);
            assert!(replaced.is_none(), "a slot in use was given out");
        }
        Step::Remove(slot) => {
            let gone = registry.remove(slot).map(|connection| connection.serial());
            model.leave_all(slot);
            model.dismiss(slot);
            let expected = model.connections.remove(&slot);
            assert_eq!(gone, expected.map(|connection| connection.serial));
        }
        Step::SetId(slot, id) => {
            let id = IDS[id];
            let is_free = model.holder(id).is_none_or(|holder| holder == slot);
            let entry = model.connections.get_mut(&slot).filter(|_| is_free);
            assert_eq!(registry.set_id(slot, id), entry.is_some());
            if let Some(entry) = entry {
                entry.id = Some(id);
            }
        }
        Step::Admit(slot) => {
            registry.admit(slot);
            if let Some(connection) = registry.get(slot) {
                assert!(connection.is_admitted());
                if !model.admitted.contains(&slot) {
                    model.admitted.push(slot);
                }
            }
        }
        Step::Dismiss(slot) => assert_eq!(registry.dismiss(slot), model.dismiss(slot)),
        Step::Join(slot, room) => {
            registry.join(slot, ROOMS[room]);
            if model.connections.contains_key(&slot) {
                model.join(slot, ROOMS[room]);
            }
        }
        Step::Leave(slot, room) => {
            let left = registry.leave(slot, ROOMS[room]);
            assert_eq!(left, model.leave(slot, ROOMS[room]));
        }
        Step::LeaveAll(slot) => {
            registry.leave_all(slot);
            model.leave_all(slot);
        }
    }
}

fn compare_group(registry: &Registry, group: Group<'_>, expected: &[u32]) {
    let snapshot = registry.members(group);
    let in_order = snapshot.in_order().into_iter().map(|c| c.slot());
    assert_eq!(in_order.collect::<Vec<_>>(), expected, "{group:?}");
    assert_eq!(registry.count(group), expected.len());
    let mut members: Vec<u32> = snapshot.iter().map(|c| c.slot()).collect();
    assert_eq!(snapshot.len(), expected.len());
    members.sort_unstable();
    let mut sorted = expected.to_vec();
    sorted.sort_unstable();
    assert_eq!(members, sorted);
    for slot in 0..9 {
        assert_eq!(registry.contains(group, slot), expected.contains(&slot));
    }
}

fn compare(registry: &Registry, model: &Model) {
    assert_eq!(registry.len(), model.connections.len());
    assert_eq!(registry.is_empty(), model.connections.is_empty());
    let open: Vec<(u32, u64)> = registry
        .connections()
        .map(|connection| (connection.slot(), connection.serial()))
        .collect();
    let expected: Vec<(u32, u64)> = model
        .connections
        .iter()
        .map(|(&slot, connection)| (slot, connection.serial))
        .collect();
    assert_eq!(open, expected);

    compare_group(registry, Group::All, &model.admitted);
    for name in ROOMS {
        let members = model.members(name);
        compare_group(registry, Group::Room(name), &members);
        assert_eq!(registry.has_room(name), !members.is_empty());
    }
    assert_eq!(registry.room_count(), model.rooms.len());
    for slot in 0..9 {
        let serial = registry.get(slot).map(|connection| connection.serial());
        let expected = model.connections.get(&slot);
        assert_eq!(serial, expected.map(|connection| connection.serial));
        let rooms = registry.rooms_of(slot);
        let rooms: Vec<&str> = rooms.iter().map(|name| &**name).collect();
        assert_eq!(rooms, model.rooms_of(slot));
    }
    for id in IDS {
        let holder = model.holder(id);
        let found = holder.filter(|slot| model.admitted.contains(slot));
        assert_eq!(registry.find(id), found, "only the admitted are found");
    }
}

proptest! {
    #[test]
    fn every_sequence_of_calls_agrees_with_the_model(
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut registry = Registry::default();
        let mut model = Model::default();
        for (serial, step) in steps.iter().enumerate() {
            apply(&mut registry, &mut model, step, serial as u64);
            compare(&registry, &model);
        }
        for slot in 0..8 {
            registry.remove(slot);
        }
        // Connections beyond the slots that steps name.
        let left: Vec<u32> = registry.connections().map(|c| c.slot()).collect();
        for slot in left {
            registry.remove(slot);
        }
        prop_assert!(registry.ids.is_empty(), "an id outlived its connection");
        prop_assert!(registry.rooms_by_name.is_empty(), "a room outlived its members");
        prop_assert_eq!(registry.room_count(), 0);
        prop_assert_eq!(registry.count(Group::All), 0);
    }
}

#[test]
fn an_id_is_reserved_before_the_handshake_but_found_only_after_it() {
    let mut registry = Registry::default();
    let first = registry.insert(connection(0));
    let second = registry.insert(connection(1));
    assert!(registry.set_id(first, "id"));
    assert!(!registry.set_id(second, "id"), "reserved at once");
    assert!(registry.set_id(first, "id"), "one's own id is no conflict");
    assert_eq!(registry.find("id"), None);
    registry.admit(first);
    assert_eq!(registry.find("id"), Some(first));

    assert!(registry.set_id(first, "other"));
    assert!(registry.set_id(second, "id"), "the old id is free again");
    assert_eq!(registry.find("other"), Some(first));
    registry.remove(first);
    assert_eq!(registry.find("other"), None);
    assert!(registry.set_id(second, "other"));
}

#[test]
fn a_room_made_again_is_the_youngest() {
    let mut registry = Registry::default();
    let slot = registry.insert(connection(0));
    for name in ["a", "b", "c"] {
        registry.join(slot, name);
    }
    assert!(registry.leave(slot, "a"));
    registry.join(slot, "a");
    let rooms = registry.rooms_of(slot);
    let rooms: Vec<&str> = rooms.iter().map(|name| &**name).collect();
    assert_eq!(rooms, ["b", "c", "a"]);
}

#[test]
fn a_room_that_is_kept_has_its_order_lock_without_members() {
    let mut registry = Registry::default();
    let slot = registry.insert(connection(0));
    let order = |registry: &Registry| registry.look_up(Group::Room("a")).map(|room| room.order);
    registry.keep("a");
    let kept = order(&registry).unwrap();
    assert!(!registry.has_room("a"), "nobody is in it");
    registry.join(slot, "b");
    registry.join(slot, "a");
    assert!(registry.has_room("a"));
    let names = registry.rooms_of(slot);
    assert_eq!(
        names.iter().map(|name| &**name).collect::<Vec<_>>(),
        ["b", "a"]
    );
    registry.leave(slot, "a");
    assert!(Arc::ptr_eq(&kept, &order(&registry).unwrap()));
    registry.unkeep("a");
    assert!(order(&registry).is_none());

    registry.join(slot, "a");
    registry.keep("a");
    registry.unkeep("a");
    assert!(registry.has_room("a"), "it has a member");
}
