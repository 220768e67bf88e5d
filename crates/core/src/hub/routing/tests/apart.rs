//! A message that another thread receives has the effect that it has otherwise.

use super::*;
use crate::hub::batch::HEAVY;

/// Receives a message as another thread does.
fn say_apart(hub: &Hub, peer: &mut Peer, message: Message<'_>) -> Next {
    let progress = peer.progress.apart();
    let apart = hub.receive_apart(&peer.connection, progress, message);
    assert!(
        take_all(&hub.inbox).is_empty(),
        "nothing before it is handed over"
    );
    let next = hub.hand_over_apart(&mut peer.progress, apart);
    if next == Next::Flush {
        peer.connection.flush();
    }
    next
}

#[test]
fn the_effect_is_the_same() {
    let large = "\u{e9}".repeat(HEAVY);
    let texts = [
        format!(r#"{{"n":"x","p":"{large}","i":"1"}}"#),
        format!(r#"{{"n":"x","e":{{"a":"{large}"}},"i":"{large}"}}"#),
        format!(r#"{{"n":"{large}"}}"#),
        format!(r#"{{"n":"_r","i":"1","p":"{large}"}}"#),
        format!(r#"{{"n":"_p","i":"{large}"}}"#),
        format!(r#"{{"n":"_x","i":"{large}"}}"#),
        format!(r#"{{"n":"_h","i":"{large}"}}"#),
        format!(r#"{{"n":"_x","p":"{large}"}}"#),
        format!(r#"{{"n":5,"p":"{large}"}}"#),
        large.clone(),
        r#"{"n":"short"}"#.to_owned(),
    ];
    for text in &texts {
        let (hub, _) = hub();
        let mut here = Peer::admitted(&hub);
        let next = here.say(&hub, text);
        let events = take_all(&hub.inbox);
        let mut there = Peer::admitted(&hub);
        let label: String = text.chars().take(20).collect();
        assert_eq!(
            say_apart(&hub, &mut there, Message::Text(text)),
            next,
            "{label}"
        );
        let same = |event: Seen| Seen { slot: 0, ..event };
        let apart: Vec<_> = take_all(&hub.inbox).into_iter().map(same).collect();
        let events: Vec<_> = events.into_iter().map(same).collect();
        assert!(apart == events, "{label}");
        assert!(here.link.texts() == there.link.texts(), "{label}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_reported() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    say_apart(&hub, &mut peer, Message::Binary(b"\xff{}"));
    let [event] = &take_all(&hub.inbox)[..] else {
        panic!("one event");
    };
    assert_eq!(event.kind, Kind::Invalid);
    assert_eq!(event.payload.as_deref(), Some("\u{fffd}{}"));
}

#[test]
fn a_ping_keeps_its_turn_behind_messages_that_wait() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    peer.say(&hub, r#"{"n":"x","i":"1"}"#);
    let progress = peer.progress.apart();
    let ping = Message::Text(r#"{"n":"_p","i":"2"}"#);
    let apart = hub.receive_apart(&peer.connection, progress, ping);
    hub.hand_over_apart(&mut peer.progress, apart);
    assert!(peer.link.bytes().is_empty());
    let kinds: Vec<_> = take_all(&hub.inbox)
        .into_iter()
        .map(|event| event.kind)
        .collect();
    assert_eq!(kinds, [Kind::Message, Kind::Ping]);
}

#[test]
fn nothing_is_handed_over_of_a_connection_that_is_closed_meanwhile() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    hub.close(&peer.connection, 1000, "");
    peer.connection.limit_delivery(Delivery::Nothing);
    assert_eq!(
        say_apart(&hub, &mut peer, Message::Text(r#"{"n":"x"}"#)),
        Next::Read
    );
    assert!(take_all(&hub.inbox).is_empty());
}
