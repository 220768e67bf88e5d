//! Messages from a peer to the application, and from the application to many peers.

use std::hint::black_box;
use std::io::{self, IoSlice};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Waker};

use line_socket_core::{
    Batch, ConnectionRef, Facts, Group, HistoryRule, Hub, Link, Progress, RateLimit, Remote,
    RequestLimits, Transport, Wake, parse_request,
};

use crate::inputs::{Size, payload, request};

/// Connections a broadcast reaches.
pub const AUDIENCE: usize = 1000;

/// A stream that takes everything, and counts the writes.
#[derive(Clone, Default)]
struct Sink(Arc<AtomicUsize>);

impl Link for Sink {
    fn try_write(&self, data: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.fetch_add(1, Relaxed);
        Ok(data.iter().map(|slice| slice.len()).sum())
    }
}

/// An application that looks by itself.
struct Awake;

impl Wake for Awake {
    fn wake(&self) {}
}

fn hub() -> Hub {
    let hub = Hub::new(Box::new(Awake));
    hub.names.intern("echo");
    hub
}

/// A connection whose handshake is resolved.
fn connect(hub: &Hub, sink: &Sink, batch: &mut Batch) -> (ConnectionRef, Progress) {
    connect_by(r#"{"n":"_h","i":"h"}"#, hub, sink, batch)
}

/// The same with this handshake message.
fn connect_by(
    handshake: &str,
    hub: &Hub,
    sink: &Sink,
    batch: &mut Batch,
) -> (ConnectionRef, Progress) {
    let head = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let (request, _) = parse_request(head, &RequestLimits::default())
        .expect("a valid request")
        .expect("a complete request");
    let facts = Facts {
        listener: 0,
        head: hub.request_heads.keep(&request),
        remote: Remote {
            address: None,
            encrypted: false,
            transport: Transport::Tcp,
            secure: None,
        },
        named: None,
        protocol: None,
        compression: None,
    };
    let connection = hub.open(Box::new(sink.clone()), facts);
    let mut progress = Progress::default();
    hub.receive_text(&connection, &mut progress, handshake);
    take_all(hub, batch);
    hub.admit(connection.slot());
    (connection, progress)
}

/// Takes and handles what waits, as the application does; returns the events.
fn take_all(hub: &Hub, batch: &mut Batch) -> usize {
    let mut events = 0;
    while hub.inbox.take_any(batch).is_some() {
        events += black_box(&*batch).records.len();
    }
    hub.inbox.mark_all_handled();
    events
}

/// Takes in a request and hands it to the application, a batch of one.
pub fn receive(size: Size, iterations: usize) -> usize {
    let hub = hub();
    let mut batch = Batch::default();
    let (connection, mut progress) = connect(&hub, &Sink::default(), &mut batch);
    let text = request(size);
    (0..iterations)
        .map(|_| {
            black_box(hub.receive_text(&connection, &mut progress, black_box(&text)));
            take_all(&hub, &mut batch)
        })
        .sum()
}

/// Holds a peer to its rate that stays within it: one message a read, 20 reads a millisecond.
pub fn rate(iterations: usize) -> usize {
    let hub = hub();
    let mut limit = RateLimit::new(&hub.config, 0);
    (0..iterations)
        .filter(|&read| {
            let has_room = limit.has_room(black_box(256 * 1024));
            limit.count_read(black_box(read as u64 / 20), black_box(75));
            let is_allowed = limit.allows_message();
            limit.count_message();
            black_box(&limit);
            has_room && is_allowed
        })
        .count()
}

/// Sends a message of 64 B to [`AUDIENCE`] connections and flushes it as the io thread does;
/// returns the writes.
pub fn broadcast(iterations: usize) -> usize {
    broadcast_to(Group::All, false, iterations)
}

/// The same to a room, which has a history or not.
pub fn broadcast_to_room(has_history: bool, iterations: usize) -> usize {
    broadcast_to(Group::Room("news"), has_history, iterations)
}

fn broadcast_to(group: Group<'_>, has_history: bool, iterations: usize) -> usize {
    let hub = hub();
    if has_history {
        let rule = HistoryRule {
            size: 100,
            ttl: 60_000,
            max_replay: 100,
            local_when_down: false,
        };
        hub.keep_history("news", rule);
    }
    let mut batch = Batch::default();
    let sink = Sink::default();
    for _ in 0..AUDIENCE {
        let handshake = r#"{"n":"_h","i":"h","o":{}}"#;
        let (connection, _) = connect_by(handshake, &hub, &sink, &mut batch);
        hub.join(connection.slot(), "news");
    }
    let text = format!(r#"{{"n":"news","p":{}}}"#, payload(Size::Text64));
    let mut flushes = pin!(hub.run_flushes());
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..iterations {
        hub.broadcast(group, black_box(&text));
        // Never ready: it flushes what is due and waits for more.
        let _ = flushes.as_mut().poll(&mut context);
    }
    sink.0.load(Relaxed)
}
