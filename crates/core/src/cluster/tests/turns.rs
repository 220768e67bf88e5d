//! Which thread writes to members, and when. No test here has an io thread, and none flushes connections itself.

use super::*;

fn members(server: &Server, count: usize) -> Vec<FakeLink> {
    let clients = (0..count).map(|number| server.client(&format!("{number}"), "news"));
    clients.map(|(_, link)| link).collect()
}

fn have(links: &[FakeLink], texts: &[&str]) -> bool {
    links.iter().all(|link| link.texts() == texts)
}

#[test]
fn a_few_members_are_written_to_by_the_thread_of_the_node() {
    let broker = Broker::new();
    let (one, two) = two(&broker);
    let few = members(&two, 16);
    until("subscribed", || broker.subscribers(&channel("news")) == 1);
    one.hub.broadcast_everywhere(&room("news"), HI, None);
    until("written", || have(&few, &[HI]));
}

#[test]
fn many_members_are_left_to_the_io_thread() {
    let broker = Broker::new();
    let (one, two) = two(&broker);
    let many = members(&two, 17);
    until("subscribed", || broker.subscribers(&channel("news")) == 1);
    one.hub.broadcast_everywhere(&room("news"), HI, None);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let written = async {
            while !have(&many, &[HI]) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let limit = Duration::from_secs(10);
        let io_thread = std::pin::pin!(two.hub.run_flushes());
        let written = std::pin::pin!(tokio::time::timeout(limit, written));
        let first = futures::future::select(written, io_thread).await;
        assert!(matches!(first, futures::future::Either::Left((Ok(()), _))));
    });
}

#[test]
fn what_the_application_sends_in_its_turn_leaves_at_the_end() {
    let broker = Broker::new();
    let (one, two) = two(&broker);
    let here = members(&one, 2);
    let there = members(&two, 2);
    until("subscribed", || broker.subscribers(&channel("news")) == 2);
    for _ in 0..2 {
        one.hub
            .in_turn(|| one.hub.broadcast_everywhere(&room("news"), HI, None));
    }
    std::thread::sleep(Duration::from_millis(20));
    assert!(broker.published(&channel("news")).is_empty());
    assert!(have(&here, &[]));
    one.hub.turn_handled(&mut Vec::new(), None);
    until("published", || have(&there, &[HI, HI]));
    until("written", || have(&here, &[HI, HI]));
    // Outside of a turn nothing waits.
    one.hub.broadcast_everywhere(&room("news"), HI, None);
    until("published", || have(&there, &[HI, HI, HI]));
}

#[test]
fn what_waits_when_the_node_ends_is_left_to_the_io_thread() {
    let broker = Broker::new();
    let (one, two) = two(&broker);
    let here = members(&one, 1);
    one.hub
        .in_turn(|| one.hub.broadcast_everywhere(&room("news"), HI, None));
    drop(one.node);
    drop(two);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let limit = Duration::from_millis(100);
    let flushes = async { tokio::time::timeout(limit, one.hub.run_flushes()).await };
    assert!(runtime.block_on(flushes).is_err());
    assert!(have(&here, &[HI]));
}
