//! Nodes over a real server: rooms with history when it is killed, with and without its data.

use std::sync::Arc;
use std::time::Duration;

use super::support::{Server, engine};
use crate::cluster::testing::until;
use crate::cluster::{Node, NodeSettings, Phase};
use crate::hub::testing::{CountingWake, FakeLink, Peer, frames, take_all};
use crate::hub::{HistoryRule, Hub, Target};

struct Member {
    peer: Peer,
    texts: Vec<String>,
}

struct Joined {
    hub: Arc<Hub>,
    node: Node,
}

impl Joined {
    fn start(server: &Server) -> Self {
        let hub = Arc::new(Hub::new(Box::new(CountingWake::default())));
        let rule = HistoryRule {
            size: 1000,
            ttl: 60_000,
            max_replay: 300,
            local_when_down: false,
        };
        hub.keep_history("news", rule);
        let settings = NodeSettings {
            heartbeat_interval: Duration::from_millis(200),
            ..NodeSettings::default()
        };
        let engine = Arc::new(engine(&server.unix()));
        let node = Node::start(Arc::clone(&hub), engine, settings).unwrap();
        let joined = Self { hub, node };
        until("up", || joined.is_up());
        joined
    }

    fn is_up(&self) -> bool {
        matches!(self.node.phase(), Phase::Up(_))
    }

    fn member(&self, positions: &str) -> Member {
        let mut peer = Peer::over(&self.hub, FakeLink::open());
        let handshake = format!(r#"{{"n":"_h","i":"h","o":{positions}}}"#);
        peer.say(&self.hub, &handshake);
        take_all(&self.hub.inbox);
        self.hub.admit(peer.slot());
        self.hub.join(peer.slot(), "news");
        let mut member = Member {
            peer,
            texts: Vec::new(),
        };
        until("joined", || {
            member.read();
            member
                .texts
                .iter()
                .any(|text| text.contains("\"recovered\":"))
        });
        member
    }

    fn say(&self, number: u32) {
        let target = Target {
            rooms: Some(vec!["news".into()]),
            ..Target::default()
        };
        let text = format!(r#"{{"n":"said","p":{number}}}"#);
        self.hub.broadcast_everywhere(&target, &text, None);
    }
}

impl Member {
    fn read(&mut self) {
        self.peer.connection.flush();
        let read = frames(&self.peer.link.take_bytes());
        let texts = read
            .into_iter()
            .map(|(_, text)| String::from_utf8(text).unwrap());
        self.texts.extend(texts);
    }

    fn said(&mut self) -> Vec<String> {
        self.read();
        let said = self.texts.iter().filter(|text| text.contains("said"));
        said.cloned().collect()
    }

    fn losses(&self) -> usize {
        let told = self.texts.iter().skip(1);
        told.filter(|text| text.contains("\"recovered\":false"))
            .count()
    }
}

/// Two nodes with a member each, whose server is killed for a while. Returns what the members were told of losses.
fn kill_between(options: &[&str]) -> [usize; 2] {
    let mut server = Server::start(options);
    let (one, two) = (Joined::start(&server), Joined::start(&server));
    let (mut a, mut b) = (one.member("{}"), two.member("{}"));
    let start = a.texts[0].clone();
    for number in 0..20 {
        one.say(number);
        two.say(100 + number);
    }
    until("delivered", || a.said().len() == 40 && b.said().len() == 40);
    server.kill();
    until("down", || !one.is_up() && !two.is_up());
    for number in 20..40 {
        one.say(number);
        two.say(100 + number);
    }
    server.restart();
    until("delivered", || a.said().len() == 80 && b.said().len() == 80);
    assert_eq!(a.said(), b.said(), "one order");
    for from in [0, 100] {
        let of_one: Vec<String> = (from..from + 40)
            .map(|number| format!(r#"{{"n":"said","p":{number},"#))
            .collect();
        let said = a.said();
        let mine = said
            .iter()
            .filter(|text| of_one.iter().any(|own| text.starts_with(own)));
        let in_order = mine.zip(&of_one).all(|(text, own)| text.starts_with(own));
        assert!(in_order, "in the order of their sender");
    }
    // A client that comes back to a node that knows nothing yet.
    let third = Joined::start(&server);
    let position: serde_json::Value = serde_json::from_str(&start).unwrap();
    let mut back = third.member(&format!(r#"{{"news":{}}}"#, position["o"]));
    let recovered = back
        .texts
        .iter()
        .any(|text| text.contains("\"recovered\":true"));
    assert_eq!(recovered, a.losses() == 0);
    assert_eq!(back.said().len(), if recovered { 80 } else { 0 });
    [a.losses(), b.losses()]
}

#[test]
fn nothing_is_lost_when_the_server_is_killed() {
    let losses = kill_between(&["--appendonly", "yes", "--appendfsync", "always"]);
    assert_eq!(losses, [0, 0]);
}

#[test]
fn members_are_told_when_it_comes_back_without_its_data() {
    assert_eq!(kill_between(&[]), [1, 1]);
}
