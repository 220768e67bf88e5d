//! Handshakes, and what comes before they are resolved.

use super::*;

#[test]
fn the_first_handshake_brings_a_generated_id_and_reserves_it() {
    let (hub, _) = hub();
    let mut peer = Peer::open(&hub);
    let next = peer.say(&hub, r#"{"n":"_h","p":{"a":1},"i":"1"}"#);
    assert_eq!(next, Next::Read);
    let events = take_all(&hub.inbox);
    let [event] = &events[..] else {
        panic!("{events:?}")
    };
    let id = event.name.clone().unwrap();
    let expected = Seen {
        name: Some(id.clone()),
        id: Some(r#""1""#.to_owned()),
        payload: Some(r#"{"a":1}"#.to_owned()),
        ..Seen::new(Kind::Handshake, peer.slot())
    };
    assert_eq!(*event, expected);
    assert_eq!(Uuid::parse_str(&id).unwrap().get_version_num(), 4);
    let mut other = Peer::open(&hub);
    other.say(&hub, r#"{"n":"_h"}"#);
    assert!(
        !hub.registry().set_id(other.slot(), &id),
        "reserved at once"
    );
    assert!(peer.link.bytes().is_empty(), "the application answers");
}

#[test]
fn a_connection_that_stays_does_not_keep_the_text_of_the_batch_it_came_in() {
    let (hub, _) = hub();
    let mut peer = Peer::open(&hub);
    peer.say(&hub, r#"{"n":"_h"}"#);
    let mut batch = Batch::default();
    assert!(hub.inbox.take_any(&mut batch).is_some());
    assert_eq!(batch.strings.count(), 1, "the id is a string of its own");
    assert!(batch.text.is_empty());
}

#[test]
fn only_the_outline_of_a_larger_message_is_looked_at_if_somebody_listens() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    hub.names.intern("known");
    let text = |name: &str, length: usize| {
        let around = format!(r#"{{"n":"{name}","p":"","i":"1"}}"#);
        let payload = "x".repeat(length - around.len());
        format!(r#"{{"n":"{name}","p":"{payload}","i":"1"}}"#)
    };
    for (name, length, kind) in [
        ("known", *OUTLINED.start(), Kind::Outlined),
        ("known", *OUTLINED.end(), Kind::Outlined),
        ("known", OUTLINED.start() - 1, Kind::Message),
        ("known", OUTLINED.end() + 1, Kind::Message),
        ("other", *OUTLINED.start(), Kind::Message),
    ] {
        peer.say(&hub, &text(name, length));
        let events = take_all(&hub.inbox);
        let [event] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!(event.kind, kind, "{name}, {length}");
        if kind == Kind::Outlined {
            assert_eq!(event.payload, Some(text(name, length)));
            let before = r#"{"n":"known","p":"#.len() as u64;
            let after = r#","i":"1"}"#.len() as u64;
            assert_eq!(event.number, before << 8 | after);
        }
    }
}

#[test]
fn a_further_handshake_is_answered_here_and_never_reaches_the_application() {
    let (hub, _) = hub();
    let mut peer = Peer::open(&hub);
    peer.say(&hub, r#"{"n":"_h","i":"1"}"#);
    assert_eq!(take_all(&hub.inbox).len(), 1);
    let refused = |id: &str, why: &str| {
        format!(r#"{{"n":"_r","i":{id},"e":{{"name":"Error","message":"{why}"}}}}"#)
    };
    // The answer to the first is that to all with its id.
    assert_eq!(peer.say(&hub, r#"{"n":"_h","i":"1"}"#), Next::Read);
    assert_eq!(peer.say(&hub, r#"{"n":"_h"}"#), Next::Read);
    peer.say(&hub, r#"{"n":"_h","p":2,"i":"2"}"#);
    peer.say(&hub, r#"{"n":"_h","i":1}"#);
    peer.connection.mark_handshake_resolved();
    peer.say(&hub, r#"{"n":"_h","i":"1"}"#);
    let expected = [
        refused(r#""2""#, "Handshake is already in progress"),
        refused("1", "Handshake is already in progress"),
        refused(r#""1""#, "Handshake is already resolved"),
    ];
    assert_eq!(peer.link.texts(), expected);
    assert!(take_all(&hub.inbox).is_empty());
}

#[test]
fn while_its_handshake_is_pending_a_peer_costs_the_application_little() {
    let (hub, _) = hub();
    for text in [r#"{"n":5}"#, r#"{"n":"_r","i":"1"}"#, r#"{"n":"early"}"#] {
        let mut peer = Peer::open(&hub);
        peer.say(&hub, r#"{"n":"_h","i":"1"}"#);
        for _ in 0..10 * usize::from(HANDSHAKE_EVENTS) {
            peer.say(&hub, text);
        }
        let events = take_all(&hub.inbox);
        assert_eq!(events.len(), usize::from(HANDSHAKE_EVENTS), "{text}");
    }
}

#[test]
fn what_comes_with_the_handshake_is_for_the_application_to_judge_until_it_has_handled_that() {
    let (hub, _) = hub();
    let mut peer = Peer::open(&hub);
    peer.say(&hub, r#"{"n":"_h","i":"1"}"#);
    peer.say(&hub, r#"{"n":"a","i":"2"}"#);
    assert_eq!(take_all(&hub.inbox).len(), 2);
    // Now the application is known not to have resolved the handshake at once.
    peer.say(&hub, r#"{"n":"a","i":"3"}"#);
    assert!(take_all(&hub.inbox).is_empty());
    let refused = peer.link.texts().concat();
    assert!(
        refused.contains(r#""i":"3""#) && refused.contains(NOT_COMPLETED),
        "{refused}"
    );
    peer.connection.mark_handshake_resolved();
    peer.say(&hub, r#"{"n":"a","i":"4"}"#);
    assert_eq!(take_all(&hub.inbox).len(), 1);
}

#[test]
fn a_connection_that_was_handed_over_is_known_before_its_handshake() {
    let (hub, _) = hub();
    let mut peer = Peer::open(&hub);
    hub.announce_opened(&peer.connection, &mut peer.progress, 77);
    peer.say(&hub, "no message");
    peer.say(&hub, r#"{"n":"early"}"#);
    let events = take_all(&hub.inbox);
    assert_eq!(events.len(), 1, "nobody listens yet: {events:?}");
    assert_eq!((events[0].kind, events[0].number), (Kind::Opened, 77));
    assert!(events[0].name.is_some());

    peer.say(&hub, r#"{"n":"_h","i":"1"}"#);
    let handshake = take_all(&hub.inbox).remove(0);
    assert_eq!((handshake.kind, handshake.name), (Kind::Handshake, None));

    hub.ended(&peer.connection, &mut peer.progress, 1006, "");
    assert_eq!(take_all(&hub.inbox)[0].kind, Kind::Closed);
}

#[test]
fn one_that_ends_before_its_handshake_is_told_of_and_kept_until_released() {
    let (hub, _) = hub();
    let mut peer = Peer::open(&hub);
    hub.announce_opened(&peer.connection, &mut peer.progress, 1);
    hub.ended(&peer.connection, &mut peer.progress, 1006, "");
    let kinds: Vec<_> = take_all(&hub.inbox).iter().map(|seen| seen.kind).collect();
    assert_eq!(kinds, [Kind::Opened, Kind::Closed]);
    assert!(!hub.registry().is_empty());
    hub.release(peer.slot());
    assert!(hub.registry().is_empty());
}

#[test]
fn a_handshake_without_an_id_is_served() {
    let (hub, _) = hub();
    let mut peer = Peer::open(&hub);
    peer.say(&hub, r#"{"n":"_h"}"#);
    let events = take_all(&hub.inbox);
    assert_eq!(events.len(), 1);
    assert_eq!((&events[0].id, &events[0].payload), (&None, &None));
    assert!(peer.progress.is_known());
}
