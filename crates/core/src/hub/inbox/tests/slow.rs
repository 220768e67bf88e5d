//! An application that takes further batches before it has handled one, because its events take long.

use super::*;

/// Adds an event to a queue and takes the batch that it is in.
fn take(inbox: &Inbox, lane: Lane) {
    match lane {
        Lane::Sparse => inbox.announce(bare(0)),
        Lane::Backlogged => inbox.announce_unknown(bare(0)),
    }
    inbox.end_turn();
    assert!(inbox.take(lane, &mut Batch::default()).any);
}

fn handle_all_but(inbox: &Inbox, lane: Lane, left: usize) {
    inbox.mark_handled(Handled {
        left,
        ..Handled::all(lane)
    });
}

#[test]
fn nobody_may_have_more_than_two_events_waiting() {
    let (inbox, _) = busy_inbox();
    let has_room = || {
        let mut flow = Flow::default();
        assert!(!inbox.push(&mut flow, bare(1)), "the first never waits");
        !inbox.push(&mut flow, bare(1))
    };
    take(&inbox, Lane::Sparse);
    assert!(has_room());
    take(&inbox, Lane::Sparse);
    assert!(!has_room());
    handle_all_but(&inbox, Lane::Sparse, 1);
    assert!(has_room());
}

#[test]
fn readers_go_on_when_their_events_are_handled() {
    let (inbox, _) = busy_inbox();
    for _ in 0..2 {
        take(&inbox, Lane::Backlogged);
    }
    let mut flow = Flow {
        is_backlogged: true,
        ..Flow::default()
    };
    inbox.push(&mut flow, bare(1));
    assert!(inbox.push(&mut flow, bare(1)));
    let reader = Arc::new(Reader::default());
    assert!(reader.poll_room(&inbox, &mut flow).is_pending());
    take(&inbox, Lane::Backlogged);
    assert!(reader.poll_room(&inbox, &mut flow).is_pending(), "taken");
    handle_all_but(&inbox, Lane::Backlogged, 2);
    assert_eq!(reader.wakes(), 0);
    handle_all_but(&inbox, Lane::Backlogged, 0);
    assert_eq!(reader.wakes(), 1);
    assert!(reader.poll_room(&inbox, &mut flow).is_ready());
}

#[test]
fn batches_that_are_left_hold_back_fences_and_changes_of_the_queue() {
    let (inbox, _) = busy_inbox();
    let mut flows = [Flow::default(), Flow::default()];
    let fences = flows.each_mut().map(|flow| {
        inbox.push(flow, bare(1));
        inbox.end_turn();
        assert!(inbox.take(Lane::Sparse, &mut Batch::default()).any);
        inbox.fence()
    });
    for (left, handled) in [(2, [false; 2]), (1, [true, false]), (0, [true; 2])] {
        handle_all_but(&inbox, Lane::Sparse, left);
        assert_eq!(flows.each_ref().map(|flow| inbox.is_handled(flow)), handled);
        assert_eq!(fences.map(|fence| inbox.is_past(&fence)), handled);
    }
}
