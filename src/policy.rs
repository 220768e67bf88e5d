//! Which upgrades are accepted.

use std::str::FromStr;

use napi::Result;
use napi_derive::napi;

use line_socket_core::{Trust, UpgradePolicy};

use super::state::{InvalidOption, ServerCore};

/// Where proxies name the client.
#[napi(string_enum = "kebab-case")]
pub enum ProxyHeaders {
    XForwarded,
    Forwarded,
}

impl From<ProxyHeaders> for line_socket_core::ProxyHeaders {
    fn from(headers: ProxyHeaders) -> Self {
        match headers {
            ProxyHeaders::XForwarded => Self::XForwarded,
            ProxyHeaders::Forwarded => Self::Forwarded,
        }
    }
}

/// The options that decide which upgrades are accepted, as in `types/options.d.ts`.
#[napi(object, object_to_js = false)]
pub struct PolicyOptions {
    /// Absent: any.
    pub path: Option<String>,
    /// Absent: any.
    pub allowed_origins: Option<Vec<String>>,
    pub require_origin: bool,
    pub protocols: Vec<String>,
    /// The number of proxies that are trusted, counted from the server. With 0, `trustedProxies` applies.
    pub trusted_hops: u32,
    /// Addresses, networks and groups of `trustProxy`.
    pub trusted_proxies: Vec<String>,
    pub proxy_headers: ProxyHeaders,
}

#[napi]
impl ServerCore {
    /// Sets which upgrades are accepted from now on. When an option is not valid it is returned, and nothing
    /// has changed.
    #[napi]
    pub fn set_policy(&self, options: PolicyOptions) -> Result<Option<InvalidOption>> {
        let server = self.state()?;
        Ok(match policy(options) {
            Ok(policy) => {
                server.gate.set_policy(policy);
                None
            }
            Err(invalid) => Some(invalid),
        })
    }
}

fn policy(options: PolicyOptions) -> std::result::Result<UpgradePolicy, InvalidOption> {
    let origins = options.allowed_origins;
    let hops = options.trusted_hops as usize;
    let mut policy = UpgradePolicy {
        path: options.path,
        origins: origins
            .map(|entries| parse("allowedOrigins", &entries))
            .transpose()?,
        require_origin: options.require_origin,
        trust: if hops > 0 {
            Trust::Hops(hops)
        } else {
            Trust::Networks(parse("trustProxy", &options.trusted_proxies)?)
        },
        proxy_headers: options.proxy_headers.into(),
        ..UpgradePolicy::default()
    };
    policy
        .set_protocols(options.protocols)
        .map_err(|error| InvalidOption::new("protocols", &error))?;
    Ok(policy)
}

fn parse<T: FromStr<Err: ToString>>(
    option: &str,
    entries: &[String],
) -> std::result::Result<Vec<T>, InvalidOption> {
    let entries = entries.iter().map(|entry| entry.parse());
    entries
        .collect::<std::result::Result<_, T::Err>>()
        .map_err(|error| InvalidOption::new(option, &error))
}
