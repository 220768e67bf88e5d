use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::upgrade::{RequestLimits, parse};

fn request(lines: &[String]) -> Request {
    let mut head = String::from("GET /chat HTTP/1.1\r\nHost: a\r\n");
    for line in lines {
        write!(head, "{line}\r\n").unwrap();
    }
    head.push_str("\r\n");
    let limits = RequestLimits {
        max_head: head.len(),
        max_headers: lines.len() + 1,
    };
    parse(head.as_bytes(), &limits).unwrap().unwrap().0
}

fn from_browser(key: usize) -> Request {
    let common = [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64)",
    ];
    let mut lines: Vec<_> = common.map(String::from).into();
    lines.insert(1, format!("Sec-WebSocket-Key: {key}"));
    request(&lines)
}

#[test]
fn common_lines_are_kept_once_and_come_back_whole() {
    let heads = Arc::<RequestHeads>::default();
    let requests: Vec<_> = (0..50).map(from_browser).collect();
    let mut kept: Vec<_> = requests.iter().map(|request| heads.keep(request)).collect();
    for (request, head) in requests.iter().zip(&kept) {
        assert_eq!(head.to_bytes(), request.head());
    }
    assert_eq!(
        heads.lock().shared.len(),
        5,
        "those with a key are not shared"
    );
    let size = kept[49].parts.len();
    assert!(size < 40, "{size} bytes of {}", requests[49].head().len());

    // The first came before any line was common.
    kept.drain(1..49);
    assert_eq!(kept[1].to_bytes(), requests[49].head());
    kept.pop();
    let lines = heads.lock();
    assert!(lines.shared.is_empty() && lines.by_hash.is_empty());
}

#[test]
fn lines_that_differ_each_time_take_no_more_than_themselves() {
    let heads = Arc::<RequestHeads>::default();
    let requests: Vec<_> = (0..200)
        .map(|number| request(&[format!("X-Request-Id: {number}")]))
        .collect();
    let kept: Vec<_> = requests.iter().map(|request| heads.keep(request)).collect();
    // With 1,024 places, two of 200 may have one.
    let shared = heads.lock().shared.len();
    assert_eq!(shared, 2, "the request line and the host");
    drop(kept);
}

#[test]
fn keys_are_kept_as_their_bytes_and_come_back_as_they_were_written() {
    let heads = Arc::<RequestHeads>::default();
    for (line, size) in [
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", 17),
        ("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", 17),
        // Other keys, and other ways to write one.
        ("sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", 47),
        ("Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ==", 46),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ== ", 48),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==", 47),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ", 45),
        ("Sec-WebSocket-Key: AAAA", 27),
    ] {
        let request = request(&[line.to_owned()]);
        let head = heads.keep(&request);
        assert_eq!(head.to_bytes(), request.head());
        let others = head.parts.len() - size;
        assert!(others == 33 || others == 2, "{line}: {}", head.parts.len());
    }
}

#[test]
fn long_lines_are_not_shared() {
    let heads = Arc::<RequestHeads>::default();
    let long = request(&[format!("Cookie: {}", "x".repeat(20_000))]);
    for _ in 0..3 {
        let head = heads.keep(&long);
        assert_eq!(head.to_bytes(), long.head());
        assert!(format!("{head:?}").len() < 20, "shows no cookie");
    }
    assert!(heads.lock().shared.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Connections come and go in any order. Their heads are always whole, and nothing is left in the end.
    #[test]
    fn heads_are_whole_whoever_comes_and_goes(
        steps in prop::collection::vec((prop::collection::vec("[A-C]: [a-b]{0,2}", 0..6), any::<prop::sample::Index>(), any::<bool>()), 1..80),
    ) {
        let heads = Arc::<RequestHeads>::default();
        let mut open: Vec<(Request, RequestHead)> = Vec::new();
        for (lines, which, goes) in steps {
            if goes && !open.is_empty() {
                let index = which.index(open.len());
                open.swap_remove(index);
            } else {
                let request = request(&lines);
                let head = heads.keep(&request);
                open.push((request, head));
            }
            for (request, head) in &open {
                prop_assert_eq!(&*head.to_bytes(), request.head());
            }
            let uses: usize = heads.lock().shared.iter().map(|(_, line)| line.uses).sum();
            let numbers = open.iter().flat_map(|(_, head)| head.parts());
            prop_assert_eq!(uses, numbers.filter(|part| matches!(part, Part::Shared(_))).count());
        }
        open.clear();
        prop_assert!(heads.lock().shared.is_empty());
    }
}
