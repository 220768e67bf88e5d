//! Certificates and settings of a server's TLS.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert, ServerConfig};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, SignatureAlgorithm};
use thiserror::Error;

use super::clients::Clients;

/// What clients have to present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientCertificates {
    /// Nothing.
    None,
    /// A certificate is asked for. The result of its check is reported, and every client is accepted.
    Ask,
    /// A certificate that an authority has signed.
    Require,
}

/// The oldest protocol version accepted. Older ones than these are broken (RFC 8996).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MinVersion {
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

/// What a [`TlsContext`] is made from.
#[derive(Clone)]
pub struct TlsSettings {
    /// PEM: each private key (PKCS#8, not encrypted) followed by its certificate and that one's
    /// issuers. Several when clients may want different algorithms.
    pub identities: String,
    /// PEM: the authorities that sign clients' certificates.
    pub ca: Option<String>,
    /// What clients have to present.
    pub clients: ClientCertificates,
    /// The oldest version accepted.
    pub min_version: MinVersion,
    /// Application protocols in order of preference (RFC 7301); none: the extension is ignored.
    pub alpn: Vec<Vec<u8>>,
}

/// Why settings cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ContextError {
    /// The key cannot be used.
    #[error("is not a usable private key (RSA of 2048 to 8192 bits, P-256, P-384 or Ed25519): {0}")]
    Key(String),
    /// The certificate cannot be used.
    #[error("is not a usable certificate: {0}")]
    Certificate(String),
    /// An authority's certificate cannot be used.
    #[error("has a certificate that cannot be used: {0}")]
    Authority(String),
    /// The system has no randomness to make keys for session tickets from.
    #[error("cannot be used: {0}")]
    System(String),
}

impl ContextError {
    /// The option that is wrong: `key`, `cert` or `ca`; empty if it is none of them.
    pub fn option(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Certificate(_) => "cert",
            Self::Authority(_) => "ca",
            Self::System(_) => "",
        }
    }
}

/// Certificates and settings, ready for connections.
pub struct TlsContext {
    pub(super) config: Arc<ServerConfig>,
    /// `None` when no certificate is asked for.
    pub(super) clients: Option<Arc<Clients>>,
}

impl TlsContext {
    /// A context with its own keys for session tickets. A session is not resumed under another context, because
    /// that may have other authorities.
    ///
    /// # Errors
    /// A key or certificate cannot be used.
    pub fn new(settings: &TlsSettings) -> Result<Self, ContextError> {
        let provider = Arc::new(ring::default_provider());
        let identities = Identities::parse(&settings.identities, &provider)?;
        let clients = match settings.clients {
            ClientCertificates::None => None,
            asked => {
                let roots = authorities(settings.ca.as_deref().unwrap_or_default())?;
                let strict = asked == ClientCertificates::Require;
                let clients = Clients::new(roots, strict, &provider)
                    .map_err(|error| ContextError::Authority(error.to_string()))?;
                Some(Arc::new(clients))
            }
        };
        let versions: &[_] = match settings.min_version {
            MinVersion::Tls12 => &[&TLS13, &TLS12],
            MinVersion::Tls13 => &[&TLS13],
        };
        let builder = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(|error| ContextError::System(error.to_string()))?;
        let builder = match &clients {
            None => builder.with_no_client_auth(),
            Some(clients) => builder.with_client_cert_verifier(Arc::clone(clients) as _),
        };
        let mut config = builder.with_cert_resolver(Arc::new(identities));
        config.alpn_protocols.clone_from(&settings.alpn);
        // Sessions are resumed by tickets that the client keeps (RFC 5077; RFC 8446, 4.6.1), so
        // they cost the server no memory and hold on every io thread.
        config.ticketer =
            ring::Ticketer::new().map_err(|error| ContextError::System(error.to_string()))?;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(Self {
            config: Arc::new(config),
            clients,
        })
    }
}

fn authorities(pem: &str) -> Result<RootCertStore, ContextError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate =
            certificate.map_err(|error| ContextError::Authority(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| ContextError::Authority(error.to_string()))?;
    }
    Ok(roots)
}

/// The server's certificates, of which a client gets the first whose algorithm it knows.
#[derive(Debug)]
struct Identities(Vec<Arc<CertifiedKey>>);

impl Identities {
    fn parse(pem: &str, provider: &CryptoProvider) -> Result<Self, ContextError> {
        let mut parts: Vec<(PrivateKeyDer<'static>, Vec<CertificateDer<'static>>)> = Vec::new();
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(pem.as_bytes()) {
            let (kind, der) =
                section.map_err(|error| ContextError::Certificate(error.to_string()))?;
            match (kind, parts.last_mut()) {
                (SectionKind::PrivateKey, _) => {
                    parts.push((PrivateKeyDer::Pkcs8(der.into()), Vec::new()));
                }
                (SectionKind::Certificate, Some((_, chain))) => chain.push(der.into()),
                (kind, _) => {
                    return Err(ContextError::Certificate(format!(
                        "{kind:?} is out of place"
                    )));
                }
            }
        }
        let mut identities = parts
            .into_iter()
            .map(|(key, chain)| certified(key, chain, provider).map(Arc::new))
            .collect::<Result<Vec<_>, _>>()?;
        if identities.is_empty() {
            return Err(ContextError::Certificate("there is none".into()));
        }
        // Elliptic curves sign many times faster than RSA.
        identities.sort_by_key(|identity| identity.key.algorithm() == SignatureAlgorithm::RSA);
        Ok(Self(identities))
    }
}

fn certified(
    key: PrivateKeyDer<'static>,
    chain: Vec<CertificateDer<'static>>,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, ContextError> {
    let key = provider
        .key_provider
        .load_private_key(key)
        .map_err(|error| ContextError::Key(error.to_string()))?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        // The public half of some keys is unknown; then a mistake shows at the handshake.
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {
            Ok(certified)
        }
        Err(rustls::Error::InconsistentKeys(_)) => Err(ContextError::Key(
            "it does not belong to the certificate".into(),
        )),
        Err(error) => Err(ContextError::Certificate(error.to_string())),
    }
}

impl ResolvesServerCert for Identities {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0
            .iter()
            .find(|identity| {
                identity
                    .key
                    .choose_scheme(hello.signature_schemes())
                    .is_some()
            })
            .cloned()
    }
}

/// The context for new connections.
pub struct LiveContext(RwLock<Arc<TlsContext>>);

impl LiveContext {
    /// Begins with `context`.
    pub fn new(context: TlsContext) -> Self {
        Self(RwLock::new(Arc::new(context)))
    }

    /// The context for a connection that begins now.
    pub fn current(&self) -> Arc<TlsContext> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the context. Existing connections keep theirs.
    pub fn replace(&self, context: TlsContext) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(context);
    }
}

impl fmt::Debug for LiveContext {
    /// Without the keys.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LiveContext")
    }
}

#[cfg(test)]
mod tests;
