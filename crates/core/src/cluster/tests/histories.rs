//! Rooms whose histories an engine keeps.

use super::*;
use crate::hub::testing::{Peer, take_all};
use crate::hub::{HistoryRule, Joining, Position};

mod outages;
mod refused;

pub(super) const RULE: HistoryRule = HistoryRule {
    size: 100,
    ttl: 60_000,
    max_replay: 50,
    local_when_down: false,
};

pub(super) fn start(broker: &Broker) -> Server {
    let server = Server::start(broker, settings());
    server.hub.keep_history("news", RULE);
    server.hub.keep_history("sport", RULE);
    let local = HistoryRule {
        local_when_down: true,
        ..RULE
    };
    server.hub.keep_history("local", local);
    server
}

/// Two nodes that are up.
fn two() -> (Broker, Server, Server) {
    let broker = Broker::keeping();
    let (one, two) = (start(&broker), start(&broker));
    until("up", || one.is_up() && two.is_up());
    (broker, one, two)
}

/// A client that comes with positions, as JSON.
pub(super) fn arrive(server: &Server, positions: &str) -> Peer {
    let mut peer = Peer::over(&server.hub, FakeLink::open());
    peer.say(
        &server.hub,
        &format!(r#"{{"n":"_h","i":"h","o":{positions}}}"#),
    );
    take_all(&server.hub.inbox);
    server.hub.admit(peer.slot());
    peer
}

/// A client that is in a room, and has been told where it stands.
fn member(server: &Server, room: &str) -> Peer {
    let peer = arrive(server, "{}");
    server.hub.join(peer.slot(), room);
    until("joined", || !texts(server, &peer).is_empty());
    peer
}

fn texts(server: &Server, peer: &Peer) -> Vec<String> {
    server.texts(&peer.link)
}

/// Numbers of the messages that a client has got.
fn numbers(server: &Server, peer: &Peer) -> Vec<u32> {
    let texts = texts(server, peer);
    let messages = texts.iter().filter_map(|text| {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        (value["n"] == "said").then(|| u32::try_from(value["p"].as_u64().unwrap()).unwrap())
    });
    messages.collect()
}

fn say(server: &Server, target: &Target, number: u32) -> Option<Accepted> {
    let text = format!(r#"{{"n":"said","p":{number}}}"#);
    server.broadcast(target, &text)
}

/// Where the last message that a client has got says that it stands.
fn last_position(server: &Server, peer: &Peer) -> String {
    let last = texts(server, peer).pop().unwrap();
    let value: serde_json::Value = serde_json::from_str(&last).unwrap();
    value["o"].as_str().unwrap().to_owned()
}

fn count(server: &Server, name: &str) -> u64 {
    let counters = server.node.report().counters;
    counters.iter().find(|(of, _)| *of == name).unwrap().1
}

fn is_loss(text: &str) -> bool {
    text.starts_with(r#"{"n":"_o""#) && text.contains(r#""recovered":false"#)
}

#[test]
fn every_node_delivers_in_the_order_of_the_engine() {
    let (_broker, one, two) = two();
    let (a, b) = (member(&one, "news"), member(&two, "news"));
    for number in 0..50 {
        assert_eq!(say(&one, &room("news"), number), Some(Accepted::Yes));
        assert_eq!(say(&two, &room("news"), 100 + number), Some(Accepted::Yes));
    }
    until("delivered", || {
        numbers(&one, &a).len() == 100 && numbers(&two, &b).len() == 100
    });
    assert_eq!(texts(&one, &a), texts(&two, &b), "positions too");
    assert!(last_position(&one, &a).contains(":100:"));
    assert_eq!(one.hub.publish("news", r#"{"n":"said","p":7}"#).1, None);
    until("delivered", || numbers(&two, &b).last() == Some(&7));
}

#[test]
fn reading_a_few_messages_is_not_reading_all() {
    let (_broker, one, two) = two();
    let first = member(&one, "news");
    for number in 0..3 {
        say(&one, &room("news"), number);
    }
    until("delivered", || numbers(&one, &first).len() == 3);
    let left = last_position(&one, &first);
    for number in 3..10 {
        say(&one, &room("news"), number);
    }
    until("delivered", || numbers(&one, &first).len() == 10);
    // The second node reads nothing, then one message, and then what a client has missed.
    let _nothing = member(&two, "news");
    let last = arrive(&two, "{}");
    two.hub.join_and_tell_later(last.slot(), "news", 1, Some(1));
    until("read", || numbers(&two, &last) == [9]);
    let back = arrive(&two, &format!(r#"{{"news":"{left}"}}"#));
    two.hub.join(back.slot(), "news");
    until("told", || !texts(&two, &back).is_empty());
    assert!(!texts(&two, &back).iter().any(|text| is_loss(text)));
    until("recovered", || {
        numbers(&two, &back) == [3, 4, 5, 6, 7, 8, 9]
    });
}

#[test]
fn who_has_joined_an_idle_room_recovers_on_a_node_that_came_later() {
    let (_broker, one, two) = two();
    let start = last_position(&one, &member(&one, "news"));
    assert!(start.contains(":0:"));
    for number in 0..5 {
        say(&one, &room("news"), number);
    }
    // The second node begins behind these messages.
    until("kept", || one.node.report().queued_bytes == 0);
    let _nothing = member(&two, "news");
    let back = arrive(&two, &format!(r#"{{"news":"{start}"}}"#));
    two.hub.join(back.slot(), "news");
    until("told", || !texts(&two, &back).is_empty());
    assert!(!texts(&two, &back).iter().any(|text| is_loss(text)));
    until("recovered", || numbers(&two, &back) == [0, 1, 2, 3, 4]);
}

#[test]
fn receipts_have_the_position() {
    let (broker, one, _two) = two();
    one.hub.broadcast_everywhere(&room("news"), HI, Some(3));
    let both = Target {
        rooms: Some(vec!["news".into(), "sport".into()]),
        ..Target::default()
    };
    one.hub.broadcast_everywhere(&both, HI, Some(4));
    until("kept", || broker.kept("sport").len() == 1);
    broker.refuse(channel("sport"));
    one.hub.broadcast_everywhere(&room("sport"), HI, Some(5));
    let mut told = Vec::new();
    until("told", || {
        for news in one.node.take_news() {
            if let News::Published { key, outcome } = news {
                told.push((key, outcome));
            }
        }
        told.len() == 3
    });
    let position = told[0].1.clone().unwrap().unwrap();
    assert_eq!(Position::parse(&position).unwrap().offset, 1);
    assert_eq!(told[1], (4, Ok(None)));
    assert!(told[2].1.is_err());
}

#[test]
fn who_comes_back_to_a_new_node_gets_what_was_missed_by_a_shared_read() {
    let (broker, one, two) = two();
    let a = member(&one, "news");
    let before = last_position(&one, &a);
    for number in 0..30 {
        say(&one, &room("news"), number);
    }
    until("delivered", || numbers(&one, &a).len() == 30);
    let reads = broker.reads();
    let returning: Vec<Peer> = (0..200)
        .map(|_| {
            let peer = arrive(&two, &format!(r#"{{"news":"{before}"}}"#));
            two.hub.join(peer.slot(), "news");
            peer
        })
        .collect();
    say(&one, &room("news"), 30);
    let all: Vec<u32> = (0..31).collect();
    for peer in &returning {
        until("recovered", || numbers(&two, peer).len() == 31);
        assert_eq!(numbers(&two, peer), all);
        let told = texts(&two, peer);
        assert!(told.iter().any(|text| text.contains(r#""recovered":true"#)));
    }
    // Who joins while the first read is under way can cause another one, and so can a message; 200 clients never cause 200.
    let shared = broker.reads() - reads;
    assert!((1..=3).contains(&shared), "{shared} reads");
}

#[test]
fn a_node_that_is_not_subscribed_any_more_does_not_serve_from_memory() {
    let (broker, one, two) = two();
    let (a, b) = (member(&one, "news"), member(&two, "news"));
    say(&one, &room("news"), 0);
    until("delivered", || numbers(&one, &a).len() == 1);
    let before = last_position(&one, &a);
    one.hub.leave(a.slot(), "news");
    until("unsubscribed", || broker.subscribers(&channel("news")) == 1);
    for number in 1..RULE.max_replay as u32 {
        say(&two, &room("news"), number);
    }
    let missed = arrive(&one, &format!(r#"{{"news":"{before}"}}"#));
    one.hub.join(missed.slot(), "news");
    until("recovered", || {
        numbers(&one, &missed).len() == RULE.max_replay - 1
    });
    one.hub.leave(missed.slot(), "news");
    until("unsubscribed", || broker.subscribers(&channel("news")) == 1);
    for number in 100..300 {
        say(&two, &room("news"), number);
    }
    until("kept", || numbers(&two, &b).last() == Some(&299));
    let lost = arrive(&one, &format!(r#"{{"news":"{before}"}}"#));
    one.hub.join(lost.slot(), "news");
    until("told", || {
        texts(&one, &lost).iter().any(|text| is_loss(text))
    });
    assert!(numbers(&one, &lost).is_empty());
}

#[test]
fn joins_are_told_when_they_are_done() {
    let (broker, one, two) = two();
    for number in 0..10 {
        say(&one, &room("news"), number);
    }
    until("kept", || broker.kept("news").len() == 10);
    let peer = arrive(&two, "{}");
    let joining = (two.hub).join_and_tell_later(peer.slot(), "news", 3, Some(9));
    assert_eq!(joining, Some(Joining::Later));
    let mut found = None;
    until("joined", || {
        for news in two.node.take_news() {
            if let News::JoinedRoom { key: 9, joined } = news {
                found = Some(joined);
            }
        }
        found.is_some()
    });
    let joined = found.unwrap();
    assert_eq!((joined.recovered, joined.replayed), (false, 3));
    assert_eq!(joined.position.unwrap().offset, 10);
    assert_eq!(numbers(&two, &peer), [7, 8, 9]);
    // More is read for the next one, while the room goes on.
    let next = arrive(&two, "{}");
    two.hub
        .join_and_tell_later(next.slot(), "news", 6, Some(10));
    say(&one, &room("news"), 10);
    until("read", || numbers(&two, &next).last() == Some(&10));
    let got = numbers(&two, &next);
    // It may have joined before the last message, or be sent it by the replay.
    assert!(
        got == [4, 5, 6, 7, 8, 9, 10] || got == [5, 6, 7, 8, 9, 10],
        "{got:?}"
    );
    // And nothing for one that needs no more.
    let third = arrive(&two, "{}");
    let joining = (two.hub).join_and_tell_later(third.slot(), "news", 5, Some(11));
    assert!(matches!(joining, Some(Joining::Done(_))));
}

#[test]
fn a_message_for_several_rooms_comes_once_to_clients_without_positions() {
    let (broker, one, two) = two();
    let (old_ref, old) = two.client("old", "news");
    two.hub.join(old_ref.slot(), "sport");
    two.hub.join(old_ref.slot(), "plain");
    let new = member(&two, "news");
    two.hub.join(new.slot(), "sport");
    until("joined", || texts(&two, &new).len() == 2);
    let target = Target {
        rooms: Some(vec!["plain".into(), "news".into(), "sport".into()]),
        ..Target::default()
    };
    let (here_ref, here) = one.client("here", "plain");
    one.hub.join(here_ref.slot(), "sport");
    say(&one, &target, 1);
    // Who is told no positions gets it by the room without history, which has no order with the others.
    until("delivered to both", || {
        !two.texts(&old).is_empty() && texts(&two, &new).len() == 4
    });
    assert_eq!(broker.kept("sport").len(), 1);
    let last = r#"{"n":"last"}"#;
    one.broadcast(&room("news"), last);
    until("delivered", || {
        two.texts(&old).last().is_some_and(|text| text == last)
    });
    assert_eq!(two.texts(&old), [r#"{"n":"said","p":1}"#, last]);
    assert_eq!(one.texts(&here), [r#"{"n":"said","p":1}"#]);
    let ids: Vec<serde_json::Value> = texts(&two, &new)
        .iter()
        .map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap())
        .filter(|value| value["n"] == "said")
        .map(|value| value["d"].clone())
        .collect();
    assert_eq!(ids.len(), 2);
    assert!(ids[0].is_string() && ids[0] == ids[1]);
}

#[test]
fn exceptions_hold_in_rooms_with_history() {
    let (_broker, one, two) = two();
    let (a, b, c) = (
        member(&one, "news"),
        member(&two, "news"),
        member(&two, "news"),
    );
    two.hub.registry().set_id(b.slot(), "b");
    two.hub.join(c.slot(), "quiet");
    let target = Target {
        except_ids: vec!["b".into()],
        except_rooms: vec!["quiet".into()],
        ..room("news")
    };
    say(&one, &target, 1);
    until("delivered", || numbers(&one, &a) == [1]);
    for silent in [&b, &c] {
        until("moved", || texts(&two, silent).len() == 2);
        assert!(last_position(&two, silent).contains(":1:"));
        assert!(numbers(&two, silent).is_empty());
    }
}

#[test]
fn the_application_reads_histories_that_are_not_here() {
    let (broker, one, two) = two();
    for number in 0..10 {
        say(&one, &room("news"), number);
    }
    until("kept", || broker.kept("news").len() == 10);
    let read = |since: Option<&str>, limit, key| {
        two.node.read_history("news", since, limit, key);
        let mut reading = None;
        until("read", || {
            reading = two.node.take_reading(key);
            reading.is_some()
        });
        let reading = reading.unwrap().unwrap();
        let messages: Vec<String> = reading.messages().map(str::to_owned).collect();
        (messages, reading.position, reading.complete)
    };
    let (last, position, complete) = read(None, 3, 1);
    assert_eq!((last.len(), position.offset, complete), (3, 10, false));
    assert!(last[0].starts_with(r#"{"n":"said","p":7,"r":"news","o":""#));
    let (all, start, complete) = read(None, 100, 2);
    assert_eq!((all.len(), start.offset, complete), (10, 10, true));
    let since = Position {
        offset: position.offset - 4,
        tag: broker_tag(&all[5]),
        ..position
    };
    let (behind, end, complete) = read(Some(&since.to_string()), 2, 3);
    assert_eq!((behind.len(), end.offset, complete), (2, 8, true));
    let forged = Position {
        tag: !since.tag,
        ..since
    };
    let (_, _, complete) = read(Some(&forged.to_string()), 2, 4);
    assert!(!complete);
    // Whatever is not a position is behind nothing.
    assert!(!read(Some("x"), 2, 5).2);
    let member = member(&two, "news");
    assert_eq!(read(None, 0, 6).1.offset, 10);
    drop(member);
}

/// The tag in the position of a message.
fn broker_tag(text: &str) -> u16 {
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    Position::parse(value["o"].as_str().unwrap()).unwrap().tag
}

#[test]
fn what_is_no_message_takes_an_offset_and_reaches_nobody() {
    let (broker, one, _two) = two();
    let a = member(&one, "news");
    let (_old, old) = one.client("old", "news");
    for data in [
        b"nonsense".to_vec(),
        br#"{"n":"x","i":"1"}"#.to_vec(),
        br#"{"n":"_h"}"#.to_vec(),
        br#"{"n":"said","p":5}"#.to_vec(),
    ] {
        broker.append_foreign("news", data);
    }
    until("delivered", || numbers(&one, &a) == [5]);
    assert!(last_position(&one, &a).contains(":4:"));
    assert_eq!(one.texts(&old), [r#"{"n":"said","p":5}"#]);
    assert_eq!(count(&one, "foreign"), 3);
    // Nor does a replay give it to anybody.
    let next = arrive(&one, "{}");
    one.hub.join_and_tell(next.slot(), "news", 10);
    until("replayed", || numbers(&one, &next) == [5]);
}

#[test]
fn gaps_are_found_while_connected() {
    let (broker, one, two) = two();
    let (a, b) = (member(&one, "news"), member(&two, "news"));
    say(&one, &room("news"), 0);
    until("delivered", || numbers(&two, &b) == [0]);
    // For less time than the heartbeats need to notice.
    broker.set_deaf(1, true);
    for number in 1..4 {
        say(&one, &room("news"), number);
    }
    until("kept", || broker.kept("news").len() == 4);
    broker.set_deaf(1, false);
    say(&one, &room("news"), 4);
    until("delivered", || numbers(&two, &b) == [0, 1, 2, 3, 4]);
    assert_eq!(numbers(&one, &a), [0, 1, 2, 3, 4]);
    assert!(count(&two, "gaps_repaired") >= 1);
    assert_eq!(count(&two, "lost"), 0);
}
