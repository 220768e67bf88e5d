//! The high-water mark of what waits for a peer, and who is judged slow.

use super::*;
use crate::hub::testing::FakeLink;

/// A hub with small marks, and a peer whose stream takes nothing.
fn stuck() -> (Hub, Peer) {
    let (hub, _) = hub();
    hub.config.set_high_water_mark(100);
    let peer = Peer::admitted(&hub);
    peer.link.set_room(0);
    (hub, peer)
}

/// Queues a frame of `length` bytes, and offers it to the stream.
fn send(hub: &Hub, peer: &Peer, length: usize) {
    peer.connection.send(&vec![b'x'; length - 2], &hub.config);
    peer.connection.flush();
    hub.report(&peer.connection);
}

/// The stream takes `room` more bytes.
fn take(hub: &Hub, peer: &Peer, room: usize) -> Vec<Kind> {
    peer.link.set_room(room);
    peer.connection.flush_writable();
    hub.report(&peer.connection);
    let events = take_all(&hub.inbox);
    assert!(events.iter().all(|event| event.slot == peer.slot()));
    events.into_iter().map(|event| event.kind).collect()
}

#[test]
fn drained_is_told_once_all_has_left_after_the_mark_was_reached() {
    let (hub, peer) = stuck();
    peer.connection.want_drained();
    send(&hub, &peer, 60);
    assert!(!peer.connection.is_above());
    assert_eq!(take(&hub, &peer, 60), [], "the mark was not reached");

    for _ in 0..2 {
        peer.link.set_room(0);
        send(&hub, &peer, 60);
        send(&hub, &peer, 40);
        assert!(peer.connection.is_above());
        send(&hub, &peer, 40);
        assert_eq!(take(&hub, &peer, 139), [], "some still waits");
        assert!(peer.connection.is_above());
        assert_eq!(take(&hub, &peer, 1), [Kind::Drained]);
        assert!(!peer.connection.is_above());
        assert_eq!(take(&hub, &peer, 1), [], "once");
    }
}

#[test]
fn drained_is_told_when_one_flush_takes_it_all() {
    let (hub, wake) = hub();
    hub.config.set_high_water_mark(100);
    let peer = Peer::admitted(&hub);
    peer.connection.want_drained();
    peer.connection.send(&[b'x'; 200], &hub.config);
    assert!(peer.connection.is_above());
    let before = wake.count();
    hub.turn_handled(&mut vec![Arc::clone(&peer.connection)], None);
    assert_eq!(wake.count(), before + 1);
    let expected = Seen {
        number: peer.connection.serial(),
        ..Seen::new(Kind::Drained, peer.slot())
    };
    assert_eq!(take_all(&hub.inbox), [expected]);
}

#[test]
fn drained_is_told_to_who_wants_it_of_a_connection_that_is_open() {
    let (hub, peer) = stuck();
    send(&hub, &peer, 100);
    assert_eq!(take(&hub, &peer, 100), [], "nobody wants it");
    assert!(!peer.connection.is_above());
    peer.connection.want_drained();
    peer.link.set_room(0);
    send(&hub, &peer, 100);
    peer.connection.start_close(1000, "");
    assert_eq!(take(&hub, &peer, usize::MAX), [], "it is closing");
}

#[test]
fn nothing_is_told_of_a_peer_the_application_does_not_know() {
    let (hub, _) = hub();
    hub.config.set_high_water_mark(1);
    let peer = Peer::over(&hub, FakeLink::with_room(0));
    peer.connection.want_drained();
    hub.pong(&peer.connection, b"x");
    peer.connection.flush();
    assert_eq!(take(&hub, &peer, usize::MAX), []);
}

/// The application would get events of a slot that it has released.
#[test]
fn nothing_is_told_after_the_end() {
    let (hub, mut peer) = stuck();
    peer.connection.want_drained();
    send(&hub, &peer, 100);
    peer.connection.watch();
    hub.ended(&peer.connection, &mut peer.progress, 1006, "");
    take_all(&hub.inbox);
    hub.report(&peer.connection);
    assert_eq!(take_all(&hub.inbox), []);
}

/// An application that broadcasts much in one turn: nothing has been flushed in between, and the
/// kernel would take it all.
#[test]
fn a_peer_that_reads_is_not_judged_by_what_was_not_offered_to_it() {
    let (hub, _) = hub();
    hub.config.set_max_buffered_bytes(1000);
    let peer = Peer::admitted(&hub);
    let text = "x".repeat(600);
    for _ in 0..10 {
        assert_eq!(hub.broadcast(Group::All, &text), 1);
        assert!(peer.connection.pending() < 2000);
    }
    for _ in 0..10 {
        let queued = peer.connection.send(text.as_bytes(), &hub.config);
        assert!(matches!(queued, Queued::Flush | Queued::Waiting));
    }
    run_for(&hub, 10);
    peer.connection.flush();
    assert_eq!(peer.link.texts(), vec![text; 20]);
}

#[test]
fn a_peer_is_judged_once_its_stream_takes_no_more() {
    let (hub, _) = hub();
    hub.config.set_max_buffered_bytes(1000);
    let peer = Peer::admitted(&hub);
    let task = task_of(&peer);
    peer.link.set_room(700);
    let text = "x".repeat(600);
    let reached: Vec<usize> = (0..4).map(|_| hub.broadcast(Group::All, &text)).collect();
    // 1208 bytes at the third: 700 leave, the rest is below the limit. Then the stream is stuck.
    assert_eq!(reached, [1, 1, 1, 0]);
    assert!(peer.connection.is_closing());
    assert_eq!(task.0.load(Relaxed), 1, "waits for the stream");
}

#[test]
fn a_stream_that_breaks_when_it_is_offered_bytes_wakes_its_task() {
    let (hub, _) = hub();
    hub.config.set_max_buffered_bytes(10);
    let peer = Peer::admitted(&hub);
    let task = task_of(&peer);
    peer.connection.send(&[b'x'; 20], &hub.config);
    peer.link.fail_next(ErrorKind::BrokenPipe);
    assert_eq!(hub.broadcast(Group::All, "1"), 0);
    assert_eq!(task.0.load(Relaxed), 1);
}
