//! Questions to other nodes.

use std::time::Instant;

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
        let told = self.node.take_news();
        assert!(told.contains(&News::Answered(key)), "{told:?}");
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
fn members_on_all_nodes_answer() {
    let broker = Broker::new();
    let servers = nodes(&broker, 3);
    let clients: Vec<Vec<_>> = servers
        .iter()
        .enumerate()
        .map(|(node, server)| {
            let client = |number| server.client(&format!("{node}{number}"), "news");
            (0..3).map(client).collect()
        })
        .collect();
    let one = &servers[0];
    let asked = one.hub.ask_everywhere(5, &room("news"), ASK, usize::MAX, 0);
    assert_eq!(asked, Some(AskedMembers { here: 3, nodes: 2 }));
    for (server, clients) in servers.iter().zip(&clients) {
        respond(server, &clients[0], ",\"p\":{\"yes\":1}");
        respond(server, &clients[1], ",\"e\":\"no\"");
    }
    assert!(!one.is_answered());
    assert!(servers[2].texts(&clients[2][2].1)[0].starts_with(r#"{"n":"vote","p":[1],"i":"R2"#));
    for (server, clients) in servers.iter().zip(&clients) {
        server.hub.give_up(&clients[2].0);
    }
    until("answered", || one.is_answered());
    let answers = one.answers(5);
    let ids = |list: &[(Arc<str>, Option<Box<str>>)]| -> Vec<String> {
        list.iter().map(|(id, _)| id.to_string()).collect()
    };
    assert_eq!(ids(&answers.responses), ["00", "10", "20"]);
    assert_eq!(answers.responses[2].1.as_deref(), Some("{\"yes\":1}"));
    assert_eq!(answers.errors.len(), 3);
    assert_eq!(answers.silent, ["02", "12", "22"].map(Arc::from));
    assert!(answers.missing_nodes.is_empty());
    // Two answers leave a node in one message, or in a first and a rest.
    let id = one.node.id();
    let sent = broker.published(&Channel::Node(id)).len();
    assert!(sent <= 8, "{sent}");
}

#[test]
fn enough_answers_end_a_question_everywhere() {
    let broker = Broker::new();
    let servers = nodes(&broker, 2);
    let (one, two) = (&servers[0], &servers[1]);
    let clients: Vec<_> = (0..3)
        .map(|number| two.client(&format!("{number}"), "news"))
        .collect();
    assert!(
        one.hub
            .ask_everywhere(5, &room("news"), ASK, 2, 0)
            .is_some()
    );
    respond(two, &clients[0], "");
    respond(two, &clients[1], "");
    until("answered", || one.is_answered());
    assert_eq!(one.answers(5).responses.len(), 2);
    assert!(!two.hub.awaits_answer_of(&clients[2].0));
    // Enough of several nodes together.
    let (_, _) = one.client("here", "news");
    one.hub.ask_everywhere(6, &room("news"), ASK, 1, 0);
    respond(two, &clients[0], "");
    until("answered", || one.is_answered());
    assert_eq!(one.answers(6).responses.len(), 1);
    until("forgotten", || !two.hub.awaits_answer_of(&clients[2].0));
    // Nobody is there.
    let asked = one.hub.ask_everywhere(7, &room("empty"), ASK, 9, 0);
    assert_eq!(asked, Some(AskedMembers { here: 0, nodes: 1 }));
    until("answered", || one.is_answered());
    assert_eq!(
        one.answers(7),
        Answers {
            is_over: true,
            asked_nodes: true,
            ..Answers::default()
        }
    );
}

#[test]
fn the_silent_are_told_when_the_time_is_over() {
    let broker = Broker::new();
    let servers = nodes(&broker, 2);
    let (one, two) = (&servers[0], &servers[1]);
    let here = one.client("here", "news");
    let there = two.client("there", "news");
    one.hub.ask_everywhere(5, &room("news"), ASK, 9, 100);
    let start = Instant::now();
    until("answered", || one.is_answered());
    assert!(start.elapsed() >= Duration::from_millis(100));
    let answers = one.answers(5);
    assert_eq!(answers.silent, ["here", "there"].map(Arc::from));
    assert!(answers.missing_nodes.is_empty());
    // Nobody is there, and who is here is silent.
    let (_alone, _) = one.client("alone", "other");
    one.hub.ask_everywhere(7, &room("other"), ASK, 9, 100);
    until("answered", || one.is_answered());
    assert_eq!(one.answers(7).silent, ["alone"].map(Arc::from));
    // A node that is cut off is missing; who is here answers.
    broker.set_deaf(1, true);
    let again = ASK.replace("R5", "R6");
    one.hub.ask_everywhere(6, &room("news"), &again, 9, 2000);
    respond(one, &here, "");
    until("answered", || one.is_answered());
    let answers = one.answers(6);
    assert_eq!(answers.responses.len(), 1);
    assert_eq!(&*answers.missing_nodes[0], two.node.id().to_string());
    drop(there);
}

#[test]
fn foreign_questions_and_answers_do_no_harm() {
    let broker = Broker::new();
    let servers = nodes(&broker, 2);
    let (one, two) = (&servers[0], &servers[1]);
    let (_client, link) = one.client("a", "news");
    let to_one = Channel::Node(one.node.id());
    let from = |node: u8, json: &str| {
        let origin = wire::Origin {
            node: NodeId([node; 8]),
            sequence: 1,
        };
        broker.publish(&to_one, &wire::write_control(origin, json));
    };
    let before = one.count_of("foreign");
    let messages = [r#"{"n":1}"#, r#"{"p":1}"#, "5", r#"{"n":"x","i":{}}"#];
    for message in messages {
        from(
            1,
            &format!(
                "{{\"ask\":{{\"key\":1,\"what\":{{\"message\":{{\"message\":{message}}}}}}}}}"
            ),
        );
        from(
            1,
            &format!(
                "{{\"ask\":{{\"key\":1,\"what\":{{\"tell\":{{\"whom\":{{}},\"message\":{message}}}}}}}}}"
            ),
        );
        from(
            1,
            &format!(
                "{{\"ask\":{{\"key\":1,\"what\":{{\"send\":{{\"whom\":{{}},\"message\":{message},\"atLeast\":1}}}}}}}}"
            ),
        );
    }
    for what in [
        "{\"dance\":{}}",
        "5",
        "{\"count\":{\"whom\":7}}",
        "{\"close\":{\"whom\":{},\"code\":1005,\"reason\":\"\"}}",
    ] {
        from(1, &format!("{{\"ask\":{{\"key\":1,\"what\":{what}}}}}"));
    }
    from(1, "{\"ask\":{}}");
    from(1, "{\"answer\":{\"key\":1,\"with\":5}}");
    until("counted", || one.count_of("foreign") == before + 18);
    // Answers that nobody waits for, of nodes that were not asked.
    for key in 0..100 {
        from(
            1,
            &format!("{{\"answer\":{{\"key\":{key},\"with\":{{\"count\":9}}}}}}"),
        );
    }
    assert_eq!(one.asked(&room("news"), NodeQuestion::Count).count, 0);
    assert!(one.texts(&link).is_empty());
    // A node that answers what it was not asked is missing.
    one.node.send_message(9, r#"{"n":"x"}"#, None, LONG);
    two.message();
    let origin = wire::Origin {
        node: two.node.id(),
        sequence: 1,
    };
    for key in 0..20 {
        let json = format!("{{\"answer\":{{\"key\":{key},\"with\":\"?\"}}}}");
        broker.publish(&to_one, &wire::write_control(origin, &json));
    }
    assert_eq!(one.answer(9).missing, [two.node.id()]);
}

impl Server {
    fn count_of(&self, name: &str) -> u64 {
        let counters = self.node.report().counters;
        let found = counters.iter().find(|(of, _)| *of == name);
        found.unwrap().1
    }
}

/// Not a test of speed: its figures are printed with `--nocapture`.
#[test]
fn many_members_answer() {
    let broker = Broker::new();
    let servers = nodes(&broker, 3);
    let clients: Vec<Vec<_>> = servers
        .iter()
        .enumerate()
        .map(|(node, server)| {
            let client = |number| server.client(&format!("client-{node}-{number}"), "news");
            (0..100).map(client).collect()
        })
        .collect();
    let one = &servers[0];
    let start = Instant::now();
    one.hub.ask_everywhere(5, &room("news"), ASK, usize::MAX, 0);
    for (server, clients) in servers.iter().zip(&clients) {
        for client in clients {
            respond(server, client, ",\"p\":{\"yes\":1}");
        }
    }
    until("answered", || one.is_answered());
    assert_eq!(one.answers(5).responses.len(), 300);
    println!("answers of 300: {:?}", start.elapsed());
    let sent = broker.published(&Channel::Node(one.node.id())).len();
    assert!(sent < 20, "{sent} messages");
}
