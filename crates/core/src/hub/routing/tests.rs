//! The rules of contract sections 1 and 4 that the hub sees to.

use uuid::Uuid;

mod apart;
mod handshakes;

use super::*;
use crate::hub::batch::Batch;
use crate::hub::inbox::CONNECTION_MARK;
use crate::hub::progress::HANDSHAKE_EVENTS;
use crate::hub::testing::{FakeLink, Peer, Seen, hub, take_all};

const RESERVED: &str = "Message names beginning with _ are reserved";
const NOT_COMPLETED: &str = "Handshake is not completed";

fn rejection(id: &str, why: &str) -> String {
    format!(r#"{{"n":"_r","i":{id},"e":{{"name":"Error","message":"{why}"}}}}"#)
}

#[test]
fn pings_are_answered_before_and_after_the_handshake() {
    let (hub, _) = hub();
    let mut peer = Peer::open(&hub);
    assert_eq!(peer.say(&hub, r#"{"n":"_p","i":"a"}"#), Next::Flush);
    peer.shake_hands(&hub);
    assert_eq!(peer.say(&hub, r#"{"n":"_p","i":7}"#), Next::Flush);
    let expected = [
        r#"{"n":"_r","p":"pong","i":"a","e":null}"#,
        r#"{"n":"_r","p":"pong","i":7,"e":null}"#,
    ];
    assert_eq!(peer.link.texts(), expected);
    assert!(take_all(&hub.inbox).is_empty(), "without the application");
}

#[test]
fn a_ping_without_an_id_is_answered_without_one() {
    let (hub, _) = hub();
    let mut peer = Peer::open(&hub);
    for text in [
        r#"{"n":"_p"}"#,
        r#"{"n":"_p","i":""}"#,
        r#"{"n":"_p","i":0}"#,
    ] {
        peer.say(&hub, text);
    }
    let expected = vec![r#"{"n":"_r","p":"pong","e":null}"#; 3];
    assert_eq!(peer.link.texts(), expected);
}

#[test]
fn a_ping_behind_messages_that_wait_keeps_its_turn() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    peer.say(&hub, r#"{"n":"x","i":"1"}"#);
    assert_eq!(peer.say(&hub, r#"{"n":"_p","i":"2"}"#), Next::Read);
    assert!(peer.link.bytes().is_empty());
    let kinds: Vec<_> = take_all(&hub.inbox)
        .into_iter()
        .map(|event| (event.kind, event.id))
        .collect();
    let expected = [
        (Kind::Message, Some(r#""1""#.to_owned())),
        (Kind::Ping, Some(r#""2""#.to_owned())),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(peer.say(&hub, r#"{"n":"_p","i":"3"}"#), Next::Flush);
}

#[test]
fn responses_reach_the_application_once_it_knows_of_the_connection() {
    let (hub, _) = hub();
    let mut peer = Peer::open(&hub);
    peer.say(&hub, r#"{"n":"_r","p":1,"i":"early","e":null}"#);
    assert!(take_all(&hub.inbox).is_empty());
    assert!(peer.link.bytes().is_empty());
    peer.shake_hands(&hub);
    let slot = peer.slot();
    for (error, seen) in [
        ("null", None),
        ("0", None),
        (r#""""#, None),
        ("false", None),
        ("{}", Some("{}".to_owned())),
        (r#""no""#, Some(r#""no""#.to_owned())),
    ] {
        peer.say(&hub, &format!(r#"{{"n":"_r","p":1,"i":"r","e":{error}}}"#));
        let expected = Seen {
            id: Some(r#""r""#.to_owned()),
            payload: Some("1".to_owned()),
            error: seen,
            ..Seen::new(Kind::Response, slot)
        };
        assert_eq!(take_all(&hub.inbox), [expected], "e: {error}");
    }
}

#[test]
fn other_names_beginning_with_an_underscore_reach_nobody() {
    let (hub, _) = hub();
    let mut before = Peer::open(&hub);
    let mut after = Peer::admitted(&hub);
    for peer in [&mut before, &mut after] {
        let sent = peer.link.texts().len();
        for name in ["_disconnected", "_error", "_", "_x", r"\u005ferror"] {
            let text = format!(r#"{{"n":"{name}","p":1,"i":"1"}}"#);
            assert_eq!(peer.say(&hub, &text), Next::Flush);
            let text = format!(r#"{{"n":"{name}","p":1}}"#);
            assert_eq!(peer.say(&hub, &text), Next::Read);
        }
        let expected = vec![rejection(r#""1""#, RESERVED); 5];
        assert_eq!(peer.link.texts()[sent..], expected);
    }
    assert!(take_all(&hub.inbox).is_empty());
}

#[test]
fn before_the_handshake_a_request_is_refused_and_a_message_dropped() {
    let (hub, wake) = hub();
    let mut peer = Peer::open(&hub);
    for text in [
        r#"{"n":"x","p":1}"#,
        r#"{"n":"x","i":""}"#,
        r#"{"n":"x","i":0}"#,
    ] {
        assert_eq!(peer.say(&hub, text), Next::Read);
    }
    assert!(peer.link.bytes().is_empty());
    assert_eq!(peer.say(&hub, r#"{"n":"x","i":"1"}"#), Next::Flush);
    assert_eq!(peer.say(&hub, r#"{"n":"x","i":1.50}"#), Next::Flush);
    let expected = [
        rejection(r#""1""#, NOT_COMPLETED),
        rejection("1.5", NOT_COMPLETED),
    ];
    assert_eq!(peer.link.texts(), expected);
    assert!(take_all(&hub.inbox).is_empty());
    assert_eq!(wake.count(), 0, "costs the application nothing");
}

#[test]
fn what_is_no_envelope_is_dropped_before_and_handed_over_after_the_handshake() {
    let (hub, _) = hub();
    let mut peer = Peer::open(&hub);
    let bad = [
        "",
        "nonsense",
        "null",
        "[]",
        "5",
        "{}",
        r#"{"n":5}"#,
        r#"{"n":null}"#,
        r#"{"n":"x","i":{}}"#,
        r#"{"n":"x","i":null}"#,
        r#"{"n":"x"}}"#,
        "\u{fffd}",
    ];
    for text in bad {
        assert_eq!(peer.say(&hub, text), Next::Read);
    }
    assert!(take_all(&hub.inbox).is_empty());
    peer.shake_hands(&hub);
    for text in bad {
        peer.say(&hub, text);
        let expected = Seen {
            payload: Some(text.to_owned()),
            ..Seen::new(Kind::Invalid, peer.slot())
        };
        assert_eq!(take_all(&hub.inbox), [expected], "{text}");
    }
    assert!(peer.link.bytes().is_empty());
    assert!(peer.connection.is_open(), "the connection stays");
}

#[test]
fn an_escaped_name_is_the_name_it_spells() {
    let (hub, _) = hub();
    let mut peer = Peer::open(&hub);
    peer.say(&hub, r#"{"n":"\u005fp","i":"1"}"#);
    assert_eq!(
        peer.link.texts(),
        [r#"{"n":"_r","p":"pong","i":"1","e":null}"#]
    );
    peer.say(&hub, r#"{"n":"\u005Fh"}"#);
    assert_eq!(take_all(&hub.inbox)[0].kind, Kind::Handshake);
    peer.say(&hub, r#"{"n":"_\u0072","i":"1"}"#);
    assert_eq!(take_all(&hub.inbox)[0].kind, Kind::Response);
}

#[test]
fn a_message_keeps_its_parts_as_raw_json() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    peer.say(
        &hub,
        r#" { "i" : "\u0031" , "e" : 0 , "p" : [ 1 , "é" ] , "n" : "a\"b" } "#,
    );
    peer.say(&hub, r#"{"n":"","i":-0.5}"#);
    let first = Seen {
        name: Some(r#"a\"b"#.to_owned()),
        id: Some(r#""\u0031""#.to_owned()),
        payload: Some(r#"[ 1 , "é" ]"#.to_owned()),
        error: Some("0".to_owned()),
        ..Seen::new(Kind::Message, peer.slot())
    };
    let second = Seen {
        name: Some(String::new()),
        id: Some("-0.5".to_owned()),
        ..Seen::new(Kind::Message, peer.slot())
    };
    assert_eq!(take_all(&hub.inbox), [first, second]);
}

#[test]
fn names_of_objects_own_properties_are_ordinary() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    for name in ["constructor", "toString", "hasOwnProperty", "newListener"] {
        peer.say(&hub, &format!(r#"{{"n":"{name}","i":"1"}}"#));
        let events = take_all(&hub.inbox);
        assert_eq!(events[0].name.as_deref(), Some(name));
        assert_eq!(events[0].interned, 0);
    }
}

#[test]
fn an_interned_name_comes_as_its_number_however_it_is_spelt() {
    let (hub, _) = hub();
    assert_eq!(hub.names.intern("known"), Some(1));
    assert_eq!(hub.names.intern("other"), Some(2));
    assert_eq!(hub.names.intern("known"), Some(1));
    let mut peer = Peer::admitted(&hub);
    for name in ["other", r"o\u0074her"] {
        peer.say(&hub, &format!(r#"{{"n":"{name}","p":1}}"#));
        let expected = Seen {
            interned: 2,
            payload: Some("1".to_owned()),
            ..Seen::new(Kind::Message, peer.slot())
        };
        assert_eq!(take_all(&hub.inbox), [expected]);
    }
    peer.say(&hub, r#"{"n":"unknown"}"#);
    let event = take_all(&hub.inbox).remove(0);
    assert_eq!(
        (event.interned, event.name),
        (0, Some("unknown".to_owned()))
    );
    assert_eq!(hub.names.find("unknown"), 0, "peers add no names");
}

#[test]
fn interned_names_are_limited() {
    let (hub, _) = hub();
    let mut given = 0;
    while let Some(number) = hub.names.intern(&format!("name {given}")) {
        given += 1;
        assert_eq!(number, given);
    }
    assert_eq!(given, 1024);
    assert_eq!(hub.names.intern("name 0"), Some(1));
}

#[test]
fn a_flood_pauses_the_reader() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    let text = format!(r#"{{"n":"x","p":"{}"}}"#, "x".repeat(CONNECTION_MARK / 2));
    assert_eq!(peer.say(&hub, &text), Next::Read);
    assert_eq!(peer.say(&hub, &text), Next::Pause);
    take_all(&hub.inbox);
    assert_eq!(peer.say(&hub, &text), Next::Read);
}

#[test]
fn a_violation_is_reported_with_its_code_once_the_connection_is_known() {
    let (hub, _) = hub();
    let mut peer = Peer::open(&hub);
    let error = crate::codec::Decoder::new(crate::codec::MessageLimits::default())
        .decode(&mut [0x81, 0x00])
        .unwrap_err();
    hub.violated(&peer.connection, &mut peer.progress, &error);
    assert!(take_all(&hub.inbox).is_empty());
    peer.shake_hands(&hub);
    hub.violated(&peer.connection, &mut peer.progress, &error);
    let expected = Seen {
        payload: Some(error.to_string()),
        number: 1002,
        ..Seen::new(Kind::Invalid, peer.slot())
    };
    assert_eq!(take_all(&hub.inbox), [expected]);
}

/// The application's thread has queued something and promised a flush, but is busy: what the hub
/// itself answers must not wait for it.
#[test]
fn an_answer_does_not_wait_for_the_flush_of_a_busy_application() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    let queued = peer.connection.send(br#"{"n":"x"}"#, &hub.config);
    assert_eq!(queued, Queued::Flush);
    assert_eq!(peer.say(&hub, r#"{"n":"_p","i":"1"}"#), Next::Flush);
    assert_eq!(peer.link.texts().len(), 2);
    assert_eq!(
        peer.connection.send(br#"{"n":"y"}"#, &hub.config),
        Queued::Flush
    );
    assert_eq!(hub.pong(&peer.connection, b""), Next::Flush);
}

#[test]
fn nothing_is_answered_once_the_connection_is_closing() {
    let (hub, _) = hub();
    let mut peer = Peer::over(&hub, FakeLink::open());
    assert!(hub.close(&peer.connection, 1000, ""));
    assert_eq!(peer.say(&hub, r#"{"n":"_p","i":"1"}"#), Next::Read);
    assert_eq!(peer.say(&hub, r#"{"n":"x","i":"1"}"#), Next::Read);
    assert_eq!(hub.pong(&peer.connection, b"x"), Next::Read);
    assert_eq!(peer.link.frames().len(), 1);
    assert_eq!(peer.link.close(), Some((1000, String::new())));
}
