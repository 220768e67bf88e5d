//! Whether a client's certificate is trusted.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};

use crate::hub::Authorization;

/// Asks clients for certificates. It is always checked that a client has the key to its certificate. The
/// handshake fails without the signature of an authority only when `strict`.
#[derive(Debug)]
pub struct Clients {
    /// `None` without authorities: then no client is authorized.
    authorities: Option<Arc<dyn ClientCertVerifier>>,
    strict: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Clients {
    /// # Errors
    /// No authorities although `strict`.
    pub fn new(
        roots: RootCertStore,
        strict: bool,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, VerifierBuilderError> {
        let authorities = if roots.is_empty() && !strict {
            None
        } else {
            let roots = Arc::new(roots);
            let provider = Arc::clone(provider);
            Some(WebPkiClientVerifier::builder_with_provider(roots, provider).build()?)
        };
        Ok(Self {
            authorities,
            strict,
            algorithms: provider.signature_verification_algorithms,
        })
    }

    /// Whether an authority has signed the certificates that a client has shown.
    pub fn judge(&self, chain: Option<&[CertificateDer<'_>]>) -> Authorization {
        let Some([own, intermediates @ ..]) = chain else {
            return Authorization::Refused("UNABLE_TO_GET_ISSUER_CERT");
        };
        match self.check(own, intermediates, UnixTime::now()) {
            Ok(_) => Authorization::Authorized,
            Err(Error::InvalidCertificate(error)) => Authorization::Refused(name(&error)),
            Err(_) => Authorization::Refused("CERT_REJECTED"),
        }
    }

    fn check(
        &self,
        own: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match &self.authorities {
            Some(authorities) => authorities.verify_client_cert(own, intermediates, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        }
    }
}

/// OpenSSL's name, which Node applications know, for the same finding.
fn name(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "CERT_HAS_EXPIRED",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "CERT_NOT_YET_VALID"
        }
        CertificateError::UnknownIssuer => "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        CertificateError::BadSignature => "CERT_SIGNATURE_FAILURE",
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "INVALID_PURPOSE"
        }
        _ => "CERT_REJECTED",
    }
}

impl ClientCertVerifier for Clients {
    fn client_auth_mandatory(&self) -> bool {
        self.strict
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        match &self.authorities {
            Some(authorities) => authorities.root_hint_subjects(),
            None => &[],
        }
    }

    fn verify_client_cert(
        &self,
        own: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if self.strict {
            self.check(own, intermediates, now)
        } else {
            // Checked when the handshake is done.
            Ok(ClientCertVerified::assertion())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
