//! The headers that proxies add to requests: `Forwarded` (RFC 7239), and `X-Forwarded-For` and
//! `X-Forwarded-Proto`, which no standard describes.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::Request;

/// The headers in which proxies name their client (`proxyHeaders`). Only one kind is read, because most
/// proxies pass on what a client sends in the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProxyHeaders {
    /// `X-Forwarded-For` and `X-Forwarded-Proto`.
    #[default]
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// What one proxy says of the request that it received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Hop {
    /// The address it came from; `None` when the proxy does not name one, or names something else.
    pub address: Option<(IpAddr, Option<u16>)>,
    /// Whether it came encrypted; `None` when the proxy does not say.
    pub encrypted: Option<bool>,
}

/// What the proxies of a request say, the nearest first. It ends at the first entry that cannot be parsed.
pub(super) fn hops(request: &Request, headers: ProxyHeaders) -> Vec<Hop> {
    match headers {
        ProxyHeaders::XForwarded => x_forwarded(request),
        ProxyHeaders::Forwarded => forwarded(request),
    }
}

/// Most proxies append to `X-Forwarded-For` and replace `X-Forwarded-Proto`; some append to both. So a single
/// protocol is that of the client's own connection, and applies to every entry. In a list, a protocol belongs to
/// the address at the same distance from the end.
fn x_forwarded(request: &Request) -> Vec<Hop> {
    let protocols = list(request, "x-forwarded-proto");
    let protocol = |index: usize| {
        let value = protocols.get(index).or(protocols.last())?;
        encrypted(str::from_utf8(value).ok()?)
    };
    let mut hops: Vec<Hop> = list(request, "x-forwarded-for")
        .into_iter()
        .enumerate()
        .map(|(index, value)| Hop {
            address: str::from_utf8(value).ok().and_then(address),
            encrypted: protocol(index),
        })
        .collect();
    if hops.is_empty() {
        hops.push(Hop {
            address: None,
            encrypted: protocol(0),
        });
    }
    hops
}

/// The elements of a comma-separated list, over all its header lines, the last first. Empty ones do
/// not count (RFC 9110 section 5.6.1).
fn list<'a>(request: &'a Request, name: &str) -> Vec<&'a [u8]> {
    let mut elements: Vec<_> = request
        .values(name)
        .flat_map(|value| value.split(|&byte| byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|element| !element.is_empty())
        .collect();
    elements.reverse();
    elements
}

/// The elements of `Forwarded`, the last first. A header line that breaks the grammar is ignored, and so are
/// the lines before it: its author could have chosen where an element seems to begin.
fn forwarded(request: &Request) -> Vec<Hop> {
    let mut hops = Vec::new();
    let lines: Vec<_> = request.values("forwarded").collect();
    for line in lines.into_iter().rev() {
        let Some(elements) = str::from_utf8(line).ok().and_then(forwarded_line) else {
            break;
        };
        hops.extend(elements.into_iter().rev());
    }
    hops
}

/// The elements of one line of `Forwarded`, in their order; `None` when it breaks the grammar of
/// RFC 7239 section 4.
fn forwarded_line(line: &str) -> Option<Vec<Hop>> {
    let mut hops = Vec::new();
    let mut hop = None;
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if let Some(end) = rest.find(['=', ',', ';', '"'])
            && let (name, after) = rest.split_at(end)
            && let Some(after) = after.strip_prefix('=')
        {
            let (value, after) = value(after)?;
            let hop: &mut Hop = hop.get_or_insert_default();
            match name {
                _ if !is_token(name) => return None,
                _ if name.eq_ignore_ascii_case("for") => hop.address = address(&value),
                _ if name.eq_ignore_ascii_case("proto") => hop.encrypted = encrypted(&value),
                _ => {}
            }
            rest = after.trim_start_matches([' ', '\t']);
        }
        let mut rest_chars = rest.chars();
        match rest_chars.next() {
            None => {
                hops.extend(hop);
                return Some(hops);
            }
            Some(',') => hops.extend(hop.take()),
            Some(';') => {}
            Some(_) => return None,
        }
        rest = rest_chars.as_str();
    }
}

/// The token or quoted string at the start, and what follows it (RFC 9110 section 5.6.4). Addresses
/// with colons should be quoted, but not every proxy does.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ';', ' ', '\t']).unwrap_or(text.len());
        let (token, rest) = text.split_at(end);
        let is_value = is_token(&token.replace([':', '[', ']'], "."));
        return is_value.then(|| (token.to_owned(), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => return Some((value, chars.as_str())),
            '\\' => value.push(chars.next()?),
            other => value.push(other),
        }
    }
}

/// Whether this is a token (RFC 9110 section 5.6.2).
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`,
/// `[2001:db8::1]:80`. `None` for `unknown`, a hidden name such as `_proxy`, and anything else.
fn address(text: &str) -> Option<(IpAddr, Option<u16>)> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some((address, None));
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some((address.ip(), Some(address.port())));
    }
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    Some((inner.parse::<Ipv6Addr>().ok()?.into(), None))
}

/// Whether a protocol is encrypted; `None` for an unknown protocol.
fn encrypted(protocol: &str) -> Option<bool> {
    match protocol.to_ascii_lowercase().as_str() {
        "https" | "wss" => Some(true),
        "http" | "ws" => Some(false),
        _ => None,
    }
}
