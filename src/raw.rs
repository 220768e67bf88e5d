//! Native functions in their cheapest form: a plain JavaScript function over Rust state, without the class instances and
//! conversions of `#[napi]` (a call costs 11 ns instead of 27 to 350, see `docs/internals/design.md`). All `unsafe` of the
//! crate is here and in `raw/`; what needs none is in `call.rs`.
//!
//! These rules make it sound. The state is reachable only through functions of the environment it was made in, and Node calls
//! those on that environment's thread alone. Each function owns a reference to the state until Node has collected the function.
//! A [`Call`] and its [`Value`]s are used only while the function runs that Node has called. A panic becomes a JavaScript exception.

#[cfg(unix)]
mod descriptor;
#[cfg(target_os = "linux")]
mod watch;

use std::cell::RefCell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicI32;

use napi::bindgen_prelude::{
    BufferSlice, FromNapiValue, Function, Int32ArraySlice, Object, ToNapiValue, Uint8ArraySlice,
};
use napi::threadsafe_function::ThreadsafeFunction;
use napi::{Env, Error, JsValue, Result, Status, ValueType, check_status, sys};

#[cfg(unix)]
pub use descriptor::duplicate;
#[cfg(target_os = "linux")]
pub use watch::Watch;

/// A function that any thread may call.
pub type WakeFunction = ThreadsafeFunction<(), (), (), Status, false>;

/// Most arguments a native function takes.
const MAX_ARGUMENTS: usize = 3;

/// A JavaScript value, valid until the native function returns.
#[derive(Clone, Copy)]
pub struct Value(sys::napi_value);

/// The body of a native function. `state` is its server, `call` its arguments.
pub type Method<T> = fn(state: &mut T, call: &Call) -> Result<Value>;

/// A reference to the state, and what to do with it.
struct Bound<T> {
    state: Rc<RefCell<T>>,
    method: Method<T>,
}

/// Adds a native function to `object`.
///
/// # Errors
/// Node's, when the function cannot be made.
pub fn define<T: 'static>(
    object: &mut Object<'_>,
    name: &str,
    state: &Rc<RefCell<T>>,
    method: Method<T>,
) -> Result<()> {
    let env = object.value().env;
    let bound = Box::into_raw(Box::new(Bound {
        state: Rc::clone(state),
        method,
    }));
    let mut function = ptr::null_mut();
    // SAFETY: `env` is the live environment of `object`; `name` is passed with its length;
    // `trampoline::<T>` reads its data as the `Bound<T>` that `bound` points to.
    check_status!(unsafe {
        sys::napi_create_function(
            env,
            name.as_ptr().cast(),
            name.len().cast_signed(),
            Some(trampoline::<T>),
            bound.cast(),
            &raw mut function,
        )
    })?;
    // SAFETY: `function` was just made in `env`; `drop_bound::<T>` gets back the pointer made above,
    // once, when Node has collected the function and so can call it no more.
    check_status!(unsafe {
        sys::napi_add_finalizer(
            env,
            function,
            bound.cast(),
            Some(drop_bound::<T>),
            ptr::null_mut(),
            ptr::null_mut(),
        )
    })?;
    // SAFETY: `function` is a function value of `env`.
    let function = unsafe { Function::<(), ()>::from_napi_value(env, function)? };
    object.set(name, function)
}

unsafe extern "C" fn drop_bound<T>(_: sys::napi_env, data: *mut c_void, _: *mut c_void) {
    // SAFETY: `data` comes from `Box::into_raw` in `define`, and Node runs a finalizer once.
    drop(unsafe { Box::from_raw(data.cast::<Bound<T>>()) });
}

unsafe extern "C" fn drop_word(_: sys::napi_env, data: *mut c_void, _: *mut c_void) {
    // SAFETY: `data` comes from `Arc::into_raw` in `Call::word_value`, and is given back once.
    drop(unsafe { Arc::from_raw(data.cast_const().cast::<AtomicI32>()) });
}

unsafe extern "C" fn trampoline<T>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    let mut arguments = [ptr::null_mut(); MAX_ARGUMENTS];
    let mut count = MAX_ARGUMENTS;
    let mut data = ptr::null_mut();
    // SAFETY: `env` and `info` are what Node called with; `arguments` has room for `count` values.
    // Those not given are set to `undefined`.
    let status = unsafe {
        sys::napi_get_cb_info(
            env,
            info,
            &raw mut count,
            arguments.as_mut_ptr(),
            ptr::null_mut(),
            &raw mut data,
        )
    };
    if status != sys::Status::napi_ok {
        return ptr::null_mut();
    }
    // SAFETY: `data` is the `Bound<T>` of `define`, alive as long as the function that is running.
    let bound = unsafe { &*data.cast::<Bound<T>>() };
    let call = Call { env, arguments };
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut state = bound.state.try_borrow_mut().map_err(|_| {
            Error::new(
                Status::GenericFailure,
                "A native function was called while another runs",
            )
        })?;
        (bound.method)(&mut state, &call)
    }));
    match result {
        Ok(Ok(value)) => value.0,
        Ok(Err(error)) => call.throw(&error.to_string()),
        Err(_) => call.throw("Internal error in line-socket-native: please report it"),
    }
}

/// Methods that read an argument, each by a function of Node.
macro_rules! readers {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $get:ident,)+) => {$(
        $(#[$doc])*
        #[inline]
        pub fn $name(&self, index: usize) -> Result<$type> {
            // SAFETY: `read` gives values of the running call and a place for the result.
            self.read(index, |env, value, read| unsafe { sys::$get(env, value, read) })
        }
    )+};
}

/// Methods that make a value, each by a function of Node.
macro_rules! makers {
    ($($(#[$doc:meta])* $name:ident($($from:ident: $type:ty)?) = $make:ident,)+) => {$(
        $(#[$doc])*
        pub fn $name(&self $(, $from: $type)?) -> Result<Value> {
            // SAFETY: `made` gives a live environment and a place for the result.
            self.made(|env, value| unsafe { sys::$make(env, $($from,)? value) })
        }
    )+};
}

/// The arguments of one call, and the values it can return.
pub struct Call {
    env: sys::napi_env,
    arguments: [sys::napi_value; MAX_ARGUMENTS],
}

impl Call {
    readers! {
        /// Argument `index` as a whole number. Any other value is an error.
        int: i32 = napi_get_value_int32,
        /// Argument `index` as a slot, key or unsigned setting.
        uint: u32 = napi_get_value_uint32,
        /// Argument `index` as a whole number of 64 bits.
        int64: i64 = napi_get_value_int64,
        /// Argument `index` as a boolean.
        boolean: bool = napi_get_value_bool,
    }

    /// Whether argument `index` is `undefined` or `null`, or was not given.
    #[inline]
    pub fn is_nothing(&self, index: usize) -> Result<bool> {
        let kind = self.read(index, |env, value, read| {
            // SAFETY: as above.
            unsafe { sys::napi_typeof(env, value, read) }
        })?;
        Ok(matches!(
            ValueType::from(kind),
            ValueType::Undefined | ValueType::Null
        ))
    }

    #[inline]
    fn read<T: Default>(
        &self,
        index: usize,
        get: impl FnOnce(sys::napi_env, sys::napi_value, *mut T) -> sys::napi_status,
    ) -> Result<T> {
        let mut read = T::default();
        check_status!(get(self.env, self.arguments[index], &raw mut read))?;
        Ok(read)
    }

    /// Bytes that argument `index`, a string, has as UTF-8.
    pub fn utf8_len(&self, index: usize) -> Result<usize> {
        self.read(index, |env, value, read| {
            // SAFETY: `read` gives values of the running call and a place for the result; a null buffer
            // asks for the length.
            unsafe { sys::napi_get_value_string_utf8(env, value, ptr::null_mut(), 0, read) }
        })
    }

    /// Appends argument `index`, a string, as UTF-8 to `out`: the characters that fit into its spare
    /// capacity with a NUL behind them. Returns how many bytes they are. Lone surrogates become U+FFFD.
    #[inline]
    pub fn append_fitting(&self, index: usize, out: &mut Vec<u8>) -> Result<usize> {
        let spare = out.spare_capacity_mut();
        let (target, room) = (spare.as_mut_ptr(), spare.len());
        let written = self.read(index, |env, value, read| {
            // SAFETY: as above; `target` has room for `room` bytes, and Node writes no more than that.
            unsafe { sys::napi_get_value_string_utf8(env, value, target.cast(), room, read) }
        })?;
        // SAFETY: Node has initialised `written` bytes behind the old length, within the capacity.
        unsafe { out.set_len(out.len() + written) };
        Ok(written)
    }

    /// Argument `index`, a string, as UTF-16.
    pub fn utf16(&self, index: usize) -> Result<Vec<u16>> {
        let length = self.read(index, |env, value, read| {
            // SAFETY: `read` gives values of the running call and a place for the result; a null buffer
            // asks for the length.
            unsafe { sys::napi_get_value_string_utf16(env, value, ptr::null_mut(), 0, read) }
        })?;
        // One is for the terminating NUL.
        let mut units = vec![0; length + 1];
        let (target, room) = (units.as_mut_ptr(), units.len());
        let length = self.read(index, |env, value, read| {
            // SAFETY: as above; `target` has room for `room` code units.
            unsafe { sys::napi_get_value_string_utf16(env, value, target, room, read) }
        })?;
        units.truncate(length);
        Ok(units)
    }

    /// Lets `read` look at argument `index`, a `Uint8Array`.
    pub fn read_bytes<R>(&self, index: usize, read: impl FnOnce(&[u8]) -> R) -> Result<R> {
        // SAFETY: the value belongs to the running call; any value but a `Uint8Array` is an error. No
        // JavaScript, which could change the bytes, runs while `read` does.
        let bytes = unsafe { Uint8ArraySlice::from_napi_value(self.env, self.arguments[index])? };
        Ok(read(&bytes))
    }

    /// Lets `fill` write into argument `index`, an `Int32Array`.
    pub fn fill_words(&self, index: usize, fill: impl FnOnce(&mut [i32])) -> Result<()> {
        // SAFETY: the value belongs to the running call; any value but an `Int32Array` is an error.
        let mut words =
            unsafe { Int32ArraySlice::from_napi_value(self.env, self.arguments[index])? };
        // SAFETY: the array's memory is JavaScript's, and no JavaScript runs while `fill` does.
        fill(unsafe { words.as_mut() });
        Ok(())
    }

    /// The items of argument `index`, an array, each as the first argument of a call; none for `undefined`.
    pub fn items(&self, index: usize) -> Result<Vec<Self>> {
        if self.is_nothing(index)? {
            return Ok(Vec::new());
        }
        let array = self.arguments[index];
        // SAFETY: as for other arguments; what is no array is an error.
        let length = |env, value, read| unsafe { sys::napi_get_array_length(env, value, read) };
        let count = self.read(index, length)?;
        let item = |at| {
            let mut arguments = [self.undefined()?.0; MAX_ARGUMENTS];
            // SAFETY: `array` belongs to the running call; `made` gives a place for the result.
            let get = |env, value| unsafe { sys::napi_get_element(env, array, at, value) };
            arguments[0] = self.made(get)?.0;
            let env = self.env;
            Ok(Self { env, arguments })
        };
        (0..count).map(item).collect()
    }

    /// Lets a threadsafe function keep the process alive, or not.
    pub fn keep_alive(&self, function: &WakeFunction, alive: bool) -> Result<()> {
        let raw = function.raw();
        // SAFETY: the function lives as long as `function`, and belongs to this environment, on whose
        // thread the call runs.
        check_status!(unsafe {
            let set = if alive {
                sys::napi_ref_threadsafe_function
            } else {
                sys::napi_unref_threadsafe_function
            };
            set(self.env, raw)
        })
    }

    makers! {
        /// `null`.
        null() = napi_get_null,
        /// `undefined`.
        undefined() = napi_get_undefined,
        /// A boolean.
        bool_value(boolean: bool) = napi_get_boolean,
        /// A whole number.
        int_value(int: i32) = napi_create_int32,
        /// A slot, key or number of an io thread.
        uint_value(uint: u32) = napi_create_uint32,
        /// A whole number of 64 bits. JavaScript represents those up to 2^53 exactly.
        int64_value(int: i64) = napi_create_int64,
    }

    /// A string of bytes that are one character each.
    pub fn latin1_value(&self, bytes: &[u8]) -> Result<Value> {
        self.made(|env, value| {
            // SAFETY: the bytes are passed with their length and copied by Node.
            unsafe {
                sys::napi_create_string_latin1(
                    env,
                    bytes.as_ptr().cast(),
                    bytes.len().cast_signed(),
                    value,
                )
            }
        })
    }

    /// A string of UTF-8.
    pub fn utf8_value(&self, text: &str) -> Result<Value> {
        self.made(|env, value| {
            // SAFETY: the text is passed with its length and copied by Node.
            unsafe {
                sys::napi_create_string_utf8(
                    env,
                    text.as_ptr().cast(),
                    text.len().cast_signed(),
                    value,
                )
            }
        })
    }

    /// A string of UTF-16.
    pub fn utf16_value(&self, units: &[u16]) -> Result<Value> {
        self.made(|env, value| {
            // SAFETY: the code units are passed with their number and copied by Node.
            unsafe {
                sys::napi_create_string_utf16(env, units.as_ptr(), units.len().cast_signed(), value)
            }
        })
    }

    /// A `Buffer` with a copy of the bytes.
    pub fn buffer_value(&self, bytes: &[u8]) -> Result<Value> {
        self.made(|env, value| {
            // SAFETY: the bytes are passed with their length and copied by Node.
            unsafe {
                sys::napi_create_buffer_copy(
                    env,
                    bytes.len(),
                    bytes.as_ptr().cast(),
                    ptr::null_mut(),
                    value,
                )
            }
        })
    }

    /// An `Int32Array` of one element that shows `word` at any time. `undefined` where Node's engine takes no memory of
    /// others.
    pub fn word_value(&self, word: Arc<AtomicI32>) -> Result<Value> {
        let data = Arc::into_raw(word).cast_mut().cast::<c_void>();
        let mut buffer = ptr::null_mut();
        // SAFETY: `drop_word` gives back the reference that was made above, when the buffer is collected. Until then
        // the four bytes stay. JavaScript only reads them, as one aligned word.
        let status = unsafe {
            let (env, size, end, out) = (self.env, 4, Some(drop_word as _), &raw mut buffer);
            sys::napi_create_external_arraybuffer(env, data, size, end, ptr::null_mut(), out)
        };
        if status == sys::Status::napi_no_external_buffers_allowed {
            // SAFETY: Node has not taken the reference.
            unsafe { drop_word(self.env, data, ptr::null_mut()) };
            return self.undefined();
        }
        check_status!(status)?;
        // SAFETY: `buffer` was just made, and has room for one element.
        self.made(|env, value| unsafe {
            let kind = sys::TypedarrayType::int32_array;
            sys::napi_create_typedarray(env, kind, 1, buffer, 0, value)
        })
    }

    /// A `Buffer` with the bytes themselves.
    pub fn bytes_value(&self, bytes: Vec<u8>) -> Result<Value> {
        let buffer = BufferSlice::from_data(&Env::from_raw(self.env), bytes)?;
        // SAFETY: the buffer is of this environment.
        unsafe { BufferSlice::to_napi_value(self.env, buffer) }.map(Value)
    }

    /// An array.
    pub fn array_value(
        &self,
        items: impl ExactSizeIterator<Item = Result<Value>>,
    ) -> Result<Value> {
        // SAFETY: as above.
        let array = self.made(|env, value| unsafe {
            sys::napi_create_array_with_length(env, items.len(), value)
        })?;
        for (index, item) in items.enumerate() {
            // SAFETY: both values belong to the running call.
            check_status!(unsafe {
                sys::napi_set_element(self.env, array.0, index as u32, item?.0)
            })?;
        }
        Ok(array)
    }

    fn made(
        &self,
        make: impl FnOnce(sys::napi_env, *mut sys::napi_value) -> sys::napi_status,
    ) -> Result<Value> {
        let mut value = ptr::null_mut();
        check_status!(make(self.env, &raw mut value))?;
        Ok(Value(value))
    }

    fn throw(&self, message: &str) -> sys::napi_value {
        if let Ok(message) = std::ffi::CString::new(message) {
            // SAFETY: the message is NUL-terminated and copied by Node. A failure means that an
            // exception is pending already, which serves as well.
            unsafe { sys::napi_throw_error(self.env, ptr::null(), message.as_ptr()) };
        }
        ptr::null_mut()
    }
}
