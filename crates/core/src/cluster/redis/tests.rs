//! The engine with real servers.

mod support;

mod failures;
mod histories;
mod messages;
