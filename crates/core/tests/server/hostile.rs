//! Peers that break the rules, do not read, flood, or go away at a bad moment (contract section 4).

use std::io::Write;
use std::net::Shutdown;
use std::time::{Duration, Instant};

use line_socket_core::{CONNECTION_MARK, Group, Kind};

use crate::support::{
    CLOSE, Client, Event, GRAIN, PING, PONG, Server, TEXT, close_payload, frame, wait_until,
};

#[test]
fn violations_of_the_protocol_close_with_their_code() {
    let server = Server::start_with(|hub| hub.config.set_max_payload(1000));
    let unmasked = vec![0x81, 1, b'1'];
    let reserved_bit = vec![0xc1, 0x80, 0, 0, 0, 0];
    let reserved_opcode = frame(3, b"");
    let continuation_of_nothing = frame(0, b"1");
    let long_control = frame(PING, &[0; 126]);
    let invalid_text = frame(TEXT, b"\xff");
    let close_of_one_byte = frame(CLOSE, b"1");
    let close_code = frame(CLOSE, &close_payload(1005, ""));
    let too_big = frame(TEXT, &[b'1'; 1001]);
    // Claims 2^62 bytes and sends none of them.
    let mut claimed = vec![0x81, 0xff, 0x40];
    claimed.extend_from_slice(&[0; 11]);
    let cases = [
        ("unmasked", unmasked, 1002),
        ("reserved bit", reserved_bit, 1002),
        ("reserved opcode", reserved_opcode, 1002),
        ("continuation of nothing", continuation_of_nothing, 1002),
        ("long control frame", long_control, 1002),
        ("text that is not UTF-8", invalid_text, 1007),
        ("close frame of one byte", close_of_one_byte, 1002),
        ("close code that must not travel", close_code, 1002),
        ("message above the limit", too_big, 1009),
        ("length above the limit", claimed, 1009),
    ];
    for (i, (what, bytes, code)) in cases.iter().enumerate() {
        let mut client = Client::shake_hands(server.address);
        client.stream.write_all(bytes).unwrap();
        // What comes after a violation counts no more.
        client.send_text(r#"{"n":"x","i":"1"}"#);
        assert_eq!(client.read_close(), (*code, String::new()), "{what}");
        assert_eq!(client.read_frame(), None, "{what}");
        let invalid = server.wait_for_many(Kind::Invalid, i + 1).remove(i);
        assert_eq!(invalid.number, u64::from(*code), "{what}");
        let closed = server.wait_for_many(Kind::Closed, i + 1).remove(i);
        assert_eq!(closed.number, 1006, "{what}");
    }
    let events = server.finish(false);
    assert!(events.iter().all(|event| event.kind != Kind::Message));
}

#[test]
fn a_peer_that_is_sending_a_large_message_sees_the_close_frame() {
    const MIB: usize = 1024 * 1024;
    let server = Server::start_with(|hub| hub.config.set_max_payload(1000));
    for round in 0..5 {
        let mut client = Client::shake_hands(server.address);
        // A reset in place of the close frame would fail one or the other.
        client
            .stream
            .write_all(&frame(TEXT, &vec![b'1'; 12 * MIB]))
            .unwrap();
        assert_eq!(client.read_close(), (1009, String::new()), "{round}");
        assert_eq!(client.read_frame(), None, "{round}");
    }
    server.finish(false);
}

#[test]
fn a_peer_that_floods_after_its_end_is_cut_in_time() {
    let server = Server::start();
    let mut client = Client::shake_hands(server.address);
    client.stream.write_all(&frame(3, b"")).unwrap();
    assert_eq!(client.read_close(), (1002, String::new()));
    let began = Instant::now();
    let flood = vec![b'1'; 1024 * 1024];
    let mut sent = 0;
    while client.stream.write_all(&flood).is_ok() {
        sent += 1;
        assert!(sent < 100, "is read for ever");
    }
    // It is left alone for about a second; a busy machine is late.
    assert!(began.elapsed() < Duration::from_secs(10));
    server.finish(false);
}

#[test]
fn invalid_envelopes_cost_the_peer_nothing_but_the_message() {
    let server = Server::start();
    let mut client = Client::shake_hands(server.address);
    client.send_text(r#"{"n":5}"#);
    client.stream.write_all(&frame(2, b"\xff{}")).unwrap();
    client.send_text(r#"{"n":"x","p":1,"i":"1"}"#);
    let answer = r#"{"n":"_r","p":1,"i":"1","e":null}"#;
    assert_eq!(client.read_frame(), Some((TEXT, answer.into())));
    let invalid = server.wait_for_many(Kind::Invalid, 2);
    assert_eq!(invalid[0].payload.as_deref(), Some(r#"{"n":5}"#));
    assert_eq!(invalid[1].payload.as_deref(), Some("\u{fffd}{}"));
    server.finish(true);
}

#[test]
fn a_peer_that_does_not_read_is_bounded_in_memory_and_ended() {
    const LIMIT: usize = 256 * 1024;
    const MESSAGE: usize = 10_000;
    let server = Server::start_with(|hub| hub.config.set_max_buffered_bytes(LIMIT));
    let mut client = Client::shake_hands(server.address);
    let connection = server.connection(server.wait_for(Kind::Handshake).slot);
    let text = "x".repeat(MESSAGE);
    let mut sent = 0;
    while server.hub.broadcast(Group::All, &text) == 1 {
        sent += 1;
        assert!(connection.pending() <= LIMIT + MESSAGE + 10);
        // Kernels take some megabytes for a peer that does not read.
        assert!(sent < 10_000, "never told to go");
        std::thread::yield_now();
    }
    assert!(!connection.is_open());
    assert!(
        connection.pending() <= MESSAGE + 100,
        "the rest is discarded"
    );
    // Whole frames, then the close frame.
    let mut read = 0;
    let code = loop {
        match client.read_frame().unwrap() {
            (TEXT, payload) => {
                assert_eq!(payload.len(), MESSAGE);
                read += 1;
            }
            (CLOSE, payload) => break payload,
            other => panic!("{other:?}"),
        }
    };
    assert!(read < sent);
    assert_eq!(code, close_payload(4206, "Slow consumer"));
    // It goes without an answer.
    drop(client);
    let closed = server.wait_for(Kind::Closed);
    assert_eq!(closed.number, 4206);
    assert_eq!(closed.payload.as_deref(), Some("Slow consumer"));
    server.finish(false);
}

#[test]
fn a_peer_that_reads_nothing_at_all_is_cut_in_the_end() {
    let server = Server::start_with(|hub| {
        hub.config.set_max_buffered_bytes(64 * 1024);
        hub.config.set_close_timeout(100);
    });
    let client = Client::shake_hands(server.address);
    let mut stream = client.stream.try_clone().unwrap();
    // Pings, whose answers it does not read either.
    let pings = frame(PING, &[7; 125]).repeat(500);
    let flood = std::thread::spawn(move || while stream.write_all(&pings).is_ok() {});
    assert_eq!(server.wait_for(Kind::Closed).number, 4206);
    flood.join().unwrap();
    drop(client);
    server.finish(false);
}

/// Its answers are longer than its messages, so without a bound it could make the process keep as much as a client may.
#[test]
fn a_peer_that_does_not_read_before_its_handshake_is_not_read_either() {
    const MESSAGES: usize = 200_000;
    let floods: [(&str, Vec<u8>); 3] = [
        ("refused", frame(TEXT, br#"{"n":"x","i":1}"#)),
        (
            "pings of the protocol",
            frame(TEXT, format!(r#"{{"n":"_p","i":"{:0>90}"}}"#, 1).as_bytes()),
        ),
        ("pings of WebSocket", frame(PING, &[7; 125])),
    ];
    for (what, message) in floods {
        let server = Server::start_with(|hub| {
            hub.config.set_max_handshake_payload(4096);
            // It would be closed at this bound. Kernels take some megabytes for it before.
            hub.config.set_max_buffered_bytes(512 * 1024);
            hub.config.set_messages_per_second(0);
        });
        let mut client = Client::connect(server.address);
        let mut stream = client.stream.try_clone().unwrap();
        stream.set_write_timeout(None).unwrap();
        let writer =
            std::thread::spawn(move || stream.write_all(&message.repeat(MESSAGES)).unwrap());
        std::thread::sleep(Duration::from_millis(500));
        for count in 0..MESSAGES {
            let (opcode, _) = client.read_frame().unwrap();
            assert!(opcode != CLOSE, "{what}: closed after {count} answers");
        }
        writer.join().unwrap();
        drop(client);
        server.finish(true);
    }
}

#[test]
fn a_peer_that_never_answers_a_close_frame_is_cut() {
    let server = Server::start_with(|hub| hub.config.set_close_timeout(50));
    let mut client = Client::shake_hands(server.address);
    let connection = server.connection(server.wait_for(Kind::Handshake).slot);
    let begun = Instant::now();
    server.hub.close(&connection, 4000, "bye");
    assert_eq!(client.read_close(), (4000, "bye".to_owned()));
    assert_eq!(client.read_frame(), None);
    assert!(begun.elapsed() + GRAIN >= Duration::from_millis(50));
    assert_eq!(server.wait_for(Kind::Closed).number, 1006);
    server.finish(false);
}

#[test]
fn a_peer_that_never_shakes_hands_is_closed() {
    let server = Server::start_with(|hub| hub.config.set_handshake_timeout(50));
    let mut client = Client::connect(server.address);
    let reason = "Handshake not completed after 50 ms".to_owned();
    assert_eq!(client.read_close(), (4202, reason.clone()));
    let answer = frame(CLOSE, &close_payload(4202, &reason));
    client.stream.write_all(&answer).unwrap();
    assert_eq!(client.read_frame(), None);
    let events = server.finish(false);
    assert!(events.iter().all(|event| event.kind != Kind::Closed));
}

/// Its messages wait in the sockets while the application is busy, and none is lost after.
#[test]
fn a_flood_is_bounded_in_memory_while_the_application_is_busy() {
    const MESSAGES: usize = 30_000;
    let server = Server::start();
    let mut client = Client::shake_hands(server.address);
    let payload = "x".repeat(100);
    let held = server.hold();
    let mut writer = client.stream.try_clone().unwrap();
    let flood = std::thread::spawn(move || {
        for i in 0..MESSAGES {
            let text = format!(r#"{{"n":"x","p":"{payload}","i":{}}}"#, i + 1);
            writer.write_all(&frame(TEXT, text.as_bytes())).unwrap();
        }
    });
    let waiting = || server.hub.inbox.waiting();
    // Its share is reached, long before the mark.
    wait_until("reading pauses", || {
        let before = waiting();
        std::thread::sleep(Duration::from_millis(20));
        before > 0 && waiting() == before
    });
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(5));
        assert!(waiting() < CONNECTION_MARK / 8, "{} wait", waiting());
    }
    drop(held);
    for i in 0..MESSAGES {
        let (_, payload) = client.read_frame().unwrap();
        let end = format!(r#","i":{},"e":null}}"#, i + 1);
        assert!(payload.ends_with(end.as_bytes()), "message {i}");
    }
    flood.join().unwrap();
    drop(client);
    server.wait_for(Kind::Closed);
    server.finish(false);
}

/// The last data of a peer is still there when writing to it fails. It must not be handed over
/// once the application has been told of the end: the slot may be somebody else's by then.
#[test]
fn nothing_of_a_connection_follows_its_end() {
    let server = Server::start();
    let mut client = Client::shake_hands(server.address);
    let slot = server.wait_for(Kind::Handshake).slot;
    let connection = server.connection(slot);
    // More than the kernel takes, so that the connection's task waits to write.
    let text = vec![b'x'; 8 << 20];
    connection.send(&text, &server.hub.config);
    connection.flush();
    wait_until("the stream blocks", || connection.is_blocked());

    // The io thread is kept where it gives another connection its id.
    let mut other = Client::connect(server.address);
    let registry = server.hub.registry();
    other.send_text(r#"{"n":"_h","i":"1"}"#);
    std::thread::sleep(Duration::from_millis(50));
    for i in 0..10 {
        client.send_text(&format!(r#"{{"n":"x","p":{i}}}"#));
    }
    // With data unread this resets the connection.
    drop(client);
    std::thread::sleep(Duration::from_millis(50));
    drop(registry);

    server.wait_for(Kind::Closed);
    assert!(other.read_frame().is_some());
    std::thread::sleep(Duration::from_millis(20));
    let events = server.finish(true);
    let of_client: Vec<&Event> = events.iter().filter(|event| event.slot == slot).collect();
    let end = of_client
        .iter()
        .position(|event| event.kind == Kind::Closed);
    let after = &of_client[end.unwrap() + 1..];
    assert!(
        after.iter().all(|event| event.kind != Kind::Message),
        "{after:?}"
    );
}

/// One peer that keeps the io thread busy without ever needing the application must not keep the
/// application from hearing of the others.
#[test]
fn a_peer_that_keeps_the_io_thread_busy_delays_nobody_for_long() {
    let server = Server::start();
    let mut other = Client::shake_hands(server.address);
    let client = Client::connect(server.address);
    let mut writer = client.stream.try_clone().unwrap();
    // Dropped messages: the cheapest to send, and never answered.
    let flood = frame(TEXT, br#"{"n":"dropped"}"#).repeat(20_000);
    let flood = std::thread::spawn(move || while writer.write_all(&flood).is_ok() {});
    std::thread::sleep(Duration::from_millis(100));
    for i in 1..=5 {
        let begun = Instant::now();
        other.send_text(&format!(r#"{{"n":"x","i":{i}}}"#));
        other.read_frame().unwrap();
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(2), "request {i} took {took:?}");
    }
    client.stream.shutdown(Shutdown::Both).unwrap();
    flood.join().unwrap();
    server.finish(true);
}

#[test]
fn a_ping_flood_is_answered_in_order() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let mut pings = Vec::new();
    for i in 0..1000_u32 {
        pings.extend(frame(PING, &i.to_be_bytes()));
    }
    client.stream.write_all(&pings).unwrap();
    for i in 0..1000_u32 {
        assert_eq!(client.read_frame(), Some((PONG, i.to_be_bytes().to_vec())));
    }
    server.finish(true);
}

/// Without somebody to read them, bytes after the peer's close frame would turn into a reset that
/// takes our close frame with it.
#[test]
fn the_close_frame_arrives_although_the_peer_goes_on_sending() {
    let server = Server::start();
    let mut client = Client::shake_hands(server.address);
    let close = frame(CLOSE, &close_payload(4000, "bye"));
    client.stream.write_all(&close).unwrap();
    server.wait_for(Kind::Closed);
    // A reset would show as a broken pipe in the write after the one that met it.
    for text in ["1", "2", "3"] {
        client.send_text(text);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(client.read_close(), (4000, "bye".to_owned()));
    assert_eq!(client.read_frame(), None, "the end, not a reset");
    drop(client);
    let events = server.finish(false);
    assert!(events.iter().all(|event| event.kind != Kind::Invalid));
}

/// The peer's last data is read for a second, be it little or much, and counts for nothing.
#[test]
fn after_the_end_a_peer_is_read_for_a_second_and_no_longer() {
    let server = Server::start();
    let little = frame(TEXT, br#"{"n":"late","i":"1"}"#);
    let much = frame(TEXT, &vec![b' '; 100_000]);
    for bytes in [little, much] {
        let mut client = Client::shake_hands(server.address);
        let close = frame(CLOSE, &close_payload(4000, ""));
        client.stream.write_all(&close).unwrap();
        assert_eq!(client.read_close(), (4000, String::new()));
        assert_eq!(client.read_frame(), None);
        let begun = Instant::now();
        while client.stream.write_all(&bytes).is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
        let took = begun.elapsed();
        let expected = Duration::from_millis(800)..Duration::from_secs(4);
        assert!(expected.contains(&took), "{took:?}, {} bytes", bytes.len());
    }
    let events = server.finish(false);
    let late = |event: &&Event| matches!(event.kind, Kind::Message | Kind::Invalid);
    assert_eq!(events.iter().filter(late).count(), 0);
}

#[test]
fn a_peer_that_never_ends_its_side_does_not_keep_the_connection() {
    let server = Server::start();
    let mut client = Client::shake_hands(server.address);
    let close = frame(CLOSE, &close_payload(4000, ""));
    client.stream.write_all(&close).unwrap();
    assert_eq!(client.read_close(), (4000, String::new()));
    assert_eq!(client.read_frame(), None);
    server.wait_for(Kind::Closed);
    let begun = Instant::now();
    server.finish(false);
    assert!(begun.elapsed() < Duration::from_secs(5));
    // Resets the stream, of which the write after it learns.
    client.send_text("1");
    std::thread::sleep(Duration::from_millis(50));
    client.stream.write_all(b"2").unwrap_err();
}
