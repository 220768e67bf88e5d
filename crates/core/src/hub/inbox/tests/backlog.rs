//! Backlogs: when connections and all together are full, who resumes, and when the io thread rests.

use super::*;

#[test]
fn one_connection_is_full_at_its_mark() {
    let (inbox, _) = inbox();
    let mut flow = Flow::default();
    let text = "x".repeat(INLINE);
    let cost = INLINE + EVENT_COST;
    let events = CONNECTION_MARK.div_ceil(cost);
    for _ in 1..events {
        assert!(!inbox.push(&mut flow, payload(0, &text)));
    }
    assert!(inbox.push(&mut flow, payload(0, &text)));
    assert_eq!(inbox.waiting(), events * cost);
    assert!(!inbox.push(&mut Flow::default(), payload(1, &text)));
}

#[test]
fn tiny_events_count_by_their_fixed_cost() {
    let (inbox, _) = inbox();
    let mut flow = Flow::default();
    let events = CONNECTION_MARK / EVENT_COST;
    let full = (0..events).position(|_| inbox.push(&mut flow, bare(0)));
    assert_eq!(full, Some(events - 1));
}

#[test]
fn all_together_are_full_at_the_total_mark() {
    let (inbox, _) = inbox();
    let string = "é".repeat(CONNECTION_MARK / 4);
    let mut count = 0;
    loop {
        count += 1;
        let full = inbox.push(&mut Flow::default(), payload(0, &string));
        assert_eq!(full, inbox.waiting() >= TOTAL_MARK);
        if full {
            break;
        }
    }
    assert_eq!(count, TOTAL_MARK.div_ceil(string.len() + EVENT_COST));
}

#[test]
fn a_share_begins_again_when_its_last_batch_is_taken() {
    let (inbox, _) = inbox();
    let mut flow = Flow::default();
    let half = "é".repeat(CONNECTION_MARK / 4);
    assert!(!inbox.push(&mut flow, payload(0, &half)));
    take_all(&inbox);
    assert!(!inbox.push(&mut flow, payload(0, &half)));
    assert!(inbox.push(&mut flow, payload(0, &half)));
}

#[test]
fn a_paused_reader_resumes_when_its_last_batch_is_taken() {
    let (inbox, wake) = inbox();
    let reader = Arc::new(Reader::default());
    let mut flow = Flow::default();
    let half = "é".repeat(CONNECTION_MARK / 4);
    // Two batches: each half is large enough to fill one with another string.
    assert!(!inbox.push(&mut flow, payload(0, &half)));
    assert!(inbox.push(&mut flow, payload(0, &half)));
    inbox.push(&mut flow, payload(0, "last"));
    let before = wake.count();
    assert!(reader.poll_room(&inbox, &mut flow).is_pending());
    assert!(wake.count() >= before.max(1), "the application is coming");

    let mut batch = Batch::default();
    assert!(inbox.take_any(&mut batch).is_some());
    assert_eq!(reader.wakes(), 0, "its last event is in the second batch");
    assert!(inbox.take_any(&mut batch).is_some());
    assert_eq!(reader.wakes(), 1);
    assert!(reader.poll_room(&inbox, &mut flow).is_ready());
}

#[test]
fn readers_paused_by_the_total_resume_at_the_low_mark_all_at_once() {
    let (inbox, _) = inbox();
    let string = "é".repeat(CONNECTION_MARK / 4);
    let readers: Vec<_> = (0..3).map(|_| Arc::new(Reader::default())).collect();
    let mut flows: Vec<Flow> = (0..3).map(|_| Flow::default()).collect();
    for flow in &mut flows {
        inbox.push(flow, payload(0, "x"));
    }
    while !inbox.push(&mut Flow::default(), payload(9, &string)) {}
    for (reader, flow) in readers.iter().zip(&mut flows) {
        assert!(reader.poll_room(&inbox, flow).is_pending());
    }
    let mut batch = Batch::default();
    assert!(inbox.take_any(&mut batch).is_some());
    let late = Arc::new(Reader::default());
    let polled = late.poll_room(&inbox, &mut flows[0]);
    assert!(
        polled.is_pending(),
        "its own events are taken, but others wait"
    );
    while inbox.waiting() > TOTAL_LOW {
        assert!(readers.iter().all(|reader| reader.wakes() == 0));
        assert!(inbox.take_any(&mut batch).is_some());
    }
    // The one that asked for the first reader's connection last is the one to wake.
    assert_eq!(late.wakes(), 1);
    assert!(readers[1..].iter().all(|reader| reader.wakes() == 1));
    for (reader, flow) in readers.iter().zip(&mut flows) {
        assert!(reader.poll_room(&inbox, flow).is_ready());
    }
}

#[test]
fn a_paused_reader_that_ends_is_forgotten_and_so_is_its_task() {
    let (inbox, _) = inbox();
    let mut flow = Flow::default();
    assert!(inbox.push(&mut flow, payload(0, &"é".repeat(CONNECTION_MARK))));
    let reader = Arc::new(Reader::default());
    assert!(reader.poll_room(&inbox, &mut flow).is_pending());
    assert!(Arc::strong_count(&reader) > 1);
    inbox.forget(&mut flow);
    assert_eq!((inbox.paused(), Arc::strong_count(&reader)), (0, 1));
    // The end of its connection is an event that it still reports.
    inbox.push(&mut flow, payload(0, ""));
    inbox.forget(&mut flow);
}

/// Its task is polled for other reasons too: for what is to be written, for one.
#[test]
fn a_paused_reader_that_asks_again_waits_once() {
    let (inbox, _) = inbox();
    let string = "é".repeat(CONNECTION_MARK);
    let mut flows = [Flow::default(), Flow::default()];
    for flow in &mut flows {
        assert!(inbox.push(flow, payload(0, &string)));
    }
    let [first, last] = [(); 2].map(|()| Arc::new(Reader::default()));
    for _ in 0..3 {
        assert!(first.poll_room(&inbox, &mut flows[0]).is_pending());
    }
    assert!(last.poll_room(&inbox, &mut flows[0]).is_pending());
    assert_eq!(inbox.paused(), 1);
    assert!(last.poll_room(&inbox, &mut flows[1]).is_pending());
    assert_eq!(inbox.paused(), 2);
    take_all(&inbox);
    assert_eq!((first.wakes(), last.wakes()), (0, 2));
    assert_eq!(inbox.paused(), 0);
}

#[test]
fn it_is_crowded_from_the_total_mark_to_the_low_mark() {
    let (inbox, _) = inbox();
    let string = "é".repeat(CONNECTION_MARK / 4);
    while !inbox.is_crowded() {
        inbox.push(&mut Flow::default(), payload(0, &string));
    }
    assert!(inbox.waiting() >= TOTAL_MARK);
    let mut batch = Batch::default();
    while inbox.waiting() > TOTAL_LOW {
        assert!(inbox.is_crowded());
        let small = inbox.push(&mut Flow::default(), bare(0));
        assert!(small, "whoever sends now has to wait");
        assert!(inbox.take_any(&mut batch).is_some());
    }
    assert!(!inbox.is_crowded());
    assert!(!inbox.push(&mut Flow::default(), bare(0)));
}

#[test]
fn events_are_handled_only_when_the_application_says_so() {
    let (inbox, _) = inbox();
    let mut flow = Flow::default();
    assert!(inbox.is_handled(&flow), "nothing to handle yet");
    inbox.push(&mut flow, bare(0));
    inbox.mark_all_handled();
    assert!(!inbox.is_handled(&flow), "not taken yet");
    let mut batch = Batch::default();
    inbox.take_any(&mut batch);
    assert!(!inbox.is_handled(&flow), "taken, but not handled");
    inbox.mark_all_handled();
    assert!(inbox.is_handled(&flow));
}

#[test]
fn the_io_thread_rests_only_while_the_application_has_enough_to_do() {
    let (inbox, _) = inbox();
    for slot in 1..REST_FROM as u32 {
        inbox.announce(bare(slot));
        assert!(!inbox.rest());
    }
    inbox.announce(bare(0));
    assert!(inbox.rest(), "enough waits");
    let mut batch = Batch::default();
    inbox.take_any(&mut batch);
    assert!(inbox.rest(), "enough is being handled");
    assert!(!inbox.mark_all_handled(), "nobody rests any more");
    assert!(!inbox.rest());
}

#[test]
fn large_events_are_enough_to_do_sooner() {
    let (inbox, _) = inbox();
    inbox.announce(payload(0, &"x".repeat(1024)));
    assert!(!inbox.rest());
    inbox.announce(payload(0, &"x".repeat(64 * 1024)));
    assert!(inbox.rest(), "enough waits");
    inbox.take_any(&mut Batch::default());
    assert!(inbox.rest(), "enough is being handled");
    inbox.mark_all_handled();
    assert!(!inbox.rest());
}

#[test]
fn handling_the_last_event_ends_a_rest() {
    let (inbox, _) = inbox();
    for slot in 0..REST_FROM as u32 {
        inbox.announce(bare(slot));
    }
    inbox.take_any(&mut Batch::default());
    // As a thread that rests has it.
    inbox.lock().resting.push(thread::current());
    assert!(inbox.mark_all_handled(), "there was a rest");
    assert!(inbox.lock().resting.is_empty());
    let begun = std::time::Instant::now();
    // Returns at once, since this thread has been told to go on.
    thread::park_timeout(Duration::from_mins(1));
    assert!(begun.elapsed() < Duration::from_secs(30));
}
