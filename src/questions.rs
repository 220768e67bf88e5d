//! What the applications of joined servers ask each other, and what one asks of the connections on others.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use napi::Result;
use napi::bindgen_prelude::{Object, Utf16String};
use napi_derive::napi;

use line_socket_core::{Begun, NodeQuestion, Outcome};

use super::raw::{self, Call, Value};
use super::rooms::{push_list, push_name, push_pairs, target};
use super::state::{JsServer, ServerCore};

/// How an id is claimed.
#[napi(object, object_to_js = false)]
pub struct IdClaim {
    /// Whether a connection that has it elsewhere is closed.
    pub take_over: bool,
    /// How long other servers are waited for, in milliseconds.
    pub timeout: u32,
}

/// Whom a message for applications is for.
#[napi(object, object_to_js = false)]
pub struct Recipient {
    /// The id of one server; all others without it.
    pub to: Option<String>,
    /// How long answers are waited for, in milliseconds; 0 is no limit.
    pub timeout: u32,
}

/// What [`Begun`] is in JavaScript: `lib/nodes/link.js`.
fn begun(begun: Begun) -> i32 {
    match begun {
        Begun::Asked => 1,
        Begun::NobodyToAsk => 0,
        Begun::TooLarge => -1,
    }
}

/// Adds the functions to the server's object.
pub fn define(object: &mut Object<'_>, server: &Rc<RefCell<JsServer>>) -> Result<()> {
    raw::define(object, "askNodes", server, ask_nodes)?;
    raw::define(object, "takeNodesAnswer", server, take_nodes_answer)
}

/// `askNodes(target: readonly unknown[], question: readonly unknown[]): number`. Asks other servers about the
/// connections that a target means there. `question` is a key, a timeout in milliseconds, and what is asked: `'count'`;
/// `'fetch'` and a limit; `'close'`, a code and a reason; `'join'` or `'leave'` and a room; `'tell'` and a text. 1 when they are
/// asked, and the answer follows; 0 when there is none to ask; -1 when the question is too large.
fn ask_nodes(server: &mut JsServer, call: &Call) -> Result<Value> {
    let question = call.items(1)?;
    let ([key, timeout, what, args @ ..], Some(joined)) = (question.as_slice(), &server.joined)
    else {
        return call.int_value(0);
    };
    let target = target(call)?;
    let name = |index: usize| args.get(index).map_or(Ok(String::new()), |arg| arg.name(0));
    let size = |index: usize| args.get(index).map_or(Ok(0), |arg| arg.size(0));
    let (first, reason);
    let what = match what.string(0)?.as_str() {
        "count" => NodeQuestion::Count,
        "fetch" => NodeQuestion::Fetch(size(0)?),
        "close" => {
            reason = args.get(1).map_or(Ok(String::new()), |arg| arg.string(0))?;
            NodeQuestion::Close(size(0)? as u16, &reason)
        }
        "join" => {
            first = name(0)?;
            NodeQuestion::Join(&first)
        }
        "leave" => {
            first = name(0)?;
            NodeQuestion::Leave(&first)
        }
        "tell" => {
            first = args
                .first()
                .map_or(Ok(String::new()), |arg| arg.string(0))?;
            NodeQuestion::Tell(&first)
        }
        _ => return call.int_value(0),
    };
    let timeout = Duration::from_millis(timeout.uint(0)?.into());
    call.int_value(begun(joined.node.ask(key.uint(0)?, &target, what, timeout)))
}

/// `takeNodesAnswer(key: number): string | undefined`. What servers have answered, once, as JSON:
/// `{"count":number,"values":[[id,value],…],"errors":[[id,error],…],"missing":[id,…]}`.
fn take_nodes_answer(server: &mut JsServer, call: &Call) -> Result<Value> {
    let key = call.uint(0)?;
    let joined = server.joined.as_ref();
    match joined.and_then(|joined| joined.node.take_answer(key)) {
        Some(outcome) => call.string_value(&outcome_json(&outcome)),
        None => call.undefined(),
    }
}

fn outcome_json(outcome: &Outcome) -> String {
    let mut out = format!("{{\"count\":{},\"values\":", outcome.count);
    let values = outcome.values.iter();
    push_pairs(&mut out, values.map(|(id, json)| (id, json.as_deref())));
    out.push_str(",\"errors\":");
    let errors = outcome.errors.iter();
    push_pairs(&mut out, errors.map(|(id, json)| (id, Some(&**json))));
    out.push_str(",\"missing\":");
    push_list(&mut out, &outcome.missing, |out, node| {
        push_name(out, &node.to_string());
    });
    out.push('}');
    out
}

#[napi]
impl ServerCore {
    /// Reserves an id for a connection that is going to claim it (`claimId`). Returns false when another connection here has
    /// the id.
    #[napi]
    pub fn reserve_id(&self, slot: u32, id: Utf16String) -> Result<bool> {
        let server = self.state()?;
        let id = super::names::encode(&id);
        Ok(match &server.joined {
            Some(joined) => joined.node.reserve_id(slot, &id),
            None => server.hub.registry().set_id(slot, &id),
        })
    }

    /// Claims the id of a connection here on all servers. Returns whether an answer follows under the key: with a count
    /// of 0 when another server has the id.
    #[napi]
    pub fn claim_id(&self, key: u32, id: Utf16String, claim: IdClaim) -> Result<bool> {
        let server = self.state()?;
        let Some(joined) = &server.joined else {
            return Ok(false);
        };
        let timeout = Duration::from_millis(claim.timeout.into());
        joined
            .node
            .claim(key, &super::names::encode(&id), claim.take_over, timeout);
        Ok(true)
    }

    /// Asks the applications of all other servers, or of one. Returns what `askNodes` does.
    #[napi]
    pub fn send_to_nodes(&self, key: u32, text: String, recipient: Recipient) -> Result<i32> {
        let server = self.state()?;
        let Recipient { to, timeout } = recipient;
        let timeout = Duration::from_millis(timeout.into());
        Ok(server.joined.as_ref().map_or(0, |joined| {
            begun(joined.node.send_message(key, &text, to.as_deref(), timeout))
        }))
    }

    /// The same without an answer.
    #[napi]
    pub fn tell_nodes(&self, text: String, to: Option<String>) -> Result<i32> {
        let server = self.state()?;
        Ok(server.joined.as_ref().map_or(0, |joined| {
            begun(joined.node.tell_message(&text, to.as_deref()))
        }))
    }

    /// Answers a message of another server: with a payload or an error, as JSON. False when it is too large; the other
    /// server is told so.
    #[napi]
    pub fn answer_node(
        &self,
        key: i64,
        error: Option<String>,
        payload: Option<String>,
    ) -> Result<bool> {
        let server = self.state()?;
        let answer = match &error {
            Some(error) => Err(error.as_str()),
            None => Ok(payload.as_deref()),
        };
        Ok(server
            .joined
            .as_ref()
            .is_none_or(|joined| joined.node.answer_message(key.cast_unsigned(), answer)))
    }
}
