use super::*;
use crate::transport::tls::testing::{fixture, settings};

fn with(identities: &str) -> TlsSettings {
    TlsSettings {
        identities: identities.into(),
        ..settings()
    }
}

fn option_at_fault(settings: &TlsSettings) -> &'static str {
    match TlsContext::new(settings) {
        Ok(_) => "none",
        Err(error) => error.option(),
    }
}

#[test]
fn several_identities_and_chains_are_taken() {
    let all = [
        fixture!("rsa.key"),
        fixture!("rsa.pem"),
        fixture!("chained.key"),
        fixture!("chained.pem"),
    ];
    assert_eq!(option_at_fault(&with(&all.concat())), "none");
    let identities = Identities::parse(&all.concat(), &ring::default_provider()).unwrap();
    assert_eq!(identities.0[0].key.algorithm(), SignatureAlgorithm::ECDSA);
    assert_eq!(identities.0[0].cert.len(), 2, "with its issuer");
    assert_eq!(identities.0[1].key.algorithm(), SignatureAlgorithm::RSA);
}

#[test]
fn what_cannot_be_used_is_named() {
    let foreign = format!("{}{}", fixture!("server.key"), fixture!("renewed.pem"));
    assert_eq!(option_at_fault(&with(&foreign)), "key");
    let curve = format!("{}{}", fixture!("p521.key"), fixture!("p521.pem"));
    assert_eq!(option_at_fault(&with(&curve)), "key");
    let encrypted = format!(
        "{}{}",
        fixture!("server-encrypted.key"),
        fixture!("server.pem")
    );
    assert_eq!(option_at_fault(&with(&encrypted)), "cert");
    assert_eq!(option_at_fault(&with(fixture!("server.pem"))), "cert");
    assert_eq!(option_at_fault(&with("")), "cert");
    assert_eq!(
        option_at_fault(&with("-----BEGIN CERTIFICATE-----\n???")),
        "cert"
    );
}

#[test]
fn clients_cannot_be_required_to_be_known_to_nobody() {
    for ca in [None, Some(String::new()), Some("no certificate".into())] {
        let required = TlsSettings {
            ca,
            clients: ClientCertificates::Require,
            ..settings()
        };
        assert_eq!(option_at_fault(&required), "ca");
        let asked = TlsSettings {
            clients: ClientCertificates::Ask,
            ..required
        };
        assert_eq!(option_at_fault(&asked), "none");
    }
}

#[test]
fn a_live_context_is_replaced_for_those_who_come_later() {
    let live = LiveContext::new(TlsContext::new(&settings()).unwrap());
    let before = live.current();
    live.replace(TlsContext::new(&settings()).unwrap());
    assert!(!Arc::ptr_eq(&before, &live.current()));
    assert_eq!(format!("{live:?}"), "LiveContext");
}
