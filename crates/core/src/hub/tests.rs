//! Deadlines, slow consumers, broadcasts and the end of connections.

mod admitting;
mod back_pressure;

mod deadlines;
mod pings;
mod slots;
#[cfg(unix)]
mod together;

use std::io::ErrorKind;
use std::time::Duration;

use super::batch::{BATCH_EVENTS, Batch};
use super::config::SlowConsumer;
use super::connection::WRITTEN_AT_ONCE;
use super::testing::{FakeLink, GRAIN, Peer, Seen, bare, hub, take_all};
use super::*;

/// Runs what the io thread runs, for a while.
fn run_for(hub: &Hub, milliseconds: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let both = futures::future::join(hub.run_timers(), hub.run_flushes());
        let limit = Duration::from_millis(milliseconds);
        assert!(tokio::time::timeout(limit, both).await.is_err());
    });
}

/// Counts how often a connection's task is woken.
#[derive(Default)]
struct Task(std::sync::atomic::AtomicUsize);

impl futures::task::ArcWake for Task {
    fn wake_by_ref(task: &Arc<Self>) {
        task.0.fetch_add(1, Relaxed);
    }
}

fn task_of(peer: &Peer) -> Arc<Task> {
    let task = Arc::new(Task::default());
    let waker = futures::task::waker(Arc::clone(&task));
    peer.connection.register(&waker);
    task
}

fn pings_due(hub: &Hub) -> usize {
    let events = take_all(&hub.inbox);
    assert!(events.iter().all(|event| event.kind == Kind::PingDue));
    events.len()
}

/// Has messages of a peer wait in the queue of those with a backlog. Returns how many.
fn build_up_a_backlog(hub: &Hub, peer: &mut Peer) -> usize {
    for _ in 0..1000 {
        peer.say(hub, r#"{"n":"x"}"#);
    }
    // Once its events are handled, a peer that exceeded its quota changes its queue.
    take_all(&hub.inbox);
    for _ in 0..100 {
        peer.say(hub, r#"{"n":"x"}"#);
    }
    assert_eq!(peer.progress.flow.lane, Lane::Backlogged);
    100
}

#[test]
fn a_peer_that_does_not_read_is_told_to_go() {
    let (hub, _) = hub();
    hub.config.set_max_buffered_bytes(100);
    hub.config.set_close_timeout(20);
    let link = FakeLink::with_room(0);
    let mut peer = Peer::over(&hub, link.clone());
    let text = [b'x'; 60];
    assert_eq!(peer.connection.send(&text, &hub.config), Queued::Flush);
    link.set_room(10);
    assert_eq!(peer.connection.flush(), Flush::Blocked);
    assert_eq!(peer.connection.send(&text, &hub.config), Queued::Waiting);
    assert_eq!(peer.connection.pending(), 2 * 62 - 10);
    assert_eq!(peer.connection.send(&text, &hub.config), Queued::Overflow);
    assert_eq!(peer.connection.send(&text, &hub.config), Queued::NotOpen);

    // The rest of the frame it has begun to get, and the close frame.
    link.set_room(usize::MAX);
    assert_eq!(peer.connection.flush_writable(), Flush::Drained);
    assert_eq!(link.texts(), ["x".repeat(60)]);
    assert_eq!(link.close(), Some((4206, "Slow consumer".to_owned())));
    assert_eq!(
        peer.connection.forced_close(),
        Some((4206, "Slow consumer"))
    );
    peer.say(&hub, "{}");
}

#[test]
fn a_large_message_is_written_at_once_unless_something_waits() {
    let (hub, _) = hub();
    let peer = Peer::admitted(&hub);
    let large = "x".repeat(WRITTEN_AT_ONCE);
    let send = || peer.connection.send(large.as_bytes(), &hub.config);
    let queue = || peer.connection.send(b"small", &hub.config);
    assert_eq!(send(), Queued::Written);
    assert_eq!(peer.link.texts(), [&*large]);
    assert_eq!(queue(), Queued::Flush);
    assert_eq!(send(), Queued::Waiting);
    assert_eq!(peer.connection.flush(), Flush::Drained);
    assert_eq!(peer.link.texts(), [&*large, "small", &large]);

    // As far as the kernel takes it.
    peer.link.set_room(100);
    assert_eq!(send(), Queued::Waiting);
    assert_eq!(peer.connection.pending(), large.len() + 4 - 100);
    assert!(peer.connection.is_blocked());
    assert_eq!(send(), Queued::Waiting);
    peer.link.set_room(usize::MAX);
    assert_eq!(peer.connection.flush_writable(), Flush::Drained);
    assert_eq!(peer.link.texts().len(), 5);

    let payload = format!("\"{large}\"");
    let respond = |payload: &str| {
        let payload = Some(payload.as_bytes());
        peer.connection.respond(payload, b"7", &hub.config)
    };
    assert_eq!(respond(&payload), Queued::Written);
    let response = format!(r#"{{"n":"_r","p":{payload},"i":7,"e":null}}"#);
    assert_eq!(peer.link.texts()[5], response);
    assert_eq!(respond("1"), Queued::Flush);
    assert_eq!(peer.connection.flush(), Flush::Drained);

    peer.link.fail_next(ErrorKind::ConnectionReset);
    peer.link.fail_next(ErrorKind::ConnectionReset);
    send();
    assert!(peer.connection.is_broken());
}

#[test]
fn the_drop_policy_leaves_out_broadcasts_but_no_responses() {
    let (hub, _) = hub();
    hub.config.set_max_buffered_bytes(100);
    hub.config.set_slow_consumer(SlowConsumer::Drop);
    let peer = Peer::admitted(&hub);
    peer.link.set_room(0);
    let text = "x".repeat(98);
    assert_eq!(hub.broadcast(Group::All, &text), 1);
    peer.connection.flush();
    assert_eq!(hub.broadcast(Group::All, &text), 0, "left out");
    assert!(peer.connection.is_open());
    let response = [b'r'; 98];
    let send = || peer.connection.send(&response, &hub.config);
    assert_eq!(send(), Queued::Waiting);
    assert_eq!(peer.connection.pending(), 200);
    assert_eq!(hub.broadcast(Group::All, &text), 0);
    assert!(peer.connection.is_open(), "a broadcast ends nobody");
    assert_eq!(send(), Queued::Overflow, "at twice the limit");

    peer.link.set_room(usize::MAX);
    peer.connection.flush_writable();
    assert_eq!(peer.link.close().unwrap().0, 4206);
}

/// Whatever it is that overflows, the peer has its time to answer and no more.
#[test]
fn whoever_overflows_is_cut_in_the_end() {
    type Overflow = fn(&Hub, &mut Peer);
    let overflows: [(&str, Overflow); 4] = [
        ("an answered ping", |hub, peer| {
            peer.say(hub, r#"{"n":"_p","i":"1"}"#);
        }),
        ("a refused message", |hub, peer| {
            peer.say(hub, r#"{"n":"_x","i":"1"}"#);
        }),
        ("a pong", |hub, peer| {
            hub.pong(&peer.connection, b"x");
        }),
        ("a broadcast", |hub, _| {
            hub.broadcast(Group::All, "1");
        }),
    ];
    for (what, overflow) in overflows {
        let (hub, _) = hub();
        hub.config.set_max_buffered_bytes(1);
        hub.config.set_close_timeout(20);
        let mut peer = Peer::admitted(&hub);
        peer.link.set_room(0);
        peer.connection.send(b"1", &hub.config);
        peer.connection.flush();
        overflow(&hub, &mut peer);
        assert!(peer.connection.is_closing(), "{what}");
        run_for(&hub, 50);
        assert!(peer.connection.must_cut(), "{what}");
    }
}

#[test]
fn a_broadcast_reaches_the_members_of_its_group_in_the_order_of_calls() {
    let (hub, _) = hub();
    let peers: Vec<Peer> = (0..3).map(|_| Peer::admitted(&hub)).collect();
    let pending = Peer::open(&hub);
    for peer in &peers[..2] {
        hub.registry().join(peer.slot(), "room");
    }
    let large = "x".repeat(10_000);
    assert_eq!(hub.broadcast(Group::All, "1"), 3);
    assert_eq!(hub.broadcast(Group::Room("room"), &large), 2);
    assert_eq!(hub.broadcast(Group::All, "3"), 3);
    assert_eq!(hub.broadcast(Group::Room("nobody"), "4"), 0);
    assert!(peers[0].link.bytes().is_empty(), "left to the io thread");
    run_for(&hub, 10);
    for peer in &peers[..2] {
        assert_eq!(peer.link.texts(), ["1", &large, "3"]);
    }
    assert_eq!(peers[2].link.texts(), ["1", "3"]);
    assert!(pending.link.bytes().is_empty());

    hub.close(&peers[0].connection, 1000, "");
    assert_eq!(hub.broadcast(Group::All, "5"), 2, "one is closing");
    hub.registry().dismiss(peers[1].slot());
    assert_eq!(hub.broadcast(Group::All, "6"), 1, "one is dismissed");
}

#[test]
fn the_end_is_told_once_and_keeps_the_slot_until_its_release() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    let slot = peer.slot();
    hub.registry().join(slot, "room");
    hub.ended(&peer.connection, &mut peer.progress, 4001, "why");
    hub.ended(&peer.connection, &mut peer.progress, 1006, "");
    let expected = Seen {
        payload: Some("why".to_owned()),
        number: 4001,
        ..Seen::new(Kind::Closed, slot)
    };
    assert_eq!(take_all(&hub.inbox), [expected]);
    assert!(hub.registry().get(slot).is_some());
    assert_eq!(peer.connection.send(b"x", &hub.config), Queued::NotOpen);
    assert!(!hub.close(&peer.connection, 1000, ""));
    hub.release(slot);
    assert!(hub.registry().is_empty());
    assert!(!hub.registry().has_room("room"));
    assert_eq!(hub.registry().count(Group::All), 0);
}

#[test]
fn connections_the_application_does_not_know_of_can_be_closed() {
    let (hub, _) = hub();
    let unknown = Peer::open(&hub);
    let known = Peer::admitted(&hub);
    hub.close_unknown(1001, "bye");
    assert_eq!(unknown.link.close(), Some((1001, "bye".to_owned())));
    assert!(known.connection.is_open());
}

#[test]
fn a_connection_the_application_does_not_know_of_ends_in_silence() {
    let (hub, wake) = hub();
    let mut peer = Peer::open(&hub);
    hub.ended(&peer.connection, &mut peer.progress, 1006, "");
    assert!(hub.registry().is_empty());
    hub.inbox.end_turn();
    assert_eq!(wake.count(), 0);
}

#[test]
fn a_flush_that_blocks_or_breaks_wakes_the_task_that_owns_the_stream() {
    let (hub, _) = hub();
    let peer = Peer::over(&hub, FakeLink::with_room(0));
    let task = task_of(&peer);
    peer.connection.send(b"x", &hub.config);
    assert_eq!(peer.connection.flush(), Flush::Blocked);
    assert_eq!(task.0.load(Relaxed), 1);
    // From now on the task waits for the stream by itself.
    let task = task_of(&peer);
    assert_eq!(peer.connection.flush(), Flush::Blocked);
    assert_eq!(task.0.load(Relaxed), 0);
    peer.link.fail_next(ErrorKind::BrokenPipe);
    assert_eq!(peer.connection.flush_writable(), Flush::Broken);
    peer.link.fail_next(ErrorKind::BrokenPipe);
    assert_eq!(peer.connection.flush(), Flush::Broken);
    assert_eq!(task.0.load(Relaxed), 1);
}

#[test]
fn written_bytes_are_told_when_asked_for() {
    let (hub, _) = hub();
    let peer = Peer::admitted(&hub);
    peer.link.set_room(0);
    peer.connection.send(b"abc", &hub.config);
    peer.connection.flush();
    assert_eq!(peer.connection.queued(), 5);
    hub.report(&peer.connection);
    assert!(take_all(&hub.inbox).is_empty(), "nobody asked");
    assert_eq!(peer.connection.watch(), 0);
    peer.link.set_room(usize::MAX);
    peer.connection.flush_writable();
    hub.report(&peer.connection);
    hub.report(&peer.connection);
    let expected = Seen {
        number: 5,
        ..Seen::new(Kind::Written, peer.slot())
    };
    assert_eq!(take_all(&hub.inbox), [expected], "once");
    assert_eq!(peer.connection.watch(), 5);
    hub.report(&peer.connection);
    assert!(take_all(&hub.inbox).is_empty(), "nothing more to leave");
}

/// By then the application may have released its slot, and another connection may have it.
#[test]
fn nothing_is_told_of_a_connection_after_its_end() {
    let (hub, _) = hub();
    let mut peer = Peer::admitted(&hub);
    peer.connection.send(b"abc", &hub.config);
    peer.connection.watch();
    // What many connections have queued is left to the io thread, which may see the end first.
    hub.flush_later(vec![Arc::clone(&peer.connection)]);
    hub.ended(&peer.connection, &mut peer.progress, 1006, "");
    hub.flush_waiting();
    peer.connection
        .unless_ended(|| unreachable!("told after the end"));
    let kinds: Vec<_> = take_all(&hub.inbox)
        .iter()
        .map(|event| event.kind)
        .collect();
    assert_eq!(kinds, [Kind::Closed]);
}

#[test]
fn what_the_application_has_queued_is_flushed_when_its_turn_is_handled() {
    let (hub, _) = hub();
    for count in [1, 100] {
        let peers: Vec<Peer> = (0..count).map(|_| Peer::admitted(&hub)).collect();
        let mut dirty = Vec::new();
        for peer in &peers {
            assert_eq!(peer.connection.send(b"1", &hub.config), Queued::Flush);
            dirty.push(Arc::clone(&peer.connection));
        }
        hub.turn_handled(&mut dirty, Some(Handled::all(Lane::Sparse)));
        assert!(dirty.is_empty());
        run_for(&hub, 10);
        assert!(peers.iter().all(|peer| peer.link.texts() == ["1"]));
    }
}

/// The thread waits for its sockets next: whatever the application is to know of it must have been
/// woken for, also when it came of what was flushed after the thread's rest.
#[test]
fn nothing_waits_unannounced_at_the_end_of_a_turn() {
    let (hub, wake) = hub();
    let peer = Peer::admitted(&hub);
    for slot in 0..BATCH_EVENTS as u32 {
        hub.inbox.announce(bare(slot));
    }
    let mut batch = Batch::default();
    while hub.inbox.take_any(&mut batch).is_some() {}
    // The application is at work on that batch.
    hub.broadcast(Group::All, "1");
    peer.connection.watch();
    let wakes = wake.count();
    hub.end_turn();
    let waits = hub.inbox.waiting() > 0;
    assert_eq!(waits, !peer.link.bytes().is_empty());
    assert_eq!(wake.count() > wakes, waits);
}
