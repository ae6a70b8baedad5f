//! Whether the values of a configuration can be used: ranges, addresses, URLs, files. What is wrong is said at the start,
//! by key and rule, and not when somebody first needs the value.

use std::fmt::Display;
use std::path::Path;

use anyhow::Result;
use emporion_authz::signing::PublicKey;
use emporion_edge::origin;
use emporion_edge::tls::{Tls, TlsError};
use emporion_hosts::{Hosts, is_name};
use emporion_store::postgres::address;
use reqwest::Url;
use tracing_subscriber::EnvFilter;

use super::{Config, Security};
use crate::command_error::UsageError;

/// Smaller rooms for bodies would refuse what the doors take.
const LEAST_ROOM: usize = 64 << 20;
const MOST_ROOM: usize = 1 << 40;
const LEAST_BODY: usize = 64 << 10;
const MOST_CONNECTIONS: u32 = 1_000_000;
const MOST_SOURCE_ROWS: u64 = 1_000_000_000;
/// Places in what a source tells are kept in 32 bits.
const MOST_SOURCE_BYTES: u64 = u32::MAX as u64;
/// A hundred years.
const MOST_AUDIT_DAYS: u32 = 36_500;
/// Of every time that is configured.
const MOST_SECONDS: u64 = 3600;
/// A week.
const MOST_MAIL_SECONDS: u64 = 7 * 24 * 60 * 60;
/// RFC 1035, with a port behind it.
const MOST_HOST: usize = 253 + 6;

/// `key` as it stands in the file, and what is wrong with it.
pub(super) fn refuse<T>(key: &str, rule: impl Display) -> Result<T> {
    Err(UsageError(format!("configuration: {key} {rule}")).into())
}

fn within<T: PartialOrd + Display>(key: &str, value: T, least: T, most: T) -> Result<()> {
    if (&least..=&most).contains(&&value) {
        return Ok(());
    }
    refuse(key, format_args!("must be from {least} to {most}; it is {value}"))
}

fn are_networks(key: &str, values: &[String]) -> Result<()> {
    match values.iter().position(|value| origin::network(value).is_none()) {
        Some(at) => {
            let rule = format!("must be an IP address or a network such as 10.0.0.0/8; it is {:?}", values[at]);
            refuse(&format!("{key}[{at}]"), rule)
        }
        None => Ok(()),
    }
}

fn are_hosts(key: &str, values: &[String]) -> Result<()> {
    let Err(at) = Hosts::parse(values) else { return Ok(()) };
    let rule = "must be a host in small letters, such as db.example.com or .example.com, an IP address, or a network such as 10.0.0.0/8";
    refuse(&format!("{key}[{at}]"), format_args!("{rule}; it is {:?}", values[at]))
}

fn at_least_one<T: Default + PartialEq>(key: &str, value: Option<T>) -> Result<()> {
    if value == Some(T::default()) { refuse(key, "must be at least 1; leave it out for no limit") } else { Ok(()) }
}

impl Config {
    /// Looks at every value by itself, at no file.
    ///
    /// Errors: `UsageError` that names the key and the rule.
    pub fn check(&self) -> Result<()> {
        self.check_place()?;
        self.check_doors()?;
        self.check_llm()?;
        self.check_limits()?;
        self.check_oidc()?;
        are_networks("proxy.trusted", &self.proxy.trusted)?;
        are_networks("webhooks.allowed_networks", &self.webhooks.allowed_networks)?;
        are_hosts("webhooks.hosts", &self.webhooks.hosts)?;
        are_hosts("source_hosts", &self.source_hosts)?;
        if !(1..=30 * 24 * 60 * 60).contains(&self.webhooks.give_up_after_seconds) {
            refuse("webhooks.give_up_after_seconds", "must be between 1 and 2592000")?;
        }
        self.check_mail()?;
        within("audit.keep_days", self.audit.keep_days, 1, MOST_AUDIT_DAYS)?;
        match (&self.tls.cert, &self.tls.key) {
            (Some(_), None) => refuse("tls.key", "is needed beside tls.cert"),
            (None, Some(_)) => refuse("tls.cert", "is needed beside tls.key"),
            _ => Ok(()),
        }
    }

    fn check_mail(&self) -> Result<()> {
        let mail = &self.mail;
        within("mail.every_seconds", mail.every_seconds, 1, MOST_MAIL_SECONDS)?;
        within("mail.hour", mail.hour, 0, 23)?;
        are_networks("mail.chat_networks", &mail.chat_networks)?;
        for (index, host) in mail.chat_hosts.iter().enumerate() {
            if !is_name(host) || !host.contains('.') {
                let rule = format!(
                    "must be a host in small letters, such as chat.example.com or .example.com; it is {host:?}"
                );
                refuse(&format!("mail.chat_hosts[{index}]"), rule)?;
            }
        }
        if mail.host.is_none() {
            return Ok(());
        }
        if mail.from.as_ref().is_none_or(|from| from.parse::<lettre::message::Mailbox>().is_err()) {
            refuse("mail.from", "must be an e-mail address, such as catalogue@example.com")?;
        }
        // A password would go in clear.
        if mail.user.is_some() && mail.security == Security::None {
            refuse("mail.security", "must be tls or starttls where mail.user is set")?;
        }
        Ok(())
    }

    fn check_place(&self) -> Result<()> {
        if self.store.is_empty() {
            refuse("store", "must name a directory, or a database")?;
        }
        if address::is_address(&self.store) {
            if let Err(error) = address::Address::parse(&self.store) {
                refuse("store", error)?;
            }
        } else if self.store.contains("://") {
            // What it is, is not said: it may hold a secret.
            refuse("store", "must name a directory, or a database such as postgres://user@host/database")?;
        }
        if !is_host_and_port(&self.listen) {
            let rule = "must be an address and a port, such as 127.0.0.1:8585 or [::]:0";
            refuse("listen", format_args!("{rule}; it is {:?}", self.listen))?;
        }
        // An empty one is none.
        if let Some(listen) = self.pg_listen.as_ref().filter(|listen| !listen.is_empty()) {
            if !is_host_and_port(listen) {
                let rule = "must be an address and a port, such as 127.0.0.1:5432";
                refuse("pg_listen", format_args!("{rule}; it is {listen:?}"))?;
            }
            // Passwords come in clear where there is no TLS.
            if self.tls.cert.is_none() && !is_of_this_machine(listen) {
                let rule = "needs tls.cert and tls.key, or an address of this machine alone, such as 127.0.0.1:5432";
                refuse("pg_listen", format_args!("{rule}; it is {listen:?}"))?;
            }
        }
        if self.public_url.as_ref().is_some_and(|url| !is_web_address(url)) {
            // What it is, is not said: it may hold a secret.
            refuse("public_url", "must be a URL such as https://catalogue.example.com, without user and query")?;
        }
        match EnvFilter::try_new(&self.log.filter) {
            Ok(_) => Ok(()),
            Err(error) => refuse("log.filter", format_args!("must be a filter as in RUST_LOG: {error}")),
        }
    }

    fn check_doors(&self) -> Result<()> {
        let version = &self.openmetadata.reported_version;
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if version.split('.').take(2).filter(|part| is_number(part)).count() < 2 {
            let rule = "must begin with two numbers, such as 2.0.7";
            refuse("openmetadata.reported_version", format_args!("{rule}; it is {version:?}"))?;
        }
        if self.openmetadata.trusted_key_id.is_some() && self.openmetadata.trusted_key.is_none() {
            refuse("openmetadata.trusted_key_id", "needs openmetadata.trusted_key")?;
        }
        if let Some(region) = &self.datazone.region {
            let is_region = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if !(1..=64).contains(&region.len()) || !region.bytes().all(is_region) {
                let rule = "must be a region such as us-east-1: letters, digits and -";
                refuse("datazone.region", format_args!("{rule}; it is {region:?}"))?;
            }
        }
        for (index, host) in self.datazone.hosts.iter().enumerate() {
            let is_authority =
                !host.contains('@') && host.len() <= MOST_HOST && host.parse::<http::uri::Authority>().is_ok();
            if !is_authority {
                let rule = "must be a host as clients call it, with its port where it is no usual one";
                refuse(&format!("datazone.hosts[{index}]"), format_args!("{rule}; it is {host:?}"))?;
            }
        }
        at_least_one("datazone.requests_per_second", self.datazone.requests_per_second)?;
        let bobsled = &self.bobsled;
        at_least_one("bobsled.requests_per_minute", bobsled.requests_per_minute)?;
        at_least_one("bobsled.questions_per_minute", bobsled.questions_per_minute)?;
        at_least_one("bobsled.questions_at_once", bobsled.questions_at_once)?;
        at_least_one("bobsled.query_rows", bobsled.query_rows)?;
        at_least_one("bobsled.query_bytes", bobsled.query_bytes)?;
        if let Some(sunset) = &bobsled.sunset
            && let Err(reason) = emporion_bobsled::check_sunset(sunset)
        {
            refuse("bobsled.sunset", reason)?;
        }
        if bobsled.enforce_sunset && bobsled.sunset.is_none() {
            refuse("bobsled.enforce_sunset", "needs bobsled.sunset")?;
        }
        match &bobsled.docs {
            Some(docs) if !is_web_address(docs) && !is_path(docs) => refuse(
                "bobsled.docs",
                "must be an http or https URL without user and query, or a path that begins with one /",
            ),
            _ => Ok(()),
        }
    }

    fn check_llm(&self) -> Result<()> {
        let llm = &self.llm;
        if let Some(base) = &llm.base_url {
            if !is_web_address(base) {
                // What it is, is not said: it may hold a secret.
                refuse("llm.base_url", "must be a URL such as https://llm.example.com/v1, without user and query")?;
            }
            if llm.model.as_ref().is_none_or(String::is_empty) {
                refuse("llm.model", "must be named where llm.base_url is")?;
            }
        }
        if !(1..=120).contains(&llm.timeout_seconds) {
            refuse("llm.timeout_seconds", format_args!("must be 1 to 120; it is {}", llm.timeout_seconds))?;
        }
        match llm.tokens_per_day {
            0 => refuse("llm.tokens_per_day", "must be at least 1; leave llm.base_url out to ask nobody"),
            _ => Ok(()),
        }
    }

    fn check_limits(&self) -> Result<()> {
        let limits = &self.limits;
        within("limits.connections", limits.connections, 1, MOST_CONNECTIONS)?;
        within("limits.connections_per_address", limits.connections_per_address, 1, MOST_CONNECTIONS)?;
        within("limits.source_rows", limits.source_rows, 1_000, MOST_SOURCE_ROWS)?;
        within("limits.source_bytes", limits.source_bytes, 1 << 20, MOST_SOURCE_BYTES)?;
        within("limits.source_seconds", limits.source_seconds, 1, 86_400)?;
        within("limits.all_bodies_bytes", limits.all_bodies_bytes, LEAST_ROOM, MOST_ROOM)?;
        within("limits.body_bytes", limits.body_bytes, LEAST_BODY, limits.all_bodies_bytes)?;
        within("limits.head_seconds", limits.head_seconds, 1, MOST_SECONDS)?;
        within("limits.write_seconds", limits.write_seconds, 1, MOST_SECONDS)?;
        within("limits.body_seconds", limits.body_seconds, 1, MOST_SECONDS)?;
        within("limits.lame_duck_seconds", limits.lame_duck_seconds, 0, MOST_SECONDS)?;
        within("limits.drain_seconds", limits.drain_seconds, 0, MOST_SECONDS)
    }

    /// Looks at the files that serving needs, and reads the certificate where there is one.
    ///
    /// Errors: as [`Config::check`].
    pub fn check_files(&self) -> Result<Option<Tls>> {
        for (index, directory) in self.source_dirs.iter().enumerate() {
            if !directory.path.is_dir() {
                let rule = format!("must be a directory; {} is none", directory.path.display());
                refuse(&format!("source_dirs[{index}]"), rule)?;
            }
        }
        if let Some(path) = &self.openmetadata.trusted_key {
            let read = std::fs::read_to_string(path).map_err(|error| error.to_string());
            let key = read.and_then(|pem| PublicKey::from_pem(None, &pem).map_err(|error| error.to_string()));
            if let Err(error) = key {
                refuse(
                    "openmetadata.trusted_key",
                    format_args!("must be a public key in PEM: {}: {error}", path.display()),
                )?;
            }
        }
        self.check_oidc_files()?;
        let (Some(certificate), Some(key)) = (&self.tls.cert, &self.tls.key) else { return Ok(None) };
        let of = |path: &Path, error: &TlsError| format!("{}: {error}", path.display());
        match Tls::open(certificate, key) {
            Ok(tls) => Ok(Some(tls)),
            Err(error @ TlsError::Key(_)) => refuse("tls.key", format_args!("cannot be used: {}", of(key, &error))),
            Err(error) => refuse("tls.cert", format_args!("cannot be used: {}", of(certificate, &error))),
        }
    }
}

/// What people, clients or this server itself are sent to: something is added behind it, and it stands in headers and on
/// pages as it is written.
fn is_web_address(text: &str) -> bool {
    let Some(url) = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https")) else { return false };
    let is_plain =
        url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    is_plain && text.chars().all(is_of_addresses)
}

/// A path on this server. A browser would read a second stroke as the beginning of a host.
fn is_path(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('/') else { return false };
    !rest.starts_with('/') && !rest.contains(['?', '#']) && rest.chars().all(is_of_addresses)
}

/// RFC 3986; what is anything else is written with percent signs.
fn is_of_addresses(c: char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
}

fn is_host_and_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let is_bracketed = host.starts_with('[') && host.ends_with(']');
    let is_host = match is_bracketed {
        true => host[1..host.len() - 1].parse::<std::net::Ipv6Addr>().is_ok(),
        false => !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)),
    };
    is_host && port.parse::<u16>().is_ok()
}

/// Whether only programs on this machine reach an address.
fn is_of_this_machine(listen: &str) -> bool {
    let host = listen.rsplit_once(':').map_or(listen, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let config = super::super::read(&text.parse().unwrap()).expect("of the right types");
        let error = config.check().expect_err(text);
        assert!(error.is::<UsageError>(), "{text}");
        error.to_string()
    }

    #[test]
    fn what_is_there_by_default_can_be_used() {
        Config::default().check().unwrap();
        assert!(Config::default().check_files().unwrap().is_none());
    }

    #[test]
    fn every_value_has_its_rule() {
        for (text, key) in [
            ("store = ''", "store"),
            ("store = 'sqlite://x'", "store"),
            ("store = 'postgres://h:port/x'", "store"),
            ("listen = '8585'", "listen"),
            ("listen = '127.0.0.1:65536'", "listen"),
            ("listen = '::1:80'", "listen"),
            ("listen = 'http://x:80'", "listen"),
            ("pg_listen = '5432'", "pg_listen"),
            ("pg_listen = '0.0.0.0:5432'", "pg_listen"),
            ("pg_listen = 'db.example.com:5432'", "pg_listen"),
            ("public_url = 'catalogue.example.com'", "public_url"),
            ("public_url = 'ftp://x'", "public_url"),
            ("public_url = 'https://x/?a'", "public_url"),
            ("[log]\nfilter = 'a=b=c'", "log.filter"),
            ("[openmetadata]\nreported_version = 'two'", "openmetadata.reported_version"),
            ("[openmetadata]\ntrusted_key_id = 'x'", "openmetadata.trusted_key_id"),
            ("[datazone]\nregion = 'US East'", "datazone.region"),
            ("[datazone]\nregion = ''", "datazone.region"),
            ("[datazone]\nhosts = ['ok.example', 'http://x']", "datazone.hosts[1]"),
            ("[datazone]\nrequests_per_second = 0", "datazone.requests_per_second"),
            ("[bobsled]\nsunset = 'soon'", "bobsled.sunset"),
            ("[bobsled]\nsunset = '2020-01-01T00:00:00Z'", "bobsled.sunset"),
            ("[bobsled]\nenforce_sunset = true", "bobsled.enforce_sunset"),
            ("public_url = 'https://:pw@x'", "public_url"),
            ("public_url = \"https://x/\\n\"", "public_url"),
            ("[bobsled]\ndocs = 'docs'", "bobsled.docs"),
            ("[bobsled]\ndocs = 'javascript:alert(1)'", "bobsled.docs"),
            ("[bobsled]\ndocs = 'data:text/html,x'", "bobsled.docs"),
            ("[bobsled]\ndocs = 'mailto:a@b.example'", "bobsled.docs"),
            ("[mail]\nchat_hosts = ['.com']", "mail.chat_hosts[0]"),
            ("source_hosts = ['db', '10.0.0.0/33']", "source_hosts[1]"),
            ("[webhooks]\nhosts = ['Example.com']", "webhooks.hosts[0]"),
            ("[mail]\nchat_hosts = ['chat.example.com', 'Chat.example.com:443']", "mail.chat_hosts[1]"),
            ("[bobsled]\ndocs = 'https://docs.example/?a'", "bobsled.docs"),
            ("[bobsled]\ndocs = 'https://me:pw@docs.example'", "bobsled.docs"),
            ("[bobsled]\ndocs = 'https://docs.example/>; rel=x, <a'", "bobsled.docs"),
            ("[bobsled]\ndocs = '//docs.example'", "bobsled.docs"),
            ("[bobsled]\ndocs = '/\\docs.example'", "bobsled.docs"),
            ("[bobsled]\ndocs = \"/docs\\nx\"", "bobsled.docs"),
            ("[bobsled]\nrequests_per_minute = 0", "bobsled.requests_per_minute"),
            ("[bobsled]\nquery_rows = 0", "bobsled.query_rows"),
            ("[llm]\nbase_url = 'llm.example.com'", "llm.base_url"),
            ("[llm]\nbase_url = 'https://me:key@llm.example.com'\nmodel = 'm'", "llm.base_url"),
            ("[llm]\nbase_url = 'https://llm.example.com'", "llm.model"),
            ("[llm]\ntimeout_seconds = 0", "llm.timeout_seconds"),
            ("[llm]\ntokens_per_day = 0", "llm.tokens_per_day"),
            ("[limits]\nconnections = 0", "limits.connections"),
            ("[limits]\nconnections_per_address = 0", "limits.connections_per_address"),
            ("[limits]\nsource_rows = 0", "limits.source_rows"),
            ("[limits]\nsource_bytes = 1", "limits.source_bytes"),
            ("[limits]\nsource_seconds = 86401", "limits.source_seconds"),
            ("[limits]\nall_bodies_bytes = 1", "limits.all_bodies_bytes"),
            ("[limits]\nbody_bytes = 1", "limits.body_bytes"),
            ("[limits]\nbody_bytes = 1000000000000", "limits.body_bytes"),
            ("[limits]\nhead_seconds = 0", "limits.head_seconds"),
            ("[limits]\nwrite_seconds = 0", "limits.write_seconds"),
            ("[limits]\ndrain_seconds = 3601", "limits.drain_seconds"),
            ("[limits]\nlame_duck_seconds = 3601", "limits.lame_duck_seconds"),
            ("[proxy]\ntrusted = ['10.0.0.0/8', 'proxy.example']", "proxy.trusted[1]"),
            ("[tls]\ncert = 'x.pem'", "tls.key"),
            ("[tls]\nkey = 'x.pem'", "tls.cert"),
        ] {
            let message = refused(text);
            assert!(message.starts_with(&format!("configuration: {key} ")) && !message.contains('\n'), "{message}");
        }
    }

    #[test]
    fn passwords_in_clear_stay_on_this_machine() {
        for good in ["127.0.0.1:5432", "[::1]:0", "localhost:5432", ""] {
            let config = super::super::read(&format!("pg_listen = '{good}'").parse().unwrap()).unwrap();
            config.check().expect(good);
        }
        let secured = "pg_listen = '0.0.0.0:5432'\n[tls]\ncert = 'x.pem'\nkey = 'x.pem'";
        super::super::read(&secured.parse().unwrap()).unwrap().check().unwrap();
    }

    #[test]
    fn where_the_documentation_stands() {
        for good in ["https://docs.example.com/a%20b/", "http://[::1]:80", "/docs", "/"] {
            let config = super::super::read(&format!("[bobsled]\ndocs = '{good}'").parse().unwrap()).unwrap();
            config.check().expect(good);
        }
    }

    #[test]
    fn addresses_to_listen_on() {
        for good in ["127.0.0.1:0", "[::]:8585", "localhost:65535", "0.0.0.0:80"] {
            assert!(is_host_and_port(good), "{good}");
        }
    }

    #[test]
    fn files_that_are_not_there_are_named() {
        let of = |text: &str| {
            let config = super::super::read(&text.parse().unwrap()).unwrap();
            config.check_files().err().expect(text).to_string()
        };
        assert!(of("source_dirs = ['/nowhere']").contains("source_dirs[0] must be a directory; /nowhere"));
        assert!(of("[openmetadata]\ntrusted_key = '/nowhere.pem'").contains("openmetadata.trusted_key"));
        assert!(
            of("[tls]\ncert = '/nowhere.pem'\nkey = '/nowhere.pem'").contains("tls.cert cannot be used: /nowhere.pem")
        );
    }
}
