//! Real servers, started once for all tests and stopped when the test process ends.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use emporion_semantic::guard::{Column, CostLimits, Parameters, Plan, Policy, Sizes, Table, TableName, guard};
use emporion_sources::{Budget, Config, Database, Rules, Source, open};

pub const WAIT: Duration = Duration::from_secs(60);

/// A server's URL. Its process sees the end of its standard input when this one goes, and takes the server along.
struct Server {
    url: String,
    _process: Child,
}

fn start(name: &str) -> Server {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("two folders down");
    let below = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into).join("sources");
    let mut process = Command::new("python3")
        .arg(root.join("tests/sources/database_servers.py"))
        .arg(name)
        .arg("--below")
        .arg(below)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("python3 is needed to start the database servers of these tests");
    let mut line = String::new();
    BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let said: serde_json::Value =
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no {name} server: see the message above"));
    Server { url: said["url"].as_str().expect("a URL").to_owned(), _process: process }
}

pub fn postgresql() -> &'static str {
    static SERVER: OnceLock<Server> = OnceLock::new();
    &SERVER.get_or_init(|| start("postgresql")).url
}

pub fn mariadb() -> &'static str {
    static SERVER: OnceLock<Server> = OnceLock::new();
    &SERVER.get_or_init(|| start("mariadb")).url
}

pub fn source(url: &str) -> Box<dyn Source> {
    open(Config::from_url(url).expect("a URL"), &Rules::default()).expect("a source")
}

/// A caller who may read everything that was crawled.
pub fn policy(source: &dyn Source, database: &Database) -> Policy {
    filtered(source, database, None)
}

/// One who has the same row filter on every table.
pub fn filtered(source: &dyn Source, database: &Database, filter: Option<&str>) -> Policy {
    let mut policy = Policy::new(source.dialect()).with_database(&database.name);
    if let Some(schema) = source.default_schema() {
        policy = policy.with_default_schema(schema);
    }
    for schema in &database.schemas {
        for table in &schema.tables {
            let allowed = Table {
                name: TableName { schema: Some(schema.name.clone()), name: table.name.clone() },
                columns: Some(table.columns.iter().map(|column| Column::named(&column.name)).collect()),
                filter: filter.map(str::to_owned),
                rows: table.rows,
            };
            policy.allow(allowed).expect("a table");
        }
    }
    policy
}

pub fn plan(sql: &str, policy: &Policy) -> Plan {
    guard(sql, policy, &Parameters::new()).unwrap_or_else(|refusal| panic!("{refusal}: {sql}"))
}

/// A plan that the guard did not make, to see what the session itself forbids.
pub fn unguarded(sql: &str) -> Plan {
    Plan {
        sql: sql.to_owned(),
        limit: 10,
        tables: Vec::new(),
        columns: None,
        filtered: Vec::new(),
        masked: Vec::new(),
        parameters: Vec::new(),
    }
}

/// At most so many rows.
pub fn budget(plan: &Plan, policy: &Policy, rows: u64) -> Budget {
    Budget { cost: CostLimits { rows, bytes: u64::MAX }, sizes: Sizes::of(plan, policy) }
}
