//! In place of a ring, where there is none.

use std::convert::Infallible;
use std::io::{self, ErrorKind};

use crate::Send;

/// No ring.
pub struct Ring(Infallible);

impl Ring {
    /// No ring.
    ///
    /// # Errors
    /// `Unsupported`, always.
    pub fn new() -> io::Result<Self> {
        Err(ErrorKind::Unsupported.into())
    }

    /// Is never called.
    ///
    /// # Errors
    /// None.
    pub fn send(&mut self, _: &mut [Send<'_>]) -> io::Result<()> {
        match self.0 {}
    }
}
