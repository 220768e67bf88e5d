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
        let upgrade = self.combined("upgrade").unwrap_or_default();
        if upgrade.is_empty() || !self.connection_has("upgrade") {
            return Err(Refusal::upgrade_required(self.method()));
        }
        let acceptable = self.method() == "GET"
            && self.http_minor() >= 1
            && upgrade.eq_ignore_ascii_case("websocket")
            && path.is_none_or(|path| path.is_empty() || path == self.path())
            && !self.has_body()
            && self.has_one_host();
        if !acceptable {
            return Err(Refusal::bad_request());
        }
        let key = self
            .single("sec-websocket-key")
            .filter(|key| !key.is_empty());
        let key = key.ok_or_else(Refusal::bad_request)?;
        let version = match self.single("sec-websocket-version") {
            Some(b"13") => 13,
            Some(b"8") => 8,
            _ => return Err(Refusal::version_not_spoken()),
        };
        let origin = if version == 8 {
            "sec-websocket-origin"
        } else {
            "origin"
        };
        let protocols =
            split_protocols(&self.combined("sec-websocket-protocol").unwrap_or_default());
        Ok(Upgrade {
            version,
            protocol: protocols.first().filter(|name| !name.is_empty()).cloned(),
            protocols,
            accept: derive_accept_key(key),
            origin: self.combined(origin),
        })
    }

    /// Whether `option` is among the options of `Connection` (RFC 9110 section 7.6.1).
    fn connection_has(&self, option: &str) -> bool {
        self.values("connection")
            .flat_map(|value| value.split(|&byte| byte == b','))
            .any(|sent| sent.trim_ascii().eq_ignore_ascii_case(option.as_bytes()))
    }

    /// Whether the request announces a body, whose bytes would be mistaken for frames.
    fn has_body(&self) -> bool {
        self.header("transfer-encoding").is_some()
            || self.values("content-length").any(|length| length != b"0")
    }

    /// Whether an origin is named at most once. Of two, applications and proxies might each use a different one.
    pub(super) fn has_one_origin(&self) -> bool {
        ["origin", "sec-websocket-origin"]
            .iter()
            .all(|name| self.values(name).count() <= 1)
    }

    /// Whether at most one host is named, in characters that a host may have (RFC 9112 section 3.2). Of two, a
    /// proxy in front of this server might have used the other one.
    fn has_one_host(&self) -> bool {
        let mut hosts = self.values("host");
        let is_host = hosts
            .next()
            .is_none_or(|host| host.iter().copied().all(is_host_byte));
        is_host && hosts.next().is_none()
    }

    /// The value of a header that must be sent exactly once.
    fn single(&self, name: &str) -> Option<&[u8]> {
        let mut values = self.values(name);
        let value = values.next()?;
        values.next().is_none().then_some(value)
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
