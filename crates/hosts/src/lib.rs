//! Hosts that the operator of a server names: where it connects to at somebody's wish, and where not.

use std::net::IpAddr;

pub use ipnet::IpNet;

/// Names of hosts, with a dot before one for all below it, and networks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hosts {
    pub names: Vec<String>,
    pub networks: Vec<IpNet>,
}

impl Hosts {
    /// Of values such as `db.example.com`, `.example.com`, `10.1.0.0/16` and `::1`.
    ///
    /// Errors: the place of one that is none.
    pub fn parse(values: &[String]) -> Result<Hosts, usize> {
        let mut hosts = Hosts::default();
        for (at, value) in values.iter().enumerate() {
            match network(value) {
                Some(network) => hosts.networks.push(network),
                None if is_name(value) => hosts.names.push(value.clone()),
                None => return Err(at),
            }
        }
        Ok(hosts)
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.networks.is_empty()
    }

    /// Whether the host, in small letters, is named, or is below one that is.
    pub fn names(&self, host: &str) -> bool {
        self.names.iter().any(|name| fits(host, name))
    }

    pub fn holds(&self, address: IpAddr) -> bool {
        // The same machine is behind both spellings.
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }
}

/// Whether a host is the one of a name; with a dot before that, whether it is below it.
pub fn fits(host: &str, name: &str) -> bool {
    match name.starts_with('.') {
        true => host.len() > name.len() && host.ends_with(name),
        false => host == name,
    }
}

/// Whether it can be the name of a host in small letters, or with a dot before it of all below one. All below a top-level
/// domain would be anybody's.
pub fn is_name(text: &str) -> bool {
    let (name, is_above) = text.strip_prefix('.').map_or((text, false), |name| (name, true));
    let is_sign = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    !name.is_empty()
        && name.bytes().all(is_sign)
        && !name.starts_with('.')
        && !name.ends_with('.')
        && (!is_above || name.contains('.'))
}

/// An address, or a network in the form `10.0.0.0/8`.
fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(values: &[&str]) -> Result<Hosts, usize> {
        Hosts::parse(&values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn hosts_are_named_by_name_by_what_they_are_below_and_by_network() {
        let hosts = parse(&["db", ".corp.example", "10.1.0.0/16", "127.0.0.1"]).expect("hosts");
        for host in ["db", "a.corp.example", "a.b.corp.example"] {
            assert!(hosts.names(host), "{host}");
        }
        for host in ["db.corp", "corp.example", "corp.example.org", "xcorp.example", "10.1.0.1"] {
            assert!(!hosts.names(host), "{host}");
        }
        let holds = |text: &str| hosts.holds(text.parse().expect("an address"));
        assert!(holds("10.1.2.3") && holds("127.0.0.1") && holds("::ffff:10.1.2.3"));
        assert!(!holds("10.2.0.1") && !holds("127.0.0.2") && !holds("::1"));
        assert!(parse(&[]).expect("none").is_empty());
    }

    #[test]
    fn what_is_no_host_is_said() {
        for wrong in ["", ".", ".com", "Db", "a b", "http://x", "x.", "10.0.0.0/33", "a:1"] {
            assert_eq!(parse(&["db", wrong]), Err(1), "{wrong}");
        }
    }
}
