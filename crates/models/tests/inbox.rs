//! Models of the queue between io threads and JavaScript. Loom runs each model in every order in which its threads may
//! run, except for orders that interrupt threads more often than the model says. It fails if all threads wait for ever,
//! so that a lost wake is found.

use std::future::poll_fn;

use line_socket_native_models::batch::Batch;
use line_socket_native_models::flow::Flow;
use line_socket_native_models::inbox::{CONNECTION_MARK, Inbox, TOTAL_MARK, Wake};
use line_socket_native_models::lane::{Handled, LANES};
use line_socket_native_models::record::{Kind, Record};
use loom::future::block_on;
use loom::model::Builder;
use loom::sync::{Arc, Notify};
use loom::thread;

/// Wakes the model of JavaScript's thread. If that is busy, it finds the wake later.
struct Bell(Arc<Notify>);

impl Wake for Bell {
    fn wake(&self) {
        self.0.notify();
    }
}

/// Runs `body` in every order of its threads, in which they are interrupted up to `preemptions`
/// times at places where they could go on; up to once more when the environment has `LINE_MODELS=deep`.
fn model(preemptions: usize, body: impl Fn() + Sync + Send + 'static) {
    let is_deep = std::env::var("LINE_MODELS").is_ok_and(|value| value == "deep");
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions + usize::from(is_deep));
    builder.check(body);
}

fn inbox() -> (Arc<Inbox>, Arc<Notify>) {
    let bell = Arc::new(Notify::new());
    let wake = Box::new(Bell(Arc::clone(&bell)));
    (Arc::new(Inbox::new(wake)), bell)
}

/// JavaScript's thread: it sleeps until it is woken, takes batches and handles each as long as it is told
/// that there are more, and sleeps again. Returns the slots of the events, in the order it got them, once
/// there are `events` of them.
fn application(inbox: &Inbox, bell: &Notify, events: usize) -> Vec<u32> {
    let mut batch = Batch::default();
    let mut seen = Vec::new();
    while seen.len() < events {
        bell.wait();
        let mut more = true;
        while more {
            for lane in LANES {
                let taken = inbox.take(lane, &mut batch);
                more = taken.more;
                if taken.any {
                    seen.extend(batch.records.iter().map(|record| record.slot));
                    inbox.mark_handled(Handled::all(lane));
                }
            }
        }
    }
    seen
}

/// Adds an event without parts.
fn announce(inbox: &Inbox, slot: u32) {
    inbox.announce(|_| Record::new(Kind::PingDue, slot));
}

/// Adds an event of a connection. Returns true when the connection is not to be read any more.
fn push(inbox: &Inbox, flow: &mut Flow, slot: u32, text: &str) -> bool {
    inbox.push(flow, |batch| Record {
        payload: batch.put(text),
        ..Record::new(Kind::Message, slot)
    })
}

fn wait_for_room(inbox: &Inbox, flow: &mut Flow) {
    block_on(poll_fn(|context| inbox.poll_room(flow, context)));
}

#[test]
fn every_event_is_taken_in_order() {
    model(4, || {
        let (inbox, bell) = inbox();
        let io = {
            let inbox = Arc::clone(&inbox);
            thread::spawn(move || {
                announce(&inbox, 0);
                announce(&inbox, 1);
                inbox.end_turn();
                announce(&inbox, 2);
                inbox.end_turn();
            })
        };
        assert_eq!(application(&inbox, &bell, 3), [0, 1, 2]);
        io.join().unwrap();
        assert_eq!(inbox.waiting(), 0);
    });
}

#[test]
fn events_of_two_io_threads_are_taken_each_in_order() {
    model(2, || {
        let (inbox, bell) = inbox();
        let threads = [0, 10].map(|first| {
            let inbox = Arc::clone(&inbox);
            thread::spawn(move || {
                for slot in first..first + 2 {
                    announce(&inbox, slot);
                    inbox.end_turn();
                }
            })
        });
        let seen = application(&inbox, &bell, 4);
        for first in [0, 10] {
            let of_one: Vec<_> = seen
                .iter()
                .filter(|&&slot| slot / 10 == first / 10)
                .collect();
            assert_eq!(of_one, [&first, &(first + 1)]);
        }
        for io in threads {
            io.join().unwrap();
        }
    });
}

/// One batch is taken for each wake, so a second wake must come although nothing more is added.
#[test]
fn every_batch_is_taken() {
    let large: &str = "x".repeat(CONNECTION_MARK).leak();
    model(4, move || {
        let (inbox, bell) = inbox();
        let io = {
            let inbox = Arc::clone(&inbox);
            thread::spawn(move || {
                let mut flow = Flow::default();
                push(&inbox, &mut flow, 0, large);
                push(&inbox, &mut flow, 1, "x");
                inbox.end_turn();
            })
        };
        assert_eq!(application(&inbox, &bell, 2), [0, 1]);
        io.join().unwrap();
    });
}

#[test]
fn who_waits_for_room_is_told() {
    let large: &str = "x".repeat(CONNECTION_MARK).leak();
    model(3, move || {
        let (inbox, bell) = inbox();
        let io = {
            let inbox = Arc::clone(&inbox);
            thread::spawn(move || {
                let mut flow = Flow::default();
                assert!(push(&inbox, &mut flow, 0, large), "its mark is reached");
                wait_for_room(&inbox, &mut flow);
                assert!(!push(&inbox, &mut flow, 1, "x"), "it starts afresh");
                inbox.end_turn();
            })
        };
        assert_eq!(application(&inbox, &bell, 2), [0, 1]);
        io.join().unwrap();
        assert_eq!(inbox.waiting(), 0);
    });
}

#[test]
fn who_waits_because_of_another_is_told() {
    let large: &str = "x".repeat(TOTAL_MARK).leak();
    model(1, move || {
        let (inbox, bell) = inbox();
        let threads = [large, "x"].map(|text| {
            let inbox = Arc::clone(&inbox);
            thread::spawn(move || {
                let mut flow = Flow::default();
                if inbox.is_crowded() {
                    wait_for_room(&inbox, &mut flow);
                }
                if push(&inbox, &mut flow, 0, text) {
                    wait_for_room(&inbox, &mut flow);
                }
                inbox.end_turn();
            })
        });
        assert_eq!(application(&inbox, &bell, 2).len(), 2);
        for io in threads {
            io.join().unwrap();
        }
        assert_eq!(inbox.waiting(), 0);
    });
}

/// A rest ends when all events taken have been handled. Its timeout does not exist in this model.
#[test]
fn who_rests_is_told() {
    model(3, || {
        let (inbox, bell) = inbox();
        let io = {
            let inbox = Arc::clone(&inbox);
            thread::spawn(move || {
                let mut flow = Flow::default();
                for slot in 0..4 {
                    push(&inbox, &mut flow, slot, "x");
                }
                inbox.end_turn();
                inbox.rest();
            })
        };
        assert_eq!(application(&inbox, &bell, 4), [0, 1, 2, 3]);
        io.join().unwrap();
    });
}
