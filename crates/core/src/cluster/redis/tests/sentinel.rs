use std::collections::HashMap;
use std::fs;
use std::process::Child;

use redis::{FromRedisValue, RedisResult, Value};

use super::support::*;
use crate::cluster::{Engine, EngineError, NodeId};

struct Sentinel {
    process: Child,
    port: u16,
    _directory: Directory,
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Sentinel {
    fn start(master: u16) -> Self {
        let directory = Directory::new();
        let port = free_port();
        let file = directory.0.join("sentinel.conf");
        let lines = [
            format!("port {port}"),
            "bind 127.0.0.1".to_owned(),
            format!("dir {}", directory.0.display()),
            format!("sentinel monitor mymaster 127.0.0.1 {master} 1"),
            "sentinel down-after-milliseconds mymaster 500".to_owned(),
            "sentinel failover-timeout mymaster 5000".to_owned(),
        ];
        fs::write(&file, lines.join("\n")).unwrap();
        let arguments = [file.to_str().unwrap().to_owned(), "--sentinel".to_owned()];
        Self {
            process: spawn("redis-server", &arguments),
            port,
            _directory: directory,
        }
    }

    fn ask<T: FromRedisValue>(&self, command: &[&str]) -> RedisResult<T> {
        let client = redis::Client::open(("127.0.0.1", self.port))?;
        let mut sent = redis::cmd("SENTINEL");
        sent.arg(command).query(&mut client.get_connection()?)
    }
}

#[test]
fn the_master_is_found_before_and_after_a_failover() {
    run(async {
        let mut master = Server::start_tcp(&[]);
        let replica = Server::start_tcp(&["--replicaof", &format!("127.0.0.1 {}", master.port)]);
        // Sentinels ask for replicas every ten seconds; so the replica is there first.
        until(|| format!("{:?}", master.run(&["INFO", "replication"])).contains("state=online"))
            .await;
        let sentinel = Sentinel::start(master.port);
        until(|| {
            type Replicas = Vec<HashMap<String, String>>;
            let found: RedisResult<Replicas> = sentinel.ask(&["REPLICAS", "mymaster"]);
            let linked = |replica: &HashMap<String, String>| replica["master-link-status"] == "ok";
            found.is_ok_and(|replicas| replicas.len() == 1 && linked(&replicas[0]))
        })
        .await;
        // The first sentinel does not exist.
        let unused = free_port();
        let address = format!(
            "redis+sentinel://127.0.0.1:{unused},127.0.0.1:{}/mymaster",
            sentinel.port
        );
        let engine = engine(&address);
        let heard = connected(&engine).await;
        Engine::subscribe(&engine, vec![room("a")]).await.unwrap();
        master.run(&["PUBLISH", "line:r:a", "before"]);
        heard.await_messages(1).await;
        master.kill();
        let (_, error) = heard.await_loss().await;
        assert!(matches!(error, EngineError::Lost { .. }), "{error:?}");
        // Until the sentinel has made the replica a master, it names the old one.
        for generation in 2.. {
            let connecting =
                Engine::connect(&engine, std::sync::Arc::clone(&heard) as _, generation);
            match connecting.await {
                Ok(()) => break,
                Err(error) => assert!(generation < 600, "{error}"),
            }
            pause(50).await;
        }
        Engine::subscribe(&engine, vec![room("a")]).await.unwrap();
        replica.run(&["PUBLISH", "line:r:a", "after"]);
        heard.await_messages(2).await;
        let node = NodeId::random();
        Engine::registrar(&engine)
            .unwrap()
            .announce(node, vec![1], 60_000)
            .await
            .unwrap();
        let key = format!("line:node:{node}");
        assert_eq!(replica.run(&["EXISTS", &key]), Value::Int(1));
    });
}

#[test]
fn a_master_that_sentinels_do_not_know() {
    run(async {
        let master = Server::start_tcp(&[]);
        let sentinel = Sentinel::start(master.port);
        until(|| sentinel.ask::<Value>(&["MASTERS"]).is_ok()).await;
        let engine = engine(&format!(
            "redis+sentinel://127.0.0.1:{}/other",
            sentinel.port
        ));
        let heard = std::sync::Arc::new(Heard::default());
        let error = Engine::connect(&engine, heard, 1).await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains("knows no master of the name \"other\""),
            "{error}"
        );
    });
}
