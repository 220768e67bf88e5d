//! TLS over any stream, through rustls.
//!
//! | file | what |
//! | --- | --- |
//! | `context.rs` | certificates and settings, replaceable while the server runs |
//! | `clients.rs` | whether a client's certificate is trusted |
//! | `engine.rs` | one connection's TLS, sans-IO: ciphertext in and out, plaintext in and out |
//! | `records.rs` | how many records have come |
//! | `stream.rs` | a stream up to the end of the HTTP upgrade: handshake, request, answer |
//! | `ends.rs` | its two ends afterwards: the task's reader, and the writer for any thread |
//!
//! rustls is used through its unbuffered interface. An idle connection keeps its keys and no buffers, and
//! ciphertext is read into a buffer that all connections of a thread share.

mod clients;
mod context;
mod ends;
mod engine;
mod records;
mod stream;
#[cfg(test)]
mod testing;

pub use context::{ClientCertificates, LiveContext, MinVersion, TlsContext, TlsSettings};
pub use ends::Reader;
pub use engine::Cost;
pub use stream::TlsStream;
