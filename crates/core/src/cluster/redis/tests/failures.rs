use std::time::Duration;

use tokio::time::timeout;

use super::support::*;
use crate::cluster::{Append, Engine, EngineError, RedisEngine};
use std::sync::Arc;

async fn refusal(engine: &RedisEngine) -> EngineError {
    let heard = Arc::new(Heard::default());
    let error = Engine::connect(engine, Arc::clone(&heard) as _, 1)
        .await
        .unwrap_err();
    pause(20).await;
    // Failing is told by the error alone.
    assert!(heard.lost.lock().unwrap().is_empty());
    error
}

fn lost(error: &EngineError) -> (&str, Option<&str>) {
    match error {
        EngineError::Lost { message, code } => (message, code.as_deref()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn either_connection_that_is_killed_is_one_loss() {
    run(async {
        let server = Server::start(&[]);
        for kind in ["pubsub", "normal"] {
            let engine = engine(&server.unix());
            let heard = connected(&engine).await;
            Engine::subscribe(&engine, vec![room("a")]).await.unwrap();
            server.run(&["CLIENT", "KILL", "TYPE", kind]);
            let (generation, error) = heard.await_loss().await;
            assert_eq!(generation, 1);
            assert!(
                lost(&error).0.contains("has closed the connection"),
                "{error}"
            );
            // The same engine connects again.
            Engine::connect(&engine, Arc::clone(&heard) as _, 2)
                .await
                .unwrap();
            Engine::subscribe(&engine, vec![room("a")]).await.unwrap();
            Engine::publish(&engine, &[publication(room("a"), b"x")])
                .await
                .unwrap();
            heard.await_messages(1).await;
        }
    });
}

#[test]
fn a_server_that_ends_is_one_loss() {
    run(async {
        let mut server = Server::start(&[]);
        let engine = engine(&server.unix());
        let heard = connected(&engine).await;
        server.kill();
        heard.await_loss().await;
        let error = Engine::publish(&engine, &[publication(room("a"), b"x")])
            .await
            .unwrap_err();
        lost(&error);
        let error = refusal(&engine).await;
        assert_eq!(lost(&error).1, Some("ECONNREFUSED"), "{error}");
        server.restart();
        connected(&engine).await;
    });
}

#[test]
fn a_server_that_is_back_is_seen_soon_and_one_that_was_never_away_is_not() {
    run(async {
        let mut server = Server::start_tcp(&[]);
        let tcp = format!("redis://127.0.0.1:{}", server.port);
        for address in [server.unix(), tcp] {
            let engine = engine(&address);
            let other = EngineError::Unable("of another reason".into());
            let seen = timeout(Duration::from_millis(700), engine.reachable(&other)).await;
            assert!(seen.is_err(), "it was there all along");
            server.kill();
            let error = refusal(&engine).await;
            let mut reachable = engine.reachable(&error);
            let seen = timeout(Duration::from_millis(700), &mut reachable).await;
            assert!(seen.is_err(), "it is away");
            server.restart();
            timeout(Duration::from_secs(3), reachable).await.unwrap();
        }
    });
}

#[test]
fn a_server_that_stops_is_found_by_a_command() {
    run(async {
        let server = Server::start(&[]);
        let mut settings = settings(&server.unix());
        settings.timeout = Duration::from_millis(1_500);
        let engine = RedisEngine::new(&settings).unwrap();
        let heard = connected(&engine).await;
        server.signal("-STOP");
        let error = Engine::publish(&engine, &[publication(room("a"), b"x")])
            .await
            .unwrap_err();
        assert_eq!(lost(&error).1, Some("ETIMEDOUT"));
        assert_eq!(heard.await_loss().await.1, error);
        let error = refusal(&engine).await;
        assert_eq!(lost(&error).1, Some("ETIMEDOUT"));
        server.signal("-CONT");
    });
}

#[test]
fn a_subscriber_that_is_too_slow_for_the_server_is_lost() {
    run(async {
        let server = Server::start(&["--client-output-buffer-limit", "pubsub 64kb 64kb 1"]);
        let engine = engine(&server.unix());
        let heard = connected(&engine).await;
        Engine::subscribe(&engine, vec![room("a")]).await.unwrap();
        // This thread runs the connection too, and does not read meanwhile.
        let mut connection = server.connection();
        for _ in 0..20 {
            let publish = redis::cmd("PUBLISH")
                .arg("line:r:a")
                .arg(vec![b'x'; 500_000])
                .take();
            publish.exec(&mut connection).unwrap();
        }
        heard.await_loss().await;
    });
}

#[test]
fn what_cannot_be_reached_says_so_without_the_password() {
    run(async {
        let port = free_port();
        let none = engine(&format!("redis://:s3cret@127.0.0.1:{port}"));
        let error = refusal(&none).await;
        let (message, code) = lost(&error);
        assert_eq!(code, Some("ECONNREFUSED"));
        assert!(message.contains(&format!("127.0.0.1:{port}")) && !message.contains("s3cret"));
        let error = refusal(&engine("redis://no.such.host.invalid")).await;
        assert_eq!(lost(&error).1, Some("ENOTFOUND"), "{error}");
        let error = refusal(&engine("unix:/no/such/socket")).await;
        assert_eq!(lost(&error).1, Some("ENOENT"), "{error}");
    });
}

#[test]
fn wrong_credentials_are_refused() {
    run(async {
        let server = Server::start_tcp(&["--requirepass", "s3cret"]);
        let at = format!("127.0.0.1:{}", server.port);
        for (login, part) in [
            ("", "NOAUTH"),
            (":wrong@", "WRONGPASS"),
            ("me:s3cret@", "WRONGPASS"),
        ] {
            let error = refusal(&engine(&format!("redis://{login}{at}"))).await;
            let EngineError::Refused(message) = &error else {
                panic!("{error:?}");
            };
            assert!(message.contains(part), "{message}");
            assert!(
                message.contains(&at) && !message.contains("s3cret"),
                "{message}"
            );
        }
        let right = engine(&format!("redis://:s3cret@{at}"));
        connected(&right).await;
        let same = engine(&format!(
            "unix:{}?password=s3cret&user=default",
            server.socket().display()
        ));
        connected(&same).await;
    });
}

#[test]
fn a_missing_permission_names_the_rule_to_add() {
    run(async {
        let server = Server::start(&[]);
        let engine = engine(&format!("{}?user=me&password=pw", server.unix()));
        let entry = Append {
            room: "a".into(),
            id: None,
            data: b"{}".to_vec(),
            tag: 1,
            new_epoch: 1,
            size: 10,
            ttl: 1_000,
        };
        let cases = [
            ("&line:* ~line:* +@all -publish", "\"+publish\""),
            ("&other:* ~line:* +@all", "\"&line:*\""),
            ("&line:* ~other:* +@all", "\"~line:*\""),
            ("&line:* ~line:* +@all -evalsha", "\"+evalsha\""),
            ("&line:* ~line:* +@all -xadd", "+xadd"),
        ];
        for (rules, rule) in cases {
            let mut set = vec!["ACL", "SETUSER", "me", "reset", "on", ">pw"];
            set.extend(rules.split(' '));
            server.run(&set);
            connected(&engine).await;
            let published = Engine::publish(&engine, &[publication(room("a"), b"x")]).await;
            let appended = Engine::keeper(&engine).unwrap().append(&[&entry]).await;
            let appended = appended.unwrap().remove(0);
            let error = published.err().or(appended.err());
            let Some(EngineError::Refused(message)) = error else {
                panic!("{rules}: {error:?}");
            };
            assert!(message.contains(rule), "{rules}: {message}");
        }
        server.run(&[
            "ACL", "SETUSER", "me", "reset", "on", ">pw", "+@all", "~line:*",
        ]);
        connected(&engine).await;
        let error = Engine::subscribe(&engine, vec![room("a")])
            .await
            .unwrap_err();
        assert!(error.to_string().contains("\"&line:*\""), "{error}");
        let all = vec![crate::cluster::Channel::EveryRoom];
        let error = Engine::subscribe(&engine, all).await.unwrap_err();
        assert!(error.to_string().contains("\"&line:r:*\""), "{error}");
    });
}

#[test]
fn the_documented_permissions_are_enough() {
    run(async {
        let server = Server::start(&[]);
        let rules = super::super::ACL_RULES;
        let mut set = vec!["ACL", "SETUSER", "me", "reset", "on", ">pw"];
        set.extend(rules.split(' '));
        server.run(&set);
        let engine = engine(&format!("{}?user=me&password=pw", server.unix()));
        connected(&engine).await;
        let all = vec![room("a"), crate::cluster::Channel::EveryRoom];
        Engine::subscribe(&engine, all.clone()).await.unwrap();
        Engine::unsubscribe(&engine, all).await.unwrap();
        Engine::publish(&engine, &[publication(room("a"), b"x")])
            .await
            .unwrap();
        let keeper = Engine::keeper(&engine).unwrap();
        let registrar = Engine::registrar(&engine).unwrap();
        let entry = Append {
            room: "a".into(),
            id: None,
            data: b"{}".to_vec(),
            tag: 1,
            new_epoch: 1,
            size: 10,
            ttl: 1_000,
        };
        keeper.append(&[&entry]).await.unwrap().remove(0).unwrap();
        let head = crate::cluster::Head {
            room: "b".into(),
            new_epoch: 1,
            ttl: 1_000,
        };
        keeper.heads(vec![head]).await.unwrap();
        keeper.read("a".into(), None, 5).await.unwrap();
        keeper.read("a".into(), Some(0), 5).await.unwrap();
        let node = crate::cluster::NodeId::random();
        registrar.claim("x".into(), node, None).await.unwrap();
        registrar.holder("x".into()).await.unwrap();
        registrar.release("x".into(), node).await.unwrap();
        registrar.announce(node, vec![1], 1_000).await.unwrap();
        registrar.is_alive(node).await.unwrap();
    });
}

#[test]
fn a_replica_is_refused_and_a_master_that_becomes_one_is_lost() {
    run(async {
        let master = Server::start_tcp(&[]);
        let other = Server::start_tcp(&[]);
        let engine = engine(&other.unix());
        let heard = connected(&engine).await;
        other.run(&["REPLICAOF", "127.0.0.1", &master.port.to_string()]);
        let registrar = Engine::registrar(&engine).unwrap();
        // Redis closes no connection for this; a heartbeat finds it.
        let error = registrar
            .announce(crate::cluster::NodeId::random(), vec![1], 1_000)
            .await
            .unwrap_err();
        let EngineError::Unable(message) = &error else {
            panic!("{error:?}");
        };
        assert!(message.contains("READONLY"), "{message}");
        assert_eq!(heard.await_loss().await.1, error);
        let error = refusal(&engine).await;
        assert!(error.to_string().contains("read-only replica"), "{error}");
    });
}

#[test]
fn a_server_without_memory_is_unable() {
    run(async {
        let server = Server::start(&["--maxmemory", "1", "--maxmemory-policy", "noeviction"]);
        let engine = engine(&server.unix());
        let heard = connected(&engine).await;
        let registrar = Engine::registrar(&engine).unwrap();
        let error = registrar
            .announce(crate::cluster::NodeId::random(), vec![1], 1_000)
            .await
            .unwrap_err();
        let EngineError::Unable(message) = &error else {
            panic!("{error:?}");
        };
        assert!(message.contains("OOM"), "{message}");
        // Messages pass through it nevertheless.
        Engine::subscribe(&engine, vec![room("a")]).await.unwrap();
        Engine::publish(&engine, &[publication(room("a"), b"x")])
            .await
            .unwrap();
        heard.await_messages(1).await;
    });
}
