//! The binding to Node: the only place that names `napi`.
//!
//! `lib/binding/native.js` loads the addon and calls [`create_server`]; the object it gets has one function
//! for each thing a server can be asked for. Connections are small integers (slots), events come
//! in batches: see [`line_socket_core::Record`].

mod call;
mod compression;
mod facts;
mod handover;
#[cfg(test)]
mod layout;
mod log;
mod messages;
mod names;
mod policy;
mod raw;
mod secure;
mod server;
mod settings;
mod state;
mod stats;
mod wake;

use std::cell::RefCell;
use std::rc::Rc;

use napi::bindgen_prelude::Object;
use napi::{Env, JsString};
use napi_derive::napi;

use state::JsServer;

/// Makes the native side of one server: an object of functions. Nothing listens yet.
///
/// # Errors
/// Node's, when an object or function cannot be made.
#[napi(skip_typescript)]
pub fn create_server(env: &Env) -> napi::Result<Object<'_>> {
    let server = Rc::new(RefCell::new(JsServer::new()));
    let mut object = Object::new(env)?;
    server::define(&mut object, &server)?;
    settings::define(&mut object, &server)?;
    policy::define(&mut object, &server)?;
    compression::define(&mut object, &server)?;
    stats::define(&mut object, &server)?;
    facts::define(&mut object, &server)?;
    handover::define(&mut object, &server)?;
    secure::define(&mut object, &server)?;
    messages::define(&mut object, &server)?;
    Ok(object)
}

/// Turns the log of the core on for the whole process, with a filter as in `RUST_LOG`; returns what is
/// wrong with that.
///
/// # Errors
/// Node's, when the text cannot be had.
#[napi(skip_typescript)]
pub fn start_log(filter: JsString<'_>) -> napi::Result<Option<String>> {
    let started = log::start(filter.into_utf8()?.as_str()?);
    Ok(started.err().map(|error| error.to_string()))
}
