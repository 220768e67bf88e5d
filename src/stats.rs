//! The counters for `getStats`: those of the core, and those that are computed here.

mod computed;
mod fields;

use napi::Result;
use napi_derive::napi;

use super::state::ServerCore;

pub use fields::Stats;

#[napi]
impl ServerCore {
    /// What has happened so far.
    #[napi]
    pub fn stats(&self) -> Result<Stats> {
        Ok(Stats::read(&*self.state()?))
    }
}
