//! A server with its two connections: one for commands and one for subscriptions.

use std::sync::Arc;

use redis::{Pipeline, Value};

use super::address::{Endpoint, Kind};
use super::errors;
use super::link::{Dialing, Link};
use super::session::{Ending, Incoming};
use crate::cluster::engine::EngineError;

/// Oldest versions that have what is used: streams with exclusive ranges, and pub/sub by slots.
const OLDEST: (u32, u32) = (6, 2);
const OLDEST_OF_CLUSTER: (u32, u32) = (7, 0);

pub struct Server {
    pub commands: Link,
    pub subscribed: Link,
}

impl Server {
    /// Connects to a server, which has to be a master.
    ///
    /// # Errors
    /// It cannot be reached, does not let the user in, or is not of the kind that the addresses say.
    pub async fn open(
        dialing: &Arc<Dialing>,
        endpoint: Endpoint,
        kind: Kind,
        ending: &Arc<Ending>,
        incoming: &Arc<Incoming>,
    ) -> Result<Self, EngineError> {
        let endpoint = Arc::new(endpoint);
        let lose = || {
            let ending = Arc::clone(ending);
            move |error| ending.lose(error)
        };
        let commands = Link::open(dialing, &endpoint, None, lose()).await?;
        check(&commands, kind).await?;
        let subscribed = Link::open(dialing, &endpoint, Some(incoming), lose()).await?;
        Ok(Self {
            commands,
            subscribed,
        })
    }
}

async fn check(link: &Link, kind: Kind) -> Result<(), EngineError> {
    let mut hello = Pipeline::new();
    hello.cmd("HELLO");
    let answer = link.ask("HELLO", &hello).await?.pop().unwrap_or_default();
    let server = &link.endpoint;
    let entries = match answer {
        Value::Map(entries) => entries,
        Value::ServerError(error) => {
            return Err(errors::server(&error, link.context("HELLO")).error);
        }
        _ => Vec::new(),
    };
    let entry = |name: &str| {
        let found = entries.iter().find(|(key, _)| text(key) == name);
        found.map(|(_, value)| text(value)).unwrap_or_default()
    };
    // Proxies and services leave out some of it. What is not said is taken for right.
    let on_cluster = kind == Kind::Cluster;
    if !entry("mode").is_empty() && (entry("mode") == "cluster") != on_cluster {
        return Err(EngineError::Refused(if on_cluster {
            format!(
                "Redis at {server} is not part of a Redis Cluster: write redis: in place of redis+cluster:"
            )
        } else {
            format!(
                "Redis at {server} is part of a Redis Cluster: write redis+cluster: in its address"
            )
        }));
    }
    if matches!(entry("role"), "replica" | "slave") {
        return Err(EngineError::Unable(format!(
            "Redis at {server} is a read-only replica: give the address of the master, or of sentinels with redis+sentinel:"
        )));
    }
    let version = entry("version");
    let oldest = if on_cluster {
        OLDEST_OF_CLUSTER
    } else {
        OLDEST
    };
    if !version.is_empty() && numbers(version) < oldest {
        let (major, minor) = oldest;
        return Err(EngineError::Refused(format!(
            "Redis at {server} has version {version}, and {major}.{minor} or later is needed"
        )));
    }
    Ok(())
}

/// A text of an answer; empty when it is none.
pub fn text(value: &Value) -> &str {
    match value {
        Value::BulkString(bytes) => str::from_utf8(bytes).unwrap_or_default(),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => text,
        _ => "",
    }
}

fn numbers(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}
