//! Rooms whose histories the engine keeps for all nodes.
//!
//! A message for such a room is appended to its history ([`appending`]). The engine gives it a position and publishes
//! it, and each node delivers it in that order, also the one that it came from ([`arriving`]). Each node compares
//! where its rooms stand with the engine when that may differ, and reads what is missing ([`following`]). Then those are served who wait for it ([`serving`]).

pub(super) mod appending;
mod arriving;
mod entries;
pub(super) mod following;
mod reading;
pub(super) mod serving;
pub(super) mod state;
