//! Pings that the hub waits for.

use super::*;

const PING: &str = r#"{"n":"_p","i":"P"}"#;
const PONG: &str = r#"{"n":"_r","i":"P","p":"pong","e":null}"#;

/// Sends a ping.
fn ping(hub: &Hub, peer: &Peer, timeout: u32) {
    assert_eq!(hub.ping(&peer.connection, timeout), Pinged::Sent);
    assert_eq!(peer.link.texts().last().unwrap(), PING);
}

/// Looks for an answer as a reader does that has nothing to read. Returns what the application is told of then.
fn look(hub: &Hub, peer: &mut Peer) -> Vec<Kind> {
    while hub.look_for_pong(&peer.connection, &mut peer.progress) {}
    kinds(hub)
}

fn kinds(hub: &Hub) -> Vec<Kind> {
    let events = take_all(&hub.inbox);
    events.iter().map(|event| event.kind).collect()
}

#[test]
fn an_answer_ends_a_ping_and_is_not_told() {
    for pong in [PONG, r#"{"n":"_r","i":"\u0050"}"#] {
        let (hub, _) = hub();
        let mut peer = Peer::admitted(&hub);
        for _ in 0..2 {
            ping(&hub, &peer, 30);
            peer.say(&hub, pong);
            run_for(&hub, 60);
            assert_eq!(look(&hub, &mut peer), []);
        }
        peer.say(&hub, pong);
        assert_eq!(kinds(&hub), [Kind::Response], "nobody waits for it");
    }
}

#[test]
fn other_responses_are_told_meanwhile() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    ping(&hub, &peer, 30);
    for response in [
        r#"{"n":"_r","i":"p"}"#,
        r#"{"n":"_r"}"#,
        r#"{"n":"_r","i":80}"#,
    ] {
        peer.say(&hub, response);
        assert_eq!(kinds(&hub), [Kind::Response]);
    }
    run_for(&hub, 60);
    assert_eq!(look(&hub, &mut peer), [Kind::PingFailed]);
}

#[test]
fn a_ping_fails_once_when_its_answer_does_not_come_in_time() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    ping(&hub, &peer, 30);
    assert_eq!(look(&hub, &mut peer), [], "not due");
    run_for(&hub, 60);
    assert_eq!(kinds(&hub), [], "the reader has not looked for it");
    // The sockets may not have been looked at since it came.
    assert!(hub.look_for_pong(&peer.connection, &mut peer.progress));
    assert_eq!(kinds(&hub), []);
    assert!(!hub.look_for_pong(&peer.connection, &mut peer.progress));
    assert_eq!(kinds(&hub), [Kind::PingFailed]);
    run_for(&hub, 60);
    assert_eq!(look(&hub, &mut peer), []);
}

#[test]
fn an_answer_that_is_read_late_counts() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    let task = task_of(&peer);
    ping(&hub, &peer, 30);
    run_for(&hub, 60);
    assert_eq!(task.0.load(Relaxed), 1, "looks for it");
    assert!(hub.look_for_pong(&peer.connection, &mut peer.progress));
    peer.say(&hub, PONG);
    assert_eq!(look(&hub, &mut peer), []);
    // Nor does the next ping fail at once.
    ping(&hub, &peer, 1000);
    assert_eq!(look(&hub, &mut peer), []);
}

#[test]
fn a_ping_fails_when_it_is_answered_with_an_error() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    ping(&hub, &peer, 0);
    peer.say(&hub, r#"{"n":"_r","i":"P","e":"no"}"#);
    assert_eq!(kinds(&hub), [Kind::PingFailed]);
}

#[test]
fn a_time_longer_than_the_interval_takes_no_deadline_of_its_own() {
    let (hub, _) = hub();
    hub.config.set_ping_interval(20);
    hub.config.set_handshake_timeout(0);
    let mut peer = Peer::admitted(&hub);
    let begin = std::time::Instant::now();
    ping(&hub, &peer, 110);
    assert_eq!(
        hub.ping(&peer.connection, 110),
        Pinged::UnderWay,
        "one is enough"
    );
    run_for(&hub, 70);
    let early = look(&hub, &mut peer);
    // A busy machine may take longer than was asked for.
    assert!(early.is_empty() || begin.elapsed() + GRAIN >= Duration::from_millis(110));
    run_for(&hub, 70);
    let late = look(&hub, &mut peer);
    assert_eq!(
        [early, late].concat(),
        [Kind::PingFailed],
        "and no other ping was due"
    );
    assert_eq!(hub.timers.count(), 1);
}

#[test]
fn no_limit_is_no_deadline() {
    let (hub, _) = hub();
    hub.config.set_ping_interval(10);
    let mut peer = Peer::admitted(&hub);
    ping(&hub, &peer, 0);
    run_for(&hub, 50);
    assert_eq!(look(&hub, &mut peer), []);
}

#[test]
fn a_ping_that_cannot_be_sent_is_not_waited_for() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    hub.close(&peer.connection, 1000, "");
    assert_eq!(hub.ping(&peer.connection, 10), Pinged::NotSent);
    run_for(&hub, 30);
    assert_eq!(look(&hub, &mut peer), []);
}

#[test]
fn pings_that_are_due_at_about_the_same_time_are_due_at_the_same() {
    // Not later than a 64th of the interval.
    for (interval, together) in [(15_000, 16), (640, 10), (20, 1)] {
        let (hub, _) = hub();
        hub.config.set_handshake_timeout(0);
        hub.config.set_ping_interval(interval);
        let begin = hub.now();
        let _peer = Peer::admitted(&hub);
        let due = hub.timers.next_due().unwrap();
        assert!(due.is_multiple_of(together), "{due}");
        let least = begin + u64::from(interval);
        let late = (hub.now() - begin) + together;
        assert!((least..least + late).contains(&due), "{due}");
    }
}

/// The application may be busy when a ping is due, and for long after it has asked for it.
#[test]
fn a_ping_leaves_at_once_with_what_waits_before_it() {
    let (hub, _) = hub();
    let peer = Peer::admitted(&hub);
    peer.connection.send(b"first", &hub.config);
    ping(&hub, &peer, 10);
    assert_eq!(peer.link.texts(), ["first", PING]);
}

/// Its slot may be another connection's when the application handles that.
#[test]
fn a_failed_ping_is_told_before_the_end_of_its_connection() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    let count = build_up_a_backlog(&hub, &mut peer);
    ping(&hub, &peer, 0);
    peer.say(&hub, r#"{"n":"_r","i":"P","e":"no"}"#);
    hub.ended(&peer.connection, &mut peer.progress, 1000, "");
    let kinds = kinds(&hub);
    let (last, before) = kinds.split_last().unwrap();
    assert_eq!(*last, Kind::Closed);
    assert_eq!(before.last(), Some(&Kind::PingFailed));
    assert_eq!(before.len(), count + 1);
}
