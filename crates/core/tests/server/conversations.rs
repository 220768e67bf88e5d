//! Well-behaved peers, played by an independent client, and the life of a listener.

use std::io::ErrorKind;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use line_socket_core::{Address, Kind};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::{Client, Event, Server, TEXT, wait_until};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let limit = Duration::from_mins(1);
        tokio::time::timeout(limit, work).await.expect("in time")
    })
}

async fn connect(server: &Server) -> Socket {
    let (mut socket, _) = connect_async(format!("ws://{}/", server.address))
        .await
        .unwrap();
    let answer = ask(&mut socket, r#"{"n":"_h","p":{"who":1},"i":"h"}"#).await;
    assert_eq!(answer, r#"{"n":"_r","p":{"who":1},"i":"h","e":null}"#);
    socket
}

async fn ask(socket: &mut Socket, text: &str) -> String {
    socket.send(Message::text(text)).await.unwrap();
    match socket.next().await {
        Some(Ok(Message::Text(text))) => text.to_string(),
        other => panic!("{other:?} instead of a text"),
    }
}

/// Reads to the end of the stream: the close frame.
async fn end_of(socket: &mut Socket) -> Option<CloseFrame> {
    let mut close = None;
    while let Some(message) = socket.next().await {
        match message {
            Ok(Message::Close(frame)) => close = frame,
            Ok(_) => {}
            Err(_) => break,
        }
    }
    close
}

fn closed(events: &[Event]) -> Vec<&Event> {
    let closed = events.iter().filter(|event| event.kind == Kind::Closed);
    closed.collect()
}

#[test]
fn a_request_is_answered_with_its_payload() {
    let server = Server::start();
    run(async {
        let mut socket = connect(&server).await;
        let answer = ask(&mut socket, r#"{"n":"x","p":[1,"ö"],"i":"1"}"#).await;
        assert_eq!(answer, r#"{"n":"_r","p":[1,"ö"],"i":"1","e":null}"#);
        // The same in a binary frame.
        let binary = Message::binary(&br#"{"n":"x","p":2,"i":"2"}"#[..]);
        socket.send(binary).await.unwrap();
        let answer = socket.next().await.unwrap().unwrap();
        assert_eq!(
            answer,
            Message::text(r#"{"n":"_r","p":2,"i":"2","e":null}"#)
        );
        // A ping of the line protocol.
        let answer = ask(&mut socket, r#"{"n":"_p","i":"3"}"#).await;
        assert_eq!(answer, r#"{"n":"_r","p":"pong","i":"3","e":null}"#);
    });
    server.finish(true);
}

#[test]
fn a_websocket_ping_is_answered_with_its_payload() {
    let server = Server::start();
    run(async {
        let mut socket = connect(&server).await;
        let payload = vec![7; 125];
        socket
            .send(Message::Ping(payload.clone().into()))
            .await
            .unwrap();
        let answer = socket.next().await.unwrap().unwrap();
        assert_eq!(answer, Message::Pong(payload.into()));
    });
    server.finish(true);
}

#[test]
fn the_client_closes() {
    let server = Server::start();
    run(async {
        let mut socket = connect(&server).await;
        let frame = CloseFrame {
            code: CloseCode::from(4321),
            reason: "done".into(),
        };
        socket.close(Some(frame.clone())).await.unwrap();
        assert_eq!(end_of(&mut socket).await, Some(frame));
        let mut socket = connect(&server).await;
        socket.close(None).await.unwrap();
        end_of(&mut socket).await;
    });
    server.wait_for_many(Kind::Closed, 2);
    let events = server.finish(false);
    let closed: Vec<_> = closed(&events)
        .iter()
        .map(|event| (event.number, event.payload.as_deref()))
        .collect();
    assert_eq!(closed, [(4321, Some("done")), (1000, Some(""))]);
}

#[test]
fn the_server_closes_after_all_that_was_queued_before() {
    let server = Server::start();
    run(async {
        let mut socket = connect(&server).await;
        let connection = server.connection(server.wait_for(Kind::Handshake).slot);
        connection.send(br#"{"n":"last"}"#, &server.hub.config);
        assert!(server.hub.close(&connection, 4203, "Handshake rejected"));
        let last = socket.next().await.unwrap().unwrap();
        assert_eq!(last, Message::text(r#"{"n":"last"}"#));
        let close = end_of(&mut socket).await.unwrap();
        assert_eq!(u16::from(close.code), 4203);
        assert_eq!(close.reason, "Handshake rejected");
    });
    let event = server.wait_for(Kind::Closed);
    assert_eq!(event.number, 4203, "as the client answered");
    server.finish(false);
}

#[test]
fn a_message_of_a_mebibyte_goes_there_and_back() {
    let server = Server::start();
    run(async {
        let mut socket = connect(&server).await;
        for size in [100_000, 1 << 20] {
            let payload = "x".repeat(size);
            let answer = ask(
                &mut socket,
                &format!(r#"{{"n":"x","p":"{payload}","i":1}}"#),
            )
            .await;
            assert!(answer == format!(r#"{{"n":"_r","p":"{payload}","i":1,"e":null}}"#));
        }
    });
    server.finish(true);
}

#[test]
fn several_hundred_connections_are_served_and_then_cut() {
    const COUNT: usize = 300;
    let server = Server::start();
    run(async {
        let connecting = (0..COUNT).map(|_| connect(&server));
        let mut sockets = futures::future::join_all(connecting).await;
        let asking = sockets.iter_mut().enumerate().map(async |(i, socket)| {
            for round in 0..5 {
                let answer = ask(socket, &format!(r#"{{"n":"x","p":{i},"i":"{round}"}}"#)).await;
                assert_eq!(
                    answer,
                    format!(r#"{{"n":"_r","p":{i},"i":"{round}","e":null}}"#)
                );
            }
        });
        futures::future::join_all(asking).await;
        assert_eq!(server.hub.registry().len(), COUNT);
        server.stop(true);
        for socket in &mut sockets {
            assert!(end_of(socket).await.is_none(), "without a close frame");
        }
    });
    let events = server.finish(true);
    let closed = closed(&events);
    assert_eq!(closed.len(), COUNT, "each hears of its end once");
    assert!(closed.iter().all(|event| event.number == 1006));
    assert_eq!(events.last().unwrap().kind, Kind::Stopped);
    assert_eq!(events.last().unwrap().number, 0);
}

#[test]
fn after_stopping_without_a_cut_connections_live_on_and_the_port_is_free() {
    let server = Server::start();
    let address = server.address;
    run(async {
        let mut socket = connect(&server).await;
        server.stop(false);
        let event = server.wait_for(Kind::Detached);
        assert_eq!(event.slot, 7, "the number of the thread");
        let refused = TcpStream::connect(address).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let again = Server::listen(Address::Tcp(address), |_| ()).unwrap();
        ask(&mut socket, r#"{"n":"x","i":"1"}"#).await;
        again.finish(true);
        ask(&mut socket, r#"{"n":"x","i":"2"}"#).await;
        assert!(
            server
                .events()
                .iter()
                .all(|event| event.kind != Kind::Stopped)
        );
        socket.close(None).await.unwrap();
        end_of(&mut socket).await;
    });
    assert_eq!(server.wait_for(Kind::Stopped).slot, 7);
    server.finish(false);
}

#[test]
fn a_server_that_has_stopped_without_a_cut_can_still_be_told_to_cut() {
    let server = Server::start();
    let mut client = Client::shake_hands(server.address);
    server.stop(false);
    server.wait_for(Kind::Detached);
    server.stop(true);
    server.wait_for(Kind::Stopped);
    assert_eq!(client.read_frame(), None);
    let events = server.finish(true);
    assert_eq!(closed(&events).len(), 1);
}

#[test]
fn a_server_without_connections_stops_at_once() {
    for cut in [false, true] {
        let events = Server::start().finish(cut);
        assert_eq!(events.last().unwrap().kind, Kind::Stopped);
    }
}

#[test]
fn a_taken_port_is_an_error_at_once() {
    let server = Server::start();
    let error = Server::listen(Address::Tcp(server.address), |_| ()).err();
    assert_eq!(error.unwrap().kind(), ErrorKind::AddrInUse);
    let port = server.address.port();
    let any = Server::listen(Address::AnyHost { port }, |_| ()).err();
    assert_eq!(any.unwrap().kind(), ErrorKind::AddrInUse);
    server.finish(true);
}

#[test]
fn every_address_of_the_machine_is_listened_on() {
    let server = Server::listen(Address::AnyHost { port: 0 }, |_| ()).unwrap();
    let port = server.address.port();
    Client::shake_hands(([127, 0, 0, 1], port).into());
    if server.address.is_ipv6() {
        let localhost = std::net::Ipv6Addr::LOCALHOST;
        Client::shake_hands((localhost, port).into());
    }
    server.wait_for(Kind::Closed);
    server.finish(true);
}

#[cfg(unix)]
#[test]
fn a_unix_domain_socket_is_removed_when_the_server_stops() {
    use std::os::unix::net::UnixStream;

    /// Takes the file away also when the test fails.
    struct File(std::path::PathBuf);
    impl Drop for File {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }
    let name = format!("line-socket-{}.sock", std::process::id());
    let file = File(std::env::temp_dir().join(name));
    let path = &file.0;
    let server = Server::listen(Address::Unix(path.clone()), |_| ()).unwrap();
    let taken = Server::listen(Address::Unix(path.clone()), |_| ()).err();
    assert_eq!(taken.unwrap().kind(), ErrorKind::AddrInUse);
    let mut client = Client::over(UnixStream::connect(path).unwrap());
    client.send_text(r#"{"n":"_h","i":"1"}"#);
    let answer = r#"{"n":"_r","i":"1","e":null}"#;
    assert_eq!(client.read_frame(), Some((TEXT, answer.into())));
    assert!(path.exists());
    server.finish(true);
    assert!(!path.exists());
    assert_eq!(client.read_frame(), None);
}

/// It cannot be told from one that is silent before something is written to it.
#[cfg(unix)]
#[test]
fn a_client_that_reads_no_more_is_cut_at_the_first_message() {
    use std::os::unix::net::UnixStream;

    let name = format!("line-socket-shut-{}.sock", std::process::id());
    let path = std::env::temp_dir().join(name);
    let server = Server::listen(Address::Unix(path.clone()), |_| ()).unwrap();
    let mut client = Client::over(UnixStream::connect(&path).unwrap());
    client.send_text(r#"{"n":"_h","i":"1"}"#);
    assert!(client.read_frame().is_some());
    let connection = server.connection(server.wait_for(Kind::Handshake).slot);
    client.stream.shutdown(std::net::Shutdown::Read).unwrap();
    connection.send(b"{}", &server.hub.config);
    connection.flush();
    assert_eq!(server.wait_for(Kind::Closed).number, 1006);
    server.finish(false);
}

#[test]
fn a_client_that_vanishes_is_an_abnormal_end() {
    let server = Server::start();
    run(async {
        drop(connect(&server).await);
    });
    let event = server.wait_for(Kind::Closed);
    assert_eq!((event.number, event.payload.as_deref()), (1006, Some("")));
    wait_until("released", || server.hub.registry().is_empty());
    server.finish(false);
}
