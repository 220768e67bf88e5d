//! Opening handshakes: refused, decided on by the application, and never completed.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use line_socket_core::{Kind, Verdict};

use crate::support::{Client, Server, TEXT, frame, wait_until};

fn raw(server: &Server) -> Client<TcpStream> {
    let stream = TcpStream::connect(server.address).unwrap();
    let limit = Some(Duration::from_secs(20));
    stream.set_read_timeout(limit).unwrap();
    Client { stream }
}

/// Sends a request as it is and reads all of the answer.
fn answer_to(server: &Server, request: &str) -> String {
    let mut client = raw(server);
    client.stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    client.stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn what_is_no_upgrade_is_refused_and_the_stream_closed() {
    let server = Server::start();
    for (request, status) in [
        ("GET / HTTP/1.1\r\nHost: test\r\n\r\n", "426"),
        ("nonsense\r\n\r\n", "400"),
    ] {
        let answer = answer_to(&server, request);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
    }
    assert!(server.hub.registry().is_empty());
    server.finish(true);
}

#[test]
fn the_application_refuses() {
    let server = Server::start();
    server.gate.set_asking(true);
    std::thread::scope(|scope| {
        let client = scope.spawn(|| raw(&server).request("/secret?a=1", "Origin: http://evil\r\n"));
        let key = server.wait_for(Kind::Upgrade).slot;
        let pending = server.gate.get(key).unwrap();
        assert_eq!(pending.request.target(), "/secret?a=1");
        assert_eq!(pending.upgrade.origin.as_deref(), Some("http://evil"));
        assert!(pending.remote.address.unwrap().ip().is_loopback());
        assert!(pending.client.address.unwrap().is_loopback());
        let refusal = || Verdict::Refuse {
            status: 403,
            message: None,
        };
        assert!(server.gate.decide(key, refusal()));
        assert!(!server.gate.decide(key, refusal()), "once");
        assert!(server.gate.get(key).is_none());
        let head = client.join().unwrap();
        assert!(head.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{head}");
    });
    server.finish(true);
}

#[test]
fn the_application_accepts_with_a_head_of_its_own() {
    let server = Server::start();
    server.gate.set_asking(true);
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            let mut client = raw(&server);
            let head = client.request("/", "");
            (client, head)
        });
        let key = server.wait_for(Kind::Upgrade).slot;
        let head = "HTTP/1.1 101 Switching Protocols\r\nX-Own: 1\r\n\r\n";
        let verdict = Verdict::Accept {
            head: head.into(),
            protocol: Some("chat".into()),
        };
        // The request is still held here: the connection must come about all the same.
        let pending = server.gate.get(key).unwrap();
        assert!(server.gate.decide(key, verdict));
        let (mut client, answered) = client.join().unwrap();
        assert_eq!(answered, head);
        client.send_text(r#"{"n":"_h","i":"1"}"#);
        assert_eq!(client.read_frame().map(|(opcode, _)| opcode), Some(TEXT));
        let slot = server.wait_for(Kind::Handshake).slot;
        let connection = server.connection(slot);
        assert_eq!(connection.facts().protocol.as_deref(), Some("chat"));
        assert!(
            connection
                .facts()
                .head
                .to_bytes()
                .starts_with(b"GET / HTTP/1.1\r\n")
        );
        drop(pending);
    });
    server.finish(true);
}

#[test]
fn requests_that_nobody_decides_on_are_refused_when_they_are_forgotten() {
    let server = Server::start();
    server.gate.set_asking(true);
    std::thread::scope(|scope| {
        let client = scope.spawn(|| raw(&server).request("/", ""));
        server.wait_for(Kind::Upgrade);
        server.gate.clear();
        let head = client.join().unwrap();
        assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    });
    server.finish(true);
}

#[test]
fn a_request_that_is_not_completed_in_time_is_dropped() {
    let server = Server::start_with(|hub| hub.config.set_upgrade_timeout(50));
    let begun = Instant::now();
    let answer = answer_to(&server, "GET / HTTP/1.1\r\n");
    assert_eq!(answer, "");
    assert!(begun.elapsed() >= Duration::from_millis(50));
    server.finish(true);
}

#[test]
fn connections_that_are_still_opening_end_with_the_listener() {
    let server = Server::start();
    let mut silent = raw(&server);
    silent.stream.write_all(b"GET / HT").unwrap();
    // Answered, so the one before it has been accepted.
    Client::shake_hands(server.address);
    let events = server.finish(false);
    assert!(events.iter().any(|event| event.kind == Kind::Stopped));
    assert_eq!(silent.stream.read(&mut [0; 10]).unwrap_or(0), 0);
}

#[test]
fn messages_that_come_with_the_request_are_not_lost() {
    let server = Server::start();
    let mut client = raw(&server);
    let request = "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let hello = frame(TEXT, br#"{"n":"_h","i":"1"}"#);
    let half = frame(TEXT, br#"{"n":"x","i":"2"}"#);
    let (first, rest) = half.split_at(5);
    let bytes = [request.as_bytes(), &hello, first].concat();
    client.stream.write_all(&bytes).unwrap();
    let mut head = [0; 129];
    client.stream.read_exact(&mut head).unwrap();
    assert!(head.ends_with(b"\r\n\r\n"), "{}", head.escape_ascii());
    let answer = r#"{"n":"_r","i":"1","e":null}"#;
    assert_eq!(client.read_frame(), Some((TEXT, answer.into())));
    client.stream.write_all(rest).unwrap();
    let answer = r#"{"n":"_r","i":"2","e":null}"#;
    assert_eq!(client.read_frame(), Some((TEXT, answer.into())));
    drop(client);
    wait_until("released", || server.hub.registry().is_empty());
    server.finish(false);
}
