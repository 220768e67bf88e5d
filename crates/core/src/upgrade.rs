//! The server's side of the HTTP/1.1 opening handshake (RFC 6455 section 4, RFC 9112), without
//! sockets: bytes in, a decision and bytes out.
//!
//! [`parse()`] parses the request. [`UpgradePolicy::check`] decides whether it may have a WebSocket. The answer
//! is either a [`Refusal`] or the 101 of [`response_lines`] and [`response_head`].
//! [`UpgradePolicy::client`] determines the client that it comes from, behind proxies too.
//! Between request and answer the application may decide: by `verifyClient`, `handleProtocols`, and the
//! `headers` event, which gets the lines of the answer (contract section 2).

mod check;
mod client;
mod forwarded;
mod origin;
mod parse;
mod policy;
mod refusal;
mod request;
mod response;
mod trust;

pub use check::Upgrade;
pub use client::Client;
pub use forwarded::ProxyHeaders;
pub use origin::OriginPattern;
pub use parse::{RequestLimits, parse};
pub use policy::UpgradePolicy;
pub use refusal::Refusal;
pub use request::{Request, path_of};
pub use response::{response_head, response_lines};
pub use trust::Trust;
