mod discarding;

use std::io::ErrorKind;

use proptest::prelude::*;

use super::writing::{KEEP_CAPACITY, MAX_SLICES};
use super::*;
use crate::codec::{self, Opcode};
use crate::hub::testing::{FakeLink, frames};

fn outbound(link: &FakeLink) -> Outbound {
    Outbound::new(Box::new(link.clone()))
}

fn push(outbound: &mut Outbound, bytes: &[u8]) {
    outbound.push_with(|out| out.extend_from_slice(bytes));
}

fn shared(length: usize, fill: u8) -> SharedFrame {
    vec![fill; length].into()
}

/// A text frame with `length` bytes of payload.
fn frame(length: usize, fill: u8) -> Vec<u8> {
    let mut out = Vec::new();
    codec::push_frame(&mut out, Opcode::Text, &vec![fill; length]);
    out
}

impl Outbound {
    fn front_capacity(&self) -> usize {
        match &self.front {
            Chunk::Owned(bytes) => bytes.capacity(),
            whole => whole.bytes().len(),
        }
    }
}

#[test]
fn owned_and_shared_frames_leave_in_the_order_they_were_queued() {
    let link = FakeLink::open();
    let mut outbound = outbound(&link);
    let large = COPY_UP_TO + 1;
    push(&mut outbound, b"first");
    outbound.push_shared(&shared(COPY_UP_TO, b's'));
    outbound.push_shared(&shared(large, b'S'));
    push(&mut outbound, b"between");
    outbound.push_shared(&shared(large, b'T'));
    push(&mut outbound, b"last");
    let expected = [
        b"first".to_vec(),
        vec![b's'; COPY_UP_TO],
        vec![b'S'; large],
        b"between".to_vec(),
        vec![b'T'; large],
        b"last".to_vec(),
    ]
    .concat();
    assert_eq!(outbound.pending(), expected.len());
    assert_eq!(outbound.flush(), Flush::Drained);
    assert_eq!(link.bytes(), expected);
    assert_eq!(link.writes(), [5], "one vectored write");
}

#[test]
fn a_shared_frame_is_shared_only_above_the_size_that_is_copied() {
    let link = FakeLink::open();
    let mut outbound = outbound(&link);
    let small = shared(COPY_UP_TO, 1);
    let large = shared(COPY_UP_TO + 1, 2);
    outbound.push_shared(&small);
    outbound.push_shared(&large);
    assert_eq!(Arc::strong_count(&small), 1);
    assert_eq!(Arc::strong_count(&large), 2);
    outbound.flush();
    assert_eq!(Arc::strong_count(&large), 1, "given back once written");
}

#[test]
fn every_size_of_partial_write_loses_and_repeats_nothing() {
    let parts = [frame(3, b'a'), frame(700, b'b'), frame(0, b'c')];
    let all = parts.concat();
    for size in 1..=all.len() {
        let link = FakeLink::open();
        link.set_at_most(size);
        let mut outbound = outbound(&link);
        push(&mut outbound, &parts[0]);
        outbound.push_shared(&parts[1].clone().into());
        push(&mut outbound, &parts[2]);
        assert_eq!(outbound.flush(), Flush::Drained);
        assert_eq!(link.bytes(), all, "{size} bytes a write");
        assert_eq!(outbound.written(), all.len() as u64);
        assert_eq!(outbound.pending(), 0);
    }
}

#[test]
fn a_blocked_stream_is_left_alone_until_it_is_writable() {
    let link = FakeLink::with_room(4);
    let mut outbound = outbound(&link);
    push(&mut outbound, b"0123456789");
    assert!(outbound.schedule());
    assert!(!outbound.schedule(), "somebody has promised to flush");
    assert_eq!(outbound.flush(), Flush::Blocked);
    assert!(outbound.is_blocked());
    assert_eq!(
        (outbound.written(), outbound.pending(), outbound.queued()),
        (4, 6, 10)
    );

    link.set_room(usize::MAX);
    let writes = link.writes().len();
    assert!(!outbound.schedule(), "the stream is waited on");
    assert_eq!(outbound.flush(), Flush::Blocked);
    assert_eq!(link.writes().len(), writes, "no system call in vain");

    outbound.unblock();
    assert_eq!(outbound.flush(), Flush::Drained);
    assert_eq!(link.bytes(), b"0123456789");
    push(&mut outbound, b"!");
    assert!(outbound.schedule());
}

#[test]
fn an_interrupted_write_is_tried_again() {
    let link = FakeLink::open();
    link.fail_next(ErrorKind::Interrupted);
    link.fail_next(ErrorKind::Interrupted);
    let mut outbound = outbound(&link);
    push(&mut outbound, b"x");
    assert_eq!(outbound.flush(), Flush::Drained);
    assert_eq!(link.bytes(), b"x");
}

#[test]
fn a_broken_stream_is_reported_and_its_bytes_are_not_counted_as_written() {
    for kind in [
        ErrorKind::BrokenPipe,
        ErrorKind::ConnectionReset,
        ErrorKind::TimedOut,
    ] {
        let link = FakeLink::open();
        link.fail_next(kind);
        let mut outbound = outbound(&link);
        push(&mut outbound, b"x");
        assert_eq!(outbound.flush(), Flush::Broken);
        assert_eq!((outbound.written(), outbound.pending()), (0, 1));
    }
}

#[test]
fn a_stream_that_takes_nothing_is_broken() {
    struct Full;
    impl Link for Full {
        fn try_write(&self, _: &[IoSlice<'_>]) -> io::Result<usize> {
            Ok(0)
        }
    }
    let mut outbound = Outbound::new(Box::new(Full));
    push(&mut outbound, b"x");
    assert_eq!(outbound.flush(), Flush::Broken);
}

#[test]
fn an_empty_queue_makes_no_system_call() {
    let link = FakeLink::open();
    assert_eq!(outbound(&link).flush(), Flush::Drained);
    assert!(link.writes().is_empty());
}

#[test]
fn no_write_is_handed_more_slices_than_the_limit() {
    let link = FakeLink::open();
    let mut outbound = outbound(&link);
    let count = 2 * MAX_SLICES + 1;
    for _ in 0..count {
        outbound.push_shared(&shared(COPY_UP_TO + 1, b'x'));
    }
    assert_eq!(outbound.flush(), Flush::Drained);
    assert_eq!(link.bytes().len(), count * (COPY_UP_TO + 1));
    assert_eq!(link.writes(), [MAX_SLICES, MAX_SLICES, 1]);
}

#[test]
fn unlinking_drops_the_stream_and_all_that_waits() {
    let link = FakeLink::with_room(0);
    let frame = shared(COPY_UP_TO + 1, b'x');
    let mut outbound = outbound(&link);
    outbound.push_shared(&frame);
    outbound.flush();
    outbound.unlink();
    assert!(!outbound.is_linked());
    assert_eq!(outbound.pending(), 0);
    assert_eq!(Arc::strong_count(&frame), 1);
}

#[test]
fn a_drained_queue_gives_its_memory_back() {
    let link = FakeLink::open();
    let mut outbound = outbound(&link);
    for _ in 0..1000 {
        outbound.push_shared(&shared(COPY_UP_TO + 1, b'x'));
    }
    push(&mut outbound, &vec![b'y'; 10 * KEEP_CAPACITY]);
    assert_eq!(outbound.flush(), Flush::Drained);
    assert!(outbound.front_capacity() <= KEEP_CAPACITY);
    assert!(outbound.rest.is_none());
}

/// The last chunk is small enough to be kept; the list of those before it is not.
#[test]
fn a_queue_drained_to_a_small_chunk_gives_its_list_back() {
    let link = FakeLink::open();
    let mut outbound = outbound(&link);
    for _ in 0..1000 {
        outbound.push_shared(&shared(COPY_UP_TO + 1, b'x'));
    }
    push(&mut outbound, b"small");
    assert_eq!(outbound.flush(), Flush::Drained);
    assert!(outbound.rest.is_none());
}

#[test]
fn a_small_buffer_is_kept_for_the_next_message() {
    let link = FakeLink::open();
    let mut outbound = outbound(&link);
    for _ in 0..2 {
        push(&mut outbound, &[b'x'; 100]);
        outbound.flush();
    }
    assert!(outbound.front_capacity() >= 100);
}

#[test]
fn the_buffer_of_the_first_message_is_not_kept() {
    let link = FakeLink::open();
    let mut outbound = outbound(&link);
    push(&mut outbound, &[b'x'; 100]);
    outbound.flush();
    assert_eq!(outbound.front_capacity(), 0);
}

#[test]
fn a_lone_shared_frame_needs_no_list() {
    let link = FakeLink::open();
    let mut outbound = outbound(&link);
    outbound.push_shared(&shared(COPY_UP_TO + 1, b'x'));
    assert!(outbound.rest.is_none());
    push(&mut outbound, b"small");
    outbound.push_shared(&shared(COPY_UP_TO + 1, b'y'));
    outbound.flush();
    let parts = [
        vec![b'x'; COPY_UP_TO + 1],
        b"small".to_vec(),
        vec![b'y'; COPY_UP_TO + 1],
    ];
    assert_eq!(link.bytes(), parts.concat());
}

#[test]
fn a_frame_may_leave_without_being_queued() {
    let link = FakeLink::open();
    let mut outbound = outbound(&link);
    assert!(outbound.is_idle());
    assert_eq!(
        outbound.write_through(b"12", &[b"34", b"", b"5"]),
        Flush::Drained
    );
    assert_eq!(link.bytes(), b"12345");
    assert_eq!(link.writes().len(), 1);
    assert_eq!((outbound.written(), outbound.queued()), (5, 5));
    assert!(outbound.is_idle());
    assert_eq!(outbound.front_capacity(), 0);
}

#[test]
fn what_the_kernel_does_not_take_of_it_is_queued_from_where_it_was_cut() {
    for room in 0..12 {
        let link = FakeLink::with_room(room);
        let mut outbound = outbound(&link);
        let [first, second] = [frame(10, 1), frame(10, 2)];
        let (header, payload) = first.split_at(2);
        let parts = payload.split_at(4);
        assert_eq!(
            outbound.write_through(header, &[parts.0, parts.1]),
            Flush::Blocked
        );
        assert!(!outbound.is_idle());
        assert_eq!(
            (outbound.written(), outbound.pending()),
            (room as u64, 12 - room)
        );
        push(&mut outbound, &second);
        // Of what is discarded the frame that has begun to leave is left out.
        outbound.discard();
        push(&mut outbound, &second);
        link.set_room(usize::MAX);
        outbound.unblock();
        assert_eq!(outbound.flush(), Flush::Drained);
        let begun: &[u8] = if room == 0 { &[] } else { &first };
        assert_eq!(link.bytes(), [begun, &second].concat(), "{room}");
    }
}

#[test]
fn an_error_of_it_is_told_as_one_of_a_flush() {
    let link = FakeLink::open();
    link.fail_next(ErrorKind::Interrupted);
    let mut outbound = outbound(&link);
    assert_eq!(outbound.write_through(b"1", &[b"2"]), Flush::Drained);
    assert_eq!(link.bytes(), b"12");
    link.fail_next(ErrorKind::ConnectionReset);
    link.fail_next(ErrorKind::ConnectionReset);
    assert_eq!(outbound.write_through(b"1", &[b"2"]), Flush::Broken);
    outbound.unlink();
    assert_eq!(outbound.write_through(b"1", &[b"2"]), Flush::Broken);
}

#[derive(Debug, Clone)]
enum Step {
    Push(usize),
    /// Written at once where nothing waits.
    Write(usize),
    Shared(usize),
    Flush(usize),
    Unblock,
}

fn step() -> impl Strategy<Value = Step> {
    let size = || prop_oneof![0_usize..40, 400_usize..700, Just(CHUNK - 1), Just(CHUNK)];
    prop_oneof![
        3 => size().prop_map(Step::Push),
        2 => size().prop_map(Step::Write),
        2 => size().prop_map(Step::Shared),
        3 => prop_oneof![0_usize..50, 0_usize..2000, Just(usize::MAX)].prop_map(Step::Flush),
        2 => Just(Step::Unblock),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// The model: all bytes ever queued, of which a prefix is written.
    #[test]
    fn what_is_written_is_always_a_prefix_of_what_was_queued(
        steps in prop::collection::vec(step(), 1..40),
        at_most in 1_usize..100_000,
    ) {
        let link = FakeLink::with_room(0);
        link.set_at_most(at_most);
        let mut outbound = outbound(&link);
        let mut all = Vec::new();
        let mut fill = 0_u8;
        for step in steps {
            fill = fill.wrapping_add(1);
            match step {
                Step::Push(length) => {
                    let bytes = vec![fill; length];
                    all.extend_from_slice(&bytes);
                    push(&mut outbound, &bytes);
                }
                Step::Write(length) => {
                    let bytes = vec![fill; length];
                    all.extend_from_slice(&bytes);
                    if outbound.is_idle() {
                        let (header, rest) = bytes.split_at(length / 3);
                        outbound.write_through(header, &[rest]);
                    } else {
                        push(&mut outbound, &bytes);
                    }
                }
                Step::Shared(length) => {
                    all.extend_from_slice(&vec![fill; length]);
                    outbound.push_shared(&shared(length, fill));
                }
                Step::Flush(room) => {
                    link.set_room(room);
                    let blocked = outbound.is_blocked();
                    let result = outbound.flush();
                    let expected = if blocked || outbound.pending() > 0 {
                        Flush::Blocked
                    } else {
                        Flush::Drained
                    };
                    prop_assert_eq!(result, expected);
                    prop_assert_eq!(outbound.is_blocked(), expected == Flush::Blocked);
                }
                Step::Unblock => outbound.unblock(),
            }
            let written = link.bytes();
            prop_assert!(all.starts_with(&written));
            prop_assert_eq!(outbound.written(), written.len() as u64);
            prop_assert_eq!(outbound.pending(), all.len() - written.len());
            prop_assert_eq!(outbound.queued(), all.len() as u64);
        }
        link.set_room(usize::MAX);
        outbound.unblock();
        prop_assert_eq!(outbound.flush(), Flush::Drained);
        prop_assert!(link.bytes() == all);
    }
}
