use super::*;
use std::sync::Arc;

use crate::deflate::{Agreement, Compression, CompressionPolicy};
use crate::hub::testing::{FakeLink, Peer, facts, hub, take_all};
use crate::hub::{Facts, Group, Next, Queued};

const FLOOD: [&str; 7] = [
    r#"{"n":"_h","i":"1"}"#,
    r#"{"n":"_p","i":"1"}"#,
    r#"{"n":"_own","i":"1"}"#,
    r#"{"n":"ask","p":1,"i":"1"}"#,
    r#"{"n":"news"}"#,
    r#"{"n":5}"#,
    "no JSON",
];

/// What the application is told when a peer sends one of everything, responses apart.
fn kinds_after_flood(hub: &Hub, peer: &mut Peer) -> Vec<Kind> {
    for text in FLOOD {
        assert_eq!(peer.say(hub, text), Next::Read, "{text}");
    }
    let large = format!(r#"{{"n":"ask","p":"{}","i":"1"}}"#, "x".repeat(5000));
    hub.names.intern("ask");
    peer.say(hub, &large);
    take_all(&hub.inbox)
        .iter()
        .map(|event| event.kind)
        .collect()
}

#[test]
fn after_a_close_only_responses_reach_the_application() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    assert!(hub.close(&peer.connection, 4000, "done"));
    let written = peer.link.bytes().len();
    assert_eq!(kinds_after_flood(&hub, &mut peer), []);
    peer.say(&hub, r#"{"n":"_r","p":1,"i":"1"}"#);
    let events = take_all(&hub.inbox);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].kind, Kind::Response);
    assert_eq!(events[0].payload.as_deref(), Some("1"));
    assert_eq!(peer.link.bytes().len(), written, "nothing is answered");
}

#[test]
fn responses_for_which_nobody_waits_do_not() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    peer.connection.limit_delivery(Delivery::Nothing);
    // Less is never followed by more.
    peer.connection.limit_delivery(Delivery::Responses);
    peer.say(&hub, r#"{"n":"_r","p":1,"i":"1"}"#);
    assert_eq!(kinds_after_flood(&hub, &mut peer), []);
}

#[test]
fn a_violation_after_a_close_is_reported_to_nobody() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    hub.close(&peer.connection, 4000, "");
    let error = crate::codec::ProtocolError::Unmasked;
    hub.violated(&peer.connection, &mut peer.progress, &error);
    assert_eq!(take_all(&hub.inbox), []);
    assert_eq!(hub.stats.get(Counter::Violations), 1);
}

/// A peer with an id, in a room.
fn member(hub: &Hub, id: &str) -> Peer {
    let peer = Peer::admitted(hub);
    let mut registry = hub.registry();
    assert!(registry.set_id(peer.slot(), id));
    registry.join(peer.slot(), "room");
    drop(registry);
    peer
}

fn assert_gone(hub: &Hub, gone: &Peer) {
    let registry = hub.registry();
    assert_eq!(registry.find("user"), None);
    assert_eq!(registry.count(Group::All), 0);
    assert!(!registry.has_room("room"));
    assert!(registry.rooms_of(gone.slot()).is_empty());
    drop(registry);
    // It cannot come back.
    let mut registry = hub.registry();
    registry.join(gone.slot(), "room");
    registry.admit(gone.slot());
    assert!(!registry.set_id(gone.slot(), "other"));
    assert_eq!((registry.count(Group::All), registry.room_count()), (0, 0));
    assert_eq!(registry.unknown().count(), 0);
    drop(registry);
    // Its id is free before its end.
    let next = member(hub, "user");
    assert_eq!(hub.registry().find("user"), Some(next.slot()));
    hub.release(gone.slot());
    let registry = hub.registry();
    assert_eq!(
        registry.find("user"),
        Some(next.slot()),
        "the other's id stays"
    );
    assert_eq!(registry.count(Group::Room("room")), 1);
}

#[test]
fn a_peer_given_up_frees_its_id_and_rooms_and_can_still_be_closed() {
    let (hub, _) = hub();
    let peer = member(&hub, "user");
    let permit = Arc::new(hub.admission.acquire(1).unwrap());
    hub.registry().set_permit(peer.slot(), Arc::clone(&permit));
    hub.give_up(&peer.connection);
    assert_eq!(hub.admission.permits(), 0, "at once");
    drop(permit);
    assert_eq!(hub.admission.permits(), 0);
    assert!(peer.connection.is_open());
    assert!(hub.close(&peer.connection, 4201, "Ping failed"));
    assert_eq!(peer.link.close(), Some((4201, "Ping failed".into())));
    assert_gone(&hub, &peer);
}

#[test]
fn a_peer_terminated_frees_its_id_and_rooms_and_is_cut_without_a_close_frame() {
    let (hub, _) = hub();
    let mut peer = member(&hub, "user");
    let queued = peer.connection.send(b"last", &hub.config);
    assert_eq!(queued, Queued::Flush);
    hub.terminate(&peer.connection);
    assert!(peer.connection.must_cut() && !peer.connection.is_open());
    assert_eq!(peer.link.close(), None);
    assert!(
        peer.link.bytes().ends_with(b"last"),
        "offered to the kernel"
    );
    assert_eq!(peer.connection.send(b"more", &hub.config), Queued::NotOpen);
    assert_eq!(kinds_after_flood(&hub, &mut peer), []);
    assert_gone(&hub, &peer);
}

#[test]
fn a_peer_that_does_not_read_frees_its_id_and_rooms() {
    let (hub, _) = hub();
    hub.config.set_max_buffered_bytes(100);
    let link = FakeLink::open();
    let mut peer = Peer::over(&hub, link.clone());
    peer.shake_hands(&hub);
    hub.registry().set_id(peer.slot(), "user");
    hub.registry().join(peer.slot(), "room");
    link.set_room(0);
    while hub.broadcast(Group::Room("room"), &"x".repeat(60)) > 0 {}
    assert_eq!(hub.stats.get(Counter::SlowConsumers), 1);
    assert_gone(&hub, &peer);
}

#[test]
fn what_a_broadcast_has_queued_is_offered_before_a_cut() {
    let (hub, _) = hub();
    let peers: Vec<_> = (0..5).map(|_| Peer::admitted(&hub)).collect();
    assert_eq!(hub.broadcast(Group::All, "to all"), 5);
    for peer in &peers {
        assert!(peer.link.bytes().is_empty(), "left to the io thread");
        hub.cut(&peer.connection);
        assert!(peer.link.bytes().ends_with(b"to all"));
    }
}

#[test]
fn a_stream_that_has_become_writable_meanwhile_is_offered_what_waits_before_a_cut() {
    let (hub, _) = hub();
    let peer = Peer::admitted(&hub);
    peer.link.set_room(0);
    peer.connection.send(b"one", &hub.config);
    peer.connection.flush();
    assert!(peer.connection.is_blocked());
    peer.link.set_room(usize::MAX);
    hub.broadcast(Group::All, "two");
    hub.cut(&peer.connection);
    assert!(peer.link.bytes().ends_with(b"two"));
}

#[test]
fn a_message_to_be_compressed_is_offered_as_it_is_before_a_cut() {
    let (hub, _) = hub();
    let link = FakeLink::open();
    let compression = Compression {
        agreement: Agreement::default(),
        policy: Arc::new(CompressionPolicy::default()),
    };
    let facts = Facts {
        compression: Some(Box::new(compression)),
        ..facts()
    };
    let connection = hub.open(Box::new(link.clone()), facts);
    assert_eq!(connection.send(&[b'x'; 5000], &hub.config), Queued::Flush);
    assert!(link.bytes().is_empty());
    hub.cut(&connection);
    assert!(link.bytes().ends_with(&[b'x'; 5000]));
}
