//! Engines that JavaScript carries out: the calls it takes, and what it tells of them (`lib/nodes/engine.js`).

use std::sync::Arc;

use napi::Result;
use napi::bindgen_prelude::{Function, Uint8Array};
use napi_derive::napi;

use line_socket_core::{
    EngineError, ExternalAsk as Ask, ExternalCall as Call, ExternalEngine, Kind, Record,
};

use super::nodes::JoinSettings;
use super::state::ServerCore;

/// Something that the engine is to do.
#[napi(object, object_from_js = false)]
pub struct EngineCall {
    /// What `settleEngineCall` has to be given.
    pub key: u32,
    #[napi(ts_type = "'connect' | 'disconnect' | 'subscribe' | 'unsubscribe' | 'publish'")]
    pub what: &'static str,
    /// The channels; of `publish`, that of each message.
    pub channels: Vec<String>,
    /// Of `publish`: where each message ends in `data`.
    pub ends: Vec<u32>,
    /// Of `publish`: the messages, one after the other.
    pub data: Option<Uint8Array>,
}

impl From<Call> for EngineCall {
    fn from(Call { key, ask }: Call) -> Self {
        let (what, channels) = match ask {
            Ask::Connect => ("connect", Vec::new()),
            Ask::Disconnect => ("disconnect", Vec::new()),
            Ask::Subscribe(channels) => ("subscribe", channels),
            Ask::Unsubscribe(channels) => ("unsubscribe", channels),
            Ask::Publish(messages) => {
                let mut data =
                    Vec::with_capacity(messages.iter().map(|(_, each)| each.len()).sum());
                let mut ends = Vec::with_capacity(messages.len());
                let mut channels = Vec::with_capacity(messages.len());
                for (channel, message) in messages {
                    data.extend_from_slice(&message);
                    ends.push(u32::try_from(data.len()).unwrap_or(u32::MAX));
                    channels.push(channel);
                }
                return Self {
                    key,
                    what: "publish",
                    channels,
                    ends,
                    data: Some(data.into()),
                };
            }
        };
        Self {
            key,
            what,
            channels,
            ends: Vec::new(),
            data: None,
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

#[expect(
    clippy::needless_pass_by_value,
    reason = "napi converts arguments to values of their own"
)]
#[napi]
impl ServerCore {
    /// Joins other servers by an engine that JavaScript carries out. Returns what the system has against it.
    #[napi]
    pub fn join_by_engine(
        &self,
        settings: JoinSettings,
        on_wake: Function<'_, (), ()>,
    ) -> Result<Option<String>> {
        let mut server = self.state()?;
        let hub = Arc::clone(&server.hub);
        let wake = move || {
            hub.inbox.announce(|_| Record::new(Kind::Engine, 0));
            hub.inbox.end_turn();
        };
        let engine = Arc::new(ExternalEngine::new(&settings.prefix, Box::new(wake)));
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
            engine.settle(key, failure.map_or(Ok(()), |failure| Err(failure.into())));
        }
        Ok(())
    }

    /// A message has come.
    #[napi]
    pub fn engine_message(&self, channel: String, data: &[u8]) -> Result<()> {
        if let Some(engine) = self.external()? {
            engine.message(&channel, data);
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
