use std::sync::Arc;

use proptest::prelude::*;

use super::*;

const EPOCH: u64 = 77;

fn ring(messages: u64) -> Ring {
    let mut ring = Ring::new(EPOCH);
    for number in 0..messages {
        push(&mut ring, number, 10);
    }
    ring
}

fn push(ring: &mut Ring, number: u64, bytes: usize) -> Position {
    let tag = tag(number);
    let position = ring.next(tag);
    ring.push(Arc::from(vec![b'x'; bytes]), bytes, tag, number);
    assert_eq!(ring.position(), position);
    position
}

fn tag(number: u64) -> u16 {
    (number * 7919 + 13) as u16
}

#[test]
fn a_kept_message_costs_its_frame_and_32_bytes() {
    assert_eq!(size_of::<Kept>(), 32);
    let mut ring = Ring::new(EPOCH);
    for number in 0..1000 {
        push(&mut ring, number, 100);
    }
    assert_eq!(ring.bytes(), 1000 * (100 + SHARED_HEADER + 32));
    assert!(ring.kept.capacity() <= 1000 + 1000 / 8 + 4);
}

#[test]
fn offsets_go_on_when_messages_are_given_up() {
    let mut ring = ring(5);
    assert_eq!(ring.position().offset, 5);
    ring.trim(2, 0);
    assert_eq!((ring.len(), ring.position().offset), (2, 5));
    ring.trim(9, 100);
    assert_eq!((ring.len(), ring.position().offset), (0, 5));
    assert_eq!(ring.position().tag, tag(4));
    assert_eq!(ring.bytes(), 0);
    assert_eq!(push(&mut ring, 5, 1).offset, 6);
    assert!(!ring.is_whole());
}

#[test]
fn messages_behind_a_known_position_are_found() {
    let mut ring = ring(5);
    let middle = ring.position_at(3);
    let start = Ring::new(EPOCH).position();
    assert_eq!(ring.behind(&middle), Some(3..));
    assert_eq!(ring.behind(&ring.position()), Some(5..));
    assert_eq!(ring.behind(&start), Some(0..));
    assert_eq!(ring.get(3..).count(), 2);
    // The message of the position itself need not be kept.
    ring.trim(2, 0);
    assert_eq!(ring.behind(&middle), Some(0..));
    ring.trim(1, 0);
    assert_eq!(ring.behind(&middle), None);
    assert_eq!(ring.behind(&start), None);
    // Nothing has come since, however little is kept.
    ring.trim(0, 0);
    assert_eq!(ring.behind(&ring.position()), Some(0..));
}

#[test]
fn positions_that_are_not_of_this_ring_are_refused() {
    let ring = ring(5);
    let known = ring.position_at(3);
    let forged = [
        Position {
            epoch: EPOCH + 1,
            ..known
        },
        Position { epoch: 0, ..known },
        Position {
            offset: 6,
            ..ring.position()
        },
        Position {
            offset: u64::MAX,
            ..known
        },
        Position { offset: 4, ..known },
        Position { offset: 0, ..known },
        Position {
            tag: known.tag ^ 1,
            ..known
        },
    ];
    for position in forged {
        assert_eq!(ring.behind(&position), None, "{position}");
    }
}

#[test]
fn what_is_too_much_does_not_fit() {
    let ring = ring(5);
    assert!(ring.fits(&(2..), 3, 30));
    assert!(!ring.fits(&(2..), 2, 30));
    assert!(!ring.fits(&(2..), 3, 29));
    assert!(ring.fits(&(5..), 0, 0));
}

#[test]
fn the_last_messages_are_those_that_fit() {
    let mut ring = ring(3);
    push(&mut ring, 3, 100);
    assert_eq!(ring.last(2, 1000), 2..);
    assert_eq!(ring.last(9, 1000), 0..);
    assert_eq!(ring.last(9, 110), 2..);
    assert_eq!(ring.last(9, 99), 4..);
    assert_eq!(ring.last(0, 1000), 4..);
}

proptest! {
    /// Whatever is given up meanwhile, messages behind a position are all of them or none.
    #[test]
    fn what_is_found_is_complete(
        steps in prop::collection::vec((0..4_u8, 0..40_u64), 1..200),
        seen in 0..100_usize,
    ) {
        let mut ring = Ring::new(EPOCH);
        let mut positions = vec![ring.position()];
        for (step, number) in steps {
            match step {
                0 => ring.trim(number as usize, 0),
                1 => drop(ring.drop_oldest()),
                _ => positions.push(push(&mut ring, positions.len() as u64, 1)),
            }
        }
        let seen = seen % positions.len();
        if let Some(range) = ring.behind(&positions[seen]) {
            prop_assert_eq!(ring.get(range).count(), positions.len() - 1 - seen);
        } else {
            prop_assert!(ring.len() < positions.len() - 1 - seen);
        }
    }
}
