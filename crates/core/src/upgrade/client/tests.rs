use proptest::prelude::*;

use super::super::trust::Network;
use super::super::{RequestLimits, parse};
use super::*;

fn request(headers: &[&str]) -> Request {
    let head = format!("GET / HTTP/1.1\r\n{}\r\n\r\n", headers.join("\r\n"));
    parse(head.as_bytes(), &RequestLimits::default())
        .unwrap()
        .unwrap()
        .0
}

fn networks(list: &[&str]) -> Trust {
    let networks: Vec<Network> = list.iter().map(|text| text.parse().unwrap()).collect();
    Trust::Networks(networks)
}

const EVERYONE: Trust = Trust::Hops(usize::MAX);

/// The client as `address:port`, with `?` for what is not known, and `+` when it is encrypted.
fn show(client: Client) -> String {
    let address = client.address.map_or("?".to_owned(), |it| it.to_string());
    let port = client.port.map_or("?".to_owned(), |it| it.to_string());
    let encrypted = if client.encrypted { "+" } else { "" };
    format!("{address} {port}{encrypted}")
}

fn x_forwarded(headers: &[&str], trust: &Trust) -> String {
    let peer = Some("10.0.0.1:4000".parse().unwrap());
    let headers = request(headers);
    show(Client::of(
        &headers,
        peer,
        false,
        trust,
        ProxyHeaders::XForwarded,
    ))
}

fn forwarded(headers: &[&str], trust: &Trust) -> String {
    let peer = Some("10.0.0.1:4000".parse().unwrap());
    let headers = request(headers);
    show(Client::of(
        &headers,
        peer,
        false,
        trust,
        ProxyHeaders::Forwarded,
    ))
}

#[test]
fn nobody_is_believed_by_default() {
    let headers = ["X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https"];
    assert_eq!(x_forwarded(&headers, &Trust::default()), "10.0.0.1 4000");
    assert_eq!(x_forwarded(&headers, &Trust::Hops(0)), "10.0.0.1 4000");
    assert_eq!(
        x_forwarded(&headers, &networks(&["10.0.0.2"])),
        "10.0.0.1 4000"
    );
    let direct = Client::direct(None, true);
    assert_eq!((show(direct), direct.proxy), ("? ?+".to_owned(), None));
}

#[test]
fn the_list_is_read_from_its_end() {
    let list = "X-Forwarded-For: 6.6.6.6, 1.2.3.4, 10.0.0.2";
    for (trust, client) in [
        (Trust::Hops(1), "10.0.0.2 ?"),
        (Trust::Hops(2), "1.2.3.4 ?"),
        (Trust::Hops(3), "6.6.6.6 ?"),
        (Trust::Hops(4), "6.6.6.6 ?"),
        (EVERYONE, "6.6.6.6 ?"),
        (networks(&["10.0.0.1"]), "10.0.0.2 ?"),
        (networks(&["10.0.0.0/24"]), "1.2.3.4 ?"),
        (networks(&["uniquelocal"]), "1.2.3.4 ?"),
        (networks(&["loopback"]), "10.0.0.1 4000"),
        // Trusted, but behind somebody who is not.
        (networks(&["10.0.0.1", "1.2.3.4"]), "10.0.0.2 ?"),
    ] {
        assert_eq!(x_forwarded(&[list], &trust), client, "{trust:?}");
    }
}

#[test]
fn header_lines_make_one_list() {
    let lines = [
        "X-Forwarded-For: 6.6.6.6",
        "x-forwarded-for: 1.2.3.4 ,",
        "X-FORWARDED-FOR:10.0.0.2",
    ];
    assert_eq!(x_forwarded(&lines, &Trust::Hops(1)), "10.0.0.2 ?");
    assert_eq!(x_forwarded(&lines, &Trust::Hops(2)), "1.2.3.4 ?");
    assert_eq!(x_forwarded(&lines, &EVERYONE), "6.6.6.6 ?");
}

#[test]
fn addresses_come_in_several_forms() {
    for (text, client) in [
        ("1.2.3.4:567", "1.2.3.4 567"),
        ("2001:DB8::1", "2001:db8::1 ?"),
        ("[2001:db8::1]", "2001:db8::1 ?"),
        ("[2001:db8::1]:567", "2001:db8::1 567"),
        ("::ffff:1.2.3.4", "::ffff:1.2.3.4 ?"),
    ] {
        let header = format!("X-Forwarded-For: {text}");
        assert_eq!(x_forwarded(&[&header], &Trust::Hops(1)), client, "{text}");
    }
}

#[test]
fn what_is_no_address_hides_all_before_it() {
    for text in [
        "unknown",
        "localhost",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.4:",
        "1.2.3.4:99999",
        "01.2.3.4",
        "0x7f.1",
        "[1.2.3.4]",
        "[::1",
        "fe80::1%eth0",
        "\"1.2.3.4\"",
        "<script>",
        "1.2.3.4 5.6.7.8",
        "caf\u{e9}",
        "-",
    ] {
        let header = format!("X-Forwarded-For: 6.6.6.6, {text}");
        assert_eq!(
            x_forwarded(&[&header], &EVERYONE),
            "10.0.0.1 4000",
            "{text}"
        );
        let header = format!("X-Forwarded-For: 6.6.6.6, {text}, 1.2.3.4");
        assert_eq!(x_forwarded(&[&header], &EVERYONE), "1.2.3.4 ?", "{text}");
    }
    assert_eq!(
        x_forwarded(&["X-Forwarded-For:"], &EVERYONE),
        "10.0.0.1 4000"
    );
}

#[test]
fn only_one_kind_of_header_is_looked_at() {
    let both = [
        "Forwarded: for=6.6.6.6;proto=https",
        "X-Forwarded-For: 1.2.3.4",
    ];
    assert_eq!(x_forwarded(&both, &Trust::Hops(1)), "1.2.3.4 ?");
    assert_eq!(forwarded(&both, &Trust::Hops(1)), "6.6.6.6 ?+");
}

#[test]
fn a_single_protocol_is_that_of_the_client() {
    let list = "X-Forwarded-For: 1.2.3.4, 10.0.0.2";
    for (proto, encrypted) in [
        ("https", true),
        ("HTTPS", true),
        ("wss", true),
        ("http", false),
        ("ws", false),
        ("", false),
        ("ftp", false),
    ] {
        let proto = format!("X-Forwarded-Proto: {proto}");
        for hops in 1..3 {
            let client = x_forwarded(&[list, &proto], &Trust::Hops(hops));
            assert_eq!(client.ends_with('+'), encrypted, "{proto} {hops}");
        }
    }
    assert_eq!(
        x_forwarded(&["X-Forwarded-Proto: https"], &Trust::Hops(1)),
        "10.0.0.1 4000+"
    );
    assert_eq!(
        x_forwarded(&["X-Forwarded-Proto: https"], &Trust::Nobody),
        "10.0.0.1 4000"
    );
}

#[test]
fn a_list_of_protocols_is_read_from_its_end_too() {
    let headers = [
        "X-Forwarded-For: 6.6.6.6, 1.2.3.4, 10.0.0.2",
        "X-Forwarded-Proto: https, http, https",
    ];
    assert_eq!(x_forwarded(&headers, &Trust::Hops(1)), "10.0.0.2 ?+");
    assert_eq!(x_forwarded(&headers, &Trust::Hops(2)), "1.2.3.4 ?");
    assert_eq!(x_forwarded(&headers, &Trust::Hops(3)), "6.6.6.6 ?+");
}

#[test]
fn an_encrypted_connection_stays_so_unless_a_proxy_says_otherwise() {
    let peer = Some("10.0.0.1:4000".parse().unwrap());
    let of = |header: &str| {
        let headers = request(&["X-Forwarded-For: 1.2.3.4", header]);
        let client = Client::of(
            &headers,
            peer,
            true,
            &Trust::Hops(1),
            ProxyHeaders::XForwarded,
        );
        client.encrypted
    };
    assert!(of("X-Other: 1"));
    assert!(of("X-Forwarded-Proto: what"));
    assert!(!of("X-Forwarded-Proto: http"));
}

#[test]
fn the_proxy_is_known() {
    let peer = Some("10.0.0.1:4000".parse().unwrap());
    let of = |headers: &[&str]| {
        let headers = request(headers);
        let client = Client::of(&headers, peer, false, &EVERYONE, ProxyHeaders::XForwarded);
        client.proxy.map(|proxy| proxy.to_string())
    };
    assert_eq!(
        of(&["X-Forwarded-For: 1.2.3.4, 5.6.7.8"]).as_deref(),
        Some("10.0.0.1")
    );
    assert_eq!(of(&["X-Forwarded-For: unknown"]), None);
    assert_eq!(of(&["X-Other: 1"]), None);
}

#[test]
fn a_proxy_may_come_by_a_unix_domain_socket() {
    let headers = request(&["X-Forwarded-For: 1.2.3.4"]);
    let of = |trust: &Trust| {
        show(Client::of(
            &headers,
            None,
            false,
            trust,
            ProxyHeaders::XForwarded,
        ))
    };
    assert_eq!(of(&Trust::Nobody), "? ?");
    assert_eq!(of(&Trust::Hops(1)), "1.2.3.4 ?");
    assert_eq!(of(&networks(&["loopback"])), "1.2.3.4 ?");
    assert_eq!(of(&networks(&["10.0.0.0/8"])), "? ?");
}

#[test]
fn forwarded_as_rfc_7239_has_it() {
    for (header, client) in [
        // Sections 4, 6.1, 6.3, 7.1.
        ("for=\"_gazonk\"", "10.0.0.1 4000"),
        ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17 4711"),
        ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60 ?"),
        ("for=192.0.2.43, for=198.51.100.17", "198.51.100.17 ?"),
        ("for=unknown", "10.0.0.1 4000"),
        ("for=_hidden, for=_SEVKISEK", "10.0.0.1 4000"),
        ("for=\"192.0.2.43:47011\"", "192.0.2.43 47011"),
        // Other spellings.
        ("FOR=192.0.2.43 ; PROTO=HTTPS", "192.0.2.43 ?+"),
        ("for=\"192.0.2.43\";proto=\"https\"", "192.0.2.43 ?+"),
        ("by=\"a,b;c\\\"d\";for=192.0.2.43", "192.0.2.43 ?"),
        ("for=192.0.2.43:80", "192.0.2.43 80"),
        (",, for=192.0.2.43,,", "192.0.2.43 ?"),
        ("for=192.0.2.43;", "192.0.2.43 ?"),
        ("proto=https", "10.0.0.1 4000+"),
        ("proto=https, for=192.0.2.43", "192.0.2.43 ?"),
        ("for=192.0.2.43;x-own=1", "192.0.2.43 ?"),
    ] {
        assert_eq!(
            forwarded(&[&format!("Forwarded: {header}")], &Trust::Hops(1)),
            client,
            "{header}"
        );
    }
    let hops =
        "Forwarded: for=6.6.6.6;proto=https, for=1.2.3.4;proto=http, for=10.0.0.2;proto=https";
    assert_eq!(forwarded(&[hops], &Trust::Hops(2)), "1.2.3.4 ?");
    assert_eq!(forwarded(&[hops], &Trust::Hops(3)), "6.6.6.6 ?+");
}

#[test]
fn a_line_of_forwarded_that_cannot_be_read_says_nothing() {
    for line in [
        "for=6.6.6.6, for=\"1.2.3.4",
        "for",
        "for=",
        "for 1.2.3.4",
        "for=1.2.3.4 proto=https",
        "=1",
        "for=1.2.3.4;\"",
        "for=1.2.3.4;a b=c",
        "for=\"1.2.3.4\"x",
        "for=caf\u{e9}",
        "for=\"\\",
    ] {
        let line = format!("Forwarded: {line}");
        assert_eq!(forwarded(&[&line], &EVERYONE), "10.0.0.1 4000", "{line}");
        let lines = ["Forwarded: for=6.6.6.6", &line, "Forwarded: for=1.2.3.4"];
        assert_eq!(forwarded(&lines, &EVERYONE), "1.2.3.4 ?", "{line}");
    }
}

proptest! {
    /// Whatever a client puts before them, the addresses that trusted proxies wrote decide.
    #[test]
    fn a_client_cannot_choose_its_address(claim in "[ -~]{0,40}", lines in 1..3usize) {
        let own = format!("X-Forwarded-For: {claim}");
        let proxies = match lines {
            1 => vec![format!("{own}, 1.2.3.4, 10.0.0.2")],
            _ => vec![own, "X-Forwarded-For: 1.2.3.4, 10.0.0.2".to_owned()],
        };
        let headers: Vec<&str> = proxies.iter().map(String::as_str).collect();
        prop_assert_eq!(x_forwarded(&headers, &Trust::Hops(2)), "1.2.3.4 ?");
        prop_assert_eq!(x_forwarded(&headers, &networks(&["10.0.0.0/8"])), "1.2.3.4 ?");
    }

    /// In a line of its own, as proxies add it, `Forwarded` is as safe.
    #[test]
    fn nor_by_forwarded(claim in "[ -~]{0,40}") {
        let own = format!("Forwarded: {claim}");
        let headers = [own.as_str(), "Forwarded: for=1.2.3.4"];
        prop_assert_eq!(forwarded(&headers, &Trust::Hops(1)), "1.2.3.4 ?");
    }
}
