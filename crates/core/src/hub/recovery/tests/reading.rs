//! Applications read histories.

use super::*;

#[test]
fn is_read_from_a_position_on() {
    let hub = history_hub();
    let positions: Vec<_> = (1..=4).map(|number| say(&hub, "news", number)).collect();
    let read = |since: Option<&str>, limit| {
        let reading = hub.read_history("news", since, limit).unwrap();
        let messages: Vec<_> = reading.messages().map(str::to_owned).collect();
        (messages, reading.position.to_string(), reading.complete)
    };
    let behind = read(Some(&positions[1]), 1);
    assert_eq!(
        behind,
        (
            vec![said("news", 3, &positions[2])],
            positions[2].clone(),
            true
        )
    );
    assert!(!read(Some("x"), 10).2);
    assert!(!read(Some("0:1:2"), 10).2);
    assert_eq!(read(None, 10).0.len(), 4);
    assert!(hub.read_history("other", None, 10).is_none());
}

#[test]
fn reading_begins_no_history() {
    let hub = history_hub();
    let read = |since: Option<&str>| {
        let reading = hub.read_history("chat:1", since, 10).unwrap();
        let count = reading.messages().count();
        (count, reading.position.to_string(), reading.complete)
    };
    let (count, before, complete) = read(None);
    assert_eq!((count, complete), (0, true));
    assert_eq!((hub.kept_rooms(), hub.registry().room_count()), (0, 0));
    assert_eq!(read(Some(&before)), (0, before.clone(), true));
    assert!(!read(Some("0:0:0")).2);

    // It is where what comes next begins.
    let one = say(&hub, "chat:1", 1);
    assert_eq!(read(Some(&before)), (1, one.clone(), true));
    for number in 2..=15 {
        say(&hub, "chat:1", number);
    }
    assert!(!read(Some(&before)).2, "the first ones were given up");
    let (.., other) = read(Some(&one));
    assert!(!other);
}

#[test]
fn a_position_before_a_history_is_worth_nothing_once_a_history_has_ended() {
    let hub = history_hub();
    let read = |room: &str, since: Option<&str>| hub.read_history(room, since, 10).unwrap();
    let before = read("news", None).position.to_string();
    say(&hub, "chat:1", 1);
    let after = |ms| hub.now() + RULE.ttl + ms;
    hub.sweep_history(hub.now());
    hub.sweep_history(after(1000));
    hub.sweep_history(after(2000));
    assert_eq!(hub.kept_rooms(), 0);
    assert!(!read("news", Some(&before)).complete);
    // No client recovers from one.
    say(&hub, "news", 1);
    let before = read("chat:2", None).position.to_string();
    let client = arrive(&hub, &bringing("news", &before));
    let joined = hub.join_and_tell(client.slot(), "news", 0).unwrap();
    assert!(!joined.recovered);
}
