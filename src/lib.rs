//! The binding to Node: the only place that names `napi`.
//!
//! `lib/binding/native.js` loads the addon and makes a [`ServerCore`] for each server. Functions that run seldom are
//! its methods, whose arguments and results are objects with named fields. Functions that run for each message or
//! connection are raw functions ([`raw`]) of the object that [`ServerCore::data_path`] makes: they identify
//! connections by small integers (slots), and events come in batches, see [`line_socket_core::Record`].
//! `lib/binding/addon.d.ts` is generated from both: `npm run declarations`.

#![expect(
    clippy::needless_pass_by_value,
    reason = "napi converts arguments of JavaScript to values, which it hands over"
)]

mod answers;
mod call;
mod compression;
mod connections;
mod engine;
mod facts;
mod handover;
mod history;
mod joined;
mod kept;
#[cfg(test)]
mod layout;
mod lend;
mod listening;
mod log;
mod members;
mod messages;
mod names;
mod nodes;
mod policy;
mod presence;
mod questions;
mod raw;
mod redis;
mod rooms;
mod secure;
mod selections;
mod settings;
mod state;
mod stats;
mod wake;

use napi::bindgen_prelude::Object;
use napi::{Env, JsString};
use napi_derive::napi;

use state::ServerCore;

#[napi]
impl ServerCore {
    /// Makes the functions that run for each message or connection.
    ///
    /// # Errors
    /// Node's, when an object or function cannot be made.
    #[napi(ts_return_type = "DataPath")]
    pub fn data_path<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        let mut object = Object::new(env)?;
        let server = &self.0;
        answers::define(&mut object, server)?;
        connections::define(&mut object, server)?;
        handover::define(&mut object, server)?;
        history::define(&mut object, server)?;
        kept::define(&mut object, server)?;
        messages::define(&mut object, server)?;
        questions::define(&mut object, server)?;
        rooms::define(&mut object, server)?;
        members::define(&mut object, server)?;
        Ok(object)
    }
}

/// Turns the log of the core on for the whole process, with a filter as in `RUST_LOG`; returns what is
/// wrong with that.
///
/// # Errors
/// Node's, when the text cannot be had.
#[napi]
pub fn start_log(filter: JsString<'_>) -> napi::Result<Option<String>> {
    let started = log::start(filter.into_utf8()?.as_str()?);
    Ok(started.err().map(|error| error.to_string()))
}
