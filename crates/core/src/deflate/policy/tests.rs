use super::*;

fn answer(policy: &CompressionPolicy, header: &str) -> Option<String> {
    let agreement = policy.negotiate(header).unwrap();
    agreement.map(|agreement| agreement.to_string())
}

/// As `ws` is by default: context takeover in both directions.
fn taking_over() -> CompressionPolicy {
    CompressionPolicy {
        server_takeover: true,
        client_takeover: true,
        ..CompressionPolicy::default()
    }
}

#[test]
fn by_default_every_message_stands_alone() {
    let all = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    for (offer, expected) in [
        ("permessage-deflate", Some(all.to_owned())),
        (
            "permessage-deflate; client_max_window_bits",
            Some(all.to_owned()),
        ),
        (all, Some(all.to_owned())),
        (
            "permessage-deflate; server_max_window_bits=9; client_max_window_bits=11",
            Some(format!(
                "{all}; server_max_window_bits=9; client_max_window_bits=11"
            )),
        ),
        ("", None),
        ("x-webkit-deflate-frame, permessage-bzip2", None),
        ("Permessage-Deflate", None),
    ] {
        assert_eq!(
            answer(&CompressionPolicy::default(), offer),
            expected,
            "{offer}"
        );
    }
}

#[test]
fn context_takeover_is_had_on_request() {
    for (offer, expected) in [
        ("permessage-deflate", "permessage-deflate"),
        (
            "permessage-deflate; client_no_context_takeover",
            "permessage-deflate",
        ),
        (
            "permessage-deflate; server_no_context_takeover",
            "permessage-deflate; server_no_context_takeover",
        ),
    ] {
        assert_eq!(
            answer(&taking_over(), offer).as_deref(),
            Some(expected),
            "{offer}"
        );
    }
}

#[test]
fn windows_are_never_larger_than_both_sides_want() {
    let policy = CompressionPolicy {
        server_max_window_bits: WindowBits::AtMost(12),
        client_max_window_bits: WindowBits::AtMost(10),
        ..taking_over()
    };
    for (offer, expected) in [
        ("permessage-deflate", None),
        ("permessage-deflate; server_max_window_bits=10", None),
        (
            "permessage-deflate; client_max_window_bits",
            Some("server_max_window_bits=12; client_max_window_bits=10"),
        ),
        (
            "permessage-deflate; client_max_window_bits=8; server_max_window_bits=10",
            Some("server_max_window_bits=10; client_max_window_bits=8"),
        ),
        (
            "permessage-deflate; client_max_window_bits=15; server_max_window_bits=15",
            Some("server_max_window_bits=12; client_max_window_bits=10"),
        ),
    ] {
        let expected = expected.map(|rest| format!("permessage-deflate; {rest}"));
        assert_eq!(answer(&policy, offer), expected, "{offer}");
    }
}

#[test]
fn a_window_can_be_refused() {
    let policy = CompressionPolicy {
        server_max_window_bits: WindowBits::Never,
        client_max_window_bits: WindowBits::Never,
        ..taking_over()
    };
    for (offer, expected) in [
        ("permessage-deflate", Some("permessage-deflate")),
        (
            "permessage-deflate; client_max_window_bits=9",
            Some("permessage-deflate"),
        ),
        ("permessage-deflate; server_max_window_bits=9", None),
        (
            "permessage-deflate; server_max_window_bits=9, permessage-deflate",
            Some("permessage-deflate"),
        ),
    ] {
        assert_eq!(answer(&policy, offer).as_deref(), expected, "{offer}");
    }
}

#[test]
fn what_is_not_understood_is_declined_and_the_next_offer_taken() {
    for parameters in [
        "unknown",
        "unknown=1",
        "server_no_context_takeover=1",
        "client_no_context_takeover=true",
        "server_no_context_takeover; server_no_context_takeover",
        "client_max_window_bits; client_max_window_bits=10",
        "server_max_window_bits",
        "server_max_window_bits=7",
        "server_max_window_bits=16",
        "server_max_window_bits=08",
        "server_max_window_bits=+9",
        "client_max_window_bits=0",
        "client_max_window_bits=1e1",
        "client_max_window_bits=99999999999999999999",
        "Server_Max_Window_Bits=9",
    ] {
        let bad = format!("permessage-deflate; {parameters}");
        assert_eq!(answer(&taking_over(), &bad), None, "{bad}");
        let then = format!("{bad}, permessage-deflate; server_max_window_bits=\"1\\1\"");
        let second = "permessage-deflate; server_max_window_bits=11";
        assert_eq!(
            answer(&taking_over(), &then).as_deref(),
            Some(second),
            "{bad}"
        );
    }
}

#[test]
fn a_malformed_header_is_no_offer_at_all() {
    for header in [
        "permessage-deflate;",
        "permessage-deflate, a b",
        "permessage-deflate; x=\"\"",
    ] {
        assert_eq!(
            CompressionPolicy::default().negotiate(header),
            Err(Malformed),
            "{header}"
        );
    }
}
