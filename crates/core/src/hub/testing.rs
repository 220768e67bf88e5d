//! What the hub's tests need around it: a stream that takes what it is told to, a wake that
//! counts, and an application that takes what waits.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::batch::Batch;
use super::connection::ConnectionRef;
use super::facts::{Facts, Remote, Transport};
use super::inbox::{Inbox, Wake};
use super::outbound::Link;
use super::record::{Field, Kind, Record};
use super::{Hub, Progress, RequestHeads};
use crate::upgrade;

/// The hub's clock has whole milliseconds, so that a deadline may pass so much early.
pub const GRAIN: Duration = Duration::from_millis(1);

struct Wire {
    bytes: Vec<u8>,
    /// Bytes that are still taken; then the stream would block.
    room: usize,
    /// Most bytes taken by one write.
    at_most: usize,
    /// What the next writes fail with, one each.
    failures: VecDeque<ErrorKind>,
    /// Number of slices of each write.
    writes: Vec<usize>,
}

/// A stream whose other end is the test.
#[derive(Clone)]
pub(crate) struct FakeLink(Arc<Mutex<Wire>>);

impl FakeLink {
    /// A stream that takes everything at once.
    pub(crate) fn open() -> Self {
        Self::with_room(usize::MAX)
    }

    /// A stream that takes `room` bytes and then would block.
    pub(crate) fn with_room(room: usize) -> Self {
        Self(Arc::new(Mutex::new(Wire {
            bytes: Vec::new(),
            room,
            at_most: usize::MAX,
            failures: VecDeque::new(),
            writes: Vec::new(),
        })))
    }

    /// Takes `room` more bytes from now on.
    pub(crate) fn set_room(&self, room: usize) {
        self.lock().room = room;
    }

    /// Takes no more than `bytes` in one write.
    pub(crate) fn set_at_most(&self, bytes: usize) {
        self.lock().at_most = bytes;
    }

    /// Fails the write after those that are to fail already.
    pub(crate) fn fail_next(&self, kind: ErrorKind) {
        self.lock().failures.push_back(kind);
    }

    /// Everything taken so far.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    /// Number of slices of each write that reached the stream.
    pub(crate) fn writes(&self) -> Vec<usize> {
        self.lock().writes.clone()
    }

    /// The whole frames taken so far, as opcode and payload.
    pub(crate) fn frames(&self) -> Vec<(u8, Vec<u8>)> {
        frames(&self.bytes())
    }

    /// The text messages taken so far.
    pub(crate) fn texts(&self) -> Vec<String> {
        let texts = self.frames().into_iter().filter(|(opcode, _)| *opcode == 1);
        texts
            .map(|(_, payload)| String::from_utf8(payload).unwrap())
            .collect()
    }

    /// Everything taken since this was called last.
    pub(crate) fn take_bytes(&self) -> Vec<u8> {
        std::mem::take(&mut self.lock().bytes)
    }

    /// The text messages taken so far; they are forgotten.
    pub(crate) fn take_texts(&self) -> Vec<String> {
        let texts = self.texts();
        self.lock().bytes.clear();
        texts
    }

    /// Code and reason of the close frame, if one was taken.
    pub(crate) fn close(&self) -> Option<(u16, String)> {
        let (_, payload) = self.frames().into_iter().find(|(opcode, _)| *opcode == 8)?;
        let code = u16::from_be_bytes(payload[..2].try_into().unwrap());
        Some((code, String::from_utf8(payload[2..].to_vec()).unwrap()))
    }

    fn lock(&self) -> MutexGuard<'_, Wire> {
        self.0.lock().unwrap()
    }
}

impl Link for FakeLink {
    fn try_write(&self, data: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut wire = self.lock();
        wire.writes.push(data.len());
        if let Some(kind) = wire.failures.pop_front() {
            return Err(kind.into());
        }
        let offered: usize = data.iter().map(|slice| slice.len()).sum();
        let taken = offered.min(wire.room).min(wire.at_most);
        if taken == 0 && offered > 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        wire.room -= taken;
        let mut left = taken;
        for slice in data {
            let part = &slice[..slice.len().min(left)];
            wire.bytes.extend_from_slice(part);
            left -= part.len();
        }
        Ok(taken)
    }
}

/// Cuts a run of whole server frames.
pub(crate) fn frames(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let [first, second, ..] = *bytes {
        let (length, header) = match second {
            126 => (usize::from(u16::from_be_bytes([bytes[2], bytes[3]])), 4),
            127 => (
                u64::from_be_bytes(bytes[2..10].try_into().unwrap()) as usize,
                10,
            ),
            short => (usize::from(short), 2),
        };
        let end = header + length;
        frames.push((first & 0xf, bytes[header..end].to_vec()));
        bytes = &bytes[end..];
    }
    frames
}

/// Counts wakes.
#[derive(Clone, Default)]
pub(crate) struct CountingWake(Arc<AtomicUsize>);

impl CountingWake {
    /// Wakes so far.
    pub(crate) fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
}

impl Wake for CountingWake {
    fn wake(&self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// An event as the application's side sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) kind: Kind,
    pub(crate) slot: u32,
    pub(crate) interned: u32,
    pub(crate) name: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) payload: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) number: u64,
}

impl Seen {
    /// An event with nothing but a kind and a slot.
    pub(crate) fn new(kind: Kind, slot: u32) -> Self {
        Self {
            kind,
            slot,
            interned: 0,
            name: None,
            id: None,
            payload: None,
            error: None,
            number: 0,
        }
    }
}

/// The events of one batch, cut as the application's side cuts them.
pub(crate) fn events_of(batch: &Batch) -> Vec<Seen> {
    let mut at = 0;
    let events = batch.records.iter().map(|record| Seen {
        kind: record.kind,
        slot: record.slot,
        interned: record.interned,
        name: part(batch, record.name, &mut at),
        id: part(batch, record.id, &mut at),
        payload: part(batch, record.payload, &mut at),
        error: part(batch, record.error, &mut at),
        number: record.number,
    });
    let events = events.collect();
    assert_eq!(at, batch.text.len(), "all inline text belongs to a record");
    events
}

fn part(batch: &Batch, field: Field, at: &mut usize) -> Option<String> {
    match field.0 {
        -1 => None,
        inline @ 0.. => {
            let start = *at;
            *at += usize::try_from(inline).unwrap();
            let bytes = batch.text[start..*at].to_vec();
            Some(String::from_utf8(bytes).unwrap())
        }
        separate => {
            let index = usize::try_from(-2 - separate).unwrap();
            batch.strings.get(index).map(str::to_owned)
        }
    }
}

/// Takes and handles everything that waits.
pub(crate) fn take_all(inbox: &Inbox) -> Vec<Seen> {
    let mut batch = Batch::default();
    let mut events = Vec::new();
    while inbox.take_any(&mut batch).is_some() {
        events.extend(events_of(&batch));
    }
    inbox.mark_all_handled();
    events
}

/// An event of a connection without parts, for tests of the inbox alone.
pub(crate) fn bare(slot: u32) -> impl FnOnce(&mut Batch) -> Record {
    move |_| Record::new(Kind::PingDue, slot)
}

/// Facts of a peer that asked for `/`.
pub(crate) fn facts() -> Facts {
    let bytes = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n";
    let (request, _) = upgrade::parse(bytes, &upgrade::RequestLimits::default())
        .unwrap()
        .unwrap();
    Facts {
        listener: 0,
        head: Arc::<RequestHeads>::default().keep(&request),
        remote: Remote {
            address: None,
            encrypted: false,
            transport: Transport::Tcp,
            secure: None,
        },
        named: None,
        protocol: None,
        compression: None,
    }
}

/// One peer of a hub, at the place of its reader.
pub(crate) struct Peer {
    pub(crate) link: FakeLink,
    pub(crate) connection: ConnectionRef,
    pub(crate) progress: Progress,
}

impl Peer {
    /// Opens a connection over a stream that takes everything.
    pub(crate) fn open(hub: &Hub) -> Self {
        Self::over(hub, FakeLink::open())
    }

    /// Opens a connection over `link`.
    pub(crate) fn over(hub: &Hub, link: FakeLink) -> Self {
        Self {
            connection: hub.open(Box::new(link.clone()), facts()),
            link,
            progress: Progress::default(),
        }
    }

    /// Opens a connection whose handshake is resolved and handled.
    pub(crate) fn admitted(hub: &Hub) -> Self {
        let mut peer = Self::open(hub);
        peer.shake_hands(hub);
        peer
    }

    /// Shakes hands, as far as the hub has to do with it.
    pub(crate) fn shake_hands(&mut self, hub: &Hub) {
        self.say(hub, r#"{"n":"_h","i":"h"}"#);
        take_all(&hub.inbox);
        hub.admit(self.slot());
    }

    /// Takes in one message and does at its end what a reader does.
    pub(crate) fn say(&mut self, hub: &Hub, text: &str) -> super::Next {
        let next = hub.receive_text(&self.connection, &mut self.progress, text);
        if next == super::Next::Flush {
            self.connection.flush();
        }
        next
    }

    pub(crate) fn slot(&self) -> u32 {
        self.connection.slot()
    }
}

/// A hub and the wakes it has sent.
pub(crate) fn hub() -> (Hub, CountingWake) {
    let wake = CountingWake::default();
    (Hub::new(Box::new(wake.clone())), wake)
}
