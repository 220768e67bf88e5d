//! The io thread over real sockets.

mod conversations;
mod hostile;
mod opening;
mod support;
mod writing;
