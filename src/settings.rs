//! The live settings of a server.

mod fields;
mod slow_consumer;

use napi::Result;
use napi_derive::napi;

use super::state::ServerCore;

pub use fields::Settings;

#[napi]
impl ServerCore {
    /// Changes settings while the server runs, or before. `hub/config.rs` says when a change takes
    /// effect.
    #[napi]
    pub fn configure(&self, settings: Settings) -> Result<()> {
        settings.apply(&self.state()?.hub.config);
        Ok(())
    }
}
