//! Sources that a running server connects to on request, before anything is read of them: added, tried.

use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::problem::Violation;
use emporion_sources::{Config, Rules, Secret, Server, System, TlsMode, open};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

/// Connections that are tried at one moment.
const MOST: usize = 4;
/// How long a source may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Schemas that are named.
const MOST_SCHEMAS: usize = 20;

pub struct Connections {
    rules: Rules,
    tries: Arc<Semaphore>,
}

/// What a request for a source may say. `system` is `sqlite`, with a `path`, or `postgres` or `mysql`, with all else.
pub const MEMBERS: &[&str] =
    &["service", "system", "path", "host", "port", "user", "password", "database", "schema", "sslMode", "replace"];

impl Connections {
    pub fn new(rules: Rules) -> Connections {
        Connections { rules, tries: Arc::new(Semaphore::new(MOST)) }
    }

    /// Makes the service of a source, or gives one another connection (`replace`).
    pub async fn add(
        &self,
        catalog: &Catalog,
        caller: &Caller,
        body: &Map<String, Value>,
        replace: bool,
    ) -> Result<Value, Problem> {
        let (service, config) = described(body)?;
        self.allow(catalog, caller, &config).await?;
        let fqn = emporion_ingest::connect(catalog, caller, &service, &config, replace).await?;
        Ok(json!({"service": service, "fullyQualifiedName": fqn}))
    }

    /// What could never be opened is not kept. Which files there are, is only told to those who may name them.
    async fn allow(&self, catalog: &Catalog, caller: &Caller, config: &Config) -> Result<(), Problem> {
        match config {
            Config::Sqlite { .. } if !caller.principal.is_trusted() => Ok(()),
            Config::Sqlite { .. } => {
                let account = catalog.account_name(caller.account()).await?;
                let opened = open(config.clone(), &self.rules.of_account(&account));
                opened.map(drop).map_err(|error| Problem::invalid("path", error.message))
            }
            Config::PostgreSql(server) | Config::MySql(server) => {
                self.rules.allow_written(&server.host).map_err(|error| Problem::invalid("host", error.message))
            }
        }
    }

    /// Tries the connection of a service: what was found, or why not.
    pub async fn test(&self, catalog: &Catalog, caller: &Caller, service: &str) -> Result<Value, Problem> {
        let _try = self
            .tries
            .try_acquire()
            .map_err(|_| Problem::conflict(format!("{MOST} connections are being tried; try again later")))?;
        let tested = emporion_ingest::test(catalog, caller, &self.rules, service, PATIENCE).await?;
        Ok(match tested {
            Ok(tested) => json!({
                "works": true,
                "source": tested.version,
                "user": tested.user,
                "database": tested.database,
                "schemas": tested.schemas.iter().take(MOST_SCHEMAS).collect::<Vec<_>>(),
                "schemaCount": tested.schemas.len(),
                "latencyMs": u64::try_from(tested.latency.as_millis()).unwrap_or(u64::MAX),
            }),
            Err(error) => json!({"works": false, "reason": error.kind.code(), "error": error.message}),
        })
    }
}

/// The service and its source that a request describes. Every fault is told at once.
fn described(body: &Map<String, Value>) -> Result<(String, Config), Problem> {
    let mut faults = Vec::new();
    let mut text = |member: &str, is_needed: bool| {
        let text = match body.get(member) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(_) => {
                faults.push(Violation::new(member, "must be a string"));
                return String::new();
            }
        };
        if text.contains('\0') {
            faults.push(Violation::new(member, "must hold no null character"));
        } else if is_needed && text.is_empty() {
            faults.push(Violation::new(member, "must not be empty"));
        }
        text
    };
    let service = text("service", true);
    let word = text("system", true);
    let system = System::named(&word);
    let config = match system {
        Some(System::Sqlite) => Config::Sqlite { path: text("path", true) },
        Some(System::PostgreSql | System::MySql) | None => {
            let is_server = system.is_some();
            let server = Server {
                host: text("host", is_server),
                port: if system == Some(System::MySql) { 3306 } else { 5432 },
                user: text("user", is_server),
                password: Secret::new(text("password", false)),
                database: Some(text("database", false)).filter(|name| !name.is_empty()),
                tls: TlsMode::default(),
                default_schema: Some(text("schema", false)).filter(|name| !name.is_empty()),
            };
            if system == Some(System::MySql) { Config::MySql(server) } else { Config::PostgreSql(server) }
        }
    };
    let mode = text("sslMode", false);
    let config = match config {
        Config::Sqlite { path } => {
            if path.starts_with(':') {
                faults.push(Violation::new("path", "must be the path of a file"));
            }
            Config::Sqlite { path }
        }
        Config::PostgreSql(server) => Config::PostgreSql(completed(server, &mode, body, &mut faults)),
        Config::MySql(server) => Config::MySql(completed(server, &mode, body, &mut faults)),
    };
    if system.is_none() && !word.is_empty() {
        faults.push(Violation::new("system", "is one of sqlite, postgres, mysql"));
    }
    if faults.is_empty() { Ok((service, config)) } else { Err(Problem::Invalid(faults)) }
}

fn completed(mut server: Server, mode: &str, body: &Map<String, Value>, faults: &mut Vec<Violation>) -> Server {
    let is_address = server.host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    if !is_address && server.host.contains([':', '/', '@', '%', ' ', '\t', '[', ']']) {
        faults.push(Violation::new("host", "must be a name or an address alone; the port has a field of its own"));
    }
    match body.get("port").filter(|port| !port.is_null()) {
        None => {}
        Some(port) => match port.as_u64().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0) {
            Some(port) => server.port = port,
            None => faults.push(Violation::new("port", "must be a whole number from 1 to 65535")),
        },
    }
    if !mode.is_empty() {
        match TlsMode::parse(mode) {
            Ok(mode) => server.tls = mode,
            Err(_) => {
                faults.push(Violation::new("sslMode", "is one of disable, prefer, require, verify-ca, verify-full"))
            }
        }
    }
    server
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(body: Value) -> Vec<String> {
        match described(body.as_object().expect("an object")) {
            Err(Problem::Invalid(faults)) => faults.into_iter().map(|fault| fault.field).collect(),
            Err(problem) => panic!("{problem}"),
            Ok(_) => Vec::new(),
        }
    }

    #[test]
    fn every_fault_of_a_source_is_told_at_once_and_no_secret() {
        let wrong = json!({"system": "postgres", "host": "a:1", "port": 0, "sslMode": "x", "password": "hunter2"});
        assert_eq!(faults(wrong.clone()), ["service", "user", "host", "port", "sslMode"]);
        let Err(problem) = described(wrong.as_object().expect("an object")) else { panic!("faults") };
        assert!(!problem.to_string().contains("hunter2"));
        assert_eq!(faults(json!({"service": "a", "system": "oracle"})), ["system"]);
        assert_eq!(faults(json!({"service": "a", "system": "sqlite", "path": ":memory:"})), ["path"]);
        assert_eq!(faults(json!({"service": "a", "system": "sqlite"})), ["path"]);
        for host in ["h/x", "u@h", "h:5432", "h%eth0", "[h]", "a b"] {
            assert_eq!(
                faults(json!({"service": "a", "system": "mysql", "user": "u", "host": host})),
                ["host"],
                "{host}"
            );
        }
        for host in ["db.example.com", "10.0.0.1", "::1", "[::1]"] {
            let none: [&str; 0] = [];
            assert_eq!(faults(json!({"service": "a", "system": "mysql", "user": "u", "host": host})), none, "{host}");
        }
    }
}
