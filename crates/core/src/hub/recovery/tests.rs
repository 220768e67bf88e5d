//! Joins, replays and broadcasts in rooms with history, as clients see them.

mod model;

mod ending;
mod reading;

use super::*;
use crate::deflate::{Agreement, Compression, CompressionPolicy};
use crate::hub::config::SlowConsumer;
use crate::hub::testing::{FakeLink, Peer, facts, hub, take_all};
use crate::hub::{Compressing, Facts, Progress, TurnOutcome};

const RULE: Rule = Rule {
    size: 10,
    ttl: 60_000,
    max_replay: 5,
    local_when_down: false,
};

fn history_hub() -> Hub {
    let (hub, _) = hub();
    hub.keep_history("news", RULE);
    hub.keep_history("chat:*", RULE);
    hub
}

/// A client that comes with these positions, as JSON.
fn arrive(hub: &Hub, positions: &str) -> Peer {
    over(hub, FakeLink::open(), positions)
}

fn over(hub: &Hub, link: FakeLink, positions: &str) -> Peer {
    let mut peer = Peer::over(hub, link);
    peer.say(hub, &format!(r#"{{"n":"_h","i":"h","o":{positions}}}"#));
    take_all(&hub.inbox);
    hub.admit(peer.slot());
    peer
}

/// What a client has been sent since this was called last.
fn received(hub: &Hub, peer: &Peer) -> Vec<String> {
    hub.flush_waiting();
    peer.connection.flush();
    peer.link.take_texts()
}

fn say(hub: &Hub, room: &str, number: u32) -> String {
    let text = format!(r#"{{"n":"said","p":{number}}}"#);
    let (_, position) = hub.publish(room, &text);
    position.unwrap().to_string()
}

fn said(room: &str, number: u32, position: &str) -> String {
    format!(r#"{{"n":"said","p":{number},"r":"{room}","o":"{position}"}}"#)
}

fn joined(room: &str, position: &str, recovered: bool, replayed: usize) -> String {
    format!(
        r#"{{"n":"_o","r":"{room}","o":"{position}","p":{{"recovered":{recovered},"replayed":{replayed}}}}}"#
    )
}

fn position(hub: &Hub, room: &str) -> String {
    hub.read_history(room, None, 0)
        .unwrap()
        .position
        .to_string()
}

fn bringing(room: &str, position: &str) -> String {
    format!(r#"{{"{room}":"{position}"}}"#)
}

#[test]
fn a_client_that_comes_back_gets_what_it_has_missed() {
    let hub = history_hub();
    let first = arrive(&hub, "{}");
    hub.join(first.slot(), "news");
    let at = position(&hub, "news");
    assert_eq!(received(&hub, &first), [joined("news", &at, false, 0)]);
    let one = say(&hub, "news", 1);
    assert_eq!(received(&hub, &first), [said("news", 1, &one)]);
    hub.release(first.slot());

    let two = say(&hub, "news", 2);
    let three = say(&hub, "news", 3);
    let again = arrive(&hub, &bringing("news", &one));
    assert!(again.connection.is_returning());
    assert!(
        received(&hub, &again).is_empty(),
        "a position gives no right to read"
    );
    hub.join(again.slot(), "news");
    let four = say(&hub, "news", 4);
    assert_eq!(
        received(&hub, &again),
        [
            said("news", 2, &two),
            said("news", 3, &three),
            joined("news", &three, true, 2),
            said("news", 4, &four),
        ]
    );
    // The position has served: a second join begins where the room is.
    hub.leave(again.slot(), "news");
    hub.join(again.slot(), "news");
    assert_eq!(
        received(&hub, &again),
        [
            r#"{"n":"_o","r":"news","o":null}"#.to_owned(),
            joined("news", &four, false, 0)
        ]
    );
}

#[test]
fn a_client_of_an_idle_room_recovers_without_a_message() {
    let hub = history_hub();
    let first = arrive(&hub, "{}");
    hub.join(first.slot(), "news");
    let at = position(&hub, "news");
    hub.release(first.slot());
    let idle = arrive(&hub, &bringing("news", &at));
    hub.join(idle.slot(), "news");
    assert_eq!(received(&hub, &idle), [joined("news", &at, true, 0)]);
    hub.release(idle.slot());
    let one = say(&hub, "news", 1);
    let again = arrive(&hub, &bringing("news", &at));
    hub.join(again.slot(), "news");
    assert_eq!(
        received(&hub, &again),
        [said("news", 1, &one), joined("news", &one, true, 1)]
    );
}

#[test]
fn a_position_that_does_not_help_brings_nothing() {
    let hub = history_hub();
    let start = position(&hub, "news");
    let one = say(&hub, "news", 1);
    let other = say(&hub, "chat:1", 1);
    let last = (2..4)
        .map(|number| say(&hub, "news", number))
        .last()
        .unwrap();
    let (epoch, _) = one.split_once(':').unwrap();
    let tag = one.rsplit(':').next().unwrap();
    for forged in [
        other.clone(),
        format!("{epoch}:9:{tag}"),
        format!("{epoch}:1:ffff"),
        format!("{epoch}:2:{tag}"),
        format!("0:1:{tag}"),
        format!("{epoch}:18446744073709551615:{tag}"),
        format!("{epoch}:1e999:{tag}"),
        "1e999".to_owned(),
        String::new(),
    ] {
        let peer = arrive(&hub, &bringing("news", &forged));
        hub.join(peer.slot(), "news");
        assert_eq!(
            received(&hub, &peer),
            [joined("news", &last, false, 0)],
            "{forged}"
        );
    }
    // Trimmed; and more than a replay.
    for number in 4..10 {
        say(&hub, "news", number);
    }
    let last = position(&hub, "news");
    for old in [&start, &one] {
        let peer = arrive(&hub, &bringing("news", old));
        hub.join(peer.slot(), "news");
        assert_eq!(received(&hub, &peer), [joined("news", &last, false, 0)]);
    }
}

#[test]
fn a_client_without_positions_sees_the_bytes_of_a_room_without_history() {
    let hub = history_hub();
    let plain = Peer::admitted(&hub);
    let knowing = arrive(&hub, "{}");
    for peer in [&plain, &knowing] {
        hub.join(peer.slot(), "news");
    }
    received(&hub, &knowing);
    let one = say(&hub, "news", 1);
    hub.leave(plain.slot(), "news");
    assert_eq!(received(&hub, &plain), [r#"{"n":"said","p":1}"#]);
    assert_eq!(received(&hub, &knowing), [said("news", 1, &one)]);
    // What it is sent of the past has the same bytes.
    let told = hub.join_and_tell(plain.slot(), "news", 1).unwrap();
    assert_eq!((told.recovered, told.replayed), (false, 1));
    assert_eq!(received(&hub, &plain), [r#"{"n":"said","p":1}"#]);
    assert!(!plain.connection.is_returning());
}

#[test]
fn who_joins_late_can_be_sent_the_last_messages() {
    let hub = history_hub();
    let positions: Vec<_> = (1..=4).map(|number| say(&hub, "news", number)).collect();
    let last = &positions[3];
    let new = arrive(&hub, "{}");
    let told = hub.join_and_tell(new.slot(), "news", 2).unwrap();
    assert_eq!(told.position.unwrap().to_string(), *last);
    assert_eq!(
        received(&hub, &new),
        [
            said("news", 3, &positions[2]),
            said("news", 4, last),
            joined("news", last, false, 2),
        ]
    );
    // One that has missed messages gets these, and not the last ones.
    let back = arrive(&hub, &bringing("news", last));
    assert!(hub.join_and_tell(back.slot(), "news", 2).unwrap().recovered);
    assert_eq!(received(&hub, &back), [joined("news", last, true, 0)]);
    // One that has lost some learns it before it stands behind them.
    let returned = arrive(&hub, &bringing("news", "0:1:2"));
    hub.join_and_tell(returned.slot(), "news", 1).unwrap();
    assert_eq!(
        received(&hub, &returned),
        [
            joined("news", &positions[2], false, 1),
            said("news", 4, last)
        ]
    );
    // Whoever is a member already gets nothing.
    let told = hub.join_and_tell(returned.slot(), "news", 1).unwrap();
    assert_eq!((told.recovered, told.replayed), (false, 0));
    assert!(received(&hub, &returned).is_empty());
    // Rooms without history have none.
    let told = hub.join_and_tell(returned.slot(), "other", 1).unwrap();
    assert_eq!(told, Joined::at(None));
    assert!(hub.join_and_tell(99, "news", 1).is_none());
}

#[test]
fn what_is_no_object_is_no_list_of_positions() {
    let hub = history_hub();
    for o in ["[]", "1e999", "null", r#""news""#, r#"["news"]"#] {
        let peer = arrive(&hub, o);
        assert!(!peer.connection.knows_positions(), "{o}");
    }
    for o in [
        "{}",
        r#"{"news":1e999}"#,
        r#"{"news":[]}"#,
        r#"{"news":null}"#,
    ] {
        let peer = arrive(&hub, o);
        assert!(peer.connection.knows_positions(), "{o}");
        assert!(!peer.connection.is_returning(), "{o}");
    }
    let (without, _) = crate::hub::testing::hub();
    assert!(!arrive(&without, "{}").connection.knows_positions());
}

#[test]
fn a_message_to_several_rooms_is_in_the_history_of_each() {
    let hub = history_hub();
    let rooms = ["news", "chat:1", "plain"];
    let knowing = arrive(&hub, "{}");
    let plain = Peer::admitted(&hub);
    let outsider = arrive(&hub, "{}");
    for room in rooms {
        hub.join(knowing.slot(), room);
        hub.join(plain.slot(), room);
    }
    hub.join(outsider.slot(), "plain");
    received(&hub, &knowing);
    let text = r#"{"n":"said","p":1}"#;
    assert_eq!(hub.publish_to_rooms(&rooms, text, |_| true), 3);
    let texts = received(&hub, &knowing);
    let [news, chat] = &texts[..] else {
        panic!("{texts:?}")
    };
    let (start, id) = news.split_once(r#","d":""#).unwrap();
    assert_eq!(
        format!("{start}}}"),
        said("news", 1, &position(&hub, "news"))
    );
    assert!(chat.ends_with(&format!(r#","d":"{id}"#)), "{chat} {id}");
    assert_eq!(received(&hub, &plain), [text]);
    let outside = format!(r#"{{"n":"said","p":1,"d":"{id}"#);
    assert_eq!(received(&hub, &outsider), [outside]);
    for room in ["news", "chat:1"] {
        assert_eq!(
            hub.read_history(room, None, 10).unwrap().messages().count(),
            1
        );
    }
    // Whoever is left out is so everywhere.
    let reached = hub.publish_to_rooms(&rooms, text, |one| one.slot() != knowing.slot());
    assert_eq!(reached, 2);
    let moved = |room| {
        let position = position(&hub, room);
        format!(r#"{{"n":"_o","r":"{room}","o":"{position}"}}"#)
    };
    assert_eq!(received(&hub, &knowing), [moved("news"), moved("chat:1")]);
    // One room with a history, and one without.
    hub.publish_to_rooms(&["news", "plain"], text, |_| true);
    assert!(
        received(&hub, &outsider)
            .last()
            .unwrap()
            .contains(r#","d":""#)
    );
    assert!(received(&hub, &knowing)[0].contains(r#","d":""#));
}

#[test]
fn who_is_left_out_of_a_message_is_not_sent_it_when_it_comes_back() {
    let hub = history_hub();
    let ada = arrive(&hub, "{}");
    let bob = arrive(&hub, "{}");
    for peer in [&ada, &bob] {
        hub.join(peer.slot(), "news");
        received(&hub, peer);
    }
    let text = r#"{"n":"said","p":1}"#;
    let (reached, one) = hub.publish_to("news", text, |member| member.slot() != ada.slot());
    let one = one.unwrap().to_string();
    assert_eq!(reached, 1);
    assert_eq!(received(&hub, &bob), [said("news", 1, &one)]);
    let moved = format!(r#"{{"n":"_o","r":"news","o":"{one}"}}"#);
    assert_eq!(received(&hub, &ada), [moved]);
    hub.release(ada.slot());
    let two = say(&hub, "news", 2);
    let back = arrive(&hub, &bringing("news", &one));
    hub.join(back.slot(), "news");
    assert_eq!(
        received(&hub, &back),
        [said("news", 2, &two), joined("news", &two, true, 1)]
    );
}

#[test]
fn a_replay_is_compressed_once_for_all_with_the_same_parameters() {
    let hub = history_hub();
    let text = "what was said ".repeat(100);
    let one = say(&hub, "news", 1);
    for _ in 0..3 {
        hub.publish("news", &format!(r#"{{"n":"said","p":"{text}"}}"#));
    }
    let replay = |takeover: bool, positions: &str| {
        let compression = compression(takeover);
        let facts = Facts {
            compression: Some(Box::new(compression.clone())),
            ..facts()
        };
        let link = FakeLink::open();
        let mut peer = Peer {
            connection: hub.open(Box::new(link.clone()), facts),
            link,
            progress: Progress::default(),
        };
        let start = format!(r#"{{"n":"_h","i":"h"{positions}}}"#);
        peer.say(&hub, &start);
        take_all(&hub.inbox);
        hub.admit(peer.slot());
        peer.connection.flush();
        let before = peer.link.bytes().len();
        hub.join_and_tell(peer.slot(), "news", 3).unwrap();
        let mut compressing = Compressing::new(compression.compressor());
        while compressing.turn(&peer.connection) != TurnOutcome::Idle {}
        peer.connection.flush();
        peer.link.bytes()[before..].to_vec()
    };
    let brought = format!(r#","o":{}"#, bringing("news", &one));
    let bytes = replay(false, &brought);
    assert_eq!(hub.history.replayed().unwrap().compressed(), [1, 1, 1]);
    assert!(bytes.len() < text.len(), "{}", bytes.len());
    assert_eq!(replay(false, &brought), bytes);
    // With a context of its own each compresses for itself.
    assert_ne!(replay(true, &brought), bytes);
    assert_eq!(hub.history.replayed().unwrap().compressed(), [1, 1, 1]);
    // Those without positions have another form.
    let plain = replay(false, "");
    assert_eq!(replay(false, ""), plain);
    assert_eq!(hub.history.replayed().unwrap().compressed(), [1; 6]);
    hub.sweep_history(hub.now());
    assert!(hub.history.replayed().unwrap().compressed().is_empty());
    assert_eq!(replay(false, &brought), bytes);
}

fn compression(takeover: bool) -> Compression {
    let agreement = Agreement {
        server_no_context_takeover: !takeover,
        ..Agreement::default()
    };
    Compression {
        agreement,
        policy: Arc::new(CompressionPolicy {
            threshold: 100,
            ..CompressionPolicy::default()
        }),
    }
}

#[test]
fn recoveries_are_counted() {
    let hub = history_hub();
    let count = |counter| hub.stats.get(counter);
    let one = say(&hub, "news", 1);
    say(&hub, "news", 2);
    let back = arrive(&hub, &bringing("news", &one));
    hub.join(back.slot(), "news");
    assert_eq!(
        [
            Counter::RecoveriesRing,
            Counter::RecoveriesFailed,
            Counter::Replayed
        ]
        .map(count),
        [1, 0, 1]
    );
    let lost = arrive(&hub, &bringing("news", "a:1:1"));
    hub.join_and_tell(lost.slot(), "news", 2);
    // Who brings nothing has nothing to recover.
    let new = arrive(&hub, "{}");
    hub.join_and_tell(new.slot(), "news", 1);
    assert_eq!(
        [
            Counter::RecoveriesRing,
            Counter::RecoveriesFailed,
            Counter::Replayed
        ]
        .map(count),
        [1, 1, 4]
    );
    assert_eq!(hub.kept_rooms(), 1);
    assert!(hub.kept_bytes() > 0);
}
