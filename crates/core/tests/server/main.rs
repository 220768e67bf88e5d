//! The io thread over real sockets.

mod compression;
mod conversations;
mod handover;
mod hostile;
mod large;
mod opening;
mod support;
mod writing;
