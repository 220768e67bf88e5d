//! Drives the sockets of an io thread on the thread of JavaScript, while that is cheaper: see [`line_socket_core::Driver`].

#[cfg(target_os = "linux")]
mod driving;

#[cfg(not(target_os = "linux"))]
use napi::bindgen_prelude::Function;

#[cfg(target_os = "linux")]
pub use driving::Lend;

/// Elsewhere than on Linux nothing is lent.
#[cfg(not(target_os = "linux"))]
pub struct Lend {
    thread: u32,
}

#[cfg(not(target_os = "linux"))]
impl Lend {
    pub fn new(
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

/// Ends driving the sockets of a thread that has ended.
pub fn end(lend: &mut Option<Lend>, thread: u32) {
    if lend.as_ref().is_some_and(|lend| lend.thread == thread) {
        *lend = None;
    }
}
