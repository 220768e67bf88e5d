use redis::Value;

use super::support::*;
use crate::cluster::wire::{self, Message};
use crate::cluster::{Append, AppendId, Claim, Engine, Head, NodeId};
use crate::hub::Position;

fn entry(room: &str, number: u16) -> Append {
    Append {
        room: room.into(),
        id: None,
        data: format!("{{\"n\":\"{number}\"}}").into_bytes(),
        tag: number,
        new_epoch: 77,
        size: 100,
        ttl: 60_000,
    }
}

fn position(offset: u64, tag: u16) -> Position {
    Position {
        epoch: 77,
        offset,
        tag,
    }
}

#[test]
fn messages_are_kept_published_and_read() {
    run(async {
        let server = Server::start(&[]);
        let engine = engine(&server.unix());
        let heard = connected(&engine).await;
        Engine::subscribe(&engine, vec![room("a")]).await.unwrap();
        let keeper = Engine::keeper(&engine).unwrap();
        let nothing = keeper.read("a".into(), None, 10).await.unwrap();
        assert_eq!((nothing.head, nothing.messages.len()), (None, 0));
        let entries: Vec<_> = (1..=2_100).map(|number| entry("a", number)).collect();
        let positions = keeper
            .append(&entries.iter().collect::<Vec<_>>())
            .await
            .unwrap();
        for (number, appended) in (1..).zip(positions) {
            assert_eq!(appended, Ok(position(number, number as u16)));
        }
        heard.await_messages(entries.len()).await;
        for (number, (channel, data)) in (1_u16..).zip(heard.messages.lock().unwrap().iter()) {
            assert_eq!(channel, "line:r:a");
            let position = position(number.into(), number);
            let kept = entry("a", number).data;
            let message = Message::Kept {
                position,
                message: &kept,
            };
            assert_eq!(wire::read(data), Ok(message));
        }
        let last = keeper.read("a".into(), None, 2).await.unwrap();
        assert_eq!(last.head, Some(position(2_100, 2_100)));
        let expected =
            [2_099, 2_100].map(|number| (position(number.into(), number), entry("a", number).data));
        assert_eq!(last.messages, expected);
        let after = keeper.read("a".into(), Some(2_095), 3).await.unwrap();
        let offsets: Vec<_> = after
            .messages
            .iter()
            .map(|(position, _)| position.offset)
            .collect();
        assert_eq!(offsets, [2_096, 2_097, 2_098]);
        // Redis trims whole nodes of a stream, of 100 entries.
        let all = keeper.read("a".into(), Some(0), 10_000).await.unwrap();
        assert!(
            (100..=300).contains(&all.messages.len()),
            "{}",
            all.messages.len()
        );
    });
}

#[test]
fn heads_of_many_rooms() {
    run(async {
        let server = Server::start(&[]);
        let engine = engine(&server.unix());
        connected(&engine).await;
        let keeper = Engine::keeper(&engine).unwrap();
        keeper.append(&[&entry("r7", 5)]).await.unwrap();
        let rooms: Vec<_> = (0..1_500)
            .map(|number| Head {
                room: format!("r{number}").into(),
                new_epoch: 1_000 + number,
                ttl: 60_000,
            })
            .collect();
        // The second time all of them are there.
        for _ in 0..2 {
            let heads = keeper.heads(rooms.clone()).await.unwrap();
            for (number, head) in (0..).zip(heads) {
                let begun = Position {
                    epoch: 1_000 + number,
                    offset: 0,
                    tag: 0,
                };
                assert_eq!(head, if number == 7 { position(1, 5) } else { begun });
            }
        }
        let life: i64 = redis::cmd("PTTL")
            .arg("line:m:r3")
            .query(&mut server.connection())
            .unwrap();
        assert!((86_500_000..=86_520_000).contains(&life), "{life}");
        // A message goes on with the epoch that a head has begun.
        let appended = keeper.append(&[&entry("r3", 9)]).await.unwrap();
        assert_eq!(appended[0].as_ref().unwrap().to_string(), "rv:1:9");
    });
}

#[test]
fn what_is_appended_again_is_kept_once() {
    run(async {
        let server = Server::start(&[]);
        let engine = engine(&server.unix());
        let heard = connected(&engine).await;
        Engine::subscribe(&engine, vec![room("a")]).await.unwrap();
        let keeper = Engine::keeper(&engine).unwrap();
        let of = |node: u8, batch, index| {
            let node = NodeId([node; 8]);
            Append {
                id: Some(AppendId { node, batch, index }),
                size: 1,
                ..entry("a", 1)
            }
        };
        let offsets = async |entries: &[Append]| {
            let entries: Vec<_> = entries.iter().collect();
            let positions = keeper.append(&entries).await.unwrap().into_iter();
            let offsets: Vec<_> = positions.map(|position| position.unwrap().offset).collect();
            offsets
        };
        assert_eq!(offsets(&[of(1, 1, 0), of(1, 1, 1)]).await, [1, 2]);
        assert_eq!(offsets(&[of(2, 1, 0), entry("a", 7)]).await, [3, 4]);
        // Whether the history still has it or not.
        server.run(&["DEL", "line:h:a"]);
        assert_eq!(
            offsets(&[of(1, 1, 0), of(1, 1, 1), of(2, 1, 0)]).await,
            [0, 0, 0]
        );
        // The first and the third of a batch could not be kept.
        assert_eq!(offsets(&[of(1, 2, 1), of(1, 2, 3)]).await, [5, 6]);
        let again = [
            of(1, 2, 0),
            of(1, 2, 1),
            of(1, 2, 2),
            of(1, 2, 3),
            of(1, 2, 4),
        ];
        assert_eq!(offsets(&again).await, [7, 0, 8, 0, 9]);
        assert_eq!(offsets(&again).await, [0; 5]);
        // What is known has a bound.
        for node in 10..60 {
            offsets(&[of(node, 1, 0)]).await;
        }
        let Value::Int(fields) = server.run(&["HLEN", "line:m:a"]) else {
            panic!();
        };
        assert!(fields <= 4 + 2 * 32, "{fields}");
        assert_eq!(
            offsets(&[of(59, 1, 0), of(30, 1, 0), of(2, 1, 0)]).await,
            [0, 0, 60]
        );
        heard.await_messages(60).await;
    });
}

#[test]
fn scripts_come_back_after_a_flush() {
    run(async {
        let server = Server::start(&[]);
        let engine = engine(&server.unix());
        connected(&engine).await;
        let keeper = Engine::keeper(&engine).unwrap();
        for round in 0..3 {
            let entries: Vec<_> = (1..=50).map(|number| entry("a", number)).collect();
            let positions = keeper
                .append(&entries.iter().collect::<Vec<_>>())
                .await
                .unwrap();
            let offsets: Vec<_> = positions
                .into_iter()
                .map(|position| position.unwrap().offset)
                .collect();
            let expected: Vec<_> = (round * 50 + 1..=round * 50 + 50).collect();
            assert_eq!(offsets, expected);
            server.run(&["SCRIPT", "FLUSH"]);
        }
    });
}

#[test]
fn one_entry_that_fails_does_not_stop_the_others() {
    run(async {
        let server = Server::start(&[]);
        let engine = engine(&server.unix());
        connected(&engine).await;
        server.run(&["SET", "line:h:b", "text"]);
        server.run(&["HSET", "line:m:b", "e", "1", "s", "4", "t", "0"]);
        let keeper = Engine::keeper(&engine).unwrap();
        let results = keeper
            .append(&[&entry("a", 1), &entry("b", 2), &entry("a", 3)])
            .await
            .unwrap();
        assert_eq!(results[0], Ok(position(1, 1)));
        let error = results[1].as_ref().unwrap_err().to_string();
        assert!(error.contains("WRONGTYPE"), "{error}");
        assert_eq!(results[2], Ok(position(2, 3)));
    });
}

#[test]
fn a_history_that_has_lost_its_state_begins_anew() {
    run(async {
        let server = Server::start(&[]);
        let engine = engine(&server.unix());
        connected(&engine).await;
        let keeper = Engine::keeper(&engine).unwrap();
        keeper
            .append(&[&entry("a", 1), &entry("a", 2)])
            .await
            .unwrap();
        server.run(&["DEL", "line:m:a"]);
        let later = Append {
            new_epoch: 78,
            ..entry("a", 3)
        };
        let appended = keeper.append(&[&later]).await.unwrap();
        assert_eq!(appended[0].as_ref().unwrap().to_string(), "26:1:3");
        assert_eq!(
            keeper
                .read("a".into(), None, 9)
                .await
                .unwrap()
                .messages
                .len(),
            1
        );
    });
}

#[test]
fn ids_are_taken_once() {
    run(async {
        let server = Server::start(&[]);
        let engine = engine(&server.unix());
        connected(&engine).await;
        let registrar = Engine::registrar(&engine).unwrap();
        let [a, b, c] = [1, 2, 3].map(|byte| NodeId([byte; 8]));
        assert_eq!(registrar.holder("x".into()).await, Ok(None));
        assert_eq!(registrar.claim("x".into(), a, None).await, Ok(Claim::Taken));
        assert_eq!(
            registrar.claim("x".into(), b, None).await,
            Ok(Claim::HeldBy(a))
        );
        assert_eq!(registrar.claim("x".into(), a, None).await, Ok(Claim::Taken));
        assert_eq!(
            registrar.claim("x".into(), b, Some(c)).await,
            Ok(Claim::HeldBy(a))
        );
        assert_eq!(
            registrar.claim("x".into(), b, Some(a)).await,
            Ok(Claim::Taken)
        );
        let Value::Int(life) = server.run(&["PTTL", "line:id:x"]) else {
            panic!();
        };
        assert!(life > 86_000_000, "{life}: it is free again some time");
        assert_eq!(registrar.release("x".into(), a).await, Ok(()));
        assert_eq!(registrar.holder("x".into()).await, Ok(Some(b)));
        assert_eq!(registrar.release("x".into(), b).await, Ok(()));
        assert_eq!(registrar.holder("x".into()).await, Ok(None));
    });
}
