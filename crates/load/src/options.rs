//! The command line.

use std::net::SocketAddr;
use std::time::Duration;

use crate::payload;
use crate::protocol::{MAX_DEPTH, Protocol};
use crate::result::Result;

/// The usage of the program.
pub const USAGE: &str = "\
usage: load CASE --server ADDRESS --pid PID [option...]

Puts one case of load on a server, measures it, and prints one line of JSON.

cases:
  echo       requests that are answered with their payload
  broadcast  one connection asks, the server sends to all; then it asks again
  connect    open, handshake, one request, close, over and over
  idle       memory of connections that do nothing
  push       the server sends messages that the clients answer

options:
  --server ADDRESS    IP address and port of the server
  --pid PID           process of the server, for its CPU time and memory
  --protocol NAME     line (default) or socketio
  --connections N     connections (default 64)
  --inflight N        echo, push: requests in flight on each connection, 1 to 90 (default 1)
  --outstanding N     echo: N requests in flight in all, which visit the connections in turn
  --payload KIND      text (default) or objects
  --size BYTES        size of the payload's text (default 64)
  --warmup MS         load before the measurement (default 1000)
  --duration MS       length of the measurement (default 3000); idle: pause before memory is read
  --count N           broadcast: measure N broadcasts instead of a time
  --turns MS          measure in turns with others: before each slice of 250 ms write \"turn?\", wait
                      for a line of standard input, and leave out the first MS";

/// Everything the command line can say.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the case.
    pub case: String,
    /// Address of the server.
    pub server: SocketAddr,
    /// Process id of the server.
    pub pid: u32,
    /// Language of the server.
    pub protocol: Protocol,
    /// Number of connections.
    pub connections: usize,
    /// Requests in flight on each connection.
    pub inflight: usize,
    /// Requests in flight on all connections together, if that is limited.
    pub outstanding: Option<usize>,
    /// The payload, as JSON text.
    pub payload: String,
    /// Load before the measurement.
    pub warmup: Duration,
    /// Length of the measurement.
    pub duration: Duration,
    /// Number of broadcasts to measure, if that ends the measurement.
    pub count: Option<usize>,
    /// The first part of each turn, which is not measured, if measuring is done in turns.
    pub lead_in: Option<Duration>,
}

impl Options {
    /// Reads the arguments that follow the program's name.
    ///
    /// # Errors
    /// When an option is unknown, has no value or a bad one, or a mandatory one is missing.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut arguments = arguments.into_iter();
        let case = arguments.next().ok_or("no case given")?;
        let (mut server, mut pid) = (None, None);
        let (mut connections, mut inflight, mut outstanding) = (64, 1, None);
        let (mut protocol, mut objects, mut size) = (Protocol::Line, false, 64);
        let (mut warmup, mut duration, mut count, mut turns) = (1000, 3000, None, None);
        while let Some(option) = arguments.next() {
            let value = arguments
                .next()
                .ok_or_else(|| format!("{option} needs a value"))?;
            let bad = || format!("bad value for {option}: {value}");
            let number = || value.parse::<usize>().map_err(|_| bad());
            match option.as_str() {
                "--server" => server = Some(value.parse().map_err(|_| bad())?),
                "--pid" => pid = Some(value.parse().map_err(|_| bad())?),
                "--protocol" => {
                    protocol = match value.as_str() {
                        "line" => Protocol::Line,
                        "socketio" => Protocol::SocketIo,
                        _ => return Err(bad().into()),
                    }
                }
                "--payload" => {
                    objects = match value.as_str() {
                        "text" => false,
                        "objects" => true,
                        _ => return Err(bad().into()),
                    }
                }
                "--connections" => connections = number()?.max(1),
                "--inflight" => inflight = number()?,
                "--outstanding" => outstanding = Some(number()?.max(1)),
                "--size" => size = number()?,
                "--warmup" => warmup = number()?,
                "--duration" => duration = number()?,
                "--turns" => turns = Some(number()?),
                "--count" => count = Some(number()?.max(1)),
                _ => return Err(format!("unknown option {option}").into()),
            }
        }
        if !(1..=MAX_DEPTH).contains(&inflight) {
            return Err(format!("--inflight must be 1 to {MAX_DEPTH}").into());
        }
        Ok(Self {
            case,
            server: server.ok_or("--server is missing")?,
            pid: pid.ok_or("--pid is missing")?,
            protocol,
            connections,
            inflight,
            outstanding,
            payload: if objects {
                payload::objects(size)
            } else {
                payload::text(size)
            },
            warmup: Duration::from_millis(warmup as u64),
            duration: Duration::from_millis(duration as u64),
            count,
            lead_in: turns.map(|ms| Duration::from_millis(ms as u64)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        Options::parse(line.split(' ').map(String::from))
    }

    #[test]
    fn reads_options_and_defaults() {
        let options =
            parse("echo --server 127.0.0.1:80 --pid 7 --protocol socketio --inflight 16 --size 3")
                .unwrap();
        assert_eq!(
            (options.pid, options.inflight, options.connections),
            (7, 16, 64)
        );
        assert_eq!(options.protocol, Protocol::SocketIo);
        assert_eq!(options.payload, "\"abc\"");
        assert_eq!(options.duration, Duration::from_secs(3));
        assert_eq!(options.lead_in, None);
        let options = parse("echo --server 127.0.0.1:80 --pid 7 --turns 50").unwrap();
        assert_eq!(options.lead_in, Some(Duration::from_millis(50)));
    }

    #[test]
    fn says_what_is_wrong() {
        let error = |line: &str| parse(line).unwrap_err().to_string();
        assert_eq!(error("echo --pid 7"), "--server is missing");
        assert_eq!(error("echo --pid"), "--pid needs a value");
        assert_eq!(error("echo --pid x"), "bad value for --pid: x");
        assert_eq!(error("echo --colour red"), "unknown option --colour");
        assert_eq!(
            error("echo --server 127.0.0.1:80 --pid 7 --inflight 91"),
            "--inflight must be 1 to 90"
        );
    }
}
