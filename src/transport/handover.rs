//! Streams that somebody else has accepted, and read the upgrade request of.

use crate::hub::Remote;
use crate::upgrade::{Refusal, Request};

use super::stream::Detached;

/// A stream at the point where its request has been read and nothing has been answered.
pub struct Handover {
    /// The stream.
    pub stream: Detached,
    /// The request, or what to answer when it is none.
    pub request: Result<Request, Refusal>,
    /// Bytes that were read behind the request.
    pub early: Vec<u8>,
    /// Who sent it, and how it got here.
    pub remote: Remote,
}
