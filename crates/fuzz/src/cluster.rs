//! Messages between nodes. Any bytes are read or refused, and what was read is the same when it is written. A node with
//! clients gets them on its channels, and from the histories that its engine keeps: clients get envelopes alone, what
//! the node publishes can be read, and none of its threads panics.

use std::future::ready;
use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use line_socket_core::{
    Append, Channel, ChannelNames, Engine, EngineError, Facts, Head, HistoryRule, Hub, Keeper,
    Kept, Link, Node, NodeMessage, NodeSettings, Pending, Position, Publication, Remote,
    RequestLimits, Sink, Transport, Wake, parse_request, read_node_message, scan_envelope,
    write_kept_message, write_node_broadcast, write_node_control,
};

/// Inputs after which a node is made anew: what it knows of others grows, and inputs may close its clients.
const ONE_NODE: usize = 500;

/// Panics on threads of nodes so far. Their tasks catch them.
static PANICS: AtomicUsize = AtomicUsize::new(0);

static RUNNING: Mutex<Option<Running>> = Mutex::new(None);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Messages, one after the other: a byte that says on which channel, one for its length in tens of bytes, and the message;
/// the last one is as long as it gets.
pub fn run(data: &[u8]) {
    watch_panics();
    let mut running = lock(&RUNNING);
    if running.as_ref().is_none_or(|node| node.inputs >= ONE_NODE) {
        *running = None;
        *running = Some(Running::start());
    }
    let Some(node) = &mut *running else {
        return;
    };
    node.inputs += 1;
    let mut rest = data;
    while let [channel, length, message @ ..] = rest {
        let end = message.len().min(10 * usize::from(*length));
        let (message, others) = match length {
            255 => (message, &[][..]),
            _ => message.split_at(end),
        };
        check_form(message);
        node.receive(*channel, message);
        rest = others;
    }
    node.check();
    assert_eq!(PANICS.swap(0, SeqCst), 0, "a thread of the node panicked");
}

fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().name() == Some("line-socket-node") {
                PANICS.fetch_add(1, SeqCst);
            }
            before(info);
        }));
    });
}

/// What was read is the same bytes when it is written, but for empty lists.
fn check_form(data: &[u8]) {
    let Ok(message) = read_node_message(data) else {
        return;
    };
    let written = match &message {
        NodeMessage::Foreign(text) => text.as_bytes().to_vec(),
        NodeMessage::Broadcast {
            origin,
            scope,
            text,
        } => {
            let written = write_node_broadcast(*origin, scope, text).expect("it was read");
            assert!(written.len() <= data.len());
            written
        }
        NodeMessage::Kept { position, message } => {
            write_kept_message(&position.to_string(), message)
        }
        NodeMessage::Control { origin, text } => {
            let written = write_node_control(*origin, text);
            assert!(written.len() <= data.len());
            written
        }
    };
    assert_eq!(read_node_message(&written), Ok(message));
}

/// A node with two clients, in a room without history and in one with it.
struct Running {
    hub: Arc<Hub>,
    engine: Arc<FuzzedEngine>,
    node: Node,
    links: [Stream; 2],
    inputs: usize,
    names: ChannelNames,
}

impl Running {
    fn start() -> Self {
        let hub = Arc::new(Hub::new(Box::new(NoWake)));
        let rule = HistoryRule {
            size: 10,
            ttl: 60_000,
            max_replay: 10,
            local_when_down: false,
        };
        hub.keep_history("kept", rule);
        let engine = Arc::new(FuzzedEngine::default());
        let settings = NodeSettings {
            name: "fuzzed".into(),
            ..NodeSettings::default()
        };
        let node = Node::start(Arc::clone(&hub), Arc::clone(&engine) as _, settings);
        while lock(&engine.sink).is_none() {
            std::thread::yield_now();
        }
        let links = [(); 2].map(|()| Stream::default());
        for (link, id) in links.iter().zip(["a", "b"]) {
            let connection = hub.open(Box::new(link.clone()), facts(&hub));
            hub.registry().set_id(connection.slot(), id);
            hub.admit(connection.slot());
            for room in ["news", "kept"] {
                hub.join(connection.slot(), room);
            }
        }
        Self {
            hub,
            engine,
            node: node.expect("a thread"),
            links,
            inputs: 0,
            names: ChannelNames::new("line"),
        }
    }

    fn receive(&self, channel: u8, message: &[u8]) {
        let room = |name: &str| self.names.of(&Channel::Room(name.into()));
        let name = match channel % 8 {
            0 => room("news"),
            1 => room("kept"),
            2 => self.names.of(&Channel::Everyone),
            3 => self.names.of(&Channel::Nodes),
            4 => self.names.of(&Channel::Node(self.node.id())),
            5 => String::from_utf8_lossy(message.get(..40).unwrap_or(message)).into_owned(),
            // What the engine has of the history, from the next read on.
            _ => {
                let tag = u16::from(channel / 8);
                return lock(&self.engine.kept).push((tag, message.to_vec()));
            }
        };
        let sink = lock(&self.engine.sink).clone();
        if let Some(sink) = sink {
            sink.message(&name, message);
        }
    }

    /// What has come of it so far.
    fn check(&self) {
        let connections: Vec<_> = self.hub.registry().connections().cloned().collect();
        for connection in connections {
            connection.flush();
        }
        for link in &self.links {
            for text in link.texts() {
                let text = str::from_utf8(&text).expect("UTF-8");
                assert!(scan_envelope(text).is_ok(), "{text}");
            }
        }
        self.node.take_news();
    }
}

/// An engine that takes everything, and whose histories are what the input says.
#[derive(Default)]
struct FuzzedEngine {
    sink: Mutex<Option<Arc<dyn Sink>>>,
    /// Messages that are kept, each with its tag. Offsets follow one another, except where the tag is odd.
    kept: Mutex<Vec<(u16, Vec<u8>)>>,
}

impl FuzzedEngine {
    fn read_all(&self) -> Kept {
        let mut kept = lock(&self.kept);
        let excess = kept.len().saturating_sub(20);
        kept.drain(..excess);
        let mut offset = 0;
        let messages: Vec<_> = (kept.iter())
            .map(|(tag, message)| {
                offset += u64::from(1 + tag % 2);
                let epoch = 1 + u64::from(tag / 16);
                let position = Position {
                    epoch,
                    offset,
                    tag: *tag,
                };
                (position, message.clone())
            })
            .collect();
        Kept {
            head: messages.last().map(|(position, _)| *position),
            messages,
        }
    }
}

impl Engine for FuzzedEngine {
    fn connect(&self, sink: Arc<dyn Sink>, _: u64) -> Pending<'_, ()> {
        *lock(&self.sink) = Some(sink);
        Box::pin(ready(Ok(())))
    }

    fn disconnect(&self) -> Pending<'_, ()> {
        *lock(&self.sink) = None;
        Box::pin(ready(Ok(())))
    }

    fn subscribe(&self, _: Vec<Channel>) -> Pending<'_, ()> {
        Box::pin(ready(Ok(())))
    }

    fn unsubscribe(&self, _: Vec<Channel>) -> Pending<'_, ()> {
        Box::pin(ready(Ok(())))
    }

    fn publish<'a>(&'a self, messages: &'a [Publication]) -> Pending<'a, ()> {
        for message in messages {
            assert!(read_node_message(&message.data).is_ok());
        }
        Box::pin(ready(Ok(())))
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        Some(self)
    }
}

impl Keeper for FuzzedEngine {
    fn append<'a>(
        &'a self,
        entries: &'a [&'a Append],
    ) -> Pending<'a, Vec<Result<Position, EngineError>>> {
        let refused = || Err(EngineError::Refused("no".into()));
        Box::pin(ready(Ok(entries.iter().map(|_| refused()).collect())))
    }

    fn read(&self, _: Arc<str>, after: Option<u64>, limit: usize) -> Pending<'_, Kept> {
        let mut kept = self.read_all();
        let after = after.unwrap_or_default();
        kept.messages
            .retain(|(position, _)| position.offset > after);
        kept.messages.truncate(limit);
        Box::pin(ready(Ok(kept)))
    }

    fn heads(&self, rooms: Vec<Head>) -> Pending<'_, Vec<Position>> {
        let begun = Position {
            epoch: 1,
            offset: 0,
            tag: 0,
        };
        let head = self.read_all().head.unwrap_or(begun);
        Box::pin(ready(Ok(vec![head; rooms.len()])))
    }
}

struct NoWake;

impl Wake for NoWake {
    fn wake(&self) {}
}

/// What a client is sent.
#[derive(Clone, Default)]
struct Stream(Arc<Mutex<Vec<u8>>>);

impl Link for Stream {
    fn try_write(&self, data: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut bytes = lock(&self.0);
        let before = bytes.len();
        for slice in data {
            bytes.extend_from_slice(slice);
        }
        Ok(bytes.len() - before)
    }
}

impl Stream {
    /// Takes the texts that have come: frames of a server have no mask, and are whole messages here.
    fn texts(&self) -> Vec<Vec<u8>> {
        let bytes = std::mem::take(&mut *lock(&self.0));
        let mut rest = bytes.as_slice();
        let mut texts = Vec::new();
        while let [first, second, behind @ ..] = rest {
            let (length, behind) = match second {
                126 => (
                    usize::from(behind[0]) << 8 | usize::from(behind[1]),
                    &behind[2..],
                ),
                127 => panic!("no input is so long"),
                short => (usize::from(*short), behind),
            };
            let (payload, others) = behind.split_at(length);
            if *first == 0x81 {
                texts.push(payload.to_vec());
            } else {
                assert_eq!(*first, 0x88, "neither text nor close");
            }
            rest = others;
        }
        texts
    }
}

fn facts(hub: &Hub) -> Facts {
    let request = parse_request(
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        &RequestLimits::default(),
    );
    let (request, _) = request.expect("a request").expect("a whole request");
    Facts {
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_reaches_the_clients() {
        let node = Running::start();
        let said = br#"{"n":"said"}"#;
        node.receive(0, said);
        for connection in node.hub.registry().connections() {
            connection.flush();
        }
        for link in &node.links {
            assert_eq!(link.texts(), [said]);
        }
    }
}
