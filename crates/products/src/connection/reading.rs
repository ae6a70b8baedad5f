//! Reading a `connectionConfig`: every broken rule at once, and nothing of its text in any of them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use emporion_edge::secret_address::{self, tells_secret};
use serde_json::{Map, Value, json};

use super::{
    CONFIG_POINTER, Connection, DEFAULT_SCHEMA, OPTIONS, SEARCH_PATH, SNOWFLAKE_SECRETS, SNOWFLAKE_TEXTS, Secret,
    is_mask, last_segment, print,
};
use crate::dsn::Dsn;
use crate::failure::{Failure, RULE_TYPE, Violation, push_segment};
use crate::source_type::{CUSTOM_TYPE, MARIADB, SourceType};

/// Values of `sslMode`; connection strings may also say `allow` and `prefer`.
const SSL_MODES: &[&str] = &["disable", "require", "verify-ca", "verify-full"];
const MAX_TEXT: usize = 8_192;
const NO_SECRET: &str = "is the mask of a secret, not a secret";
const ASK_AGAIN: &str = "must be given again: what is stored belongs to another server";
pub(super) const PASSWORD_POINTER: &str = "/connection/config/authType/password";
const OPTIONS_POINTER: &str = "/connection/config/connectionOptions";
const DATABASE_MODE_POINTER: &str = "/connection/config/databaseMode";

/// Reads a `connectionConfig`. With `present`, it is a change: what the config does not mention stays, and a mask
/// keeps its secret.
///
/// Errors: every broken rule, below `/connectionConfig`. No text of the config appears in them.
pub fn read(
    source: &SourceType,
    config: &Map<String, Value>,
    present: Option<Connection>,
) -> Result<Connection, Failure> {
    let is_change = present.is_some();
    let connection = present.unwrap_or_default();
    let mut reader = Reader { given: config, is_change, connection, violations: Vec::new() };
    reader.connection.set("type", source.service_type());
    match source {
        SourceType::Postgres => {
            reader.server(&["postgres", "postgresql"], 5_432, take_postgres);
            reader.ssl_mode();
            reader.default_schema();
        }
        SourceType::Mysql | SourceType::MariaDb => reader.server(&["mysql", "mariadb"], 3_306, take_mysql),
        SourceType::Sqlite => {
            if !reader.keeps(source, "path") {
                reader.refuse_secret("path");
                reader.text("path", "databaseMode", true);
                if !reader.is_absent("path") {
                    reader.connection.secrets.remove(DATABASE_MODE_POINTER);
                }
            }
        }
        SourceType::Parquet | SourceType::Csv => reader.file(source),
        SourceType::Snowflake => {
            let account = reader.connection.config.get("account").cloned();
            for (name, theirs, is_required) in SNOWFLAKE_TEXTS {
                reader.text(name, theirs, *is_required);
            }
            for (name, theirs) in SNOWFLAKE_SECRETS {
                reader.secret(name, theirs);
            }
            reader.secrets_stay_where_they_were(account.as_ref());
        }
        SourceType::Sledhouse => reader.open_settings(source),
        SourceType::Other(_) => {
            let message = "the connection of a service of this type is changed where it was made";
            reader.violations.push(Violation::new("/connectionConfig", "unsupported", message));
        }
    }
    if reader.violations.is_empty() { Ok(reader.connection) } else { Err(Failure::invalid(reader.violations)) }
}

struct Reader<'a> {
    given: &'a Map<String, Value>,
    is_change: bool,
    connection: Connection,
    violations: Vec<Violation>,
}

impl Reader<'_> {
    fn refuse(&mut self, name: &str, rule: &'static str, message: &'static str) {
        self.violations.push(Violation::new(format!("/connectionConfig/{name}"), rule, message));
    }

    fn is_absent(&self, name: &str) -> bool {
        self.given.get(name).is_none_or(Value::is_null)
    }

    /// A text, if one is there that can be used. Null is absent.
    fn given_text(&mut self, name: &str) -> Option<String> {
        match self.given.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.is_empty() => {
                self.refuse(name, "minLength", "must not be empty");
                None
            }
            Some(Value::String(text)) if text.len() > MAX_TEXT => {
                self.refuse(name, "maxLength", "is too long");
                None
            }
            Some(Value::String(text)) if text.contains('\0') => {
                self.refuse(name, "pattern", "must not hold a NUL");
                None
            }
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                self.refuse(name, RULE_TYPE, "must be a string");
                None
            }
        }
    }

    /// Whether what is stored at a place of a file tells a secret, and comes back as its mask: it stays as it is.
    fn keeps(&self, source: &SourceType, name: &str) -> bool {
        let is_masked = |setting: Option<&Value>| setting.and_then(Value::as_str).is_some_and(is_mask);
        self.is_change && is_masked(self.given.get(name)) && is_masked(print(source, &self.connection).get(name))
    }

    /// Where a file lies is shown to everybody who sees the source: it can hold no secret, nor the mask of one.
    fn refuse_secret(&mut self, name: &str) {
        match self.given.get(name).and_then(Value::as_str) {
            Some(text) if is_mask(text) => self.refuse(name, "secret", NO_SECRET),
            Some(text) if lets_somebody_in(text) => {
                self.refuse(name, "secret", "must hold no password, nor anything else that is secret");
            }
            _ => {}
        }
    }

    fn given_flag(&mut self, name: &str) -> Option<bool> {
        match self.given.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Bool(flag)) => Some(*flag),
            Some(_) => {
                self.refuse(name, RULE_TYPE, "must be a boolean");
                None
            }
        }
    }

    /// A secret, if one is there: a mask is only good for what is stored.
    fn given_secret(&mut self, name: &str) -> Option<Secret> {
        let text = self.given_text(name)?;
        if !is_mask(&text) {
            return Some(Secret::Set(text));
        }
        if !self.is_change {
            self.refuse(name, "secret", NO_SECRET);
            return None;
        }
        Some(Secret::Keep)
    }

    fn text(&mut self, name: &str, theirs: &str, is_required: bool) {
        if !self.is_absent(name) {
            if let Some(text) = self.given_text(name) {
                self.connection.set(theirs, text);
            }
        } else if is_required && (!self.is_change || self.given.contains_key(name)) {
            self.refuse(name, "required", "is required");
        } else if self.given.contains_key(name) {
            self.connection.config.remove(theirs);
        }
    }

    fn secret(&mut self, name: &str, theirs: &str) {
        let pointer = format!("{CONFIG_POINTER}/{theirs}");
        if self.given.get(name).is_some_and(Value::is_null) {
            self.connection.secrets.remove(&pointer);
        } else if let Some(Secret::Set(text)) = self.given_secret(name) {
            self.connection.secrets.insert(pointer, Secret::Set(text));
        }
    }

    /// `connectionString` of a database server.
    fn server(&mut self, schemes: &[&str], port: u16, take: fn(&mut Connection, Dsn) -> Result<(), &'static str>) {
        const NAME: &str = "connectionString";
        let is_encoded = self.given_flag("isEncoded").unwrap_or(true);
        if self.is_absent(NAME) {
            if !self.is_change || self.given.contains_key(NAME) {
                self.refuse(NAME, "required", "is required");
            }
            return;
        }
        let Some(Secret::Set(text)) = self.given_secret(NAME) else { return };
        let Some(plain) = (if is_encoded { decode(&text) } else { Some(text) }) else {
            self.refuse(NAME, "base64", "is not base64; a plain one needs isEncoded: false");
            return;
        };
        let dsn = match Dsn::parse(&plain, schemes, port) {
            Ok(dsn) => dsn,
            Err(rule) => return self.refuse(NAME, "format", rule),
        };
        let is_masked = dsn.password.as_deref().is_some_and(is_mask);
        let (masked, options): (Vec<_>, Vec<_>) =
            dsn.options.into_iter().partition(|(name, value)| is_secret(name) && is_mask(value));
        let dsn = Dsn { options, ..dsn };
        let masked: Vec<String> = masked.into_iter().map(|(name, _)| option_pointer(&name)).collect();
        if (is_masked || !masked.is_empty()) && !self.is_change {
            return self.refuse(NAME, "secret", "holds the mask of a password, not a password");
        }
        // Whoever may only name another server must not be sent the password of the present one.
        let is_stored = masked.iter().all(|pointer| self.connection.secrets.contains_key(pointer));
        if !is_stored
            || (is_masked && !self.has_password())
            || ((is_masked || !masked.is_empty()) && !self.is_for_the_present_server(&dsn))
        {
            return self.refuse(NAME, "required", ASK_AGAIN);
        }
        let dsn = Dsn { password: dsn.password.filter(|_| !is_masked), ..dsn };
        let taken = {
            // Everything that a connection string can say is said anew.
            for name in ["authType", "sslMode", OPTIONS] {
                self.connection.config.remove(name);
            }
            let password = password_pointer(&self.connection);
            let is_kept = |pointer: &str| pointer != password && !pointer.starts_with(OPTIONS_POINTER);
            self.connection.secrets.retain(|pointer, _| is_kept(pointer));
            take(&mut self.connection, dsn)
        };
        if let Err(rule) = taken {
            return self.refuse(NAME, "format", rule);
        }
        if is_masked {
            put_password(&mut self.connection, Secret::Keep);
        }
        self.connection.secrets.extend(masked.into_iter().map(|pointer| (pointer, Secret::Keep)));
    }

    fn has_password(&self) -> bool {
        self.connection.secrets.contains_key(password_pointer(&self.connection))
    }

    /// Whether a connection string leads to where the stored secrets belong.
    fn is_for_the_present_server(&self, dsn: &Dsn) -> bool {
        let is = |name: &str, wanted: Option<&str>| {
            self.connection.config.get(name).and_then(Value::as_str) == wanted && wanted.is_some()
        };
        is("hostPort", Some(&dsn.host_port())) && is("username", dsn.user.as_deref())
    }

    /// Stored secrets are for the account that they were given for: for another one they must be given anew.
    fn secrets_stay_where_they_were(&mut self, before: Option<&Value>) {
        if !self.is_change || self.connection.config.get("account") == before {
            return;
        }
        for (name, theirs) in SNOWFLAKE_SECRETS {
            let secret = self.connection.secrets.get(&format!("{CONFIG_POINTER}/{theirs}"));
            if secret == Some(&Secret::Keep) {
                self.refuse(name, "required", ASK_AGAIN);
            }
        }
    }

    fn ssl_mode(&mut self) {
        let Some(mode) = self.given_text("sslMode") else { return };
        let is_kept = self.connection.config.get("sslMode").and_then(Value::as_str) == Some(&mode);
        if is_kept || SSL_MODES.contains(&mode.as_str()) {
            self.connection.set("sslMode", mode);
        } else {
            self.refuse("sslMode", "enum", "must be one of disable, require, verify-ca, verify-full");
        }
    }

    fn default_schema(&mut self) {
        if self.given.get("defaultSchema").is_some_and(Value::is_null) {
            self.connection.set_option("options", None);
        } else if let Some(schema) = self.given_text("defaultSchema") {
            // Blanks and backslashes would end the setting, or begin another one.
            if schema.len() > 63 || schema.contains(|c: char| c.is_whitespace() || c == '\\' || c == ',') {
                self.refuse("defaultSchema", "pattern", "must be the name of one schema");
            } else {
                let setting = (schema != DEFAULT_SCHEMA).then(|| format!("{SEARCH_PATH}{schema}").into());
                self.connection.set_option("options", setting);
            }
        }
    }

    fn file(&mut self, source: &SourceType) {
        self.connection.set_option(CUSTOM_TYPE, Some(source.word().into()));
        let [path_stays, url_stays, format_stays] = ["path", "url", "format"].map(|name| self.keeps(source, name));
        for (name, stays) in [("path", path_stays), ("url", url_stays), ("format", format_stays)] {
            if !stays {
                self.refuse_secret(name);
            }
        }
        match (self.given_text("path"), self.given_text("url")) {
            (Some(_), Some(_)) => self.refuse("url", "oneOf", "give a path or a url, not both"),
            (Some(_), None) if path_stays => {}
            (None, Some(_)) if url_stays => {}
            (Some(path), None) => {
                self.put_option("url", None);
                self.put_option("path", Some(path.into()));
            }
            (None, Some(url)) if url.starts_with("https://") || url.starts_with("http://") => {
                self.put_option("path", None);
                self.put_option("url", Some(url.into()));
            }
            (None, Some(_)) => self.refuse("url", "format", "must be an http or https address"),
            (None, None) if self.is_change || !self.violations.is_empty() => {}
            (None, None) => self.refuse("path", "required", "give a path or a url"),
        }
        if let Some(format) = self.given_text("format").filter(|_| !format_stays) {
            self.put_option("format", Some(format.into()));
        }
        if let Some(flag) = self.given_flag("hivePartitioning") {
            self.connection.set_option("hivePartitioning", Some(flag.into()));
        }
    }

    /// Sets an option in the clear, or removes it, and what was sealed there.
    fn put_option(&mut self, name: &str, value: Option<Value>) {
        self.connection.secrets.remove(&option_pointer(name));
        self.connection.set_option(name, value);
    }

    /// Settings of a type that nothing here speaks to: kept as they are but for what looks like a secret, and for what
    /// has members of its own, which nobody here can tell apart.
    fn open_settings(&mut self, source: &SourceType) {
        let before = self.connection.config.clone();
        self.connection.set_option(CUSTOM_TYPE, Some(source.word().into()));
        for (name, value) in self.given {
            let pointer = option_pointer(name);
            if name == CUSTOM_TYPE {
                self.refuse(name, "reserved", "is said by type");
                continue;
            }
            let is_masked = value.as_str().is_some_and(is_mask);
            if is_masked && self.connection.secrets.contains_key(&pointer) {
                continue;
            }
            if is_masked || holds_mask(value) {
                self.refuse(name, "secret", if is_masked { NO_SECRET } else { "holds the mask of a secret" });
                continue;
            }
            self.connection.secrets.remove(&pointer);
            self.connection.set_option(name, None);
            match value {
                Value::Null => {}
                Value::String(_) => {
                    let Some(text) = self.given_text(name) else { continue };
                    if may_be_secret(name) || lets_somebody_in(&text) {
                        self.connection.secrets.insert(pointer, Secret::Set(text));
                    } else {
                        self.connection.set_option(name, Some(text.into()));
                    }
                }
                Value::Bool(_) | Value::Number(_) if !may_be_secret(name) => {
                    self.connection.set_option(name, Some(value.clone()));
                }
                other => drop(self.connection.secrets.insert(pointer, Secret::Set(other.to_string()))),
            }
        }
        // Whoever may only name another place must not take the secrets of the present one there.
        if self.is_change && self.connection.config != before {
            let kept: Vec<String> = self
                .connection
                .secrets
                .iter()
                .filter(|(_, secret)| **secret == Secret::Keep)
                .filter_map(|(pointer, _)| last_segment(pointer))
                .collect();
            kept.iter().for_each(|name| self.refuse(name, "required", ASK_AGAIN));
        }
    }
}

fn take_postgres(connection: &mut Connection, dsn: Dsn) -> Result<(), &'static str> {
    // As the server itself does it: a database that is not named is called like the user.
    let user = dsn.user.clone().ok_or("names no user")?;
    connection.set("database", dsn.database.clone().unwrap_or_else(|| user.clone()));
    connection.set("username", user);
    if let Some(mode) = &dsn.ssl_mode {
        connection.set("sslMode", mode.as_str());
    }
    take_common(connection, dsn);
    Ok(())
}

fn take_mysql(connection: &mut Connection, mut dsn: Dsn) -> Result<(), &'static str> {
    connection.set("username", dsn.user.clone().ok_or("names no user")?);
    match dsn.database.take() {
        Some(database) => connection.set("databaseSchema", database),
        None => drop(connection.config.remove("databaseSchema")),
    }
    if let Some(mode) = dsn.ssl_mode.take() {
        dsn.options.push(("sslmode".to_owned(), mode));
    }
    take_common(connection, dsn);
    Ok(())
}

fn take_common(connection: &mut Connection, dsn: Dsn) {
    connection.set("hostPort", dsn.host_port());
    if let Some(password) = dsn.password {
        put_password(connection, Secret::Set(password));
    }
    for (name, value) in dsn.options {
        if is_secret(&name) {
            connection.secrets.insert(option_pointer(&name), Secret::Set(value));
        } else {
            connection.set_option(&name, Some(value.into()));
        }
    }
}

pub(super) fn option_pointer(name: &str) -> String {
    let mut pointer = OPTIONS_POINTER.to_owned();
    push_segment(&mut pointer, name);
    pointer
}

/// Where the connector of a server has its password.
fn password_pointer(connection: &Connection) -> &'static str {
    match connection.config.get("type").and_then(Value::as_str) {
        Some(MARIADB) => "/connection/config/password",
        _ => PASSWORD_POINTER,
    }
}

fn put_password(connection: &mut Connection, secret: Secret) {
    let pointer = password_pointer(connection);
    if pointer == PASSWORD_POINTER {
        connection.set("authType", json!({}));
    }
    connection.secrets.insert(pointer.to_owned(), secret);
}

/// Options such as `sslpassword`.
fn is_secret(option: &str) -> bool {
    let option = option.to_ascii_lowercase();
    ["passw", "passphrase", "secret", "token"].iter().any(|word| option.contains(word))
}

/// Names under which somebody may send a secret where no list says which ones do.
fn may_be_secret(name: &str) -> bool {
    is_secret(name) || ["key", "pwd", "credential"].iter().any(|word| name.to_ascii_lowercase().contains(word))
}

/// An address with a user in it, or one that tells a secret otherwise.
pub(super) fn lets_somebody_in(text: &str) -> bool {
    secret_address::user(text).is_some() || tells_secret(text)
}

/// Whether a mask stands somewhere within a setting: as a member of it, or as the password of an address.
fn holds_mask(value: &Value) -> bool {
    match value {
        Value::String(text) => is_mask(text) || secret_address::password(text).is_some_and(is_mask),
        Value::Array(items) => items.iter().any(holds_mask),
        Value::Object(members) => members.values().any(holds_mask),
        _ => false,
    }
}

/// Base64 of either alphabet, with or without padding and line breaks.
fn decode(text: &str) -> Option<String> {
    let text: String = text.split_ascii_whitespace().collect();
    let text = text.trim_end_matches('=');
    let bytes = STANDARD_NO_PAD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok()?;
    String::from_utf8(bytes).ok().filter(|plain| !plain.contains('\0'))
}
