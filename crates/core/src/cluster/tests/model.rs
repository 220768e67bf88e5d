//! Rooms with history on several nodes beside a model of their clients, which come to any node, leave rooms and join them
//! again, are cut off and come back, while the engine fails in all ways it can, at random.
//!
//! Each message comes to a client at most once and at the position that follows the last; a client that is told that
//! it has recovered has all of them. While the engine loses no data, nothing is lost at all.
//!
//! A few seconds by default; for as many seconds as `LINE_MODEL_SECONDS` says, from the seed `LINE_MODEL_SEED`.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use super::histories::{RULE, arrive};
use super::*;
use crate::cluster::wire::{self, Message};
use crate::hub::testing::{Peer, frames, take_all};
use crate::hub::{HistoryRule, Position};

const NODES: usize = 3;
const CLIENTS: usize = 8;
const ROOMS: [&str; 2] = ["long", "short"];

/// A xorshift generator: the same steps for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }
}

#[derive(Default)]
struct Client {
    peer: Option<(usize, Peer)>,
    /// Where it stands, by room.
    at: HashMap<String, Position>,
    /// Rooms that it has left on this connection.
    left: HashSet<&'static str>,
    /// Messages that it has got since it has joined or was told of a loss, by room.
    given: HashMap<String, HashSet<u64>>,
    /// Times that it was told of a loss, by room.
    losses: HashMap<String, usize>,
}

struct World {
    broker: Broker,
    nodes: Vec<Server>,
    clients: Vec<Client>,
    said: u64,
    /// Which message a position stands for.
    messages: HashMap<(String, String), u64>,
}

impl World {
    fn new() -> Self {
        let broker = Broker::keeping();
        let nodes = (0..NODES).map(|_| {
            let settings = NodeSettings {
                idle_check: Duration::from_millis(100),
                ..settings()
            };
            let server = Server::start(&broker, settings);
            let long = HistoryRule {
                size: 100_000,
                max_replay: 100_000,
                ..RULE
            };
            let short = HistoryRule {
                size: 12,
                max_replay: 8,
                ..RULE
            };
            server.hub.keep_history("long", long);
            server.hub.keep_history("short", short);
            server
        });
        Self {
            nodes: nodes.collect(),
            broker,
            clients: (0..CLIENTS).map(|_| Client::default()).collect(),
            said: 0,
            messages: HashMap::new(),
        }
    }

    fn step(&mut self, random: &mut Random, loses_data: bool) {
        let (client, node) = (random.below(CLIENTS), random.below(NODES));
        let room = ROOMS[random.below(2)];
        match random.below(1000) {
            0..60 => self.come(client, node, random),
            60..90 => self.cut(client),
            156..180 => self.change_rooms(client, room),
            90..96 => self.broker.go_down(),
            96..130 => self.broker.come_back(),
            130..136 => self.broker.lose_reply_after(random.below(4)),
            136..140 => self.broker.set_deaf(node, true),
            140..150 => (0..NODES).for_each(|node| self.broker.set_deaf(node, false)),
            150..152 if loses_data => {
                self.broker.go_down();
                self.broker.lose_data();
            }
            152..156 if loses_data => {
                self.broker.go_down();
                self.broker.forget_last(room, 1 + random.below(4));
            }
            180..500 => self.say(node, room),
            500..800 => self.read(client),
            _ => std::thread::sleep(Duration::from_micros(200)),
        }
    }

    fn say(&mut self, node: usize, room_name: &str) {
        self.said += 1;
        let text = format!(r#"{{"n":"said","p":{}}}"#, self.said);
        let outcome = self.nodes[node]
            .hub
            .broadcast_everywhere(&room(room_name), &text, None);
        assert_eq!(outcome.elsewhere, Some(Accepted::Yes));
    }

    fn come(&mut self, client: usize, node: usize, random: &mut Random) {
        let client = &mut self.clients[client];
        if client.peer.is_some() {
            return;
        }
        let positions: HashMap<&str, String> = (client.at.iter())
            .map(|(room, position)| (room.as_str(), position.to_string()))
            .collect();
        let positions = serde_json::to_string(&positions).unwrap();
        let peer = arrive(&self.nodes[node], &positions);
        let hub = &self.nodes[node].hub;
        for room in ROOMS {
            if random.below(2) == 0 {
                hub.join(peer.slot(), room);
            } else {
                hub.join_and_tell_later(peer.slot(), room, 0, Some(1));
            }
        }
        client.left.clear();
        client.peer = Some((node, peer));
    }

    /// Leaves a room, or joins it again.
    fn change_rooms(&mut self, client: usize, room: &'static str) {
        let client = &mut self.clients[client];
        let Some((node, peer)) = &client.peer else {
            return;
        };
        let hub = &self.nodes[*node].hub;
        if client.left.remove(room) {
            hub.join(peer.slot(), room);
        } else {
            client.left.insert(room);
            hub.leave(peer.slot(), room);
        }
    }

    fn cut(&mut self, client: usize) {
        self.read(client);
        if let Some((node, mut peer)) = self.clients[client].peer.take() {
            let hub = &self.nodes[node].hub;
            hub.ended(&peer.connection, &mut peer.progress, 1006, "");
            take_all(&hub.inbox);
            hub.release(peer.slot());
        }
    }

    fn read(&mut self, client: usize) {
        let client = &mut self.clients[client];
        let Some((_, peer)) = &client.peer else {
            return;
        };
        peer.connection.flush();
        for (_, payload) in frames(&peer.link.take_bytes()) {
            let text = String::from_utf8(payload).unwrap();
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            let room = value["r"].as_str().unwrap().to_owned();
            let Some(position) = value["o"].as_str() else {
                client.leave(&room);
                continue;
            };
            let position = Position::parse(position).unwrap();
            client.take(&value, &text, &room, position);
            if let Some(number) = value["p"].as_u64() {
                let position = (room, position.to_string());
                let known = *self.messages.entry(position).or_insert(number);
                assert_eq!(known, number, "{text}: a position stands for one message");
            }
        }
    }

    /// Everything works again, and everybody has got everything.
    fn settle(&mut self) {
        self.broker.come_back();
        (0..NODES).for_each(|node| self.broker.set_deaf(node, false));
        let is_quiet = |node: &Server| node.is_up() && node.node.report().queued_bytes == 0;
        until("quiet", || self.nodes.iter().all(is_quiet));
        for client in 0..CLIENTS {
            if self.clients[client].peer.is_none() {
                continue;
            }
            for room in ROOMS {
                if self.clients[client].left.contains(room) {
                    self.change_rooms(client, room);
                }
                let start = Instant::now();
                loop {
                    self.read(client);
                    let at = self.clients[client].at.get(room).copied();
                    let head = self.broker.head(room);
                    if at.is_some() && at == head {
                        break;
                    }
                    let late = start.elapsed() > Duration::from_secs(10);
                    assert!(
                        !late,
                        "client {client} is at {at:?} in {room}, not {head:?}"
                    );
                    std::thread::sleep(Duration::from_millis(2));
                }
            }
        }
    }

    /// Numbers of the messages of a room in the order of the engine, each with its sender.
    fn kept(&self, room: &str) -> Vec<(NodeId, u64)> {
        let published = self.broker.published(&channel(room));
        let kept = published.iter().map(|data| {
            let Ok(Message::Kept { message, .. }) = wire::read(data) else {
                panic!("not a kept message");
            };
            let Ok(Message::Broadcast { origin, text, .. }) = wire::read(message) else {
                panic!("not a broadcast");
            };
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            (origin.node, value["p"].as_u64().unwrap())
        });
        kept.collect()
    }
}

impl Client {
    /// What is sent while it is not in the room it does not miss.
    fn leave(&mut self, room: &str) {
        self.at.remove(room);
        self.given.remove(room);
    }

    fn take(&mut self, value: &serde_json::Value, text: &str, room: &str, position: Position) {
        let at = self.at.insert(room.to_owned(), position);
        let outcome = value["p"]["recovered"].as_bool();
        match (value["n"].as_str(), outcome) {
            (Some("_o"), Some(true)) => assert_eq!(at, Some(position), "{text}"),
            (Some("_o"), Some(false)) => {
                if at.is_some() {
                    *self.losses.entry(room.to_owned()).or_default() += 1;
                    self.given.remove(room);
                }
            }
            (Some("_o" | "said"), _) => {
                let at = at.unwrap_or_else(|| panic!("{text} before the client has joined"));
                let follows = at.epoch == position.epoch && at.offset + 1 == position.offset;
                assert!(follows, "{text} follows {at}");
                if let Some(number) = value["p"].as_u64() {
                    let is_new = (self.given.entry(room.to_owned()).or_default()).insert(number);
                    assert!(is_new, "{text} comes twice");
                }
            }
            _ => panic!("{text}"),
        }
    }
}

fn run(loses_data: bool) {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seed = number("LINE_MODEL_SEED").unwrap_or_else(|| u64::from(std::process::id()) + 1);
    let time = Duration::from_secs(number("LINE_MODEL_SECONDS").unwrap_or(3));
    println!("LINE_MODEL_SEED={seed}");
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut world = World::new();
    until("up", || world.nodes.iter().all(Server::is_up));
    let start = Instant::now();
    while start.elapsed() < time {
        for _ in 0..1000 {
            world.step(&mut random, loses_data);
        }
        world.settle();
    }
    println!("{} messages", world.said);
    if loses_data {
        return;
    }
    let mut all = HashSet::new();
    for room in ROOMS {
        let mut last = HashMap::new();
        for (node, number) in world.kept(room) {
            assert!(all.insert(number), "{number} is kept twice");
            let before = last.insert(node, number).unwrap_or(0);
            assert!(before < number, "a node's messages keep their order");
        }
    }
    assert_eq!(all.len() as u64, world.said);
    for client in &world.clients {
        assert_eq!(
            client.losses.get("long"),
            None,
            "nothing is lost inside the window"
        );
    }
}

#[test]
fn nothing_is_lost_twice_or_out_of_order() {
    run(false);
}

#[test]
fn whoever_is_told_of_no_loss_has_none() {
    run(true);
}
