//! Deadlines of handshakes, of close frames and of pings.

use std::time::Instant;

use super::*;

#[test]
fn a_handshake_that_is_not_resolved_in_time_ends_the_connection() {
    let (hub, _) = hub();
    hub.config.set_handshake_timeout(500);
    let silent = Peer::open(&hub);
    let mut begun = Peer::open(&hub);
    begun.say(&hub, r#"{"n":"_h"}"#);
    let admitted = Peer::admitted(&hub);
    hub.config.set_handshake_timeout(0);
    let unlimited = Peer::open(&hub);

    run_for(&hub, 20);
    assert!(silent.connection.is_open());
    run_for(&hub, 700);
    let expected = Some((4202, "Handshake not completed after 500 ms".to_owned()));
    assert_eq!(silent.link.close(), expected);
    assert_eq!(begun.link.close(), expected);
    assert!(silent.connection.is_closing());
    assert!(admitted.connection.is_open());
    assert!(unlimited.connection.is_open());
}

#[test]
fn a_peer_that_does_not_answer_a_close_frame_is_cut() {
    let (hub, _) = hub();
    hub.config.set_close_timeout(30);
    let peer = Peer::open(&hub);
    let task = task_of(&peer);
    assert!(hub.close(&peer.connection, 4000, "bye"));
    assert!(!hub.close(&peer.connection, 4001, ""), "once");
    assert_eq!(peer.link.close(), Some((4000, "bye".to_owned())));
    assert!(!peer.connection.must_cut());
    run_for(&hub, 60);
    assert!(peer.connection.must_cut());
    assert_eq!(task.0.load(Relaxed), 1);
}

#[test]
fn a_connection_in_a_slot_used_again_inherits_no_deadline() {
    let (hub, _) = hub();
    hub.config.set_handshake_timeout(20);
    let mut first = Peer::open(&hub);
    let slot = first.slot();
    hub.ended(&first.connection, &mut first.progress, 1006, "");
    hub.config.set_handshake_timeout(0);
    let second = Peer::open(&hub);
    assert_eq!(second.slot(), slot);
    run_for(&hub, 50);
    assert!(second.connection.is_open());
}

#[test]
fn a_silent_peer_is_due_for_one_ping_until_it_is_heard() {
    let (hub, _) = hub();
    hub.config.set_ping_interval(40);
    let begin = Instant::now();
    let peer = Peer::admitted(&hub);
    run_for(&hub, 20);
    let early = pings_due(&hub);
    // A busy machine may take longer than was asked for.
    assert!(early == 0 || begin.elapsed() + GRAIN >= Duration::from_millis(40));
    run_for(&hub, 50);
    assert_eq!(early + pings_due(&hub), 1);
    run_for(&hub, 100);
    assert_eq!(pings_due(&hub), 0, "the first is not answered yet");
    hub.note_activity(&peer.connection);
    run_for(&hub, 110);
    assert_eq!(pings_due(&hub), 1);
}

#[test]
fn a_peer_that_talks_is_not_pinged() {
    let (hub, _) = hub();
    hub.config.set_ping_interval(100);
    let peer = Peer::admitted(&hub);
    let mut longest = Duration::ZERO;
    for _ in 0..6 {
        let begin = Instant::now();
        run_for(&hub, 30);
        hub.note_activity(&peer.connection);
        longest = longest.max(begin.elapsed());
    }
    // A busy machine may take longer than was asked for.
    assert!(pings_due(&hub) == 0 || longest >= Duration::from_millis(90));
}

#[test]
fn nobody_is_pinged_when_pings_are_off_or_the_connection_is_closing() {
    let (hub, _) = hub();
    hub.config.set_ping_interval(20);
    let closing = Peer::admitted(&hub);
    hub.close(&closing.connection, 1000, "");
    hub.config.set_ping_interval(0);
    let _unpinged = Peer::admitted(&hub);
    run_for(&hub, 60);
    assert_eq!(pings_due(&hub), 0);
}

#[test]
fn an_earlier_deadline_set_meanwhile_is_seen_to_in_time() {
    let (hub, _) = hub();
    let _late = Peer::open(&hub);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let early = runtime.block_on(async {
        let work = async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            hub.config.set_handshake_timeout(10);
            let early = Peer::open(&hub);
            // Much sooner than the other deadline, however busy the machine is.
            for _ in 0..200 {
                tokio::time::sleep(Duration::from_millis(10)).await;
                if early.link.close().is_some() {
                    break;
                }
            }
            early
        };
        futures::pin_mut!(work);
        let timers = hub.run_timers();
        futures::pin_mut!(timers);
        match futures::future::select(work, timers).await {
            futures::future::Either::Left((early, _)) => early,
            futures::future::Either::Right(_) => unreachable!("runs for ever"),
        }
    });
    assert_eq!(early.link.close().unwrap().0, 4202);
}

/// Two io threads see to the same deadlines. The one that was told of the earliest ends before it
/// is due: the other must take over.
#[test]
fn deadlines_survive_the_thread_that_waited_for_them() {
    let (hub, _) = hub();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let peer = runtime.block_on(async {
        let mut first = Box::pin(hub.run_timers());
        let mut second = Box::pin(hub.run_timers());
        assert!(futures::poll!(first.as_mut()).is_pending());
        assert!(futures::poll!(second.as_mut()).is_pending());
        hub.config.set_handshake_timeout(20);
        let peer = Peer::open(&hub);
        assert!(futures::poll!(first.as_mut()).is_pending());
        drop(first);
        let limit = Duration::from_millis(60);
        assert!(tokio::time::timeout(limit, second).await.is_err());
        peer
    });
    assert_eq!(peer.link.close().map(|(code, _)| code), Some(4202));
}
