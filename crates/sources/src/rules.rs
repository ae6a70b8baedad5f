//! Where this installation lets sources be: hosts on the network, directories of files.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use emporion_hosts::Hosts;

use crate::bounds::Bounds;
use crate::error::{ErrorKind, SourceError};

/// The account to which a directory belongs where none is named.
pub const FIRST_ACCOUNT: &str = "default";

/// A directory of files that are sources of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceDir {
    /// The account's name; it may not be there yet.
    pub account: String,
    pub path: PathBuf,
}

impl From<PathBuf> for SourceDir {
    fn from(path: PathBuf) -> SourceDir {
        SourceDir { account: FIRST_ACCOUNT.to_owned(), path }
    }
}

impl std::str::FromStr for SourceDir {
    type Err = String;

    /// `[ACCOUNT=]DIR`. A path that holds `=` before its first `/` is written `./a=b`.
    fn from_str(text: &str) -> Result<SourceDir, String> {
        let (account, path) = match text.split_once('=') {
            Some((account, path)) if !account.contains('/') => (account, path),
            _ => (FIRST_ACCOUNT, text),
        };
        if account.is_empty() || path.is_empty() {
            return Err("must be a directory, or the name of an account, `=` and a directory".to_owned());
        }
        Ok(SourceDir { account: account.to_owned(), path: path.into() })
    }
}

impl std::fmt::Display for SourceDir {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.account, self.path.display())
    }
}

/// The rules of one installation.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    source_dirs: Vec<SourceDir>,
    /// Whose sources are opened; `None`: those of whoever runs the program.
    account: Option<String>,
    hosts: Hosts,
    bounds: Bounds,
}

impl Rules {
    /// Files open only under these directories; with none, no file opens. Of nested ones the nearest decides.
    pub fn with_source_dirs(mut self, dirs: impl IntoIterator<Item = impl Into<SourceDir>>) -> Rules {
        self.source_dirs = dirs.into_iter().map(Into::into).collect();
        self
    }

    /// The same rules for the sources of the account of that name: of the directories only its own open.
    pub fn of_account(&self, name: &str) -> Rules {
        Rules { account: Some(name.to_owned()), ..self.clone() }
    }

    /// Only these hosts, by the name that a configuration writes or the address behind it; where there are none, all.
    pub fn with_hosts(mut self, hosts: Hosts) -> Rules {
        self.hosts = hosts;
        self
    }

    /// How much of a server's catalogue is taken.
    pub fn with_bounds(mut self, bounds: Bounds) -> Rules {
        self.bounds = bounds;
        self
    }

    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// The file, or directory of files, that a configuration means, as the one path without links.
    ///
    /// A file elsewhere and one that does not exist are refused with the same words.
    pub(crate) fn file(&self, wanted: &str) -> Result<PathBuf, SourceError> {
        if self.source_dirs.is_empty() {
            return Err(SourceError::new(
                ErrorKind::Forbidden,
                "no directory is configured below which files are sources: `emporion serve --source-dir DIRECTORY`",
            ));
        }
        let wanted = Path::new(wanted);
        let dirs: Vec<(PathBuf, &str)> = self
            .source_dirs
            .iter()
            .filter_map(|dir| Some((dir.path.canonicalize().ok()?, dir.account.as_str())))
            .collect();
        let is_own = |account: &str| self.account.as_deref().is_none_or(|own| own == account);
        let nearest = |file: &Path| {
            let above = dirs.iter().filter(|(dir, _)| file.starts_with(dir));
            above.max_by_key(|(dir, _)| dir.components().count()).map(|(_, account)| *account)
        };
        // Nothing named is not the directory itself.
        let is_named = !wanted.as_os_str().is_empty();
        let found = dirs.iter().filter(|_| is_named).find_map(|(dir, _)| {
            let file = dir.join(wanted).canonicalize().ok()?;
            (nearest(&file).is_some_and(is_own) && (file.is_file() || file.is_dir())).then_some(file)
        });
        found.ok_or_else(|| {
            SourceError::new(ErrorKind::Forbidden, "there is no such file below a configured directory (--source-dir)")
        })
    }

    /// Refuses a host that is written as an address which could never be connected to. Names are not looked up.
    pub fn allow_written(&self, host: &str) -> Result<(), SourceError> {
        let name = host.trim_matches(['[', ']']).to_ascii_lowercase();
        let is_listed = |is_held: bool| self.hosts.is_empty() || is_held || self.hosts.names(&name);
        match name.parse::<IpAddr>() {
            Ok(address) if is_forbidden(address) => Err(forbidden()),
            Ok(address) if !is_listed(self.hosts.holds(address)) => Err(unlisted()),
            // The address behind it may be in one of the networks.
            Err(_) if !is_listed(!self.hosts.networks.is_empty()) => Err(unlisted()),
            _ => Ok(()),
        }
    }

    /// An address of `host` that may be connected to. What was checked is what is connected to: no second look-up.
    pub(crate) async fn address(&self, host: &str, port: u16, timeout: Duration) -> Result<SocketAddr, SourceError> {
        let name = host.trim_matches(['[', ']']).to_ascii_lowercase();
        if name.is_empty() || name.starts_with('/') || name.starts_with('@') || name.contains(['\0', '%']) {
            return Err(SourceError::new(ErrorKind::Configuration, "a source needs the name or address of a host"));
        }
        self.allow_written(&name)?;
        let found = tokio::time::timeout(timeout, tokio::net::lookup_host((name.as_str(), port))).await;
        let addresses: Vec<SocketAddr> = match found {
            Err(_) => return Err(SourceError::timeout()),
            Ok(Err(_)) => return Err(SourceError::new(ErrorKind::Unreachable, "the name of the host is not known")),
            Ok(Ok(addresses)) => addresses.collect(),
        };
        // One forbidden address forbids the name: it could answer with either.
        if addresses.iter().any(|address| is_forbidden(address.ip())) {
            return Err(forbidden());
        }
        let is_open = self.hosts.is_empty() || self.hosts.names(&name);
        if !is_open && !addresses.iter().all(|address| self.hosts.holds(address.ip())) {
            return Err(unlisted());
        }
        addresses
            .first()
            .copied()
            .ok_or_else(|| SourceError::new(ErrorKind::Unreachable, "the name of the host is not known"))
    }
}

fn forbidden() -> SourceError {
    SourceError::new(ErrorKind::Forbidden, "sources at this host are not allowed")
}

fn unlisted() -> SourceError {
    let message =
        "sources at this host are not allowed: those alone are that whoever runs the server has named (source_hosts)";
    SourceError::new(ErrorKind::Forbidden, message)
}

/// Addresses that are no database server's: services that clouds offer to the machine itself, groups, nobody. Private
/// and loopback addresses are where databases usually live.
fn is_forbidden(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_forbidden_v4(ip),
        IpAddr::V6(ip) => is_forbidden_v6(ip) || embedded(ip).into_iter().flatten().any(is_forbidden_v4),
    }
}

fn is_forbidden_v4(ip: Ipv4Addr) -> bool {
    const METADATA: [Ipv4Addr; 3] =
        [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192), Ipv4Addr::new(168, 63, 129, 16)];
    ip.is_link_local()
        || ip.is_unspecified()
        || ip.octets()[0] == 0
        || ip.is_multicast()
        || ip.is_broadcast()
        || METADATA.contains(&ip)
}

fn is_forbidden_v6(ip: Ipv6Addr) -> bool {
    // fd00:ec2::/32 and fd20:ce::/32 hold metadata services too.
    const METADATA: [[u16; 2]; 2] = [[0xfd00, 0x0ec2], [0xfd20, 0x00ce]];
    let segments = ip.segments();
    ip.is_unspecified()
        || ip.is_multicast()
        || ip.is_unicast_link_local()
        || METADATA.iter().any(|metadata| segments[..2] == *metadata)
}

/// The IPv4 addresses that a gateway, or the system itself, may take the address for.
fn embedded(ip: Ipv6Addr) -> [Option<Ipv4Addr>; 4] {
    let s = ip.segments();
    let at = |high: u16, low: u16| Some(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low)));
    let low = at(s[6], s[7]);
    match s {
        // ::1, the host itself.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => [None; 4],
        // ::a.b.c.d (compatible), ::ffff:a.b.c.d (mapped), ::ffff:0:a.b.c.d (translated).
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => [low, None, None, None],
        // NAT64: the well-known prefix, and the prefix for local use in the lengths of RFC 6052 that fit below it, whose
        // addresses leave out the bits 64 to 71.
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => [low, None, None, None],
        [0x64, 0xff9b, 1, ..] => {
            let bits = ip.to_bits();
            let byte = |index: u32| (bits >> (8 * (15 - index))) as u8;
            let around = |bytes: [u32; 4]| Some(Ipv4Addr::from(bytes.map(byte)));
            // Where one of the lengths is meant, the others read zeros.
            [low, around([6, 7, 9, 10]), around([7, 9, 10, 11]), around([9, 10, 11, 12])]
                .map(|found| found.filter(|ip| ip.octets()[0] != 0))
        }
        // 6to4.
        [0x2002, high, low, ..] => [at(high, low), None, None, None],
        // Teredo: the server, and the client with its bits turned round.
        [0x2001, 0, ..] => [at(s[2], s[3]), at(!s[6], !s[7]), None, None],
        // ISATAP, below any prefix.
        [_, _, _, _, 0 | 0x200, 0x5efe, ..] => [low, None, None, None],
        _ => [None; 4],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn kind(rules: &Rules, host: &str) -> Result<SocketAddr, ErrorKind> {
        rules.address(host, 5432, Duration::from_secs(5)).await.map_err(|error| error.kind)
    }

    #[tokio::test]
    async fn addresses_of_the_machines_own_services_are_forbidden() {
        let rules = Rules::default();
        for host in [
            "169.254.169.254",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "fe80::1",
            "ff02::1",
            "[fe80::1]",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "fd00:ec2::254",
            "2002:a9fe:a9fe::1",
            "::ffff:0:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b:1::a9fe:a9fe",
            "64:ff9b:1:a9fe:a9:fe00::",
            "64:ff9b:1:a9:fe:a9fe::",
            "64:ff9b:1:0:a9:fea9:fe00:0",
            "2001:0:a9fe:a9fe::1",
            "2001:0:808:808::5601:5601",
            "2001:db8::5efe:169.254.169.254",
            "2001:db8::200:5efe:169.254.169.254",
            "fd20:ce::254",
            "168.63.129.16",
            "100.100.100.200",
            "2852039166",
        ] {
            assert_eq!(kind(&rules, host).await, Err(ErrorKind::Forbidden), "{host}");
            // Only the resolver reads this one as an address.
            assert_eq!(rules.allow_written(host).is_ok(), host == "2852039166", "{host}");
        }
        for host in [
            "64:ff9b::a00:5",
            "64:ff9b:1::a00:5",
            "2002:a00:5::1",
            "2001:db8::5efe:10.0.0.5",
            "::ffff:0:10.0.0.5",
            "fd12::7",
        ] {
            assert!(rules.allow_written(host).is_ok(), "{host}");
        }
        assert!(["10.0.0.5", "[::1]", "db"].iter().all(|host| rules.allow_written(host).is_ok()));
        for host in ["", "/var/run/postgresql", "@abstract", "a%b"] {
            assert_eq!(kind(&rules, host).await, Err(ErrorKind::Configuration), "{host}");
        }
        assert!(kind(&rules, "127.0.0.1").await.is_ok());
        assert!(kind(&rules, "10.0.0.5").await.is_ok());
        assert!(kind(&rules, "[::1]").await.is_ok());
    }

    #[tokio::test]
    async fn a_list_of_hosts_forbids_all_others() {
        let hosts = |values: &[&str]| Hosts::parse(&values.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
        let of = |values: &[&str]| Rules::default().with_hosts(hosts(values).expect("hosts"));
        let rules = of(&["127.0.0.1", "::1", "169.254.0.0/16"]);
        assert!(kind(&rules, "127.0.0.1").await.is_ok() && kind(&rules, "localhost").await.is_ok());
        assert_eq!(kind(&rules, "127.0.0.2").await, Err(ErrorKind::Forbidden));
        assert_eq!(kind(&rules, "169.254.169.254").await, Err(ErrorKind::Forbidden), "whatever is named");
        assert!(rules.allow_written("db").is_ok(), "what is behind it is not known yet");
        let named = of(&["localhost", ".corp.example"]);
        assert!(kind(&named, "LocalHost").await.is_ok() && named.allow_written("db.corp.example").is_ok());
        for other in ["127.0.0.1", "db", "corp.example"] {
            assert_eq!(kind(&named, other).await, Err(ErrorKind::Forbidden), "{other}");
            assert!(named.allow_written(other).is_err(), "{other}");
        }
    }

    #[test]
    fn files_open_only_below_the_directories() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret.db"), "x").unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("sub")).unwrap();
        std::fs::write(dir.path().join("sub/a.db"), "x").unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret.db"), dir.path().join("link.db")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("sub/a.db"), dir.path().join("inside.db")).unwrap();
        let rules = Rules::default().with_source_dirs([dir.path().to_owned()]);
        let ok = |path: &str| rules.file(path).is_ok();
        assert!(ok("sub/a.db") && ok("inside.db") && ok("sub/../sub/a.db"));
        assert!(
            ok(dir.path().join("sub/a.db").to_str().unwrap()) && ok("sub"),
            "a directory of files is a source, too"
        );
        let escape = format!("../{}/secret.db", outside.path().file_name().unwrap().to_str().unwrap());
        for path in ["link.db", "/etc/passwd", "", "nothing.db", "../../etc/passwd", &escape, "sub/a.db/", "a\0b"] {
            assert!(!ok(path), "{path}");
        }
        let missing = rules.file("nothing.db").unwrap_err();
        assert_eq!(missing, rules.file("/etc/passwd").unwrap_err());
        assert_eq!(Rules::default().file("a").unwrap_err().kind, ErrorKind::Forbidden);
    }
}
