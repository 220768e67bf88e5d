//! What is told of a connection in another queue than its end: another connection may have its slot by then.

use super::*;
use crate::hub::testing::events_of;

/// A hub, and a peer for which `Drained` and a ping are due.
fn announced() -> (Hub, Peer) {
    let (hub, _) = hub();
    hub.config.set_high_water_mark(100);
    hub.config.set_ping_interval(10);
    let mut peer = Peer::admitted(&hub);
    build_up_a_backlog(&hub, &mut peer);
    peer.connection.want_drained();
    peer.connection.send(&[b'x'; 200], &hub.config);
    peer.connection.flush();
    hub.report(&peer.connection);
    run_for(&hub, 30);
    (hub, peer)
}

/// Has all events of one queue handled.
fn handle(hub: &Hub, lane: Lane) -> Vec<Seen> {
    let mut batch = Batch::default();
    let mut events = Vec::new();
    hub.inbox.end_turn();
    while hub.inbox.take(lane, &mut batch).any {
        events.extend(events_of(&batch));
    }
    hub.inbox.mark_handled(Handled::all(lane));
    events
}

/// What the application remembers of a connection from its handshake: a record has 32 bits for a number.
fn low(number: u64) -> u32 {
    number as u32
}

#[test]
fn events_beside_a_flow_tell_their_connection_from_the_next_in_its_slot() {
    let (hub, mut peer) = announced();
    let slot = peer.slot();
    hub.ended(&peer.connection, &mut peer.progress, 1000, "");
    let last = handle(&hub, Lane::Backlogged).pop().unwrap();
    assert_eq!((last.kind, last.slot), (Kind::Closed, slot));
    hub.release(slot);

    let mut next = Peer::open(&hub);
    next.progress = Progress::before_handshake();
    assert_eq!(next.slot(), slot, "used again");
    next.say(&hub, r#"{"n":"_h","i":"h"}"#);
    let [handshake] = &handle(&hub, Lane::Backlogged)[..] else {
        panic!("another handshake");
    };
    assert_eq!((handshake.kind, handshake.slot), (Kind::Handshake, slot));

    let late = handle(&hub, Lane::Sparse);
    let kinds: Vec<_> = late.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [Kind::Drained, Kind::PingDue]);
    for event in late {
        assert_eq!(event.slot, slot);
        assert_ne!(low(event.number), low(handshake.number), "{event:?}");
    }
}

#[test]
fn events_beside_a_flow_name_the_connection_as_its_handshake_does() {
    let (hub, _) = hub();
    // Its serial is not the first.
    drop(Peer::open(&hub));
    hub.config.set_high_water_mark(100);
    hub.config.set_ping_interval(10);
    for is_handed_over in [false, true] {
        let mut peer = Peer::open(&hub);
        peer.connection.want_drained();
        if is_handed_over {
            hub.announce_opened(&peer.connection, &mut peer.progress, 7);
            let opened = take_all(&hub.inbox);
            assert_eq!((opened[0].kind, opened[0].number), (Kind::Opened, 7));
        }
        peer.say(&hub, r#"{"n":"_h","i":"h"}"#);
        let handshake = take_all(&hub.inbox).pop().unwrap();
        assert_eq!(handshake.name.is_some(), !is_handed_over);
        hub.admit(peer.slot());
        peer.connection.send(&[b'x'; 200], &hub.config);
        peer.connection.flush();
        hub.report(&peer.connection);
        run_for(&hub, 30);
        let told = take_all(&hub.inbox);
        let told = told.iter().filter(|event| event.slot == peer.slot());
        let told: Vec<_> = told.map(|event| (event.kind, event.number)).collect();
        let serial = handshake.number;
        assert_eq!(serial, peer.connection.serial());
        assert_eq!(told, [(Kind::Drained, serial), (Kind::PingDue, serial)]);
    }
}
