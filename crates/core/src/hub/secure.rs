//! What is known of a connection's encryption: fixed when its TLS handshake ends.

/// The facts of a TLS connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secure {
    /// `TLSv1.2` or `TLSv1.3`, as Node names them.
    pub protocol: &'static str,
    /// The application protocol agreed on (RFC 7301).
    pub alpn: Option<Box<[u8]>>,
    /// The peer's own certificate, DER; `None` when it was not asked for one or has none.
    pub certificate: Option<Box<[u8]>>,
    /// Whether the authorities vouch for the peer's certificate.
    pub authorization: Authorization,
}

/// Whether the peer has shown a certificate that one of the authorities has signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authorization {
    /// No certificate was asked for.
    NotAsked,
    /// It has.
    Authorized,
    /// It has not, and was accepted all the same. The reason, as OpenSSL names it.
    Refused(&'static str),
}
