use super::super::{RequestLimits, parse};
use super::*;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// A request that would be upgraded, as lines to be changed.
fn lines() -> Vec<String> {
    [
        "GET /chat?room=1 HTTP/1.1",
        "Host: localhost",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// The request with the line that starts like `line` replaced.
fn with(line: &str) -> Vec<String> {
    let mut lines = lines();
    let separator = if line.contains(':') { ':' } else { '/' };
    let name = line.split(separator).next().unwrap();
    let place = if separator == '/' {
        0
    } else {
        lines
            .iter()
            .position(|other| other.starts_with(name))
            .unwrap()
    };
    line.clone_into(&mut lines[place]);
    lines
}

/// The request with lines added.
fn plus(more: &[&str]) -> Vec<String> {
    let mut lines = lines();
    lines.extend(more.iter().map(|&line| line.to_owned()));
    lines
}

/// The request without the header `name`.
fn without(name: &str) -> Vec<String> {
    lines()
        .into_iter()
        .filter(|line| !line.starts_with(name))
        .collect()
}

fn check(lines: &[String], path: Option<&str>) -> Result<Upgrade, Refusal> {
    let head = format!("{}\r\n\r\n", lines.join("\r\n"));
    let (request, _) = parse(head.as_bytes(), &RequestLimits::default())
        .unwrap()
        .unwrap();
    request.check_upgrade(path)
}

fn status(lines: &[String]) -> Option<u16> {
    check(lines, None).err().map(|refusal| refusal.status())
}

#[test]
fn the_example_of_the_rfc() {
    // RFC 6455 section 1.3.
    let upgrade = check(&plus(&["Origin: http://example.com"]), None).unwrap();
    assert_eq!(
        upgrade,
        Upgrade {
            version: 13,
            protocols: vec![String::new()],
            protocol: None,
            accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".to_owned(),
            origin: Some("http://example.com".to_owned()),
        }
    );
}

#[test]
fn version_8_has_its_own_origin() {
    let mut lines = with("Sec-WebSocket-Version: 8");
    lines.push("Origin: http://new".to_owned());
    lines.push("Sec-WebSocket-Origin: http://old".to_owned());
    let upgrade = check(&lines, None).unwrap();
    assert_eq!(
        (upgrade.version, upgrade.origin.as_deref()),
        (8, Some("http://old"))
    );
}

#[test]
fn names_and_tokens_in_any_case() {
    let lower: Vec<String> = lines()
        .iter()
        .map(|line| match line.split_once(": ") {
            Some((name, value)) => format!("{}:{value}", name.to_lowercase()),
            None => line.clone(),
        })
        .collect();
    assert_eq!(status(&lower), None);
    assert_eq!(status(&with("Upgrade: WebSocket")), None);
    for connection in [
        "upgrade",
        "keep-alive, Upgrade",
        "keep-alive,UPGRADE ,x",
        "\tUpgrade\t",
    ] {
        assert_eq!(
            status(&with(&format!("Connection: {connection}"))),
            None,
            "{connection}"
        );
    }
    assert_eq!(status(&plus(&["Connection: close"])), None);
}

#[test]
fn plain_http_must_upgrade() {
    assert_eq!(status(&without("Upgrade")), Some(426));
    assert_eq!(status(&with("Upgrade: ")), Some(426));
    assert_eq!(status(&without("Connection")), Some(426));
    assert_eq!(status(&with("Connection: close")), Some(426));
    assert_eq!(
        status(&with("Connection: not-upgrade, upgraded")),
        Some(426)
    );
    assert_eq!(status(&lines()[..2]), Some(426));
}

#[test]
fn upgrades_that_cannot_be_had() {
    for line in [
        "POST /chat HTTP/1.1",
        "get /chat HTTP/1.1",
        "GET /chat HTTP/1.0",
        "Upgrade: h2c",
        "Upgrade: websocket, h2c",
        "Sec-WebSocket-Version: 7",
        "Sec-WebSocket-Version: 13, 8",
        "Sec-WebSocket-Version: 013",
        "Sec-WebSocket-Version: ",
    ] {
        assert_eq!(status(&with(line)), Some(400), "{line}");
    }
    for name in ["Sec-WebSocket-Key", "Sec-WebSocket-Version"] {
        assert_eq!(status(&without(name)), Some(400), "{name}");
    }
    for line in [
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        "Content-Length: 5",
        "Transfer-Encoding: chunked",
    ] {
        assert_eq!(status(&plus(&[line])), Some(400), "{line}");
    }
    assert_eq!(status(&plus(&["Content-Length: 0"])), None);
}

#[test]
fn any_key_will_do() {
    for key in ["AAAAAAAAAAAAAAAAAAAAAA==", "short", KEY] {
        assert_eq!(
            status(&with(&format!("Sec-WebSocket-Key: {key}"))),
            None,
            "{key}"
        );
    }
    assert_eq!(status(&with("Sec-WebSocket-Key: ")), Some(400));
}

#[test]
fn the_path_must_be_the_one_served() {
    for (path, served) in [
        (None, true),
        (Some(""), true),
        (Some("/chat"), true),
        (Some("/chat?room=1"), false),
        (Some("/chat/"), false),
        (Some("/"), false),
        (Some("chat"), false),
    ] {
        let status = check(&lines(), path).err().map(|refusal| refusal.status());
        assert_eq!(status, if served { None } else { Some(400) }, "{path:?}");
    }
    let mut absolute = lines();
    "GET http://host/chat?x HTTP/1.1".clone_into(&mut absolute[0]);
    assert!(check(&absolute, Some("/chat")).is_ok());
}

#[test]
fn protocols_are_cut_as_applications_know_it() {
    for (headers, protocols, default) in [
        (vec![], vec![""], None),
        (vec!["Sec-WebSocket-Protocol: a"], vec!["a"], Some("a")),
        (
            vec!["Sec-WebSocket-Protocol: a,b,   c"],
            vec!["a", "b", "c"],
            Some("a"),
        ),
        (
            vec!["Sec-WebSocket-Protocol: a ,b"],
            vec!["a ", "b"],
            Some("a "),
        ),
        (
            vec!["Sec-WebSocket-Protocol: a,,\tb,"],
            vec!["a", "", "\tb", ""],
            Some("a"),
        ),
        (
            vec!["Sec-WebSocket-Protocol: a", "sec-websocket-protocol: b, c"],
            vec!["a", "b", "c"],
            Some("a"),
        ),
        (vec!["Sec-WebSocket-Protocol: , a"], vec!["", "a"], None),
    ] {
        let upgrade = check(&plus(&headers), None).unwrap();
        assert_eq!(upgrade.protocols, protocols);
        assert_eq!(upgrade.protocol.as_deref(), default);
    }
}

#[test]
fn what_may_come_once_is_refused_when_it_comes_twice() {
    for line in [
        "Host: other",
        "host: server.example.com",
        "Upgrade: websocket",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Version: 8",
    ] {
        assert_eq!(status(&plus(&[line])), Some(400), "{line}");
    }
}

#[test]
fn a_host_is_one() {
    for host in [
        "",
        "a",
        "a.b:80",
        "[::1]:8080",
        "127.0.0.1",
        "a_b",
        "%c3%a9",
    ] {
        assert_eq!(status(&with(&format!("Host: {host}"))), None, "{host}");
    }
    for host in [
        "a b", "a, b", "a/b", "user@a", "a?b", "a#b", "é", "a\"", "<a>", "a\\b",
    ] {
        assert_eq!(status(&with(&format!("Host: {host}"))), Some(400), "{host}");
    }
}
