//! A server with an application of a few lines, and clients that do what they are told, also what
//! no library would do.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use line_socket_core::{
    Address, Batch, Binding, ConnectionRef, Field, Gate, Handover, Hub, IoThread, Kind, Options,
    Wake, push_response,
};

/// Longest that anything here is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// An event as the application saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub kind: Kind,
    pub slot: u32,
    pub id: Option<String>,
    pub payload: Option<String>,
    pub number: u64,
}

/// What the application has seen, for the test to look at.
#[derive(Default)]
struct Log {
    events: Mutex<Vec<Event>>,
    grown: Condvar,
}

struct ChannelWake(Mutex<Sender<()>>);

impl Wake for ChannelWake {
    fn wake(&self) {
        // Without an application nobody needs to be woken.
        let _ = self.0.lock().unwrap().send(());
    }
}

/// A server on a port of its own, with an application that resolves handshakes, answers requests
/// with their payload, and releases what has ended.
pub struct Server {
    pub hub: Arc<Hub>,
    pub gate: Arc<Gate>,
    pub address: SocketAddr,
    thread: Option<IoThread>,
    log: Arc<Log>,
    /// The application works only while nobody holds this.
    running: Arc<Mutex<()>>,
    application: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts on a port the system chooses.
    pub fn start() -> Self {
        Self::start_with(|_| ())
    }

    /// Starts on a port the system chooses, with settings.
    pub fn start_with(configure: impl FnOnce(&Hub)) -> Self {
        let any = Address::Tcp((Ipv4Addr::LOCALHOST, 0).into());
        Self::listen(any, configure).unwrap()
    }

    /// Starts without a listener: only what is handed over is served.
    pub fn start_unbound() -> Self {
        Self::run(None, |_| ()).unwrap()
    }

    /// Starts at an address.
    pub fn listen(address: Address, configure: impl FnOnce(&Hub)) -> io::Result<Self> {
        Self::run(Some(address), configure)
    }

    fn run(address: Option<Address>, configure: impl FnOnce(&Hub)) -> io::Result<Self> {
        let (sender, wakes) = channel();
        let hub = Arc::new(Hub::new(Box::new(ChannelWake(Mutex::new(sender)))));
        configure(&hub);
        let gate = Arc::new(Gate::default());
        let options = Options {
            address,
            backlog: 511,
            binding: Binding::default(),
            number: 7,
            threads: 1,
            tls: None,
        };
        let thread = IoThread::start(Arc::clone(&hub), Arc::clone(&gate), options)?;
        let log = Arc::new(Log::default());
        let running = Arc::new(Mutex::new(()));
        let application = Application {
            hub: Arc::clone(&hub),
            log: Arc::clone(&log),
            running: Arc::clone(&running),
            connections: HashMap::new(),
        };
        Ok(Self {
            hub,
            gate,
            address: thread
                .address()
                .unwrap_or((Ipv4Addr::UNSPECIFIED, 0).into()),
            thread: Some(thread),
            log,
            running,
            application: Some(std::thread::spawn(move || application.run(&wakes))),
        })
    }

    /// Keeps the application busy as long as the guard lives.
    pub fn hold(&self) -> MutexGuard<'_, ()> {
        self.running.lock().unwrap()
    }

    /// Gives a stream to the io thread.
    pub fn hand_over(&self, handover: Handover) {
        self.thread.as_ref().unwrap().hand_over(handover);
    }

    /// Tells the io thread to stop.
    pub fn stop(&self, cut: bool) {
        self.thread.as_ref().unwrap().stop(cut);
    }

    /// Stops, waits for the end, and returns all that the application has seen.
    pub fn finish(mut self, cut: bool) -> Vec<Event> {
        self.stop(cut);
        self.application.take().unwrap().join().unwrap();
        self.thread.take().unwrap().join();
        assert!(self.hub.registry().is_empty(), "connections are left");
        self.events()
    }

    /// All that the application has seen.
    pub fn events(&self) -> Vec<Event> {
        self.log.events.lock().unwrap().clone()
    }

    /// Waits for the first event of a kind.
    pub fn wait_for(&self, kind: Kind) -> Event {
        self.wait_for_many(kind, 1).remove(0)
    }

    /// Waits for a number of events of a kind.
    pub fn wait_for_many(&self, kind: Kind, count: usize) -> Vec<Event> {
        let until = Instant::now() + PATIENCE;
        let mut events = self.log.events.lock().unwrap();
        loop {
            let of_kind = events.iter().filter(|event| event.kind == kind);
            let found: Vec<Event> = of_kind.cloned().collect();
            if found.len() >= count {
                return found;
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "{} of {count} events {kind:?}",
                found.len()
            );
            events = self.log.grown.wait_timeout(events, left).unwrap().0;
        }
    }

    /// The connection in a slot.
    pub fn connection(&self, slot: u32) -> ConnectionRef {
        self.hub.registry().get(slot).unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.stop(true);
        }
    }
}

struct Application {
    hub: Arc<Hub>,
    log: Arc<Log>,
    running: Arc<Mutex<()>>,
    connections: HashMap<u32, ConnectionRef>,
}

impl Application {
    /// Works until the io thread has stopped.
    fn run(mut self, wakes: &Receiver<()>) {
        let mut batch = Batch::default();
        while let Ok(()) = wakes.recv() {
            let running = Arc::clone(&self.running);
            let _running = running.lock().unwrap();
            // Events of connections may be in the other queue, behind it.
            let mut has_stopped = false;
            while self.hub.inbox.take_any(&mut batch).is_some() {
                let events = events_of(&batch);
                for event in &events {
                    self.handle(event);
                }
                self.hub.inbox.mark_all_handled();
                has_stopped |= events.iter().any(|event| event.kind == Kind::Stopped);
                self.log.events.lock().unwrap().extend(events);
                self.log.grown.notify_all();
            }
            if has_stopped {
                return;
            }
        }
    }

    fn handle(&mut self, event: &Event) {
        match event.kind {
            Kind::Opened => {
                let connection = self.hub.registry().get(event.slot).unwrap().clone();
                self.connections.insert(event.slot, connection);
            }
            Kind::Handshake => {
                let connection = self.hub.registry().get(event.slot).unwrap().clone();
                self.connections.insert(event.slot, connection);
                self.hub.admit(event.slot);
                self.respond(event);
            }
            Kind::Message => self.respond(event),
            Kind::Ping => self.respond(&Event {
                payload: Some(r#""pong""#.to_owned()),
                ..event.clone()
            }),
            Kind::Closed => {
                self.connections.remove(&event.slot).unwrap();
                self.hub.release(event.slot);
            }
            _ => {}
        }
    }

    fn respond(&self, event: &Event) {
        let Some(id) = &event.id else { return };
        let mut text = Vec::new();
        let payload = event.payload.as_deref().map(str::as_bytes);
        push_response(&mut text, payload, id.as_bytes());
        let connection = &self.connections[&event.slot];
        connection.send(&text, &self.hub.config);
        connection.flush();
    }
}

/// Cuts a batch into its events.
fn events_of(batch: &Batch) -> Vec<Event> {
    let mut at = 0;
    let mut part = |field: Field| match field.0 {
        -1 => None,
        inline @ 0.. => {
            let start = at;
            at += usize::try_from(inline).unwrap();
            let text = batch.text[start..at].to_vec();
            Some(String::from_utf8(text).unwrap())
        }
        separate => {
            let index = usize::try_from(-2 - separate).unwrap();
            batch.strings.get(index).map(str::to_owned)
        }
    };
    let events = batch.records.iter().map(|record| {
        part(record.name);
        let event = Event {
            kind: record.kind,
            slot: record.slot,
            id: part(record.id),
            payload: part(record.payload),
            number: record.number,
        };
        part(record.error);
        event
    });
    events.collect()
}

/// Opcodes (RFC 6455 section 11.8).
/// The hub's clock has whole milliseconds, so that a deadline may pass so much early.
pub const GRAIN: Duration = Duration::from_millis(1);

pub const TEXT: u8 = 1;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;

/// First bit of a frame's first byte: no fragment follows.
const FIN: u8 = 0x80;
/// First bit of a frame's second byte.
const MASKED: u8 = 0x80;
/// What a frame's second byte says when the length follows in 16 bits, or in 64.
const LENGTH_16: u8 = 126;
const LENGTH_64: u8 = 127;

/// A client that sends bytes as it is told, over any stream.
pub struct Client<S> {
    pub stream: S,
}

impl Client<TcpStream> {
    /// Connects and opens the WebSocket.
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self::over(stream)
    }

    /// Connects, opens the WebSocket and shakes hands.
    pub fn shake_hands(address: SocketAddr) -> Self {
        let mut client = Self::connect(address);
        client.send_text(r#"{"n":"_h","p":0,"i":"h"}"#);
        let expected = r#"{"n":"_r","p":0,"i":"h","e":null}"#;
        assert_eq!(client.read_frame(), Some((TEXT, expected.into())));
        client
    }
}

impl<S: Write> Client<S> {
    /// Sends a text message.
    pub fn send_text(&mut self, text: &str) {
        self.stream
            .write_all(&frame(TEXT, text.as_bytes()))
            .unwrap();
    }
}

impl<S: Read + Write> Client<S> {
    /// Opens the WebSocket over a connected stream.
    pub fn over(stream: S) -> Self {
        let mut client = Self { stream };
        let head = client.request("/", "");
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        client
    }

    /// Sends an upgrade request with more headers, and reads the head of the answer.
    pub fn request(&mut self, target: &str, headers: &str) -> String {
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             {headers}\r\n"
        );
        self.stream.write_all(request.as_bytes()).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        String::from_utf8(head).unwrap()
    }

    /// Reads one frame: opcode and payload; `None` at the end of the stream.
    pub fn read_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut start = [0; 2];
        match self.stream.read_exact(&mut start) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return None,
            Err(error) => panic!("no frame: {error}"),
        }
        let length = match start[1] {
            126 => {
                let mut length = [0; 2];
                self.stream.read_exact(&mut length).unwrap();
                u64::from(u16::from_be_bytes(length))
            }
            127 => {
                let mut length = [0; 8];
                self.stream.read_exact(&mut length).unwrap();
                u64::from_be_bytes(length)
            }
            short => u64::from(short),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.stream.read_exact(&mut payload).unwrap();
        Some((start[0] & 0xf, payload))
    }

    /// Reads up to the close frame: its code and reason.
    pub fn read_close(&mut self) -> (u16, String) {
        loop {
            let (opcode, payload) = self.read_frame().expect("the stream ended without one");
            if opcode == CLOSE {
                let code = u16::from_be_bytes([payload[0], payload[1]]);
                return (code, String::from_utf8(payload[2..].to_vec()).unwrap());
            }
        }
    }
}

/// A whole frame, masked with a key of zeros, which leaves the payload legible.
pub fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![FIN | opcode];
    match payload.len() {
        length @ 0..=125 => frame.push(MASKED | u8::try_from(length).unwrap()),
        length @ 126..=0xffff => {
            frame.push(MASKED | LENGTH_16);
            frame.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            frame.push(MASKED | LENGTH_64);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}

/// A close frame's payload.
pub fn close_payload(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_bytes()].concat()
}

/// Waits until `condition` holds.
pub fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < until, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
