//! MySQL and MariaDB.

mod crawled;

use std::time::{Duration, Instant};

use async_trait::async_trait;
use emporion_semantic::guard::{Dialect, Estimate, Plan};
use mysql_async::consts::{ColumnFlags, ColumnType};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Opts, OptsBuilder, Row, SslOpts};
use serde_json::Value;

use self::crawled::{complete, named, relations};
use crate::config::{Server, TlsMode};
use crate::derived;
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
        work: impl Future<Output = Result<T, SourceError>>,
    ) -> Result<T, SourceError> {
        // A server that stops talking is noticed here; one that works too long notices itself a little earlier.
        let done = tokio::time::timeout(timeout + Duration::from_millis(250), work)
            .await
            .unwrap_or_else(|_| Err(SourceError::timeout()));
        done.map_err(|error| error.without(self.server.password.expose()))
    }

    async fn session(&self, timeout: Duration) -> Result<Session, SourceError> {
        let address = self.rules.address(&self.server.host, self.server.port, timeout).await?;
        let opts = |tls: Option<SslOpts>| -> Opts {
            OptsBuilder::default()
                .ip_or_hostname(address.ip().to_string())
                .tcp_port(address.port())
                .user(Some(&self.server.user))
                .pass(Some(self.server.password.expose()))
                .db_name(self.server.database.as_deref())
                .prefer_socket(false)
                .stmt_cache_size(0)
                .ssl_opts(tls)
                .into()
        };
        let named = SslOpts::default()
            .with_danger_tls_hostname_override(Some(self.server.host.trim_matches(['[', ']']).to_owned()));
        let (opts, conn) = match self.server.tls {
            TlsMode::Disable => connected(opts(None)).await?,
            TlsMode::VerifyFull => connected(opts(Some(named))).await?,
            TlsMode::VerifyCa => connected(opts(Some(named.with_danger_skip_domain_validation(true)))).await?,
            TlsMode::Require => connected(opts(Some(named.with_danger_accept_invalid_certs(true)))).await?,
            TlsMode::Prefer => match connected(opts(Some(named.with_danger_accept_invalid_certs(true)))).await {
                Err(error) if error.kind == ErrorKind::Unreachable => connected(opts(None)).await?,
                other => other?,
            },
        };
        let id = conn.id();
        let mut session = Session { conn: Some(conn), opts, id, busy: false };
        let version =
            session.cells("SELECT VERSION()").await?.into_iter().flatten().flatten().next().unwrap_or_default();
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

async fn connected(opts: Opts) -> Result<(Opts, Conn), SourceError> {
    let conn = Conn::new(opts.clone()).await.map_err(|error| classified(&error))?;
    Ok((opts, conn))
}

/// One connection in a read-only transaction. Dropped while it works, it tells the server to stop.
struct Session {
    /// `None` only while it is being dropped.
    conn: Option<Conn>,
    opts: Opts,
    id: u32,
    busy: bool,
}

impl Drop for Session {
    fn drop(&mut self) {
        let (Some(conn), Ok(runtime)) = (self.conn.take(), tokio::runtime::Handle::try_current()) else { return };
        let (busy, opts, id) = (self.busy, self.opts.clone(), self.id);
        runtime.spawn(async move {
            if busy {
                let kill = async {
                    let mut other = Conn::new(opts).await?;
                    other.query_drop(format!("KILL {id}")).await?;
                    other.disconnect().await
                };
                let _ = tokio::time::timeout(Duration::from_secs(5), kill).await;
                drop(conn);
            } else {
                let _ = tokio::time::timeout(Duration::from_secs(5), conn.disconnect()).await;
            }
        });
    }
}

type Cells = Vec<Option<String>>;

impl Session {
    fn conn(&mut self) -> &mut Conn {
        self.conn.as_mut().expect("it is taken only when the session is dropped")
    }

    async fn run(&mut self, sql: &str) -> Result<(), SourceError> {
        self.conn().query_drop(sql).await.map_err(|error| classified(&error))
    }

    async fn cells(&mut self, sql: &str) -> Result<Vec<Cells>, SourceError> {
        self.busy = true;
        let rows: Vec<Row> = self.conn().query(sql).await.map_err(|error| classified(&error))?;
        self.busy = false;
        Ok(rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect()).collect())
    }
}

fn text(value: mysql_async::Value) -> Option<String> {
    use mysql_async::Value as V;
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

fn classified(error: &Error) -> SourceError {
    let Error::Server(server) = error else {
        let text = error.to_string();
        return if text.contains("timed out") {
            SourceError::timeout()
        } else if text.contains("TLS") || text.contains("tls") || text.contains("certificate") {
            SourceError::new(ErrorKind::Unreachable, "an encrypted connection as configured could not be made")
        } else {
            SourceError::new(ErrorKind::Unreachable, "no MySQL or MariaDB server answers there")
        };
    };
    match (server.code, server.state.as_str()) {
        (1045 | 1698 | 1251 | 2049, _) => {
            SourceError::new(ErrorKind::Unauthorised, "the source refused the credentials")
        }
        (1044 | 1142 | 1143 | 1227 | 1356 | 1370, _) => {
            SourceError::new(ErrorKind::Unauthorised, "the source's account may not read that")
        }
        (1049, _) => SourceError::new(ErrorKind::Configuration, "the server has no such database"),
        (1969 | 3024 | 1317 | 1205 | 1028, _) => SourceError::timeout(),
        (1792 | 1290, _) => SourceError::new(ErrorKind::Forbidden, "sources are only read"),
        (1040 | 1053 | 1129 | 1130 | 1203, _) => {
            SourceError::new(ErrorKind::Unreachable, "the server does not accept connections now")
        }
        (1038 | 1041 | 1153 | 1301 | 3170, _) => {
            SourceError::new(ErrorKind::Limit, "the server has not enough resources for the statement")
        }
        // More rows than one where one value is wanted; values of dates and texts that have no class of their own.
        (1242 | 1366 | 1411 | 1525, _) => SourceError::value(),
        // Texts of these classes name tables, columns and functions of the statement or count them: never values.
        (_, state) if state.starts_with("42") || state.starts_with("21") => {
            SourceError::quoting(ErrorKind::Syntax, &server.message)
        }
        (_, state) if state.starts_with("22") => SourceError::value(),
        _ => SourceError::new(ErrorKind::Failed, "the statement failed while it ran"),
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
            let mut session = self.session(timeout).await?;
            let cells = session.cells("SELECT VERSION(), CURRENT_USER(), DATABASE()").await?;
            let latency = began.elapsed();
            let schemas = session
                .cells(
                    "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA \
                     WHERE SCHEMA_NAME NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys') ORDER BY BINARY SCHEMA_NAME LIMIT 1000",
                )
                .await?;
            let mut cells = cells.into_iter().flatten();
            let mut next = || cells.next().flatten().unwrap_or_default();
            let version = next();
            let name = if version.contains("MariaDB") { "MariaDB" } else { "MySQL" };
            Ok(Tested {
                version: format!("{name} {}", version.split('-').next().unwrap_or_default()),
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
            let mut session = self.session(timeout).await?;
            let rows = session.cells(&self.scoped(include_str!("mysql/tables.sql"), "t.")).await?;
            let schemas = named(relations(rows));
            Ok(Database { name: DATABASE.to_owned(), schemas, ..Database::default() }.summaries())
        };
        self.within(timeout, work).await
    }

    async fn crawl(&self, progress: &dyn Progress, timeout: Duration) -> Result<Database, SourceError> {
        let work = async {
            let mut session = self.session(timeout).await?;
            let version =
                session.cells("SELECT VERSION()").await?.into_iter().flatten().flatten().next().unwrap_or_default();
            let mut tables = relations(session.cells(&self.scoped(include_str!("mysql/tables.sql"), "t.")).await?);
            progress.step("tables", tables.len(), tables.len());
            let columns = session.cells(&self.scoped(include_str!("mysql/columns.sql"), "")).await?;
            progress.step("columns", columns.len(), columns.len());
            let keys = session.cells(&self.scoped(include_str!("mysql/keys.sql"), "k.")).await?;
            progress.step("keys", keys.len(), keys.len());
            complete(&mut tables, columns, keys);
            for row in session.cells(&self.scoped(include_str!("mysql/schemas.sql"), "s.")).await? {
                tables.entry(row.into_iter().next().flatten().unwrap_or_default()).or_default();
            }
            let name = if version.contains("MariaDB") { "MariaDB" } else { "MySQL" };
            let version = format!("{name} {}", version.split('-').next().unwrap_or_default());
            let only_schema = self.server.database.clone();
            let mut schemas = named(tables);
            derived::tell(&mut schemas, Dialect::MySql);
            Ok(Database { name: DATABASE.to_owned(), version, schemas, only_schema })
        };
        self.within(timeout, work).await
    }

    async fn describe(&self, plan: &Plan, timeout: Duration) -> Result<Vec<ResultColumn>, SourceError> {
        let work = async {
            let mut session = self.session(timeout).await?;
            let statement = session.conn().prep(&plan.sql).await.map_err(|error| classified(&error))?;
            Ok(columns(&statement.columns()))
        };
        self.within(timeout, work).await
    }

    async fn query(&self, plan: &Plan, budget: Option<&Budget>, limits: Limits) -> Result<Rows, SourceError> {
        let limits = Limits { rows: limits.rows.min(plan.limit), ..limits };
        let work = async {
            let mut session = self.session(limits.timeout).await?;
            if let Some(budget) = budget {
                let cells = session.cells(&Estimate::question(plan, Dialect::MySql)).await?;
                let text = cells.into_iter().flatten().flatten().next().unwrap_or_default();
                budget.check(Estimate::of_json(&serde_json::from_str(&text).unwrap_or_default()))?;
            }
            session.busy = true;
            let began = Instant::now();
            // A prepared statement is one statement, whatever the text.
            let statement = session.conn().prep(&plan.sql).await.map_err(|error| classified(&error))?;
            let mut result = session.conn().exec_iter(&statement, ()).await.map_err(|error| classified(&error))?;
            let columns = columns(result.columns_ref());
            let mut collector = Collector::new(limits);
            let mut complete = true;
            while let Some(row) = result.next().await.map_err(|error| classified(&error))? {
                let mut size = 0;
                let values = row
                    .unwrap()
                    .into_iter()
                    .zip(&columns)
                    .map(|(value, column)| json(column.kind, value, &mut size))
                    .collect();
                if !collector.push(values, size)? {
                    complete = false;
                    break;
                }
            }
            drop(result);
            // Rows that nobody wants any more are cancelled when the session goes.
            session.busy = !complete;
            Ok(collector.finish(columns, began.elapsed()))
        };
        self.within(limits.timeout, work).await
    }
}

fn columns(columns: &[mysql_async::Column]) -> Vec<ResultColumn> {
    columns
        .iter()
        .map(|column| ResultColumn { name: column.name_str().into_owned(), kind: result_type(column) })
        .collect()
}

fn result_type(column: &mysql_async::Column) -> ResultType {
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

fn json(kind: ResultType, value: mysql_async::Value, size: &mut usize) -> Value {
    if let (ResultType::Binary, mysql_async::Value::Bytes(bytes)) = (kind, &value) {
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
