use std::collections::BTreeSet;

use super::*;
use crate::hub::config::Config;
use crate::hub::connection::Connection;
use crate::hub::testing::{FakeLink, facts};

fn connection(slot: u32) -> ConnectionRef {
    let link = Box::new(FakeLink::open());
    let connection = Connection::new(link, facts(), &Config::default(), slot.into(), 0);
    connection.set_slot(slot);
    Arc::new(connection)
}

fn slots(snapshot: &Snapshot) -> BTreeSet<u32> {
    let slots: Vec<u32> = snapshot.iter().map(|member| member.slot()).collect();
    let set: BTreeSet<u32> = slots.iter().copied().collect();
    assert_eq!(set.len(), slots.len(), "nobody is in it twice");
    assert_eq!(snapshot.len(), slots.len());
    set
}

/// Numbers that look random and are the same in every run.
fn numbers() -> impl FnMut(u32) -> u32 {
    let mut state = 1_u64;
    move |below| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        ((state >> 33) % u64::from(below)) as u32
    }
}

#[test]
fn snapshots_stay_as_they_are_while_members_come_and_go() {
    let all: Vec<ConnectionRef> = (0..500).map(connection).collect();
    let mut members = Members::default();
    let mut expected = BTreeSet::new();
    let mut held: Vec<(Snapshot, BTreeSet<u32>)> = Vec::new();
    let mut number = numbers();
    for step in 0..20_000 {
        let slot = number(500);
        // Long runs of joins and of leaves, so that chunks are begun and given up.
        if (step / 700) % 2 == 0 {
            let added = members.add(slot, &all[slot as usize], step);
            assert_eq!(added, expected.insert(slot));
        } else {
            assert_eq!(members.remove(slot), expected.remove(&slot));
        }
        assert_eq!(members.len(), expected.len());
        assert_eq!(members.is_empty(), expected.is_empty());
        assert_eq!(members.contains(slot), expected.contains(&slot));
        if number(50) == 0 {
            held.push((members.snapshot(), expected.clone()));
        }
        if held.len() > 5 {
            held.remove(number(5) as usize);
        }
        if number(50) == 0 {
            for (snapshot, then) in &held {
                assert_eq!(slots(snapshot), *then);
            }
        }
    }
    assert_eq!(slots(&members.snapshot()), expected);
}

#[test]
fn members_are_listed_in_the_order_they_joined() {
    let all: Vec<ConnectionRef> = (0..300).map(connection).collect();
    let mut members = Members::default();
    for (joined, member) in (0..).zip(&all) {
        members.add(member.slot(), member, joined);
    }
    members.remove(3);
    members.remove(200);
    members.add(3, &all[3], 300);
    assert!(!members.add(4, &all[4], 301), "it is a member already");
    let snapshot = members.snapshot();
    let listed = snapshot.in_order().into_iter().map(|member| member.slot());
    let rest = (0..300).filter(|slot| ![3, 200].contains(slot));
    assert!(listed.eq(rest.chain([3])));
}

#[test]
fn a_change_copies_what_a_snapshot_holds_and_a_member_that_left_is_not_held() {
    let mut members = Members::default();
    let all: Vec<ConnectionRef> = (0..1000).map(connection).collect();
    for member in &all {
        members.add(member.slot(), member, 0);
    }
    let count = |slot: usize| Arc::strong_count(&all[slot]);
    assert_eq!(count(0), 2);
    let snapshot = members.snapshot();
    assert_eq!(count(0), 2, "a snapshot shares the chunks");
    members.remove(0);
    assert_eq!(count(0), 2, "it is in the snapshot");
    assert_eq!(count(1), 3, "its chunk has been copied");
    assert_eq!(count(500), 2, "another chunk is shared");
    drop(snapshot);
    assert_eq!(count(0), 1);
    assert_eq!(count(1), 2);
}
