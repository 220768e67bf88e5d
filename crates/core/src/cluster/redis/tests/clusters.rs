use std::sync::Arc;

use redis::Value;

use super::support::*;
use crate::cluster::redis::keys::Keys;
use crate::cluster::{Append, Channel, Claim, Engine, EngineError, Head, NodeId};

/// Three masters with a third of the slots each.
struct Cluster {
    servers: Vec<Server>,
    ids: Vec<String>,
}

impl Cluster {
    async fn start() -> Self {
        let servers: Vec<_> = (0..3)
            .map(|_| {
                let bus = free_port().to_string();
                let options = [
                    "--cluster-enabled",
                    "yes",
                    "--cluster-port",
                    &bus,
                    "--cluster-node-timeout",
                    "2000",
                ];
                (Server::start_tcp(&options), bus)
            })
            .collect();
        for (index, (server, _)) in servers.iter().enumerate() {
            let (first, last) = [(0, 5_460), (5_461, 10_922), (10_923, 16_383)][index];
            server.run(&[
                "CLUSTER",
                "ADDSLOTSRANGE",
                &format!("{first}"),
                &format!("{last}"),
            ]);
            // Nobody else gives numbers to these.
            server.run(&["CLUSTER", "SET-CONFIG-EPOCH", &format!("{}", index + 1)]);
        }
        for (server, bus) in &servers[1..] {
            servers[0].0.run(&[
                "CLUSTER",
                "MEET",
                "127.0.0.1",
                &server.port.to_string(),
                bus,
            ]);
        }
        let servers: Vec<_> = servers.into_iter().map(|(server, _)| server).collect();
        let is_ready = |server: &Server| {
            let info = text(&server.run(&["CLUSTER", "INFO"]));
            let nodes = text(&server.run(&["CLUSTER", "NODES"]));
            info.contains("cluster_state:ok") && nodes.matches(" connected ").count() == 3
        };
        until(|| servers.iter().all(is_ready)).await;
        let ids = servers
            .iter()
            .map(|server| text(&server.run(&["CLUSTER", "MYID"])));
        let ids = ids.collect();
        Self { servers, ids }
    }

    /// Two servers, of which the first is not there.
    fn address(&self) -> String {
        let (gone, there) = (free_port(), self.servers[0].port);
        format!("redis+cluster://127.0.0.1:{gone},127.0.0.1:{there}")
    }

    fn owner(slot: u16) -> usize {
        usize::from(slot > 5_460) + usize::from(slot > 10_922)
    }

    /// Says to both sides that a slot moves, and moves its keys.
    fn begin_to_move(&self, slot: u16, from: usize, to: usize) {
        let slot = slot.to_string();
        let (source, target) = (&self.servers[from], &self.servers[to]);
        target.run(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &self.ids[from]]);
        source.run(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &self.ids[to]]);
        let Value::Array(keys) = source.run(&["CLUSTER", "GETKEYSINSLOT", &slot, "100"]) else {
            panic!();
        };
        for key in keys {
            let port = target.port.to_string();
            source.run(&["MIGRATE", "127.0.0.1", &port, &text(&key), "0", "5000"]);
        }
    }

    fn finish_to_move(&self, slot: u16, from: usize, to: usize) {
        let slot = slot.to_string();
        for index in [to, from, 3 - to - from] {
            self.servers[index].run(&["CLUSTER", "SETSLOT", &slot, "NODE", &self.ids[to]]);
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes.clone()).unwrap(),
        Value::VerbatimString { text, .. } | Value::SimpleString(text) => text.clone(),
        other => panic!("{other:?}"),
    }
}

fn entry(room: &str, tag: u16) -> Append {
    Append {
        room: room.into(),
        id: None,
        data: format!("{room} {tag}").into_bytes(),
        tag,
        new_epoch: 77,
        size: 100,
        ttl: 60_000,
    }
}

#[test]
fn rooms_are_spread_over_the_servers() {
    run(async {
        let cluster = Cluster::start().await;
        let engine = engine(&cluster.address());
        let heard = connected(&engine).await;
        let node = NodeId::random();
        let mut channels: Vec<_> = (0..1_000)
            .map(|number| room(&format!("r{number}")))
            .collect();
        channels.extend([Channel::Everyone, Channel::Nodes, Channel::Node(node)]);
        Engine::subscribe(&engine, channels.clone()).await.unwrap();
        for round in 0..2 {
            let sent: Vec<_> = channels
                .iter()
                .map(|channel| publication(channel.clone(), &[round]))
                .collect();
            Engine::publish(&engine, &sent).await.unwrap();
        }
        heard.await_messages(2 * channels.len()).await;
        for server in &cluster.servers {
            let Value::Array(shards) = server.run(&["PUBSUB", "SHARDCHANNELS"]) else {
                panic!();
            };
            assert!(shards.len() > 200, "{}", shards.len());
        }
        let keeper = Engine::keeper(&engine).unwrap();
        let entries: Vec<_> = (0..300)
            .map(|number| entry(&format!("r{}", number % 100), number))
            .collect();
        let positions = keeper
            .append(&entries.iter().collect::<Vec<_>>())
            .await
            .unwrap();
        let offsets: Vec<_> = positions
            .into_iter()
            .map(|position| position.unwrap().offset)
            .collect();
        assert_eq!(offsets, [[1; 100], [2; 100], [3; 100]].concat());
        heard.await_messages(2 * channels.len() + 300).await;
        let heads = (0..200).map(|number| Head {
            room: format!("r{number}").into(),
            new_epoch: 5,
            ttl: 1_000,
        });
        let heads = keeper.heads(heads.collect()).await.unwrap();
        assert!(
            heads[..100]
                .iter()
                .all(|head| (head.epoch, head.offset) == (77, 3))
        );
        assert!(
            heads[100..]
                .iter()
                .all(|head| (head.epoch, head.offset) == (5, 0))
        );
        assert_eq!(
            keeper
                .read("r1".into(), Some(1), 9)
                .await
                .unwrap()
                .messages
                .len(),
            2
        );
        assert_eq!(
            Engine::registrar(&engine)
                .unwrap()
                .claim("x".into(), node, None)
                .await,
            Ok(Claim::Taken)
        );
        let before = heard.count();
        Engine::unsubscribe(&engine, channels).await.unwrap();
        Engine::publish(&engine, &[publication(room("r1"), b"x")])
            .await
            .unwrap();
        pause(50).await;
        assert_eq!(heard.count(), before);
        assert!(heard.lost.lock().unwrap().is_empty());
        let all = Engine::subscribe(&engine, vec![Channel::EveryRoom]).await;
        assert!(matches!(all, Err(EngineError::Refused(_))));
    });
}

#[test]
fn a_slot_moves_to_another_server() {
    run(async {
        let cluster = Cluster::start().await;
        let (subscriber, publisher) = (engine(&cluster.address()), engine(&cluster.address()));
        let heard = connected(&subscriber).await;
        let of_publisher = connected(&publisher).await;
        let keys = Keys::new("line", true);
        let slot = keys.slot(&keys.room("a").channel);
        let from = Cluster::owner(slot);
        let to = (from + 1) % 3;
        Engine::subscribe(&subscriber, vec![room("a")])
            .await
            .unwrap();
        let keeper = Engine::keeper(&publisher).unwrap();
        let mut appended = 0;
        let mut append = async || {
            appended += 1;
            let results = keeper.append(&[&entry("a", appended)]).await.unwrap();
            assert_eq!(results[0].as_ref().unwrap().offset, u64::from(appended));
        };
        append().await;
        heard.await_messages(1).await;
        cluster.begin_to_move(slot, from, to);
        // The old server sends whoever asks to the new one.
        append().await;
        cluster.finish_to_move(slot, from, to);
        append().await;
        Engine::publish(&publisher, &[publication(room("a"), b"plain")])
            .await
            .unwrap();
        // The subscription has moved with it, and nothing else has happened.
        let channel = keys.room("a").channel;
        until(|| *heard.missed.lock().unwrap() == [channel.clone()]).await;
        assert!(heard.lost.lock().unwrap().is_empty());
        let before = heard.count();
        append().await;
        heard.await_messages(before + 1).await;
        // Who publishes only has noticed nothing.
        assert!(of_publisher.lost.lock().unwrap().is_empty());
        let kept = keeper.read("a".into(), None, 10).await.unwrap();
        let offsets: Vec<_> = kept
            .messages
            .iter()
            .map(|(position, _)| position.offset)
            .collect();
        assert_eq!(offsets, [1, 2, 3, 4]);
    });
}

#[test]
fn a_server_that_ends_is_one_loss() {
    run(async {
        let mut cluster = Cluster::start().await;
        let engine = engine(&cluster.address());
        let heard = connected(&engine).await;
        cluster.servers[2].kill();
        let (_, error) = heard.await_loss().await;
        assert!(
            error
                .to_string()
                .contains(&cluster.servers[2].port.to_string()),
            "{error}"
        );
        // Without all slots the cluster is of no use.
        let connecting = Engine::connect(&engine, Arc::clone(&heard) as _, 2).await;
        assert!(connecting.is_err());
    });
}

#[test]
fn the_wrong_kind_of_address_says_so() {
    run(async {
        let single = Server::start_tcp(&[]);
        let as_cluster = engine(&format!("redis+cluster://127.0.0.1:{}", single.port));
        let heard = Arc::new(Heard::default());
        let error = Engine::connect(&as_cluster, Arc::clone(&heard) as _, 1)
            .await
            .unwrap_err();
        assert!(
            matches!(&error, EngineError::Refused(text) if text.contains("not part of a Redis Cluster")),
            "{error:?}"
        );
        let bus = free_port().to_string();
        let member = Server::start_tcp(&["--cluster-enabled", "yes", "--cluster-port", &bus]);
        let as_single = engine(&member.unix());
        let error = Engine::connect(&as_single, heard, 1).await.unwrap_err();
        assert!(
            error.to_string().contains("write redis+cluster:"),
            "{error}"
        );
    });
}
