use std::io::ErrorKind;

use rustls::ClientConnection;

use super::*;
use crate::codec::{self, Opcode};
use crate::hub::Outbound;
use crate::hub::testing::{FakeLink, frames};
use crate::hub::{Flush, SharedFrame};
use crate::transport::tls::testing::{ClientOptions, pair, receive, take};

/// A writer on a link, what it shares with its reader, and its client.
fn writer(link: &FakeLink) -> (Writer, Arc<Mutex<Ends>>, ClientConnection) {
    let (engine, client) = pair(&ClientOptions::default());
    let shared = Arc::new(Mutex::new(Ends {
        engine,
        link: Some(Box::new(link.clone())),
        committed: 0,
    }));
    (Writer(Arc::clone(&shared)), shared, client)
}

/// A text frame with `length` bytes of payload.
fn frame(length: usize, fill: u8) -> Vec<u8> {
    let mut out = Vec::new();
    codec::push_frame(&mut out, Opcode::Text, &vec![fill; length]);
    out
}

fn queue(outbound: &mut Outbound) -> Vec<Vec<u8>> {
    let queued = vec![
        frame(100, b'a'),
        frame(30_000, b'b'),
        frame(5, b'c'),
        frame(50_000, b'd'),
        frame(150_000, b'e'),
        frame(1, b'f'),
    ];
    for (index, frame) in queued.iter().enumerate() {
        if index % 2 == 0 {
            outbound.push_with(|out| out.extend_from_slice(frame));
        } else {
            outbound.push_shared(&SharedFrame::from(frame.clone()));
        }
    }
    queued
}

#[test]
fn what_the_kernel_has_not_taken_counts_as_waiting() {
    let link = FakeLink::with_room(0);
    let (writer, _, mut client) = writer(&link);
    let mut outbound = Outbound::new(Box::new(writer));
    let all = queue(&mut outbound).concat();
    for room in [1, 5, 1000, 20_000, 70_000, 1, 300_000] {
        let before = outbound.pending();
        assert_eq!(outbound.queued(), all.len() as u64);
        link.set_room(room);
        outbound.unblock();
        let flushed = outbound.flush();
        assert!(
            before - outbound.pending() <= room,
            "ciphertext is longer than plaintext"
        );
        assert_eq!(flushed == Flush::Drained, outbound.pending() == 0);
    }
    assert_eq!(outbound.written(), all.len() as u64);
    assert!(take(&mut client, &link.bytes()).unwrap() == all);
}

#[test]
fn small_frames_share_a_record() {
    let link = FakeLink::open();
    let (writer, _, mut client) = writer(&link);
    let parts = [b"one".as_slice(), b"two", b"three"].map(IoSlice::new);
    assert_eq!(writer.try_write(&parts).unwrap(), 11);
    assert_eq!(link.writes().len(), 1);
    let bytes = link.bytes();
    let length = usize::from(u16::from_be_bytes([bytes[3], bytes[4]]));
    assert_eq!(bytes.len(), 5 + length, "one record");
    assert_eq!(take(&mut client, &bytes).unwrap(), b"onetwothree");
}

#[test]
fn after_a_discard_the_peer_still_gets_whole_frames_and_the_close_frame() {
    let mut shortened = 0;
    for room in (0..240_000).step_by(7_777) {
        let link = FakeLink::with_room(room);
        let (writer, _, mut client) = writer(&link);
        let mut outbound = Outbound::new(Box::new(writer));
        let queued = queue(&mut outbound).concat();
        outbound.flush();
        outbound.discard();
        let kept = outbound.queued() as usize;
        outbound.push_with(|out| codec::push_close(out, 4206, "Slow consumer").unwrap());
        link.set_room(usize::MAX);
        outbound.unblock();
        assert_eq!(outbound.flush(), Flush::Drained);
        let plain = take(&mut client, &link.bytes()).unwrap();
        assert!(plain[..kept] == queued[..kept], "after {room} bytes");
        shortened += usize::from(kept < queued.len());
        let seen = frames(&plain);
        assert_eq!(seen.last().unwrap().0, 8, "after {room} bytes");
        assert_eq!(outbound.written(), plain.len() as u64);
    }
    assert!(shortened > 5, "{shortened}");
}

#[test]
fn dropping_the_writer_ends_in_order_at_once_or_once_there_is_room() {
    let link = FakeLink::open();
    let (writer, shared, mut client) = writer(&link);
    drop(writer);
    assert!(shared.lock().unwrap().link.is_none());
    client.read_tls(&mut &*link.bytes()).unwrap();
    assert!(client.process_new_packets().unwrap().peer_has_closed());

    let link = FakeLink::with_room(3);
    let (writer, shared, mut client) = self::writer(&link);
    drop(writer);
    let mut shared = shared.lock().unwrap();
    assert!(shared.link.is_some(), "the reader sees to the rest");
    link.set_room(usize::MAX);
    shared.flush().unwrap();
    client.read_tls(&mut &*link.bytes()).unwrap();
    assert!(client.process_new_packets().unwrap().peer_has_closed());
}

#[test]
fn a_broken_connection_takes_nothing_and_ends_with_its_alert() {
    let link = FakeLink::open();
    let (writer, shared, mut client) = writer(&link);
    assert!(receive(&mut shared.lock().unwrap().engine, vec![0; 100]).is_err());
    let refused = writer.try_write(&[IoSlice::new(b"data")]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::BrokenPipe);
    drop(writer);
    assert!(matches!(
        take(&mut client, &link.bytes()),
        Err(rustls::Error::AlertReceived(_))
    ));
}

#[test]
fn a_poisoned_lock_breaks_this_connection_only() {
    let link = FakeLink::open();
    let (writer, shared, _) = writer(&link);
    let poison = Arc::clone(&shared);
    let thread = std::thread::spawn(move || {
        let _guard = poison.lock().unwrap();
        std::panic::panic_any("a defect");
    });
    assert!(thread.join().is_err());
    assert!(writer.try_write(&[IoSlice::new(b"data")]).is_err());
    assert_eq!(writer.committed(), 0);
    drop(writer);
    assert_eq!(link.bytes(), b"");
}
