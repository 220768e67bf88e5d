use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{Refusal, Request};

/// What a request for a WebSocket asks for, checked and ready to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrade {
    /// `Sec-WebSocket-Version`: 13 (RFC 6455) or 8 (its last drafts).
    pub version: u8,
    /// The subprotocols offered, in the client's order of preference: the argument of `handleProtocols`. It is
    /// one empty string when none is offered, because the original passes that to handlers.
    pub protocols: Vec<String>,
    /// The subprotocol to answer with when the application does not choose one: the first offered,
    /// unless a [`UpgradePolicy`](super::UpgradePolicy) prefers another.
    pub protocol: Option<String>,
    /// The value of `Sec-WebSocket-Accept` (RFC 6455 section 4.2.2).
    pub accept: String,
    /// The origin of the page that opened the connection: `Origin`, or `Sec-WebSocket-Origin` in version 8.
    /// Only browsers send it.
    pub origin: Option<String>,
}

impl Request {
    /// Checks that the request asks for a WebSocket (RFC 6455 section 4.2.1), at `path` when one
    /// is given (an empty one counts as none).
    ///
    /// Like the original, it does not require `Host`. Unlike the original, it requires HTTP/1.1, a key that is sent
    /// once, at most one `Host`, and no body. As in the original the key may be any text: it proves nothing to a
    /// server, and widely copied test commands use one that is not sixteen bytes.
    ///
    /// # Errors
    ///
    /// 426 when the request does not ask for an upgrade at all, else 400.
    pub fn check_upgrade(&self, path: Option<&str>) -> Result<Upgrade, Refusal> {
        let lines = Lines::of(self);
        if lines.upgrade.is_empty() || !lines.connection_upgrades {
            return Err(Refusal::upgrade_required(self.method()));
        }
        let acceptable = self.method() == "GET"
            && self.http_minor() >= 1
            && lines
                .upgrade
                .single()
                .is_some_and(|value| value.eq_ignore_ascii_case(b"websocket"))
            && path.is_none_or(|path| path.is_empty() || path == self.path())
            && !lines.has_body
            && lines.has_one_host();
        if !acceptable {
            return Err(Refusal::bad_request());
        }
        let key = lines.key.single().filter(|key| !key.is_empty());
        let key = key.ok_or_else(Refusal::bad_request)?;
        let version = match lines.version.single() {
            Some(b"13") => 13,
            Some(b"8") => 8,
            _ => return Err(Refusal::version_not_spoken()),
        };
        let origin = if version == 8 {
            "sec-websocket-origin"
        } else {
            "origin"
        };
        let offered = lines
            .protocols
            .is_sent()
            .then(|| self.combined("sec-websocket-protocol"));
        let protocols = split_protocols(&offered.flatten().unwrap_or_default());
        Ok(Upgrade {
            version,
            protocol: protocols.first().filter(|name| !name.is_empty()).cloned(),
            protocols,
            accept: derive_accept_key(key),
            origin: lines.has_origin.then(|| self.combined(origin)).flatten(),
        })
    }

    /// Whether an origin is named at most once. Of two, applications and proxies might each use a different one.
    pub(super) fn has_one_origin(&self) -> bool {
        let mut counts = [0; 2];
        for (name, _) in self.headers() {
            let names = ["origin", "sec-websocket-origin"];
            for (count, known) in counts.iter_mut().zip(names) {
                *count += u32::from(name.eq_ignore_ascii_case(known));
            }
        }
        counts.iter().all(|&count| count <= 1)
    }
}

/// The header lines that decide on an upgrade, found in one pass.
#[derive(Default)]
struct Lines<'a> {
    upgrade: Line<'a>,
    host: Line<'a>,
    key: Line<'a>,
    version: Line<'a>,
    /// `upgrade` is among the options of `Connection` (RFC 9110 section 7.6.1).
    connection_upgrades: bool,
    /// The request announces a body, whose bytes would be mistaken for frames.
    has_body: bool,
    /// The subprotocols offered.
    protocols: Line<'a>,
    /// An origin is named, as in one version of the protocol or the other.
    has_origin: bool,
}

impl<'a> Lines<'a> {
    fn of(request: &'a Request) -> Self {
        let mut lines = Self::default();
        for (name, value) in request.headers() {
            let is = |other: &str| name.eq_ignore_ascii_case(other);
            // Nearly all names differ in length.
            if is("upgrade") {
                lines.upgrade.add(value);
            } else if is("connection") {
                let mut options = value.split(|&byte| byte == b',');
                let upgrades = |sent: &[u8]| sent.trim_ascii().eq_ignore_ascii_case(b"upgrade");
                lines.connection_upgrades |= options.any(upgrades);
            } else if is("host") {
                lines.host.add(value);
            } else if is("sec-websocket-key") {
                lines.key.add(value);
            } else if is("sec-websocket-version") {
                lines.version.add(value);
            } else if is("sec-websocket-protocol") {
                lines.protocols.add(value);
            } else if is("origin") || is("sec-websocket-origin") {
                lines.has_origin = true;
            } else if is("transfer-encoding") {
                lines.has_body = true;
            } else if is("content-length") {
                lines.has_body |= value != b"0";
            }
        }
        lines
    }

    /// Whether at most one host is named, in characters that a host may have (RFC 9112 section 3.2). Of two, a
    /// proxy in front of this server might have used the other one.
    fn has_one_host(&self) -> bool {
        match self.host {
            Line::None => true,
            Line::One(host) => host.iter().copied().all(is_host_byte),
            Line::Several => false,
        }
    }
}

/// The values of a header that may be sent once.
#[derive(Default)]
enum Line<'a> {
    #[default]
    None,
    One(&'a [u8]),
    Several,
}

impl<'a> Line<'a> {
    fn add(&mut self, value: &'a [u8]) {
        *self = match self {
            Self::None => Self::One(value),
            Self::One(_) | Self::Several => Self::Several,
        };
    }

    /// The value, if there is exactly one.
    fn single(&self) -> Option<&'a [u8]> {
        match *self {
            Self::One(value) => Some(value),
            Self::None | Self::Several => None,
        }
    }

    /// Whether the header is sent at all.
    fn is_sent(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// Whether there is no value, or an empty one.
    fn is_empty(&self) -> bool {
        match self {
            Self::None => true,
            Self::One(value) => value.is_empty(),
            Self::Several => false,
        }
    }
}

/// Whether a byte may be in a host with its port (RFC 3986 section 3.2).
fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:%[]".contains(&byte)
}

/// Splits at a comma and the spaces after it, and nowhere else: applications get the result as the argument of
/// `handleProtocols`.
fn split_protocols(list: &str) -> Vec<String> {
    let mut parts = list.split(',');
    let first = parts.next().unwrap_or_default();
    std::iter::once(first)
        .chain(parts.map(|part| part.trim_start_matches(' ')))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests;
