//! How a source is reached, and what a URL says of it.

use emporion_semantic::guard::Dialect;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::csv::Corrections;
use crate::error::{ErrorKind, SourceError};
use crate::secret::Secret;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum System {
    Sqlite,
    PostgreSql,
    MySql,
}

impl System {
    /// The system that any door's word means: `postgres`, `Postgres`, `MariaDB`…
    pub fn named(word: &str) -> Option<System> {
        Dialect::of_system(word).map(|dialect| match dialect {
            Dialect::Sqlite => System::Sqlite,
            Dialect::PostgreSql => System::PostgreSql,
            Dialect::MySql => System::MySql,
        })
    }

    /// What statements for it are written in.
    pub const fn dialect(self) -> Dialect {
        match self {
            System::Sqlite => Dialect::Sqlite,
            System::PostgreSql => Dialect::PostgreSql,
            System::MySql => Dialect::MySql,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            System::Sqlite => "sqlite",
            System::PostgreSql => "postgres",
            System::MySql => "mysql",
        }
    }
}

/// How much a connection is protected. The words are PostgreSQL's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsMode {
    Disable,
    /// Encrypted where the server can.
    #[default]
    Prefer,
    /// Encrypted, whoever answers.
    Require,
    /// Encrypted, and a known authority vouches for the server.
    VerifyCa,
    /// And it vouches for this name.
    VerifyFull,
}

impl TlsMode {
    pub fn parse(word: &str) -> Result<TlsMode, SourceError> {
        match word.to_ascii_lowercase().replace('_', "-").as_str() {
            "disable" | "disabled" | "false" => Ok(TlsMode::Disable),
            "allow" | "prefer" | "preferred" => Ok(TlsMode::Prefer),
            "require" | "required" | "true" => Ok(TlsMode::Require),
            "verify-ca" => Ok(TlsMode::VerifyCa),
            "verify-full" | "verify-identity" => Ok(TlsMode::VerifyFull),
            _ => Err(invalid("sslMode is one of disable, prefer, require, verify-ca, verify-full")),
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            TlsMode::Disable => "disable",
            TlsMode::Prefer => "prefer",
            TlsMode::Require => "require",
            TlsMode::VerifyCa => "verify-ca",
            TlsMode::VerifyFull => "verify-full",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: Secret,
    pub database: Option<String>,
    pub tls: TlsMode,
    /// Where PostgreSQL looks for a table without a schema.
    pub default_schema: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Config {
    /// A file, or a directory of CSV files.
    Sqlite {
        path: String,
        /// What is said of the files.
        files: Corrections,
    },
    PostgreSql(Server),
    MySql(Server),
}

impl Config {
    pub const fn system(&self) -> System {
        match self {
            Config::Sqlite { .. } => System::Sqlite,
            Config::PostgreSql(_) => System::PostgreSql,
            Config::MySql(_) => System::MySql,
        }
    }

    /// The schema in which tables without one are looked for.
    pub fn default_schema(&self) -> Option<String> {
        match self {
            Config::Sqlite { .. } => Some("main".to_owned()),
            Config::PostgreSql(server) => Some(server.default_schema.clone().unwrap_or_else(|| "public".to_owned())),
            Config::MySql(server) => server.database.clone(),
        }
    }

    /// What makes it the source that it is: its system, where that listens, and the database that somebody comes to, and as
    /// whom. Not the password, nor how one gets there. Of files, where they lie.
    pub fn place(&self) -> String {
        let system = self.system().name();
        match self {
            Config::Sqlite { path, .. } => format!("{:?}", (system, path)),
            Config::PostgreSql(Server { host, port, user, database, .. })
            | Config::MySql(Server { host, port, user, database, .. }) => {
                format!("{:?}", (system, host.to_ascii_lowercase(), port, database, user))
            }
        }
    }

    /// The same with what another configuration says of the same files, where this one says nothing.
    pub fn with_files_of(mut self, other: &Config) -> Config {
        if let (Config::Sqlite { path, files }, Config::Sqlite { path: same, files: said }) = (&mut self, other)
            && path == same
            && *files == Corrections::default()
        {
            files.clone_from(said);
        }
        self
    }

    /// The same with another password; files have none.
    pub fn with_password(mut self, password: Secret) -> Config {
        if let Config::PostgreSql(server) | Config::MySql(server) = &mut self {
            server.password = password;
        }
        self
    }

    /// `sqlite:path`, `csv:directory`, `postgres://user:password@host:port/database?sslmode=…`, `mysql://…`, `mariadb://…`.
    pub fn from_url(text: &str) -> Result<Config, SourceError> {
        if let Some(path) = text.strip_prefix("sqlite:").or_else(|| text.strip_prefix("csv:")) {
            let path = path.strip_prefix("//").unwrap_or(path);
            let path = path.split_once('?').map_or(path, |(path, _)| path);
            return sqlite(&decoded(path)?);
        }
        // Nothing of the text is repeated: it holds the password.
        let url = Url::parse(text)
            .map_err(|_| invalid("the connection is no URL such as postgres://user@host:5432/database"))?;
        match System::named(url.scheme()) {
            Some(System::PostgreSql) => Ok(Config::PostgreSql(server(&url, 5432)?)),
            Some(System::MySql) => Ok(Config::MySql(server(&url, 3306)?)),
            _ => Err(invalid("the URL begins with sqlite:, csv:, postgres:// or mysql://")),
        }
    }
}

pub(crate) fn sqlite(path: &str) -> Result<Config, SourceError> {
    if path.is_empty() || path.contains('\0') || path.starts_with(':') {
        return Err(invalid("a SQLite source needs the path of its file"));
    }
    Ok(Config::Sqlite { path: path.to_owned(), files: Corrections::default() })
}

fn server(url: &Url, default_port: u16) -> Result<Server, SourceError> {
    let mut server = Server {
        host: url.host_str().ok_or_else(|| invalid("the URL names no host"))?.to_owned(),
        port: url.port().unwrap_or(default_port),
        user: decoded(url.username())?,
        password: Secret::new(decoded(url.password().unwrap_or_default())?),
        database: Some(decoded(url.path().trim_start_matches('/'))?).filter(|name| !name.is_empty()),
        tls: TlsMode::default(),
        default_schema: None,
    };
    // Other parameters could change the session behind the guard's back, so they are not passed on.
    for (name, value) in url.query_pairs() {
        match name.to_ascii_lowercase().replace('-', "_").as_str() {
            "sslmode" | "ssl_mode" => server.tls = TlsMode::parse(&value)?,
            "schema" | "currentschema" => server.default_schema = Some(value.into_owned()),
            "user" => server.user = value.into_owned(),
            "password" => server.password = Secret::new(value),
            "application_name" | "connect_timeout" | "charset" => {}
            _ => {
                return Err(invalid(
                    "the URL has a parameter that is not offered; sslmode, schema, user and password are",
                ));
            }
        }
    }
    if server.user.is_empty() {
        return Err(invalid("the URL names no user"));
    }
    Ok(server)
}

fn decoded(text: &str) -> Result<String, SourceError> {
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| invalid("the URL is not UTF-8"))?;
    if decoded.contains('\0') { Err(invalid("the URL holds a null character")) } else { Ok(decoded.into_owned()) }
}

pub(crate) fn invalid(message: &str) -> SourceError {
    SourceError::new(ErrorKind::Configuration, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_say_everything() {
        let Ok(Config::PostgreSql(server)) =
            Config::from_url("postgresql://an%40a:p%3Aw@db.example:6432/shop?sslmode=verify-full&schema=sales")
        else {
            panic!("a configuration");
        };
        assert_eq!(
            (server.host.as_str(), server.port, server.user.as_str(), server.password.expose()),
            ("db.example", 6432, "an@a", "p:w")
        );
        assert_eq!(
            (server.database.as_deref(), server.tls, server.default_schema.as_deref()),
            (Some("shop"), TlsMode::VerifyFull, Some("sales"))
        );
        let file = |path: &str| Config::Sqlite { path: path.to_owned(), files: Corrections::default() };
        assert_eq!(Config::from_url("sqlite:data/a.db").unwrap(), file("data/a.db"));
        assert_eq!(Config::from_url("sqlite:///data/a.db").unwrap(), file("/data/a.db"));
        assert!(
            matches!(Config::from_url("mariadb://u@[::1]/x").unwrap(), Config::MySql(server) if server.port == 3306)
        );
    }

    #[test]
    fn a_source_is_the_same_as_long_as_it_is_reached_in_the_same_place_as_the_same_user() {
        let place = |url: &str| Config::from_url(url).unwrap().place();
        let own = place("postgres://u:one@db.example/shop");
        assert_eq!(own, place("postgresql://u:two@DB.example:5432/shop?sslmode=disable&schema=sales"));
        for other in [
            "postgres://u:one@other.example/shop",
            "postgres://u:one@db.example:6432/shop",
            "postgres://v:one@db.example/shop",
            "postgres://u:one@db.example/shops",
            "postgres://u:one@db.example",
            "mysql://u:one@db.example:5432/shop",
            "sqlite:db.example",
        ] {
            assert_ne!(own, place(other), "{other}");
        }
    }

    #[test]
    fn no_error_and_no_debug_text_tells_the_password() {
        for url in [
            "postgres://u:hunter2@",
            "postgres://u:hunter2@h:999999/x",
            "ftp://u:hunter2@h/x",
            "postgres://u:hunter2@h/x?options=-cx",
            "mysql://:hunter2@h/x",
            "hunter2",
        ] {
            let error = Config::from_url(url).unwrap_err();
            assert!(!error.message.contains("hunter2"), "{error}");
        }
        let config = Config::from_url("mysql://u:hunter2@h/x").unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
