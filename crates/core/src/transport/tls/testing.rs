//! What the tests of TLS share: contexts and clients with the certificates of `__test__/fixtures`.

use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion};
use tokio::io::ReadBuf;

use super::engine::Engine;
use super::{ClientCertificates, MinVersion, TlsContext, TlsSettings};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../__test__/fixtures/tls/",
            $name
        ))
    };
}
pub(super) use fixture;

/// Settings with one certificate, which ask nothing of clients.
pub(super) fn settings() -> TlsSettings {
    TlsSettings {
        identities: format!("{}{}", fixture!("server.key"), fixture!("server.pem")),
        ca: None,
        clients: ClientCertificates::None,
        min_version: MinVersion::Tls12,
        alpn: Vec::new(),
    }
}

fn context(settings: &TlsSettings) -> TlsContext {
    TlsContext::new(settings).unwrap()
}

/// How a client behaves.
pub(super) struct ClientOptions {
    pub(super) version: &'static SupportedProtocolVersion,
    /// Its key and certificate, PEM.
    pub(super) identity: Option<(&'static str, &'static str)>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            version: &TLS13,
            identity: None,
        }
    }
}

impl ClientOptions {
    pub(super) fn tls12() -> Self {
        Self {
            version: &TLS12,
            ..Self::default()
        }
    }
}

/// A client that trusts the test authority.
pub(super) fn client(options: &ClientOptions) -> ClientConnection {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(fixture!("ca.pem").as_bytes()).unwrap())
        .unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[options.version])
        .unwrap()
        .with_root_certificates(roots);
    let config = match options.identity {
        None => builder.with_no_client_auth(),
        Some((key, certificate)) => builder
            .with_client_auth_cert(
                vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
                PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
            )
            .unwrap(),
    };
    let name = ServerName::try_from("localhost").unwrap();
    ClientConnection::new(Arc::new(config), name).unwrap()
}

/// Ciphertext the client has to send.
pub(super) fn sent(client: &mut ClientConnection) -> Vec<u8> {
    let mut bytes = Vec::new();
    while client.wants_write() {
        client.write_tls(&mut bytes).unwrap();
    }
    bytes
}

/// Lets the client have ciphertext; what it decrypts to.
pub(super) fn take(
    client: &mut ClientConnection,
    mut bytes: &[u8],
) -> Result<Vec<u8>, rustls::Error> {
    let mut plain = Vec::new();
    while !bytes.is_empty() {
        client.read_tls(&mut bytes).unwrap();
        client.process_new_packets()?;
        // "Would block" is what the reader says when there is no more.
        let _ = client.reader().read_to_end(&mut plain);
    }
    Ok(plain)
}

/// Encrypts `plain` on the client's side.
pub(super) fn encrypted(client: &mut ClientConnection, plain: &[u8]) -> Vec<u8> {
    client.writer().write_all(plain).unwrap();
    sent(client)
}

/// An engine before its handshake.
pub(super) fn engine() -> Engine {
    Engine::new(&context(&settings()).config).unwrap()
}

/// Lets the engine have ciphertext; what it decrypts to.
pub(super) fn receive(engine: &mut Engine, mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut room = vec![0; 128 * 1024];
    let mut target = ReadBuf::new(&mut room);
    engine.receive(&mut bytes, &mut target)?;
    assert!(!engine.take_plain(&mut target), "there was room");
    Ok(target.filled().to_vec())
}

/// An engine and a client after their handshake.
pub(super) fn pair(options: &ClientOptions) -> (Engine, ClientConnection) {
    let mut engine = engine();
    let mut client = client(options);
    while client.is_handshaking() || engine.tls().is_handshaking() {
        let flight = sent(&mut client);
        assert_eq!(receive(&mut engine, flight).unwrap(), b"");
        let answer = engine.take_out();
        take(&mut client, &answer).unwrap();
    }
    // Tickets, and the client's last word.
    let flight = sent(&mut client);
    receive(&mut engine, flight).unwrap();
    let answer = engine.take_out();
    take(&mut client, &answer).unwrap();
    (engine, client)
}
