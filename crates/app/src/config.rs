//! Configuration: defaults, then `emporion.toml`, then `EMPORION_*`, then flags. Unknown keys are errors.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The store's directory.
    pub store: String,
    pub listen: String,
    /// Folders under which file sources may be opened.
    pub source_dirs: Vec<PathBuf>,
    /// The address clients know, where it is not the one they call (behind a proxy).
    pub public_url: Option<String>,
    pub log: Log,
    pub openmetadata: OpenMetadata,
    pub datazone: DataZone,
    pub bobsled: Bobsled,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// As in `RUST_LOG`.
    pub filter: String,
    pub json: bool,
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
    pub region: String,
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
}

impl Default for Config {
    fn default() -> Config {
        Config {
            store: "./emporion-data".into(),
            listen: "127.0.0.1:8585".into(),
            source_dirs: Vec::new(),
            public_url: None,
            log: Log::default(),
            openmetadata: OpenMetadata::default(),
            datazone: DataZone::default(),
            bobsled: Bobsled::default(),
        }
    }
}

impl Default for Log {
    fn default() -> Log {
        Log { filter: "info".into(), json: false }
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
            region: "us-east-1".into(),
            hosts: Vec::new(),
            publishing_enabled: true,
            max_data_products: None,
            requests_per_second: None,
        }
    }
}

/// Variables that other parts read themselves.
const NOT_SETTINGS: &[&str] =
    &["EMPORION_CONFIG", "EMPORION_URL", "EMPORION_TOKEN", "EMPORION_SEAL_KEY", "EMPORION_CLIENTS_DIR"];

impl Config {
    /// Reads the file and the environment. `EMPORION_DATAZONE__REGION` sets `region` of `[datazone]`.
    pub fn load(file: Option<&Path>) -> Result<Config> {
        let mut table = match file {
            Some(path) => parse(path)?,
            None if Path::new("emporion.toml").exists() => parse(Path::new("emporion.toml"))?,
            None => toml::Table::new(),
        };
        for (name, value) in std::env::vars() {
            let Some(key) = name.strip_prefix("EMPORION_") else { continue };
            if NOT_SETTINGS.contains(&name.as_str()) {
                continue;
            }
            let path: Vec<String> = key.to_lowercase().split("__").map(str::to_owned).collect();
            insert(&mut table, &path, &value).with_context(|| format!("environment variable {name}"))?;
        }
        toml::Value::Table(table).try_into().context("configuration")
    }
}

fn parse(path: &Path) -> Result<toml::Table> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    text.parse().with_context(|| format!("parsing {}", path.display()))
}

fn insert(table: &mut toml::Table, path: &[String], text: &str) -> Result<()> {
    let [key, rest @ ..] = path else { bail!("an empty key") };
    if rest.is_empty() {
        // A number or a truth value where it reads as one, else text.
        let value = format!("v = {text}").parse::<toml::Table>().ok().and_then(|mut t| t.remove("v"));
        table.insert(key.clone(), value.unwrap_or_else(|| toml::Value::String(text.to_owned())));
        return Ok(());
    }
    match table.entry(key.clone()).or_insert_with(|| toml::Value::Table(toml::Table::new())) {
        toml::Value::Table(inner) => insert(inner, rest, text),
        _ => bail!("{key} is not a section"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_an_error() {
        let table: toml::Table = "stroe = 'x'".parse().unwrap();
        let parsed: Result<Config, _> = toml::Value::Table(table).try_into();
        assert!(parsed.unwrap_err().to_string().contains("stroe"));
    }

    #[test]
    fn the_environment_reaches_into_sections() {
        let mut table = toml::Table::new();
        insert(&mut table, &["datazone".into(), "region".into()], "eu-west-1").unwrap();
        let config: Config = toml::Value::Table(table).try_into().unwrap();
        assert_eq!(config.datazone.region, "eu-west-1");
    }
}
