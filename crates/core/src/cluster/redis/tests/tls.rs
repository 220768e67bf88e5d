use std::path::PathBuf;

use super::support::*;
use crate::cluster::{Engine, EngineError, RedisEngine, RedisSettings, RedisTls};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../__test__/fixtures/tls/",
            $name
        ))
    };
}

fn path(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../__test__/fixtures/tls");
    folder.join(name).to_str().unwrap().to_owned()
}

/// A server that speaks TLS on a port; its Unix socket is for the test.
fn start(client_certificates: &str) -> (Server, u16) {
    let port = free_port();
    let (cert, key, ca) = (path("server.pem"), path("server.key"), path("ca.pem"));
    let options = [
        "--tls-port",
        &port.to_string(),
        "--tls-cert-file",
        &cert,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &ca,
        "--tls-auth-clients",
        client_certificates,
    ];
    (Server::start(&options), port)
}

fn with(port: u16, tls: RedisTls) -> RedisEngine {
    let settings = RedisSettings {
        tls: Some(tls),
        ..settings(&format!("rediss://127.0.0.1:{port}"))
    };
    RedisEngine::new(&settings).unwrap()
}

fn trusting() -> RedisTls {
    RedisTls {
        ca: fixture!("ca.pem").into(),
        servername: Some("localhost".into()),
        ..RedisTls::default()
    }
}

async fn failure(engine: &RedisEngine) -> String {
    let heard = std::sync::Arc::new(Heard::default());
    let error = Engine::connect(engine, heard, 1).await.unwrap_err();
    assert!(matches!(error, EngineError::Lost { .. }), "{error:?}");
    error.to_string()
}

#[test]
fn a_private_authority_is_trusted_and_no_other() {
    run(async {
        let (_server, port) = start("no");
        let engine = with(port, trusting());
        let heard = connected(&engine).await;
        Engine::subscribe(&engine, vec![room("a")]).await.unwrap();
        let large = vec![b'x'; 300_000];
        Engine::publish(&engine, &[publication(room("a"), &large)])
            .await
            .unwrap();
        heard.await_messages(1).await;
        assert_eq!(heard.messages.lock().unwrap()[0].1, large);
        let other = RedisTls {
            ca: fixture!("stranger.pem").into(),
            ..trusting()
        };
        let error = failure(&with(port, other)).await;
        assert!(error.contains("invalid peer certificate"), "{error}");
        let other = RedisTls {
            servername: Some("example.com".into()),
            ..trusting()
        };
        let error = failure(&with(port, other)).await;
        assert!(error.contains("not valid for name"), "{error}");
    });
}

#[test]
fn a_client_certificate_is_presented() {
    run(async {
        let (_server, port) = start("yes");
        let tls = RedisTls {
            cert: Some(fixture!("client.pem").into()),
            key: Some(fixture!("client.key").into()),
            ..trusting()
        };
        connected(&with(port, tls)).await;
        // TLS 1.3 tells the client of it by an alert behind the handshake.
        failure(&with(port, trusting())).await;
    });
}

#[test]
fn settings_that_cannot_be_used_name_the_option() {
    let cases = [
        ("tls.ca", RedisTls::default()),
        (
            "tls.ca",
            RedisTls {
                ca: "x".into(),
                ..RedisTls::default()
            },
        ),
        (
            "tls.key",
            RedisTls {
                cert: Some(fixture!("client.pem").into()),
                ..trusting()
            },
        ),
        (
            "tls.cert",
            RedisTls {
                key: Some(fixture!("client.key").into()),
                ..trusting()
            },
        ),
        (
            "tls.servername",
            RedisTls {
                servername: Some("a b".into()),
                ..trusting()
            },
        ),
    ];
    for (option, tls) in cases {
        let settings = RedisSettings {
            tls: Some(tls),
            ..settings("rediss://host")
        };
        assert_eq!(RedisEngine::new(&settings).err().unwrap().option, option);
    }
    let unix = RedisSettings {
        tls: Some(trusting()),
        ..settings("unix:/run/x")
    };
    assert_eq!(RedisEngine::new(&unix).err().unwrap().option, "tls");
    // No authority is trusted unless it is given.
    assert_eq!(
        RedisEngine::new(&settings("rediss://host"))
            .err()
            .unwrap()
            .option,
        "tls.ca"
    );
}
