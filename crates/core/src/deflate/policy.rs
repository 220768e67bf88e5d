//! What the server prefers, and how it chooses among a client's offers (RFC 7692 sections 5.1 and 7.1).

use super::agreement::{Agreement, MAX_WINDOW_BITS, MIN_WINDOW_BITS, NAME};
use super::offer::{self, Malformed, Offer};
use super::settings::CompressionSettings;

/// How the server answers a parameter for a window, its own or the client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WindowBits {
    /// Whatever the client asks for.
    #[default]
    Any,
    /// The parameter is never agreed to.
    Never,
    /// At most so many bits, 8 to 15.
    AtMost(u8),
}

/// The option `perMessageDeflate`. The default is the meaning of `true`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompressionPolicy {
    /// The server's messages refer to those before them, unless the client asks for the opposite.
    /// Default: no, because each connection would hold a compressor.
    pub server_takeover: bool,
    /// The client's messages may refer to those before them. Default: no, because each connection would
    /// hold a window.
    pub client_takeover: bool,
    /// The window the server compresses with. Default: 15 bits, or what the client asks for.
    pub server_max_window_bits: WindowBits,
    /// The window the client compresses with. Default: 15 bits, or what the client offers.
    pub client_max_window_bits: WindowBits,
    /// Bytes from which on a message is compressed. Default 1024, as in the original.
    pub threshold: usize,
    /// How the server compresses.
    pub settings: CompressionSettings,
    /// Bytes inflated at a time. Default 16 KiB.
    pub inflate_chunk: usize,
}

impl Default for CompressionPolicy {
    fn default() -> Self {
        Self {
            server_takeover: false,
            client_takeover: false,
            server_max_window_bits: WindowBits::Any,
            client_max_window_bits: WindowBits::Any,
            threshold: 1024,
            settings: CompressionSettings::default(),
            inflate_chunk: 16 * 1024,
        }
    }
}

/// An offer of permessage-deflate, its parameters understood.
#[derive(Debug, Default)]
struct Asked {
    server_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    client_max_window_bits: Option<ClientWindow>,
}

/// What a client offers for its own window.
#[derive(Debug, Clone, Copy)]
enum ClientWindow {
    /// The client lets the server choose its window.
    Told,
    /// The client lets the server choose its window, and uses no more than so many bits in any case.
    AtMost(u8),
}

impl CompressionPolicy {
    /// Chooses among the offers of a client, the value of its `Sec-WebSocket-Extensions`: the first
    /// that can be agreed to. `None` when there is none; messages then travel as they are.
    ///
    /// An offer with parameters that are unknown, repeated or out of range is declined (RFC 7692
    /// section 7), and the next one looked at.
    ///
    /// # Errors
    ///
    /// [`Malformed`] when the header is: the handshake must fail (RFC 6455 section 9.1).
    pub fn negotiate(&self, header: &str) -> Result<Option<Agreement>, Malformed> {
        let offers = offer::parse(header)?;
        let ours = offers.iter().filter(|offer| offer.name == NAME);
        Ok(ours
            .filter_map(understand)
            .find_map(|asked| self.agree(&asked)))
    }

    fn agree(&self, asked: &Asked) -> Option<Agreement> {
        let server_window = match (self.server_max_window_bits, asked.server_max_window_bits) {
            (WindowBits::Never, Some(_)) => return None,
            (WindowBits::AtMost(ours), theirs) => Some(theirs.map_or(ours, |bits| bits.min(ours))),
            (_, theirs) => theirs,
        };
        let client_window = match (self.client_max_window_bits, asked.client_max_window_bits) {
            // The server must not choose the window of a client that has not offered it (RFC 7692 section 7.1.2.2).
            (WindowBits::AtMost(_), None) => return None,
            (WindowBits::AtMost(ours), Some(ClientWindow::Told)) => Some(ours),
            (WindowBits::AtMost(ours), Some(ClientWindow::AtMost(bits))) => Some(bits.min(ours)),
            (WindowBits::Any, Some(ClientWindow::AtMost(bits))) => Some(bits),
            _ => None,
        };
        Some(Agreement {
            server_no_context_takeover: !self.server_takeover || asked.server_no_context_takeover,
            client_no_context_takeover: !self.client_takeover,
            server_max_window_bits: server_window,
            client_max_window_bits: client_window,
        })
    }
}

/// The parameters of an offer; `None` when it must be declined.
fn understand(offer: &Offer<'_>) -> Option<Asked> {
    let mut asked = Asked::default();
    let mut seen = Vec::new();
    for (name, value) in &offer.parameters {
        if seen.contains(name) {
            return None;
        }
        seen.push(name);
        match (*name, value) {
            ("server_no_context_takeover", None) => asked.server_no_context_takeover = true,
            // A hint that changes nothing here: the policy decides whether it is agreed on.
            ("client_no_context_takeover", None) => {}
            ("server_max_window_bits", Some(value)) => {
                asked.server_max_window_bits = Some(window_bits(value)?);
            }
            ("client_max_window_bits", value) => {
                asked.client_max_window_bits = Some(match value {
                    Some(value) => ClientWindow::AtMost(window_bits(value)?),
                    None => ClientWindow::Told,
                });
            }
            _ => return None,
        }
    }
    Some(asked)
}

/// A decimal number from 8 to 15 without leading zeros (RFC 7692 section 7.1.2).
fn window_bits(value: &str) -> Option<u8> {
    (MIN_WINDOW_BITS..=MAX_WINDOW_BITS).find(|bits| bits.to_string() == value)
}

#[cfg(test)]
mod tests;
