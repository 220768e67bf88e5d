//! Wakes the JavaScript thread.

use std::cell::Cell;
use std::ptr;
use std::sync::{Arc, PoisonError, RwLock};

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::ThreadsafeFunctionCallMode;

use line_socket_core::Wake;

use super::raw::{Call, WakeFunction};

/// Calls one JavaScript function from any thread. While it is armed it keeps the process alive, as a listening
/// socket of Node does, unless that is turned off.
#[derive(Default)]
pub struct JsWake {
    function: RwLock<Option<WakeFunction>>,
}

impl JsWake {
    /// From now on `function` is called to wake, unless another one is already.
    ///
    /// # Errors
    /// Node's, when the function cannot be made callable from other threads.
    pub fn arm_unless_armed(&self, function: &Function<'_, (), ()>) -> napi::Result<()> {
        let mut armed = self
            .function
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if armed.is_none() {
            let function = function
                .build_threadsafe_function::<()>()
                .build_callback(|_| Ok(()))?;
            *armed = Some(function);
        }
        Ok(())
    }

    /// Sets whether the process is kept alive, from now until it is armed again.
    ///
    /// # Errors
    /// Node's.
    pub fn keep_alive(&self, call: &Call, alive: bool) -> napi::Result<()> {
        let function = self.function.read().unwrap_or_else(PoisonError::into_inner);
        match &*function {
            Some(function) => call.keep_alive(function, alive),
            None => Ok(()),
        }
    }

    /// Stops waking. The process may end.
    pub fn disarm(&self) {
        self.function
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}

/// The hub's reference to a [`JsWake`].
pub struct Shared(pub Arc<JsWake>);

thread_local! {
    /// Whose wakes this thread notes, and whether there was one. The pointer is compared, and never followed.
    static NOTED: Cell<(*const JsWake, bool)> = const { Cell::new((ptr::null(), false)) };
}

/// For JavaScript's own thread: notes a wake by `wake` meanwhile, in place of calling the function. Returns whether there was one.
#[cfg(target_os = "linux")]
pub fn noting<R>(wake: &Arc<JsWake>, act: impl FnOnce() -> R) -> (R, bool) {
    NOTED.set((Arc::as_ptr(wake), false));
    let done = act();
    let (_, noted) = NOTED.replace((ptr::null(), false));
    (done, noted)
}

impl Wake for Shared {
    fn wake(&self) {
        let own = Arc::as_ptr(&self.0);
        if NOTED.get().0 == own {
            NOTED.set((own, true));
            return;
        }
        let function = self
            .0
            .function
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(function) = &*function {
            // The queue is unbounded but has at most one call, because the hub wakes only when the last
            // wake has been handled. A closing environment accepts no more calls, and needs none.
            function.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }
}
