//! The function that sets what connections are encrypted with.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use napi::Result;
use napi::bindgen_prelude::Object;

use line_socket_core::{ClientCertificates, LiveContext, MinVersion, TlsContext, TlsSettings};

use super::raw::{self, Call, Value};
use super::state::JsServer;

/// Adds the function to the server's object.
pub fn define(object: &mut Object<'_>, server: &Rc<RefCell<JsServer>>) -> Result<()> {
    raw::define(object, "encrypt", server, encrypt)
}

/// `encrypt(identities | undefined, ca | undefined, clients, tls13, alpn): string | undefined`. Sets
/// what connections are encrypted with from now on; `undefined`: listeners to come do not encrypt.
/// `identities` and `ca` as in [`TlsSettings`]; `clients`: 0 asks for no certificate, 1 asks, 2
/// requires one; `tls13`: TLS 1.2 is refused; `alpn`: protocols, a line each. Returns the option at
/// fault (`key`, `cert`, `ca` or nothing) and what is wrong with it in two lines; then nothing has
/// changed.
fn encrypt(server: &mut JsServer, call: &Call) -> Result<Value> {
    let Some(identities) = call.optional_string(0)? else {
        server.tls = None;
        return call.undefined();
    };
    let settings = TlsSettings {
        identities,
        ca: call.optional_string(1)?,
        clients: match call.uint(2)? {
            0 => ClientCertificates::None,
            1 => ClientCertificates::Ask,
            _ => ClientCertificates::Require,
        },
        min_version: if call.boolean(3)? {
            MinVersion::Tls13
        } else {
            MinVersion::Tls12
        },
        alpn: call.string(4)?.lines().map(Into::into).collect(),
    };
    match TlsContext::new(&settings) {
        Ok(context) => {
            match &server.tls {
                Some(live) => live.replace(context),
                None => server.tls = Some(Arc::new(LiveContext::new(context))),
            }
            call.undefined()
        }
        Err(error) => call.string_value(&format!("{}\n{error}", error.option())),
    }
}
