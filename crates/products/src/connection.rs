//! `connectionConfig`: how a data source is reached, as clients write it and as the catalogue keeps it.
//!
//! A database service of the catalogue holds its connection in the vocabulary of its connector, so that whoever made
//! it, everybody can use it. A connection string is therefore taken to pieces here. Secrets are kept apart, by their
//! JSON Pointer into the record; they go in and never come out.

mod reading;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

pub use self::reading::read;
use crate::source_type::{CUSTOM_TYPE, SourceType};

/// What a secret is answered as; sent back, it means "as it was".
pub const MASK: &str = "***";

/// Whether a text stands for a secret that it does not tell: the mask, or what other clients mask by.
pub fn is_mask(text: &str) -> bool {
    text.chars().count() >= MASK.len() && text.chars().all(|c| matches!(c, '*' | '•'))
}

const DEFAULT_SCHEMA: &str = "public";
/// How a server of that kind is told its default schema.
const SEARCH_PATH: &str = "-csearch_path=";

const OPTIONS: &str = "connectionOptions";
/// What the connector of SQLite says by itself where its member `database` names the file.
const IN_MEMORY: &str = ":memory:";
const CONFIG_POINTER: &str = "/connection/config";

/// Members of a Snowflake config: (here, the connector's, required).
const SNOWFLAKE_TEXTS: &[(&str, &str, bool)] = &[
    ("account", "account", true),
    ("username", "username", true),
    ("warehouse", "warehouse", true),
    ("role", "role", false),
    ("database", "database", false),
];
const SNOWFLAKE_SECRETS: &[(&str, &str)] = &[
    ("password", "password"),
    ("privateKey", "privateKey"),
    ("privateKeyPassphrase", "snowflakePrivatekeyPassphrase"),
];

/// A connection in the catalogue's terms.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Connection {
    /// What stands under `connection.config`, without secrets.
    pub config: Map<String, Value>,
    /// Every secret that the connection has, by pointer.
    pub secrets: BTreeMap<String, Secret>,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    Set(String),
    /// As it is stored.
    Keep,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Secret::Set(_) => "Set(***)",
            Secret::Keep => "Keep",
        })
    }
}

impl Connection {
    /// What is stored already: the config, and the pointers of its secrets.
    pub fn stored(config: Map<String, Value>, secrets: impl IntoIterator<Item = String>) -> Connection {
        Connection { config, secrets: secrets.into_iter().map(|pointer| (pointer, Secret::Keep)).collect() }
    }

    /// The value of the service's field `connection`.
    pub fn field(&self) -> Value {
        json!({"config": self.config})
    }

    fn options(&self) -> Option<&Map<String, Value>> {
        self.config.get(OPTIONS).and_then(Value::as_object)
    }

    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.config.insert(name.to_owned(), value.into());
    }

    /// Sets an option of the connector, or removes it.
    fn set_option(&mut self, name: &str, value: Option<Value>) {
        let mut options = self.options().cloned().unwrap_or_default();
        match value {
            Some(value) => options.insert(name.to_owned(), value),
            None => options.remove(name),
        };
        if options.is_empty() {
            self.config.remove(OPTIONS);
        } else {
            self.set(OPTIONS, options);
        }
    }
}

/// Where a file lies: what other doors let in may hold a secret, in the clear or sealed at that pointer.
fn shown(connection: &Connection, pointer: &str, setting: Option<&Value>) -> Option<Value> {
    if connection.secrets.contains_key(pointer) {
        return Some(MASK.into());
    }
    let is_secret = setting.and_then(Value::as_str).is_some_and(reading::lets_somebody_in);
    if is_secret { Some(MASK.into()) } else { setting.cloned() }
}

/// Prints a `connectionConfig` for an answer: settings in the clear, the mask for every secret.
pub fn print(source: &SourceType, connection: &Connection) -> Value {
    let mut printed = Map::new();
    let config = &connection.config;
    let text = |name: &str| config.get(name).filter(|value| value.is_string()).cloned();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            printed.insert(name.to_owned(), value);
        }
    };
    match source {
        SourceType::Postgres => {
            put("connectionString", Some(MASK.into()));
            put("sslMode", text("sslMode"));
            let schema =
                connection.options().and_then(|options| options.get("options")?.as_str()?.strip_prefix(SEARCH_PATH));
            put("defaultSchema", Some(schema.unwrap_or(DEFAULT_SCHEMA).into()));
        }
        SourceType::Mysql | SourceType::MariaDb => put("connectionString", Some(MASK.into())),
        SourceType::Sqlite => {
            let place = |name: &str| shown(connection, &format!("{CONFIG_POINTER}/{name}"), text(name).as_ref());
            put("path", place("databaseMode").filter(|mode| mode != IN_MEMORY).or_else(|| place("database")));
        }
        SourceType::Parquet | SourceType::Csv => {
            for name in ["path", "url", "format", "hivePartitioning"] {
                let option = connection.options().and_then(|options| options.get(name));
                put(name, shown(connection, &reading::option_pointer(name), option));
            }
        }
        SourceType::Snowflake => {
            for (name, theirs, _) in SNOWFLAKE_TEXTS {
                put(name, text(theirs));
            }
            for (name, theirs) in SNOWFLAKE_SECRETS {
                let is_there = connection.secrets.contains_key(&format!("{CONFIG_POINTER}/{theirs}"));
                put(name, is_there.then(|| MASK.into()));
            }
        }
        SourceType::Sledhouse => {
            for (name, value) in connection.options().into_iter().flatten().filter(|(name, _)| *name != CUSTOM_TYPE) {
                put(name, Some(value.clone()));
            }
            let sealed = connection.secrets.keys().filter_map(|pointer| last_segment(pointer));
            sealed.for_each(|name| put(&name, Some(MASK.into())));
        }
        SourceType::Other(_) => {}
    }
    Value::Object(printed)
}

/// The name of the option that a pointer leads to.
fn last_segment(pointer: &str) -> Option<String> {
    let name = pointer.strip_prefix(CONFIG_POINTER)?.strip_prefix('/')?.strip_prefix(OPTIONS)?.strip_prefix('/')?;
    Some(name.replace("~1", "/").replace("~0", "~"))
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
