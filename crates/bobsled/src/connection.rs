//! `connectionConfig`: how a data source is reached, as clients write it and as the catalogue keeps it.
//!
//! The catalogue keeps settings in the clear and secrets apart, under the service types that other doors use, too; so
//! a connection string is taken to pieces here. Secrets go in and never come out.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use crate::dsn::Dsn;
use crate::error::{Failure, RULE_TYPE, Violation};

/// What a secret is answered as; sent back, it means "as it was".
pub const MASK: &str = "***";

/// The values of `type`.
pub const TYPES: &[&str] = &["postgres", "mysql", "sqlite", "parquet", "csv", "snowflake", "sledhouse"];

/// Values of `sslMode`; connection strings may also say `allow` and `prefer`.
const SSL_MODES: &[&str] = &["disable", "require", "verify-ca", "verify-full"];
const DEFAULT_SCHEMA: &str = "public";
const MAX_TEXT: usize = 8_192;

/// The service type of everything that the other doors have no type for; `source_type` among its settings says more.
const CUSTOM: &str = "CustomDatabase";
const SOURCE_TYPE: &str = "source_type";

/// A kind of data source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceType {
    Postgres,
    Mysql,
    Sqlite,
    Parquet,
    Csv,
    Snowflake,
    Sledhouse,
    /// A service of a type that only other doors can make.
    Other(String),
}

/// A connection in the catalogue's terms.
#[derive(Debug, Clone, PartialEq)]
pub struct Connection {
    pub service_type: &'static str,
    /// Neutral names, no secrets.
    pub settings: Map<String, Value>,
    /// By neutral name; a secret that is not listed does not exist.
    pub secrets: Vec<(&'static str, Secret)>,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    Set(String),
    /// The mask came back.
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

impl SourceType {
    pub fn parse(word: &str) -> Option<SourceType> {
        Some(match word {
            "postgres" => SourceType::Postgres,
            "mysql" => SourceType::Mysql,
            "sqlite" => SourceType::Sqlite,
            "parquet" => SourceType::Parquet,
            "csv" => SourceType::Csv,
            "snowflake" => SourceType::Snowflake,
            "sledhouse" => SourceType::Sledhouse,
            _ => return None,
        })
    }

    /// The value of `type` in answers.
    pub fn word(&self) -> String {
        match self {
            SourceType::Postgres => "postgres".to_owned(),
            SourceType::Mysql => "mysql".to_owned(),
            SourceType::Sqlite => "sqlite".to_owned(),
            SourceType::Parquet => "parquet".to_owned(),
            SourceType::Csv => "csv".to_owned(),
            SourceType::Snowflake => "snowflake".to_owned(),
            SourceType::Sledhouse => "sledhouse".to_owned(),
            SourceType::Other(service) => service.to_lowercase(),
        }
    }

    /// What a database service of the catalogue is as a data source.
    pub fn of_service(service_type: &str, settings: &Map<String, Value>) -> SourceType {
        match service_type {
            "Postgres" => SourceType::Postgres,
            "Mysql" => SourceType::Mysql,
            "SQLite" => SourceType::Sqlite,
            "Snowflake" => SourceType::Snowflake,
            other => match settings.get(SOURCE_TYPE).and_then(Value::as_str).and_then(SourceType::parse) {
                Some(custom) if other == CUSTOM => custom,
                _ => SourceType::Other(other.to_owned()),
            },
        }
    }
}

/// Reads a `connectionConfig`. `present` are the settings that are stored already, when a data source is changed:
/// what the config does not mention stays, and a mask keeps its secret.
///
/// Errors: every broken rule, below `/connectionConfig`. No text of the config appears in them.
pub fn read(
    source: &SourceType,
    config: &Map<String, Value>,
    present: Option<&Map<String, Value>>,
) -> Result<Connection, Failure> {
    let mut reader = Reader { config, is_change: present.is_some(), violations: Vec::new() };
    let mut connection =
        Connection { service_type: CUSTOM, settings: present.cloned().unwrap_or_default(), secrets: Vec::new() };
    match source {
        SourceType::Postgres => {
            connection.service_type = "Postgres";
            reader.server(&mut connection, &["postgres", "postgresql"]);
            reader.choice(&mut connection, "sslMode", "ssl_mode", SSL_MODES);
            reader.text(&mut connection, "defaultSchema", "database_schema", false);
        }
        SourceType::Mysql => {
            connection.service_type = "Mysql";
            reader.server(&mut connection, &["mysql"]);
            reader.choice(&mut connection, "sslMode", "ssl_mode", SSL_MODES);
        }
        SourceType::Sqlite => {
            connection.service_type = "SQLite";
            reader.text(&mut connection, "path", "path", true);
        }
        SourceType::Parquet | SourceType::Csv => {
            connection.settings.insert(SOURCE_TYPE.to_owned(), source.word().into());
            reader.file(&mut connection);
        }
        SourceType::Snowflake => {
            connection.service_type = "Snowflake";
            for (name, setting, is_required) in [
                ("account", "account", true),
                ("username", "username", true),
                ("warehouse", "warehouse", true),
                ("role", "role", false),
                ("database", "database", false),
                ("schema", "database_schema", false),
            ] {
                reader.text(&mut connection, name, setting, is_required);
            }
            for (name, secret) in [
                ("password", "password"),
                ("privateKey", "private_key"),
                ("privateKeyPassphrase", "private_key_passphrase"),
            ] {
                reader.secret(&mut connection, name, secret);
            }
        }
        SourceType::Sledhouse => {
            connection.settings.insert(SOURCE_TYPE.to_owned(), source.word().into());
            reader.opaque(&mut connection);
        }
        SourceType::Other(_) => {
            let message = "a service of this type is changed where it was made";
            reader.violations.push(Violation::new("/connectionConfig", "unsupported", message));
        }
    }
    if reader.violations.is_empty() { Ok(connection) } else { Err(Failure::invalid(reader.violations)) }
}

/// Prints a `connectionConfig` for an answer: settings in the clear, the mask for every secret.
/// `has_secret` says whether a secret of that neutral name is stored.
pub fn print(source: &SourceType, settings: &Map<String, Value>, has_secret: impl Fn(&str) -> bool) -> Value {
    let mut config = Map::new();
    let mut copy = |setting: &str, name: &str| {
        if let Some(value) = settings.get(setting) {
            config.insert(name.to_owned(), value.clone());
        }
    };
    let mut masked: Vec<&str> = Vec::new();
    match source {
        SourceType::Postgres => {
            copy("ssl_mode", "sslMode");
            copy("database_schema", "defaultSchema");
            masked.push("connectionString");
            config.entry("defaultSchema").or_insert_with(|| DEFAULT_SCHEMA.into());
        }
        SourceType::Mysql => {
            copy("ssl_mode", "sslMode");
            masked.push("connectionString");
        }
        SourceType::Sqlite => copy("path", "path"),
        SourceType::Parquet | SourceType::Csv => {
            copy("path", "path");
            copy("url", "url");
            copy("format", "format");
            copy("hive_partitioning", "hivePartitioning");
        }
        SourceType::Snowflake => {
            for (setting, name) in [
                ("account", "account"),
                ("username", "username"),
                ("warehouse", "warehouse"),
                ("role", "role"),
                ("database", "database"),
                ("database_schema", "schema"),
            ] {
                copy(setting, name);
            }
            for (secret, name) in [
                ("password", "password"),
                ("private_key", "privateKey"),
                ("private_key_passphrase", "privateKeyPassphrase"),
            ] {
                if has_secret(secret) {
                    masked.push(name);
                }
            }
        }
        SourceType::Sledhouse | SourceType::Other(_) => {}
    }
    for name in masked {
        config.insert(name.to_owned(), MASK.into());
    }
    Value::Object(config)
}

struct Reader<'a> {
    config: &'a Map<String, Value>,
    is_change: bool,
    violations: Vec<Violation>,
}

impl Reader<'_> {
    fn refuse(&mut self, name: &str, rule: &'static str, message: &'static str) {
        self.violations.push(Violation::new(format!("/connectionConfig/{name}"), rule, message));
    }

    /// A text member, if it is there and has the right form. Null is absent.
    fn given(&mut self, name: &str) -> Option<String> {
        match self.config.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.is_empty() => {
                self.refuse(name, "minLength", "must not be empty");
                None
            }
            Some(Value::String(text)) if text.len() > MAX_TEXT || text.contains('\0') => {
                self.refuse(name, "pattern", "must be a short text without NUL");
                None
            }
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                self.refuse(name, RULE_TYPE, "must be a string");
                None
            }
        }
    }

    fn flag(&mut self, name: &str) -> Option<bool> {
        match self.config.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Bool(flag)) => Some(*flag),
            Some(_) => {
                self.refuse(name, RULE_TYPE, "must be a boolean");
                None
            }
        }
    }

    fn is_absent(&self, name: &str) -> bool {
        self.config.get(name).is_none_or(Value::is_null)
    }

    fn text(&mut self, connection: &mut Connection, name: &str, setting: &str, is_required: bool) {
        let is_known = connection.settings.contains_key(setting);
        if self.is_absent(name) && is_required && !is_known {
            self.refuse(name, "required", "is required");
        } else if self.config.get(name).is_some_and(Value::is_null) && !is_required {
            connection.settings.remove(setting);
        } else if let Some(text) = self.given(name) {
            connection.settings.insert(setting.to_owned(), text.into());
        }
    }

    fn choice(&mut self, connection: &mut Connection, name: &str, setting: &str, choices: &[&str]) {
        if let Some(text) = self.given(name) {
            let is_kept = connection.settings.get(setting).and_then(Value::as_str) == Some(&text);
            if choices.contains(&text.as_str()) || is_kept {
                connection.settings.insert(setting.to_owned(), text.into());
            } else {
                self.refuse(name, "enum", "must be one of disable, require, verify-ca, verify-full");
            }
        }
    }

    fn secret(&mut self, connection: &mut Connection, name: &str, secret: &'static str) {
        // What a change does not mention stays; what it sets to null goes.
        if self.is_absent(name) {
            if self.is_change && !self.config.contains_key(name) {
                connection.secrets.push((secret, Secret::Keep));
            }
        } else if let Some(text) = self.given(name) {
            if text != MASK {
                connection.secrets.push((secret, Secret::Set(text)));
            } else if self.is_change {
                connection.secrets.push((secret, Secret::Keep));
            } else {
                self.refuse(name, "secret", "is the mask of a secret, not a secret");
            }
        }
    }

    /// `connectionString` of a database server.
    fn server(&mut self, connection: &mut Connection, schemes: &[&str]) {
        let is_encoded = self.flag("isEncoded").unwrap_or(true);
        if self.is_absent("connectionString") {
            if self.is_change {
                connection.secrets.push(("password", Secret::Keep));
            } else {
                self.refuse("connectionString", "required", "is required");
            }
            return;
        }
        let Some(text) = self.given("connectionString") else { return };
        if text == MASK {
            if self.is_change {
                connection.secrets.push(("password", Secret::Keep));
            } else {
                self.refuse("connectionString", "secret", "is the mask of a secret, not a secret");
            }
            return;
        }
        let plain = if is_encoded { decode(&text) } else { Some(text) };
        let Some(plain) = plain else {
            self.refuse("connectionString", "base64", "is not base64; a plain one needs isEncoded: false");
            return;
        };
        match Dsn::parse(&plain, schemes) {
            Err(rule) => self.refuse("connectionString", "format", rule),
            Ok(dsn) => take_dsn(connection, dsn),
        }
    }

    fn file(&mut self, connection: &mut Connection) {
        match (self.given("path"), self.given("url")) {
            (Some(_), Some(_)) => self.refuse("url", "oneOf", "give a path or a url, not both"),
            (Some(path), None) => {
                connection.settings.remove("url");
                connection.settings.insert("path".to_owned(), path.into());
            }
            (None, Some(url)) => {
                if url.starts_with("https://") || url.starts_with("http://") {
                    connection.settings.remove("path");
                    connection.settings.insert("url".to_owned(), url.into());
                } else {
                    self.refuse("url", "format", "must be an http or https address");
                }
            }
            (None, None) => {
                let is_known = ["path", "url"].iter().any(|name| connection.settings.contains_key(*name));
                if !is_known && self.violations.is_empty() {
                    self.refuse("path", "required", "give a path or a url");
                }
            }
        }
        self.text(connection, "format", "format", false);
        if let Some(flag) = self.flag("hivePartitioning") {
            connection.settings.insert("hive_partitioning".to_owned(), flag.into());
        }
    }

    /// Members that nobody here can tell apart are kept as one secret.
    fn opaque(&mut self, connection: &mut Connection) {
        if self.config.is_empty() && self.is_change {
            connection.secrets.push(("options", Secret::Keep));
        } else {
            connection.secrets.push(("options", Secret::Set(Value::Object(self.config.clone()).to_string())));
        }
    }
}

/// A new connection string replaces everything that one can say.
fn take_dsn(connection: &mut Connection, dsn: Dsn) {
    for setting in ["host_port", "username", "database", "ssl_mode", "options"] {
        connection.settings.remove(setting);
    }
    let mut set = |setting: &str, value: Value| {
        connection.settings.insert(setting.to_owned(), value);
    };
    set("host_port", json!(dsn.host_port()));
    for (setting, value) in [("username", dsn.user), ("database", dsn.database), ("ssl_mode", dsn.ssl_mode)] {
        if let Some(value) = value {
            set(setting, value.into());
        }
    }
    if !dsn.options.is_empty() {
        set("options", dsn.options.into_iter().map(|(name, value)| (name, Value::from(value))).collect());
    }
    if let Some(password) = dsn.password {
        connection.secrets.push(("password", Secret::Set(password)));
    }
}

/// Base64 of either alphabet, with or without padding and line breaks.
fn decode(text: &str) -> Option<String> {
    let text: String = text.split_ascii_whitespace().collect();
    let text = text.trim_end_matches('=');
    let bytes = STANDARD_NO_PAD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok()?;
    String::from_utf8(bytes).ok().filter(|plain| !plain.contains('\0'))
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    const PLAIN: &str = "postgres://app:s3cret@db.example.com:6432/shop?sslmode=require&application_name=x";

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    fn create(source: SourceType, config: Value) -> Result<Connection, Failure> {
        read(&source, &object(config), None)
    }

    fn rules(result: Result<Connection, Failure>) -> Vec<(String, String)> {
        let violations = result.expect_err("a broken rule").violations;
        violations.into_iter().map(|violation| (violation.path, violation.rule)).collect()
    }

    #[test]
    fn a_connection_string_is_base64_unless_it_says_otherwise() {
        let encoded = create(SourceType::Postgres, json!({"connectionString": STANDARD.encode(PLAIN)}));
        let plain = create(SourceType::Postgres, json!({"connectionString": PLAIN, "isEncoded": false}));
        let connection = encoded.expect("a good string");
        assert_eq!(connection, plain.expect("a good string"));
        assert_eq!(connection.service_type, "Postgres");
        assert_eq!(
            Value::Object(connection.settings),
            json!({
                "host_port": "db.example.com:6432", "username": "app", "database": "shop", "ssl_mode": "require",
                "options": {"application_name": "x"}
            })
        );
        assert_eq!(connection.secrets, [("password", Secret::Set("s3cret".to_owned()))]);
        let refused = create(SourceType::Postgres, json!({"connectionString": PLAIN}));
        assert_eq!(rules(refused), [("/connectionConfig/connectionString".to_owned(), "base64".to_owned())]);
    }

    #[test]
    fn members_beside_the_string_win_over_it() {
        let config =
            json!({"connectionString": PLAIN, "isEncoded": false, "sslMode": "verify-full", "defaultSchema": "shop"});
        let connection = create(SourceType::Postgres, config).expect("a good config");
        assert_eq!(connection.settings["ssl_mode"], "verify-full");
        assert_eq!(connection.settings["database_schema"], "shop");
    }

    #[test]
    fn answers_never_hold_a_secret() {
        let connection = create(SourceType::Postgres, json!({"connectionString": PLAIN, "isEncoded": false}));
        let connection = connection.expect("a good string");
        let printed = print(&SourceType::Postgres, &connection.settings, |_| true);
        assert_eq!(printed, json!({"sslMode": "require", "defaultSchema": "public", "connectionString": "***"}));
        assert!(!format!("{connection:?}").contains("s3cret"));
        let flawed = create(SourceType::Postgres, json!({"connectionString": "s3cret://x", "isEncoded": false}));
        assert!(!format!("{:?}", flawed.expect_err("a foreign scheme")).contains("s3cret"));
    }

    #[test]
    fn a_mask_keeps_the_secret_on_a_change_and_is_refused_on_a_create() {
        let stored = object(json!({"host_port": "h:5432", "database": "d", "ssl_mode": "prefer"}));
        let config = object(json!({"connectionString": "***", "sslMode": "prefer", "defaultSchema": "shop"}));
        let changed = read(&SourceType::Postgres, &config, Some(&stored)).expect("a change");
        assert_eq!(changed.secrets, [("password", Secret::Keep)]);
        assert_eq!(changed.settings["host_port"], "h:5432");
        assert_eq!(changed.settings["database_schema"], "shop");
        let refused = create(SourceType::Postgres, json!({"connectionString": "***"}));
        assert_eq!(rules(refused)[0].1, "secret");
    }

    #[test]
    fn a_new_string_replaces_the_old_password() {
        let stored = object(json!({"host_port": "h:5432", "username": "old", "database": "d"}));
        let config = object(json!({"connectionString": "postgresql://h2/e", "isEncoded": false}));
        let changed = read(&SourceType::Postgres, &config, Some(&stored)).expect("a change");
        assert_eq!(changed.secrets, []);
        assert_eq!(Value::Object(changed.settings), json!({"database": "e", "host_port": "h2"}));
    }

    #[test]
    fn every_type_survives_the_way_through_the_catalogue() {
        let string = |scheme: &str| json!({"connectionString": format!("{scheme}://u:p@h/d"), "isEncoded": false});
        for (word, config) in [
            ("postgres", string("postgres")),
            ("mysql", string("mysql")),
            ("sqlite", json!({"path": "shop.db"})),
            ("parquet", json!({"path": "sales/", "hivePartitioning": true})),
            ("csv", json!({"url": "https://example.com/a.csv", "format": "csv"})),
            ("snowflake", json!({"account": "a", "username": "u", "warehouse": "w", "password": "p"})),
            ("sledhouse", json!({"anything": {"goes": 1}})),
        ] {
            let source = SourceType::parse(word).expect(word);
            let connection = create(source.clone(), config.clone()).expect(word);
            assert_eq!(SourceType::of_service(connection.service_type, &connection.settings), source);
            assert_eq!(source.word(), word);
            let has_secret = |name: &str| connection.secrets.iter().any(|(secret, _)| *secret == name);
            let printed = object(print(&source, &connection.settings, has_secret));
            // What is answered can be sent back, and changes nothing.
            let again = read(&source, &printed, Some(&connection.settings)).expect(word);
            let mut settings = connection.settings.clone();
            if word == "postgres" {
                settings.insert("database_schema".to_owned(), "public".into());
            }
            assert_eq!(again.settings, settings, "{word}");
            assert!(again.secrets.iter().all(|(_, secret)| *secret == Secret::Keep), "{word}");
        }
        assert_eq!(TYPES.len(), 7);
    }

    #[test]
    fn services_of_other_doors_are_listed_under_their_own_name() {
        let source = SourceType::of_service("BigQuery", &Map::new());
        assert_eq!(source.word(), "bigquery");
        assert_eq!(print(&source, &object(json!({"credentials": "x"})), |_| true), json!({}));
        assert_eq!(SourceType::of_service("CustomDatabase", &Map::new()).word(), "customdatabase");
        assert_eq!(rules(read(&source, &Map::new(), Some(&Map::new())))[0].1, "unsupported");
    }

    #[test]
    fn bad_configs_name_the_member_and_the_rule() {
        let rule = |source: SourceType, config: Value| rules(create(source, config)).remove(0);
        let at = |name: &str, rule: &str| (format!("/connectionConfig/{name}"), rule.to_owned());
        assert_eq!(rule(SourceType::Postgres, json!({})), at("connectionString", "required"));
        assert_eq!(rule(SourceType::Postgres, json!({"connectionString": 7})), at("connectionString", "type"));
        let config = json!({"connectionString": PLAIN, "isEncoded": false, "sslMode": "maybe"});
        assert_eq!(rule(SourceType::Postgres, config), at("sslMode", "enum"));
        assert_eq!(rule(SourceType::Sqlite, json!({"path": "a\u{0}b"})), at("path", "pattern"));
        assert_eq!(rule(SourceType::Csv, json!({})), at("path", "required"));
        assert_eq!(rule(SourceType::Csv, json!({"path": "a", "url": "https://x"})), at("url", "oneOf"));
        assert_eq!(rule(SourceType::Csv, json!({"url": "file:///etc/passwd"})), at("url", "format"));
        assert_eq!(rule(SourceType::Snowflake, json!({"account": "a", "username": "u"})), at("warehouse", "required"));
    }
}
