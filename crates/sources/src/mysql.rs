//! MySQL and MariaDB.

mod crawled;
mod fault;
mod login;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use emporion_semantic::guard::{Dialect, Estimate, Plan};
use mysql_common::constants::{ColumnFlags, ColumnType};
use mysql_common::packets::Column;
use serde_json::Value;

use self::crawled::{Catalogue, named, relations};
use self::wire::Connection;
use crate::bounds::{Allowance, Bounds, Told, aside};
use crate::config::{Server, TlsMode};
use crate::error::{ErrorKind, SourceError};
use crate::metadata::{Database, TableSummary};
use crate::progress::Progress;
use crate::rows::{self, Collector, Limits, ResultColumn, ResultType, Rows};
use crate::rules::Rules;
use crate::source::{Budget, Source, Tested};

/// What the catalogue calls the level above this system's schemas, which it does not have.
const DATABASE: &str = "default";
/// The character set whose texts are bytes.
const BINARY: u16 = 63;

pub struct MySql {
    server: Server,
    rules: Rules,
}

impl MySql {
    pub(crate) fn new(server: Server, rules: Rules) -> MySql {
        MySql { server, rules }
    }

    async fn within<T>(
        &self,
        timeout: Duration,
        statement: &str,
        work: impl Future<Output = Result<T, SourceError>>,
    ) -> Result<T, SourceError> {
        // A server that stops talking is noticed here; one that works too long notices itself a little earlier.
        let done = tokio::time::timeout(timeout + Duration::from_millis(250), work).await;
        let done = done.unwrap_or_else(|_| Err(SourceError::timeout()));
        done.map_err(|error| error.without(self.server.password.expose(), statement))
    }

    /// A session whose catalogue queries may together tell as much as `bounds` say.
    async fn session(&self, timeout: Duration, bounds: Bounds) -> Result<Session, SourceError> {
        let address = self.rules.address(&self.server.host, self.server.port, timeout).await?;
        let (is_encrypted, connection) = match self.server.tls {
            TlsMode::Disable => (false, login::connect(address, &self.server, false, bounds).await?),
            TlsMode::Prefer => match login::connect(address, &self.server, true, bounds).await {
                Err(error) if error.kind == ErrorKind::Unreachable => {
                    (false, login::connect(address, &self.server, false, bounds).await?)
                }
                other => (true, other?),
            },
            _ => (true, login::connect(address, &self.server, true, bounds).await?),
        };
        let place = Place { address, server: self.server.clone(), is_encrypted };
        let (connection, allowance) = (Some(connection), Allowance::new(bounds));
        let mut session = Session { connection, place, allowance, busy: false };
        let version = session.cells("SELECT VERSION()").await?.first().unwrap_or_default();
        let seconds = timeout.as_secs_f64().max(0.001);
        let limit = if version.contains("MariaDB") {
            format!("SET SESSION max_statement_time = {seconds:.3}")
        } else {
            format!("SET SESSION max_execution_time = {}", (seconds * 1_000.0) as u64)
        };
        for sql in [
            "SET NAMES utf8mb4",
            // Neither ANSI_QUOTES nor NO_BACKSLASH_ESCAPES: the guard printed its literals for their absence.
            "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO'",
            "SET SESSION time_zone = '+00:00'",
            "SET SESSION TRANSACTION READ ONLY",
            limit.as_str(),
            "START TRANSACTION READ ONLY",
        ] {
            session.run(sql).await?;
        }
        Ok(session)
    }

    fn in_database(&self) -> String {
        match &self.server.database {
            Some(name) => format!(" AND BINARY TABLE_SCHEMA = '{}'", name.replace('\\', "\\\\").replace('\'', "''")),
            None => String::new(),
        }
    }

    /// A catalogue query, for one database where the connection names one. The condition stands at the end of each file.
    fn scoped(&self, sql: &str, alias: &str) -> String {
        sql.trim_end().to_owned() + &self.in_database().replace("TABLE_SCHEMA", &format!("{alias}TABLE_SCHEMA"))
    }
}

/// Where the server is, and how it was reached.
struct Place {
    address: SocketAddr,
    server: Server,
    is_encrypted: bool,
}

/// One connection in a read-only transaction. Dropped while it works, it tells the server to stop.
struct Session {
    /// `None` only while it is being dropped.
    connection: Option<Connection>,
    place: Place,
    allowance: Allowance,
    busy: bool,
}

impl Drop for Session {
    fn drop(&mut self) {
        let (Some(connection), Ok(runtime)) = (self.connection.take(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        let busy = self.busy;
        let Place { address, server, is_encrypted } = &self.place;
        let (address, server, is_encrypted) = (*address, server.clone(), *is_encrypted);
        runtime.spawn(async move {
            let end = async {
                if !busy {
                    return connection.quit().await;
                }
                // It stays open until it is ended, so that its number is nobody else's.
                if let Ok(mut other) = login::connect(address, &server, is_encrypted, Bounds::SMALL).await {
                    let _ = other.run(&format!("KILL {}", connection.id)).await;
                    other.quit().await;
                }
            };
            let _ = tokio::time::timeout(Duration::from_secs(5), end).await;
        });
    }
}

impl Session {
    fn connection(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("it is taken only when the session is dropped")
    }

    async fn run(&mut self, sql: &str) -> Result<(), SourceError> {
        self.connection().allow(Bounds::SMALL.bytes, Bounds::SMALL.bytes);
        self.connection().run(sql).await
    }

    async fn cells(&mut self, sql: &str) -> Result<Told, SourceError> {
        self.busy = true;
        let mut allowance = self.allowance;
        let told = self.connection().told(sql, &mut allowance).await?;
        self.allowance = allowance;
        self.busy = false;
        Ok(told)
    }
}

fn text(value: mysql_common::value::Value) -> Option<String> {
    use mysql_common::value::Value as V;
    let fraction = |micros: u32| if micros == 0 { String::new() } else { format!(".{micros:06}") };
    match value {
        V::NULL => None,
        V::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        V::Int(number) => Some(number.to_string()),
        V::UInt(number) => Some(number.to_string()),
        V::Float(number) => Some(number.to_string()),
        V::Double(number) => Some(number.to_string()),
        V::Date(year, month, day, hour, minute, second, micros) => {
            Some(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{}", fraction(micros)))
        }
        V::Time(negative, days, hours, minutes, seconds, micros) => {
            let sign = if negative { "-" } else { "" };
            let hours = u64::from(days) * 24 + u64::from(hours);
            Some(format!("{sign}{hours:02}:{minutes:02}:{seconds:02}{}", fraction(micros)))
        }
    }
}

#[async_trait]
impl Source for MySql {
    fn dialect(&self) -> Dialect {
        Dialect::MySql
    }

    fn default_schema(&self) -> Option<String> {
        self.server.database.clone()
    }

    async fn test(&self, timeout: Duration) -> Result<Tested, SourceError> {
        let work = async {
            let began = Instant::now();
            let mut session = self.session(timeout, Bounds::SMALL).await?;
            let told = session.cells("SELECT VERSION(), CURRENT_USER(), DATABASE()").await?;
            let latency = began.elapsed();
            let schemas = session
                .cells(
                    "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA \
                     WHERE SCHEMA_NAME NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys') ORDER BY BINARY SCHEMA_NAME LIMIT 1000",
                )
                .await?;
            let mut cells = told.rows().flatten();
            let mut next = || cells.next().flatten().unwrap_or_default();
            let version = next();
            Ok(Tested {
                version: said(&version),
                user: next(),
                database: next(),
                schemas: schemas.rows().filter_map(|row| row.into_iter().next().flatten()).collect(),
                latency,
            })
        };
        self.within(timeout, "", work).await
    }

    async fn tables(&self, timeout: Duration) -> Result<Vec<TableSummary>, SourceError> {
        let work = async {
            let mut session = self.session(timeout, self.rules.bounds()).await?;
            let tables = session.cells(&self.scoped(include_str!("mysql/tables.sql"), "t.")).await?;
            let read = move || {
                let schemas = named(relations(&tables));
                Ok(Database { name: DATABASE.to_owned(), schemas, ..Database::default() }.summaries())
            };
            aside(read).await
        };
        self.within(timeout, "", work).await
    }

    async fn crawl(&self, progress: &dyn Progress, timeout: Duration) -> Result<Database, SourceError> {
        let timeout = timeout.min(self.rules.bounds().time);
        let work = async {
            let mut session = self.session(timeout, self.rules.bounds()).await?;
            let version = session.cells("SELECT VERSION()").await?.first().unwrap_or_default();
            let tables = session.cells(&self.scoped(include_str!("mysql/tables.sql"), "t.")).await?;
            progress.step("tables", tables.len(), tables.len());
            let columns = session.cells(&self.scoped(include_str!("mysql/columns.sql"), "")).await?;
            progress.step("columns", columns.len(), columns.len());
            let keys = session.cells(&self.scoped(include_str!("mysql/keys.sql"), "k.")).await?;
            progress.step("keys", keys.len(), keys.len());
            let schemas = session.cells(&self.scoped(include_str!("mysql/schemas.sql"), "s.")).await?;
            let catalogue = Catalogue { tables, schemas, columns, keys };
            let schemas = aside(move || catalogue.read()).await?;
            let only_schema = self.server.database.clone();
            Ok(Database { name: DATABASE.to_owned(), version: said(&version), schemas, only_schema })
        };
        self.within(timeout, "", work).await
    }

    async fn describe(&self, plan: &Plan, timeout: Duration) -> Result<Vec<ResultColumn>, SourceError> {
        let work = async {
            let mut session = self.session(timeout, Bounds::SMALL).await?;
            let connection = session.connection();
            connection.allow(Bounds::SMALL.bytes, Bounds::SMALL.bytes);
            Ok(columns(&connection.prepare(&plan.sql).await?.columns))
        };
        self.within(timeout, &plan.sql, work).await
    }

    async fn query(&self, plan: &Plan, budget: Option<&Budget>, limits: Limits) -> Result<Rows, SourceError> {
        let limits = Limits { rows: limits.rows.min(plan.limit), ..limits };
        let work = async {
            let mut session = self.session(limits.timeout, Bounds::SMALL).await?;
            if let Some(budget) = budget {
                let told = session.cells(&Estimate::question(plan, Dialect::MySql)).await?;
                let text = told.first().unwrap_or_default();
                budget.check(Estimate::of_json(&serde_json::from_str(&text).unwrap_or_default()))?;
            }
            session.busy = true;
            let connection = session.connection();
            connection.allow(limits.incoming(), limits.bytes);
            let began = Instant::now();
            // A prepared statement is one statement, whatever the text.
            let statement = connection.prepare(&plan.sql).await?;
            let answered: Arc<[Column]> = connection.execute(&statement).await?.into();
            let columns = columns(&answered);
            let mut collector = Collector::new(limits);
            let mut complete = true;
            while let Some(row) = connection.values(&answered).await? {
                let mut size = 0;
                let values =
                    row.into_iter().zip(&columns).map(|(value, column)| json(column.kind, value, &mut size)).collect();
                if !collector.push(values, size)? {
                    complete = false;
                    break;
                }
            }
            // Rows that nobody wants any more are cancelled when the session goes.
            session.busy = !complete;
            Ok(collector.finish(columns, began.elapsed()))
        };
        self.within(limits.timeout, &plan.sql, work).await
    }
}

/// The server's word about itself, in short.
fn said(version: &str) -> String {
    let name = if version.contains("MariaDB") { "MariaDB" } else { "MySQL" };
    format!("{name} {}", version.split('-').next().unwrap_or_default())
}

fn columns(columns: &[Column]) -> Vec<ResultColumn> {
    columns
        .iter()
        .map(|column| ResultColumn { name: column.name_str().into_owned(), kind: result_type(column) })
        .collect()
}

fn result_type(column: &Column) -> ResultType {
    use ColumnType as T;
    match column.column_type() {
        T::MYSQL_TYPE_TINY
        | T::MYSQL_TYPE_SHORT
        | T::MYSQL_TYPE_LONG
        | T::MYSQL_TYPE_INT24
        | T::MYSQL_TYPE_LONGLONG => ResultType::Number,
        T::MYSQL_TYPE_DECIMAL | T::MYSQL_TYPE_NEWDECIMAL | T::MYSQL_TYPE_YEAR => ResultType::Number,
        T::MYSQL_TYPE_FLOAT | T::MYSQL_TYPE_DOUBLE => ResultType::Float,
        T::MYSQL_TYPE_DATE | T::MYSQL_TYPE_NEWDATE => ResultType::Date,
        T::MYSQL_TYPE_TIME | T::MYSQL_TYPE_TIME2 => ResultType::Time,
        T::MYSQL_TYPE_DATETIME | T::MYSQL_TYPE_DATETIME2 => ResultType::Timestamp,
        T::MYSQL_TYPE_TIMESTAMP | T::MYSQL_TYPE_TIMESTAMP2 => ResultType::TimestampTz,
        T::MYSQL_TYPE_JSON => ResultType::Json,
        T::MYSQL_TYPE_BIT | T::MYSQL_TYPE_GEOMETRY => ResultType::Binary,
        _ if column.character_set() == BINARY && column.flags().contains(ColumnFlags::BINARY_FLAG) => {
            ResultType::Binary
        }
        _ => ResultType::Varchar,
    }
}

fn json(kind: ResultType, value: mysql_common::value::Value, size: &mut usize) -> Value {
    if let (ResultType::Binary, mysql_common::value::Value::Bytes(bytes)) = (kind, &value) {
        *size += bytes.len();
        return rows::binary(bytes);
    }
    let Some(text) = text(value) else { return Value::Null };
    *size += text.len();
    match kind {
        ResultType::Date => Value::from(text.get(..10).unwrap_or(&text)),
        // The session's zone is UTC, and this system's times do not say so.
        ResultType::TimestampTz => Value::from(format!("{}Z", text.replacen(' ', "T", 1))),
        kind => rows::typed(kind, &text),
    }
}
