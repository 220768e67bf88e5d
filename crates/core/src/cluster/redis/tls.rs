//! TLS towards Redis.

use std::io;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::settings::{RedisSettingsError, RedisTls};

/// Certificates and settings, ready for connections.
pub struct Tls {
    connector: TlsConnector,
    name: Option<ServerName<'static>>,
}

impl Tls {
    /// # Errors
    /// A certificate, a key or the name cannot be used.
    pub fn new(settings: &RedisTls) -> Result<Self, RedisSettingsError> {
        let wrong = |option, what: &dyn ToString| RedisSettingsError {
            option,
            message: what.to_string(),
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(settings.ca.as_bytes()) {
            // Some of what systems trust has forms that are out of use.
            let certificate = certificate.map_err(|error| wrong("tls.ca", &error))?;
            let _ = roots.add(certificate);
        }
        if roots.is_empty() {
            let what = "holds no certificate of an authority that can be used";
            return Err(wrong("tls.ca", &what));
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong("tls", &error))?
            .with_root_certificates(roots);
        let config = match (&settings.cert, &settings.key) {
            (None, None) => builder.with_no_client_auth(),
            (Some(cert), Some(key)) => {
                let chain = CertificateDer::pem_slice_iter(cert.as_bytes())
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(|error| wrong("tls.cert", &error))?;
                if key.contains("ENCRYPTED") {
                    let what = "is encrypted: give the key without a passphrase";
                    return Err(wrong("tls.key", &what));
                }
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
                    .map_err(|error| wrong("tls.key", &error))?;
                builder
                    .with_client_auth_cert(chain, key)
                    .map_err(|error| wrong("tls.cert", &error))?
            }
            (Some(_), None) => return Err(wrong("tls.key", &"is missing beside tls.cert")),
            (None, Some(_)) => return Err(wrong("tls.cert", &"is missing beside tls.key")),
        };
        let name = match &settings.servername {
            None => None,
            Some(name) => Some(
                ServerName::try_from(name.clone())
                    .map_err(|_| wrong("tls.servername", &"is not the name of a host"))?,
            ),
        };
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            name,
        })
    }

    /// Runs the handshake with a server.
    ///
    /// # Errors
    /// The stream fails, or the server has no certificate for its name by an authority that is trusted.
    pub async fn connect(&self, host: &str, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let name = match &self.name {
            Some(name) => name.clone(),
            None => ServerName::try_from(host.to_owned())
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?,
        };
        self.connector.connect(name, stream).await
    }
}
