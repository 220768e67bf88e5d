//! Drives the sockets of an io thread on Linux.

use std::sync::Arc;
use std::time::{Duration, Instant};

use napi::bindgen_prelude::Function;

use line_socket_core::{Driver, Turn};

use crate::raw::{Watch, duplicate};
use crate::wake::{JsWake, noting};

/// How long turns may follow one another before Node looks for something else.
const TURNS: Duration = Duration::from_micros(200);

/// An io thread whose sockets JavaScript's thread can drive.
pub struct Lend {
    pub(super) thread: u32,
    driver: Arc<Driver>,
    watch: Watch,
}

impl Lend {
    /// `None` where that thread cannot wait for descriptors.
    pub fn new(
        thread: u32,
        driver: Arc<Driver>,
        wake: &Arc<JsWake>,
        on_wake: &Function<'_, (), ()>,
    ) -> Option<Self> {
        let (theirs, wake) = (Arc::clone(&driver), Arc::clone(wake));
        let ready = move |dispatch: &dyn Fn()| drive(&theirs, &wake, dispatch);
        let watch = Watch::new(on_wake, Box::new(ready))?;
        Some(Self {
            thread,
            driver,
            watch,
        })
    }

    /// Accepts an offer of the io thread, if there is one.
    pub fn take_up(&self) {
        if let Some(selector) = self.driver.accept() {
            // Closing one descriptor leaves the selector to the other.
            if !self.watch.start(|| duplicate(selector).ok()) {
                self.driver.forbid();
            }
        }
    }
}

impl Drop for Lend {
    fn drop(&mut self) {
        self.driver.forbid();
    }
}

/// Drives while something is ready. Returns whether to wait for more. While the application handles events, clients that are in a
/// hurry send their next requests: to look for them at once saves a turn of Node's loop.
fn drive(driver: &Driver, wake: &Arc<JsWake>, dispatch: &dyn Fn()) -> bool {
    let began = Instant::now();
    loop {
        let (turn, is_wanted) = noting(wake, || driver.turn());
        if is_wanted {
            dispatch();
        }
        match turn {
            Turn::TakenBack => return false,
            Turn::Done if !is_wanted => return true,
            Turn::Done | Turn::More => {}
        }
        if began.elapsed() >= TURNS {
            if turn == Turn::More {
                driver.nudge();
            }
            return true;
        }
    }
}
