//! Configurations as the catalogue keeps them: the `connection.config` of a database service, in its connector's words.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::config::{Config, Server, System, TlsMode, invalid, sqlite};
use crate::csv::Corrections;
use crate::error::SourceError;
use crate::secret::Secret;

/// How the schema that PostgreSQL looks into first is written among its connector's options.
const SEARCH_PATH: &str = "-csearch_path=";
/// What a connector of SQLite says where it means no file.
const IN_MEMORY: &str = ":memory:";

/// The option that says how files are read where that is guessed wrong.
pub const FILES: &str = "csvFiles";

/// A configuration in the words of a database service.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The type of the service, `Postgres`.
    pub service_type: &'static str,
    /// `connection.config`, without the password.
    pub config: Map<String, Value>,
    /// Where in `config` the password belongs, as a JSON pointer, and what it is; `None` without one.
    pub password: Option<(&'static str, Secret)>,
}

impl Config {
    /// The same configuration for a service to keep; [`Config::from_connection`] reads it back. `service_type` is that
    /// of the service, where it is there already: one system can have several.
    pub fn kept(&self, service_type: Option<&str>) -> Kept {
        match self {
            Config::Sqlite { path, files } => {
                let mut config = object(json!({"type": "SQLite", "databaseMode": path}));
                if let Some(said) = files.text() {
                    config.insert("connectionOptions".to_owned(), json!({FILES: said}));
                }
                Kept { service_type: "SQLite", config, password: None }
            }
            Config::PostgreSql(server) => {
                let mut config = object(json!({
                    "type": "Postgres",
                    "username": server.user,
                    "hostPort": host_port(server),
                    // As the server itself does it: a database that is not named is called like the user.
                    "database": server.database.as_ref().unwrap_or(&server.user),
                }));
                if server.tls != TlsMode::default() {
                    config.insert("sslMode".to_owned(), server.tls.name().into());
                }
                if let Some(schema) = &server.default_schema {
                    let options = json!({"options": format!("{SEARCH_PATH}{schema}")});
                    config.insert("connectionOptions".to_owned(), options);
                }
                with_password("Postgres", "/authType/password", config, server)
            }
            Config::MySql(server) => {
                let (service_type, password) = match service_type {
                    Some("MariaDB") => ("MariaDB", "/password"),
                    _ => ("Mysql", "/authType/password"),
                };
                let config = json!({"type": service_type, "username": server.user, "hostPort": host_port(server)});
                let mut config = object(config);
                if let Some(database) = &server.database {
                    config.insert("databaseSchema".to_owned(), database.as_str().into());
                }
                if server.tls != TlsMode::default() {
                    // This connector has no member for it.
                    config.insert("connectionOptions".to_owned(), json!({"sslmode": server.tls.name()}));
                }
                with_password(service_type, password, config, server)
            }
        }
    }

    /// The connection object of a Bobsled data source (`connectionString`, `path`…) or of an OpenMetadata database
    /// service (`hostPort`, `username`, `authType`…), secrets in their places.
    pub fn from_connection(system: System, connection: &Value) -> Result<Config, SourceError> {
        let text = |names: &[&str]| {
            names.iter().find_map(|name| connection.pointer(&format!("/{name}"))).and_then(Value::as_str)
        };
        let schema =
            text(&["defaultSchema"]).or_else(|| text(&["connectionOptions/options"])?.strip_prefix(SEARCH_PATH));
        if let Some(string) = text(&["connectionString", "url"]) {
            let encoded = connection
                .get("isEncoded")
                .and_then(Value::as_bool)
                .unwrap_or(connection.get("connectionString").is_some());
            let string = if encoded { unpacked(string)? } else { string.trim().to_owned() };
            let mut config = Config::from_url(&string)?;
            if config.system() != system {
                return Err(invalid("the connection string is of another type"));
            }
            if let Config::PostgreSql(server) | Config::MySql(server) = &mut config {
                if let Some(mode) = text(&["sslMode"]) {
                    server.tls = TlsMode::parse(mode)?;
                }
                server.default_schema = schema.map(str::to_owned).or(server.default_schema.take());
            }
            return Ok(config);
        }
        if system == System::Sqlite {
            let mut paths = ["path", "databaseMode", "database"].into_iter().filter_map(|name| text(&[name]));
            let path = paths
                .find(|path| *path != IN_MEMORY)
                .ok_or_else(|| invalid("a SQLite source needs the path of its file"))?;
            let config = sqlite(path.strip_prefix("file:").unwrap_or(path))?;
            let said = text(&[&format!("connectionOptions/{FILES}")]).map(Corrections::parse).transpose();
            let files = said.map_err(|why| invalid(&why))?.unwrap_or_default();
            return Ok(match config {
                Config::Sqlite { path, .. } => Config::Sqlite { path, files },
                other => other,
            });
        }
        let default_port = if system == System::PostgreSql { 5432 } else { 3306 };
        let (host, port) = match text(&["hostPort"]) {
            Some(both) => match both.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']')) {
                Some((host, port)) => {
                    (host, Some(port.parse().map_err(|_| invalid("the port is a number up to 65535"))?))
                }
                None => (both, None),
            },
            None => (text(&["host"]).ok_or_else(|| invalid("a source needs a host"))?, None),
        };
        let port = match (port, connection.get("port")) {
            (Some(port), _) => port,
            (None, Some(port)) => port
                .as_u64()
                .and_then(|port| u16::try_from(port).ok())
                .ok_or_else(|| invalid("the port is a number up to 65535"))?,
            (None, None) => default_port,
        };
        let mode = text(&["sslMode", "connectionOptions/sslmode", "connectionOptions/ssl_mode"]);
        let server = Server {
            host: host.to_owned(),
            port,
            user: text(&["username", "user"]).ok_or_else(|| invalid("a source needs a user"))?.to_owned(),
            password: Secret::new(text(&["password", "authType/password"]).unwrap_or_default()),
            database: text(&["database", "databaseSchema"]).filter(|name| !name.is_empty()).map(str::to_owned),
            tls: mode.map_or(Ok(TlsMode::default()), TlsMode::parse)?,
            default_schema: schema.map(str::to_owned),
        };
        Ok(match system {
            System::PostgreSql => Config::PostgreSql(server),
            System::MySql | System::Sqlite => Config::MySql(server),
        })
    }
}

fn with_password(service_type: &'static str, place: &'static str, config: Map<String, Value>, server: &Server) -> Kept {
    let password = (!server.password.expose().is_empty()).then(|| (place, server.password.clone()));
    Kept { service_type, config, password }
}

fn host_port(server: &Server) -> String {
    let host = server.host.trim_matches(['[', ']']);
    if host.contains(':') { format!("[{host}]:{}", server.port) } else { format!("{host}:{}", server.port) }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn unpacked(text: &str) -> Result<String, SourceError> {
    let bytes = STANDARD.decode(text.trim()).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| invalid("connectionString is Base64 unless isEncoded is false"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_of_both_doors_are_understood() {
        let encoded = STANDARD.encode("postgresql://u:p@h:5433/d");
        let config = Config::from_connection(
            System::PostgreSql,
            &json!({"connectionString": encoded, "sslMode": "require", "defaultSchema": "s"}),
        )
        .unwrap();
        assert!(
            matches!(&config, Config::PostgreSql(server) if server.port == 5433 && server.tls == TlsMode::Require && server.default_schema.as_deref() == Some("s"))
        );
        let config = Config::from_connection(
            System::PostgreSql,
            &json!({"connectionString": "postgres://u:p@h/d", "isEncoded": false}),
        )
        .unwrap();
        assert!(matches!(&config, Config::PostgreSql(server) if server.host == "h"));
        let service = json!({"type": "Mysql", "username": "u", "authType": {"password": "p"}, "hostPort": "h:3307", "databaseSchema": "d"});
        let config = Config::from_connection(System::MySql, &service).unwrap();
        assert!(
            matches!(&config, Config::MySql(server) if server.port == 3307 && server.password.expose() == "p" && server.database.as_deref() == Some("d"))
        );
        assert!(Config::from_connection(System::PostgreSql, &json!({"connectionString": "not base64!"})).is_err());
        assert!(Config::from_connection(System::MySql, &json!({"connectionString": encoded})).is_err());
        assert!(Config::from_connection(System::MySql, &json!(null)).is_err());
        assert!(Config::from_connection(System::MySql, &json!({"hostPort": "h:x", "username": "u"})).is_err());
        let file = Config::Sqlite { path: "a.db".to_owned(), files: Corrections::default() };
        assert_eq!(Config::from_connection(System::Sqlite, &json!({"path": "a.db"})).unwrap(), file);
        // What the stock client sends for a service whose member `database` alone was set.
        let service = json!({"type": "SQLite", "database": "a.db", "databaseMode": ":memory:"});
        assert_eq!(Config::from_connection(System::Sqlite, &service).unwrap(), file);
        assert!(Config::from_connection(System::Sqlite, &json!({"databaseMode": ":memory:"})).is_err());
    }

    #[test]
    fn what_is_kept_is_read_back() {
        // One of each; a new one is asked for here.
        let place = |system: System| match system {
            System::Sqlite => 0,
            System::PostgreSql => 1,
            System::MySql => 2,
        };
        let mut seen = [false; 3];
        for (url, service_type) in [
            ("sqlite:data/a.db", None),
            ("postgres://u:p%3Aw@db:6432/shop?sslmode=verify-full&schema=sales", None),
            ("postgres://u@[::1]/d", None),
            ("mysql://u:p@db/shop?sslmode=disable", Some("Mysql")),
            ("mariadb://u:p@db:3307", Some("MariaDB")),
        ] {
            let config = Config::from_url(url).unwrap();
            seen[place(config.system())] = true;
            let kept = config.kept(service_type);
            assert_eq!(kept.config["type"], kept.service_type);
            assert!(!Value::Object(kept.config.clone()).to_string().contains("p:w"));
            assert_eq!(System::named(kept.service_type), Some(config.system()));
            let mut connection = Value::Object(kept.config);
            if let Some((place, password)) = kept.password {
                let mut here = &mut connection;
                for member in place.split('/').skip(1) {
                    here = &mut here[member];
                }
                *here = password.expose().into();
            }
            let mut again = Config::from_connection(config.system(), &connection).unwrap();
            if let (
                Config::PostgreSql(server) | Config::MySql(server),
                Config::PostgreSql(first) | Config::MySql(first),
            ) = (&mut again, &config)
            {
                server.host.clone_from(&first.host);
            }
            assert_eq!(again, config, "{url}");
        }
        assert_eq!(seen, [true; 3]);
    }
}
