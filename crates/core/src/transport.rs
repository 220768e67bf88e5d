//! Sockets and the threads that wait on them. Bytes from a socket go through the codec, and leave as messages
//! for the hub. Nothing here depends on the line protocol.

mod acceptor;
mod bounds;
mod buffer;
mod busy_poll;
mod driver;
mod gate;
mod handover;
mod io_thread;
mod listener;
mod opening;
mod openings;
mod pipe;
mod runtime;
mod session;
mod shared;
#[cfg(unix)]
mod socket_file;
mod stream;
mod tasks;
mod throttle;
mod tls;
mod worker;

pub use driver::{Driver, Turn};
pub use gate::{Gate, Verdict};
#[cfg(unix)]
pub use handover::adopt;
pub use handover::{Handover, Ticket};
pub use io_thread::{IoThread, Options};
pub use listener::{Address, Binding};
pub use pipe::{Output, PipeOwner, pipe};
pub use stream::Detached;
pub use tls::{ClientCertificates, LiveContext, MinVersion, TlsContext, TlsSettings};
