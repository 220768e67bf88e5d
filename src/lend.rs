//! Drives the sockets of an io thread on the thread of JavaScript, while that is cheaper: see [`line_socket_core::Driver`].

#[cfg(target_os = "linux")]
mod driving;

use napi::Result;
use napi::bindgen_prelude::Function;
use napi_derive::napi;

use super::state::ServerCore;

#[cfg(target_os = "linux")]
pub use driving::Lend;

/// Elsewhere than on Linux nothing is lent.
#[cfg(not(target_os = "linux"))]
pub struct Lend {
    thread: u32,
}

#[cfg(not(target_os = "linux"))]
impl Lend {
    fn new(
        _: u32,
        _: std::sync::Arc<line_socket_core::Driver>,
        _: &std::sync::Arc<super::wake::JsWake>,
        _: &Function<'_, (), ()>,
    ) -> Option<Self> {
        None
    }

    /// There never is an offer.
    pub fn take_up(&self) {}
}

#[napi]
impl ServerCore {
    /// Has the io thread lend its sockets to the thread of JavaScript where that is cheaper. It is for Node alone, whose libuv
    /// is the one it says it is.
    ///
    /// # Errors
    /// Node's.
    #[napi]
    pub fn lend(&self, thread: u32, on_wake: Function<'_, (), ()>) -> Result<()> {
        let mut server = self.state()?;
        let threads = &server.threads;
        let found = threads.iter().find(|(number, _)| *number == thread);
        if let Some(driver) = found.and_then(|(_, io_thread)| io_thread.lend()) {
            server.lend = Lend::new(thread, driver, &server.wake, &on_wake);
        }
        Ok(())
    }
}

/// Stops to drive the sockets of a thread that has ended.
pub fn end(lend: &mut Option<Lend>, thread: u32) {
    if lend.as_ref().is_some_and(|lend| lend.thread == thread) {
        *lend = None;
    }
}
