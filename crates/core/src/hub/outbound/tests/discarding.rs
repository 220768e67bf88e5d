//! Queues that are discarded behind a frame that is half written.

use super::*;

/// For every number of bytes that a peer may have taken: after a discard it gets the rest of the
/// frame that it has begun to get, if any, and then the close frame.
fn discard_after_each_byte(queue: impl Fn(&mut Outbound) -> Vec<Vec<u8>>) {
    let total = queue(&mut outbound(&FakeLink::open())).concat().len();
    for room in 0..total {
        let link = FakeLink::with_room(room);
        let mut outbound = outbound(&link);
        let queued = queue(&mut outbound);
        assert_eq!(outbound.flush(), Flush::Blocked);
        outbound.discard();
        codec_close(&mut outbound);
        link.set_room(usize::MAX);
        outbound.unblock();
        assert_eq!(outbound.flush(), Flush::Drained);

        let mut expected = Vec::new();
        for frame in queued {
            if expected.len() >= room {
                break;
            }
            expected.extend_from_slice(&frame);
        }
        codec::push_close(&mut expected, 4206, "Slow consumer").unwrap();
        assert_eq!(
            frames(&link.bytes()),
            frames(&expected),
            "after {room} bytes"
        );
        assert_eq!(outbound.written(), expected.len() as u64);
    }
}

fn codec_close(outbound: &mut Outbound) {
    outbound.push_with(|out| codec::push_close(out, 4206, "Slow consumer").unwrap());
}

#[test]
fn discard_keeps_the_half_written_frame_of_an_owned_chunk() {
    discard_after_each_byte(|outbound| {
        let frames = vec![frame(0, 0), frame(5, b'a'), frame(130, b'b'), frame(1, 1)];
        for frame in &frames {
            push(outbound, frame);
        }
        frames
    });
}

#[test]
fn discard_keeps_a_half_written_frame_with_a_long_length() {
    let long = frame(65_536, b'l');
    for taken in [1, 9, 10, 11, 65_000, long.len()] {
        let link = FakeLink::with_room(taken);
        let mut outbound = outbound(&link);
        push(&mut outbound, &long);
        push(&mut outbound, &frame(3, b'x'));
        outbound.flush();
        outbound.discard();
        assert_eq!(outbound.pending(), long.len() - taken);
    }
}

#[test]
fn discard_keeps_a_half_written_shared_frame() {
    discard_after_each_byte(|outbound| {
        let frames = vec![frame(600, b'a'), frame(2, b'b'), frame(600, b'c')];
        outbound.push_shared(&frames[0].clone().into());
        push(outbound, &frames[1]);
        outbound.push_shared(&frames[2].clone().into());
        frames
    });
}
