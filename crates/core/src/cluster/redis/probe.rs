//! Looks whether servers that could not be reached can be reached again.
//!
//! The node waits between its tries, for longer each time. A try costs a server a login, subscriptions and reads; a look
//! is a TCP connection that says nothing. So looks go on at a short interval, and end the pause of the node.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::address::{Addresses, Endpoint, Kind};
use super::discovery;
use super::link::Dialing;
use crate::cluster::engine::EngineError;

/// Pause before each look, in milliseconds: a random time between these two, so that many nodes do not come back at one
/// moment.
const SHORTEST: u64 = 100;
const LONGEST: u64 = 400;

/// Longest time of one look.
const PATIENCE: Duration = Duration::from_secs(1);

/// A proxy takes connections while the server behind it is away, and ends them soon. One that stays for this long leads
/// to a server.
const STAYS: Duration = Duration::from_millis(30);

/// Where to look.
pub struct Probe<'a> {
    pub addresses: &'a Addresses,
    /// Of sentinels or of servers of a cluster, which are asked for the masters.
    pub endpoints: Vec<Endpoint>,
    pub dialing: &'a Arc<Dialing>,
    pub sentinels: &'a Arc<Dialing>,
}

impl Probe<'_> {
    /// Resolves when all masters can be reached after one of them could not. `failure` is why connecting failed last. If
    /// the masters can be reached all along, something else is wrong, and this never resolves.
    pub async fn reachable(&self, failure: &EngineError) {
        let mut was_away = says_away(failure);
        loop {
            let (random, _) = Uuid::new_v4().as_u64_pair();
            let pause = SHORTEST + random % (LONGEST - SHORTEST + 1);
            sleep(Duration::from_millis(pause)).await;
            let is_there = timeout(PATIENCE, self.look()).await == Ok(true);
            if is_there && was_away {
                return;
            }
            if is_there {
                return std::future::pending().await;
            }
            was_away = true;
        }
    }

    /// Whether all masters can be reached.
    async fn look(&self) -> bool {
        let masters = match self.addresses.kind {
            Kind::Single => vec![self.addresses.endpoints[0].clone()],
            Kind::Sentinel => {
                let name = &self.addresses.master;
                match discovery::master(self.sentinels, &self.endpoints, name).await {
                    Ok(master) => vec![master],
                    Err(_) => return false,
                }
            }
            Kind::Cluster => {
                let Ok(slots) = discovery::slots(self.dialing, self.endpoints.clone()).await else {
                    return false;
                };
                let mut masters = Vec::new();
                for range in slots {
                    if !masters.contains(&range.master) {
                        masters.push(range.master);
                    }
                }
                masters
            }
        };
        for master in &masters {
            if !accepts(master).await {
                return false;
            }
        }
        true
    }
}

/// Whether a failure says without doubt that nobody listens at the address.
fn says_away(failure: &EngineError) -> bool {
    let EngineError::Lost { code, .. } = failure else {
        return false;
    };
    matches!(
        code.as_deref(),
        Some("ECONNREFUSED" | "ENOENT" | "EHOSTUNREACH" | "ENETUNREACH" | "ENETDOWN")
    )
}

async fn accepts(endpoint: &Endpoint) -> bool {
    match endpoint {
        Endpoint::Tcp(host, port) => {
            let connected = TcpStream::connect((host.as_str(), *port)).await;
            stays(connected).await
        }
        #[cfg(unix)]
        Endpoint::Unix(path) => {
            let connected = tokio::net::UnixStream::connect(path).await;
            stays(connected).await
        }
        #[cfg(not(unix))]
        Endpoint::Unix(_) => false,
    }
}

/// Whether a connection was made, and is not ended at once. Servers say nothing before they are asked.
async fn stays(connected: io::Result<impl AsyncRead + Unpin>) -> bool {
    let Ok(mut stream) = connected else {
        return false;
    };
    let mut byte = [0];
    let ended = timeout(STAYS, stream.read(&mut byte)).await;
    !matches!(ended, Ok(Ok(0) | Err(_)))
}
