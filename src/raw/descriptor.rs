//! Descriptors that JavaScript or a runtime has.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

/// A second descriptor of what is under `descriptor`: closing one leaves it to the other.
///
/// # Errors
/// The system's; `InvalidInput` for a negative number.
pub fn duplicate(descriptor: i32) -> io::Result<OwnedFd> {
    if descriptor < 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: the descriptor is not -1, and is only borrowed for the call that follows, during which no
    // JavaScript runs that could close it. One that is not open makes the call fail.
    unsafe { BorrowedFd::borrow_raw(descriptor) }.try_clone_to_owned()
}
