//! Where the database is, and what protects the way to it.

use std::sync::Arc;
use std::time::Duration;

use emporion_model::ports::{StoreError, StoreResult};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

use super::passwords;

/// How long one server may take to let somebody in.
const CONNECT: Duration = Duration::from_secs(5);

/// A database, as a URL names it: `postgres://user:password@host:port/database?sslmode=require`. Several hosts,
/// divided by commas, are tried in their order, and only one that takes writes is used.
#[derive(Clone)]
pub struct Address {
    config: Config,
    /// The same for each of its hosts alone.
    pub hosts: Vec<Config>,
    pub tls: MakeRustlsConnect,
}

impl Address {
    /// `sslmode` is `disable`, `prefer`, `require`, `verify-ca` or `verify-full`. An encrypted connection is always
    /// one to a server whose certificate and name were verified, by the roots that browsers trust and those of the
    /// file that `sslrootcert` names. Without a mode, connections to this machine are plain and all others encrypted.
    ///
    /// Errors: `Unavailable` with what is wrong with the address; it never repeats the password.
    pub fn parse(address: &str) -> StoreResult<Address> {
        let (plain, options) = address.split_once('?').unwrap_or((address, ""));
        let mut kept = String::new();
        let (mut mode, mut roots) = (None, None);
        for (name, value) in url::form_urlencoded::parse(options.as_bytes()) {
            match &*name {
                "sslmode" => mode = Some(value.into_owned()),
                "sslrootcert" => roots = Some(value.into_owned()),
                _ => {
                    let pair = url::form_urlencoded::Serializer::new(String::new()).append_pair(&name, &value).finish();
                    // A space is told by a plus sign in forms alone.
                    kept.extend([if kept.is_empty() { "?" } else { "&" }, &pair.replace('+', "%20")]);
                }
            }
        }
        // The text of the error may hold parts of the address.
        let mut config: Config = format!("{plain}{kept}").parse().map_err(|_| wrong("it cannot be read"))?;
        // Where addresses are given, names are not what is connected to.
        let is_here =
            config.get_hosts().iter().all(is_local) && config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback);
        config.ssl_mode(match mode.as_deref() {
            None if is_here => SslMode::Disable,
            Some("disable") => SslMode::Disable,
            Some("prefer") => SslMode::Prefer,
            None | Some("require" | "verify-ca" | "verify-full") => SslMode::Require,
            Some(other) => return Err(wrong(&format!("sslmode {other:?} is none"))),
        });
        config.application_name("emporion").connect_timeout(CONNECT);
        // What is sent and never acknowledged, and a line that is dead while nothing is sent.
        config.tcp_user_timeout(Duration::from_secs(10)).keepalives_idle(Duration::from_secs(30));
        passwords::complete(&mut config)?;
        config.target_session_attrs(tokio_postgres::config::TargetSessionAttrs::ReadWrite);
        let tls = MakeRustlsConnect::new(client(roots.as_deref())?);
        Ok(Address { hosts: each_host(&config), config, tls })
    }

    /// Where it is, without user and password, and with ports that are not the usual one.
    pub fn shown(&self) -> String {
        let name = |host: &Host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        };
        let port = |place: usize| self.config.get_ports().get(place).or(self.config.get_ports().first());
        let named = |(place, host): (usize, &Host)| match port(place) {
            None | Some(5432) => name(host),
            Some(port) => format!("{}:{port}", name(host)),
        };
        let hosts: Vec<String> = self.config.get_hosts().iter().enumerate().map(named).collect();
        format!("{}/{}", hosts.join(","), self.config.get_dbname().unwrap_or_default())
    }
}

fn each_host(config: &Config) -> Vec<Config> {
    let (names, addresses) = (config.get_hosts(), config.get_hostaddrs());
    let count = names.len().max(addresses.len());
    // Lists that do not fit each other are refused when they are used.
    let do_not_fit = [names.len(), addresses.len()].iter().any(|length| ![0, count].contains(length))
        || ![0, 1, count].contains(&config.get_ports().len());
    match count < 2 || do_not_fit {
        true => vec![config.clone()],
        false => (0..count).map(|place| at_host(config, place)).collect(),
    }
}

fn at_host(all: &Config, place: usize) -> Config {
    let mut one = Config::new();
    match all.get_hosts().get(place) {
        Some(Host::Tcp(name)) => {
            one.host(name);
        }
        #[cfg(unix)]
        Some(Host::Unix(path)) => {
            one.host_path(path);
        }
        None => {}
    }
    if let Some(address) = all.get_hostaddrs().get(place) {
        one.hostaddr(*address);
    }
    if let Some(port) = all.get_ports().get(place).or(all.get_ports().first()) {
        one.port(*port);
    }
    if let Some(user) = all.get_user() {
        one.user(user);
    }
    if let Some(password) = all.get_password() {
        one.password(password);
    }
    if let Some(name) = all.get_dbname() {
        one.dbname(name);
    }
    if let Some(options) = all.get_options() {
        one.options(options);
    }
    if let Some(name) = all.get_application_name() {
        one.application_name(name);
    }
    if let Some(limit) = all.get_connect_timeout() {
        one.connect_timeout(*limit);
    }
    if let Some(limit) = all.get_tcp_user_timeout() {
        one.tcp_user_timeout(*limit);
    }
    if let Some(interval) = all.get_keepalives_interval() {
        one.keepalives_interval(interval);
    }
    if let Some(retries) = all.get_keepalives_retries() {
        one.keepalives_retries(retries);
    }
    one.ssl_mode(all.get_ssl_mode()).ssl_negotiation(all.get_ssl_negotiation());
    one.keepalives(all.get_keepalives()).keepalives_idle(all.get_keepalives_idle());
    one.target_session_attrs(all.get_target_session_attrs()).channel_binding(all.get_channel_binding());
    one
}

/// Whether the address holds a password, in any of its places.
pub fn has_password(address: &str) -> bool {
    let in_front = Url::parse(address).is_ok_and(|url| url.password().is_some());
    let options = address.split_once('?').map_or("", |(_, options)| options);
    // Several hosts are no URL, but what stands before them is as in one.
    let before_hosts = address.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@'));
    in_front
        || before_hosts.is_some_and(|(user, _)| user.contains(':'))
        || url::form_urlencoded::parse(options.as_bytes()).any(|(name, _)| name == "password")
}

/// The address as it may be shown: its hosts and its database.
pub fn shown(address: &str) -> String {
    Address::parse(address)
        .map_or_else(|_| "postgres://…".to_owned(), |address| format!("postgres://{}", address.shown()))
}

/// Whether the text is an address of a database, and not a directory.
pub fn is_address(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| matches!(scheme, "postgres" | "postgresql"))
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn client(roots: Option<&str>) -> StoreResult<ClientConfig> {
    let mut trusted = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(file) = roots {
        let unusable = |error: &dyn std::fmt::Display| wrong(&format!("sslrootcert {file}: {error}"));
        for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unusable(&error))? {
            let certificate = certificate.map_err(|error| unusable(&error))?;
            trusted.add(certificate).map_err(|error| unusable(&error))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| wrong(&error.to_string()))?;
    Ok(builder.with_root_certificates(trusted).with_no_client_auth())
}

fn wrong(what: &str) -> StoreError {
    StoreError::Unavailable(format!("the address of the database: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_connections_to_this_machine_are_plain_unless_somebody_says_so() {
        let mode = |address: &str| Address::parse(address).map(|address| address.config.get_ssl_mode()).ok();
        assert_eq!(mode("postgres://u:p@127.0.0.1:5432/d"), Some(SslMode::Disable));
        assert_eq!(mode("postgres://u:p@localhost/d"), Some(SslMode::Disable));
        assert_eq!(mode("postgres://u:p@db.example/d"), Some(SslMode::Require));
        assert_eq!(mode("postgres://u:p@localhost,db.example/d"), Some(SslMode::Require));
        assert_eq!(mode("postgres://u:p@db.example/d?sslmode=verify-full&application_name=x"), Some(SslMode::Require));
        assert_eq!(mode("postgres://u:p@db.example/d?sslmode=disable"), Some(SslMode::Disable));
        assert_eq!(mode("postgres://u:p@localhost/d?hostaddr=127.0.0.1"), Some(SslMode::Disable));
        assert_eq!(mode("postgres://u:p@localhost/d?hostaddr=192.0.2.1"), Some(SslMode::Require));
        assert_eq!(mode("postgres://u:p@db.example/d?sslmode=allow"), None);
        assert_eq!(mode("postgres://u:p@db.example/d?sslrootcert=/no/such/file"), None);
    }

    #[test]
    fn each_host_is_spoken_to_as_the_address_says() {
        let hosts = |address: &str| Address::parse(address).unwrap().hosts;
        let text = "postgres://u:p@a.example:1,b.example:2/d?sslmode=prefer&options=-cx%3Dy&keepalives_idle=7";
        let alone = |host: &str| hosts(&text.replace("a.example:1,b.example:2", host)).remove(0);
        assert_eq!(hosts(text), [alone("a.example:1"), alone("b.example:2")]);
        assert_eq!(hosts("postgres://u@%2Ftmp,a.example:7/d").len(), 2);
        assert_eq!(hosts("postgres://u@a,b/d?hostaddr=127.0.0.1,127.0.0.2")[1].get_hostaddrs().len(), 1);
        assert_eq!(hosts("postgres://u@a,b/d?hostaddr=127.0.0.1").len(), 1);
    }

    #[test]
    fn an_address_is_shown_and_refused_without_its_password() {
        let address = Address::parse("postgres://u:secret@db.example:5433,b.example/d").unwrap();
        assert_eq!(address.shown(), "db.example:5433,b.example/d");
        let refused = Address::parse("postgres://u:secret@db.example:port/d").err().map(|error| error.to_string());
        assert!(refused.is_some_and(|refused| !refused.contains("secret")));
        assert!(is_address("postgresql://h/d") && !is_address("./emporion-data") && !is_address("sqlite://x"));
    }
}
