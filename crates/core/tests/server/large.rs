//! Large messages, which another thread scans.

use std::io::Write;

use line_socket_core::Kind;

use crate::support::{Client, Server, TEXT, close_payload, frame};

const CLOSE: u8 = 8;

/// Twice what is scanned by the io thread itself.
fn large() -> String {
    format!(r#"{{"n":"large","p":"{}"}}"#, "\u{e9}".repeat(1024 * 1024))
}

#[test]
fn large_messages_keep_their_place_between_others() {
    let server = Server::start();
    let mut client = Client::shake_hands(server.address);
    let mut bytes = Vec::new();
    for number in 0..5 {
        bytes.extend(frame(1, large().as_bytes()));
        bytes.extend(frame(2, large().as_bytes()));
        bytes.extend(frame(
            1,
            format!(r#"{{"n":"small","p":{number},"i":"{number}"}}"#).as_bytes(),
        ));
    }
    client.stream.write_all(&bytes).unwrap();
    for number in 0..5 {
        let answer = format!(r#"{{"n":"_r","p":{number},"i":"{number}","e":null}}"#);
        assert_eq!(client.read_frame(), Some((TEXT, answer.into_bytes())));
    }
    let bytes = [
        frame(1, large().as_bytes()),
        frame(CLOSE, &close_payload(4000, "bye")),
    ]
    .concat();
    client.stream.write_all(&bytes).unwrap();
    assert_eq!(client.read_close(), (4000, "bye".to_owned()));
    let lengths: Vec<_> = server
        .finish(false)
        .into_iter()
        .filter(|event| event.kind == Kind::Message)
        .map(|event| event.payload.map_or(0, |payload| payload.len()))
        .collect();
    let length = 2 * 1024 * 1024 + 2;
    let mut expected = [length, length, 1].repeat(5);
    expected.push(length);
    assert_eq!(lengths, expected);
}

#[test]
fn a_server_stops_while_large_messages_are_scanned() {
    let server = Server::start();
    let mut clients: Vec<_> = (0..4)
        .map(|_| Client::shake_hands(server.address))
        .collect();
    let bytes = frame(1, large().as_bytes());
    for client in &mut clients {
        client.stream.write_all(&bytes).unwrap();
    }
    let events = server.finish(true);
    let last = |slot| {
        events
            .iter()
            .rfind(|event| event.slot == slot)
            .map(|event| event.kind)
    };
    for event in events.iter().filter(|event| event.kind == Kind::Handshake) {
        assert_eq!(
            last(event.slot),
            Some(Kind::Closed),
            "nothing after the end"
        );
    }
}
