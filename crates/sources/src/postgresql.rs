//! PostgreSQL, and what speaks like it.

mod crawled;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use emporion_semantic::guard::{Dialect, Estimate, Plan};
use futures_util::{StreamExt, pin_mut};
use serde_json::Value;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{CancelToken, Client, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use self::crawled::{add_schemas, complete, relations, split};
use crate::config::{Server, TlsMode};
use crate::error::{ErrorKind, SourceError};
use crate::metadata::{Database, Table, TableKind, TableSummary};
use crate::progress::Progress;
use crate::rows::{self, Collector, Limits, ResultColumn, ResultType, Rows};
use crate::rules::Rules;
use crate::source::{Budget, Source, Tested};
use crate::{derived, tls};

pub struct PostgreSql {
    server: Server,
    rules: Rules,
}

impl PostgreSql {
    pub(crate) fn new(server: Server, rules: Rules) -> PostgreSql {
        PostgreSql { server, rules }
    }

    fn schema(&self) -> &str {
        self.server.default_schema.as_deref().unwrap_or("public")
    }

    /// Everything of one call: connect, work, within `timeout`.
    async fn within<T>(
        &self,
        timeout: Duration,
        work: impl Future<Output = Result<T, SourceError>>,
    ) -> Result<T, SourceError> {
        // A server that stops talking is noticed here; one that works too long notices itself a little earlier.
        let done = tokio::time::timeout(timeout + Duration::from_millis(250), work)
            .await
            .unwrap_or_else(|_| Err(SourceError::timeout()));
        done.map_err(|error| error.without(self.server.password.expose()))
    }

    async fn session(&self, timeout: Duration, search_path: &str) -> Result<Session, SourceError> {
        let address: SocketAddr = self.rules.address(&self.server.host, self.server.port, timeout).await?;
        let tls = MakeRustlsConnect::new(tls::client(self.server.tls)?);
        let mut config = tokio_postgres::Config::new();
        config
            .host(self.server.host.trim_matches(['[', ']']))
            .hostaddr(address.ip())
            .port(address.port())
            .user(&self.server.user)
            .password(self.server.password.expose())
            .connect_timeout(timeout)
            .application_name("emporion")
            .ssl_mode(match self.server.tls {
                TlsMode::Disable => SslMode::Disable,
                TlsMode::Prefer => SslMode::Prefer,
                TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => SslMode::Require,
            });
        if let Some(database) = &self.server.database {
            config.dbname(database);
        }
        let (client, connection) = config.connect(tls.clone()).await.map_err(|error| classified(&error))?;
        let task = tokio::spawn(async move {
            // Its errors come out of the client's calls too.
            let _ = connection.await;
        });
        let session = Session { cancel: client.cancel_token(), client, tls, task, busy: false };
        let milliseconds = timeout.as_millis().clamp(1, i32::MAX as u128);
        let quoted = search_path.replace('"', "\"\"");
        session
            .batch(&format!(
                "SET default_transaction_read_only = on; SET statement_timeout = {milliseconds}; SET lock_timeout = {milliseconds}; \
                 SET idle_in_transaction_session_timeout = {}; SET standard_conforming_strings = on; SET timezone = 'UTC'; \
                 SET datestyle = 'ISO, YMD'; SET intervalstyle = 'iso_8601'; SET bytea_output = 'hex'; SET extra_float_digits = 1; \
                 SET client_encoding = 'UTF8'; SET search_path = \"{quoted}\"; BEGIN TRANSACTION READ ONLY",
                milliseconds.saturating_mul(2).min(i32::MAX as u128)
            ))
            .await?;
        Ok(session)
    }
}

/// One connection in a read-only transaction. Dropped while it works, it tells the server to stop.
struct Session {
    client: Client,
    cancel: CancelToken,
    tls: MakeRustlsConnect,
    task: tokio::task::JoinHandle<()>,
    busy: bool,
}

impl Drop for Session {
    fn drop(&mut self) {
        let task = &self.task;
        if !self.busy {
            task.abort();
            return;
        }
        let (cancel, tls, task) = (self.cancel.clone(), self.tls.clone(), task.abort_handle());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let _ = tokio::time::timeout(Duration::from_secs(5), cancel.cancel_query(tls)).await;
                task.abort();
            });
        }
    }
}

type Cells = Vec<Option<String>>;

impl Session {
    async fn batch(&self, sql: &str) -> Result<(), SourceError> {
        self.client.batch_execute(sql).await.map_err(|error| classified(&error))
    }

    /// All rows of a catalogue query, as text.
    async fn cells(&mut self, sql: &str) -> Result<Vec<Cells>, SourceError> {
        self.busy = true;
        let messages = self.client.simple_query(sql).await.map_err(|error| classified(&error))?;
        self.busy = false;
        Ok(messages
            .iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()),
                _ => None,
            })
            .collect())
    }

    async fn columns(&mut self, sql: &str) -> Result<Vec<Answering>, SourceError> {
        self.busy = true;
        let statement = self.client.prepare(sql).await.map_err(|error| classified(&error))?;
        self.busy = false;
        Ok(statement
            .columns()
            .iter()
            .map(|column| Answering {
                column: ResultColumn { name: column.name().to_owned(), kind: result_type(column.type_()) },
                is_padded: *column.type_() == Type::BPCHAR,
            })
            .collect())
    }
}

/// A column of an answer. Texts of `char(n)` come filled up with blanks, which are no part of the value.
struct Answering {
    column: ResultColumn,
    is_padded: bool,
}

fn result_columns(columns: Vec<Answering>) -> Vec<ResultColumn> {
    columns.into_iter().map(|answering| answering.column).collect()
}

fn result_type(of: &Type) -> ResultType {
    match *of {
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID | Type::NUMERIC => ResultType::Number,
        Type::FLOAT4 | Type::FLOAT8 => ResultType::Float,
        Type::BOOL => ResultType::Boolean,
        Type::DATE => ResultType::Date,
        Type::TIME => ResultType::Time,
        Type::TIMESTAMP => ResultType::Timestamp,
        Type::TIMESTAMPTZ => ResultType::TimestampTz,
        Type::JSON | Type::JSONB => ResultType::Json,
        Type::BYTEA => ResultType::Binary,
        _ => ResultType::Varchar,
    }
}

fn classified(error: &tokio_postgres::Error) -> SourceError {
    let Some(db) = error.as_db_error() else {
        let text = error.to_string();
        if text.contains("password missing") || text.contains("authentication") {
            return SourceError::new(ErrorKind::Unauthorised, "the source refused the credentials");
        }
        if text.contains("TLS") {
            return SourceError::new(ErrorKind::Unreachable, "an encrypted connection as configured could not be made");
        }
        if text.contains("timed out") || text.contains("timeout") {
            return SourceError::timeout();
        }
        return SourceError::new(ErrorKind::Unreachable, "no PostgreSQL server answers there");
    };
    let code = db.code();
    if *code == SqlState::QUERY_CANCELED || *code == SqlState::LOCK_NOT_AVAILABLE {
        return SourceError::timeout();
    }
    if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
        return SourceError::new(ErrorKind::Forbidden, "sources are only read");
    }
    if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        return SourceError::new(ErrorKind::Unauthorised, "the source's account may not read that");
    }
    // A character that there is not counts as a limit there. The routine's name is the same in every language.
    if *code == SqlState::PROGRAM_LIMIT_EXCEEDED && db.routine() == Some("chr") {
        return SourceError::value();
    }
    match code.code().get(..2) {
        Some("28") => SourceError::new(ErrorKind::Unauthorised, "the source refused the credentials"),
        Some("3D") => SourceError::new(ErrorKind::Configuration, "the server has no such database"),
        // Texts of these classes name tables, columns, functions and features of the statement, never values.
        Some("42" | "0A") => SourceError::quoting(ErrorKind::Syntax, db.message()),
        // Data exceptions, and more rows than one where one value is wanted.
        Some("21" | "22") => SourceError::value(),
        Some("53" | "54") => {
            SourceError::new(ErrorKind::Limit, "the server has not enough resources for the statement")
        }
        Some("57" | "08") => SourceError::new(ErrorKind::Unreachable, "the server does not accept connections now"),
        _ => SourceError::new(ErrorKind::Failed, "the statement failed while it ran"),
    }
}

#[async_trait]
impl Source for PostgreSql {
    fn dialect(&self) -> Dialect {
        Dialect::PostgreSql
    }

    fn default_schema(&self) -> Option<String> {
        Some(self.schema().to_owned())
    }

    async fn test(&self, timeout: Duration) -> Result<Tested, SourceError> {
        let work = async {
            let began = Instant::now();
            let mut session = self.session(timeout, self.schema()).await?;
            let cells =
                session.cells("SELECT current_setting('server_version'), current_user, current_database()").await?;
            let latency = began.elapsed();
            let schemas = session
                .cells(
                    "SELECT nspname FROM pg_namespace WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%' \
                     AND has_schema_privilege(oid, 'USAGE') ORDER BY nspname COLLATE \"C\" LIMIT 1000",
                )
                .await?;
            let mut cells = cells.into_iter().next().unwrap_or_default().into_iter().map(Option::unwrap_or_default);
            let mut next = || cells.next().unwrap_or_default();
            Ok(Tested {
                version: format!("PostgreSQL {}", next()),
                user: next(),
                database: next(),
                schemas: schemas.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect(),
                latency,
            })
        };
        self.within(timeout, work).await
    }

    async fn tables(&self, timeout: Duration) -> Result<Vec<TableSummary>, SourceError> {
        let work = async {
            let mut session = self.session(timeout, "pg_catalog").await?;
            let mut database = Database { name: current_database(&mut session).await?, ..Database::default() };
            database.schemas = relations(session.cells(include_str!("postgresql/tables.sql")).await?).0;
            Ok(database.summaries())
        };
        self.within(timeout, work).await
    }

    async fn crawl(&self, progress: &dyn Progress, timeout: Duration) -> Result<Database, SourceError> {
        let work = async {
            // With nothing but the system's schema on the path, view definitions name every schema.
            let mut session = self.session(timeout, "pg_catalog").await?;
            let version = session.cells("SELECT current_setting('server_version')").await?;
            let version = version.into_iter().flatten().flatten().next().unwrap_or_default();
            let name = current_database(&mut session).await?;
            let tables = session.cells(include_str!("postgresql/tables.sql")).await?;
            progress.step("tables", tables.len(), tables.len());
            let (mut schemas, ids) = relations(tables);
            add_schemas(&mut schemas, session.cells(include_str!("postgresql/schemas.sql")).await?);
            let columns = session.cells(include_str!("postgresql/columns.sql")).await?;
            progress.step("columns", columns.len(), columns.len());
            let keys = session.cells(include_str!("postgresql/keys.sql")).await?;
            progress.step("keys", keys.len(), keys.len());
            complete(&mut schemas, &ids, columns, keys);
            let is_split = |table: &Table| table.kind == TableKind::Partitioned;
            if schemas.iter().flat_map(|schema| &schema.tables).any(is_split) {
                split(&mut schemas, &ids, session.cells(include_str!("postgresql/partitions.sql")).await?);
            }
            derived::tell(&mut schemas, Dialect::PostgreSql);
            Ok(Database { name, version: format!("PostgreSQL {version}"), schemas, only_schema: None })
        };
        self.within(timeout, work).await
    }

    async fn describe(&self, plan: &Plan, timeout: Duration) -> Result<Vec<ResultColumn>, SourceError> {
        let work = async { Ok(result_columns(self.session(timeout, self.schema()).await?.columns(&plan.sql).await?)) };
        self.within(timeout, work).await
    }

    async fn query(&self, plan: &Plan, budget: Option<&Budget>, limits: Limits) -> Result<Rows, SourceError> {
        let limits = Limits { rows: limits.rows.min(plan.limit), ..limits };
        let work = async {
            let mut session = self.session(limits.timeout, self.schema()).await?;
            if let Some(budget) = budget {
                let cells = session.cells(&Estimate::question(plan, Dialect::PostgreSql)).await?;
                let text = cells.into_iter().flatten().flatten().collect::<Vec<_>>().join("\n");
                budget.check(Estimate::of_json(&serde_json::from_str(&text).unwrap_or_default()))?;
            }
            let began = Instant::now();
            // The extended protocol takes one statement only, whatever the text: the types come from it.
            let columns = session.columns(&plan.sql).await?;
            session.busy = true;
            let stream = session.client.simple_query_raw(&plan.sql).await.map_err(|error| classified(&error))?;
            pin_mut!(stream);
            let mut collector = Collector::new(limits);
            let mut complete = true;
            while let Some(message) = stream.next().await {
                let SimpleQueryMessage::Row(row) = message.map_err(|error| classified(&error))? else { continue };
                let mut size = 0;
                let values = columns
                    .iter()
                    .enumerate()
                    .map(|(at, answering)| {
                        let Some(text) = row.get(at) else { return Value::Null };
                        size += text.len();
                        let text = if answering.is_padded { text.trim_end_matches(' ') } else { text };
                        value(answering.column.kind, text)
                    })
                    .collect();
                if !collector.push(values, size)? {
                    complete = false;
                    break;
                }
            }
            // Rows that nobody wants any more are cancelled when the session goes.
            session.busy = !complete;
            Ok(collector.finish(result_columns(columns), began.elapsed()))
        };
        self.within(limits.timeout, work).await
    }
}

fn value(kind: ResultType, text: &str) -> Value {
    match kind {
        ResultType::Binary => {
            let bytes = text.strip_prefix("\\x").map(hexadecimal);
            bytes.map_or_else(|| Value::from(text), |bytes| rows::binary(&bytes))
        }
        kind => rows::typed(kind, text),
    }
}

fn hexadecimal(text: &str) -> Vec<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).unwrap_or(0) as u8;
    text.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

async fn current_database(session: &mut Session) -> Result<String, SourceError> {
    let cells = session.cells("SELECT current_database()").await?;
    Ok(cells.into_iter().flatten().flatten().next().unwrap_or_default())
}
