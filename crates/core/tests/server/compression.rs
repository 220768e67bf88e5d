//! permessage-deflate between the opening handshake and messages.

use line_socket_core::{Agreement, Compression, CompressionPolicy, Corrupt};
use std::sync::Arc;

use crate::support::{CLOSE, Client, Server, TEXT, frame};

const RSV1: u8 = 0x40;

fn start() -> Server {
    Server::start_with(|hub| {
        let policy = CompressionPolicy {
            threshold: 0,
            ..CompressionPolicy::default()
        };
        hub.config.set_compression(Some(policy));
    })
}

fn compression() -> Compression {
    let agreement = Agreement {
        server_no_context_takeover: true,
        client_no_context_takeover: true,
        ..Agreement::default()
    };
    Compression {
        agreement,
        policy: Arc::default(),
    }
}

fn compress(text: &str) -> Vec<u8> {
    let mut compressor = compression().compressor();
    let mut out = Vec::new();
    compressor.push(text.as_bytes(), &mut out);
    compressor.finish(&mut out);
    out
}

fn inflate(payload: &[u8]) -> String {
    let mut inflater = compression().inflater();
    let mut out = Vec::new();
    let mut sink = |bytes: &[u8]| -> Result<(), Corrupt> {
        out.extend_from_slice(bytes);
        Ok(())
    };
    inflater.push(payload, &mut sink).unwrap();
    inflater.finish().unwrap();
    String::from_utf8(out).unwrap()
}

/// Opens a WebSocket that offers `extensions`: the client and the answer's header.
fn open(server: &Server, extensions: &str) -> (Client<std::net::TcpStream>, Option<String>) {
    let mut client = Client {
        stream: std::net::TcpStream::connect(server.address).unwrap(),
    };
    let head = client.request("/", &format!("Sec-WebSocket-Extensions: {extensions}\r\n"));
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    let name = "Sec-WebSocket-Extensions: ";
    let line = head.lines().find_map(|line| line.strip_prefix(name));
    (client, line.map(str::to_owned))
}

#[test]
fn messages_are_compressed_both_ways_where_that_was_offered() {
    let server = start();
    let (mut client, agreed) = open(&server, "permessage-deflate; client_max_window_bits");
    assert_eq!(agreed, Some(compression().agreement.to_string()));
    let payload = format!("\"{}\"", "again and ".repeat(100_000));
    let send = |client: &mut Client<_>, text: &str| {
        let mut bytes = frame(TEXT, &compress(text));
        bytes[0] |= RSV1;
        std::io::Write::write_all(&mut client.stream, &bytes).unwrap();
    };
    send(&mut client, r#"{"n":"_h","p":0,"i":"h"}"#);
    let (_, handshake) = client.read_frame().unwrap();
    let handshake = String::from_utf8(handshake.clone()).unwrap_or_else(|_| inflate(&handshake));
    assert_eq!(handshake, r#"{"n":"_r","p":0,"i":"h","e":null}"#);
    // A message as large as this is refused before the handshake is resolved.
    send(
        &mut client,
        &format!(r#"{{"n":"echo","p":{payload},"i":"1"}}"#),
    );
    let (opcode, answer) = client.read_frame().unwrap();
    assert_eq!(opcode, TEXT);
    assert!(answer.len() < 10_000, "{}", answer.len());
    assert_eq!(
        inflate(&answer),
        format!(r#"{{"n":"_r","p":{payload},"i":"1","e":null}}"#)
    );
}

#[test]
fn nothing_is_compressed_for_those_who_did_not_offer_it() {
    let server = start();
    for extensions in ["", "x-other", "permessage-deflate; unknown"] {
        let (mut client, agreed) = open(&server, extensions);
        assert_eq!(agreed, None);
        client.send_text(r#"{"n":"_h","p":0,"i":"h"}"#);
        let expected = r#"{"n":"_r","p":0,"i":"h","e":null}"#;
        assert_eq!(client.read_frame(), Some((TEXT, expected.into())));
        let mut bytes = frame(TEXT, &compress("{}"));
        bytes[0] |= RSV1;
        std::io::Write::write_all(&mut client.stream, &bytes).unwrap();
        assert_eq!(client.read_close().0, 1002);
    }
}

#[test]
fn a_malformed_header_is_a_bad_request() {
    let server = start();
    let mut client = Client {
        stream: std::net::TcpStream::connect(server.address).unwrap(),
    };
    let head = client.request("/", "Sec-WebSocket-Extensions: permessage-deflate; =\r\n");
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
}

#[test]
fn bombs_and_corrupt_data_end_the_connection() {
    let server = Server::start_with(|hub| {
        hub.config
            .set_compression(Some(CompressionPolicy::default()));
        hub.config.set_max_payload(100_000);
    });
    let bomb = compress(&"x".repeat(10_000_000));
    for (payload, code) in [(bomb, 1009), (vec![0xff; 10], 1007)] {
        let (mut client, _) = open(&server, "permessage-deflate");
        let mut bytes = frame(TEXT, &payload);
        bytes[0] |= RSV1;
        std::io::Write::write_all(&mut client.stream, &bytes).unwrap();
        assert_eq!(client.read_close().0, code);
        std::io::Write::write_all(&mut client.stream, &frame(CLOSE, &[])).unwrap();
    }
}

#[test]
fn what_was_sent_before_a_close_is_not_lost() {
    let server = start();
    let (mut client, _) = open(&server, "permessage-deflate");
    client.send_text(r#"{"n":"_h","p":0,"i":"h"}"#);
    client.read_frame().unwrap();
    // The answer is still to be compressed when the close frame is read.
    let payload = format!("\"{}\"", "again and ".repeat(200_000));
    let request = format!(r#"{{"n":"_p","p":{payload},"i":"1"}}"#);
    let bytes = [frame(TEXT, request.as_bytes()), frame(CLOSE, &[3, 232])].concat();
    std::io::Write::write_all(&mut client.stream, &bytes).unwrap();
    let (opcode, pong) = client.read_frame().unwrap();
    let pong = String::from_utf8(pong.clone()).unwrap_or_else(|_| inflate(&pong));
    assert_eq!(
        (opcode, &*pong),
        (TEXT, r#"{"n":"_r","p":"pong","i":"1","e":null}"#)
    );
    assert_eq!(client.read_close(), (1000, String::new()));
}
