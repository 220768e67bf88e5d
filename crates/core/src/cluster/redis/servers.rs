//! The servers of a session, and which of them has a key: one, or the masters of a cluster.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::try_join_all;
use redis::Value;
use tokio::time::{Instant, sleep};

use super::address::{Addresses, Endpoint, Kind};
use super::calls::{self, Call, Name, Outcome};
use super::discovery::{self, SlotRange};
use super::errors;
use super::link::{Dialing, Link};
use super::server::Server;
use super::session::{Ending, Incoming};
use crate::cluster::engine::EngineError;

/// Between attempts while slots move.
const PAUSE: Duration = Duration::from_millis(20);

/// Which connection of a server is used.
#[derive(Clone, Copy)]
pub enum Use {
    Commands,
    Subscriptions,
}

/// The servers that a session is connected to.
pub struct Servers {
    kind: Kind,
    dialing: Arc<Dialing>,
    ending: Arc<Ending>,
    incoming: Arc<Incoming>,
    masters: Mutex<Masters>,
    /// Held by who asks for the slots anew.
    renewal: tokio::sync::Mutex<()>,
    /// Held by who connects to a server.
    opening: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Masters {
    servers: HashMap<Endpoint, Arc<Server>>,
    slots: Vec<SlotRange>,
    /// How often the slots were asked for.
    version: u64,
}

impl Servers {
    /// Finds the servers and connects to them. `endpoints` are those of the addresses, and others of a cluster that
    /// were known before.
    ///
    /// # Errors
    /// One of them cannot be reached, or is not what the addresses say.
    pub async fn open(
        addresses: &Addresses,
        endpoints: Vec<Endpoint>,
        dialing: &Arc<Dialing>,
        sentinels: &Arc<Dialing>,
        ending: &Arc<Ending>,
        incoming: &Arc<Incoming>,
    ) -> Result<Self, EngineError> {
        let servers = Self {
            kind: addresses.kind,
            dialing: Arc::clone(dialing),
            ending: Arc::clone(ending),
            incoming: Arc::clone(incoming),
            masters: Mutex::default(),
            renewal: tokio::sync::Mutex::default(),
            opening: tokio::sync::Mutex::default(),
        };
        match addresses.kind {
            Kind::Single => servers.add(addresses.endpoints[0].clone()).await?,
            Kind::Sentinel => {
                let master = discovery::master(sentinels, &endpoints, &addresses.master).await?;
                servers.add(master).await?;
            }
            Kind::Cluster => {
                let slots = discovery::slots(dialing, endpoints).await?;
                servers.take_slots(slots).await?;
            }
        }
        Ok(servers)
    }

    /// The servers of a cluster.
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.lock().servers.keys().cloned().collect()
    }

    /// The server, when there is but one.
    pub fn only(&self) -> Option<Arc<Server>> {
        let masters = self.lock();
        if self.kind == Kind::Cluster {
            return None;
        }
        masters.servers.values().next().cloned()
    }

    /// Sends calls to the servers that have their keys; the answers have the order of the calls. Calls for one
    /// server keep their order.
    ///
    /// # Errors
    /// A connection is lost; the outcome of all calls is unknown.
    pub async fn run(
        &self,
        how: Use,
        name: Name<'_>,
        calls: Vec<Call>,
    ) -> Result<Vec<Result<Value, EngineError>>, EngineError> {
        let mut results: Vec<_> = calls.iter().map(|_| None).collect();
        let mut waiting: Vec<(usize, Call)> = calls.into_iter().enumerate().collect();
        let deadline = Instant::now() + self.dialing.timeout;
        let mut version = self.lock().version;
        while !waiting.is_empty() {
            let mut outcomes = self.attempt(how, name, waiting).await?;
            // The calls of a server come together; the order between them is that of their places.
            outcomes.sort_unstable_by_key(|(place, _)| *place);
            waiting = Vec::new();
            let mut have_slots_changed = false;
            for (place, outcome) in outcomes {
                let again = match outcome {
                    Outcome::Answered(value) => {
                        results[place] = Some(Ok(value));
                        continue;
                    }
                    Outcome::Failed(error) => {
                        results[place] = Some(Err(error));
                        continue;
                    }
                    Outcome::Moved(call) => {
                        have_slots_changed = true;
                        call
                    }
                    Outcome::Asked(call, _) | Outcome::Moving(call) => call,
                };
                waiting.push((place, again));
            }
            if waiting.is_empty() {
                break;
            }
            if self.kind != Kind::Cluster || Instant::now() > deadline {
                let error = EngineError::Unable(format!(
                    "the slots of {} keys move from one server of the Redis Cluster to another",
                    waiting.len()
                ));
                for (place, _) in waiting.drain(..) {
                    results[place] = Some(Err(error.clone()));
                }
            } else if have_slots_changed {
                version = self.renew_slots(version).await?;
            } else {
                sleep(PAUSE).await;
            }
        }
        Ok(results.into_iter().flatten().collect())
    }

    /// Sends each call once.
    async fn attempt(
        &self,
        how: Use,
        name: Name<'_>,
        calls: Vec<(usize, Call)>,
    ) -> Result<Vec<(usize, Outcome)>, EngineError> {
        if let Some(server) = self.only() {
            let (places, calls): (Vec<_>, Vec<_>) = calls.into_iter().unzip();
            let link = link_of(&server, how);
            let outcomes = calls::send(link, &self.ending, name, calls).await?;
            return Ok(places.into_iter().zip(outcomes).collect());
        }
        let mut shares: HashMap<Endpoint, Share> = HashMap::new();
        for (place, call) in calls {
            let server = self.server_of(call.slot)?;
            let endpoint = Endpoint::clone(&server.commands.endpoint);
            let share = shares.entry(endpoint).or_insert_with(|| Share {
                server,
                places: Vec::new(),
                calls: Vec::new(),
            });
            share.places.push(place);
            share.calls.push(call);
        }
        let sent = shares.into_values().map(|share| async move {
            let Share {
                server,
                places,
                calls,
            } = share;
            let outcomes = calls::send(link_of(&server, how), &self.ending, name, calls).await?;
            let mut sent = Vec::with_capacity(places.len());
            for (place, outcome) in places.into_iter().zip(outcomes) {
                let outcome = match outcome {
                    Outcome::Asked(call, address) => {
                        self.ask(&server, how, name, call, &address).await?
                    }
                    outcome => outcome,
                };
                sent.push((place, outcome));
            }
            Ok(sent)
        });
        Ok(try_join_all(sent).await?.into_iter().flatten().collect())
    }

    /// Sends a call to the server that is getting its slot.
    async fn ask(
        &self,
        asked: &Server,
        how: Use,
        name: Name<'_>,
        call: Call,
        address: &str,
    ) -> Result<Outcome, EngineError> {
        let Some(endpoint) = discovery::redirected(address, &asked.commands.endpoint) else {
            return Ok(Outcome::Moving(call));
        };
        self.add(endpoint.clone()).await?;
        let server = self.lock().servers.get(&endpoint).cloned();
        match server {
            Some(server) => {
                calls::send_asking(link_of(&server, how), &self.ending, name, call).await
            }
            None => Ok(Outcome::Moving(call)),
        }
    }

    fn server_of(&self, slot: u16) -> Result<Arc<Server>, EngineError> {
        let masters = self.lock();
        let range = (masters.slots.iter()).find(|range| (range.first..=range.last).contains(&slot));
        range
            .and_then(|range| masters.servers.get(&range.master))
            .cloned()
            .ok_or_else(|| {
                EngineError::Unable(format!("no server of the Redis Cluster has slot {slot}"))
            })
    }

    /// Asks for the slots again, unless that was done since `known`. Returns the version that holds then.
    async fn renew_slots(&self, known: u64) -> Result<u64, EngineError> {
        let _renewal = self.renewal.lock().await;
        let (version, servers) = {
            let masters = self.lock();
            let servers: Vec<_> = masters.servers.keys().cloned().collect();
            (masters.version, servers)
        };
        if version != known {
            return Ok(version);
        }
        let slots = discovery::slots(&self.dialing, servers).await?;
        self.take_slots(slots).await
    }

    async fn take_slots(&self, slots: Vec<SlotRange>) -> Result<u64, EngineError> {
        let opened = slots.iter().map(|range| self.add(range.master.clone()));
        // One after the other: several ranges have the same master.
        for opening in opened {
            opening.await?;
        }
        let (before, emptied, version) = {
            let mut masters = self.lock();
            let is_master = |server: &Endpoint| slots.iter().any(|range| range.master == *server);
            let mut before = masters.slots.iter();
            let emptied = before.position(|range| !is_master(&range.master));
            masters.version += 1;
            let before = std::mem::replace(&mut masters.slots, slots);
            (before, emptied, masters.version)
        };
        if let Some(place) = emptied {
            // It becomes a replica, and may keep subscriptions that get nothing.
            let what = "has no slots of the Redis Cluster any more";
            let error = errors::lost(&before[place].master, what, None);
            self.ending.lose(error);
        }
        Ok(version)
    }

    /// Sees whether slots of a cluster have moved: a server that gets no commands does not tell it.
    pub async fn look(&self) {
        let known = self.lock().version;
        // If nobody answers, commands find that out.
        let _ = self.renew_slots(known).await;
    }

    /// Connects to a server, unless that was done.
    async fn add(&self, endpoint: Endpoint) -> Result<(), EngineError> {
        let _opening = self.opening.lock().await;
        if self.lock().servers.contains_key(&endpoint) {
            return Ok(());
        }
        let server = Server::open(
            &self.dialing,
            endpoint.clone(),
            self.kind,
            &self.ending,
            &self.incoming,
        )
        .await?;
        self.lock().servers.insert(endpoint, Arc::new(server));
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Masters> {
        self.masters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The calls of one server, with their places among all.
struct Share {
    server: Arc<Server>,
    places: Vec<usize>,
    calls: Vec<Call>,
}

fn link_of(server: &Server, how: Use) -> &Link {
    match how {
        Use::Commands => &server.commands,
        Use::Subscriptions => &server.subscribed,
    }
}
