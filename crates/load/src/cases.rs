//! The cases of load, one file each.

use std::time::Duration;

use crate::frame::Frame;
use crate::result::Result;

pub mod broadcast;
pub mod connect;
pub mod echo;
pub mod idle;
pub mod push;

/// How long to wait for readiness before the clock is checked again.
const TICK: Duration = Duration::from_millis(20);

/// Fails unless `frame` carries `expected`; a frame too large to be collected is compared by length.
fn expect(frame: &Frame<'_>, expected: &str) -> Result<()> {
    let same = frame
        .payload
        .map_or(frame.len == expected.len(), |payload| {
            payload == expected.as_bytes()
        });
    if same {
        return Ok(());
    }
    let got = String::from_utf8_lossy(frame.payload.unwrap_or_default());
    Err(format!(
        "the server should have sent {} bytes: {expected:.100}\nbut sent {} bytes: {got:.100}",
        expected.len(),
        frame.len
    )
    .into())
}
