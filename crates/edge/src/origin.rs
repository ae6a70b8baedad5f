//! Where a request comes from: the client's address, and the scheme and host that it called.
//!
//! Anybody can write forwarding headers. They count only when the peer of the connection is a proxy that the operator
//! trusts, and of the addresses in them only those that such proxies have written.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use http::uri::Authority;
use ipnet::IpNet;

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    pub address: SocketAddr,
    pub is_tls: bool,
}

/// Where one request comes from, as far as that can be believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// `None` only for requests that came over no connection (tests).
    pub client: Option<IpAddr>,
    /// The client calls by https.
    pub is_https: bool,
    /// The host that the client called, with its port unless that is the default, where a trusted proxy forwards under another
    /// name.
    pub host: Option<String>,
}

/// Which headers trusted proxies write. A proxy passes on what it does not know, so only one family can be believed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Forwarding {
    /// `X-Forwarded-For`, `-Proto`, `-Host` and `-Port`.
    #[default]
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The proxies that the operator trusts.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    networks: Vec<IpNet>,
    headers: Forwarding,
}

/// An address, or a network in the form `10.0.0.0/8`.
pub fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

impl Proxies {
    pub fn new(networks: Vec<IpNet>, headers: Forwarding) -> Proxies {
        Proxies { networks, headers }
    }

    pub fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// Judges one request.
    pub fn origin(&self, peer: Option<Peer>, headers: &HeaderMap) -> Origin {
        let Some(peer) = peer else { return Origin::default() };
        // A listener for both families sees IPv4 peers as ::ffff:a.b.c.d.
        let address = peer.address.ip().to_canonical();
        let direct = Origin { client: Some(address), is_https: peer.is_tls, host: None };
        if !self.trusts(address) {
            return direct;
        }
        let told = match self.headers {
            Forwarding::XForwarded => Told::x_forwarded(headers),
            Forwarding::Forwarded => Told::forwarded(headers),
        };
        // From the nearest hop back to the first that is no proxy of ours; before it, anybody may have written.
        let (mut client, mut hops) = (address, 1);
        for said in told.clients.iter().rev() {
            let Some(said) = said else { break };
            client = *said;
            if !self.trusts(client) {
                break;
            }
            hops += 1;
        }
        let scheme = nearest(&told.schemes, hops).map(str::to_ascii_lowercase);
        let is_https = match scheme.as_deref() {
            Some("https") => true,
            Some("http") => false,
            _ => peer.is_tls,
        };
        let port = nearest(&told.ports, hops);
        let host = nearest(&told.hosts, hops).and_then(|host| authority(host, port, is_https));
        Origin { client: Some(client), is_https, host }
    }
}

/// What forwarding headers say, the hop nearest to the client first.
#[derive(Default)]
struct Told {
    /// `None` where something else than an address stands.
    clients: Vec<Option<IpAddr>>,
    schemes: Vec<String>,
    hosts: Vec<String>,
    ports: Vec<String>,
}

impl Told {
    fn x_forwarded(headers: &HeaderMap) -> Told {
        Told {
            clients: list(headers, "x-forwarded-for").iter().map(|text| address(text)).collect(),
            schemes: list(headers, "x-forwarded-proto"),
            hosts: list(headers, "x-forwarded-host"),
            ports: list(headers, "x-forwarded-port"),
        }
    }

    fn forwarded(headers: &HeaderMap) -> Told {
        let mut told = Told::default();
        for hop in list(headers, "forwarded") {
            // Every hop has its place in each list, also where it says nothing.
            let (mut client, mut scheme, mut host) = (None, String::new(), String::new());
            for pair in hop.split(';') {
                let Some((name, value)) = pair.split_once('=') else { continue };
                let value = value.trim().trim_matches('"');
                match name.trim().to_ascii_lowercase().as_str() {
                    "for" => client = address(value),
                    "proto" => value.clone_into(&mut scheme),
                    "host" => value.clone_into(&mut host),
                    _ => {}
                }
            }
            told.clients.push(client);
            told.schemes.push(scheme);
            told.hosts.push(host);
        }
        told
    }
}

/// The elements of a header that is a list, over all its lines.
fn list(headers: &HeaderMap, name: &str) -> Vec<String> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or(""));
    lines.flat_map(|line| line.split(',')).map(|element| element.trim().to_owned()).collect()
}

/// What the proxy that took the client's call wrote: `hops` elements from the end; of a shorter list the first.
fn nearest(elements: &[String], hops: usize) -> Option<&str> {
    elements.get(elements.len().saturating_sub(hops)).map(String::as_str).filter(|element| !element.is_empty())
}

/// An address as headers write it: bare, in brackets, with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let parsed = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    parsed.map(|address: IpAddr| address.to_canonical())
}

fn authority(host: &str, port: Option<&str>, is_https: bool) -> Option<String> {
    let host: Authority = host.parse().ok()?;
    if host.as_str().contains('@') {
        return None;
    }
    let usual = if is_https { "443" } else { "80" };
    match port.filter(|port| *port != usual && port.parse::<u16>().is_ok()) {
        Some(port) if host.port().is_none() => Some(format!("{host}:{port}")),
        _ => Some(host.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn origin(headers_of: Forwarding, peer: &str, sent: &[(&'static str, &str)]) -> Origin {
        let networks = ["10.0.0.0/8", "::1"].into_iter().map(|text| network(text).unwrap()).collect();
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        let peer = Peer { address: SocketAddr::new(peer.parse().unwrap(), 1), is_tls: false };
        Proxies::new(networks, headers_of).origin(Some(peer), &headers)
    }

    fn client(peer: &str, forwarded_for: &str) -> String {
        let origin = origin(Forwarding::XForwarded, peer, &[("x-forwarded-for", forwarded_for)]);
        origin.client.unwrap().to_string()
    }

    #[test]
    fn nobody_but_a_trusted_proxy_says_where_a_request_comes_from() {
        let all =
            [("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "evil.example")];
        let direct = origin(Forwarding::XForwarded, "192.0.2.7", &all);
        assert_eq!(direct, Origin { client: Some("192.0.2.7".parse().unwrap()), is_https: false, host: None });
        let proxied = origin(Forwarding::XForwarded, "10.1.1.1", &all);
        assert_eq!(proxied.client, Some("1.2.3.4".parse().unwrap()));
        assert_eq!((proxied.is_https, proxied.host.as_deref()), (true, Some("evil.example")));
        assert_eq!(client("::ffff:10.1.1.1", "1.2.3.4"), "1.2.3.4");
        assert_eq!(client("::1", "[2001:db8::7]:443"), "2001:db8::7");
    }

    #[test]
    fn what_stands_before_the_nearest_stranger_is_his_own_invention() {
        assert_eq!(client("10.1.1.1", "6.6.6.6, 1.2.3.4"), "1.2.3.4");
        assert_eq!(client("10.1.1.1", "6.6.6.6, 1.2.3.4:5000, 10.2.2.2"), "1.2.3.4");
        assert_eq!(client("10.1.1.1", "10.3.3.3, 10.2.2.2"), "10.3.3.3");
        assert_eq!(client("10.1.1.1", "6.6.6.6, unknown, 10.2.2.2"), "10.2.2.2");
        assert_eq!(client("10.1.1.1", ""), "10.1.1.1");
    }

    #[test]
    fn scheme_and_host_are_those_of_the_same_hop() {
        let sent = [
            ("x-forwarded-for", "6.6.6.6, 1.2.3.4, 10.2.2.2"),
            ("x-forwarded-proto", "http, https, http"),
            ("x-forwarded-host", "catalogue.example"),
            ("x-forwarded-port", "8443"),
        ];
        let origin = origin(Forwarding::XForwarded, "10.1.1.1", &sent);
        assert_eq!((origin.is_https, origin.host.as_deref()), (true, Some("catalogue.example:8443")));
    }

    #[test]
    fn two_proxies_in_a_row_are_asked_for_what_the_first_of_them_wrote() {
        let of = |headers: [(&'static str, &str); 4]| {
            let origin = origin(Forwarding::XForwarded, "10.1.1.1", &headers);
            (origin.client.unwrap().to_string(), origin.is_https, origin.host.unwrap())
        };
        let told = ("1.2.3.4".to_owned(), true, "catalogue.example:8443".to_owned());
        let both = [
            ("x-forwarded-for", "1.2.3.4, 10.2.2.2"),
            ("x-forwarded-proto", "https, http"),
            ("x-forwarded-host", "catalogue.example, inner.example"),
            ("x-forwarded-port", "8443, 8080"),
        ];
        assert_eq!(of(both), told);
        // The second passes on what the first wrote.
        let first = [
            ("x-forwarded-for", "1.2.3.4, 10.2.2.2"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "catalogue.example"),
            ("x-forwarded-port", "8443"),
        ];
        assert_eq!(of(first), told);
        // What the client himself has put before is nobody's word.
        let with_inventions = [
            ("x-forwarded-for", "6.6.6.6, 1.2.3.4, 10.2.2.2"),
            ("x-forwarded-proto", "http, https, http"),
            ("x-forwarded-host", "evil.example, catalogue.example, inner.example"),
            ("x-forwarded-port", "6666, 8443, 8080"),
        ];
        assert_eq!(of(with_inventions), told);
    }

    #[test]
    fn a_host_that_is_none_is_not_repeated() {
        for host in ["a b", "user@x", "x/y", "<script>", ""] {
            assert_eq!(origin(Forwarding::XForwarded, "10.1.1.1", &[("x-forwarded-host", host)]).host, None, "{host}");
        }
    }

    #[test]
    fn one_family_of_headers_counts() {
        let sent = [
            ("x-forwarded-for", "6.6.6.6"),
            ("forwarded", "for=9.9.9.9;host=a, for=\"[2001:db8::7]:1\";proto=https;host=b.example, for=10.2.2.2"),
        ];
        let standard = origin(Forwarding::Forwarded, "10.1.1.1", &sent);
        assert_eq!(standard.client, Some("2001:db8::7".parse().unwrap()));
        assert_eq!((standard.is_https, standard.host.as_deref()), (true, Some("b.example")));
        assert_eq!(origin(Forwarding::XForwarded, "10.1.1.1", &sent).client, Some("6.6.6.6".parse().unwrap()));
    }

    #[test]
    fn networks_are_addresses_too() {
        assert!(network("10.0.0.1").is_some() && network("fd00::/8").is_some());
        for text in ["", "10.0.0.0/33", "proxy.example", "10.0.0"] {
            assert!(network(text).is_none(), "{text}");
        }
    }
}
