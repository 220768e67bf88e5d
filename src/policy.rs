//! The function that says which upgrades are accepted.

use std::cell::RefCell;
use std::rc::Rc;
use std::str::FromStr;

use napi::Result;
use napi::bindgen_prelude::Object;

use line_socket_core::{ProxyHeaders, Trust, UpgradePolicy};

use super::raw::{self, Call, Value};
use super::state::JsServer;

/// An option that is not valid, and why.
type Problem = (&'static str, String);

/// Adds the function to the server's object.
pub fn define(object: &mut Object<'_>, server: &Rc<RefCell<JsServer>>) -> Result<()> {
    raw::define(object, "setPolicy", server, set_policy)
}

/// `setPolicy(path | undefined, allowedOrigins | undefined, requireOrigin, protocols, hops, proxies,
/// proxyHeaders): [option, why] | undefined`. Sets which upgrades are accepted from now on, unless an
/// option is not valid. A list is a string with a line for each entry. `proxies` are the addresses of
/// `trustProxy`, `hops` its number.
fn set_policy(server: &mut JsServer, call: &Call) -> Result<Value> {
    let path = call.optional_string(0)?;
    let origins = call.optional_string(1)?;
    let require_origin = call.boolean(2)?;
    let protocols = call.string(3)?;
    let hops = call.size(4)?;
    let proxies = call.string(5)?;
    let proxy_headers = match call.string(6)?.as_str() {
        "forwarded" => ProxyHeaders::Forwarded,
        _ => ProxyHeaders::XForwarded,
    };
    let policy = || {
        let mut policy = UpgradePolicy {
            path,
            origins: origins
                .map(|list| parse("allowedOrigins", &list))
                .transpose()?,
            require_origin,
            trust: if hops > 0 {
                Trust::Hops(hops)
            } else {
                Trust::Networks(parse("trustProxy", &proxies)?)
            },
            proxy_headers,
            ..UpgradePolicy::default()
        };
        let names = protocols.split_terminator('\n').map(str::to_owned);
        policy
            .set_protocols(names.collect())
            .map_err(|error| ("protocols", error.to_string()))?;
        Ok::<_, Problem>(policy)
    };
    match policy() {
        Ok(policy) => {
            server.gate.set_policy(policy);
            call.undefined()
        }
        Err((option, why)) => {
            let parts = [option, why.as_str()].into_iter();
            call.array_value(parts.map(|part| call.string_value(part)))
        }
    }
}

/// Parses the entries of a list, which are a line each.
fn parse<T: FromStr<Err: ToString>>(
    option: &'static str,
    list: &str,
) -> std::result::Result<Vec<T>, Problem> {
    list.split_terminator('\n')
        .map(|entry| {
            entry
                .parse()
                .map_err(|error: T::Err| (option, error.to_string()))
        })
        .collect()
}
