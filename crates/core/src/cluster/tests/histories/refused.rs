//! Rooms that the engine refuses: somebody else has written under their keys, or a permission is missing.

use super::*;

/// Comes with positions, and joins. Returns when the join is answered.
fn join(server: &Server, positions: &str, key: u32) -> Peer {
    let peer = arrive(server, positions);
    let joining = server
        .hub
        .join_and_tell_later(peer.slot(), "news", 0, Some(key));
    let mut is_answered = matches!(joining, Some(Joining::Done(_)));
    until("answered", || {
        for news in server.node.take_news() {
            is_answered |= matches!(news, News::JoinedRoom { key: of, .. } if of == key);
        }
        is_answered
    });
    peer
}

#[test]
fn who_joins_while_the_key_of_the_room_is_foreign_gets_the_first_message_afterwards() {
    let (broker, one, two) = two();
    broker.set_foreign("news", true);
    let a = join(&one, "{}", 1);
    broker.set_foreign("news", false);
    let b = member(&two, "news");
    for number in 0..3 {
        say(&two, &room("news"), number);
    }
    until("delivered", || {
        numbers(&one, &a) == [0, 1, 2] && numbers(&two, &b) == [0, 1, 2]
    });
}

#[test]
fn nobody_is_told_that_he_has_all_when_the_engine_did_not_say_so() {
    let (broker, one, two) = two();
    let (a, _b) = (member(&one, "news"), member(&two, "news"));
    say(&one, &room("news"), 0);
    until("delivered", || numbers(&one, &a) == [0]);
    let position = last_position(&one, &a);
    // What the first node misses meanwhile cannot be read.
    broker.set_foreign("news", true);
    broker.go_down();
    broker.set_away(0, true);
    until("away", || one.node.phase() == Phase::Down);
    broker.come_back();
    say(&two, &room("news"), 1);
    until("kept", || broker.kept("news").len() == 2);
    broker.set_away(0, false);
    until("back", || one.is_up());
    let c = join(&one, &format!(r#"{{"news":"{position}"}}"#), 2);
    let told = texts(&one, &c);
    let recovered = |text: &String| text.contains(r#""recovered":true"#);
    assert!(!told.iter().any(recovered), "{told:?}");
    // Members get the rest when it can be read.
    broker.set_foreign("news", false);
    say(&two, &room("news"), 2);
    until("repaired", || numbers(&one, &a) == [0, 1, 2]);
}

#[test]
fn nobody_waits_in_a_room_whose_subscription_was_refused_before() {
    let (broker, one, _two) = two();
    broker.refuse(channel("news"));
    for key in 1..4 {
        join(&one, "{}", key);
    }
}
