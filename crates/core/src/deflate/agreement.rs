//! The parameters agreed on (RFC 7692 section 7.1).

use std::fmt;

/// The tail of a flushed deflate stream, which does not travel (RFC 7692 section 7.2.1).
pub(super) const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// The name of the extension (RFC 7692 section 7).
pub(super) const NAME: &str = "permessage-deflate";

/// Largest window, in bits: 32 KiB. It applies where none is agreed on.
pub(super) const MAX_WINDOW_BITS: u8 = 15;
/// Smallest window, in bits: 256 bytes.
pub(super) const MIN_WINDOW_BITS: u8 = 8;

/// What server and client have agreed on; displayed as the value of the response's
/// `Sec-WebSocket-Extensions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Agreement {
    /// Each message of the server is compressed by itself (section 7.1.1.1).
    pub server_no_context_takeover: bool,
    /// Each message of the client is compressed by itself (section 7.1.1.2).
    pub client_no_context_takeover: bool,
    /// Bits of the window the server compresses with, 8 to 15 (section 7.1.2.1); 15 if `None`.
    pub server_max_window_bits: Option<u8>,
    /// Bits of the window the client compresses with, 8 to 15 (section 7.1.2.2); 15 if `None`.
    pub client_max_window_bits: Option<u8>,
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)?;
        if self.server_no_context_takeover {
            f.write_str("; server_no_context_takeover")?;
        }
        if self.client_no_context_takeover {
            f.write_str("; client_no_context_takeover")?;
        }
        if let Some(bits) = self.server_max_window_bits {
            write!(f, "; server_max_window_bits={bits}")?;
        }
        if let Some(bits) = self.client_max_window_bits {
            write!(f, "; client_max_window_bits={bits}")?;
        }
        Ok(())
    }
}
