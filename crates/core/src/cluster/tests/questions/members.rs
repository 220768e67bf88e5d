//! Members of rooms on all nodes answer.

use super::*;
use crate::hub::testing::GRAIN;

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
    let start = Instant::now();
    one.hub.ask_everywhere(5, &room("news"), ASK, 9, 100);
    until("answered", || one.is_answered());
    assert!(start.elapsed() + GRAIN >= Duration::from_millis(100));
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
