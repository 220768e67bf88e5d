use std::net::SocketAddr;

use super::forwarded::is_token;
use super::{Client, OriginPattern, ProxyHeaders, Refusal, Request, Trust, Upgrade};

/// A subprotocol has no name, or one that a header cannot carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a name of a subprotocol: use only letters, digits and !#$%&'*+-.^_`|~")]
pub struct InvalidProtocol(String);

/// Which upgrade requests are accepted, decided without the application. The default accepts every
/// request for a WebSocket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpgradePolicy {
    /// The path that a request must have (`path`); any if `None` or empty.
    pub path: Option<String>,
    /// The origins whose pages may connect (`allowedOrigins`): those that an entry allows; all if `None`.
    pub origins: Option<Vec<OriginPattern>>,
    /// Whether a request without an origin is refused (`requireOrigin`). Browsers always send one. Other
    /// clients usually send none, and could send any.
    pub require_origin: bool,
    /// Subprotocols, the preferred first (`protocols`); the client's choice if empty.
    pub protocols: Vec<String>,
    /// The proxies whose headers are trusted (`trustProxy`).
    pub trust: Trust,
    /// The headers in which they name their client (`proxyHeaders`).
    pub proxy_headers: ProxyHeaders,
}

impl UpgradePolicy {
    /// Decides on a request.
    ///
    /// # Errors
    ///
    /// The refusals of [`Request::check_upgrade`]; 403 for an origin that is not allowed; 400 when subprotocols
    /// are offered and none of them is supported. A browser would drop a connection whose answer names none of
    /// them, and another client would go on with a subprotocol that the server does not support.
    pub fn check(&self, request: &Request) -> Result<Upgrade, Refusal> {
        let mut upgrade = request.check_upgrade(self.path.as_deref())?;
        self.check_origin(upgrade.origin.as_deref())?;
        if !request.has_one_origin() {
            return Err(Refusal::bad_request());
        }
        if !self.protocols.is_empty() {
            upgrade.protocol = self.choose_protocol(&upgrade.protocols)?;
        }
        Ok(upgrade)
    }

    /// Whether a connection from `peer` may be that of a trusted proxy.
    pub fn trusts(&self, peer: SocketAddr) -> bool {
        self.trust.includes(Some(peer.ip()), 0)
    }

    /// The client that sent a request over a connection from `peer`, which is `None` on a Unix domain socket.
    pub fn client(&self, request: &Request, peer: Option<SocketAddr>, encrypted: bool) -> Client {
        Client::of(request, peer, encrypted, &self.trust, self.proxy_headers)
    }

    fn check_origin(&self, origin: Option<&str>) -> Result<(), Refusal> {
        match (origin, &self.origins) {
            (None, _) if self.require_origin => {
                Err(Refusal::because(403, "The request must have an Origin"))
            }
            (Some(origin), Some(allowed)) if !allowed.iter().any(|one| one.allows(origin)) => Err(
                Refusal::because(403, "Pages of this origin may not connect"),
            ),
            _ => Ok(()),
        }
    }

    /// The subprotocol preferred of those offered; `None` when none is offered.
    fn choose_protocol(&self, offered: &[String]) -> Result<Option<String>, Refusal> {
        let offered: Vec<_> = offered
            .iter()
            .map(|name| name.trim_matches([' ', '\t']))
            .filter(|name| !name.is_empty())
            .collect();
        if offered.is_empty() {
            return Ok(None);
        }
        let chosen = self
            .protocols
            .iter()
            .find(|name| offered.contains(&name.as_str()));
        chosen.cloned().map(Some).ok_or(Refusal::because(
            400,
            "None of the subprotocols offered is spoken here",
        ))
    }
}

impl UpgradePolicy {
    /// Sets [`UpgradePolicy::protocols`].
    ///
    /// # Errors
    ///
    /// [`InvalidProtocol`] for a name that is no token (RFC 6455 section 4.1).
    pub fn set_protocols(&mut self, names: Vec<String>) -> Result<(), InvalidProtocol> {
        if let Some(name) = names.iter().find(|name| !is_token(name)) {
            return Err(InvalidProtocol(name.clone()));
        }
        self.protocols = names;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
