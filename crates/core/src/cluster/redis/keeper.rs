//! Histories of rooms and taken ids in Redis.

use std::sync::Arc;

use redis::Value;

use super::RedisEngine;
use super::calls::{Call, Name};
use super::keys::RoomKeys;
use super::scripts::{CLAIM, HEAD, PUBLISH, RELEASE, Script};
use super::server::text;
use super::servers::Use;
use crate::cluster::engine::{
    Append, AppendId, Claim, EngineError, Head, ID_LIFE, Keeper, Kept, Pending, Registrar,
};
use crate::cluster::node_id::NodeId;
use crate::hub::{Base36, Position};

/// How much longer than two lives of its messages the state of a history lives, in milliseconds.
const LONGER: u64 = 24 * 60 * 60 * 1000;

/// About the bytes of a call beside its message: names, numbers, the digest.
const OVERHEAD: usize = 200;

type Results = Vec<Result<Value, EngineError>>;

impl RedisEngine {
    async fn run_script(
        &self,
        script: &'static Script,
        calls: Vec<Call>,
    ) -> Result<Results, EngineError> {
        let name = Name {
            command: "EVALSHA",
            script: Some(script),
        };
        self.run(Use::Commands, name, calls).await
    }

    /// A call of a script with one key.
    fn script_call(&self, script: &Script, key: &str, arguments: &[&str]) -> Call {
        Call {
            slot: self.keys.slot(key),
            size: OVERHEAD,
            command: script.command(&[key]).arg(arguments).take(),
        }
    }

    async fn one(&self, name: Name<'_>, call: Call) -> Result<Value, EngineError> {
        let results = self.run(Use::Commands, name, vec![call]).await?;
        results.into_iter().next().unwrap_or(Ok(Value::Nil))
    }

    async fn append_all(
        &self,
        entries: &[&Append],
    ) -> Result<Vec<Result<Position, EngineError>>, EngineError> {
        let publish = if self.keys.on_cluster {
            "SPUBLISH"
        } else {
            "PUBLISH"
        };
        let calls = entries.iter().map(|entry| {
            let RoomKeys {
                channel,
                meta,
                history,
            } = self.keys.room(&entry.room);
            let mut command = PUBLISH.command(&[&meta, &history]);
            command
                .arg(&channel)
                .arg(&entry.data)
                .arg(entry.size)
                .arg(entry.ttl)
                .arg(format!("{:x}", entry.tag))
                .arg(Base36(entry.new_epoch).to_string())
                .arg(publish);
            if let Some(AppendId { node, batch, index }) = entry.id {
                command.arg(node.to_string()).arg(batch).arg(index);
            }
            Call {
                slot: self.keys.slot(&meta),
                size: OVERHEAD + entry.data.len(),
                command,
            }
        });
        let calls = calls.collect();
        let results = self.run_script(&PUBLISH, calls).await?;
        let position =
            |value: Value| Position::parse(text(&value)).ok_or_else(|| foreign("position"));
        Ok((results.into_iter())
            .map(|result| result.and_then(position))
            .collect())
    }

    async fn read_after(
        &self,
        room: &str,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Kept, EngineError> {
        let RoomKeys { meta, history, .. } = self.keys.room(room);
        let call = |command: redis::Cmd| Call {
            slot: self.keys.slot(&meta),
            size: OVERHEAD,
            command,
        };
        let state = redis::cmd("HMGET").arg(&meta).arg(&["e", "s", "t"]).take();
        let range = match after {
            Some(offset) => (redis::cmd("XRANGE").arg(&history))
                .arg(format!("({offset}-1"))
                .arg("+")
                .take(),
            None => (redis::cmd("XREVRANGE").arg(&history))
                .arg("+")
                .arg("-")
                .take(),
        };
        let range = { range }.arg("COUNT").arg(limit).take();
        // What is appended between the two is in the messages, and the position stands before it.
        let name = Name::of("XRANGE");
        let results = self.run(Use::Commands, name, vec![call(state), call(range)]);
        let mut results = results.await?.into_iter();
        let mut next = || results.next().unwrap_or(Ok(Value::Nil));
        let (state, entries) = (next()?, next()?);
        let Some(head) = position_of(&state)? else {
            return Ok(Kept {
                head: None,
                messages: Vec::new(),
            });
        };
        let Value::Array(entries) = entries else {
            return Err(foreign("history"));
        };
        let mut messages = entries
            .into_iter()
            .map(|entry| kept(entry, head.epoch).ok_or_else(|| foreign("history")))
            .collect::<Result<Vec<_>, _>>()?;
        if after.is_none() {
            messages.reverse();
        }
        Ok(Kept {
            head: Some(head),
            messages,
        })
    }

    async fn all_heads(&self, rooms: Vec<Head>) -> Result<Vec<Position>, EngineError> {
        let keys: Vec<_> = rooms
            .iter()
            .map(|head| self.keys.room(&head.room).meta)
            .collect();
        // The script costs several times as much as these, and is needed for new rooms only.
        let calls = keys.iter().zip(&rooms).flat_map(|(key, room)| {
            let call = |command: redis::Cmd| Call {
                slot: self.keys.slot(key),
                size: OVERHEAD,
                command,
            };
            let state = redis::cmd("HMGET").arg(key).arg(&["e", "s", "t"]).take();
            let life = redis::cmd("PEXPIRE").arg(key).arg(life_of(room.ttl)).take();
            [call(state), call(life)]
        });
        let states = self
            .run(Use::Commands, Name::of("HMGET"), calls.collect())
            .await?;
        let mut positions = Vec::with_capacity(rooms.len());
        for state in states.into_iter().step_by(2) {
            positions.push(position_of(&state?)?);
        }
        let missing: Vec<_> = (0..rooms.len())
            .filter(|at| positions[*at].is_none())
            .collect();
        if !missing.is_empty() {
            let calls = missing.iter().map(|at| {
                let Head { new_epoch, ttl, .. } = &rooms[*at];
                let (epoch, life) = (Base36(*new_epoch).to_string(), life_of(*ttl).to_string());
                self.script_call(&HEAD, &keys[*at], &[&epoch, &life])
            });
            let begun = self.run_script(&HEAD, calls.collect()).await?;
            for (at, state) in missing.into_iter().zip(begun) {
                positions[at] = position_of(&state?)?;
            }
        }
        let all: Option<Vec<_>> = positions.into_iter().collect();
        all.ok_or_else(|| foreign("position"))
    }

    async fn claim_id(
        &self,
        id: &str,
        node: NodeId,
        instead_of: Option<NodeId>,
    ) -> Result<Claim, EngineError> {
        let mut arguments = vec![node.to_string(), ID_LIFE.as_millis().to_string()];
        arguments.extend(instead_of.map(|node| node.to_string()));
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let call = self.script_call(&CLAIM, &self.keys.id(id), &arguments);
        let name = Name {
            command: "EVALSHA",
            script: Some(&CLAIM),
        };
        match node_of(&self.one(name, call).await?)? {
            Some(holder) if holder == node => Ok(Claim::Taken),
            Some(holder) => Ok(Claim::HeldBy(holder)),
            None => Err(foreign("node")),
        }
    }

    async fn release_id(&self, id: &str, node: NodeId) -> Result<(), EngineError> {
        let call = self.script_call(&RELEASE, &self.keys.id(id), &[&node.to_string()]);
        let name = Name {
            command: "EVALSHA",
            script: Some(&RELEASE),
        };
        self.one(name, call).await.map(|_| ())
    }

    async fn holder_of(&self, id: &str) -> Result<Option<NodeId>, EngineError> {
        let key = self.keys.id(id);
        let call = Call {
            slot: self.keys.slot(&key),
            size: OVERHEAD,
            command: redis::cmd("GET").arg(&key).take(),
        };
        node_of(&self.one(Name::of("GET"), call).await?)
    }

    async fn announce_node(
        &self,
        node: NodeId,
        marks: &[u64],
        ttl: u64,
    ) -> Result<bool, EngineError> {
        let key = self.keys.node(node);
        let call = |command: redis::Cmd| Call {
            slot: self.keys.slot(&key),
            size: OVERHEAD,
            command,
        };
        let marks: Vec<_> = marks.iter().map(|mark| format!("{mark:016x}")).collect();
        let is_own = |value: &Value| {
            *value == Value::Nil || marks.iter().any(|mark| mark.as_str() == text(value))
        };
        // The mark of another process stays, unless it is written between the two commands.
        let get = redis::cmd("GET").arg(&key).take();
        if !is_own(&self.one(Name::of("GET"), call(get)).await?) {
            return Ok(false);
        }
        let set = (redis::cmd("SET").arg(&key).arg(marks.first()))
            .arg("PX")
            .arg(ttl)
            .arg("GET")
            .take();
        let before = self.one(Name::of("SET"), call(set)).await?;
        if self.keys.on_cluster
            && let Ok(session) = self.session()
        {
            session.servers.look().await;
        }
        Ok(is_own(&before))
    }

    async fn is_announced(&self, node: NodeId) -> Result<bool, EngineError> {
        let key = self.keys.node(node);
        let call = Call {
            slot: self.keys.slot(&key),
            size: OVERHEAD,
            command: redis::cmd("EXISTS").arg(&key).take(),
        };
        let exists = self.one(Name::of("EXISTS"), call).await?;
        Ok(exists == Value::Int(1))
    }
}

/// How long the state of a history lives whose messages live for `ttl`. `publish.lua` has the same.
fn life_of(ttl: u64) -> u64 {
    ttl.saturating_mul(2).saturating_add(LONGER)
}

/// Somebody else has written under a key.
fn foreign(what: &str) -> EngineError {
    EngineError::Refused(format!(
        "Redis holds a {what} that another program has written, or a later version of this one"
    ))
}

/// Reads epoch, offset and tag; `None` when there is no history.
fn position_of(state: &Value) -> Result<Option<Position>, EngineError> {
    let Value::Array(parts) = state else {
        return Err(foreign("position"));
    };
    match &**parts {
        [Value::Nil, ..] => Ok(None),
        [epoch, offset, tag] => {
            let written = format!("{}:{}:{}", text(epoch), text(offset), text(tag));
            match Position::parse(&written) {
                Some(position) => Ok(Some(position)),
                None => Err(foreign("position")),
            }
        }
        _ => Err(foreign("position")),
    }
}

/// Reads an entry of a stream: its id and its fields.
fn kept(entry: Value, epoch: u64) -> Option<(Position, Vec<u8>)> {
    let Value::Array(parts) = entry else {
        return None;
    };
    let [id, Value::Array(fields)] = <[Value; 2]>::try_from(parts).ok()? else {
        return None;
    };
    let offset = text(&id).strip_suffix("-1")?.parse().ok()?;
    let (mut message, mut tag) = (None, 0);
    let mut fields = fields.into_iter();
    while let (Some(field), Some(value)) = (fields.next(), fields.next()) {
        match (text(&field), value) {
            ("m", Value::BulkString(bytes)) => message = Some(bytes),
            ("t", value) => tag = u16::from_str_radix(text(&value), 16).ok()?,
            _ => {}
        }
    }
    Some((Position { epoch, offset, tag }, message?))
}

fn node_of(value: &Value) -> Result<Option<NodeId>, EngineError> {
    match value {
        Value::Nil => Ok(None),
        value => match NodeId::parse(text(value)) {
            Some(node) => Ok(Some(node)),
            None => Err(foreign("node")),
        },
    }
}

impl Keeper for RedisEngine {
    fn append<'a>(
        &'a self,
        entries: &'a [&'a Append],
    ) -> Pending<'a, Vec<Result<Position, EngineError>>> {
        Box::pin(self.append_all(entries))
    }

    fn read(&self, room: Arc<str>, after: Option<u64>, limit: usize) -> Pending<'_, Kept> {
        Box::pin(async move { self.read_after(&room, after, limit).await })
    }

    fn heads(&self, rooms: Vec<Head>) -> Pending<'_, Vec<Position>> {
        Box::pin(self.all_heads(rooms))
    }
}

impl Registrar for RedisEngine {
    fn claim(&self, id: Arc<str>, node: NodeId, instead_of: Option<NodeId>) -> Pending<'_, Claim> {
        Box::pin(async move { self.claim_id(&id, node, instead_of).await })
    }

    fn release(&self, id: Arc<str>, node: NodeId) -> Pending<'_, ()> {
        Box::pin(async move { self.release_id(&id, node).await })
    }

    fn holder(&self, id: Arc<str>) -> Pending<'_, Option<NodeId>> {
        Box::pin(async move { self.holder_of(&id).await })
    }

    fn announce(&self, node: NodeId, marks: Vec<u64>, ttl: u64) -> Pending<'_, bool> {
        Box::pin(async move { self.announce_node(node, &marks, ttl).await })
    }

    fn is_alive(&self, node: NodeId) -> Pending<'_, bool> {
        Box::pin(self.is_announced(node))
    }
}
