//! Several nodes in one process, over an engine in memory.

use std::sync::Arc;
use std::time::Duration;

mod histories;
mod model;

use super::shared::lock;
use super::testing::{Broker, until};
use super::*;
use crate::hub::testing::{CountingWake, FakeLink, facts};
use crate::hub::{Accepted, Answers, AskedMembers, ConnectionRef, Hub, Kind, Target};

mod claims;
mod questions;
mod turns;
mod twins;

struct Server {
    hub: Arc<Hub>,
    node: Node,
}

fn settings() -> NodeSettings {
    NodeSettings {
        name: "test".into(),
        unsubscribe_delay: Duration::from_millis(20),
        heartbeat_interval: Duration::from_millis(100),
        ..NodeSettings::default()
    }
}

impl Server {
    fn start(broker: &Broker, settings: NodeSettings) -> Self {
        let hub = Arc::new(Hub::new(Box::new(CountingWake::default())));
        let node = Node::start(Arc::clone(&hub), broker.engine(), settings).unwrap();
        Self { hub, node }
    }

    fn is_up(&self) -> bool {
        matches!(self.node.phase(), Phase::Up(_))
    }

    /// A client that is a member of a room, whose messages are what its link has got.
    fn client(&self, id: &str, room: &str) -> (ConnectionRef, FakeLink) {
        let link = FakeLink::open();
        let connection = self.hub.open(Box::new(link.clone()), facts());
        self.hub.registry().set_id(connection.slot(), id);
        self.hub.admit(connection.slot());
        self.hub.join(connection.slot(), room);
        (connection, link)
    }

    fn broadcast(&self, target: &Target, text: &str) -> Option<Accepted> {
        let sent = self.hub.broadcast_everywhere(target, text, None);
        self.flush();
        sent.elsewhere
    }

    fn flush(&self) {
        let connections: Vec<_> = self.hub.registry().connections().cloned().collect();
        for connection in connections {
            connection.flush();
        }
    }

    fn texts(&self, link: &FakeLink) -> Vec<String> {
        self.flush();
        link.texts()
    }
}

fn room(name: &str) -> Target {
    Target {
        rooms: Some(vec![name.into()]),
        ..Target::default()
    }
}

fn channel(name: &str) -> Channel {
    Channel::Room(name.into())
}

/// Two nodes that are up and know each other.
fn two(broker: &Broker) -> (Server, Server) {
    let (one, two) = (
        Server::start(broker, settings()),
        Server::start(broker, settings()),
    );
    until("up", || one.is_up() && two.is_up());
    (one, two)
}

mod presence;

const HI: &str = r#"{"n":"said","p":"hi"}"#;

#[test]
fn a_message_reaches_members_on_other_nodes_and_nobody_else() {
    let broker = Broker::new();
    let (one, two) = two(&broker);
    let three = Server::start(&broker, settings());
    let (_here, here) = one.client("a", "news");
    let (_there, there) = two.client("b", "news");
    let (_other, other) = three.client("c", "other");
    until("subscribed", || broker.subscribers(&channel("news")) == 2);
    until("subscribed", || broker.subscribers(&channel("other")) == 1);
    assert_eq!(one.broadcast(&room("news"), HI), Some(Accepted::Yes));
    assert_eq!(one.texts(&here), [HI], "at once, and once");
    until("delivered", || two.texts(&there) == [HI]);
    one.broadcast(&Target::default(), r#"{"n":"all"}"#);
    until("delivered", || three.texts(&other) == [r#"{"n":"all"}"#]);
    until("echoed", || one.texts(&here).len() == 2);
    assert_eq!(broker.published(&channel("news")).len(), 1);
}

#[test]
fn exceptions_hold_on_all_nodes() {
    let broker = Broker::new();
    let (one, two) = two(&broker);
    let (here, here_link) = one.client("a", "news");
    let (_b, b) = two.client("b", "news");
    let (_c, c) = two.client("c", "news");
    let (d_ref, d) = two.client("d", "news");
    two.hub.join(d_ref.slot(), "quiet");
    until("subscribed", || broker.subscribers(&channel("news")) == 2);
    let target = Target {
        except: vec![here.slot()],
        except_ids: vec!["b".into()],
        except_rooms: vec!["quiet".into()],
        ..room("news")
    };
    one.broadcast(&target, HI);
    until("delivered", || two.texts(&c) == [HI]);
    for silent in [&here_link, &b, &d] {
        assert!(silent.texts().is_empty());
    }
    let local = Target {
        local: true,
        ..room("news")
    };
    assert_eq!(one.broadcast(&local, HI), None);
}

#[test]
fn a_message_for_several_rooms_comes_once() {
    let broker = Broker::new();
    let (one, two) = two(&broker);
    let (both_ref, both) = two.client("b", "x");
    two.hub.join(both_ref.slot(), "y");
    until("subscribed", || broker.subscribers(&channel("y")) == 1);
    until("subscribed", || broker.subscribers(&channel("x")) == 1);
    let target = Target {
        rooms: Some(vec!["x".into(), "y".into(), "z".into()]),
        ..Target::default()
    };
    one.broadcast(&target, HI);
    one.broadcast(&room("y"), r#"{"n":"last"}"#);
    until("delivered", || two.texts(&both).len() >= 2);
    assert_eq!(two.texts(&both), [HI, r#"{"n":"last"}"#]);
}

#[test]
fn rooms_are_subscribed_while_they_have_members() {
    let broker = Broker::new();
    let (one, _two) = two(&broker);
    let (member, _link) = one.client("a", "news");
    until("subscribed", || broker.subscribers(&channel("news")) == 1);
    one.hub.leave(member.slot(), "news");
    until("unsubscribed", || broker.subscribers(&channel("news")) == 0);
}

#[test]
fn what_is_sent_while_the_engine_is_down_comes_when_it_is_back() {
    let broker = Broker::new();
    let (one, two) = two(&broker);
    let (_a, a) = one.client("a", "news");
    let (_b, b) = two.client("b", "news");
    until("subscribed", || broker.subscribers(&channel("news")) == 2);
    broker.go_down();
    until("down", || {
        one.node.phase() == Phase::Down && two.node.phase() == Phase::Down
    });
    for number in 0..20 {
        one.broadcast(&room("news"), &format!("{{\"n\":\"m\",\"p\":{number}}}"));
    }
    assert_eq!(one.texts(&a).len(), 20, "members here get it at once");
    broker.come_back();
    until("back", || one.is_up() && two.is_up());
    let news = one.node.take_news();
    assert!(news.iter().any(|news| matches!(news, News::Down(_))));
    assert!(news.iter().any(|news| matches!(news, News::Resumed { .. })));
    one.broadcast(&room("news"), r#"{"n":"end"}"#);
    until("delivered", || {
        two.texts(&b)
            .last()
            .is_some_and(|text| text.contains("end"))
    });
    assert_eq!(two.texts(&b).len(), 21, "one has waited until two was back");
    assert_eq!(broker.published(&channel("news")).len(), 21);
}

#[test]
fn too_much_that_waits_is_refused() {
    let broker = Broker::new();
    broker.go_down();
    let bounded = NodeSettings {
        max_queued_bytes: 1000,
        max_queued_time: Duration::from_millis(50),
        ..settings()
    };
    let server = Server::start(&broker, bounded);
    let text = format!("{{\"n\":\"{}\"}}", "x".repeat(600));
    assert_eq!(server.broadcast(&room("news"), &text), Some(Accepted::Yes));
    assert_eq!(server.broadcast(&room("news"), &text), Some(Accepted::Busy));
    until("expired", || {
        server.broadcast(&room("news"), &text) == Some(Accepted::Yes)
    });
}

#[test]
fn receipts_say_what_became_of_a_message() {
    let broker = Broker::new();
    let (one, _two) = two(&broker);
    let mut news = Vec::new();
    broker.refuse(channel("secret"));
    one.hub.broadcast_everywhere(&room("news"), HI, Some(5));
    one.hub.broadcast_everywhere(&room("secret"), HI, Some(6));
    until("told", || {
        news.extend(one.node.take_news());
        let told = news
            .iter()
            .filter(|news| matches!(news, News::Published { .. }));
        told.count() == 2
    });
    assert!(news.contains(&News::Published {
        key: 5,
        outcome: Ok(None)
    }));
    let refused = |news: &News| {
        matches!(
            news,
            News::Published {
                key: 6,
                outcome: Err(_)
            }
        )
    };
    assert!(news.iter().any(refused));
}

#[test]
fn a_list_of_no_rooms_has_a_receipt_too() {
    let broker = Broker::new();
    let (one, _two) = two(&broker);
    let nobody = Target {
        rooms: Some(Vec::new()),
        ..Target::default()
    };
    let sent = one.hub.broadcast_everywhere(&nobody, HI, Some(9));
    assert_eq!(sent.elsewhere, Some(Accepted::Yes));
    let outcome = Ok(None);
    assert!(
        one.node
            .take_news()
            .contains(&News::Published { key: 9, outcome })
    );
}

#[test]
fn questions_do_not_wait_for_nodes_that_are_not_back() {
    let broker = Broker::new();
    let patient = NodeSettings {
        heartbeat_interval: Duration::from_mins(1),
        ..settings()
    };
    let one = Server::start(&broker, patient);
    until("up", || one.is_up());
    let shared = &one.node.shared;
    let absent = NodeId::random();
    lock(&shared.awaited).lost([absent].into_iter());
    lock(&shared.awaited).back(std::time::Instant::now());
    one.broadcast(&room("news"), HI);
    let question = control::Control::WhoIs { rooms: Vec::new() };
    shared.queue_control(Channel::Node(absent), &question);
    until("asked", || {
        broker.published(&Channel::Node(absent)).len() == 1
    });
    assert!(broker.published(&channel("news")).is_empty(), "it waits");
    lock(&shared.awaited).heard(absent);
    shared.filled.notify_one();
    until("published", || {
        broker.published(&channel("news")).len() == 1
    });
}

#[test]
fn nodes_know_each_other_until_one_ends() {
    let broker = Broker::new();
    let (one, two) = two(&broker);
    let mut news = Vec::new();
    let id = two.node.id();
    until("joined", || {
        news.extend(one.node.take_news());
        news.iter()
            .any(|news| matches!(news, News::Joined(peer) if peer.id == id))
    });
    drop(two);
    until("left", || {
        news.extend(one.node.take_news());
        news.iter()
            .any(|news| matches!(news, News::Left(peer) if peer.id == id))
    });
}

#[test]
fn a_node_that_was_taken_for_dead_repeats_nothing() {
    let broker = Broker::new();
    let (one, two) = two(&broker);
    let (_there, there) = two.client("b", "news");
    until("subscribed", || broker.subscribers(&channel("news")) == 1);
    one.broadcast(&room("news"), HI);
    until("delivered", || two.texts(&there) == [HI]);
    let [published] = broker.published(&channel("news")).try_into().unwrap();
    broker.set_mute(0, true);
    until("dead", || two.node.peers().is_empty());
    // It did not hear that the engine had the message, and publishes it again.
    broker.publish(&channel("news"), &published);
    broker.publish(&channel("news"), br#"{"n":"said","p":"last"}"#);
    let last = r#"{"n":"said","p":"last"}"#;
    until("delivered", || two.texts(&there).contains(&last.to_owned()));
    assert_eq!(two.texts(&there), [HI, last]);
}

#[test]
fn a_connection_that_passes_nothing_on_is_made_anew() {
    let broker = Broker::new();
    let (one, two) = two(&broker);
    until("known", || {
        one.node
            .take_news()
            .iter()
            .any(|news| matches!(news, News::Joined(_)))
    });
    broker.set_deaf(0, true);
    let mut news = Vec::new();
    until("down", || {
        news.extend(one.node.take_news());
        news.iter().any(|news| matches!(news, News::Down(_)))
    });
    broker.set_deaf(0, false);
    until("up", || one.is_up() && two.is_up());
}

#[test]
fn an_engine_that_answers_nothing_is_found_by_missing_heartbeats() {
    let broker = Broker::new();
    let (one, two) = two(&broker);
    until("a first heartbeat", || one.node.peers().len() == 1);
    broker.set_stuck(0, true);
    let mut news = Vec::new();
    until("down", || {
        news.extend(one.node.take_news());
        news.iter().any(|news| matches!(news, News::Down(_)))
    });
    broker.set_stuck(0, false);
    until("up", || one.is_up() && two.is_up());
}

#[test]
fn what_other_programs_publish_is_checked() {
    let broker = Broker::new();
    let (one, _two) = two(&broker);
    let (_a, a) = one.client("a", "news");
    until("subscribed", || broker.subscribers(&channel("news")) == 1);
    let refused: [&[u8]; 7] = [
        b"",
        b"hello",
        b"{\"n\":\"x\"",
        b"{\"n\":\"x\",\"i\":\"1\"}",
        b"{\"n\":\"x\",\"other\":1}",
        b"{\"p\":1}",
        b"\x02\x01\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0a\x0b\x0c\x0d{}",
    ];
    for message in refused {
        broker.publish(&channel("news"), message);
    }
    let large = format!("{{\"n\":\"x\",\"p\":\"{}\"}}", "x".repeat(1024 * 1024));
    broker.publish(&channel("news"), large.as_bytes());
    broker.publish(&channel("news"), HI.as_bytes());
    assert_eq!(one.texts(&a), [HI]);
}

#[test]
fn the_end_of_a_node_is_bounded_while_the_engine_is_down() {
    let broker = Broker::new();
    let (one, _two) = two(&broker);
    broker.go_down();
    let start = std::time::Instant::now();
    one.hub.broadcast_everywhere(&room("news"), HI, Some(1));
    one.node.stop();
    let mut news = Vec::new();
    until("stopped", || {
        news.extend(one.node.take_news());
        news.contains(&News::Stopped)
    });
    assert!(start.elapsed() < Duration::from_secs(3));
    let told = |news: &News| matches!(news, News::Published { key: 1, .. });
    assert!(news.iter().any(told), "nobody waits for ever");
}
