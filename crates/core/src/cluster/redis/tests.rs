//! The engine with real servers.

mod support;

mod clusters;
mod failures;
mod histories;
mod messages;
mod nodes;
mod sentinel;
mod tls;
