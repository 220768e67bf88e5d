//! Ids of connections in all nodes.

use super::questions::{LONG, nodes};
use super::*;

impl Server {
    /// Whether a connection here, which has the id, may keep it.
    fn claims(&self, id: &str, take_over: bool) -> bool {
        self.node.claim(3, id, take_over, LONG);
        self.answer(3).count == 1
    }

    /// The code that a client's connection is closed with.
    fn code(&self, client: &(ConnectionRef, FakeLink)) -> Option<u16> {
        self.flush();
        client.1.close().map(|(code, _)| code)
    }
}

fn brokers() -> [Broker; 2] {
    [Broker::keeping(), Broker::new()]
}

#[test]
fn an_id_has_one_connection() {
    for broker in brokers() {
        let servers = nodes(&broker, 2);
        let (one, two) = (&servers[0], &servers[1]);
        let first = one.client("id", "x");
        assert!(one.claims("id", false));
        let second = two.client("id", "x");
        assert!(!two.claims("id", false));
        assert_eq!(one.code(&first), None);
        assert!(two.claims("id", true));
        assert_eq!(one.code(&first), Some(4208));
        assert!(one.hub.registry().holder("id").is_none());
        assert_eq!(two.code(&second), None);
        // It is free again with the end of its connection.
        two.hub.release(second.0.slot());
        let _third = one.client("id", "x");
        until("free", || one.claims("id", false));
        assert!(one.claims("id", false), "it has it already");
    }
}

#[test]
fn of_those_who_claim_an_id_at_once_one_gets_it() {
    for broker in brokers() {
        let servers = nodes(&broker, 3);
        for number in 0..100 {
            let id = format!("id{number}");
            for server in &servers {
                server.client(&id, "x");
                server.node.claim(3, &id, false, LONG);
            }
            let counts = servers.iter().map(|server| server.answer(3).count);
            let count: u64 = counts.sum();
            assert_eq!(count, 1, "{id}");
        }
    }
}

#[test]
fn ids_of_dead_nodes_are_replaced() {
    let broker = Broker::keeping();
    let mut servers = nodes(&broker, 2);
    let two = servers.pop().unwrap();
    let one = &servers[0];
    let _client = two.client("id", "x");
    assert!(two.claims("id", false));
    drop(two);
    let _again = one.client("id", "x");
    // It has said that it is alive a moment ago.
    until("replaced", || one.claims("id", false));
}

#[test]
fn ids_are_claimed_again_after_an_outage() {
    let broker = Broker::keeping();
    let servers = nodes(&broker, 2);
    let (one, two) = (&servers[0], &servers[1]);
    let kept = one.client("kept", "x");
    let lost = one.client("lost", "x");
    assert!(one.claims("kept", false) && one.claims("lost", false));
    broker.go_down();
    until("down", || {
        one.node.phase() == Phase::Down && two.node.phase() == Phase::Down
    });
    // While the engine is down an id holds here.
    let during = one.client("during", "x");
    assert!(one.claims("during", false));
    broker.take_id("lost", two.node.id());
    broker.come_back();
    until("up", || one.is_up() && two.is_up());
    until("given up", || one.code(&lost) == Some(4208));
    assert_eq!((one.code(&kept), one.code(&during)), (None, None));
    until("claimed", || broker.holder("during") == Some(one.node.id()));
    one.hub.release(during.0.slot());
    until("freed", || broker.holder("during").is_none());
}
