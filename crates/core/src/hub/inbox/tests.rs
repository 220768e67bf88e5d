mod backlog;
mod slow;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use proptest::prelude::*;

use super::*;
use crate::hub::batch::{BATCH_EVENTS, BATCH_STRINGS, BATCH_TEXT, EVENT_COST, INLINE};
use crate::hub::record::{Field, Kind};
use crate::hub::testing::{CountingWake, bare, events_of, take_all};

/// An inbox whose application takes no time: flows are bounded by bytes alone.
fn inbox() -> (Inbox, CountingWake) {
    let (inbox, wake) = busy_inbox();
    inbox.lock().unit_time = 1;
    (inbox, wake)
}

/// An inbox whose application takes [`UNIT_TIME`] for an event.
fn busy_inbox() -> (Inbox, CountingWake) {
    let wake = CountingWake::default();
    (Inbox::new(Box::new(wake.clone())), wake)
}

/// Events of that time which are the quota of a connection.
const QUOTA: usize = (QUOTA_TIME / UNIT_TIME) as usize;

fn payload(slot: u32, text: &str) -> impl FnOnce(&mut Batch) -> Record {
    move |batch| Record {
        payload: batch.put(text),
        ..Record::new(Kind::Message, slot)
    }
}

/// A reader's waker.
#[derive(Default)]
struct Reader(AtomicUsize);

impl futures::task::ArcWake for Reader {
    fn wake_by_ref(reader: &Arc<Self>) {
        reader.0.fetch_add(1, SeqCst);
    }
}

impl Reader {
    fn poll_room(self: &Arc<Self>, inbox: &Inbox, flow: &mut Flow) -> Poll<()> {
        let waker = futures::task::waker(Arc::clone(self));
        inbox.poll_room(flow, &Context::from_waker(&waker))
    }

    fn wakes(&self) -> usize {
        self.0.load(SeqCst)
    }
}

#[test]
fn a_record_is_eight_integers() {
    let record = Record {
        interned: 3,
        name: Field::NONE,
        id: Field::inline(4),
        payload: Field::string(5),
        error: Field::NONE,
        number: 0x1_ffff_fff0,
        ..Record::new(Kind::Response, 2)
    };
    let mut words = [99; Record::WORDS + 1];
    record.write(&mut words);
    assert_eq!(words, [3, 2, 3, -1, 4, -7, -1, -16, 99]);
}

#[test]
fn nothing_is_taken_from_an_empty_inbox_and_nobody_woken() {
    let (inbox, wake) = inbox();
    inbox.end_turn();
    assert!(inbox.take_any(&mut Batch::default()).is_none());
    assert_eq!(wake.count(), 0);
}

#[test]
fn one_wake_serves_a_turn_and_the_next_comes_after_a_take() {
    let (inbox, wake) = inbox();
    inbox.announce(bare(0));
    inbox.announce(bare(1));
    assert_eq!(wake.count(), 0, "not before the end of the turn");
    inbox.end_turn();
    inbox.announce(bare(2));
    inbox.end_turn();
    assert_eq!(wake.count(), 1, "a wake is on its way already");
    assert_eq!(take_all(&inbox).len(), 3);

    inbox.end_turn();
    assert_eq!(wake.count(), 1);
    inbox.announce(bare(3));
    inbox.end_turn();
    assert_eq!(wake.count(), 2);
}

#[test]
fn a_full_batch_wakes_at_once_and_whoever_takes_it_learns_that_more_waits() {
    let (inbox, wake) = inbox();
    for slot in 0..=2 * BATCH_EVENTS as u32 {
        inbox.announce(bare(slot));
    }
    assert_eq!(wake.count(), 1);
    let mut batch = Batch::default();
    let mut slots = Vec::new();
    for more in [true, false] {
        let taken = Taken { any: true, more };
        assert_eq!(inbox.take(Lane::Sparse, &mut batch), taken);
        slots.extend(batch.records.iter().map(|record| record.slot));
    }
    let nothing = Taken {
        any: false,
        more: false,
    };
    assert_eq!(inbox.take(Lane::Sparse, &mut batch), nothing);
    assert_eq!(wake.count(), 1, "no wake while it is known that more waits");
    inbox.end_turn();
    assert_eq!(wake.count(), 2, "the rest is due at the end of the turn");
    assert!(inbox.take(Lane::Sparse, &mut batch).any);
    slots.extend(batch.records.iter().map(|record| record.slot));
    assert!(slots.into_iter().eq(0..=2 * BATCH_EVENTS as u32));
}

#[test]
fn a_connection_above_its_share_waits_and_then_has_the_other_queue() {
    let (inbox, _) = busy_inbox();
    let mut flow = Flow::default();
    let full = (0..QUOTA).position(|_| inbox.push(&mut flow, bare(1)));
    // Their bytes count as work too, a little.
    assert!(full.is_some_and(|full| full > QUOTA * 9 / 10));
    let reader = Arc::new(Reader::default());
    assert!(reader.poll_room(&inbox, &mut flow).is_pending());
    let mut batch = Batch::default();
    assert!(inbox.take(Lane::Sparse, &mut batch).any);
    assert_eq!(
        reader.wakes(),
        0,
        "it changes its queue when all of it is handled"
    );
    inbox.mark_handled(Handled::all(Lane::Sparse));
    assert_eq!(reader.wakes(), 1);
    assert!(reader.poll_room(&inbox, &mut flow).is_ready());

    inbox.push(&mut flow, bare(1));
    inbox.push(&mut Flow::default(), bare(2));
    inbox.end_turn();
    let mut slots = Vec::new();
    for lane in LANES {
        assert!(inbox.take(lane, &mut batch).any);
        slots.extend(batch.records.iter().map(|record| record.slot));
    }
    assert_eq!(slots, [2, 1], "the one without a backlog is served first");
}

#[test]
fn a_connection_that_has_caught_up_comes_back_when_all_of_it_is_handled() {
    let (inbox, _) = busy_inbox();
    let mut flow = Flow::default();
    let mut batch = Batch::default();
    let mut push_and_take = |flow: &mut Flow, lane: Lane| {
        inbox.push(flow, bare(1));
        inbox.end_turn();
        inbox.take(lane, &mut batch).any
    };
    flow.is_backlogged = true;
    assert!(push_and_take(&mut flow, Lane::Backlogged));
    flow.caught_up();
    assert!(
        push_and_take(&mut flow, Lane::Backlogged),
        "its order is kept"
    );
    inbox.mark_handled(Handled::all(Lane::Backlogged));
    assert!(push_and_take(&mut flow, Lane::Sparse));
}

#[test]
fn clients_before_their_handshake_are_served_behind_those_whose_handshake_is_resolved() {
    let (inbox, _) = busy_inbox();
    let mut flow = Flow::before_handshake();
    inbox.push(&mut flow, bare(1));
    inbox.announce_unknown(bare(2));
    inbox.push(&mut Flow::default(), bare(3));
    flow.accept();
    inbox.push(&mut flow, bare(4));
    inbox.end_turn();
    let mut batch = Batch::default();
    let mut slots = Vec::new();
    for lane in LANES {
        assert!(inbox.take(lane, &mut batch).any);
        slots.extend(batch.records.iter().map(|record| record.slot));
        inbox.mark_handled(Handled::all(lane));
    }
    assert_eq!(slots, [3, 1, 2, 4], "what it sends keeps its order");
    inbox.push(&mut flow, bare(5));
    inbox.end_turn();
    assert!(inbox.take(Lane::Sparse, &mut batch).any);
}

#[test]
fn quotas_follow_the_time_that_the_application_takes() {
    let (inbox, _) = busy_inbox();
    let mut batch = Batch::default();
    for _ in 0..64 {
        inbox.announce(bare(0));
        inbox.take_any(&mut batch);
        inbox.mark_handled(Handled {
            time: Duration::from_micros(100),
            ..Handled::all(Lane::Sparse)
        });
    }
    let mut flow = Flow::default();
    let full = (0..QUOTA).position(|_| inbox.push(&mut flow, bare(1)));
    assert!(full.is_some_and(|full| full < QUOTA / 8), "{full:?}");
}

#[test]
fn many_connections_have_smaller_shares_and_each_may_send_two_events() {
    let (inbox, _) = busy_inbox();
    for slot in 0..10_000 {
        assert!(!inbox.push(&mut Flow::default(), bare(slot)));
    }
    let mut flow = Flow::default();
    assert!(!inbox.push(&mut flow, bare(1)));
    assert!(inbox.push(&mut flow, bare(1)));
}

#[test]
fn the_one_that_waits_longest_for_room_goes_on_first() {
    let (inbox, _) = inbox();
    let mut flows = [Flow::default(), Flow::default()];
    let reader = Arc::new(Reader::default());
    let large = "é".repeat(CONNECTION_MARK);
    let mut wait_numbers = Vec::new();
    for _ in 0..2 {
        for flow in &mut flows {
            assert!(inbox.push(flow, payload(0, &large)));
            assert!(reader.poll_room(&inbox, flow).is_pending());
            wait_numbers.push(flow.wait_number);
        }
        take_all(&inbox);
        for flow in &mut flows {
            assert!(reader.poll_room(&inbox, flow).is_ready());
        }
    }
    assert!(wait_numbers.is_sorted());
}

#[test]
fn a_fence_is_passed_when_all_before_it_is_handled() {
    let (inbox, wake) = inbox();
    assert!(inbox.is_past(&inbox.fence()), "nothing was there");
    inbox.push(&mut Flow::default(), bare(0));
    let mut backlogged = Flow {
        is_backlogged: true,
        ..Flow::default()
    };
    inbox.push(&mut backlogged, bare(1));
    let fence = inbox.fence();
    assert_eq!(wake.count(), 1, "it would not be handled otherwise");
    let mut batch = Batch::default();
    for lane in LANES {
        assert!(inbox.take(lane, &mut batch).any);
        inbox.push(&mut Flow::default(), bare(2));
        assert!(!inbox.is_past(&fence));
        inbox.mark_handled(Handled::all(lane));
    }
    assert!(inbox.is_past(&fence), "what came later does not count");
}

#[test]
fn events_that_wait_are_bounded_in_number() {
    let (inbox, _) = inbox();
    let full = (0..TOTAL_EVENTS).position(|_| inbox.push(&mut Flow::default(), bare(0)));
    assert_eq!(full, Some(TOTAL_EVENTS - 1));
    let mut batch = Batch::default();
    while inbox.is_crowded() {
        assert!(inbox.lock().waiting_events > TOTAL_EVENTS_LOW);
        assert!(inbox.take_any(&mut batch).is_some());
    }
    assert_eq!(inbox.lock().waiting_events, TOTAL_EVENTS_LOW);
}

#[test]
fn a_batch_is_sealed_by_events_by_text_and_by_strings() {
    let string = format!("é{}", "x".repeat(BATCH_STRINGS / 2));
    let text = "x".repeat(BATCH_TEXT / 64);
    for (part, events) in [("", BATCH_EVENTS), (&*text, 64), (&*string, 2)] {
        let (inbox, wake) = inbox();
        for _ in 1..events {
            inbox.announce(payload(0, part));
        }
        assert_eq!(wake.count(), 0);
        inbox.announce(payload(0, part));
        assert_eq!(wake.count(), 1, "sealed by event {events}");
        inbox.announce(payload(1, part));
        let mut batch = Batch::default();
        assert!(inbox.take_any(&mut batch).is_some());
        assert_eq!(batch.records.len(), events);
        assert!(inbox.take_any(&mut batch).is_some());
        assert_eq!(batch.records.len(), 1);
    }
}

#[test]
fn a_batch_given_back_is_emptied() {
    let (inbox, _) = inbox();
    inbox.announce(payload(0, "x"));
    let mut batch = Batch::default();
    batch.put("old");
    batch.put_apart("old");
    batch.push(Record::new(Kind::Message, 9));
    assert!(inbox.take_any(&mut batch).is_some());
    assert_eq!(events_of(&batch).len(), 1);
    assert_eq!(batch.strings.count(), 0);
}

#[derive(Debug, Clone)]
enum Step {
    /// Of a connection, with a payload of this length, ASCII or not.
    Push(usize, usize, bool),
    EndTurn,
    Take,
    Handle,
    Poll(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let length = prop_oneof![
        8 => 0_usize..100,
        2 => INLINE - 5..INLINE + 5,
        1 => 100_000_usize..800_000,
    ];
    prop_oneof![
        12 => (0_usize..3, length, any::<bool>()).prop_map(|(c, l, ascii)| Step::Push(c, l, ascii)),
        2 => Just(Step::EndTurn),
        2 => Just(Step::Take),
        1 => Just(Step::Handle),
        2 => (0_usize..3).prop_map(Step::Poll),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The model: one queue of the events of each connection. In the end all is taken, each connection's
    /// in order, nobody is left waiting, and whoever had something to take knew of it or had been woken.
    #[test]
    fn events_are_taken_in_order_and_everyone_is_woken(
        steps in prop::collection::vec(step(), 1..300),
    ) {
        let (inbox, wake) = busy_inbox();
        inbox.lock().unit_time = 100_000;
        let readers: Vec<_> = (0..3).map(|_| Arc::new(Reader::default())).collect();
        let mut flows: Vec<Flow> = (0..3).map(|_| Flow::default()).collect();
        let mut model: [VecDeque<usize>; 3] = Default::default();
        let mut more = false;
        let mut asleep: Vec<(usize, usize)> = Vec::new();
        let mut answered = 0;
        let mut batch = Batch::default();
        for step in steps {
            match step {
                Step::Push(connection, length, ascii) => {
                    let text = if ascii { "x" } else { "é" }.repeat(length);
                    model[connection].push_back(text.len());
                    inbox.push(&mut flows[connection], payload(connection as u32, &text));
                }
                Step::EndTurn => {
                    inbox.end_turn();
                    let waits = model.iter().any(|queue| !queue.is_empty());
                    prop_assert!(!waits || more || wake.count() > answered);
                }
                Step::Take => {
                    answered = wake.count();
                    for lane in LANES {
                        let taken = inbox.take(lane, &mut batch);
                        more = taken.more;
                        for event in events_of(&batch) {
                            let length = event.payload.map_or(0, |payload| payload.len());
                            let expected = model[event.slot as usize].pop_front();
                            prop_assert_eq!(Some(length), expected);
                        }
                    }
                }
                Step::Handle => {
                    inbox.mark_all_handled();
                }
                Step::Poll(connection) => {
                    let reader = &readers[connection];
                    if reader.poll_room(&inbox, &mut flows[connection]).is_pending() {
                        asleep.push((connection, reader.wakes()));
                    }
                }
            }
            let lengths = model.iter().flatten();
            let cost: usize = lengths.map(|length| length + EVENT_COST).sum();
            prop_assert_eq!(inbox.waiting(), cost);
        }
        take_all(&inbox);
        prop_assert_eq!(inbox.waiting(), 0);
        for (connection, wakes) in asleep {
            prop_assert!(readers[connection].wakes() > wakes, "a reader sleeps for ever");
        }
        for (reader, flow) in readers.iter().zip(&mut flows) {
            prop_assert!(reader.poll_room(&inbox, flow).is_ready());
            prop_assert!(inbox.is_handled(flow));
        }
    }
}
