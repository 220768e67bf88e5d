//! Waits for a descriptor on the thread of JavaScript, beside all else that Node waits for there.
//!
//! Node's API has no way to do that; libuv, which Node exports, has. Its functions are looked up when they are needed, so that
//! nothing is lost where they are missing. The size of a handle is asked for, so that this is tied to no version of
//! libuv 1.
//!
//! These rules make it sound. All happens on the thread of one environment. The memory of a handle is given back when libuv
//! has closed it, or when there never was one. Before an environment ends, a hook has the handle closed.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::os::fd::{AsRawFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;
use std::sync::OnceLock;

use napi::bindgen_prelude::Function;
use napi::{JsValue, sys};

/// The kind of a handle that waits for a descriptor, in libuv 1.
const UV_POLL: c_int = 8;
const UV_READABLE: c_int = 1;

/// Called when the descriptor is readable, with a function that calls the one of JavaScript. Returns whether to go on.
type Ready = Box<dyn Fn(&dyn Fn()) -> bool>;

type Handle = *mut c_void;
type OnReady = unsafe extern "C" fn(Handle, c_int, c_int);
type OnClosed = unsafe extern "C" fn(Handle);

/// Functions of libuv.
struct Uv {
    handle_size: unsafe extern "C" fn(c_int) -> usize,
    set_data: unsafe extern "C" fn(Handle, *mut c_void),
    get_data: unsafe extern "C" fn(Handle) -> *mut c_void,
    unref: unsafe extern "C" fn(Handle),
    close: unsafe extern "C" fn(Handle, OnClosed),
    poll_init: unsafe extern "C" fn(*mut c_void, Handle, c_int) -> c_int,
    poll_start: unsafe extern "C" fn(Handle, c_int, OnReady) -> c_int,
    poll_stop: unsafe extern "C" fn(Handle) -> c_int,
}

unsafe extern "C" {
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
}

/// A function of the program, if it exports one of this name.
///
/// # Safety
/// `F` must be the type of a pointer to that function.
unsafe fn symbol<F: Copy>(name: &CStr) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
    // SAFETY: null stands for all that the program has loaded; the name ends with a zero.
    let found = unsafe { dlsym(ptr::null_mut(), name.as_ptr()) };
    // SAFETY: the caller vouches for the type, which has the size of a pointer.
    (!found.is_null()).then(|| unsafe { std::mem::transmute_copy(&found) })
}

impl Uv {
    /// The functions, where the program exports all of them.
    fn get() -> Option<&'static Self> {
        static FOUND: OnceLock<Option<Uv>> = OnceLock::new();
        FOUND.get_or_init(Self::find).as_ref()
    }

    fn find() -> Option<Self> {
        // SAFETY: the types are those of `uv.h`, which are the same in all versions that begin with 1.
        unsafe {
            let version: unsafe extern "C" fn() -> c_uint = symbol(c"uv_version")?;
            if version() >> 16 != 1 {
                return None;
            }
            Some(Self {
                handle_size: symbol(c"uv_handle_size")?,
                set_data: symbol(c"uv_handle_set_data")?,
                get_data: symbol(c"uv_handle_get_data")?,
                unref: symbol(c"uv_unref")?,
                close: symbol(c"uv_close")?,
                poll_init: symbol(c"uv_poll_init")?,
                poll_start: symbol(c"uv_poll_start")?,
                poll_stop: symbol(c"uv_poll_stop")?,
            })
        }
    }
}

struct Watched {
    uv: &'static Uv,
    env: sys::napi_env,
    function: sys::napi_ref,
    hook: Cell<sys::napi_async_cleanup_hook_handle>,
    ready: Ready,
    is_closed: Cell<bool>,
    /// The handle, once there is one, and what it waits for.
    handle: RefCell<Option<(Box<[u64]>, OwnedFd)>>,
}

/// Can wait for one descriptor. Dropping it ends that.
pub struct Watch(Rc<Watched>);

impl Watch {
    /// `ready` can have `function` called. `None` where there is no libuv, or where Node fails.
    pub fn new(function: &Function<'_, (), ()>, ready: Ready) -> Option<Self> {
        let uv = Uv::get()?;
        let value = function.value();
        let mut reference = ptr::null_mut();
        // SAFETY: the function is of this live environment.
        let status =
            unsafe { sys::napi_create_reference(value.env, value.value, 1, &raw mut reference) };
        if status != sys::Status::napi_ok {
            return None;
        }
        let watched = Rc::new(Watched {
            uv,
            env: value.env,
            function: reference,
            hook: Cell::new(ptr::null_mut()),
            ready,
            is_closed: Cell::new(false),
            handle: RefCell::new(None),
        });
        let mut hook = ptr::null_mut();
        let data = Rc::into_raw(Rc::clone(&watched)).cast_mut().cast();
        // SAFETY: `data` counts as one owner, which `Watched::forget` or `on_closed` ends together with the hook.
        let status = unsafe {
            sys::napi_add_async_cleanup_hook(value.env, Some(on_end), data, &raw mut hook)
        };
        if status != sys::Status::napi_ok {
            // SAFETY: without a hook nothing else has that pointer.
            drop(unsafe { Rc::from_raw(data.cast_const().cast::<Watched>()) });
            return None;
        }
        watched.hook.set(hook);
        Some(Self(watched))
    }

    /// Waits until the descriptor is readable, again and again. It is `open`ed the first time. Returns whether that
    /// succeeded.
    pub fn start(&self, open: impl FnOnce() -> Option<OwnedFd>) -> bool {
        self.0.start(open).is_some()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Watched {
    fn start(&self, open: impl FnOnce() -> Option<OwnedFd>) -> Option<()> {
        if self.is_closed.get() {
            return None;
        }
        let uv = self.uv;
        let mut handle = self.handle.borrow_mut();
        if handle.is_none() {
            *handle = Some(self.init(open()?)?);
        }
        let (memory, _) = handle.as_mut()?;
        // SAFETY: the handle has been initialized and is not closed.
        let status = unsafe { (uv.poll_start)(memory.as_mut_ptr().cast(), UV_READABLE, on_ready) };
        (status == 0).then_some(())
    }

    fn init(&self, descriptor: OwnedFd) -> Option<(Box<[u64]>, OwnedFd)> {
        let uv = self.uv;
        let mut uv_loop = ptr::null_mut();
        // SAFETY: the environment is live, since its end would have closed this.
        let status = unsafe { sys::napi_get_uv_event_loop(self.env, &raw mut uv_loop) };
        if status != sys::Status::napi_ok {
            return None;
        }
        // SAFETY: this function only returns a number.
        let size = unsafe { (uv.handle_size)(UV_POLL) };
        let mut memory = vec![0_u64; size.div_ceil(size_of::<u64>())].into_boxed_slice();
        let handle: Handle = memory.as_mut_ptr().cast();
        // SAFETY: the memory is as large as libuv asks for, does not move, and stays until libuv has closed the handle. The
        // descriptor stays open as long. A handle whose initialization fails is none.
        unsafe {
            if (uv.poll_init)(uv_loop.cast(), handle, descriptor.as_raw_fd()) != 0 {
                return None;
            }
            // The hook's owner.
            (uv.set_data)(handle, ptr::from_ref(self).cast_mut().cast());
            (uv.unref)(handle);
        }
        Some((memory, descriptor))
    }

    fn stop(&self) {
        if self.is_closed.get() {
            return;
        }
        if let Some((memory, _)) = &mut *self.handle.borrow_mut() {
            // SAFETY: as in `start`.
            unsafe { (self.uv.poll_stop)(memory.as_mut_ptr().cast()) };
        }
    }

    fn close(&self) {
        if self.is_closed.replace(true) {
            return;
        }
        // SAFETY: the environment is live, since its end would have closed this before.
        unsafe { sys::napi_delete_reference(self.env, self.function) };
        match &mut *self.handle.borrow_mut() {
            // SAFETY: the handle has been initialized, and is closed once.
            Some((memory, _)) => unsafe { (self.uv.close)(memory.as_mut_ptr().cast(), on_closed) },
            None => self.forget(),
        }
    }

    /// Ends the hook, and its ownership of this.
    fn forget(&self) {
        // SAFETY: the hook is there until this, which happens once. What it owns was made by `Rc::into_raw`; the caller has
        // another owner.
        unsafe {
            sys::napi_remove_async_cleanup_hook(self.hook.get());
            Rc::decrement_strong_count(ptr::from_ref(self));
        }
    }

    fn call(&self) {
        // SAFETY: the environment and the reference live until `close`. The scope is closed after all values made in it. An
        // exception of the function becomes an uncaught one, as with functions that Node calls itself.
        unsafe {
            let (mut scope, mut function) = (ptr::null_mut(), ptr::null_mut());
            let (mut global, mut result) = (ptr::null_mut(), ptr::null_mut());
            if self.is_closed.get()
                || sys::napi_open_handle_scope(self.env, &raw mut scope) != sys::Status::napi_ok
            {
                return;
            }
            sys::napi_get_reference_value(self.env, self.function, &raw mut function);
            sys::napi_get_global(self.env, &raw mut global);
            if !function.is_null() && !global.is_null() {
                let none = ptr::null();
                let status = sys::napi_make_callback(
                    self.env,
                    ptr::null_mut(),
                    global,
                    function,
                    0,
                    none,
                    &raw mut result,
                );
                let mut thrown = ptr::null_mut();
                if status == sys::Status::napi_pending_exception
                    && sys::napi_get_and_clear_last_exception(self.env, &raw mut thrown)
                        == sys::Status::napi_ok
                {
                    sys::napi_fatal_exception(self.env, thrown);
                }
            }
            sys::napi_close_handle_scope(self.env, scope);
        }
    }
}

/// What a handle belongs to.
///
/// # Safety
/// The handle must not have been closed.
unsafe fn owner(handle: Handle) -> Option<Rc<Watched>> {
    let uv = Uv::get()?;
    // SAFETY: the data was set in `init`, and stays owned until the handle is closed; what is made here is one more owner.
    unsafe {
        let watched = (uv.get_data)(handle).cast_const().cast::<Watched>();
        Rc::increment_strong_count(watched);
        Some(Rc::from_raw(watched))
    }
}

unsafe extern "C" fn on_ready(handle: Handle, _: c_int, _: c_int) {
    // SAFETY: libuv calls this only before the handle is closed.
    let Some(watched) = (unsafe { owner(handle) }) else {
        return;
    };
    // A panic has been reported by its own hook. What was going on here cannot go on.
    let goes_on = catch_unwind(AssertUnwindSafe(|| (watched.ready)(&|| watched.call())));
    if !goes_on.unwrap_or(false) {
        watched.stop();
    }
}

unsafe extern "C" fn on_closed(handle: Handle) {
    // SAFETY: this is the last that happens with the handle.
    if let Some(watched) = unsafe { owner(handle) } {
        watched.forget();
    }
}

unsafe extern "C" fn on_end(_: sys::napi_async_cleanup_hook_handle, data: *mut c_void) {
    // SAFETY: the hook owns this until it is removed; here is one more owner.
    let watched = unsafe {
        let watched = data.cast_const().cast::<Watched>();
        Rc::increment_strong_count(watched);
        Rc::from_raw(watched)
    };
    watched.close();
}
