//! Slow clients, and what is left of rooms and of connections that end.

use super::*;

#[test]
fn a_slow_client_with_positions_is_left_out_of_nothing() {
    let hub = history_hub();
    hub.config.set_max_buffered_bytes(2000);
    hub.config.set_slow_consumer(SlowConsumer::Drop);
    let slow = over(&hub, FakeLink::with_room(0), "{}");
    let plain = Peer::over(&hub, FakeLink::with_room(0));
    for peer in [&slow, &plain] {
        hub.join(peer.slot(), "news");
    }
    for number in 0..30 {
        say(&hub, "news", number);
    }
    assert!(slow.connection.is_open());
    for number in 30..200 {
        say(&hub, "news", number);
    }
    // It comes back and gets all that it has missed, or is told that it cannot; the other does not know.
    assert!(!slow.connection.is_open());
    assert!(plain.connection.is_open());
}

#[test]
fn a_replay_does_not_make_a_slow_consumer() {
    let hub = history_hub();
    let start = position(&hub, "news");
    hub.config.set_max_buffered_bytes(400);
    for number in 0..5 {
        say(&hub, "news", number);
    }
    let peer = over(&hub, FakeLink::with_room(0), &bringing("news", &start));
    hub.join(peer.slot(), "news");
    peer.link.set_room(usize::MAX);
    peer.connection.flush_writable();
    let last = position(&hub, "news");
    assert_eq!(received(&hub, &peer), [joined("news", &last, false, 0)]);
}

#[test]
fn a_room_is_given_up_after_its_ttl() {
    let (hub, _) = hub();
    hub.keep_history("news", Rule { ttl: 20, ..RULE });
    let peer = arrive(&hub, "{}");
    hub.join(peer.slot(), "news");
    let one = say(&hub, "news", 1);
    let wait = || std::thread::sleep(std::time::Duration::from_millis(30));
    let sweep = || hub.sweep_history(hub.now());
    wait();
    sweep();
    assert_eq!(hub.history.room_count(), 1, "it has a member");
    assert_eq!(position(&hub, "news"), one);
    hub.release(peer.slot());
    sweep();
    wait();
    sweep();
    assert_eq!(hub.history.room_count(), 0);
    assert_eq!(hub.registry().room_count(), 0);
    let again = arrive(&hub, &bringing("news", &one));
    hub.join(again.slot(), "news");
    let last = position(&hub, "news");
    assert_ne!(last.split(':').next(), one.split(':').next());
    assert_eq!(received(&hub, &again), [joined("news", &last, false, 0)]);
}

#[test]
fn nothing_is_left_of_positions_of_connections_that_end() {
    let hub = history_hub();
    let peer = arrive(&hub, &bringing("news", "0:1:2"));
    let serial = peer.connection.serial();
    hub.release(peer.slot());
    assert!(hub.history.take_brought(serial, "news").is_none());
    hub.leave_all(peer.slot());
    hub.join(peer.slot(), "news");
    assert!(!hub.registry().has_room("news"));
}

#[test]
fn leaving_every_room_is_told_for_each() {
    let hub = history_hub();
    let peer = arrive(&hub, "{}");
    for room in ["news", "chat:1", "plain"] {
        hub.join(peer.slot(), room);
    }
    received(&hub, &peer);
    hub.leave_all(peer.slot());
    let left = |room| format!(r#"{{"n":"_o","r":"{room}","o":null}}"#);
    assert_eq!(received(&hub, &peer), [left("news"), left("chat:1")]);
    assert!(hub.registry().rooms_of(peer.slot()).is_empty());
    assert!(!hub.leave(peer.slot(), "news"));
    assert!(received(&hub, &peer).is_empty());
}

#[test]
fn leaving_a_room_that_nobody_was_in_begins_no_history() {
    let hub = history_hub();
    let peer = arrive(&hub, "{}");
    for room in 0..3 {
        assert!(!hub.leave(peer.slot(), &format!("chat:{room}")));
    }
    assert_eq!(hub.history.room_count(), 0);
    assert_eq!(received(&hub, &peer), Vec::<String>::new());
}
