//! The engine over Redis or Valkey: one server, the master that sentinels name, or a Redis Cluster with pub/sub by
//! slots.
//!
//! The crate `redis` knows the protocol and runs connections. What may go wrong is told to the node, which alone
//! decides when to connect again; so nothing here does that by itself.

mod address;
mod calls;
mod discovery;
mod errors;
mod keeper;
mod keys;
mod limiter;
mod link;
mod moving;
mod probe;
mod scripts;
mod server;
mod servers;
mod session;
mod settings;
mod stream;
mod tls;

use std::sync::{Arc, Mutex, PoisonError};

use futures::future::try_join_all;

use self::address::{Addresses, Endpoint, Kind};
use self::calls::{Call, Name};
use self::keys::Keys;
use self::link::Dialing;
use self::moving::Mover;
use self::probe::Probe;
use self::servers::{Servers, Use};
use self::session::{Ending, Incoming};
use self::tls::Tls;
use super::channel::Channel;
use super::engine::{
    Engine, EngineError, Keeper, MOST_CHANNELS, Pending, Publication, Registrar, Sink, Wait,
};

pub use self::settings::{RedisSettings, RedisSettingsError, RedisTls};

/// What a user of Redis has to be allowed, with the default prefix: for documents, and for a test of them.
#[cfg(test)]
const ACL_RULES: &str = "&line:* &line:r:* ~line:* +publish +subscribe +unsubscribe +psubscribe +punsubscribe +spublish \
    +ssubscribe +sunsubscribe +eval +evalsha +get +set +del +exists +hmget +hset +hdel +pexpire +xadd +xrange \
    +xrevrange +time +cluster|slots";

/// Most commands with channels on their way.
const MOST_UNCONFIRMED: usize = 32;

/// Carries messages through Redis, and keeps histories there.
pub struct RedisEngine {
    addresses: Addresses,
    dialing: Arc<Dialing>,
    sentinels: Arc<Dialing>,
    keys: Arc<Keys>,
    max_message: usize,
    session: Mutex<Option<Session>>,
    /// Servers of the cluster that the addresses do not name: those may be the ones that are gone.
    known: Mutex<Vec<Endpoint>>,
}

/// What holds from a connection to its end.
#[derive(Clone)]
struct Session {
    ending: Arc<Ending>,
    incoming: Arc<Incoming>,
    servers: Arc<Servers>,
    /// On a cluster.
    _mover: Option<Arc<Mover>>,
}

impl RedisEngine {
    /// An engine that is not connected.
    ///
    /// # Errors
    /// The settings cannot be used.
    pub fn new(settings: &RedisSettings) -> Result<Self, RedisSettingsError> {
        let addresses = settings::addresses_of(&settings.addresses)?;
        let is_unix = matches!(addresses.endpoints[0], Endpoint::Unix(_));
        if settings.tls.is_some() && is_unix {
            return Err(RedisSettingsError {
                option: "tls",
                message: "is not possible with a Unix socket".into(),
            });
        }
        let tls = match &settings.tls {
            Some(tls) => Some(tls),
            None if addresses.tls => Some(&RedisTls::default()),
            None => None,
        };
        let dialing = |login: &address::Login, database| -> Result<_, RedisSettingsError> {
            Ok(Arc::new(Dialing {
                login: login.clone(),
                database,
                tls: tls.map(Tls::new).transpose()?,
                timeout: settings.timeout,
                prefix: settings.prefix.as_str().into(),
            }))
        };
        Ok(Self {
            dialing: dialing(&addresses.login, addresses.database)?,
            sentinels: dialing(&addresses.sentinel_login, 0)?,
            keys: Arc::new(Keys::new(&settings.prefix, addresses.kind == Kind::Cluster)),
            max_message: settings.max_message,
            session: Mutex::new(None),
            known: Mutex::default(),
            addresses,
        })
    }

    /// Whom to ask for the servers. Each time another one is the first: one that is cut off from the others answers as
    /// if nothing had happened.
    fn endpoints(&self, generation: u64) -> Vec<Endpoint> {
        let mut endpoints = self.addresses.endpoints.clone();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for endpoint in &*known {
            if !endpoints.contains(endpoint) {
                endpoints.push(endpoint.clone());
            }
        }
        let first = generation.wrapping_sub(1) % endpoints.len() as u64;
        endpoints.rotate_left(first as usize);
        endpoints
    }

    fn replace(&self, session: Option<Session>) {
        let mut current = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = std::mem::replace(&mut *current, session) {
            before.ending.cancel();
        }
    }

    fn session(&self) -> Result<Session, EngineError> {
        let current = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        current.clone().ok_or_else(|| EngineError::Lost {
            message: "there is no connection to Redis".into(),
            code: None,
        })
    }

    /// Runs calls, and lets the session end if they had no answer in time: what waits behind them would have none
    /// either.
    async fn run(
        &self,
        how: Use,
        name: Name<'_>,
        calls: Vec<Call>,
    ) -> Result<Vec<Result<redis::Value, EngineError>>, EngineError> {
        let session = self.session()?;
        let ran = session.servers.run(how, name, calls).await;
        session.check(ran)
    }

    async fn subscribe(&self, channels: Vec<Channel>, on: bool) -> Result<(), EngineError> {
        if self.keys.on_cluster {
            return self.subscribe_by_slots(&channels, on).await;
        }
        let session = self.session()?;
        let Some(server) = session.servers.only() else {
            return Ok(());
        };
        let link = &server.subscribed;
        let (patterns, channels): (Vec<_>, Vec<_>) =
            (channels.iter()).partition(|channel| matches!(channel, Channel::EveryRoom));
        let patterns = async {
            for pattern in patterns {
                let pattern = self.keys.channel(pattern);
                if on {
                    link.subscribe_to_pattern(&pattern).await?;
                } else {
                    link.unsubscribe_from_pattern(&pattern).await?;
                }
            }
            Ok(())
        };
        let names: Vec<_> = channels
            .iter()
            .map(|channel| self.keys.channel(channel))
            .collect();
        // Each command may take the whole response timeout, so not all of them are sent at once.
        let channels = async {
            for names in names.chunks(MOST_CHANNELS * MOST_UNCONFIRMED) {
                try_join_all(names.chunks(MOST_CHANNELS).map(|names| async move {
                    if on {
                        link.subscribe(names).await
                    } else {
                        link.unsubscribe(names).await
                    }
                }))
                .await?;
            }
            Ok(())
        };
        let done = futures::future::try_join(patterns, channels).await;
        session.check(done.map(|_| ()))
    }

    /// Sharded pub/sub.
    async fn subscribe_by_slots(&self, channels: &[Channel], on: bool) -> Result<(), EngineError> {
        if channels.contains(&Channel::EveryRoom) {
            return Err(EngineError::Refused(
                "a Redis Cluster has no subscription to the channels of all rooms: leave out subscribe: 'all'"
                    .into(),
            ));
        }
        let names: Vec<_> = channels
            .iter()
            .map(|channel| self.keys.channel(channel))
            .collect();
        let session = self.session()?;
        if on {
            let subscribed =
                moving::subscribe(&self.keys, &session.servers, &session.incoming, &names).await;
            return session.check(subscribed);
        }
        let calls = names.iter().map(|name| Call {
            slot: self.keys.slot(name),
            size: name.len(),
            command: redis::cmd("SUNSUBSCRIBE").arg(name).take(),
        });
        let calls = calls.collect();
        session.incoming.expect_unsubscribed(names);
        let name = Name::of("SUNSUBSCRIBE");
        first_error(self.run(Use::Subscriptions, name, calls).await?)
    }

    async fn publish(&self, messages: &[Publication]) -> Result<(), EngineError> {
        let command = if self.keys.on_cluster {
            "SPUBLISH"
        } else {
            "PUBLISH"
        };
        let calls = messages.iter().map(|Publication { channel, data }| {
            let channel = self.keys.channel(channel);
            Call {
                slot: self.keys.slot(&channel),
                size: channel.len() + data.len(),
                command: redis::cmd(command).arg(&channel).arg(data).take(),
            }
        });
        let calls = calls.collect();
        first_error(self.run(Use::Commands, Name::of(command), calls).await?)
    }
}

fn first_error(results: Vec<Result<redis::Value, EngineError>>) -> Result<(), EngineError> {
    results
        .into_iter()
        .try_for_each(|result| result.map(|_| ()))
}

impl Session {
    fn check<T>(&self, result: Result<T, EngineError>) -> Result<T, EngineError> {
        if let Err(error @ EngineError::Lost { .. }) = &result {
            self.ending.lose(error.clone());
        }
        result
    }
}

impl Engine for RedisEngine {
    fn connect(&self, sink: Arc<dyn Sink>, generation: u64) -> Pending<'_, ()> {
        Box::pin(async move {
            self.replace(None);
            let ending = Ending::new(sink, generation);
            let incoming = Incoming::new(&ending, self.max_message);
            let servers = Servers::open(
                &self.addresses,
                self.endpoints(generation),
                &self.dialing,
                &self.sentinels,
                &ending,
                &incoming,
            );
            let servers = Arc::new(servers.await.inspect_err(|_| ending.cancel())?);
            if self.keys.on_cluster {
                let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                *known = servers.endpoints();
            }
            let mover = self.keys.on_cluster.then(|| {
                Mover::start(
                    Arc::clone(&self.keys),
                    Arc::clone(&servers),
                    Arc::clone(&incoming),
                    Arc::clone(&ending),
                )
            });
            let session = Session {
                _mover: mover.map(Arc::new),
                ending: Arc::clone(&ending),
                incoming,
                servers,
            };
            self.replace(Some(session));
            ending.begin()
        })
    }

    fn reachable<'a>(&'a self, failure: &'a EngineError) -> Wait<'a> {
        Box::pin(async move {
            let probe = Probe {
                addresses: &self.addresses,
                endpoints: self.endpoints(1),
                dialing: &self.dialing,
                sentinels: &self.sentinels,
            };
            probe.reachable(failure).await;
        })
    }

    fn disconnect(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            self.replace(None);
            Ok(())
        })
    }

    fn subscribe(&self, channels: Vec<Channel>) -> Pending<'_, ()> {
        Box::pin(self.subscribe(channels, true))
    }

    fn unsubscribe(&self, channels: Vec<Channel>) -> Pending<'_, ()> {
        Box::pin(self.subscribe(channels, false))
    }

    fn publish<'a>(&'a self, messages: &'a [Publication]) -> Pending<'a, ()> {
        Box::pin(self.publish(messages))
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        Some(self)
    }

    fn registrar(&self) -> Option<&dyn Registrar> {
        Some(self)
    }
}

#[cfg(test)]
mod tests;
