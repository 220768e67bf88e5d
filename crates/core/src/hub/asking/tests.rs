use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use super::*;
use crate::hub::testing::{CountingWake, FakeLink, facts};

fn hub() -> Hub {
    Hub::new(Box::new(CountingWake::default()))
}

fn open(hub: &Hub, id: &str) -> (ConnectionRef, FakeLink) {
    let link = FakeLink::open();
    let connection = hub.open(Box::new(link.clone()), facts());
    hub.registry().set_id(connection.slot(), id);
    hub.admit(connection.slot());
    (connection, link)
}

fn rooms(names: &[&str]) -> Target {
    Target {
        rooms: Some(names.iter().map(|&name| name.to_owned()).collect()),
        ..Target::default()
    }
}

#[test]
fn a_union_reaches_each_member_once() {
    let hub = hub();
    let people = ["a", "b", "c", "d"].map(|id| open(&hub, id));
    let join = |who: usize, room: &str| hub.registry().join(people[who].0.slot(), room);
    for room in ["x", "y", "muted"] {
        join(0, room);
    }
    join(1, "y");
    join(2, "z");
    assert!(!join(2, "z"), "it is in there");
    assert_eq!(
        hub.broadcast_to(&rooms(&["x", "y", "y", "nobody"]), "1").0,
        2
    );
    assert_eq!(hub.broadcast_to(&rooms(&["nobody", "nowhere"]), "2").0, 0);
    let all = Target {
        except: vec![people[1].0.slot(), 999],
        except_ids: vec!["c".to_owned(), "nobody".to_owned()],
        except_rooms: vec!["muted".to_owned(), "nowhere".to_owned()],
        ..Target::default()
    };
    assert_eq!(hub.broadcast_to(&all, "3").0, 1);
    for (connection, _) in &people {
        connection.flush();
    }
    let got = people.each_ref().map(|(_, link)| link.texts().concat());
    assert_eq!(got, ["1", "1", "", "3"]);
}

/// Two threads send to rooms in different orders, and members come and go: nobody waits for ever, and
/// members of both rooms get all messages in the same order.
#[test]
fn unions_of_the_same_rooms_have_one_order() {
    let hub = hub();
    let people = ["a", "b"].map(|id| open(&hub, id));
    for (connection, _) in &people {
        for room in ["x", "y"] {
            hub.registry().join(connection.slot(), room);
        }
    }
    let (guest, _) = open(&hub, "guest");
    let send = |names: &[&str], from: usize| {
        let target = rooms(names);
        for number in (from..2000).step_by(2) {
            hub.broadcast_to(&target, &format!("{number},"));
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| send(&["x", "y", "z"], 0));
        scope.spawn(|| send(&["z", "y", "x"], 1));
        scope.spawn(|| {
            for _ in 0..1000 {
                hub.registry().join(guest.slot(), "z");
                hub.registry().leave(guest.slot(), "z");
            }
        });
    });
    for (connection, _) in &people {
        connection.flush();
    }
    let [first, second] = people.each_ref().map(|(_, link)| link.texts().concat());
    assert_eq!(first.matches(',').count(), 2000);
    assert_eq!(first, second);
}

#[test]
fn members_that_cannot_be_sent_to_are_silent_at_once() {
    let hub = hub();
    let people = ["a", "b"].map(|id| open(&hub, id));
    for (connection, _) in &people {
        hub.close(connection, 1000, "");
    }
    assert_eq!(hub.ask(1, &Target::default(), "1", usize::MAX), Some(2));
    let answers = hub.take_answers(1).unwrap();
    assert_eq!(answers.silent.len(), 2);
    let ids = hub.list(&Target::default(), usize::MAX);
    assert_eq!(ids.len(), 2);
    assert_eq!(hub.list(&Target::default(), 1).len(), 1);
    assert_eq!(hub.close_members(&Target::default(), 1000, ""), 0);
    assert!(hub.take_closed().is_empty(), "they were closed before");
}

#[test]
fn the_application_is_told_whom_another_node_has_closed() {
    let hub = hub();
    let word = hub.closed.word();
    let shows_some = || word.load(Relaxed) != 0;
    let (gone, _) = open(&hub, "gone");
    let (here, _) = open(&hub, "here");
    assert!(!shows_some());
    assert_eq!(hub.close_members(&Target::default(), 1000, ""), 2);
    assert!(shows_some());
    hub.release(gone.slot());
    let (other, _) = open(&hub, "other");
    assert_eq!(other.slot(), gone.slot());
    assert_eq!(hub.take_closed(), [here.slot()]);
    assert!(!shows_some());
    assert!(hub.take_closed().is_empty());
}

#[test]
fn what_is_done_with_members_later_is_not_done_with_others_in_their_places() {
    let hub = hub();
    let (gone, _) = open(&hub, "gone");
    let (here, _) = open(&hub, "here");
    let members = hub.select(&Target::default());
    hub.registry().remove(gone.slot());
    let (other, _) = open(&hub, "other");
    assert_eq!(other.slot(), gone.slot());
    assert_eq!(hub.join_some(&members, "room"), 1);
    assert!(!hub.registry().contains(Group::Room("room"), other.slot()));
    hub.registry().join(other.slot(), "room");
    assert_eq!(hub.leave_some(&members, "room"), 1);
    assert!(hub.registry().contains(Group::Room("room"), other.slot()));
    let listed = hub.list_some(&members);
    assert_eq!(listed.len(), 1);
    assert_eq!(&*listed[0].0, "here");
    assert!(hub.close(&here, 1000, ""));
}

#[test]
fn a_connection_that_has_ended_joins_and_leaves_no_room_for_the_one_in_its_slot() {
    for keeps in [false, true] {
        let hub = hub();
        if keeps {
            let rule = crate::hub::HistoryRule {
                size: 10,
                ttl: 1000,
                max_replay: 10,
                local_when_down: false,
            };
            hub.keep_history("room", rule);
        }
        let (gone, _) = open(&hub, "gone");
        gone.set_positions(false);
        hub.registry().remove(gone.slot());
        let (other, _) = open(&hub, "other");
        assert_eq!(other.slot(), gone.slot());
        // As when it ends just before another thread has it join.
        hub.join_member(&gone, "room");
        assert!(!hub.registry().contains(Group::Room("room"), other.slot()));
        hub.join(other.slot(), "room");
        assert!(!hub.leave_member(&gone, "room"));
        assert!(hub.registry().contains(Group::Room("room"), other.slot()));
    }
}

#[test]
fn what_is_noted_of_a_connection_ends_with_it() {
    let hub = hub();
    let (connection, _) = open(&hub, "a");
    let mut registry = hub.registry();
    registry.set_info(connection.slot(), Some("1"));
    assert_eq!(registry.info_of(connection.slot()), Some("1".into()));
    registry.withdraw(connection.slot());
    assert_eq!(registry.info_of(connection.slot()), None);
    registry.set_info(connection.slot(), Some("2"));
    assert_eq!(registry.info_of(connection.slot()), None, "it is gone");
    assert_eq!(Arc::strong_count(&connection), 2);
}
