use super::support::*;
use crate::cluster::{Channel, Engine, NodeId};

#[test]
fn messages_come_in_order_whatever_their_bytes() {
    run(async {
        let server = Server::start(&[]);
        let engine = engine(&server.unix());
        let heard = connected(&engine).await;
        let node = NodeId::random();
        let channels = vec![
            room("news"),
            Channel::Everyone,
            Channel::Nodes,
            Channel::Node(node),
        ];
        Engine::subscribe(&engine, channels.clone()).await.unwrap();
        let all_bytes: Vec<u8> = (0..=255).chain(*b"\r\n$5\r\n").collect();
        let sent = (0..2_500_u32).map(|number| {
            let data = [&number.to_be_bytes()[..], &all_bytes].concat();
            publication(channels[number as usize % 4].clone(), &data)
        });
        let sent: Vec<_> = sent.collect();
        Engine::publish(&engine, &sent).await.unwrap();
        heard.await_messages(sent.len()).await;
        let names = [
            "line:r:news",
            "line:all",
            "line:n",
            &format!("line:n:{node}"),
        ];
        for (number, (channel, data)) in heard.messages.lock().unwrap().iter().enumerate() {
            assert_eq!(channel, names[number % 4]);
            assert_eq!(*data, sent[number].data);
        }
        Engine::unsubscribe(&engine, vec![room("news")])
            .await
            .unwrap();
        let last = vec![
            publication(room("news"), b"x"),
            publication(Channel::Everyone, b"y"),
        ];
        Engine::publish(&engine, &last).await.unwrap();
        heard.await_messages(sent.len() + 1).await;
        assert_eq!(heard.messages.lock().unwrap().last().unwrap().1, b"y");
        Engine::disconnect(&engine).await.unwrap();
        pause(20).await;
        assert!(heard.lost.lock().unwrap().is_empty());
    });
}

#[test]
fn ten_thousand_channels() {
    run(async {
        let server = Server::start(&[]);
        let engine = engine(&server.unix());
        let heard = connected(&engine).await;
        let channels: Vec<_> = (0..10_000)
            .map(|number| room(&format!("r{number}")))
            .collect();
        Engine::subscribe(&engine, channels.clone()).await.unwrap();
        let mut connection = server.connection();
        // Confirmed: nothing that is published now is missed.
        let reached: u32 = redis::cmd("PUBLISH")
            .arg("line:r:r9999")
            .arg("a")
            .query(&mut connection)
            .unwrap();
        assert_eq!(reached, 1);
        heard.await_messages(1).await;
        Engine::unsubscribe(&engine, channels).await.unwrap();
        let left: Vec<String> = redis::cmd("PUBSUB")
            .arg("CHANNELS")
            .query(&mut connection)
            .unwrap();
        assert!(left.is_empty());
    });
}

#[test]
fn the_channels_of_all_rooms() {
    run(async {
        let server = Server::start(&[]);
        let engine = engine(&server.unix());
        let heard = connected(&engine).await;
        let all = vec![Channel::EveryRoom, Channel::Everyone];
        Engine::subscribe(&engine, all.clone()).await.unwrap();
        let sent = vec![
            publication(room("a"), b"1"),
            publication(Channel::Nodes, b"2"),
            publication(Channel::Everyone, b"3"),
        ];
        Engine::publish(&engine, &sent).await.unwrap();
        heard.await_messages(2).await;
        let expected = [("line:r:a", b"1"), ("line:all", b"3")];
        let expected = expected.map(|(channel, data)| (channel.to_owned(), data.to_vec()));
        assert_eq!(*heard.messages.lock().unwrap(), expected);
        Engine::unsubscribe(&engine, all).await.unwrap();
        Engine::publish(&engine, &sent).await.unwrap();
        pause(20).await;
        assert_eq!(heard.count(), 2);
    });
}

#[test]
fn a_message_that_is_too_large_is_dropped() {
    run(async {
        let server = Server::start(&[]);
        let engine = engine(&server.unix());
        let heard = connected(&engine).await;
        Engine::subscribe(&engine, vec![room("a")]).await.unwrap();
        let sizes = [1024 * 1024 + 1, 1024 * 1024];
        let sent = sizes.map(|size| publication(room("a"), &vec![b'x'; size]));
        Engine::publish(&engine, &sent).await.unwrap();
        heard.await_messages(1).await;
        assert_eq!(heard.messages.lock().unwrap()[0].1.len(), sizes[1]);
        assert_eq!(*heard.oversized.lock().unwrap(), ["line:r:a"]);
    });
}

#[test]
fn databases_and_prefixes_and_tcp() {
    run(async {
        let server = Server::start_tcp(&[]);
        let address = format!("redis://127.0.0.1:{}/3", server.port);
        let engine = engine(&address);
        connected(&engine).await;
        let registrar = Engine::registrar(&engine).unwrap();
        assert!(
            registrar
                .announce(NodeId([9; 8]), vec![1], 60_000)
                .await
                .unwrap()
        );
        let key = "line:node:0909090909090909";
        let mut connection = server.connection();
        let mut exists = |database: u32| -> bool {
            let select = redis::cmd("SELECT").arg(database).take();
            select.exec(&mut connection).unwrap();
            redis::cmd("EXISTS")
                .arg(key)
                .query(&mut connection)
                .unwrap()
        };
        assert!(exists(3) && !exists(0));
        assert_eq!(registrar.is_alive(NodeId([1; 8])).await, Ok(false));
        assert_eq!(registrar.is_alive(NodeId([9; 8])).await, Ok(true));
    });
}

#[test]
fn two_processes_with_one_id_are_told_apart() {
    run(async {
        let server = Server::start(&[]);
        let engine = engine(&server.unix());
        connected(&engine).await;
        let registrar = Engine::registrar(&engine).unwrap();
        let node = NodeId([9; 8]);
        let announce = async |marks| registrar.announce(node, marks, 60_000).await.unwrap();
        assert!(announce(vec![1]).await);
        assert!(announce(vec![2, 1]).await, "another connection");
        assert!(!announce(vec![3, 1]).await, "a copy");
        assert!(announce(vec![2, 1]).await, "the mark has stayed");
    });
}
