//! Sources that a running server connects to on request, before anything is read of them: added, tried.

use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_sources::{Config, Corrections, Rules, Secret, Server, System, TlsMode};
use serde_json::{Map, Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::members::Members;

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

const SYSTEMS: &str = "is one of sqlite, postgres, mysql";

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
                let looked = emporion_sources::check_files(config, &self.rules.of_account(&account)).await;
                looked.map_err(|error| Problem::invalid("path", error.message))
            }
            Config::PostgreSql(server) | Config::MySql(server) => {
                self.rules.allow_written(&server.host).map_err(|error| Problem::invalid("host", error.message))
            }
        }
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// A place among those that try something of a source.
    ///
    /// Errors: `Conflict`, where there is none.
    pub fn turn(&self) -> Result<SemaphorePermit<'_>, Problem> {
        let taken = self.tries.try_acquire();
        taken.map_err(|_| Problem::conflict(format!("{MOST} connections are being tried; try again later")))
    }

    /// Tries the connection of a service: what was found, or why not.
    pub async fn test(&self, catalog: &Catalog, caller: &Caller, service: &str) -> Result<Value, Problem> {
        let _try = self.turn()?;
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
    let mut members = Members::of(body);
    let service = needed(&mut members, "service");
    let system = match needed(&mut members, "system").as_str() {
        "" => None,
        word => System::named(word).or_else(|| {
            members.refuse("system", SYSTEMS);
            None
        }),
    };
    let config = match system {
        None => None,
        Some(System::Sqlite) => Some(Config::Sqlite { path: path(&mut members), files: Corrections::default() }),
        Some(System::PostgreSql) => Some(Config::PostgreSql(server(&mut members, 5432))),
        Some(System::MySql) => Some(Config::MySql(server(&mut members, 3306))),
    };
    let config = members.end(config)?;
    config.map(|config| (service, config)).ok_or_else(|| Problem::invalid("system", SYSTEMS))
}

fn optional(members: &mut Members<'_>, member: &str) -> Option<String> {
    let text = members.text(member).filter(|text| !text.is_empty());
    text.map(|text| without_null(members, member, text))
}

fn needed(members: &mut Members<'_>, member: &str) -> String {
    let text = members.filled(member);
    without_null(members, member, text)
}

fn without_null(members: &mut Members<'_>, member: &str, text: &str) -> String {
    if text.contains('\0') {
        members.refuse(member, "must hold no null character");
    }
    text.to_owned()
}

fn path(members: &mut Members<'_>) -> String {
    let path = needed(members, "path");
    if path.starts_with(':') {
        members.refuse("path", "must be the path of a file");
    }
    path
}

fn server(members: &mut Members<'_>, usual_port: u16) -> Server {
    let host = needed(members, "host");
    let is_address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    if !is_address && host.contains([':', '/', '@', '%', ' ', '\t', '[', ']']) {
        members.refuse("host", "must be a name or an address alone; the port has a field of its own");
    }
    let port = members.whole("port", 1, u64::from(u16::MAX)).and_then(|port| u16::try_from(port).ok());
    let tls = optional(members, "sslMode").map(|mode| TlsMode::parse(&mode));
    if matches!(tls, Some(Err(_))) {
        members.refuse("sslMode", "is one of disable, prefer, require, verify-ca, verify-full");
    }
    Server {
        host,
        port: port.unwrap_or(usual_port),
        user: needed(members, "user"),
        password: Secret::new(optional(members, "password").unwrap_or_default()),
        database: optional(members, "database"),
        tls: tls.and_then(Result::ok).unwrap_or_default(),
        default_schema: optional(members, "schema"),
    }
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
        assert_eq!(faults(wrong.clone()), ["service", "host", "port", "sslMode", "user"]);
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
