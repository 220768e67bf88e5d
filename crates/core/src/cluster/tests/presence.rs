use super::*;
use crate::hub::{PresenceRule, Tell};

const RULE: PresenceRule = PresenceRule {
    leave_delay: 0,
    tell: Tell::Each,
};

/// Two nodes whose rooms have presence.
fn two_with_presence(broker: &Broker) -> (Server, Server) {
    let (one, two) = two(broker);
    for server in [&one, &two] {
        server.hub.keep_presence("*", RULE);
    }
    (one, two)
}

/// The members of a room as a node knows them.
fn members(server: &Server, room: &str) -> Vec<String> {
    let mut registry = server.hub.registry();
    let listed = registry
        .presence()
        .and_then(|presence| presence.list(room, 1000));
    let mut ids: Vec<String> = listed
        .map(|listed| listed.members)
        .into_iter()
        .flatten()
        .map(|(id, info)| match info {
            Some(info) => format!("{id}={info}"),
            None => id.to_string(),
        })
        .collect();
    ids.sort();
    ids
}

#[test]
fn members_of_all_nodes_are_known_where_some_are() {
    let broker = Broker::new();
    let (one, two) = two_with_presence(&broker);
    let three = Server::start(&broker, settings());
    three.hub.keep_presence("*", RULE);
    let (a, _link_a) = one.client("a", "news");
    let (b, _link_b) = two.client("b", "news");
    until("merged", || members(&one, "news") == ["a", "b"]);
    until("merged", || members(&two, "news") == ["a", "b"]);
    two.hub.registry().set_info(b.slot(), Some("7"));
    until("info", || members(&one, "news") == ["a", "b=7"]);
    assert!(members(&three, "news").is_empty(), "nobody is there");
    let watch = |watched| {
        let mut registry = three.hub.registry();
        registry.presence().unwrap().watch("news", watched)
    };
    assert!(watch(true));
    until("watched", || members(&three, "news") == ["a", "b=7"]);
    one.hub.leave(a.slot(), "news");
    until("left", || members(&two, "news") == ["b=7"]);
    until("left", || members(&three, "news") == ["b=7"]);
    watch(false);
    until("unsubscribed", || broker.subscribers(&channel("news")) == 1);
}

#[test]
fn a_node_that_comes_later_is_told() {
    let broker = Broker::new();
    let (one, two) = two_with_presence(&broker);
    let (_a, _link_a) = one.client("a", "news");
    for number in 0..600 {
        // The links are of no interest.
        two.client(&format!("b{number}"), "news");
    }
    until("merged", || members(&one, "news").len() == 601);
    let three = Server::start(&broker, settings());
    three.hub.keep_presence("*", RULE);
    let (_c, _link_c) = three.client("c", "news");
    until("told", || members(&three, "news").len() == 602);
    until("told", || members(&one, "news").len() == 602);
}

#[test]
fn members_of_a_node_that_is_gone_are_gone() {
    let broker = Broker::new();
    let (one, two) = two_with_presence(&broker);
    let (_a, _link_a) = one.client("a", "news");
    let (_b, _link_b) = two.client("b", "news");
    until("merged", || members(&one, "news") == ["a", "b"]);
    drop(two);
    until("gone", || members(&one, "news") == ["a"]);
}

#[test]
fn what_was_missed_is_asked_for() {
    let broker = Broker::new();
    let patient = NodeSettings {
        heartbeat_interval: Duration::from_mins(1),
        ..settings()
    };
    let (one, two) = (
        Server::start(&broker, patient.clone()),
        Server::start(&broker, patient),
    );
    until("up", || one.is_up() && two.is_up());
    for server in [&one, &two] {
        server.hub.keep_presence("*", RULE);
    }
    let (_a, _link_a) = one.client("a", "news");
    let (b, _link_b) = two.client("b", "news");
    until("merged", || members(&one, "news") == ["a", "b"]);
    broker.set_deaf(0, true);
    let seen = broker.published(&channel("news")).len();
    two.hub.leave(b.slot(), "news");
    let (_c, _link_c) = two.client("c", "news");
    until("published", || {
        broker.published(&channel("news")).len() > seen
    });
    broker.set_deaf(0, false);
    let (_d, _link_d) = two.client("d", "news");
    until("repaired", || members(&one, "news") == ["a", "c", "d"]);
}

#[test]
fn an_outage_is_repaired() {
    let broker = Broker::new();
    let (one, two) = two_with_presence(&broker);
    let (_a, _link_a) = one.client("a", "news");
    let (b, _link_b) = two.client("b", "news");
    until("merged", || members(&one, "news") == ["a", "b"]);
    broker.go_down();
    until("down", || one.node.phase() == Phase::Down);
    two.hub.leave(b.slot(), "news");
    let (_c, _link_c) = two.client("c", "news");
    broker.come_back();
    until("repaired", || members(&one, "news") == ["a", "c"]);
    until("repaired", || members(&two, "news") == ["a", "c"]);
}

#[test]
fn a_client_that_moves_to_another_node_stays() {
    let broker = Broker::new();
    let (one, two) = two(&broker);
    let slow = PresenceRule {
        leave_delay: 300,
        tell: Tell::Each,
    };
    for server in [&one, &two] {
        server.hub.keep_presence("*", slow);
    }
    let (_a, _link_a) = one.client("a", "news");
    let (b, _link_b) = two.client("b", "news");
    until("merged", || members(&one, "news") == ["a", "b"]);
    two.hub.registry().withdraw(b.slot());
    let (_again, _link_again) = one.client("b", "news");
    let start = std::time::Instant::now();
    while start.elapsed() < Duration::from_millis(800) {
        assert_eq!(members(&one, "news"), ["a", "b"]);
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What a node is to tell the others of presence, and to ask them.
fn waiting(server: &Server) -> (usize, usize) {
    let mut registry = server.hub.registry();
    registry.presence().unwrap().waiting()
}

#[test]
fn who_comes_and_goes_during_an_outage_leaves_nothing_behind() {
    let broker = Broker::new();
    let (one, two) = two_with_presence(&broker);
    let (_a, _link_a) = one.client("a", "news");
    let (b, _link_b) = two.client("b", "news");
    until("merged", || members(&one, "news") == ["a", "b"]);
    until("told", || waiting(&two) == (0, 0));
    broker.go_down();
    until("down", || two.node.phase() == Phase::Down);
    for number in 0..100 {
        let (client, _link) = two.client(&format!("c{number}"), "news");
        two.hub
            .registry()
            .join(client.slot(), &format!("of {number}"));
        two.hub.registry().remove(client.slot());
    }
    assert_eq!(waiting(&two), (0, 0));
    // Others know of this one.
    two.hub.leave(b.slot(), "news");
    let (_d, _link_d) = two.client("d", "news");
    assert_eq!(waiting(&two).1, 2);
    broker.come_back();
    until("repaired", || members(&one, "news") == ["a", "d"]);
    until("told", || waiting(&two) == (0, 0));
}

#[test]
fn a_member_that_was_told_of_when_asked_is_told_of_when_it_leaves() {
    let broker = Broker::new();
    let (one, two) = two_with_presence(&broker);
    let (b, _link_b) = two.client("b", "news");
    // Before the change is told of, an answer tells of it.
    let state = two.hub.registry().presence().unwrap().state("news");
    assert_eq!(state.set.len(), 1);
    let mut registry = two.hub.registry();
    registry.leave(b.slot(), "news");
    assert_eq!(registry.presence().unwrap().waiting().1, 1);
    drop(registry);
    until("told", || waiting(&two) == (0, 0));
    assert!(members(&one, "news").is_empty());
}

#[test]
fn a_room_that_is_over_before_it_is_subscribed_is_not_asked_for() {
    let broker = Broker::new();
    let (_one, two) = two_with_presence(&broker);
    for number in 0..100 {
        let room = format!("room {number}");
        let (client, _link) = two.client(&format!("c{number}"), &room);
        two.hub.leave(client.slot(), &room);
    }
    until("nothing is left to be asked", || waiting(&two) == (0, 0));
}
