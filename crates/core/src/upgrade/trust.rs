use std::net::IpAddr;
use std::str::FromStr;

/// An entry of `trustProxy` is neither an address, a network nor one of the names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is not an IP address, a network such as 10.0.0.0/8, or one of loopback, linklocal, uniquelocal"
)]
pub struct InvalidNetwork(String);

/// The proxies that are trusted to say where a request comes from (`trustProxy`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Trust {
    /// None: the address is that of the socket.
    #[default]
    Nobody,
    /// So many proxies, counted from this server.
    Hops(usize),
    /// Proxies at these addresses.
    Networks(Vec<Network>),
}

impl Trust {
    /// Whether the proxy at `address`, the `index`th from this server, is trusted. `None` is the other end of a
    /// Unix domain socket, a process of this machine.
    pub(super) fn includes(&self, address: Option<IpAddr>, index: usize) -> bool {
        match self {
            Self::Nobody => false,
            Self::Hops(hops) => index < *hops,
            Self::Networks(networks) => networks.iter().any(|network| network.contains(address)),
        }
    }
}

/// Addresses that share their first bits, or a named group of such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// `loopback`: this machine, by 127.0.0.0/8, `::1` or a Unix domain socket.
    Loopback,
    /// `linklocal`: 169.254.0.0/16 (RFC 3927) and `fe80::/10` (RFC 4291).
    LinkLocal,
    /// `uniquelocal`: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 (RFC 1918) and `fc00::/7` (RFC 4193).
    UniqueLocal,
    /// One address, or those that agree with it in the first `bits` bits.
    Block {
        /// An IPv4 address, also if it was written as an IPv6 address that maps it; else an IPv6 address.
        address: IpAddr,
        /// At most 32 or 128.
        bits: u8,
    },
}

impl Network {
    /// Whether an address is in it. An IPv4 address is the same when mapped into IPv6
    /// (`::ffff:192.0.2.1`), as sockets for both show it.
    fn contains(self, address: Option<IpAddr>) -> bool {
        let Some(sought) = address.map(|address| address.to_canonical()) else {
            return self == Self::Loopback;
        };
        match (self, sought) {
            (Self::Loopback, sought) => sought.is_loopback(),
            (Self::LinkLocal, IpAddr::V4(v4)) => v4.is_link_local(),
            (Self::LinkLocal, IpAddr::V6(v6)) => v6.is_unicast_link_local(),
            (Self::UniqueLocal, IpAddr::V4(v4)) => v4.is_private(),
            (Self::UniqueLocal, IpAddr::V6(v6)) => v6.is_unique_local(),
            (Self::Block { address, bits }, sought) => match (address, sought) {
                (IpAddr::V4(a), IpAddr::V4(b)) => {
                    same_start((a.to_bits() ^ b.to_bits()).leading_zeros(), bits)
                }
                (IpAddr::V6(a), IpAddr::V6(b)) => {
                    same_start((a.to_bits() ^ b.to_bits()).leading_zeros(), bits)
                }
                _ => false,
            },
        }
    }
}

fn same_start(equal_bits: u32, bits: u8) -> bool {
    equal_bits >= u32::from(bits)
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    /// # Errors
    ///
    /// [`InvalidNetwork`], also for a network of no bits, which would trust every address.
    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        match text {
            "loopback" => return Ok(Self::Loopback),
            "linklocal" => return Ok(Self::LinkLocal),
            "uniquelocal" => return Ok(Self::UniqueLocal),
            _ => {}
        }
        let invalid = || InvalidNetwork(text.to_owned());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let written: IpAddr = address.parse().map_err(|_| invalid())?;
        let address = written.to_canonical();
        let length = if address.is_ipv4() { 32 } else { 128 };
        // The bits of a mapped address are counted from the start of the IPv6 address.
        let before = if written.is_ipv4() == address.is_ipv4() {
            0
        } else {
            96
        };
        let bits = match bits {
            None => length,
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => bits
                .parse::<u8>()
                .ok()
                .and_then(|bits| bits.checked_sub(before))
                .filter(|bits| (1..=length).contains(bits))
                .ok_or_else(invalid)?,
            Some(_) => return Err(invalid()),
        };
        Ok(Self::Block { address, bits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        let network: Network = network.parse().unwrap();
        network.contains(Some(address.parse().unwrap()))
    }

    #[test]
    fn networks_contain_what_begins_like_them() {
        for (network, inside, outside) in [
            ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("192.0.2.1", "::ffff:192.0.2.1", "::192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.0"),
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("10.0.0.5/8", "10.9.9.9", "9.255.255.255"),
            ("172.16.0.0/12", "172.31.255.255", "172.32.0.0"),
            ("192.0.2.128/25", "192.0.2.255", "192.0.2.127"),
            ("128.0.0.0/1", "255.0.0.0", "127.255.255.255"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("2001:db8::1/128", "2001:db8::1", "2001:db8::2"),
            ("loopback", "127.9.9.9", "128.0.0.1"),
            ("loopback", "::1", "::2"),
            ("loopback", "::ffff:127.0.0.1", "::ffff:128.0.0.1"),
            ("linklocal", "169.254.1.1", "169.255.1.1"),
            ("linklocal", "fe80::1", "fec0::1"),
            ("uniquelocal", "10.0.0.1", "192.169.0.1"),
            ("uniquelocal", "fd00::1", "fe00::1"),
        ] {
            assert!(contains(network, inside), "{network} {inside}");
            assert!(!contains(network, outside), "{network} {outside}");
        }
    }

    #[test]
    fn a_unix_domain_socket_is_local() {
        for (network, is_in) in [
            ("loopback", true),
            ("uniquelocal", false),
            ("10.0.0.0/8", false),
        ] {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.contains(None), is_in, "{network:?}");
        }
    }

    #[test]
    fn what_is_no_network() {
        for text in [
            "",
            "localhost",
            "Loopback",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "10.0.0.0/0",
            "::/0",
            "::1/129",
            "10.0.0",
            "10.0.0.0/255.0.0.0",
            "fe80::1%eth0",
            "[::1]",
            "::ffff:10.0.0.0/96",
            "::ffff:10.0.0.0/8",
            "1.2.3.4:80",
            "*",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    #[test]
    fn hops_are_counted_from_this_server() {
        let anyone = Some("192.0.2.1".parse().unwrap());
        assert!(!Trust::Nobody.includes(anyone, 0));
        assert!(Trust::Hops(2).includes(anyone, 1));
        assert!(Trust::Hops(2).includes(None, 0));
        assert!(!Trust::Hops(2).includes(anyone, 2));
    }
}
