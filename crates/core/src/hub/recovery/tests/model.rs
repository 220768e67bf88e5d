//! Rooms with history beside a model of their clients, which come, join, leave, are cut off in the middle of
//! anything and come back, at random. A client that is told that it has recovered has got every message; none
//! comes twice, and all come in order.
//!
//! Some 20,000 steps by default, and as many as `LINE_MODEL_STEPS` says, from the seed `LINE_MODEL_SEED`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use serde_json::Value;

use super::*;

const STEPS: usize = 20_000;
const CLIENTS: usize = 8;

/// Rooms with different rules, and one without.
const ROOMS: [&str; 5] = ["long", "also:long", "short", "brief", "plain"];

/// Those with a history.
const KEPT: usize = 4;

/// Ids that a client remembers.
const IDS: usize = 1024;

fn rule(room: usize) -> Rule {
    let (size, ttl, max_replay) = [
        (200, 60_000, 150),
        (200, 60_000, 150),
        (3, 60_000, 30),
        (20, 2, 5),
    ][room];
    Rule {
        size,
        ttl,
        max_replay,
        local_when_down: false,
    }
}

/// A xorshift generator: the same steps for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// What has been said in a room.
#[derive(Default)]
struct Said {
    /// How many messages.
    count: usize,
    /// The number of messages before each position that a client may learn.
    before: HashMap<String, usize>,
}

#[derive(Default)]
struct Client {
    peer: Option<Peer>,
    /// Bytes received of a frame that is not whole.
    bytes: Vec<u8>,
    /// What the client keeps, and brings when it comes back.
    positions: BTreeMap<String, String>,
    ids: (VecDeque<String>, HashSet<String>),
    /// The last message of each room that it has got.
    at: BTreeMap<String, usize>,
    /// What it has given to the application.
    given: BTreeSet<u64>,
    recovered: usize,
    lost: usize,
}

struct World {
    hub: Hub,
    rooms: BTreeMap<String, Said>,
    clients: Vec<Client>,
    messages: u64,
    /// Rooms of the last messages.
    sent_to: BTreeMap<u64, Vec<String>>,
}

impl World {
    fn new() -> Self {
        let (hub, _) = hub();
        for (room, name) in ROOMS.iter().enumerate().take(KEPT) {
            hub.keep_history(name, rule(room));
        }
        Self {
            hub,
            rooms: ROOMS.map(|room| (room.to_owned(), Said::default())).into(),
            clients: (0..CLIENTS).map(|_| Client::default()).collect(),
            messages: 0,
            sent_to: BTreeMap::new(),
        }
    }

    fn step(&mut self, random: &mut Random) {
        let client = random.below(CLIENTS);
        let room = random.below(ROOMS.len());
        match random.below(100) {
            0..10 => self.come(client),
            10..26 => self.join(client, room, random),
            26..29 => self.leave(client, room),
            29..31 if random.one_in(3) => self.leave_all(client),
            29..66 => self.say(&[room]),
            66..70 => self.say(&[room, KEPT]),
            70..78 => self.say(&[room, (room + 1) % ROOMS.len(), (room + 3) % ROOMS.len()]),
            78..92 => self.read(client),
            92..97 => self.cut(client, random),
            97..99 => self.hub.sweep_history(self.hub.now()),
            _ => std::thread::sleep(std::time::Duration::from_micros(300)),
        }
    }

    fn come(&mut self, client: usize) {
        let client = &mut self.clients[client];
        if client.peer.is_some() {
            return;
        }
        client.bytes.clear();
        let positions = serde_json::to_string(&client.positions).unwrap();
        client.peer = Some(arrive(&self.hub, &positions));
    }

    fn join(&mut self, client: usize, room: usize, random: &mut Random) {
        let Some(peer) = &self.clients[client].peer else {
            return;
        };
        let room = ROOMS[room];
        if random.one_in(2) {
            self.hub.join(peer.slot(), room);
        } else {
            let told = self.hub.join_and_tell(peer.slot(), room, random.below(8));
            assert!(told.is_some());
        }
        self.note(room);
    }

    fn leave(&mut self, client: usize, room: usize) {
        if let Some(peer) = &self.clients[client].peer {
            self.hub.leave(peer.slot(), ROOMS[room]);
        }
    }

    fn leave_all(&mut self, client: usize) {
        if let Some(peer) = &self.clients[client].peer {
            self.hub.leave_all(peer.slot());
        }
    }

    fn say(&mut self, rooms: &[usize]) {
        self.messages += 1;
        let names: Vec<_> = rooms.iter().map(|&room| ROOMS[room]).collect();
        let text = format!(r#"{{"n":"said","p":{}}}"#, self.messages);
        self.sent_to.insert(
            self.messages,
            names.iter().map(|&name| name.to_owned()).collect(),
        );
        if self.sent_to.len() > 6000 {
            self.sent_to.pop_first();
        }
        for name in &names {
            self.rooms.get_mut(*name).unwrap().count += 1;
        }
        if let [name] = names[..] {
            self.hub.publish(name, &text);
        } else {
            self.hub.publish_to_rooms(&names, &text, |_| true);
        }
        for name in names {
            self.note(name);
        }
    }

    /// Notes where a room stands.
    fn note(&mut self, room: &str) {
        let Some(reading) = self.hub.read_history(room, None, 0) else {
            return;
        };
        let Position { epoch, offset, .. } = reading.position;
        let said = self.rooms.get_mut(room).unwrap();
        said.before.insert(reading.position.to_string(), said.count);
        if offset == 1 {
            let start = Position {
                epoch,
                offset: 0,
                tag: 0,
            };
            said.before.insert(start.to_string(), said.count - 1);
        }
    }

    /// Reads all that waits for a client.
    fn read(&mut self, client: usize) {
        let Some(peer) = &self.clients[client].peer else {
            return;
        };
        let slot = peer.slot();
        self.receive(client);
        // Whoever is connected and has read everything has everything.
        for room in self.hub.registry().rooms_of(slot) {
            if let Some(position) = self.clients[client].positions.get(&*room) {
                let said = &self.rooms[&*room];
                assert_eq!(said.before[position], said.count, "{room}");
            }
        }
    }

    fn receive(&mut self, client: usize) {
        self.hub.flush_waiting();
        let Some(peer) = &self.clients[client].peer else {
            return;
        };
        peer.connection.flush();
        let bytes = peer.link.take_bytes();
        self.clients[client].bytes.extend(bytes);
        let texts = take_whole(&mut self.clients[client].bytes);
        for text in texts {
            self.clients[client].take(&text, &self.rooms, &self.sent_to);
        }
    }

    /// The connection breaks after any byte.
    fn cut(&mut self, client: usize, random: &mut Random) {
        let Some(peer) = &self.clients[client].peer else {
            return;
        };
        if random.one_in(2) {
            peer.link.set_room(random.below(600));
        }
        self.receive(client);
        if let Some(mut peer) = self.clients[client].peer.take() {
            self.hub
                .ended(&peer.connection, &mut peer.progress, 1006, "");
            take_all(&self.hub.inbox);
            self.hub.release(peer.slot());
        }
    }
}

/// Takes the whole frames.
fn take_whole(bytes: &mut Vec<u8>) -> Vec<String> {
    let mut texts = Vec::new();
    loop {
        let (header, length) = match bytes[..] {
            [_, 126, high, low, ..] => (4, usize::from(u16::from_be_bytes([high, low]))),
            [_, length @ ..126, ..] => (2, usize::from(length)),
            _ => return texts,
        };
        if bytes.len() < header + length {
            return texts;
        }
        let frame: Vec<u8> = bytes.drain(..header + length).collect();
        texts.push(String::from_utf8(frame[header..].to_vec()).unwrap());
    }
}

impl Client {
    /// Does what a client does with a message, and sees that it may come.
    fn take(
        &mut self,
        text: &str,
        rooms: &BTreeMap<String, Said>,
        sent_to: &BTreeMap<u64, Vec<String>>,
    ) {
        let message: Value = serde_json::from_str(text).unwrap();
        let Some(room) = message["r"].as_str() else {
            // Of a room without history.
            if self.is_new(&message) {
                self.give(&message, text);
            }
            return;
        };
        let Some(position) = message["o"].as_str() else {
            assert_eq!(message["n"], "_o");
            self.positions.remove(room);
            self.at.remove(room);
            self.forget(room, sent_to);
            return;
        };
        let count = rooms[room].before[position];
        self.positions.insert(room.to_owned(), position.to_owned());
        if message["n"] == "_o" {
            if message["p"]["recovered"] == true {
                assert_eq!(self.at.get(room), Some(&count), "complete: {text}");
                self.recovered += 1;
            } else if self
                .at
                .insert(room.to_owned(), count)
                .is_some_and(|at| at != count)
            {
                // Some are lost, so the application begins anew.
                self.lost += 1;
                self.forget(room, sent_to);
            }
            return;
        }
        if let Some(at) = self.at.insert(room.to_owned(), count) {
            assert_eq!(count, at + 1, "the next one: {text}");
        }
        if self.is_new(&message) {
            self.give(&message, text);
        }
    }

    /// What the application was given of a room does not count any more.
    fn forget(&mut self, room: &str, sent_to: &BTreeMap<u64, Vec<String>>) {
        let is_of_room = |message: &u64| {
            let rooms = sent_to.get(message);
            rooms.is_some_and(|rooms| rooms.iter().any(|each| each == room))
        };
        self.given.retain(|message| !is_of_room(message));
    }

    fn is_new(&mut self, message: &Value) -> bool {
        let Some(id) = message["d"].as_str() else {
            return true;
        };
        if !self.ids.1.insert(id.to_owned()) {
            return false;
        }
        self.ids.0.push_back(id.to_owned());
        if self.ids.0.len() > IDS
            && let Some(oldest) = self.ids.0.pop_front()
        {
            self.ids.1.remove(&oldest);
        }
        true
    }

    fn give(&mut self, message: &Value, text: &str) {
        if let Some(number) = message["p"].as_u64() {
            assert!(self.given.insert(number), "not twice: {text}");
            if self.given.len() > 5000 {
                self.given.pop_first();
            }
        }
    }
}

fn number(name: &str, standard: usize) -> usize {
    let given = std::env::var(name).ok();
    given.map_or(standard, |text| text.parse().unwrap())
}

#[test]
fn recovered_implies_complete_and_nothing_comes_twice() {
    let seed = number("LINE_MODEL_SEED", 20_260_501);
    let mut random = Random(seed as u64 | 1);
    let mut world = World::new();
    for _ in 0..number("LINE_MODEL_STEPS", STEPS) {
        world.step(&mut random);
    }
    for client in 0..CLIENTS {
        world.read(client);
    }
    // Both happen often, or the steps show nothing.
    let recovered: usize = world.clients.iter().map(|client| client.recovered).sum();
    let lost: usize = world.clients.iter().map(|client| client.lost).sum();
    println!(
        "{recovered} recovered, {lost} lost, {} messages",
        world.messages
    );
    assert!(recovered > 100, "{recovered}");
    assert!(lost > 100, "{lost}");
}
