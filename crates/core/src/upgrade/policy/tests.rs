use super::super::{RequestLimits, parse};
use super::*;

fn request(headers: &[&str]) -> Request {
    let head = format!(
        "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n\r\n",
        headers.join("\r\n")
    );
    parse(head.as_bytes(), &RequestLimits::default())
        .unwrap()
        .unwrap()
        .0
}

/// The status of the refusal, if any.
fn status(policy: &UpgradePolicy, headers: &[&str]) -> Option<u16> {
    let headers = [headers, &["Sec-WebSocket-Version: 13"]].concat();
    let decision = policy.check(&request(&headers));
    decision.err().map(|refusal| refusal.status())
}

fn origins(patterns: &[&str]) -> Vec<OriginPattern> {
    patterns.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn without_a_policy_every_origin_and_protocol_will_do() {
    let policy = UpgradePolicy::default();
    assert_eq!(status(&policy, &[]), None);
    let headers = [
        "Origin: https://evil.example",
        "Sec-WebSocket-Protocol: any",
    ];
    assert_eq!(status(&policy, &headers), None);
}

#[test]
fn pages_of_other_origins_are_refused() {
    let policy = UpgradePolicy {
        origins: Some(origins(&["https://example.com", "https://*.example.com"])),
        ..UpgradePolicy::default()
    };
    for (headers, expected) in [
        (vec!["Origin: https://example.com"], None),
        (vec!["Origin: https://www.example.com"], None),
        (vec!["Origin: https://evil.example"], Some(403)),
        (vec!["Origin: null"], Some(403)),
        (vec!["Origin: "], Some(403)),
        // Two of them are one that is none.
        (
            vec!["Origin: https://example.com", "Origin: https://example.com"],
            Some(403),
        ),
        // No browser.
        (vec![], None),
        (vec!["X-Origin: https://evil.example"], None),
    ] {
        assert_eq!(status(&policy, &headers), expected, "{headers:?}");
    }
}

#[test]
fn two_origins_are_refused_whatever_is_allowed() {
    for name in ["Origin", "Sec-WebSocket-Origin"] {
        let (a, b) = (format!("{name}: https://a"), format!("{name}: https://b"));
        assert_eq!(status(&UpgradePolicy::default(), &[&a]), None);
        assert_eq!(status(&UpgradePolicy::default(), &[&a, &b]), Some(400));
        assert_eq!(status(&UpgradePolicy::default(), &[&a, &a]), Some(400));
    }
}

#[test]
fn an_empty_list_allows_no_page() {
    let policy = UpgradePolicy {
        origins: Some(Vec::new()),
        ..UpgradePolicy::default()
    };
    assert_eq!(status(&policy, &["Origin: https://example.com"]), Some(403));
    assert_eq!(status(&policy, &[]), None);
}

#[test]
fn an_origin_can_be_required() {
    let mut policy = UpgradePolicy {
        require_origin: true,
        ..UpgradePolicy::default()
    };
    assert_eq!(status(&policy, &[]), Some(403));
    assert_eq!(status(&policy, &["Origin: https://any.example"]), None);
    policy.origins = Some(origins(&["https://example.com"]));
    assert_eq!(status(&policy, &[]), Some(403));
    assert_eq!(status(&policy, &["Origin: https://any.example"]), Some(403));
    assert_eq!(status(&policy, &["Origin: https://example.com"]), None);
}

#[test]
fn version_8_is_asked_for_its_own_origin() {
    let policy = UpgradePolicy {
        origins: Some(origins(&["https://example.com"])),
        require_origin: true,
        ..UpgradePolicy::default()
    };
    for (header, expected) in [
        ("Sec-WebSocket-Origin: https://example.com", None),
        ("Sec-WebSocket-Origin: https://evil.example", Some(403)),
        ("Origin: https://example.com", Some(403)),
    ] {
        let decision = policy.check(&request(&[header, "Sec-WebSocket-Version: 8"]));
        let status = decision.err().map(|refusal| refusal.status());
        assert_eq!(status, expected, "{header}");
    }
}

#[test]
fn the_path_comes_first() {
    let policy = UpgradePolicy {
        path: Some("/other".to_owned()),
        require_origin: true,
        ..UpgradePolicy::default()
    };
    assert_eq!(status(&policy, &[]), Some(400));
}

#[test]
fn the_server_prefers_a_protocol() {
    let mut policy = UpgradePolicy::default();
    policy
        .set_protocols(vec!["v2.chat".to_owned(), "v1.chat".to_owned()])
        .unwrap();
    for (headers, expected) in [
        (vec![], Ok(None)),
        (vec!["Sec-WebSocket-Protocol: "], Ok(None)),
        (vec!["Sec-WebSocket-Protocol: v1.chat"], Ok(Some("v1.chat"))),
        (
            vec!["Sec-WebSocket-Protocol: x, v1.chat ,\tv2.chat"],
            Ok(Some("v2.chat")),
        ),
        (
            vec![
                "Sec-WebSocket-Protocol: v1.chat",
                "Sec-WebSocket-Protocol: v2.chat",
            ],
            Ok(Some("v2.chat")),
        ),
        // Names differ by the case of their letters (RFC 6455 section 11.5 registers them as they are).
        (vec!["Sec-WebSocket-Protocol: V1.chat"], Err(400)),
        (vec!["Sec-WebSocket-Protocol: v1.chat.more"], Err(400)),
        (vec!["Sec-WebSocket-Protocol: v1 .chat"], Err(400)),
    ] {
        let sent = [headers.as_slice(), &["Sec-WebSocket-Version: 13"]].concat();
        let chosen = match policy.check(&request(&sent)) {
            Ok(upgrade) => Ok(upgrade.protocol),
            Err(refusal) => Err(refusal.status()),
        };
        assert_eq!(
            chosen,
            expected.map(|name| name.map(str::to_owned)),
            "{headers:?}"
        );
    }
}

#[test]
fn protocols_have_names_that_a_header_can_carry() {
    let mut policy = UpgradePolicy::default();
    for name in ["", "a b", "a,b", "a\r\nX: 1", "ch\u{e4}t", "a\""] {
        assert!(
            policy.set_protocols(vec![name.to_owned()]).is_err(),
            "{name:?}"
        );
    }
    assert_eq!(policy, UpgradePolicy::default());
}

#[test]
fn refusals_say_why() {
    let mut policy = UpgradePolicy {
        origins: Some(Vec::new()),
        ..UpgradePolicy::default()
    };
    policy.set_protocols(vec!["a".to_owned()]).unwrap();
    for (header, status, reason) in [
        (
            "Origin: https://a",
            "403 Forbidden",
            "Pages of this origin may not connect",
        ),
        (
            "Sec-WebSocket-Protocol: b",
            "400 Bad Request",
            "None of the subprotocols offered is spoken here",
        ),
    ] {
        let refusal = policy
            .check(&request(&[header, "Sec-WebSocket-Version: 13"]))
            .unwrap_err();
        let response = String::from_utf8(refusal.response()).unwrap();
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{response}"
        );
        assert!(
            response.contains("Content-Type: text/plain\r\n"),
            "{response}"
        );
        assert!(
            response.ends_with(&format!("\r\n\r\n{reason}")),
            "{response}"
        );
    }
}
