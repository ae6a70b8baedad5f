//! Plugs the drivers of `emporion-sources` and the guard of `emporion-semantic` into the Bobsled door.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use emporion_bobsled::databases::{Answered, Databases, Fault, Offered, Place, Question, Reach, Tested};
use emporion_semantic::guard::{self, Column, Literal, Parameters, Policy, Refusal, Rule, Table, TableName};
use emporion_sources::{Config, ErrorKind, Limits, Rules, Source, SourceError, System};
use serde_json::Value;

/// How the catalogue keeps the schema that a PostgreSQL connection looks into first.
const SEARCH_PATH: &str = "-csearch_path=";

/// The databases that the rules of this installation let in.
pub struct Reachable {
    rules: Rules,
}

impl Reachable {
    pub fn new(source_dirs: Vec<PathBuf>) -> Reachable {
        Reachable { rules: Rules::default().with_source_dirs(source_dirs) }
    }

    fn open(&self, place: &Place) -> Result<(Box<dyn Source>, Config), Fault> {
        let system = System::named(&place.service_type).ok_or(Fault::Unsupported)?;
        let mut settings = place.config.clone();
        let schema = settings.pointer("/connectionOptions/options").and_then(Value::as_str);
        if let Some(schema) = schema.and_then(|options| options.strip_prefix(SEARCH_PATH)).map(str::to_owned) {
            settings["defaultSchema"] = schema.into();
        }
        let config = Config::from_connection(system, &settings).map_err(fault)?;
        let source = emporion_sources::open(config.clone(), &self.rules).map_err(fault)?;
        Ok((source, config))
    }
}

#[async_trait]
impl Databases for Reachable {
    async fn test(&self, place: &Place, timeout: Duration) -> Result<Tested, Fault> {
        let (source, _) = self.open(place)?;
        let tested = source.test(timeout).await.map_err(fault)?;
        Ok(Tested {
            version: tested.version,
            user: tested.user,
            database: tested.database,
            schemas: tested.schemas,
            latency: tested.latency,
        })
    }

    async fn tables(&self, place: &Place, timeout: Duration) -> Result<Vec<Offered>, Fault> {
        let (source, _) = self.open(place)?;
        let tables = source.tables(timeout).await.map_err(fault)?;
        let offered = tables.into_iter().map(|table| Offered {
            database: table.database,
            schema: table.schema,
            name: table.name,
            is_view: table.kind.is_view(),
            rows: table.rows,
        });
        Ok(offered.collect())
    }

    async fn run(&self, place: &Place, question: &Question) -> Result<Answered, Fault> {
        let (source, config) = self.open(place)?;
        let policy = policy(&*source, &config, question)?;
        let parameters = parameters(question);
        let plan = guard::guard(&question.sql, &policy, &parameters).map_err(refused)?;
        let limits = Limits { rows: plan.limit, timeout: question.timeout, ..Limits::default() };
        let rows = source.query(&plan, limits).await.map_err(of_statement)?;
        Ok(Answered {
            columns: rows.columns.into_iter().map(|column| (column.name, column.kind.name())).collect(),
            rows: rows.rows,
            truncated: rows.truncated,
            took: rows.took,
        })
    }
}

/// What the question may read. Tables of another database than the connection's are not among it.
fn policy(source: &dyn Source, config: &Config, question: &Question) -> Result<Policy, Fault> {
    let mut policy = Policy::new(source.dialect()).with_max_rows(question.rows);
    if let Some(schema) = source.default_schema() {
        policy = policy.with_default_schema(schema);
    }
    // A PostgreSQL connection sees one database; elsewhere the catalogue's level of databases is only a name.
    let only = match config {
        Config::PostgreSql(server) => server.database.clone(),
        Config::MySql(_) | Config::Sqlite { .. } => None,
    };
    if let Some(database) = only.clone().or_else(|| question.tables.first().map(|table| table.database.clone())) {
        policy = policy.with_database(database);
    }
    for table in question.tables.iter().filter(|table| only.as_ref().is_none_or(|only| *only == table.database)) {
        policy.allow(allowed(table)).map_err(refused)?;
    }
    Ok(policy)
}

fn allowed(table: &Reach) -> Table {
    let columns: Vec<Column> = table.columns.iter().map(Column::named).collect();
    Table {
        name: TableName { schema: Some(table.schema.clone()), name: table.name.clone() },
        columns: Some(columns).filter(|columns| !columns.is_empty()),
        filter: table.filter.clone(),
        rows: None,
    }
}

fn parameters(question: &Question) -> Parameters {
    let literal = |value: &Value| match value {
        Value::Null | Value::Array(_) | Value::Object(_) => Literal::Null,
        Value::Bool(flag) => Literal::Boolean(*flag),
        Value::Number(number) => Literal::Number(number.to_string()),
        Value::String(text) => Literal::Text(text.clone()),
    };
    question.parameters.iter().map(|(name, value)| (name.clone(), literal(value))).collect()
}

fn refused(refusal: Refusal) -> Fault {
    if refusal.rule == Rule::CostLimit {
        return Fault::Cost { message: refusal.message };
    }
    Fault::Refused {
        rule: refusal.rule.code(),
        message: refusal.message,
        position: refusal.position.map(|at| (at.line, at.column)),
    }
}

/// What a source has against a statement that the guard let through is the statement's fault, too.
fn of_statement(error: SourceError) -> Fault {
    match error.kind {
        ErrorKind::Syntax => Fault::Refused { rule: ErrorKind::Syntax.code(), message: error.message, position: None },
        _ => fault(error),
    }
}

fn fault(error: SourceError) -> Fault {
    let SourceError { kind, message } = error;
    match kind {
        ErrorKind::Timeout => Fault::Timeout,
        ErrorKind::Limit => Fault::Cost { message },
        ErrorKind::Configuration | ErrorKind::Forbidden => Fault::Settings { reason: kind.code(), message },
        ErrorKind::Unreachable | ErrorKind::Unauthorised | ErrorKind::Syntax | ErrorKind::Failed => {
            Fault::Source { reason: kind.code(), message }
        }
    }
}
