//! Flushes of several connections at a time, over sockets.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use line_socket_uring::Ring;

use super::*;
use crate::hub::Link;
use crate::hub::testing::facts;

/// A link over a socket, which counts the writes to this socket alone.
struct SocketLink(UnixStream, Arc<AtomicUsize>);

impl Link for SocketLink {
    fn try_write(&self, data: &[IoSlice<'_>]) -> io::Result<usize> {
        self.1.fetch_add(1, Relaxed);
        (&self.0).write_vectored(data)
    }

    fn socket(&self) -> Option<BorrowedFd<'_>> {
        Some(self.0.as_fd())
    }
}

/// A connection, the peer's end of its stream, and the writes to it alone.
struct Socket {
    connection: ConnectionRef,
    peer: UnixStream,
    writes: Arc<AtomicUsize>,
}

impl Socket {
    fn open(hub: &Hub) -> Self {
        let (here, peer) = UnixStream::pair().unwrap();
        here.set_nonblocking(true).unwrap();
        peer.set_nonblocking(true).unwrap();
        let writes = Arc::new(AtomicUsize::new(0));
        let link = SocketLink(here, Arc::clone(&writes));
        Self {
            connection: hub.open(Box::new(link), facts()),
            peer,
            writes,
        }
    }

    /// Queues a frame.
    fn send(&self, hub: &Hub, payload: &[u8]) {
        self.connection.send(payload, &hub.config);
    }

    /// The payloads that have come since the last call. They are shorter than 126 bytes.
    fn take(&self) -> Vec<String> {
        let mut bytes = Vec::new();
        let end = (&self.peer).read_to_end(&mut bytes);
        assert!(end.is_ok() || end.is_err_and(|error| error.kind() == ErrorKind::WouldBlock));
        let frames = crate::hub::testing::frames(&bytes);
        let texts = frames.into_iter().map(|(_, payload)| payload);
        texts.map(|text| String::from_utf8(text).unwrap()).collect()
    }
}

fn flush(hub: &Hub, sockets: &[Socket]) {
    let connections: Vec<_> = sockets
        .iter()
        .map(|socket| Arc::clone(&socket.connection))
        .collect();
    hub.flush_here(&connections);
}

#[test]
fn many_get_what_is_for_them_in_order_with_few_writes() {
    let (hub, _) = hub();
    let sockets: Vec<_> = (0..40).map(|_| Socket::open(&hub)).collect();
    for turn in 0..3 {
        for (number, socket) in sockets.iter().enumerate() {
            socket.send(&hub, format!("{turn}:{number}").as_bytes());
        }
        flush(&hub, &sockets);
        for (number, socket) in sockets.iter().enumerate() {
            assert_eq!(socket.take(), [format!("{turn}:{number}")]);
            assert_eq!(socket.connection.pending(), 0);
        }
    }
    let alone: usize = sockets
        .iter()
        .map(|socket| socket.writes.load(Relaxed))
        .sum();
    let expected = if Ring::new().is_ok() {
        0
    } else {
        3 * sockets.len()
    };
    assert_eq!(alone, expected);
}

#[test]
fn who_is_twice_in_a_group_is_written_to_once() {
    let (hub, _) = hub();
    let sockets: Vec<_> = (0..5).map(|_| Socket::open(&hub)).collect();
    let twice: Vec<_> = sockets
        .iter()
        .chain(&sockets)
        .map(|socket| Arc::clone(&socket.connection))
        .collect();
    for socket in &sockets {
        socket.send(&hub, b"once");
    }
    hub.flush_here(&twice);
    assert!(sockets.iter().all(|socket| socket.take() == ["once"]));
}

#[test]
fn a_peer_that_does_not_read_and_one_that_is_gone_hold_nobody_up() {
    let (hub, _) = hub();
    let sockets: Vec<_> = (0..8).map(|_| Socket::open(&hub)).collect();
    let (full, gone) = (&sockets[2], &sockets[5]);
    gone.peer.shutdown(std::net::Shutdown::Both).unwrap();
    let mut sent = 0;
    while !full.connection.is_blocked() {
        sent += 1;
        for socket in &sockets {
            socket.send(&hub, &[b'x'; 120]);
        }
        flush(&hub, &sockets);
        for (number, socket) in sockets.iter().enumerate() {
            let is_good = number != 2 && number != 5;
            assert!(!is_good || socket.take().len() == 1, "{number}");
        }
    }
    assert!(gone.connection.is_broken());
    assert!(
        sockets
            .iter()
            .all(|socket| socket.connection.is_broken() == std::ptr::eq(socket, gone))
    );
    // What it was sent has come in whole frames once it reads, with what the kernel did not take at first.
    let mut got = full.take().len();
    full.connection.flush_writable();
    got += full.take().len();
    assert_eq!(got, sent);
    assert_eq!(full.connection.pending(), 0);
}

#[test]
fn what_is_large_is_written_with_what_is_small() {
    let (hub, _) = hub();
    let sockets: Vec<_> = (0..8).map(|_| Socket::open(&hub)).collect();
    for (number, socket) in sockets.iter().enumerate() {
        if number % 2 == 0 {
            socket.send(&hub, &vec![b'y'; 20_000]);
        }
        socket.send(&hub, b"small");
    }
    flush(&hub, &sockets);
    for (number, socket) in sockets.iter().enumerate() {
        let mut bytes = Vec::new();
        let _ = (&socket.peer).read_to_end(&mut bytes);
        let expected = if number % 2 == 0 { 4 + 20_000 + 7 } else { 7 };
        assert_eq!(bytes.len(), expected);
        assert!(bytes.ends_with(b"small"));
    }
}

#[test]
fn threads_that_flush_the_same_connections_lose_nothing() {
    const TURNS: usize = 2000;
    let (hub, _) = hub();
    let sockets: Vec<_> = (0..12).map(|_| Socket::open(&hub)).collect();
    let got: Vec<_> = std::thread::scope(|scope| {
        for thread in 0..2 {
            let (hub, sockets) = (&hub, &sockets);
            scope.spawn(move || {
                let mut connections: Vec<_> = sockets
                    .iter()
                    .map(|socket| Arc::clone(&socket.connection))
                    .collect();
                for turn in 0..TURNS {
                    for socket in sockets {
                        socket.send(hub, format!("{thread} {turn}").as_bytes());
                    }
                    // In another order each time, and on both threads.
                    connections.rotate_left(1 + thread);
                    hub.flush_here(&connections);
                    while sockets.iter().any(|socket| socket.connection.is_blocked()) {
                        std::thread::yield_now();
                    }
                }
            });
        }
        let mut got = vec![Vec::new(); sockets.len()];
        while got
            .iter()
            .any(|texts: &Vec<String>| texts.len() < 2 * TURNS)
        {
            for (socket, texts) in sockets.iter().zip(&mut got) {
                texts.extend(socket.take());
                if socket.connection.is_blocked() {
                    socket.connection.flush_writable();
                }
            }
        }
        got
    });
    for texts in got {
        for thread in 0..2 {
            let of_thread = texts
                .iter()
                .filter(|text| text.starts_with(&format!("{thread} ")));
            let expected = (0..TURNS).map(|turn| format!("{thread} {turn}"));
            assert!(of_thread.cloned().eq(expected), "in order");
        }
    }
}

/// A link that is no socket. It notes whether another connection can be locked by others while it is written to.
struct WatchingLink(ConnectionRef, Arc<AtomicUsize>);

impl Link for WatchingLink {
    fn try_write(&self, data: &[IoSlice<'_>]) -> io::Result<usize> {
        let (sender, receiver) = std::sync::mpsc::channel();
        let watched = Arc::clone(&self.0);
        // Waits no longer than until all is flushed.
        std::thread::spawn(move || sender.send(watched.pending()));
        let is_free = receiver.recv_timeout(Duration::from_secs(5)).is_ok();
        self.1.fetch_add(usize::from(is_free), Relaxed);
        Ok(data.iter().map(|slice| slice.len()).sum())
    }
}

#[test]
fn what_is_not_for_the_ring_is_written_while_nobody_else_is_locked() {
    let (hub, _) = hub();
    let sockets: Vec<_> = (0..8).map(|_| Socket::open(&hub)).collect();
    let free = Arc::new(AtomicUsize::new(0));
    let watched = Arc::clone(&sockets[0].connection);
    let link = WatchingLink(watched, Arc::clone(&free));
    let other = hub.open(Box::new(link), facts());
    let mut connections: Vec<_> = sockets
        .iter()
        .map(|socket| Arc::clone(&socket.connection))
        .collect();
    connections.insert(4, Arc::clone(&other));
    for connection in &connections {
        connection.send(b"hello", &hub.config);
    }
    hub.flush_here(&connections);
    assert_eq!(free.load(Relaxed), 1);
    assert_eq!(other.pending(), 0);
    assert!(sockets.iter().all(|socket| socket.take() == ["hello"]));
}
