//! Ids of connections in all nodes.

use super::questions::{LONG, nodes};
use super::*;

impl Server {
    /// A client whose id is going to be claimed.
    fn claimant(&self, id: &str) -> (ConnectionRef, FakeLink) {
        let link = FakeLink::open();
        let connection = self.hub.open(Box::new(link.clone()), facts());
        assert!(self.node.reserve_id(connection.slot(), id));
        (connection, link)
    }

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
                server.claimant(&id);
                server.node.claim(3, &id, false, LONG);
            }
            let counts = servers.iter().map(|server| server.answer(3).count);
            let count: u64 = counts.sum();
            assert_eq!(count, 1, "{id}");
        }
    }
}

#[test]
fn who_has_reserved_an_id_answers_as_who_claims_it() {
    let broker = Broker::new();
    let mut servers = nodes(&broker, 3);
    servers.sort_by_key(|server| server.node.id());
    let [least, middle, most] = &servers[..] else {
        unreachable!()
    };
    let _all = [least, middle, most].map(|server| server.claimant("id"));
    assert!(!middle.claims("id", false), "the least is to have it");
    assert!(least.claims("id", false));
    assert!(!most.claims("id", false));
    assert!(least.claims("id", false), "it has it still");
}

#[test]
fn an_id_that_is_taken_here_is_not_reserved() {
    let broker = Broker::new();
    let servers = nodes(&broker, 2);
    let _plain = servers[0].client("id", "x");
    let (other, _link) = servers[0].client("other", "x");
    assert!(!servers[0].node.reserve_id(other.slot(), "id"));
    // It is not claimed, so that the node with the smaller id has no say: whoever has it keeps it.
    servers[1].claimant("id");
    assert!(!servers[1].claims("id", false));
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
