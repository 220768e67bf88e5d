//! Real servers in directories of their own, and a sink that remembers.

use std::fs;
use std::future::Future;
use std::net::{TcpListener, UdpSocket};
use std::ops::Range;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redis::Connection;

use crate::cluster::{Channel, Engine, EngineError, Publication, RedisEngine, RedisSettings, Sink};

/// How long a test waits for what should happen at once.
const PATIENCE: Duration = Duration::from_secs(30);

/// A directory that is removed with it.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "line-redis-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running redis-server. It ends with its value.
pub struct Server {
    process: Child,
    pub directory: Directory,
    /// 0: the Unix socket alone.
    pub port: u16,
    arguments: Vec<String>,
}

impl Server {
    /// Starts a server with a Unix socket alone, and options such as `--requirepass`, `secret`.
    pub fn start(options: &[&str]) -> Self {
        Self::start_at(0, options)
    }

    /// Starts a server with a TCP port, too.
    pub fn start_tcp(options: &[&str]) -> Self {
        Self::start_at(free_port(), options)
    }

    pub fn start_at(port: u16, options: &[&str]) -> Self {
        let directory = Directory::new();
        let socket = directory.0.join("redis.sock");
        let mut arguments: Vec<String> = [
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--unixsocket",
            socket.to_str().unwrap(),
            "--dir",
            directory.0.to_str().unwrap(),
            "--save",
            "",
            "--repl-diskless-sync-delay",
            "0",
            "--logfile",
            directory.0.join("log").to_str().unwrap(),
        ]
        .map(str::to_owned)
        .into();
        arguments.extend(options.iter().map(|&option| option.to_owned()));
        let mut server = Self {
            process: spawn("redis-server", &arguments),
            directory,
            port,
            arguments,
        };
        server.await_start();
        server
    }

    /// The process ends at once, without saving.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts the server again, without data unless it was saved.
    pub fn restart(&mut self) {
        self.kill();
        let _ = fs::remove_file(self.socket());
        self.process = spawn("redis-server", &self.arguments);
        self.await_start();
    }

    /// Stops the process where it is, or lets it go on.
    pub fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(
            Command::new("kill")
                .args([name, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    fn await_start(&mut self) {
        let end = Instant::now() + PATIENCE;
        while self.try_connection().is_err() {
            if let Ok(Some(status)) = self.process.try_wait() {
                let log = fs::read_to_string(self.directory.0.join("log"));
                panic!(
                    "redis-server has ended with {status}: {}",
                    log.unwrap_or_default()
                );
            }
            assert!(Instant::now() < end, "redis-server does not answer");
            sleep(Duration::from_millis(5));
        }
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.0.join("redis.sock")
    }

    /// Its address by the Unix socket.
    pub fn unix(&self) -> String {
        format!("unix:{}", self.socket().display())
    }

    fn try_connection(&self) -> redis::RedisResult<Connection> {
        let client = redis::Client::open(format!("unix:{}", self.socket().display()))?;
        client.get_connection_with_timeout(PATIENCE)
    }

    /// A connection for the test.
    pub fn connection(&self) -> Connection {
        self.try_connection().unwrap()
    }

    /// Runs a command.
    pub fn run(&self, command: &[&str]) -> redis::Value {
        let mut words = command.iter();
        let mut ran = redis::cmd(words.next().unwrap());
        ran.arg(words.as_slice());
        ran.query(&mut self.connection()).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

pub fn spawn(program: &str, arguments: &[String]) -> Child {
    let spawned = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match spawned {
        Ok(process) => process,
        Err(error) => panic!(
            "{program} cannot be started ({error}): install Redis 7, on Debian with apt-get install redis-server"
        ),
    }
}

/// Ports in a block.
const BLOCK: u16 = 32;

/// Blocks, and the first port of the first: systems choose higher ports by themselves, and a port that was free a moment
/// ago may be taken by then.
const BLOCKS: u16 = 704;
const FIRST: u16 = 10240;

/// A port that nobody listens on, and that no other test is given while this process lives. A UDP socket reserves a
/// block of them, as in `__test__/helpers/ports.js`.
pub fn free_port() -> u16 {
    static RESERVED: Mutex<(Vec<UdpSocket>, Range<u16>)> = Mutex::new((Vec::new(), 0..0));
    let mut reserved = RESERVED.lock().unwrap();
    let (sockets, left) = &mut *reserved;
    loop {
        if let Some(port) = left.find(|&port| TcpListener::bind((HOST, port)).is_ok()) {
            return port;
        }
        // Processes begin their search at different blocks.
        let begin = std::process::id() % u32::from(BLOCKS);
        let (socket, first) = (0..BLOCKS)
            .map(|tried| FIRST + (begin as u16 + tried) % BLOCKS * BLOCK)
            .find_map(|first| Some((UdpSocket::bind((HOST, first)).ok()?, first)))
            .expect("a block of ports that no test has reserved");
        sockets.push(socket);
        *left = first..first + BLOCK;
    }
}

const HOST: &str = "127.0.0.1";

/// Remembers what it was told.
#[derive(Default)]
pub struct Heard {
    pub messages: Mutex<Vec<(String, Vec<u8>)>>,
    pub lost: Mutex<Vec<(u64, EngineError)>>,
    pub oversized: Mutex<Vec<String>>,
    pub missed: Mutex<Vec<String>>,
}

impl Sink for Heard {
    fn message(&self, channel: &str, data: &[u8]) {
        let message = (channel.to_owned(), data.to_vec());
        self.messages.lock().unwrap().push(message);
    }

    fn oversized(&self, channel: &str) {
        self.oversized.lock().unwrap().push(channel.to_owned());
    }

    fn missed(&self, channels: &[String]) {
        self.missed.lock().unwrap().extend_from_slice(channels);
    }

    fn lost(&self, generation: u64, error: EngineError) {
        self.lost.lock().unwrap().push((generation, error));
    }
}

impl Heard {
    pub fn count(&self) -> usize {
        self.messages.lock().unwrap().len()
    }

    pub async fn await_messages(&self, count: usize) {
        until(|| self.count() >= count).await;
    }

    /// Waits for the loss and checks that it is the only one.
    pub async fn await_loss(&self) -> (u64, EngineError) {
        until(|| !self.lost.lock().unwrap().is_empty()).await;
        pause(50).await;
        let lost = self.lost.lock().unwrap();
        assert_eq!(lost.len(), 1, "{lost:?}");
        lost[0].clone()
    }
}

/// Waits until something holds.
pub async fn until(holds: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "it does not happen");
        pause(2).await;
    }
}

pub async fn pause(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

pub fn settings(address: &str) -> RedisSettings {
    RedisSettings {
        addresses: vec![address.to_owned()],
        prefix: "line".into(),
        tls: None,
        max_message: 1024 * 1024,
        timeout: PATIENCE,
    }
}

pub fn engine(address: &str) -> RedisEngine {
    RedisEngine::new(&settings(address)).unwrap()
}

/// Connects an engine, as generation 1.
pub async fn connected(engine: &RedisEngine) -> Arc<Heard> {
    let heard = Arc::new(Heard::default());
    Engine::connect(engine, Arc::clone(&heard) as _, 1)
        .await
        .unwrap();
    heard
}

pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test);
}

pub fn room(name: &str) -> Channel {
    Channel::Room(name.into())
}

pub fn publication(channel: Channel, data: &[u8]) -> Publication {
    Publication {
        channel,
        data: data.to_vec(),
    }
}
