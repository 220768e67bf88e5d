//! The line protocol's JSON envelope (contract sections 1 and 4).
//!
//! One WebSocket message is one JSON object with the keys `n` (name), `p` (payload), `i` (id) and
//! `e` (error). [`scan()`] validates a whole text as JSON and finds those parts as slices of it; the
//! payload stays text, because JavaScript's own `JSON.parse` builds values faster than any bridge
//! can. The `push_*` functions write the few envelopes that need no JavaScript value.
//!
//! ```text
//! scan ── lexer ─┬─ scalar          reading: one pass, no recursion, no allocation
//!   │            └─ container ─┬─ nesting
//!   │                          └─ marks ─┬─ block
//!   │                                   └─ special
//!   └──── string                    a string as it stands in the text, decoded on demand
//! outline ─ depth ─ block           reading: the parts by their places, the payload unproven
//! rooms ─ lexer, string, write      positions in rooms with history: reading and writing
//! write ─ number                    writing: byte for byte what `JSON.stringify` gives
//! ```

mod block;
mod bytes;
mod container;
mod depth;
mod error;
mod lexer;
mod marks;
mod nesting;
mod number;
mod outline;
mod parts;
mod rooms;
mod scalar;
mod scan;
mod special;
mod string;
mod write;

#[cfg(test)]
mod properties;

pub use error::{InvalidEnvelope, MAX_DEPTH};
pub use outline::outline;
pub use parts::{Envelope, Id};
pub use rooms::{
    positions, push_joined, push_left, push_moved, push_place, push_positions_known, push_repeated,
};
pub use scan::scan;
pub use string::JsonString;
pub use write::{
    push_error, push_id, push_json_string, push_json_units, push_pong, push_response, response_len,
    response_parts,
};
