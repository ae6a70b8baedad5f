//! Configuration: defaults, then `emporion.toml`, then `EMPORION_*`, then flags. Unknown keys are errors.

mod check;
mod oidc;
mod shown;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use emporion_edge::origin::{self, Forwarding};
use emporion_sources::SourceDir;
use serde::Deserialize;

pub use self::oidc::Oidc;
use crate::command_error::UsageError;

/// Reads the configuration. What has no use for it is not ended by a file that is broken.
pub type Settings<'a> = &'a dyn Fn() -> Result<Config>;

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The store's directory, or the address of a database: `postgres://user@host/database`.
    pub store: String,
    /// Of a node over a database: its own directory, for what it makes of the log.
    pub data: Option<PathBuf>,
    /// The file of the master key, which wraps the keys of a store in a database.
    pub master_key_file: Option<PathBuf>,
    pub listen: String,
    /// Where PostgreSQL's protocol is spoken; nowhere without it.
    pub pg_listen: Option<String>,
    /// Folders under which file sources may be opened, each for one account: `[ACCOUNT=]DIR`.
    #[serde(deserialize_with = "source_dirs")]
    pub source_dirs: Vec<SourceDir>,
    /// Hosts and networks that sources may be at; any, where none is named.
    pub source_hosts: Vec<String>,
    /// The address clients know, where it is not the one they call (behind a proxy).
    pub public_url: Option<String>,
    pub log: Log,
    pub limits: Limits,
    pub proxy: Proxy,
    pub tls: Tls,
    pub openmetadata: OpenMetadata,
    pub datazone: DataZone,
    pub bobsled: Bobsled,
    pub llm: Llm,
    pub webhooks: Webhooks,
    pub mail: Mail,
    pub audit: Audit,
    /// By whose word people sign in, beside their passwords.
    pub oidc: Vec<Oidc>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// As in `RUST_LOG`.
    pub filter: String,
    pub json: bool,
}

/// What clients may use up.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections served at once; those beyond are answered 503.
    pub connections: u32,
    /// Of those, from one address that is no trusted proxy; those beyond are answered 429.
    pub connections_per_address: u32,
    /// Of bodies in memory, over all connections; beyond it, 503.
    pub all_bodies_bytes: usize,
    /// Of one body, where its route takes no fewer.
    pub body_bytes: usize,
    /// For a request's head to arrive, and so for a kept-alive connection to be idle.
    pub head_seconds: u64,
    /// For a request's body to arrive whole.
    pub body_seconds: u64,
    /// For a client to take any more of an answer.
    pub write_seconds: u64,
    /// After a signal to stop, for the balancer to hear from `/readyz` that nothing is to be sent here any more: all is served
    /// meanwhile.
    pub lame_duck_seconds: u64,
    /// For running requests to end after that.
    pub drain_seconds: u64,
    /// Of the catalogue of one source that is read, rows and bytes; of one that tells more, nothing is taken.
    pub source_rows: u64,
    pub source_bytes: u64,
    /// For one source to tell of its catalogue, at most, whatever is asked for.
    pub source_seconds: u64,
}

/// Proxies before the server.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Proxy {
    /// Addresses and networks whose word about their clients counts.
    pub trusted: Vec<String>,
    /// The headers that they write.
    pub headers: ProxyHeaders,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyHeaders {
    /// `X-Forwarded-For`, `-Proto`, `-Host`, `-Port`.
    #[default]
    XForwarded,
    /// `Forwarded`, RFC 7239.
    Forwarded,
}

/// Files in PEM; with them the server speaks https and nothing else.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// The server's certificate, then those that lead to the root.
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OpenMetadata {
    /// What `/v1/system/version` says; clients insist on their own major and minor number.
    pub reported_version: String,
    /// A PEM file with one more public key whose tokens are taken (test profiles).
    pub trusted_key: Option<PathBuf>,
    /// The id of that key.
    pub trusted_key_id: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataZone {
    /// The one region that signatures may be scoped to; without it any is taken.
    pub region: Option<String>,
    /// Host names that signatures may be made for; empty takes whatever `Host` says.
    pub hosts: Vec<String>,
    /// Domains that nothing may be published in answer 403 to CreateDataProduct.
    pub publishing_enabled: bool,
    /// At most this many data products in an account; over it, ServiceQuotaExceeded.
    pub max_data_products: Option<u64>,
    /// Requests a second and caller; over it, Throttling.
    pub requests_per_second: Option<u32>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bobsled {
    /// When the deprecated paths go away, as an HTTP date; announced in `Sunset`.
    pub sunset: Option<String>,
    /// Whether they are really gone after that date.
    pub enforce_sunset: bool,
    /// The address below which the page `bobsled-migration` stands.
    pub docs: Option<String>,
    /// Requests a minute and token.
    pub requests_per_minute: Option<u32>,
    /// Questions a minute and user.
    pub questions_per_minute: Option<u32>,
    /// Questions of a user that are answered at a time.
    pub questions_at_once: Option<u32>,
    /// Rows, and bytes, that a query may read as its source expects; over it, COST_LIMIT.
    pub query_rows: Option<u64>,
    pub query_bytes: Option<u64>,
}

/// A model of language that proposes queries for questions which cannot be read. Off without `base_url`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Llm {
    /// Below it stands `chat/completions`.
    pub base_url: Option<String>,
    pub model: Option<String>,
    /// A file that holds the key, else the variable `EMPORION_LLM_KEY` does.
    pub key_file: Option<PathBuf>,
    /// For one answer.
    pub timeout_seconds: u64,
    /// What may be used up in a day.
    pub tokens_per_day: u64,
    /// Where it has no query for a question, it is asked for SQL.
    pub sql: bool,
}

/// Messages to those who have subscribed to events.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhooks {
    /// Addresses and networks that messages are sent to although they are not the Internet's.
    pub allowed_networks: Vec<String>,
    /// Hosts and networks that messages are sent to alone; all that is allowed, where none is named.
    pub hosts: Vec<String>,
    /// How long an event is tried again while its destination takes nothing.
    pub give_up_after_seconds: u64,
}

/// Mail to those who follow something. Off without `host`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// The server that sends it on.
    pub host: Option<String>,
    /// Its port, where it is not the usual one.
    pub port: Option<u16>,
    pub security: Security,
    /// A PEM file with one more authority that the server may be of.
    pub ca_file: Option<PathBuf>,
    pub user: Option<String>,
    /// A file that holds the password, else the variable `EMPORION_MAIL_PASSWORD` does.
    pub password_file: Option<PathBuf>,
    /// Whom it comes from.
    pub from: Option<String>,
    /// How often those are told who follow something, by mail or in a chat service; and at which hour in UTC.
    pub every_seconds: u64,
    pub hour: u8,
    /// Addresses and networks that messages to chat services are sent to although they are not the Internet's: everybody
    /// may have them sent there.
    pub chat_networks: Vec<String>,
    /// Hosts that these messages may go to beside those of the services.
    pub chat_hosts: Vec<String>,
}

/// The trail of reads, sign-ins and refusals.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// How long its lines are kept.
    pub keep_days: u32,
    /// Whether they hold the texts of statements, without their values, and of questions.
    pub texts: bool,
}

impl Default for Audit {
    fn default() -> Audit {
        Audit { keep_days: 365, texts: false }
    }
}

impl Audit {
    pub fn settings(self) -> emporion_catalog::audit_trail::Settings {
        let kept_ms = i64::from(self.keep_days) * 24 * 60 * 60 * 1000;
        emporion_catalog::audit_trail::Settings { kept_ms, texts: self.texts }
    }
}

/// How a connection to a mail server is kept from others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// From the first byte on.
    Tls,
    /// From the command of that name on, without which nothing is sent.
    #[default]
    Starttls,
    None,
}

impl Default for Mail {
    fn default() -> Mail {
        Mail {
            host: None,
            port: None,
            security: Security::default(),
            ca_file: None,
            user: None,
            password_file: None,
            from: None,
            every_seconds: 24 * 60 * 60,
            hour: 6,
            chat_networks: Vec::new(),
            chat_hosts: Vec::new(),
        }
    }
}

impl Default for Webhooks {
    fn default() -> Webhooks {
        Webhooks { allowed_networks: Vec::new(), hosts: Vec::new(), give_up_after_seconds: 24 * 60 * 60 }
    }
}

impl Default for Llm {
    fn default() -> Llm {
        Llm { base_url: None, model: None, key_file: None, timeout_seconds: 20, tokens_per_day: 1_000_000, sql: false }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            store: "./emporion-data".into(),
            data: None,
            master_key_file: None,
            listen: "127.0.0.1:8585".into(),
            pg_listen: None,
            source_dirs: Vec::new(),
            source_hosts: Vec::new(),
            public_url: None,
            log: Log::default(),
            limits: Limits::default(),
            proxy: Proxy::default(),
            tls: Tls::default(),
            openmetadata: OpenMetadata::default(),
            datazone: DataZone::default(),
            bobsled: Bobsled::default(),
            llm: Llm::default(),
            webhooks: Webhooks::default(),
            mail: Mail::default(),
            audit: Audit::default(),
            oidc: Vec::new(),
        }
    }
}

impl Default for Log {
    fn default() -> Log {
        // The reader of PDF complains of broken files; their senders are told, and nobody else need be.
        Log { filter: "info,lopdf=off".into(), json: false }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        let edge = emporion_edge::limits::Limits::default();
        let source = emporion_sources::Bounds::default();
        Limits {
            connections: edge.connections,
            connections_per_address: edge.connections_per_address,
            all_bodies_bytes: edge.bodies,
            body_bytes: edge.body,
            head_seconds: edge.head_time.as_secs(),
            body_seconds: edge.body_time.as_secs(),
            write_seconds: edge.write_time.as_secs(),
            lame_duck_seconds: 0,
            drain_seconds: edge.drain_time.as_secs(),
            source_rows: source.rows,
            source_bytes: source.bytes,
            source_seconds: source.time.as_secs(),
        }
    }
}

impl Limits {
    /// As sources take them.
    pub fn of_sources(&self) -> emporion_sources::Bounds {
        emporion_sources::Bounds {
            rows: self.source_rows,
            bytes: self.source_bytes,
            time: Duration::from_secs(self.source_seconds),
        }
    }

    /// As the server takes them.
    pub fn of_edge(&self) -> emporion_edge::limits::Limits {
        emporion_edge::limits::Limits {
            connections: self.connections,
            connections_per_address: self.connections_per_address,
            bodies: self.all_bodies_bytes,
            body: self.body_bytes,
            head_time: Duration::from_secs(self.head_seconds),
            body_time: Duration::from_secs(self.body_seconds),
            write_time: Duration::from_secs(self.write_seconds),
            drain_time: Duration::from_secs(self.drain_seconds),
            ..Default::default()
        }
    }
}

impl Proxy {
    /// As the server takes them, of values that were checked.
    pub fn of_edge(&self) -> origin::Proxies {
        let headers = match self.headers {
            ProxyHeaders::XForwarded => Forwarding::XForwarded,
            ProxyHeaders::Forwarded => Forwarding::Forwarded,
        };
        origin::Proxies::new(self.trusted.iter().filter_map(|text| origin::network(text)).collect(), headers)
    }
}

impl Default for OpenMetadata {
    fn default() -> OpenMetadata {
        OpenMetadata { reported_version: "2.0.7".into(), trusted_key: None, trusted_key_id: None }
    }
}

impl Default for DataZone {
    fn default() -> DataZone {
        DataZone {
            region: None,
            hosts: Vec::new(),
            publishing_enabled: true,
            max_data_products: None,
            requests_per_second: None,
        }
    }
}

fn source_dirs<'de, D: serde::Deserializer<'de>>(texts: D) -> Result<Vec<SourceDir>, D::Error> {
    let texts: Vec<String> = serde::Deserialize::deserialize(texts)?;
    texts.iter().map(|text| text.parse().map_err(serde::de::Error::custom)).collect()
}

/// Variables that other parts read themselves.
const NOT_SETTINGS: &[&str] = &[
    "EMPORION_CONFIG",
    "EMPORION_URL",
    "EMPORION_TOKEN",
    "EMPORION_CACERT",
    "EMPORION_SEAL_KEY",
    "EMPORION_MASTER_KEY",
    "EMPORION_LLM_KEY",
    "EMPORION_MAIL_PASSWORD",
    "EMPORION_SOURCE_URL",
    "EMPORION_SOURCE_PASSWORD",
    "EMPORION_CLIENTS_DIR",
];

impl Config {
    /// Reads the file and the environment. `EMPORION_DATAZONE__REGION` sets `region` of `[datazone]`.
    ///
    /// Errors: `UsageError` that names the file or the variable that is wrong.
    pub fn load(file: Option<&Path>) -> Result<Config> {
        Config::read(file).map_err(|error| UsageError(format!("{error:#}")).into())
    }

    fn read(file: Option<&Path>) -> Result<Config> {
        let by_itself = Path::new("emporion.toml");
        let file = file.or_else(|| by_itself.exists().then_some(by_itself));
        let table = file.map_or_else(|| Ok(toml::Table::new()), parse)?;
        let mut variables: Vec<(String, String)> = std::env::vars()
            .filter(|(name, _)| name.starts_with(PREFIX) && !NOT_SETTINGS.contains(&name.as_str()))
            .filter(|(name, _)| !name.starts_with(oidc::SECRET_VARIABLES))
            .collect();
        variables.sort();
        let mut config = read(&table).with_context(|| file.unwrap_or(by_itself).display().to_string())?;
        let mut table = table;
        for (name, text) in variables {
            (table, config) = set(&table, &name, &text).with_context(|| format!("environment variable {name}"))?;
        }
        Ok(config)
    }
}

const PREFIX: &str = "EMPORION_";

fn parse(path: &Path) -> Result<toml::Table> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    text.parse().map_err(|error: toml::de::Error| anyhow!("{}: {}", path.display(), error.to_string().trim_end()))
}

fn read(table: &toml::Table) -> Result<Config> {
    // The parser puts the key's path on a line of its own.
    let one_line = |error: toml::de::Error| anyhow!("{}", error.to_string().trim_end().replace('\n', " "));
    toml::Value::Table(table.clone()).try_into().map_err(one_line)
}

/// The settings with one more: a number, a truth value or a list where the text reads as one and the setting takes one,
/// else the text.
fn set(table: &toml::Table, variable: &str, text: &str) -> Result<(toml::Table, Config)> {
    let key = variable.strip_prefix(PREFIX).unwrap_or(variable).to_lowercase();
    let path: Vec<&str> = key.split("__").collect();
    let with = |value: toml::Value| {
        let mut table = table.clone();
        insert(&mut table, &path, value)?;
        let config = read(&table)?;
        Ok((table, config))
    };
    let typed = format!("v = {text}").parse::<toml::Table>().ok().and_then(|mut parsed| parsed.remove("v"));
    let as_text = with(toml::Value::String(text.to_owned()));
    match typed.map(with) {
        Some(Ok(done)) => Ok(done),
        // Where neither fits, the reason that speaks of the value as it was meant is the better one.
        Some(Err(refused)) => as_text.map_err(|_| refused),
        None => as_text,
    }
}

fn insert(table: &mut toml::Table, path: &[&str], value: toml::Value) -> Result<()> {
    let [key, rest @ ..] = path else { bail!("an empty key") };
    if rest.is_empty() {
        table.insert((*key).to_owned(), value);
        return Ok(());
    }
    match table.entry((*key).to_owned()).or_insert_with(|| toml::Value::Table(toml::Table::new())) {
        toml::Value::Table(inner) => insert(inner, rest, value),
        _ => bail!("{key} is not a section"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_an_error_on_one_line() {
        let table: toml::Table = "stroe = 'x'".parse().unwrap();
        let refused = read(&table).unwrap_err().to_string();
        assert!(refused.contains("stroe") && !refused.contains('\n'), "{refused:?}");
    }

    #[test]
    fn the_environment_reaches_into_sections() {
        let (_, config) = set(&toml::Table::new(), "EMPORION_DATAZONE__REGION", "eu-west-1").unwrap();
        assert_eq!(config.datazone.region.as_deref(), Some("eu-west-1"));
    }

    #[test]
    fn a_text_that_looks_like_a_number_is_a_text_where_one_is_asked_for() {
        let (table, config) = set(&toml::Table::new(), "EMPORION_STORE", "2026").unwrap();
        assert_eq!(config.store, "2026");
        let (_, config) = set(&table, "EMPORION_DATAZONE__MAX_DATA_PRODUCTS", "5").unwrap();
        assert_eq!((config.store.as_str(), config.datazone.max_data_products), ("2026", Some(5)));
    }

    #[test]
    fn a_value_of_another_type_says_where_it_stands() {
        let refused = |name: &str, text: &str| set(&toml::Table::new(), name, text).unwrap_err().to_string();
        let message = refused("EMPORION_DATAZONE__MAX_DATA_PRODUCTS", "many");
        assert!(message.contains("max_data_products") && !message.contains('\n'), "{message:?}");
        assert!(refused("EMPORION_LOG__JSON", "7").contains("integer `7`"));
        assert!(refused("EMPORION_LISTEN__PORT", "7").contains("string"));
    }
}
