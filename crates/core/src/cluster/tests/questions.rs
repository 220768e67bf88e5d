//! Questions to other nodes.

use std::time::Instant;

mod members;

use super::*;
use crate::hub::Progress;

const SECOND: Duration = Duration::from_secs(1);
pub(super) const LONG: Duration = Duration::from_secs(30);

/// Nodes that are up and know each other.
pub(super) fn nodes(broker: &Broker, count: usize) -> Vec<Server> {
    let patient = NodeSettings {
        heartbeat_interval: Duration::from_millis(300),
        ..settings()
    };
    let start = |_| Server::start(broker, patient.clone());
    let nodes: Vec<Server> = (0..count).map(start).collect();
    until("known", || {
        let knows_all = |server: &Server| server.node.peers().len() == count - 1;
        nodes
            .iter()
            .all(|server| server.is_up() && knows_all(server))
    });
    for server in &nodes {
        server.node.take_news();
    }
    nodes
}

fn nobody() -> Vec<NodeId> {
    Vec::new()
}

impl Server {
    fn asked(&self, target: &Target, question: NodeQuestion<'_>) -> Outcome {
        assert_eq!(self.node.ask(7, target, question, LONG), Begun::Asked);
        self.answer(7)
    }

    pub(super) fn answer(&self, key: u32) -> Outcome {
        let mut outcome = None;
        until("answered", || {
            outcome = self.node.take_answer(key);
            outcome.is_some()
        });
        // The news follows the outcome.
        until("told", || {
            self.node.take_news().contains(&News::Answered(key))
        });
        outcome.unwrap()
    }

    /// A message of another application.
    fn message(&self) -> (Option<u64>, String) {
        let mut message = None;
        until("a message", || {
            let news = self.node.take_news().into_iter();
            let mut messages = news.filter_map(|news| match news {
                News::Message { key, text, .. } => Some((key, text)),
                _ => None,
            });
            message = messages.next();
            message.is_some()
        });
        message.unwrap()
    }

    /// Takes all answers of connections, once they are complete.
    fn answers(&self, key: u32) -> Answers {
        let mut all = self.hub.take_answers(key).unwrap();
        while !all.is_over {
            let part = self.hub.take_answers(key).unwrap();
            all.responses.extend(part.responses);
            all.errors.extend(part.errors);
            all.silent.extend(part.silent);
            all.missing_nodes = part.missing_nodes;
            all.is_over = part.is_over;
        }
        all.responses.sort();
        all.silent.sort();
        all
    }

    fn is_answered(&self) -> bool {
        let events = crate::hub::testing::take_all(&self.hub.inbox);
        events.iter().any(|event| event.kind == Kind::Answered)
    }
}

const ASK: &str = r#"{"n":"vote","p":[1],"i":"R5"}"#;

/// Has a client answer the message that it gets next.
fn respond(server: &Server, client: &(ConnectionRef, FakeLink), rest: &str) {
    let mut id = None;
    until("asked", || {
        server.flush();
        let last = client.1.take_texts().pop().unwrap_or_default();
        id = last
            .split("\"i\":")
            .nth(1)
            .map(|id| id.trim_end_matches('}').to_owned());
        id.is_some()
    });
    let text = format!("{{\"n\":\"_r\",\"i\":{}{rest}}}", id.unwrap());
    let mut progress = Progress::default();
    server.hub.receive_text(&client.0, &mut progress, &text);
    server.hub.end_turn();
}

#[test]
fn members_are_counted_listed_moved_and_closed_on_all_nodes() {
    let broker = Broker::new();
    let servers = nodes(&broker, 3);
    let [one, two, three] = &servers[..] else {
        unreachable!()
    };
    let (_a, _) = one.client("a", "news");
    let (b, _) = two.client("b", "news");
    let (_c, c) = three.client("c", "news");
    two.hub
        .registry()
        .set_info(b.slot(), Some("{\"name\":\"B\"}"));
    let count = one.asked(&room("news"), NodeQuestion::Count);
    assert_eq!((count.count, count.missing), (2, nobody()));
    let except = Target {
        except_ids: vec!["c".into()],
        ..Target::default()
    };
    assert_eq!(one.asked(&except, NodeQuestion::Count).count, 1);
    let mut listed = one.asked(&room("news"), NodeQuestion::Fetch(10)).values;
    listed.sort();
    let of_b = Some("{\"name\":\"B\"}".into());
    assert_eq!(listed, [("b".into(), of_b), ("c".into(), None)]);
    assert_eq!(one.asked(&room("news"), NodeQuestion::Join("vip")).count, 2);
    assert_eq!(one.asked(&room("news"), NodeQuestion::Join("vip")).count, 0);
    assert!(two.hub.registry().has_room("vip"));
    let ids = Target {
        ids: Some(vec!["c".into(), "a".into()]),
        ..Target::default()
    };
    assert_eq!(one.asked(&ids, NodeQuestion::Leave("vip")).count, 1);
    let told = one.asked(&ids, NodeQuestion::Tell(r#"{"n":"x","i":"8","p":1}"#));
    assert_eq!(told.count, 1);
    assert_eq!(three.texts(&c), [r#"{"n":"x","p":1}"#], "without an id");
    let closed = one.asked(&room("news"), NodeQuestion::Close(4000, "over"));
    assert_eq!(closed.count, 2);
    three.flush();
    assert_eq!(c.close(), Some((4000, "over".into())));
    let local = Target {
        local: true,
        ..room("news")
    };
    let begun = one.node.ask(1, &local, NodeQuestion::Count, SECOND);
    assert_eq!(begun, Begun::NobodyToAsk);
}

#[test]
fn a_connection_is_found_where_it_got_its_id_and_elsewhere() {
    let broker = Broker::new();
    let servers = nodes(&broker, 3);
    let [one, two, three] = &servers[..] else {
        unreachable!()
    };
    let mut peer = crate::hub::testing::Peer::open(&two.hub);
    peer.shake_hands(&two.hub);
    let id = two.hub.registry().id_of(&peer.connection).unwrap();
    let target = Target {
        ids: Some(vec![id.to_string()]),
        ..Target::default()
    };
    let to_three = || broker.published(&Channel::Node(three.node.id())).len();
    let to_all = || {
        let asks = broker.published(&Channel::Nodes).into_iter();
        asks.filter(|text| String::from_utf8_lossy(text).contains("\"ask\""))
            .count()
    };
    let before = (to_three(), to_all());
    assert_eq!(one.asked(&target, NodeQuestion::Count).count, 1);
    let asked = one.hub.ask_everywhere(5, &target, ASK, 1, 0);
    assert_eq!(asked, Some(AskedMembers { here: 0, nodes: 1 }));
    respond(two, &(peer.connection.clone(), peer.link.clone()), "");
    until("answered", || one.is_answered());
    assert_eq!(one.answers(5).responses.len(), 1);
    assert_eq!((to_three(), to_all()), before, "nobody else was asked");
    // A client takes its id with it to another node.
    two.hub.release(peer.slot());
    let _moved = three.client(&id, "news");
    assert_eq!(one.asked(&target, NodeQuestion::Fetch(1)).values.len(), 1);
    assert!(to_three() > before.0);
}

#[test]
fn long_lists_come_in_parts() {
    let broker = Broker::new();
    let small = NodeSettings {
        max_message: 4096,
        ..settings()
    };
    let (one, two) = (
        Server::start(&broker, small.clone()),
        Server::start(&broker, small),
    );
    until("known", || {
        one.node.peers().len() == 1 && two.node.peers().len() == 1
    });
    until("up", || one.is_up() && two.is_up());
    let clients: Vec<_> = (0..300)
        .map(|number| two.client(&format!("client{number}"), "news"))
        .collect();
    let info = format!("\"{}\"", "x".repeat(10_000));
    two.hub
        .registry()
        .set_info(clients[0].0.slot(), Some(&info));
    let listed = one.asked(&room("news"), NodeQuestion::Fetch(1000));
    // The node tells that one is there, and not what is too large.
    assert_eq!((listed.values.len(), listed.missing), (300, nobody()));
    let large = "x".repeat(5000);
    let begun = one.node.ask(1, &room(&large), NodeQuestion::Count, SECOND);
    assert_eq!(begun, Begun::TooLarge);
}

#[test]
fn applications_answer_each_other() {
    let broker = Broker::new();
    let servers = nodes(&broker, 3);
    let [one, two, three] = &servers[..] else {
        unreachable!()
    };
    let text = r#"{"n":"stats","p":{"all":true}}"#;
    assert_eq!(one.node.send_message(3, text, None, LONG), Begun::Asked);
    let (key, got) = two.message();
    assert_eq!(got, text);
    assert!(two.node.answer_message(key.unwrap(), Ok(Some("null"))));
    assert!(
        two.node.answer_message(key.unwrap(), Ok(Some("1"))),
        "again"
    );
    let (key, _) = three.message();
    assert!(three.node.answer_message(key.unwrap(), Err("\"no\"")));
    let outcome = one.answer(3);
    let name = |server: &Server| -> Arc<str> { server.node.id().to_string().into() };
    assert_eq!(outcome.values, [(name(two), Some("null".into()))]);
    assert_eq!(outcome.errors, [(name(three), "\"no\"".into())]);

    let to = two.node.id().to_string();
    assert_eq!(
        one.node.send_message(4, text, Some(&to), LONG),
        Begun::Asked
    );
    let (key, _) = two.message();
    assert!(two.node.answer_message(key.unwrap(), Ok(None)));
    assert_eq!(one.answer(4).values, [(name(two), None)]);
    let nowhere = one
        .node
        .send_message(5, text, Some("0123456789abcdef"), LONG);
    assert_eq!(nowhere, Begun::NobodyToAsk);
    assert_eq!(one.node.tell_message(text, None), Begun::Asked);
    assert_eq!(two.message(), (None, text.into()));
    assert_eq!(three.message(), (None, text.into()));

    one.node.send_message(6, text, Some(&to), LONG);
    let (key, _) = two.message();
    let large = format!("\"{}\"", "x".repeat(2 * 1024 * 1024));
    assert!(!two.node.answer_message(key.unwrap(), Ok(Some(&large))));
    let outcome = one.answer(6);
    assert!(outcome.errors[0].1.contains("maxMessage"), "{outcome:?}");
}

#[test]
fn nodes_that_do_not_answer_are_missing() {
    let broker = Broker::new();
    let mut servers = nodes(&broker, 3);
    let three = servers.pop().unwrap();
    let (one, two) = (&servers[0], &servers[1]);
    let ids = |servers: &[&Server]| {
        let mut ids: Vec<NodeId> = servers.iter().map(|server| server.node.id()).collect();
        ids.sort();
        ids
    };
    let missing = |key: u32| {
        let mut missing = one.answer(key).missing;
        missing.sort();
        missing
    };
    // The time is over.
    one.node
        .send_message(1, r#"{"n":"x"}"#, None, Duration::from_millis(20));
    assert_eq!(missing(1), ids(&[two, &three]));
    two.message();
    // A node says goodbye, another one dies.
    one.node.send_message(2, r#"{"n":"x"}"#, None, LONG);
    let (key, _) = two.message();
    let id = three.node.id();
    drop(three);
    two.node.answer_message(key.unwrap(), Ok(None));
    assert_eq!(missing(2), [id]);
    one.node.send_message(3, r#"{"n":"x"}"#, None, LONG);
    broker.set_mute(1, true);
    assert_eq!(missing(3), ids(&[two]));
    broker.set_mute(1, false);
    until("known", || one.node.peers().len() == 1);
    // The engine goes down while a question waits.
    one.node.send_message(4, r#"{"n":"x"}"#, None, LONG);
    broker.go_down();
    let start = Instant::now();
    assert_eq!(missing(4), ids(&[two]));
    // And nobody waits while it is down.
    until("down", || one.node.phase() == Phase::Down);
    one.node.ask(5, &room("x"), NodeQuestion::Count, LONG);
    assert_eq!(missing(5), ids(&[two]));
    assert!(start.elapsed() < 5 * SECOND);
}
