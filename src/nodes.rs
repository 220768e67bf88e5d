//! The servers that are joined with this one.

use napi::Result;
use napi_derive::napi;

use super::state::ServerCore;

/// What a server tells of itself.
#[napi(object, object_from_js = false)]
pub struct OwnFacts {
    /// Of the package.
    pub version: String,
    pub connections: u32,
    pub rooms: u32,
}

#[napi]
impl ServerCore {
    /// The version, and how many connections and rooms there are.
    #[napi]
    pub fn own_facts(&self) -> Result<OwnFacts> {
        let server = self.state()?;
        let registry = server.hub.registry();
        let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(OwnFacts {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            connections: count(registry.len()),
            rooms: count(registry.room_count()),
        })
    }
}
