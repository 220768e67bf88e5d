//! Streams that somebody else has accepted, on an io thread without a listener.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use line_socket_core::{
    Detached, Handover, Kind, Output, Remote, Request, RequestLimits, Ticket, Transport, adopt,
    parse_request, pipe,
};

use crate::support::{CLOSE, Client, Server, TEXT, close_payload, frame};

const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// What the application knows the stream by.
const KEY: u32 = 5;

const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4321);

/// Two ends of a connection: the client's, and one as somebody else has accepted it.
fn pair() -> (Client<TcpStream>, Detached) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let (accepted, _) = listener.accept().unwrap();
    accepted.set_nonblocking(true).unwrap();
    (Client { stream }, Detached::Tcp(accepted))
}

fn request(head: &[u8]) -> Request {
    parse_request(head, &RequestLimits::default())
        .unwrap()
        .unwrap()
        .0
}

fn handover(server: &Server, stream: Detached, request: Request, read_ahead: Vec<u8>) -> Handover {
    Handover {
        ticket: Ticket::new(&server.hub, KEY, false),
        remote: Remote {
            address: Some(ADDRESS),
            encrypted: true,
            transport: Transport::Adopted,
            secure: None,
        },
        stream,
        request: Ok(request),
        read_ahead,
    }
}

fn has(server: &Server, kind: Kind) -> bool {
    server.events().iter().any(|event| event.kind == kind)
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
    let read_ahead = frame(TEXT, br#"{"n":"_h","p":0,"i":"h"}"#);
    server.hand_over(handover(&server, accepted, request(REQUEST), read_ahead));
    let head = read_head(&mut client);
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    let expected = r#"{"n":"_r","p":0,"i":"h","e":null}"#;
    assert_eq!(client.read_frame(), Some((TEXT, expected.into())));
    let slot = server.wait_for(Kind::Handshake).slot;
    let connection = server.connection(slot);
    assert!(
        connection
            .facts()
            .head
            .to_bytes()
            .starts_with(b"GET /chat HTTP/1.1\r\n")
    );
    assert_eq!(connection.facts().remote.address, Some(ADDRESS));
    drop(client);
    assert_eq!(server.wait_for(Kind::Closed).slot, slot);
    assert_eq!(server.wait_for(Kind::Released).slot, KEY);
    server.finish(false);
}

#[test]
fn a_connection_that_is_held_is_not_read_until_it_is_served() {
    let server = Server::start_unbound();
    let (mut client, accepted) = pair();
    let read_ahead = frame(TEXT, br#"{"n":"_h","p":0,"i":"h"}"#);
    let mut handover = handover(&server, accepted, request(REQUEST), read_ahead);
    handover.ticket.held = true;
    server.hand_over(handover);
    read_head(&mut client);
    let opened = server.wait_for(Kind::Opened);
    assert_eq!(opened.number, u64::from(KEY));
    std::thread::sleep(Duration::from_millis(50));
    assert!(!has(&server, Kind::Handshake));
    server.connection(opened.slot).serve();
    server.wait_for(Kind::Handshake);
    server.finish(true);
}

#[test]
fn one_that_is_closed_while_it_is_held_hears_the_close_and_says_nothing() {
    let server = Server::start_unbound();
    let (mut client, accepted) = pair();
    let read_ahead = frame(TEXT, br#"{"n":"_h","p":0,"i":"h"}"#);
    let mut handover = handover(&server, accepted, request(REQUEST), read_ahead);
    handover.ticket.held = true;
    server.hand_over(handover);
    read_head(&mut client);
    let connection = server.connection(server.wait_for(Kind::Opened).slot);
    assert!(server.hub.close(&connection, 4401, "no"));
    assert_eq!(client.read_close(), (4401, "no".to_owned()));
    let answer = frame(CLOSE, &close_payload(4401, "no"));
    client.stream.write_all(&answer).unwrap();
    let closed = server.wait_for(Kind::Closed);
    assert_eq!(closed.number, 4401);
    assert!(!has(&server, Kind::Handshake));
    server.finish(true);
}

#[test]
fn a_stream_may_be_piped() {
    let server = Server::start_unbound();
    let (owner, piped) = pipe(&server.hub, KEY);
    let stream = Detached::Piped(piped);
    server.hand_over(handover(&server, stream, request(REQUEST), Vec::new()));
    server.wait_for(Kind::PipeOutput);
    let Output::Bytes(head) = owner.take() else {
        panic!("no answer");
    };
    assert!(head.starts_with(b"HTTP/1.1 101 "));
    // The connection is open once its answer has left.
    std::thread::sleep(Duration::from_millis(20));
    assert!(server.hub.registry().is_empty());
    owner.written(head.len());
    owner.push(&frame(TEXT, br#"{"n":"_h","p":0,"i":"h"}"#));
    server.wait_for_many(Kind::PipeOutput, 2);
    assert!(matches!(owner.take(), Output::Bytes(bytes) if bytes.ends_with(br#""e":null}"#)));
    owner.end();
    assert_eq!(server.wait_for(Kind::Closed).number, 1006);
    server.wait_for(Kind::Released);
    assert_eq!(owner.take(), Output::End);
    server.finish(true);
}

#[test]
fn a_piped_stream_whose_answer_is_not_written_in_time_is_dropped() {
    let server = Server::start_unbound();
    server.hub.config.set_upgrade_timeout(50);
    let (owner, piped) = pipe(&server.hub, KEY);
    let stream = Detached::Piped(piped);
    server.hand_over(handover(&server, stream, request(REQUEST), Vec::new()));
    server.wait_for(Kind::PipeOutput);
    assert!(matches!(owner.take(), Output::Bytes(_)));
    // What the peer sends does not stand for its reading.
    owner.push(&frame(TEXT, br#"{"n":"_h","p":0,"i":"h"}"#));
    assert_eq!(server.wait_for(Kind::Released).slot, KEY);
    assert_eq!(owner.take(), Output::End);
    assert_eq!(server.hub.admission.permits(), 0);
    assert!(!has(&server, Kind::Handshake));
    server.finish(true);
}

#[test]
fn a_socket_that_takes_no_answer_in_time_is_dropped() {
    let server = Server::start_unbound();
    server.hub.config.set_upgrade_timeout(50);
    let (client, accepted) = pair();
    let Detached::Tcp(stream) = accepted else {
        panic!("no socket");
    };
    // An earlier answer on the same connection, which the peer has left unread.
    while (&stream).write(&[0; 8 * 1024]).is_ok() {}
    let stream = Detached::Tcp(stream);
    server.hand_over(handover(&server, stream, request(REQUEST), Vec::new()));
    assert_eq!(server.wait_for(Kind::Released).slot, KEY);
    assert_eq!(server.hub.admission.permits(), 0);
    drop(client);
    server.finish(true);
}

#[cfg(unix)]
#[test]
fn a_descriptor_is_adopted_with_its_kind_and_address() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (accepted, _) = listener.accept().unwrap();
    let (stream, remote) = adopt(accepted.into()).unwrap();
    assert!(matches!(stream, Detached::Tcp(_)));
    assert_eq!(remote.address, client.local_addr().ok());
    assert_eq!(
        (remote.encrypted, remote.transport),
        (false, Transport::Adopted)
    );

    let (one, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    let (stream, remote) = adopt(one.into()).unwrap();
    assert!(matches!(stream, Detached::Unix(_)));
    assert_eq!(remote.address, None);

    let file = std::fs::File::open("/dev/null").unwrap();
    assert!(adopt(file.into()).is_err());
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
