use std::io::{ErrorKind, Read};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use super::*;

/// Two ends of TCP.
fn tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (here, listener.accept().unwrap().0)
}

/// A ring, where the system has any.
fn ring() -> Option<Ring> {
    Ring::new()
        .inspect_err(|error| eprintln!("no ring, and nothing to be tested: {error}"))
        .ok()
}

#[test]
fn every_socket_gets_its_own_bytes_in_order() {
    let Some(mut ring) = ring() else { return };
    // More than the queue has room for.
    let ends: Vec<_> = (0..100).map(|_| tcp()).collect();
    for turn in 0..3 {
        let texts: Vec<_> = (0..ends.len())
            .map(|end| format!("{turn}:{end};"))
            .collect();
        let mut sends: Vec<_> = ends
            .iter()
            .zip(&texts)
            .map(|((here, _), text)| Send::new(here.as_fd(), text.as_bytes()))
            .collect();
        ring.send(&mut sends).unwrap();
        assert!(
            sends
                .iter()
                .zip(&texts)
                .all(|(send, text)| send.sent() == text.len())
        );
    }
    for (number, (here, mut there)) in ends.into_iter().enumerate() {
        drop(here);
        let mut got = String::new();
        there.read_to_string(&mut got).unwrap();
        assert_eq!(got, format!("0:{number};1:{number};2:{number};"));
    }
}

#[test]
fn a_full_socket_and_a_broken_one_hold_nobody_up() {
    let Some(mut ring) = ring() else { return };
    let (full, _reader) = UnixStream::pair().unwrap();
    let (broken, gone) = UnixStream::pair().unwrap();
    drop(gone);
    let (good, mut reader) = UnixStream::pair().unwrap();
    let large = vec![b'x'; 16 * 1024 * 1024];
    let mut sends = [
        Send::new(full.as_fd(), &large),
        Send::new(full.as_fd(), b"more"),
        Send::new(broken.as_fd(), b"nobody reads"),
        Send::new(good.as_fd(), b"hello"),
    ];
    ring.send(&mut sends).unwrap();
    let sent = sends.map(|send| send.sent());
    assert!(sent[0] > 0 && sent[0] < large.len(), "{sent:?}");
    assert_eq!(sent[1..], [0, 0, 5]);
    let mut got = [0; 5];
    reader.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"hello");
}

#[test]
fn what_is_no_socket_gets_nothing() {
    let Some(mut ring) = ring() else { return };
    let file = std::fs::File::open("/dev/null").unwrap();
    let (good, _reader) = tcp();
    let mut sends = [Send::new(file.as_fd(), b"x"), Send::new(good.as_fd(), b"y")];
    ring.send(&mut sends).unwrap();
    assert_eq!(sends.map(|send| send.sent()), [0, 1]);
}

#[test]
fn a_ring_says_why_there_is_none() {
    if let Err(error) = Ring::new() {
        let known = [
            ErrorKind::Unsupported,
            ErrorKind::PermissionDenied,
            ErrorKind::OutOfMemory,
        ];
        assert!(known.contains(&error.kind()), "{error}");
    }
}
