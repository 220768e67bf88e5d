//! Engines that JavaScript carries out: the calls it takes, and what it tells of them (`lib/nodes/engine.js`).

use std::sync::Arc;

use napi::Result;
use napi::bindgen_prelude::{Either, Function, Uint8Array};
use napi_derive::napi;

use line_socket_core::{
    EngineError, ExternalAnswer as Answer, ExternalAsk as Ask, ExternalCall as Call,
    ExternalEngine, ExternalEntry, ExternalHead, Kept, Kind, Position, Record,
};

use super::nodes::JoinSettings;
use super::state::ServerCore;

/// What the engine has read.
#[napi(object, object_to_js = false)]
pub struct EngineReading {
    /// Where the history stands, if there is one.
    pub head: Option<String>,
    /// The position of each message.
    pub positions: Vec<String>,
    /// Where each message ends in the data that is given with this.
    pub ends: Vec<u32>,
}

/// Something that the engine is to do.
#[napi(object, object_from_js = false)]
pub struct EngineCall {
    /// What `settleEngineCall` has to be given.
    pub key: u32,
    #[napi(
        ts_type = "'connect' | 'disconnect' | 'subscribe' | 'unsubscribe' | 'publish' | 'append' | 'read' | 'positions'"
    )]
    pub what: &'static str,
    /// The channels; of `publish`, that of each message; of `read`, that of the room.
    pub channels: Vec<String>,
    /// Of `publish` and `append`: where each message ends in `data`.
    pub ends: Vec<u32>,
    /// Of `publish` and `append`: the messages, one after the other.
    pub data: Option<Uint8Array>,
    /// Of `append`, for each message, and `positions`: the histories.
    pub histories: Vec<EngineHistory>,
    /// Of `read`: the offset that the messages are behind.
    pub after: Option<i64>,
    /// Of `read`: most messages.
    pub limit: u32,
}

/// The history of a room, of which something is asked.
#[napi(object, object_from_js = false)]
pub struct EngineHistory {
    /// That of the room.
    pub channel: String,
    /// The epoch of the history if it has none.
    pub epoch: String,
    /// In milliseconds.
    pub ttl: i64,
    /// Of `append`: most messages that are kept.
    pub size: u32,
    /// Of `append`: the tag of the message.
    pub tag: String,
    /// Of `append`: the id of the message.
    pub id: String,
}

impl From<ExternalHead> for EngineHistory {
    fn from(
        ExternalHead {
            channel,
            epoch,
            ttl,
        }: ExternalHead,
    ) -> Self {
        Self {
            channel,
            epoch,
            ttl: i64::try_from(ttl).unwrap_or(i64::MAX),
            size: 0,
            tag: String::new(),
            id: String::new(),
        }
    }
}

impl EngineCall {
    fn new(key: u32, what: &'static str) -> Self {
        Self {
            key,
            what,
            channels: Vec::new(),
            ends: Vec::new(),
            data: None,
            histories: Vec::new(),
            after: None,
            limit: 0,
        }
    }

    fn with_data(self, messages: &[Vec<u8>]) -> Self {
        let mut data = Vec::with_capacity(messages.iter().map(Vec::len).sum());
        let mut ends = Vec::with_capacity(messages.len());
        for message in messages {
            data.extend_from_slice(message);
            ends.push(u32::try_from(data.len()).unwrap_or(u32::MAX));
        }
        Self {
            ends,
            data: Some(data.into()),
            ..self
        }
    }
}

impl From<Call> for EngineCall {
    fn from(Call { key, ask }: Call) -> Self {
        let with_channels = |what, channels| Self {
            channels,
            ..Self::new(key, what)
        };
        match ask {
            Ask::Connect => Self::new(key, "connect"),
            Ask::Disconnect => Self::new(key, "disconnect"),
            Ask::Subscribe(channels) => with_channels("subscribe", channels),
            Ask::Unsubscribe(channels) => with_channels("unsubscribe", channels),
            Ask::Publish(messages) => {
                let (channels, messages): (Vec<_>, Vec<_>) = messages.into_iter().unzip();
                with_channels("publish", channels).with_data(&messages)
            }
            Ask::Append(entries) => {
                let split = |entry: ExternalEntry| {
                    let history = EngineHistory {
                        size: u32::try_from(entry.size).unwrap_or(u32::MAX),
                        tag: entry.tag,
                        id: entry.id,
                        ..entry.history.into()
                    };
                    (history, entry.data)
                };
                let (histories, messages): (Vec<_>, Vec<_>) =
                    entries.into_iter().map(split).unzip();
                Self {
                    histories,
                    ..Self::new(key, "append")
                }
                .with_data(&messages)
            }
            Ask::Read {
                channel,
                after,
                limit,
            } => Self {
                after: after.map(|offset| i64::try_from(offset).unwrap_or(i64::MAX)),
                limit: u32::try_from(limit).unwrap_or(u32::MAX),
                ..with_channels("read", vec![channel])
            },
            Ask::Heads(heads) => Self {
                histories: heads.into_iter().map(EngineHistory::from).collect(),
                ..Self::new(key, "positions")
            },
        }
    }
}

/// Why the engine could not do something.
#[napi(object, object_to_js = false)]
pub struct EngineFailure {
    pub message: String,
    /// The system's error by its name.
    pub code: Option<String>,
}

impl From<EngineFailure> for EngineError {
    fn from(EngineFailure { message, code }: EngineFailure) -> Self {
        Self::Lost { message, code }
    }
}

#[napi]
impl ServerCore {
    /// Joins other servers by an engine that JavaScript carries out; with `keeps` it keeps histories. Returns what the system has against it.
    #[napi]
    pub fn join_by_engine(
        &self,
        settings: JoinSettings,
        keeps: bool,
        on_wake: Function<'_, (), ()>,
    ) -> Result<Option<String>> {
        let mut server = self.state()?;
        let hub = Arc::clone(&server.hub);
        let wake = move || {
            hub.inbox.announce(|_| Record::new(Kind::Engine, 0));
            hub.inbox.end_turn();
        };
        let engine = Arc::new(ExternalEngine::new(&settings.prefix, keeps, Box::new(wake)));
        let external = Some(Arc::clone(&engine));
        let joined = server.join(engine, external, settings, &on_wake)?;
        Ok(joined.err().map(|error| error.to_string()))
    }

    /// Takes what the engine is to do, oldest first.
    #[napi]
    pub fn take_engine_calls(&self) -> Result<Vec<EngineCall>> {
        let calls = self.external()?.map(|engine| engine.take_calls());
        Ok(calls.into_iter().flatten().map(EngineCall::from).collect())
    }

    /// Tells that the engine has done something, or could not.
    #[napi]
    pub fn settle_engine_call(&self, key: u32, failure: Option<EngineFailure>) -> Result<()> {
        if let Some(engine) = self.external()? {
            engine.settle(
                key,
                failure.map_or(Ok(Answer::Done), |failure| Err(failure.into())),
            );
        }
        Ok(())
    }

    /// Tells the positions that the engine has given: of `append`, an error for a message that it refuses. Returns
    /// false for what is no position; nothing is told then.
    #[napi]
    pub fn settle_engine_positions(
        &self,
        key: u32,
        positions: Vec<Either<String, EngineFailure>>,
    ) -> Result<bool> {
        let parsed = positions.into_iter().map(|position| match position {
            Either::A(text) => Position::parse(&text).map(Ok),
            Either::B(failure) => Some(Err(EngineError::Refused(failure.message))),
        });
        let Some(positions) = parsed.collect::<Option<Vec<_>>>() else {
            return Ok(false);
        };
        if let Some(engine) = self.external()? {
            engine.settle(key, Ok(Answer::Positions(positions)));
        }
        Ok(true)
    }

    /// Tells what the engine has read: where the history stands, if there is one, and its messages, each with its
    /// position and its end in `data`. Returns false for what is no position; nothing is told then.
    #[napi]
    pub fn settle_engine_read(&self, key: u32, read: EngineReading, data: &[u8]) -> Result<bool> {
        let EngineReading {
            head,
            positions,
            ends,
        } = read;
        let head = head.map(|text| Position::parse(&text));
        let mut begin = 0;
        let messages = positions.iter().zip(ends).map(|(position, end)| {
            let message = data.get(begin..end as usize)?;
            begin = end as usize;
            Some((Position::parse(position)?, message.to_vec()))
        });
        let (Some(messages), false) = (messages.collect(), head == Some(None)) else {
            return Ok(false);
        };
        if let Some(engine) = self.external()? {
            let kept = Kept {
                head: head.flatten(),
                messages,
            };
            engine.settle(key, Ok(Answer::Kept(kept)));
        }
        Ok(true)
    }

    /// A message has come; one that is kept, with its position.
    #[napi]
    pub fn engine_message(
        &self,
        channel: String,
        data: &[u8],
        position: Option<String>,
    ) -> Result<()> {
        if let Some(engine) = self.external()? {
            engine.message(&channel, data, position.as_deref());
        }
        Ok(())
    }

    /// The engine has lost its connection.
    #[napi]
    pub fn engine_lost(&self, failure: EngineFailure) -> Result<()> {
        if let Some(engine) = self.external()? {
            engine.lost(failure.into());
        }
        Ok(())
    }

    fn external(&self) -> Result<Option<Arc<ExternalEngine>>> {
        let server = self.state()?;
        let joined = server.joined.as_ref();
        Ok(joined.and_then(|joined| joined.external.clone()))
    }
}
