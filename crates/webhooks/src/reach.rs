//! Which addresses the server sends to. Whoever makes a subscription names one, and must not so reach what only the server
//! reaches: its own machine, its networks, the metadata service of its cloud.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use emporion_hosts::{Hosts, IpNet};
use url::{Host, Url};

/// Addresses of the Internet, and the networks that the operator has named.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    pub allowed: Vec<IpNet>,
    /// Of all that, these alone; where there are none, all.
    pub only: Hosts,
}

/// Why nothing is sent to an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    #[error("is not an http or https address")]
    NotHttp,
    #[error("must not hold a user name or a password")]
    Credentials,
    #[error("leads into a network that webhooks may not reach")]
    Forbidden,
    /// Whether its name is known to nobody or stands for something within: whoever subscribes is not told which.
    #[error("leads to no address in a network that webhooks may reach")]
    NoAddress,
}

impl Reach {
    /// What can be said of an address without asking anybody.
    pub fn check(&self, url: &Url) -> Result<(), Unreachable> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Unreachable::NotHttp);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Unreachable::Credentials);
        }
        match url.host() {
            Some(Host::Ipv4(address)) => self.admit(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => self.admit(IpAddr::V6(address)),
            // What is behind a name that is not named may be.
            Some(Host::Domain(name)) if self.is_named(name) || !self.only.networks.is_empty() => Ok(()),
            Some(Host::Domain(_)) => Err(Unreachable::Forbidden),
            None => Err(Unreachable::NotHttp),
        }
    }

    fn is_named(&self, host: &str) -> bool {
        self.only.is_empty() || self.only.names(host)
    }

    fn admit(&self, address: IpAddr) -> Result<(), Unreachable> {
        // An address is named by a network, never by a name.
        let is_named = self.only.is_empty() || self.only.holds(address);
        if is_named && self.admits(address) { Ok(()) } else { Err(Unreachable::Forbidden) }
    }

    pub fn admits(&self, address: IpAddr) -> bool {
        // The same machine is behind both spellings.
        let address = address.to_canonical();
        self.allowed.iter().any(|network| network.contains(&address)) || is_global(address)
    }

    /// The addresses behind a host that may be sent to. A host with both kinds is reached at those alone.
    pub async fn resolve(&self, url: &Url) -> Result<Vec<SocketAddr>, Unreachable> {
        self.check(url)?;
        let port = url.port_or_known_default().ok_or(Unreachable::NotHttp)?;
        let found: Vec<SocketAddr> = match url.host() {
            Some(Host::Ipv4(address)) => vec![(address, port).into()],
            Some(Host::Ipv6(address)) => vec![(address, port).into()],
            Some(Host::Domain(name)) => {
                tokio::net::lookup_host((name, port)).await.map_err(|_| Unreachable::NoAddress)?.collect()
            }
            None => return Err(Unreachable::NotHttp),
        };
        let is_named = url.host_str().is_some_and(|host| self.is_named(host));
        let is_open = |address: &SocketAddr| is_named || self.only.holds(address.ip());
        let admitted = found.into_iter().filter(|address| is_open(address) && self.admits(address.ip()));
        let admitted: Vec<SocketAddr> = admitted.collect();
        if admitted.is_empty() { Err(Unreachable::NoAddress) } else { Ok(admitted) }
    }
}

/// Whether an address is anybody's on the Internet. After the registries of special-purpose addresses (RFC 6890).
fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_global_v4(address),
        IpAddr::V6(address) => is_global_v6(address),
    }
}

fn is_global_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_unspecified()
        || a == 0
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || address.is_documentation()
        || address.is_multicast()
        || a >= 240;
    !is_special
}

fn is_global_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    // Only what is given out; and of that nothing which carries an address of the other kind.
    let is_unicast = parts[0] & 0xe000 == 0x2000;
    let is_special = (parts[0] == 0x2001 && (parts[1] < 0x200 || parts[1] == 0xdb8))
        || parts[0] == 0x2002
        || (parts[0] == 0x3fff && parts[1] < 0x1000);
    is_unicast && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(reach: &Reach, url: &str) -> Result<(), Unreachable> {
        reach.check(&url.parse().unwrap())
    }

    #[test]
    fn only_the_internet_is_reached() {
        let reach = Reach::default();
        for own in [
            "127.0.0.1",
            "127.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "2130706433",
            "0x7f.1",
            "017700000001",
            "[::1]",
            "[::]",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "[::ffff:127.0.0.1]",
            "[::ffff:169.254.169.254]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[2001::1]",
            "[2001:db8::1]",
            "[ff02::1]",
        ] {
            assert_eq!(check(&reach, &format!("http://{own}/x")), Err(Unreachable::Forbidden), "{own}");
        }
        for other in ["1.1.1.1", "93.184.216.34", "[2606:4700:4700::1111]", "example.com"] {
            assert_eq!(check(&reach, &format!("https://{other}:8443/x")), Ok(()), "{other}");
        }
        assert_eq!(check(&reach, "ftp://example.com/"), Err(Unreachable::NotHttp));
        assert_eq!(check(&reach, "file:///etc/passwd"), Err(Unreachable::NotHttp));
        assert_eq!(check(&reach, "http://user:secret@example.com/"), Err(Unreachable::Credentials));
    }

    #[test]
    fn the_operator_names_networks_beside_it() {
        let allowed = vec!["10.0.0.0/8".parse().unwrap(), "127.0.0.1/32".parse().unwrap()];
        let reach = Reach { allowed, ..Reach::default() };
        assert_eq!(check(&reach, "http://10.9.8.7/"), Ok(()));
        assert_eq!(check(&reach, "http://[::ffff:10.9.8.7]/"), Ok(()));
        assert_eq!(check(&reach, "http://127.0.0.2/"), Err(Unreachable::Forbidden));
    }

    #[test]
    fn where_hosts_are_named_no_others_are_reached() {
        let only = Hosts::parse(&[".example.com".into(), "1.1.1.0/24".into()]).unwrap();
        let reach = Reach { only: only.clone(), ..Reach::default() };
        for named in ["https://a.example.com/", "https://1.1.1.1/", "https://elsewhere.org/"] {
            assert_eq!(check(&reach, named), Ok(()), "{named}: of a name it is known once it is looked up");
        }
        assert_eq!(check(&reach, "https://8.8.8.8/"), Err(Unreachable::Forbidden));
        let reach = Reach { only: Hosts { networks: Vec::new(), ..only }, ..Reach::default() };
        assert_eq!(check(&reach, "https://elsewhere.org/"), Err(Unreachable::Forbidden));
        // Named is not let into networks that are the server's own.
        let only = Hosts::parse(&["127.0.0.1".into()]).unwrap();
        assert_eq!(check(&Reach { only, ..Reach::default() }, "http://127.0.0.1/"), Err(Unreachable::Forbidden));
    }

    #[tokio::test]
    async fn a_name_is_as_good_as_what_it_stands_for() {
        let url: Url = "http://localhost:81/".parse().unwrap();
        assert_eq!(Reach::default().resolve(&url).await, Err(Unreachable::NoAddress));
        let unknown: Url = "http://nobody.invalid/".parse().unwrap();
        assert_eq!(Reach::default().resolve(&unknown).await, Err(Unreachable::NoAddress), "nobody is told which");
        let allowed = vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        let reach = Reach { allowed: allowed.clone(), ..Reach::default() };
        assert!(reach.resolve(&url).await.unwrap().iter().all(|address| address.ip().is_loopback()));
        let only = Hosts::parse(&["example.com".into(), "10.0.0.0/8".into()]).unwrap();
        assert_eq!(
            Reach { allowed, only }.resolve(&url).await,
            Err(Unreachable::NoAddress),
            "it is not among those named"
        );
    }
}
