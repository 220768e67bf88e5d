use std::str::FromStr;

/// An entry of `allowedOrigins` is neither an origin nor a pattern of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not an origin: write scheme://host, with a port unless it is the default port")]
pub struct InvalidOrigin(String);

/// Which pages may open connections: one entry of `allowedOrigins`.
///
/// | entry | allows |
/// | --- | --- |
/// | `https://example.com` | this origin; a port that is the scheme's own may be left out |
/// | `https://*.example.com` | every name below `example.com`, not `example.com` itself |
/// | `http://localhost:*` | every port |
/// | `null` | pages without an origin of their own: sandboxed frames, files |
/// | `*` | everything |
///
/// Scheme and host are compared without regard to case (RFC 6454 section 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OriginPattern {
    /// `*`
    Any,
    /// `null`: an opaque origin (RFC 6454 section 6.2).
    Opaque,
    /// A scheme, host and port.
    Tuple {
        /// Lower case.
        scheme: String,
        /// Which hosts.
        host: HostPattern,
        /// The port, 0 for a scheme that has none; any if `None`.
        port: Option<u16>,
    },
}

/// The hosts of an [`OriginPattern`], in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostPattern {
    /// This one.
    Exact(String),
    /// Every name that ends in this, which begins with a dot.
    Below(String),
}

impl OriginPattern {
    /// Whether a page of `origin`, the value of the header, is allowed. A value that is not an origin is
    /// allowed by `*` alone.
    pub fn allows(&self, origin: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        match self {
            Self::Any => true,
            Self::Opaque => origin == "null",
            Self::Tuple { scheme, host, port } => Tuple::split(&origin).is_some_and(|sent| {
                sent.scheme == scheme
                    && is_host(sent.host)
                    && host.matches(sent.host)
                    && sent
                        .port()
                        .is_some_and(|sent| port.is_none_or(|port| port == sent))
            }),
        }
    }
}

impl HostPattern {
    fn matches(&self, host: &str) -> bool {
        match self {
            Self::Exact(exact) => host == exact,
            Self::Below(suffix) => host
                .strip_suffix(suffix.as_str())
                .is_some_and(|below| below.split('.').all(|label| !label.is_empty())),
        }
    }
}

impl FromStr for OriginPattern {
    type Err = InvalidOrigin;

    /// # Errors
    ///
    /// [`InvalidOrigin`] for entries that could not match anything: with a path (even a final slash), letters
    /// outside ASCII (browsers send `xn--…`), or a `*` in another place.
    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let invalid = || InvalidOrigin(text.to_owned());
        let lower = text.to_ascii_lowercase();
        match lower.as_str() {
            "*" => return Ok(Self::Any),
            "null" => return Ok(Self::Opaque),
            _ => {}
        }
        let tuple = Tuple::split(&lower).ok_or_else(invalid)?;
        let port = match tuple.port_text {
            Some("*") => None,
            _ => Some(tuple.port().ok_or_else(invalid)?),
        };
        let host = match tuple.host.strip_prefix('*') {
            Some(suffix) if suffix.len() > 1 && suffix.starts_with('.') && is_host(suffix) => {
                HostPattern::Below(suffix.to_owned())
            }
            None if is_host(tuple.host) => HostPattern::Exact(tuple.host.to_owned()),
            _ => return Err(invalid()),
        };
        Ok(Self::Tuple {
            scheme: tuple.scheme.to_owned(),
            host,
            port,
        })
    }
}

/// The parts of an origin that is not opaque.
struct Tuple<'a> {
    scheme: &'a str,
    host: &'a str,
    port_text: Option<&'a str>,
}

impl<'a> Tuple<'a> {
    /// `None` when there is no scheme, or a port that is empty.
    fn split(origin: &'a str) -> Option<Self> {
        let (scheme, rest) = origin.split_once("://")?;
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        // The colons of an IPv6 address are inside of its brackets.
        let host_end = rest.rfind(']').map_or(0, |bracket| bracket + 1);
        let (host, port_text) = match rest[host_end..].find(':') {
            Some(colon) => {
                let colon = host_end + colon;
                (&rest[..colon], Some(&rest[colon + 1..]))
            }
            None => (rest, None),
        };
        (is_scheme && port_text != Some("")).then_some(Self {
            scheme,
            host,
            port_text,
        })
    }

    /// The port, which is the scheme's own when none is written, and 0 for a scheme that has none. `None` when the
    /// text is not a port.
    fn port(&self) -> Option<u16> {
        let Some(text) = self.port_text else {
            return Some(match self.scheme {
                "http" | "ws" => 80,
                "https" | "wss" => 443,
                _ => 0,
            });
        };
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            text.parse().ok()
        } else {
            None
        }
    }
}

/// Whether this can be a host of an origin: a name or an address. Some schemes have none
/// (`file://`).
fn is_host(host: &str) -> bool {
    let inner = host.strip_prefix('[').map_or(Some((host, false)), |rest| {
        Some((rest.strip_suffix(']')?, true))
    });
    inner.is_some_and(|(inner, is_ipv6)| {
        inner.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || b"-._".contains(&byte) || (is_ipv6 && byte == b':')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(pattern: &str, origin: &str) -> bool {
        pattern.parse::<OriginPattern>().unwrap().allows(origin)
    }

    #[test]
    fn an_origin_allows_itself() {
        for (pattern, origin) in [
            ("https://example.com", "https://example.com"),
            ("HTTPS://Example.COM", "https://example.com"),
            ("https://example.com", "https://EXAMPLE.com"),
            ("https://example.com:443", "https://example.com"),
            ("https://example.com", "https://example.com:443"),
            ("http://example.com", "http://example.com:80"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("http://[::1]", "http://[::1]"),
            ("http://192.0.2.1", "http://192.0.2.1"),
            (
                "https://xn--bcher-kva.example",
                "https://xn--bcher-kva.example",
            ),
            ("https://a_b.example", "https://a_b.example"),
            ("chrome-extension://abcdef", "chrome-extension://abcdef"),
            ("file://", "file://"),
            ("null", "null"),
            ("*", "https://example.com"),
            ("*", "null"),
            ("*", "what is this"),
        ] {
            assert!(allows(pattern, origin), "{pattern} {origin}");
        }
    }

    #[test]
    fn an_origin_allows_no_other() {
        for (pattern, origin) in [
            ("https://example.com", "http://example.com"),
            ("https://example.com", "https://example.com:8443"),
            ("https://example.com", "https://example.com."),
            ("https://example.com", "https://www.example.com"),
            ("https://example.com", "https://example.com.evil.net"),
            ("https://example.com", "https://evilexample.com"),
            ("https://example.com", "https://example.com/"),
            ("https://example.com", "https://example.com:443x"),
            ("https://example.com", "https://example.com:"),
            ("https://example.com", "https://example.com:+443"),
            ("https://example.com", "https://example.com:65979"),
            ("https://example.com", "https://user@example.com"),
            (
                "https://example.com",
                "https://example.com, https://example.com",
            ),
            (
                "https://example.com",
                "https://example.com https://example.com",
            ),
            ("https://example.com", "example.com"),
            ("https://example.com", "//example.com"),
            ("https://example.com", ""),
            ("https://example.com", "null"),
            ("null", "https://null"),
            ("null", ""),
            ("http://[::1]", "http://[::1"),
            ("http://[::1]", "http://[::1]]"),
            ("file://", "file:///etc"),
        ] {
            assert!(!allows(pattern, origin), "{pattern} {origin}");
        }
    }

    #[test]
    fn a_star_stands_for_names_below_a_host() {
        let pattern = "https://*.Example.com";
        for host in [
            "a.example.com",
            "a.b.example.com",
            "A.EXAMPLE.COM",
            "-.example.com",
        ] {
            assert!(allows(pattern, &format!("https://{host}")), "{host}");
        }
        for host in [
            "example.com",
            ".example.com",
            "a..example.com",
            "aexample.com",
            "a.example.com.evil.net",
            "evil.net/.example.com",
            "evil.net?.example.com",
            "evil.net#.example.com",
            "evil.net\\.example.com",
            "evil.net:443.example.com",
            "user@a.example.com",
            "a,b.example.com",
            "a.example.com:8443",
            "[a.example.com",
            "\u{e4}.example.com",
        ] {
            assert!(!allows(pattern, &format!("https://{host}")), "{host}");
        }
        assert!(!allows(pattern, "http://a.example.com"));
    }

    #[test]
    fn a_star_stands_for_any_port() {
        for origin in [
            "http://localhost",
            "http://localhost:1",
            "http://LOCALHOST:65535",
        ] {
            assert!(allows("http://localhost:*", origin), "{origin}");
        }
        for origin in [
            "https://localhost",
            "http://localhost.evil.net:1",
            "http://localhost:x",
        ] {
            // The text behind the colon cannot change the host, but it must be a port.
            assert!(!allows("http://localhost:*", origin), "{origin}");
        }
        assert!(allows(
            "https://*.example.com:*",
            "https://a.example.com:8443"
        ));
    }

    #[test]
    fn what_could_match_nothing_is_no_pattern() {
        for text in [
            "",
            "example.com",
            "*.example.com",
            "https://example.com/",
            "https://example.com/chat",
            "https://example.com?",
            "https://user@example.com",
            "https://example.com:",
            "https://example.com:x",
            "https://example.com:70000",
            "https://example.com:-1",
            "https://*",
            "https://*.",
            "https://*example.com",
            "https://www.*.com",
            "https://example.*",
            "*://example.com",
            "https://exa mple.com",
            "https://b\u{fc}cher.example",
            "https://[::1",
            "https://::1",
            "://example.com",
            "1http://example.com",
            "/example/",
        ] {
            assert!(text.parse::<OriginPattern>().is_err(), "{text}");
        }
        assert_eq!(
            "example.com"
                .parse::<OriginPattern>()
                .unwrap_err()
                .to_string(),
            "\"example.com\" is not an origin: write scheme://host, with a port unless it is the default port"
        );
    }
}
