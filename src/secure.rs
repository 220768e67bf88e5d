//! The certificates and settings of TLS.

use std::sync::Arc;

use napi::Result;
use napi_derive::napi;

use line_socket_core::{LiveContext, TlsContext, TlsSettings};

use super::state::{InvalidOption, ServerCore};

/// Whether clients are asked for a certificate.
#[napi(string_enum = "lowercase")]
pub enum ClientCertificates {
    None,
    Ask,
    Require,
}

/// Oldest version of TLS that is accepted.
#[napi(string_enum)]
pub enum MinVersion {
    #[napi(value = "TLSv1.2")]
    Tls12,
    #[napi(value = "TLSv1.3")]
    Tls13,
}

/// The option `tls`.
#[napi(object, object_to_js = false)]
pub struct TlsOptions {
    /// Each private key, followed by its certificate and the certificates of its issuers, as PEM.
    pub identities: String,
    /// Certificates of the authorities for clients, as PEM.
    pub ca: Option<String>,
    pub clients: ClientCertificates,
    pub min_version: MinVersion,
    pub alpn_protocols: Vec<String>,
}

impl From<TlsOptions> for TlsSettings {
    fn from(options: TlsOptions) -> Self {
        Self {
            identities: options.identities,
            ca: options.ca,
            clients: match options.clients {
                ClientCertificates::None => line_socket_core::ClientCertificates::None,
                ClientCertificates::Ask => line_socket_core::ClientCertificates::Ask,
                ClientCertificates::Require => line_socket_core::ClientCertificates::Require,
            },
            min_version: match options.min_version {
                MinVersion::Tls12 => line_socket_core::MinVersion::Tls12,
                MinVersion::Tls13 => line_socket_core::MinVersion::Tls13,
            },
            alpn: options.alpn_protocols.into_iter().map(Into::into).collect(),
        }
    }
}

#[napi]
impl ServerCore {
    /// Sets what connections are encrypted with from now on. Without options, later listeners do not encrypt. When
    /// an option is not valid it is returned, and nothing has changed.
    #[napi]
    pub fn encrypt(&self, options: Option<TlsOptions>) -> Result<Option<InvalidOption>> {
        let mut server = self.state()?;
        let Some(options) = options else {
            server.tls = None;
            return Ok(None);
        };
        match TlsContext::new(&options.into()) {
            Ok(context) => {
                match &server.tls {
                    Some(live) => live.replace(context),
                    None => server.tls = Some(Arc::new(LiveContext::new(context))),
                }
                Ok(None)
            }
            Err(error) => Ok(Some(InvalidOption::new(error.option(), &error))),
        }
    }
}
