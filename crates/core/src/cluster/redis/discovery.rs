//! Which servers there are: asked of sentinels, and of the servers of a cluster.

use std::sync::Arc;

use redis::{Pipeline, Value};

use super::address::Endpoint;
use super::errors;
use super::link::{Dialing, Link};
use super::server::text;
use crate::cluster::engine::EngineError;

/// Slots, and the master that has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotRange {
    pub first: u16,
    pub last: u16,
    pub master: Endpoint,
}

/// Asks sentinels for the master, one after the other until one knows it.
///
/// # Errors
/// None of them knows it; the error is that of the last.
pub async fn master(
    dialing: &Arc<Dialing>,
    sentinels: &[Endpoint],
    name: &str,
) -> Result<Endpoint, EngineError> {
    let mut command = Pipeline::new();
    command
        .cmd("SENTINEL")
        .arg("GET-MASTER-ADDR-BY-NAME")
        .arg(name);
    let mut last = None;
    for sentinel in sentinels {
        match first_answer(dialing, sentinel, "SENTINEL", &command).await {
            Ok(Value::Array(parts)) => match endpoint(&parts, sentinel) {
                Some(master) => return Ok(master),
                None => last = Some(unreadable(sentinel, "SENTINEL")),
            },
            Ok(_) => {
                last = Some(EngineError::Unable(format!(
                    "the sentinel at {sentinel} knows no master of the name \"{name}\""
                )));
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| EngineError::Refused("there is no sentinel to ask".into())))
}

/// Asks servers of a cluster which slots each of its masters has, one after the other until one answers.
///
/// # Errors
/// None of them answers; the error is that of the last.
pub async fn slots(
    dialing: &Arc<Dialing>,
    servers: impl IntoIterator<Item = Endpoint>,
) -> Result<Vec<SlotRange>, EngineError> {
    let mut command = Pipeline::new();
    command.cmd("CLUSTER").arg("SLOTS");
    let mut last = EngineError::Refused("there is no server of the cluster to ask".into());
    for server in servers {
        match first_answer(dialing, &server, "CLUSTER", &command).await {
            Ok(Value::Array(ranges)) => {
                let ranges: Option<Vec<_>> = ranges
                    .iter()
                    .map(|range| slot_range(range, &server))
                    .collect();
                match ranges {
                    Some(ranges) if !ranges.is_empty() => return Ok(ranges),
                    Some(_) => {
                        last = EngineError::Unable(format!(
                            "Redis at {server} belongs to a cluster in which no server has slots"
                        ));
                    }
                    None => last = unreadable(&server, "CLUSTER"),
                }
            }
            Ok(_) => last = unreadable(&server, "CLUSTER"),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Makes a connection for one command.
async fn first_answer(
    dialing: &Arc<Dialing>,
    server: &Endpoint,
    name: &str,
    command: &Pipeline,
) -> Result<Value, EngineError> {
    let link = Link::open(dialing, &Arc::new(server.clone()), None, |_| {}).await?;
    match link.ask(name, command).await?.pop().unwrap_or_default() {
        Value::ServerError(error) => Err(errors::server(&error, link.context(name)).error),
        value => Ok(value),
    }
}

fn unreadable(server: &Endpoint, command: &str) -> EngineError {
    EngineError::Refused(format!(
        "Redis at {server} has answered {command} in a form that is not known"
    ))
}

/// `[first, last, [host, port, …], replicas…]`
fn slot_range(value: &Value, asked: &Endpoint) -> Option<SlotRange> {
    let Value::Array(parts) = value else {
        return None;
    };
    let [
        Value::Int(first),
        Value::Int(last),
        Value::Array(master),
        ..,
    ] = &**parts
    else {
        return None;
    };
    Some(SlotRange {
        first: u16::try_from(*first).ok()?,
        last: u16::try_from(*last).ok()?,
        master: endpoint(master, asked)?,
    })
}

/// A host and a port; without a host it is that of the server that was asked.
fn endpoint(parts: &[Value], asked: &Endpoint) -> Option<Endpoint> {
    let [host, port, ..] = parts else {
        return None;
    };
    let port = match port {
        Value::Int(port) => u16::try_from(*port).ok()?,
        port => text(port).parse().ok()?,
    };
    match (text(host), asked) {
        ("" | "?", Endpoint::Tcp(asked, _)) => Some(Endpoint::Tcp(asked.clone(), port)),
        ("" | "?", Endpoint::Unix(_)) => None,
        (host, _) => Some(Endpoint::Tcp(host.to_owned(), port)),
    }
}

/// Reads an address as redirections hold it, `host:port` without brackets.
pub fn redirected(address: &str, asked: &Endpoint) -> Option<Endpoint> {
    let (host, port) = address.rsplit_once(':')?;
    let parts = [host, port].map(|part| Value::SimpleString(part.to_owned()));
    endpoint(&parts, asked)
}
