//! The Rust core of `line-socket-native`: a WebSocket server with acknowledged messages,
//! handshakes, rooms and broadcast, whose network side runs on a thread of its own.
//!
//! Nothing here knows of Node: the addon, in the crate `line-socket-native`, is made of this. Each module
//! knows only its neighbours:
//!
//! | module | owns | does not know |
//! | --- | --- | --- |
//! | [`codec`] | bytes ⇄ frames ⇄ messages (RFC 6455) | sockets, tokio, Node |
//! | [`envelope`] | the `n`, `p`, `i`, `e` of a message as raw JSON slices | JSON values |
//! | [`upgrade`] | the HTTP opening handshake | sockets |
//! | [`hub`] | connections, rooms, deadlines, what waits for the application | sockets, JavaScript |
//! | [`transport`] | listeners, sockets, the io thread | the line protocol |

#![forbid(unsafe_code)]

pub mod codec;
pub mod deflate;
pub mod envelope;
pub mod hub;
pub mod transport;
pub mod upgrade;
