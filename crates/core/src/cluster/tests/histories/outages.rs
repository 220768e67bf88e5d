//! Outages of the engine, and engines that have lost data.

use super::*;
use crate::hub::Comparison;

#[test]
fn nothing_is_lost_in_an_outage() {
    let (broker, one, two) = two();
    let (a, b) = (member(&one, "news"), member(&two, "news"));
    say(&one, &room("news"), 0);
    until("delivered", || numbers(&two, &b) == [0]);
    broker.go_down();
    until("down", || {
        one.node.phase() == Phase::Down && two.node.phase() == Phase::Down
    });
    for number in 1..40 {
        assert_eq!(say(&one, &room("news"), number), Some(Accepted::Yes));
    }
    assert_eq!(numbers(&one, &a), [0], "the engine gives the order");
    broker.come_back();
    let all: Vec<u32> = (0..40).collect();
    until("delivered", || {
        numbers(&one, &a).len() == 40 && numbers(&two, &b).len() == 40
    });
    assert_eq!(numbers(&one, &a), all);
    assert_eq!(numbers(&two, &b), all);
    assert!(!texts(&two, &b)[1..].iter().any(|text| is_loss(text)));
    let gaps = |news: &News| matches!(news, News::Resumed { lost: 0, .. });
    until("told", || two.node.take_news().iter().any(gaps));
}

#[test]
fn members_get_messages_at_once_with_local_when_down() {
    let (broker, one, two) = two();
    let (a, b) = (member(&one, "local"), member(&two, "local"));
    broker.go_down();
    until("down", || one.node.phase() == Phase::Down);
    say(&one, &room("local"), 1);
    assert_eq!(numbers(&one, &a), [1]);
    broker.come_back();
    // The others get it without a position, if they are back in time.
    until("told", || broker.published(&channel("local")).len() == 1);
    assert!(broker.kept("local").is_empty());
    let last = texts(&one, &a).pop();
    assert_eq!(last.as_deref(), Some(r#"{"n":"said","p":1}"#));
    until("back", || one.is_up() && two.is_up());
    say(&one, &room("local"), 2);
    until("kept", || numbers(&two, &b).last() == Some(&2));
    until("kept", || numbers(&one, &a) == [1, 2]);
}

#[test]
fn what_was_kept_without_a_reply_is_not_kept_again() {
    let (broker, one, two) = two();
    let (a, b) = (member(&one, "news"), member(&two, "news"));
    broker.lose_reply_after(5);
    for number in 0..20 {
        say(&one, &room("news"), number);
    }
    let all: Vec<u32> = (0..20).collect();
    until("delivered", || {
        numbers(&one, &a).len() == 20 && numbers(&two, &b).len() == 20
    });
    assert_eq!(numbers(&one, &a), all);
    assert_eq!(numbers(&two, &b), all);
    assert_eq!(broker.kept("news").len(), 20);
}

#[test]
fn members_are_told_when_the_engine_has_lost_its_data() {
    let (broker, one, two) = two();
    let (a, b) = (member(&one, "news"), member(&two, "news"));
    let old = last_position(&one, &a);
    say(&one, &room("news"), 0);
    until("delivered", || numbers(&two, &b) == [0]);
    broker.go_down();
    broker.lose_data();
    broker.come_back();
    for number in 1..4 {
        say(&one, &room("news"), number);
    }
    until("delivered", || {
        numbers(&one, &a) == [0, 1, 2, 3] && numbers(&two, &b) == [0, 1, 2, 3]
    });
    for (server, peer) in [(&one, &a), (&two, &b)] {
        let told = texts(server, peer);
        assert_eq!(told[1..].iter().filter(|text| is_loss(text)).count(), 1);
        assert_eq!(count(server, "epochs"), 1);
    }
    let back = arrive(&two, &format!(r#"{{"news":"{old}"}}"#));
    two.hub.join(back.slot(), "news");
    until("told", || {
        texts(&two, &back).last().is_some_and(|text| is_loss(text))
    });
    assert!(numbers(&two, &back).is_empty(), "never a part of it");
}

#[test]
fn members_are_told_when_the_last_messages_are_gone() {
    let (broker, one, two) = two();
    let (a, b) = (member(&one, "news"), member(&two, "news"));
    for number in 0..10 {
        say(&one, &room("news"), number);
    }
    until("delivered", || {
        numbers(&one, &a).len() == 10 && numbers(&two, &b).len() == 10
    });
    let ahead = last_position(&two, &b);
    broker.go_down();
    broker.forget_last("news", 3);
    broker.come_back();
    until("back", || one.is_up());
    // Their offsets are given to others.
    for number in 20..25 {
        say(&one, &room("news"), number);
    }
    let expected: Vec<u32> = (0..10).chain(20..25).collect();
    until("delivered", || {
        numbers(&one, &a) == expected && numbers(&two, &b) == expected
    });
    assert_eq!(
        texts(&two, &b)[1..]
            .iter()
            .filter(|text| is_loss(text))
            .count(),
        1
    );
    let back = arrive(&one, &format!(r#"{{"news":"{ahead}"}}"#));
    one.hub.join(back.slot(), "news");
    until("told", || {
        texts(&one, &back).last().is_some_and(|text| is_loss(text))
    });
    assert!(numbers(&one, &back).is_empty());
}

#[test]
fn a_message_that_is_kept_again_behind_others_has_another_position() {
    let (broker, one, two) = two();
    let (a, b) = (member(&one, "news"), member(&two, "news"));
    say(&two, &room("news"), 0);
    say(&two, &room("news"), 1);
    until("delivered", || {
        numbers(&one, &a) == [0, 1] && numbers(&two, &b) == [0, 1]
    });
    // The engine keeps 2, and nobody knows; then it loses 1 and 2, and keeps another in the place of 1.
    broker.go_down_after(1);
    one.hub.in_turn(|| {
        say(&one, &room("news"), 2);
        say(&one, &room("news"), 3);
    });
    one.hub.turn_handled(&mut Vec::new(), None);
    until("down", || !one.is_up() && !two.is_up());
    assert_eq!(broker.kept("news").len(), 3);
    broker.forget_last("news", 2);
    broker.append_foreign("news", br#"{"n":"said","p":99}"#.to_vec());
    // The first node keeps 2 again, at its old offset, before the second looks.
    broker.set_away(1, true);
    broker.come_back();
    until("kept", || broker.kept("news").len() == 4);
    broker.set_away(1, false);
    for (server, peer) in [(&one, &a), (&two, &b)] {
        until("delivered", || numbers(server, peer) == [0, 1, 2, 99, 3]);
        let told = texts(server, peer);
        assert_eq!(told[1..].iter().filter(|text| is_loss(text)).count(), 1);
    }
}

/// Two nodes, of which the second cannot reach the engine while the first sends messages 5 to 9, and a client that comes to the
/// second with the position of message 7.
fn behind() -> (Broker, Server, Server, Peer) {
    let (broker, one, two) = two();
    let (a, b) = (member(&one, "news"), member(&two, "news"));
    for number in 0..5 {
        say(&one, &room("news"), number);
    }
    until("delivered", || {
        numbers(&one, &a).len() == 5 && numbers(&two, &b).len() == 5
    });
    broker.go_down();
    until("down", || !one.is_up() && !two.is_up());
    broker.set_away(1, true);
    broker.come_back();
    until("back", || one.is_up());
    let mut left = String::new();
    for number in 5..10 {
        say(&one, &room("news"), number);
        until("delivered", || numbers(&one, &a).last() == Some(&number));
        if number == 7 {
            left = last_position(&one, &a);
        }
    }
    let back = arrive(&two, &format!(r#"{{"news":"{left}"}}"#));
    (broker, one, two, back)
}

#[test]
fn who_leaves_while_waiting_and_joins_again_misses_nothing() {
    let (broker, _one, two, back) = behind();
    two.hub.join(back.slot(), "news");
    assert!(two.hub.leave(back.slot(), "news"));
    // It stands now where the node stands, which is behind the position that it had brought.
    two.hub.join(back.slot(), "news");
    assert!(last_position(&two, &back).contains(":5:"));
    broker.set_away(1, false);
    until("delivered", || numbers(&two, &back).last() == Some(&9));
    assert_eq!(numbers(&two, &back), [5, 6, 7, 8, 9]);
    let said = texts(&two, &back);
    assert!(!said.iter().any(|text| text.contains(r#""recovered":true"#)));
}

#[test]
fn who_leaves_before_the_last_messages_are_read_is_sent_none_of_them_for_that_join() {
    let (broker, one, _two, _) = behind();
    let fresh = start(&broker);
    until("up", || fresh.is_up());
    let late = arrive(&fresh, "{}");
    let join = |key| (fresh.hub).join_and_tell_later(late.slot(), "news", 3, Some(key));
    broker.hold_reads(true);
    assert_eq!(join(1), Some(Joining::Later));
    fresh.hub.leave(late.slot(), "news");
    assert_eq!(join(2), Some(Joining::Later));
    broker.hold_reads(false);
    let mut told = Vec::new();
    until("told", || {
        told.extend(
            fresh
                .node
                .take_news()
                .into_iter()
                .filter_map(|news| match news {
                    News::JoinedRoom { key, joined } => Some((key, joined.replayed)),
                    _ => None,
                }),
        );
        told.len() == 2
    });
    assert_eq!(told, [(1, 0), (2, 3)]);
    assert_eq!(numbers(&fresh, &late), [7, 8, 9], "once");

    // A client that is told no positions, while the engine is not reachable.
    broker.go_down();
    until("down", || !one.is_up() && !fresh.is_up());
    let mut plain = Peer::over(&fresh.hub, FakeLink::open());
    plain.say(&fresh.hub, r#"{"n":"_h","i":"h"}"#);
    take_all(&fresh.hub.inbox);
    fresh.hub.admit(plain.slot());
    fresh
        .hub
        .join_and_tell_later(plain.slot(), "news", 9, Some(3));
    fresh.hub.leave(plain.slot(), "news");
    fresh.hub.join(plain.slot(), "news");
    broker.come_back();
    until("back", || one.is_up() && fresh.is_up());
    say(&one, &room("news"), 10);
    until("delivered", || numbers(&fresh, &late) == [7, 8, 9, 10]);
    until("delivered", || numbers(&fresh, &plain) == [10]);
}

/// Nobody is in the room for a moment. What a comparison found then, or why it was not made, does not hold for a later join.
#[test]
fn who_leaves_and_joins_again_while_a_room_is_compared_is_served_by_the_next_comparison() {
    for comparison in [Comparison::Done, Comparison::Refused] {
        let (broker, _one, _two, _) = behind();
        let fresh = start(&broker);
        until("up", || fresh.is_up());
        let late = arrive(&fresh, "{}");
        let join = |key| (fresh.hub).join_and_tell_later(late.slot(), "news", 3, Some(key));
        broker.hold_reads(true);
        let reads = broker.reads();
        assert_eq!(join(1), Some(Joining::Later));
        until("being compared", || broker.reads() > reads);
        let joins = fresh.hub.joins_waiting("news");
        fresh.hub.leave(late.slot(), "news");
        assert_eq!(join(2), Some(Joining::Later));
        let (served, somebody_waits) = fresh.hub.serve_waiting("news", &joins, comparison);
        let keys: Vec<_> = served.iter().map(|(key, _)| *key).collect();
        assert_eq!((keys, somebody_waits), (vec![Some(1)], true));
        broker.hold_reads(false);
        until("served", || numbers(&fresh, &late) == [7, 8, 9]);
    }
}

#[test]
fn the_application_is_told_what_the_engine_cannot_do() {
    let (broker, one, two) = two();
    let b = member(&two, "news");
    let told = |server: &Server| {
        let news = server.node.take_news().into_iter();
        let some = news.filter(|news| matches!(news, News::Degraded(_) | News::Restored));
        some.collect::<Vec<_>>()
    };
    told(&one);
    broker.set_full(true);
    say(&one, &room("news"), 1);
    until("degraded", || one.node.report().degraded.is_some());
    std::thread::sleep(Duration::from_millis(500));
    let why = EngineError::Unable("OOM: no memory is left".into());
    assert_eq!(told(&one), [News::Degraded(why)], "once");
    assert!(one.is_up());
    broker.set_full(false);
    until("delivered", || numbers(&two, &b) == [1]);
    until("restored", || one.node.report().degraded.is_none());
    assert_eq!(told(&one), [News::Restored]);
}
