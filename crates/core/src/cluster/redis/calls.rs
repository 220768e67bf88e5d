//! Commands on their way to a server, many in one round trip.

use redis::{Cmd, Pipeline, ServerError, ServerErrorKind, Value};

use super::errors;
use super::link::Link;
use super::scripts::Script;
use super::session::Ending;
use crate::cluster::engine::EngineError;

/// Most commands of one pipeline.
const MOST_COMMANDS: usize = 1_000;

/// Most bytes of arguments in one pipeline, unless a single command has more. Each pipeline may take the whole
/// response timeout.
const MOST_BYTES: usize = 512 * 1024;

/// A command for the server that has a key.
pub struct Call {
    pub command: Cmd,
    /// The slot of its keys; 0 without a cluster.
    pub slot: u16,
    /// About the bytes of its arguments.
    pub size: usize,
}

/// What many calls have in common.
#[derive(Clone, Copy)]
pub struct Name<'a> {
    /// The command, for errors.
    pub command: &'a str,
    /// The script that the calls run by its digest.
    pub script: Option<&'a Script>,
}

impl Name<'_> {
    pub fn of(command: &str) -> Name<'_> {
        Name {
            command,
            script: None,
        }
    }
}

/// What has become of a call.
pub enum Outcome {
    Answered(Value),
    Failed(EngineError),
    /// Another server of the cluster has the slot.
    Moved(Call),
    /// Another server is getting the slot, and may have the key already.
    Asked(Call, String),
    /// The slot is moving, and some of the keys have moved.
    Moving(Call),
}

/// Sends calls in as few pipelines as their size allows, one after the other.
///
/// # Errors
/// The connection is lost; the outcome of all calls is unknown.
pub async fn send(
    link: &Link,
    ending: &Ending,
    name: Name<'_>,
    calls: Vec<Call>,
) -> Result<Vec<Outcome>, EngineError> {
    let mut outcomes = Vec::with_capacity(calls.len());
    let mut batch = Batch::default();
    for call in calls {
        if batch.is_full(call.size) {
            outcomes.extend(batch.take().send(link, ending, name).await?);
        }
        batch.push(call);
    }
    if !batch.pipeline.is_empty() {
        outcomes.extend(batch.send(link, ending, name).await?);
    }
    Ok(outcomes)
}

/// Sends one call behind `ASKING`, to the server that is getting its slot.
///
/// # Errors
/// As for [`send`].
pub async fn send_asking(
    link: &Link,
    ending: &Ending,
    name: Name<'_>,
    call: Call,
) -> Result<Outcome, EngineError> {
    let asking = || redis::cmd("ASKING");
    let mut pipeline = Pipeline::new();
    pipeline.add_command(asking());
    pipeline.add_command(call.command.clone());
    let mut value = last(link.ask(name.command, &pipeline).await?);
    if let (true, Some(script)) = (is_no_script(&value), name.script) {
        let mut with_body = Pipeline::new();
        with_body.add_command(asking());
        with_body.add_command(script.with_body(&call.command));
        value = last(link.ask(name.command, &with_body).await?);
    }
    Ok(read(value, call, link, name, ending))
}

fn last(mut values: Vec<Value>) -> Value {
    values.pop().unwrap_or_default()
}

#[derive(Default)]
struct Batch {
    pipeline: Pipeline,
    /// Slot and size of each call.
    others: Vec<(u16, usize)>,
    size: usize,
}

impl Batch {
    fn is_full(&self, added: usize) -> bool {
        let count = self.pipeline.len();
        count == MOST_COMMANDS || (count > 0 && self.size + added > MOST_BYTES)
    }

    fn push(&mut self, call: Call) {
        self.pipeline.add_command(call.command);
        self.others.push((call.slot, call.size));
        self.size += call.size;
    }

    fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    async fn send(
        self,
        link: &Link,
        ending: &Ending,
        name: Name<'_>,
    ) -> Result<Vec<Outcome>, EngineError> {
        let mut values = link.ask(name.command, &self.pipeline).await?;
        if let Some(script) = name.script
            && values.iter().any(is_no_script)
        {
            self.send_script(link, name.command, script, &mut values)
                .await?;
        }
        let outcomes = values
            .into_iter()
            .zip(self.pipeline.cmd_iter())
            .zip(self.others);
        let outcomes = outcomes.map(|((value, command), (slot, size))| match value {
            Value::ServerError(error) => {
                let call = Call {
                    command: command.clone(),
                    slot,
                    size,
                };
                read(Value::ServerError(error), call, link, name, ending)
            }
            value => Outcome::Answered(value),
        });
        Ok(outcomes.collect())
    }

    /// Repeats the calls whose script the server did not know. The first of them brings the script, and the server
    /// has it then.
    async fn send_script(
        &self,
        link: &Link,
        command: &str,
        script: &Script,
        values: &mut [Value],
    ) -> Result<(), EngineError> {
        let mut again = Pipeline::new();
        let mut places = Vec::new();
        for (place, call) in self.pipeline.cmd_iter().enumerate() {
            if values.get(place).is_some_and(is_no_script) {
                again.add_command(match places.len() {
                    0 => script.with_body(call),
                    _ => call.clone(),
                });
                places.push(place);
            }
        }
        for (place, value) in places.into_iter().zip(link.ask(command, &again).await?) {
            values[place] = value;
        }
        Ok(())
    }
}

fn kind_of(value: &Value) -> Option<ServerErrorKind> {
    match value {
        Value::ServerError(error) => error.kind(),
        _ => None,
    }
}

fn is_no_script(value: &Value) -> bool {
    kind_of(value) == Some(ServerErrorKind::NoScript)
}

/// Reads an answer. One that shows the server to be of no use any more ends the session.
fn read(value: Value, call: Call, link: &Link, name: Name<'_>, ending: &Ending) -> Outcome {
    let Value::ServerError(error) = value else {
        return Outcome::Answered(value);
    };
    match error.kind() {
        Some(ServerErrorKind::Moved) => return Outcome::Moved(call),
        Some(ServerErrorKind::TryAgain) => return Outcome::Moving(call),
        Some(ServerErrorKind::Ask) => {
            if let Some(address) = redirection(&error) {
                return Outcome::Asked(call, address);
            }
        }
        _ => {}
    }
    let answered = errors::server(&error, link.context(name.command));
    if answered.reconnect {
        ending.lose(answered.error.clone());
    }
    Outcome::Failed(answered.error)
}

/// The address in `ASK 3999 127.0.0.1:6381`.
fn redirection(error: &ServerError) -> Option<String> {
    let address = error.details()?.split_ascii_whitespace().nth(1)?;
    Some(address.to_owned())
}
