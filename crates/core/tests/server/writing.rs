//! Several threads write to one peer: nothing is lost, repeated or out of order, and nobody waits
//! for ever.

use std::sync::Arc;

use line_socket_core::{Group, Kind};

use crate::support::{Client, Server, TEXT, wait_until};

/// Messages of each thread; some larger than a socket takes at once.
const MESSAGES: usize = 3000;

fn message(sender: &str, number: usize) -> String {
    let length = match number % 100 {
        0 => 60_000,
        n if n % 7 == 0 => 3000,
        n => n,
    };
    format!("{sender} {number} {}", "x".repeat(length))
}

#[test]
fn every_thread_s_messages_arrive_whole_and_in_its_order() {
    let server = Server::start_with(|hub| hub.config.set_max_buffered_bytes(usize::MAX / 4));
    let mut client = Client::shake_hands(server.address);
    let connection = server.connection(server.wait_for(Kind::Handshake).slot);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..MESSAGES {
                let text = message("direct", number);
                connection.send(text.as_bytes(), &server.hub.config);
                // As an application does, not after each of them.
                if number % 3 == 0 {
                    connection.flush();
                }
            }
            connection.flush();
        });
        scope.spawn(|| {
            for number in 0..MESSAGES {
                server
                    .hub
                    .broadcast(Group::All, &message("broadcast", number));
            }
        });
        let stream = client.stream.try_clone().unwrap();
        scope.spawn(move || {
            let mut writer = Client { stream };
            for _ in 0..MESSAGES {
                writer.send_text(r#"{"n":"_p"}"#);
            }
        });

        let (mut direct, mut broadcast, mut pongs) = (0, 0, 0);
        while direct + broadcast + pongs < 3 * MESSAGES {
            let (opcode, payload) = client.read_frame().unwrap();
            assert_eq!(opcode, TEXT);
            let text = String::from_utf8(payload).unwrap();
            if text.starts_with("direct") {
                assert!(text == message("direct", direct), "direct {direct}");
                direct += 1;
            } else if text.starts_with("broadcast") {
                assert!(
                    text == message("broadcast", broadcast),
                    "broadcast {broadcast}"
                );
                broadcast += 1;
            } else {
                assert_eq!(text, r#"{"n":"_r","p":"pong","e":null}"#);
                pongs += 1;
            }
        }
        assert_eq!((direct, broadcast, pongs), (MESSAGES, MESSAGES, MESSAGES));
    });
    assert_eq!(connection.pending(), 0);
    server.finish(true);
}

/// As often as the application asks, it is told when what it has queued has left.
#[test]
fn the_application_is_told_of_written_bytes() {
    let server = Server::start();
    let mut client = Client::shake_hands(server.address);
    let connection = server.connection(server.wait_for(Kind::Handshake).slot);
    let reader = std::thread::spawn(move || while client.read_frame().is_some() {});
    let mut told = 0;
    for _ in 0..20 {
        let text = vec![b'x'; 6 << 20];
        connection.send(&text, &server.hub.config);
        connection.flush();
        let target = connection.queued();
        // Else all of it was taken at once, and there is nothing to wait for.
        while connection.watch() < target {
            told += 1;
            server.wait_for_many(Kind::Written, told);
        }
    }
    assert_eq!(connection.pending(), 0);
    server.hub.close(&connection, 1000, "");
    server.hub.cut(&connection);
    reader.join().unwrap();
    server.finish(false);
}

#[test]
fn a_broadcast_reaches_every_member_of_a_room_once() {
    const MEMBERS: usize = 50;
    let server = Server::start();
    let mut clients: Vec<_> = (0..MEMBERS)
        .map(|_| Client::shake_hands(server.address))
        .collect();
    for event in server.wait_for_many(Kind::Handshake, MEMBERS) {
        server.hub.registry().join(event.slot, "room");
    }
    let frames: Vec<String> = (0..20)
        .map(|i| format!("{i} {}", "x".repeat(i * 100)))
        .collect();
    for text in &frames {
        let reached = server.hub.broadcast(Group::Room("room"), text);
        assert_eq!(reached, MEMBERS);
    }
    for client in &mut clients {
        for text in &frames {
            assert_eq!(client.read_frame(), Some((TEXT, text.clone().into())));
        }
    }
    drop(clients);
    let hub = Arc::clone(&server.hub);
    wait_until("all have left", move || !hub.registry().has_room("room"));
    server.finish(false);
}
