//! Streams that somebody else has accepted, on an io thread without a listener.

use std::io::Read;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use line_socket_native::hub::{Kind, Remote, Transport};
use line_socket_native::transport::{Detached, Handover, Ticket};
use line_socket_native::upgrade::{Limits, Request, parse};

use crate::support::{Client, Server, TEXT, frame};

const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// What the application knows the stream by.
const KEY: u32 = 5;

/// Two ends of a connection: the client's, and one as somebody else has accepted it.
fn pair() -> (Client<TcpStream>, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let (accepted, _) = listener.accept().unwrap();
    accepted.set_nonblocking(true).unwrap();
    (Client { stream }, accepted)
}

fn request(head: &[u8]) -> Request {
    parse(head, &Limits::default()).unwrap().unwrap().0
}

fn handover(server: &Server, stream: TcpStream, request: Request, early: Vec<u8>) -> Handover {
    Handover {
        ticket: Ticket::new(&server.hub, KEY, false),
        remote: Remote {
            address: stream.peer_addr().ok(),
            encrypted: true,
            transport: Transport::Adopted,
            secure: None,
        },
        stream: Detached::Tcp(stream),
        request: Ok(request),
        early,
    }
}

/// Reads the head of an answer, byte by byte: what follows belongs to the WebSocket.
fn read_head(client: &mut Client<TcpStream>) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn a_stream_is_served_with_the_bytes_that_were_read_already() {
    let server = Server::start_unbound();
    let (mut client, accepted) = pair();
    let early = frame(TEXT, br#"{"n":"_h","p":0,"i":"h"}"#);
    server.hand_over(handover(&server, accepted, request(REQUEST), early));
    let head = read_head(&mut client);
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    let expected = r#"{"n":"_r","p":0,"i":"h","e":null}"#;
    assert_eq!(client.read_frame(), Some((TEXT, expected.into())));
    let slot = server.wait_for(Kind::Handshake).slot;
    let connection = server.connection(slot);
    assert_eq!(connection.facts().request.target(), "/chat");
    let local = client.stream.local_addr().unwrap();
    assert_eq!(connection.facts().remote.address, Some(local));
    drop(client);
    assert_eq!(server.wait_for(Kind::Closed).slot, slot);
    server.finish(false);
}

#[test]
fn what_is_no_upgrade_is_refused() {
    let server = Server::start_unbound();
    let (mut client, accepted) = pair();
    let head = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n";
    server.hand_over(handover(&server, accepted, request(head), Vec::new()));
    let mut answer = String::new();
    client.stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 426 "), "{answer}");
    server.finish(true);
}

#[test]
fn after_a_stop_the_stream_is_closed() {
    let server = Server::start_unbound();
    server.stop(true);
    server.wait_for(Kind::Stopped);
    let (mut client, accepted) = pair();
    server.hand_over(handover(&server, accepted, request(REQUEST), Vec::new()));
    assert_eq!(client.stream.read(&mut [0]).unwrap(), 0);
    server.finish(true);
}
