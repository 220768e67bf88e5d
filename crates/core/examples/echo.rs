//! A WebSocket server that sends back what it gets, text as text and binary as binary, over the
//! listener, the opening handshake, the codec and the out queue of this crate. The Autobahn test
//! suite runs against it: `npm run conformance`. A build with debug assertions can send messages back; another one takes the
//! feature `echo`, which nothing else enables.
//!
//! ```sh
//! cargo run --release -p line-socket-core --features echo --example echo -- 9001
//! cargo run --release -p line-socket-core --features echo --example echo -- 9001 --no-context-takeover
//! ```
//!
//! It offers permessage-deflate, with context takeover unless told otherwise, and prints the address it
//! listens on; port 0 takes a free one.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::{env, error, process};

use line_socket_core::{Address, Binding, CompressionPolicy, Gate, Hub, IoThread, Options, Wake};

/// Largest message; the suite sends 16 MiB.
const MAX_MESSAGE: usize = 64 << 20;

/// No application waits for messages.
struct Nobody;

impl Wake for Nobody {
    fn wake(&self) {}
}

fn main() -> Result<(), Box<dyn error::Error>> {
    let mut arguments = env::args().skip(1);
    let Some(Ok(port)) = arguments.next().map(|port| port.parse::<u16>()) else {
        eprintln!("usage: echo PORT [--no-context-takeover]");
        process::exit(2);
    };
    let takeover = arguments.next().as_deref() != Some("--no-context-takeover");

    let hub = Hub::new(Box::new(Nobody));
    if !hub.send_all_back() {
        eprintln!("echo: no message is sent back: build it with `--features echo`");
        process::exit(2);
    }
    hub.config.set_handshake_timeout(0);
    hub.config.set_max_handshake_payload(0);
    hub.config.set_ping_interval(0);
    hub.config.set_max_payload(MAX_MESSAGE);
    hub.config.set_max_buffered_bytes(4 * MAX_MESSAGE);
    hub.config.set_compression(Some(CompressionPolicy {
        server_takeover: takeover,
        client_takeover: takeover,
        threshold: 0,
        ..CompressionPolicy::default()
    }));
    let options = Options {
        address: Some(Address::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))),
        backlog: 511,
        binding: Binding::default(),
        number: 0,
        threads: 1,
        tls: None,
    };
    let thread = IoThread::start(Arc::new(hub), Arc::new(Gate::default()), options)?;
    if let Some(address) = thread.address() {
        println!("{address}");
    }
    // Until the process is killed.
    thread.join();
    Ok(())
}
