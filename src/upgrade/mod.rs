//! The server's side of the HTTP/1.1 opening handshake (RFC 6455 section 4, RFC 9112), without
//! sockets: bytes in, a decision and bytes out.
//!
//! [`parse()`] finds the request, [`Request::check_upgrade`] decides whether it asks for a WebSocket,
//! and the answer is either a [`Refusal`] or the 101 of [`response_lines`] and [`response_head`].
//! Between the two the application may have its say: `verifyClient`, `handleProtocols`, and the
//! `headers` event, which hands out the lines of the answer (contract section 2).

mod check;
mod parse;
mod refusal;
mod request;
mod response;
mod status;

pub use check::Upgrade;
pub use parse::{Limits, parse};
pub use refusal::Refusal;
pub use request::{Headers, Request};
pub use response::{InvalidHeaderValue, response_head, response_lines};
