//! Native functions in their cheapest form: a plain JavaScript function over Rust state, without
//! the class instances and conversions of `#[napi]` (a call costs 11 ns instead of 27 to 350,
//! see `docs/internals/design.md`). All `unsafe` of the crate is in this file.
//!
//! The rules that make it sound: the state is reachable only through functions of the environment
//! it was made in, which Node calls on that environment's thread alone; each function owns a share
//! of the state until it is collected; a panic becomes a JavaScript exception.

use std::cell::RefCell;
use std::ffi::c_void;
#[cfg(unix)]
use std::io;
#[cfg(unix)]
use std::os::fd::{BorrowedFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;

use napi::bindgen_prelude::{FromNapiValue, Function, Int32ArraySlice, Object, Uint8ArraySlice};
use napi::threadsafe_function::ThreadsafeFunction;
use napi::{Error, JsValue, Result, Status, ValueType, check_status, sys};

use super::names;

/// A function that any thread may call.
pub type WakeFunction = ThreadsafeFunction<(), (), (), Status, false>;

/// Most arguments a native function takes.
const MAX_ARGUMENTS: usize = 9;

/// Bytes of a string that are read without asking for its length first.
const SCRATCH: usize = 64 * 1024;

/// A JavaScript value, valid until the native function returns.
#[derive(Clone, Copy)]
pub struct Value(sys::napi_value);

/// What a native function does: `state` is its server, `call` its arguments.
pub type Method<T> = fn(state: &mut T, call: &Call) -> Result<Value>;

/// A share of the state, and what to do with it.
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

/// The arguments of one call, and the values it can return.
pub struct Call {
    env: sys::napi_env,
    arguments: [sys::napi_value; MAX_ARGUMENTS],
}

impl Call {
    /// Argument `index` as a whole number; what is no number is an error.
    pub fn int(&self, index: usize) -> Result<i32> {
        let mut value = 0;
        // SAFETY: both values belong to the running call.
        check_status!(unsafe {
            sys::napi_get_value_int32(self.env, self.arguments[index], &raw mut value)
        })?;
        Ok(value)
    }

    /// Argument `index` as a slot, key or unsigned setting.
    pub fn uint(&self, index: usize) -> Result<u32> {
        let mut value = 0;
        // SAFETY: both values belong to the running call.
        check_status!(unsafe {
            sys::napi_get_value_uint32(self.env, self.arguments[index], &raw mut value)
        })?;
        Ok(value)
    }

    /// Argument `index` as a setting, `None` for `undefined` and `null`.
    pub fn optional_uint(&self, index: usize) -> Result<Option<u32>> {
        if self.is_nothing(index)? {
            return Ok(None);
        }
        self.uint(index).map(Some)
    }

    /// Argument `index` as a number of bytes; negative ones count as none.
    pub fn size(&self, index: usize) -> Result<usize> {
        let mut value = 0;
        // SAFETY: both values belong to the running call.
        check_status!(unsafe {
            sys::napi_get_value_int64(self.env, self.arguments[index], &raw mut value)
        })?;
        Ok(usize::try_from(value).unwrap_or(if value < 0 { 0 } else { usize::MAX }))
    }

    /// Argument `index` as a boolean.
    pub fn boolean(&self, index: usize) -> Result<bool> {
        let mut value = false;
        // SAFETY: both values belong to the running call.
        check_status!(unsafe {
            sys::napi_get_value_bool(self.env, self.arguments[index], &raw mut value)
        })?;
        Ok(value)
    }

    /// Whether argument `index` is `undefined` or `null`, or was not given.
    pub fn is_nothing(&self, index: usize) -> Result<bool> {
        let mut kind = 0;
        // SAFETY: both values belong to the running call.
        check_status!(unsafe { sys::napi_typeof(self.env, self.arguments[index], &raw mut kind) })?;
        Ok(matches!(
            ValueType::from(kind),
            ValueType::Undefined | ValueType::Null
        ))
    }

    /// Argument `index` as a string, `None` for `undefined` and `null`. Lone surrogates become
    /// U+FFFD.
    pub fn optional_string(&self, index: usize) -> Result<Option<String>> {
        if self.is_nothing(index)? {
            return Ok(None);
        }
        self.string(index).map(Some)
    }

    /// Argument `index` as a string. Lone surrogates become U+FFFD.
    pub fn string(&self, index: usize) -> Result<String> {
        let mut bytes = Vec::new();
        self.append_string(index, &mut bytes)?;
        // Node writes valid UTF-8; were it otherwise, replacing is better than failing.
        Ok(String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    /// Appends argument `index`, a string, as UTF-8 to `out`.
    pub fn append_string(&self, index: usize, out: &mut Vec<u8>) -> Result<()> {
        let value = self.arguments[index];
        let before = out.len();
        let mut room = out.capacity() - before;
        // Four bytes of room may stay unused because the next character did not fit, one is for
        // the terminating NUL.
        if room < 256 {
            let mut length = 0;
            // SAFETY: a null buffer asks for the length in bytes.
            check_status!(unsafe {
                sys::napi_get_value_string_utf8(
                    self.env,
                    value,
                    ptr::null_mut(),
                    0,
                    &raw mut length,
                )
            })?;
            out.reserve(length + 5);
            room = out.capacity() - before;
        }
        let mut written = self.read_string(value, out, room)?;
        if written + 5 > room {
            let mut length = 0;
            // SAFETY: as above.
            check_status!(unsafe {
                sys::napi_get_value_string_utf8(
                    self.env,
                    value,
                    ptr::null_mut(),
                    0,
                    &raw mut length,
                )
            })?;
            if length > written {
                out.reserve(length + 5);
                room = out.capacity() - before;
                written = self.read_string(value, out, room)?;
            }
        }
        // SAFETY: Node has initialised `written` bytes behind the old length, within capacity.
        unsafe { out.set_len(before + written) };
        Ok(())
    }

    /// Writes a string behind `out`'s length, `room` bytes with the NUL at most.
    fn read_string(&self, value: sys::napi_value, out: &mut Vec<u8>, room: usize) -> Result<usize> {
        let mut written = 0;
        let target = out.spare_capacity_mut().as_mut_ptr();
        // SAFETY: `target` has room for `room` bytes, which is at most the spare capacity; Node
        // writes no more than that.
        check_status!(unsafe {
            sys::napi_get_value_string_utf8(self.env, value, target.cast(), room, &raw mut written)
        })?;
        Ok(written)
    }

    /// Argument `index`, a string that names something: no two different ones are the same name (see
    /// `names.rs`).
    pub fn name(&self, index: usize) -> Result<String> {
        let text = self.string(index)?;
        if names::is_ambiguous(&text) {
            return Ok(names::encode(&self.utf16(index)?));
        }
        Ok(text)
    }

    /// The same, `None` for `undefined` and `null`.
    pub fn optional_name(&self, index: usize) -> Result<Option<String>> {
        if self.is_nothing(index)? {
            return Ok(None);
        }
        self.name(index).map(Some)
    }

    /// Argument `index`, a string, as UTF-16.
    fn utf16(&self, index: usize) -> Result<Vec<u16>> {
        let value = self.arguments[index];
        let mut length = 0;
        // SAFETY: a null buffer asks for the length in code units.
        check_status!(unsafe {
            sys::napi_get_value_string_utf16(self.env, value, ptr::null_mut(), 0, &raw mut length)
        })?;
        // One is for the terminating NUL.
        let mut units = vec![0; length + 1];
        // SAFETY: `units` has room for what Node is told of.
        check_status!(unsafe {
            sys::napi_get_value_string_utf16(
                self.env,
                value,
                units.as_mut_ptr(),
                units.len(),
                &raw mut length,
            )
        })?;
        units.truncate(length);
        Ok(units)
    }

    /// Argument `index`, a string of characters up to U+00FF, as one byte each.
    pub fn latin1(&self, index: usize) -> Result<Vec<u8>> {
        let value = self.arguments[index];
        let mut length = 0;
        // SAFETY: a null buffer asks for the length in characters.
        check_status!(unsafe {
            sys::napi_get_value_string_latin1(self.env, value, ptr::null_mut(), 0, &raw mut length)
        })?;
        // One is for the terminating NUL.
        let mut bytes = vec![0; length + 1];
        // SAFETY: `bytes` has room for what Node is told of.
        check_status!(unsafe {
            sys::napi_get_value_string_latin1(
                self.env,
                value,
                bytes.as_mut_ptr().cast(),
                bytes.len(),
                &raw mut length,
            )
        })?;
        bytes.truncate(length);
        Ok(bytes)
    }

    /// Lets `read` look at argument `index`, a `Uint8Array`.
    pub fn read_bytes<R>(&self, index: usize, read: impl FnOnce(&[u8]) -> R) -> Result<R> {
        // SAFETY: the value belongs to the running call; what is no `Uint8Array` is an error. No
        // JavaScript, which could change the bytes, runs while `read` does.
        let bytes = unsafe { Uint8ArraySlice::from_napi_value(self.env, self.arguments[index])? };
        Ok(read(&bytes))
    }

    /// Lets `fill` write into argument `index`, an `Int32Array`.
    pub fn fill_words(&self, index: usize, fill: impl FnOnce(&mut [i32])) -> Result<()> {
        // SAFETY: the value belongs to the running call; what is no `Int32Array` is an error.
        let mut words =
            unsafe { Int32ArraySlice::from_napi_value(self.env, self.arguments[index])? };
        // SAFETY: the array's memory is JavaScript's, and no JavaScript runs while `fill` does.
        fill(unsafe { words.as_mut() });
        Ok(())
    }

    /// Argument `index`, a function.
    pub fn function(&self, index: usize) -> Result<Function<'_, (), ()>> {
        // SAFETY: the value belongs to the running call; what is no function is an error.
        unsafe { Function::from_napi_value(self.env, self.arguments[index]) }
    }

    /// Lets a threadsafe function keep the process alive, or not.
    pub fn keep_alive(&self, function: &WakeFunction, alive: bool) -> Result<()> {
        let raw = function.raw();
        // SAFETY: the function lives as long as `function`, and belongs to this environment, on whose
        // thread the call runs.
        check_status!(unsafe {
            if alive {
                sys::napi_ref_threadsafe_function(self.env, raw)
            } else {
                sys::napi_unref_threadsafe_function(self.env, raw)
            }
        })
    }

    /// `null`.
    pub fn null(&self) -> Result<Value> {
        self.made(|env, value| {
            // SAFETY: `made` gives a live environment and a place for the result.
            unsafe { sys::napi_get_null(env, value) }
        })
    }

    /// `undefined`.
    pub fn undefined(&self) -> Result<Value> {
        self.made(|env, value| {
            // SAFETY: `made` gives a live environment and a place for the result.
            unsafe { sys::napi_get_undefined(env, value) }
        })
    }

    /// A boolean.
    pub fn bool_value(&self, boolean: bool) -> Result<Value> {
        self.made(|env, value| {
            // SAFETY: as above.
            unsafe { sys::napi_get_boolean(env, boolean, value) }
        })
    }

    /// A whole number.
    pub fn int_value(&self, int: i32) -> Result<Value> {
        self.made(|env, value| {
            // SAFETY: as above.
            unsafe { sys::napi_create_int32(env, int, value) }
        })
    }

    /// A slot, key or number of an io thread.
    pub fn uint_value(&self, uint: u32) -> Result<Value> {
        self.made(|env, value| {
            // SAFETY: as above.
            unsafe { sys::napi_create_uint32(env, uint, value) }
        })
    }

    /// A number of bytes or of things.
    pub fn size_value(&self, size: usize) -> Result<Value> {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        self.made(|env, value| {
            // SAFETY: as above.
            unsafe { sys::napi_create_int64(env, size, value) }
        })
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

    /// A string.
    pub fn string_value(&self, text: &str) -> Result<Value> {
        if text.is_ascii() {
            return self.latin1_value(text.as_bytes());
        }
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

    /// The string that [`Call::name`] made this name of.
    pub fn name_value(&self, name: &str) -> Result<Value> {
        if !names::is_ambiguous(name) {
            return self.string_value(name);
        }
        let units = names::decode(name);
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

    /// An array.
    pub fn array_value(
        &self,
        items: impl ExactSizeIterator<Item = Result<Value>>,
    ) -> Result<Value> {
        let array = self.made(|env, value| {
            // SAFETY: as above.
            unsafe { sys::napi_create_array_with_length(env, items.len(), value) }
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

/// A buffer for [`Call::append_string`] that takes most strings without asking for their length.
pub fn scratch() -> Vec<u8> {
    Vec::with_capacity(SCRATCH)
}

/// A second descriptor of the socket that Node has under `descriptor`: closing one leaves the
/// connection to the other.
///
/// # Errors
/// The system's; `InvalidInput` for a negative number.
#[cfg(unix)]
pub fn duplicate(descriptor: i32) -> io::Result<OwnedFd> {
    if descriptor < 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: the descriptor is not -1, and is only lent for the call that follows, during which no
    // JavaScript runs that could close it. One that is not open makes the call fail.
    unsafe { BorrowedFd::borrow_raw(descriptor) }.try_clone_to_owned()
}
