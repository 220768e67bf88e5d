//! Two processes with the id of one node, as two copies of a virtual machine are.

use super::*;

/// A copy of a node, whose numbers begin where those of the node began.
fn copy(of: &Server, broker: &Broker) -> Server {
    let hub = Arc::new(Hub::new(Box::new(CountingWake::default())));
    let node = Node::start_as(
        of.node.id(),
        Arc::clone(&hub),
        broker.engine(),
        NodeSettings::default(),
    );
    let node = node.unwrap();
    Server { hub, node }
}

fn text(number: u32) -> String {
    format!(r#"{{"n":"said","p":{number}}}"#)
}

/// Both say something, which comes to each other and to a third node, once.
fn hear_each_other(broker: &Broker, one: &Server, copy: &Server) {
    let three = Server::start(broker, settings());
    let listeners = [one, copy, &three].map(|server| (server, server.client("x", "room").1));
    until("subscribed", || broker.subscribers(&channel("room")) == 3);
    for number in 0..20 {
        let from = if number % 2 == 0 { one } else { copy };
        from.broadcast(&room("room"), &text(number));
    }
    for (server, link) in &listeners {
        until("all", || server.texts(link).len() >= 20);
        let mut got = server.texts(link);
        got.sort_unstable();
        let mut all: Vec<_> = (0..20).map(text).collect();
        all.sort_unstable();
        assert_eq!(got, all, "each once");
    }
}

fn told_of_twin(server: &Server) -> bool {
    let news = server.node.take_news();
    news.iter().any(
        |one| matches!(one, News::Down(error) if error.to_string().contains("another process has the id")),
    )
}

#[test]
fn a_copy_takes_another_id_before_it_publishes() {
    let broker = Broker::keeping();
    let one = Server::start(&broker, settings());
    let three = Server::start(&broker, settings());
    let (_there, there) = three.client("b", "before");
    until("up", || one.is_up() && three.is_up());
    until("subscribed", || broker.subscribers(&channel("before")) == 1);
    let id = one.node.id();
    one.broadcast(&room("before"), &text(1));
    until("delivered", || three.texts(&there).len() == 1);
    let copy = copy(&one, &broker);
    // It has the same number as the message of the other.
    copy.broadcast(&room("before"), &text(2));
    until("up", || copy.is_up());
    assert_ne!(copy.node.id(), id);
    assert!(told_of_twin(&copy));
    until("delivered", || three.texts(&there) == [text(1), text(2)]);
    hear_each_other(&broker, &one, &copy);
    assert_eq!(one.node.id(), id);
    assert!(!told_of_twin(&one), "it has the id that it had");
    let peers = copy.node.peers();
    assert!(peers.iter().any(|peer| peer.id == id), "it knows the other");
}

#[test]
fn a_node_goes_on_under_another_id_when_a_copy_has_written_under_its_own() {
    let broker = Broker::keeping();
    let (one, two) = two(&broker);
    let id = one.node.id();
    broker.set_mark(id, 1);
    until("another id", || one.node.id() != id && one.is_up());
    assert!(told_of_twin(&one));
    hear_each_other(&broker, &one, &two);
}

#[test]
fn without_marks_a_heartbeat_tells() {
    let broker = Broker::new();
    let one = Server::start(&broker, settings());
    until("up", || one.is_up());
    let copy = copy(&one, &broker);
    until("two ids", || {
        copy.is_up() && one.is_up() && one.node.id() != copy.node.id()
    });
    assert!(told_of_twin(&copy) || told_of_twin(&one));
    hear_each_other(&broker, &one, &copy);
}

#[test]
fn messages_for_histories_of_both_are_kept() {
    let broker = Broker::keeping();
    let one = Server::start(&broker, settings());
    one.hub.keep_history("room", histories::RULE);
    until("up", || one.is_up());
    one.broadcast(&room("room"), &text(1));
    until("kept", || broker.published(&channel("room")).len() == 1);
    let copy = copy(&one, &broker);
    copy.hub.keep_history("room", histories::RULE);
    copy.broadcast(&room("room"), &text(2));
    until("kept", || broker.published(&channel("room")).len() == 2);
    one.broadcast(&room("room"), &text(3));
    copy.broadcast(&room("room"), &text(4));
    until("kept", || broker.published(&channel("room")).len() == 4);
}
