use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::hub::outbound::Link;
use crate::hub::testing::{CountingWake, facts};

/// A stream that takes everything and keeps nothing.
struct Sink;

impl Link for Sink {
    fn try_write(&self, data: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(data.iter().map(|slice| slice.len()).sum())
    }
}

fn hub() -> Hub {
    Hub::new(Box::new(CountingWake::default()))
}

fn open(hub: &Hub) -> ConnectionRef {
    hub.open(Box::new(Sink), facts())
}

#[test]
fn a_join_does_not_wait_for_a_broadcast() {
    let hub = hub();
    let (first, second) = (open(&hub), open(&hub));
    hub.registry().join(first.slot(), "room");
    let reached = hub.in_order(Group::Room("room"), |_, members| {
        let (done, joined) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                hub.registry().join(second.slot(), "room");
                hub.registry().leave(first.slot(), "room");
                done.send(()).unwrap();
            });
            let waited = joined.recv_timeout(Duration::from_secs(10));
            assert!(waited.is_ok(), "the registry is locked over a broadcast");
        });
        members.len()
    });
    assert_eq!(reached, Some(1), "members are those at the begin");
    let now = hub.in_order(Group::Room("room"), |_, members| members.len());
    assert_eq!(now, Some(1));
    assert!(hub.in_order(Group::Room("nobody"), |_, _| ()).is_none());
}

#[test]
fn a_broadcast_sees_what_was_joined_under_the_order_lock() {
    let hub = hub();
    let (first, second) = (open(&hub), open(&hub));
    hub.registry().join(first.slot(), "room");
    thread::scope(|scope| {
        let (begun, has_begun) = mpsc::channel();
        let other = hub.in_order(Group::Room("room"), |_, _| {
            let hub = &hub;
            let other = scope.spawn(move || {
                begun.send(()).unwrap();
                hub.broadcast(Group::Room("room"), "1")
            });
            has_begun.recv().unwrap();
            // It waits for the lock by now, most likely, and has looked the members up.
            thread::sleep(Duration::from_millis(20));
            hub.registry().join(second.slot(), "room");
            other
        });
        assert_eq!(other.unwrap().join().unwrap(), 2);
    });
}

/// The time of a join that comes in the middle of a broadcast of 64 KiB to 19,000 members. While a broadcast
/// held the registry it was that of the broadcast.
#[test]
fn a_join_during_a_large_broadcast_takes_microseconds() {
    let hub = hub();
    let guests: Vec<ConnectionRef> = (0..100).map(|_| open(&hub)).collect();
    for _ in 0..19_000 {
        let member = open(&hub);
        hub.registry().join(member.slot(), "room");
    }
    let text = "x".repeat(64 * 1024);
    let (broadcasting, over) = (AtomicBool::new(false), AtomicBool::new(false));
    let mut joins = Vec::new();
    let mut broadcasts = Vec::new();
    thread::scope(|scope| {
        let broadcaster = scope.spawn(|| {
            let mut times = Vec::new();
            while !over.load(SeqCst) {
                let begun = Instant::now();
                broadcasting.store(true, SeqCst);
                hub.broadcast(Group::Room("room"), &text);
                broadcasting.store(false, SeqCst);
                times.push(begun.elapsed());
                hub.flush_waiting();
            }
            times
        });
        for guest in &guests {
            while !broadcasting.load(SeqCst) {
                thread::yield_now();
            }
            let begun = Instant::now();
            hub.registry().join(guest.slot(), "room");
            joins.push(begun.elapsed());
            while broadcasting.load(SeqCst) {
                thread::yield_now();
            }
        }
        over.store(true, SeqCst);
        broadcasts = broadcaster.join().unwrap();
    });
    joins.sort_unstable();
    broadcasts.sort_unstable();
    let (join, broadcast) = (joins[joins.len() / 2], broadcasts[broadcasts.len() / 2]);
    println!("median of a join {join:?}, of a broadcast {broadcast:?}");
    // A busy machine takes the processor from single joins, so the median counts.
    assert!(join * 10 < broadcast, "{join:?} of {broadcast:?}");
}
