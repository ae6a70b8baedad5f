//! SQLite files below the configured directories.

mod comments;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use emporion_semantic::guard::{Dialect, Estimate, Plan, Policy, Step, TableName, tables_read};
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, InterruptHandle, OpenFlags};
use serde_json::Value;

use crate::error::{ErrorKind, SourceError};
use crate::metadata::{Column, Database, ForeignKey, Key, Schema, Table, TableKind, TableSummary};
use crate::progress::Progress;
use crate::rows::{self, Collector, Limits, ResultColumn, ResultType, Rows};
use crate::source::{Source, Tested};
use crate::types;
use comments::{Comments, comments};

/// The one schema of a file without attached others.
const MAIN: &str = "main";
/// Steps of the engine between two looks at the clock: well under a millisecond.
const STEPS: i32 = 10_000;
/// Rows are counted up to here; beyond, the largest row id stands for the number.
const COUNTED: i64 = 1_000_000;

pub struct Sqlite {
    path: PathBuf,
}

impl Sqlite {
    pub(crate) fn new(path: PathBuf) -> Sqlite {
        Sqlite { path }
    }

    fn database(&self) -> String {
        self.path.file_name().map_or_else(|| MAIN.to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// Runs `work` on a thread for blocking work, until `timeout` or until the caller goes away.
    async fn run<T: Send + 'static>(
        &self,
        timeout: Duration,
        reach: Reach,
        work: impl FnOnce(&Connection, Instant) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, SourceError> {
        let path = self.path.clone();
        let stop = Stop::default();
        let place = stop.0.clone();
        let began = Instant::now();
        let job = tokio::task::spawn_blocking(move || {
            let db = open(&path, reach, began + timeout)?;
            *lock(&place) = State::Running(db.get_interrupt_handle());
            work(&db, began)
        });
        let done = job.await.map_err(|_| SourceError::new(ErrorKind::Failed, "reading the file failed"))?;
        drop(stop);
        done.map_err(|error| classified(&error))
    }
}

/// Interrupts the database when the caller goes away.
#[derive(Default)]
struct Stop(Arc<Mutex<State>>);

#[derive(Default)]
enum State {
    #[default]
    Starting,
    Running(InterruptHandle),
}

impl Drop for Stop {
    fn drop(&mut self) {
        if let State::Running(handle) = &*lock(&self.0) {
            handle.interrupt();
        }
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    // A panic while the lock is held is impossible: only assignments happen there.
    state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Rows,
    Catalogue,
}

fn open(path: &std::path::Path, reach: Reach, deadline: Instant) -> Result<Connection, rusqlite::Error> {
    // NOFOLLOW: the path has no links any more, and none may take a file's place in between.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(deadline.saturating_duration_since(Instant::now()).min(Duration::from_secs(5)))?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // A quoted name that means nothing is an error, not a text.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    db.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    db.set_limit(Limit::SQLITE_LIMIT_LENGTH, 64 << 20)?;
    db.pragma_update(None, "query_only", true)?;
    db.progress_handler(STEPS, Some(move || Instant::now() >= deadline))?;
    db.authorizer(Some(move |context: rusqlite::hooks::AuthContext<'_>| match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Function { function_name } if function_name != "load_extension" => Authorization::Allow,
        AuthAction::Pragma { .. } | AuthAction::CreateVtable { .. } if reach == Reach::Catalogue => {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }))?;
    Ok(db)
}

fn classified(error: &rusqlite::Error) -> SourceError {
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => SourceError::timeout(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            SourceError::new(ErrorKind::Timeout, "the file is in use")
        }
        Some(ErrorCode::NotADatabase | ErrorCode::CannotOpen) => {
            SourceError::new(ErrorKind::Unreachable, "the file is no SQLite database that can be read")
        }
        Some(ErrorCode::DatabaseCorrupt) => SourceError::new(ErrorKind::Failed, "the file is damaged"),
        Some(ErrorCode::AuthorizationForStatementDenied | ErrorCode::ReadOnly) => {
            SourceError::new(ErrorKind::Forbidden, "sources are only read")
        }
        Some(ErrorCode::TooBig | ErrorCode::OutOfMemory) => {
            SourceError::new(ErrorKind::Limit, "a value of the answer is too large")
        }
        _ => match error {
            // Raised while preparing: the text speaks of the statement.
            rusqlite::Error::SqlInputError { msg, .. } => SourceError::quoting(ErrorKind::Syntax, msg),
            rusqlite::Error::SqliteFailure(code, Some(text))
                if code.extended_code == 1 && text.starts_with("no such") =>
            {
                SourceError::quoting(ErrorKind::Syntax, text)
            }
            _ => SourceError::new(ErrorKind::Failed, "the statement failed while it ran"),
        },
    }
}

#[async_trait]
impl Source for Sqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn default_schema(&self) -> Option<String> {
        Some(MAIN.to_owned())
    }

    async fn test(&self, timeout: Duration) -> Result<Tested, SourceError> {
        let began = Instant::now();
        let version = self
            .run(timeout, Reach::Catalogue, |db, _| {
                db.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))?;
                Ok(rusqlite::version().to_owned())
            })
            .await?;
        let (user, schemas) = (String::new(), vec![MAIN.to_owned()]);
        Ok(Tested {
            version: format!("SQLite {version}"),
            user,
            database: self.database(),
            schemas,
            latency: began.elapsed(),
        })
    }

    async fn tables(&self, timeout: Duration) -> Result<Vec<TableSummary>, SourceError> {
        let database = self.database();
        self.run(timeout, Reach::Catalogue, move |db, _| {
            let tables = relations(db)?;
            tables
                .into_iter()
                .map(|(table, _)| {
                    let rows = if table.kind.is_view() { None } else { count(db, &table.name)? };
                    Ok(TableSummary {
                        database: database.clone(),
                        schema: MAIN.to_owned(),
                        name: table.name,
                        kind: table.kind,
                        rows,
                    })
                })
                .collect()
        })
        .await
    }

    async fn crawl(&self, progress: &dyn Progress, timeout: Duration) -> Result<Database, SourceError> {
        let tables = self.run(timeout, Reach::Catalogue, |db, _| catalogue(db)).await?;
        progress.step("tables", tables.len(), tables.len());
        let schemas = vec![Schema { name: MAIN.to_owned(), comment: None, tables }];
        let version = format!("SQLite {}", rusqlite::version());
        Ok(Database { name: self.database(), version, schemas, only_schema: None })
    }

    async fn describe(&self, plan: &Plan, timeout: Duration) -> Result<Vec<ResultColumn>, SourceError> {
        let sql = plan.sql.clone();
        self.run(timeout, Reach::Rows, move |db, _| Ok(columns(&db.prepare(&sql)?))).await
    }

    async fn estimate(&self, plan: &Plan, policy: &Policy, timeout: Duration) -> Result<Estimate, SourceError> {
        let question = Estimate::question(plan, Dialect::Sqlite);
        let steps = self
            .run(timeout, Reach::Rows, move |db, _| {
                let mut statement = db.prepare(&question)?;
                let steps = statement
                    .query_map([], |row| Ok(Step { id: row.get(0)?, parent: row.get(1)?, text: row.get(3)? }))?;
                steps.collect::<Result<Vec<_>, _>>()
            })
            .await?;
        Ok(Estimate::of_steps(&steps, policy, &plan.tables))
    }

    async fn query(&self, plan: &Plan, limits: Limits) -> Result<Rows, SourceError> {
        let sql = plan.sql.clone();
        let limits = Limits { rows: limits.rows.min(plan.limit), ..limits };
        self.run(limits.timeout, Reach::Rows, move |db, began| {
            let mut statement = db.prepare(&sql)?;
            let mut columns = columns(&statement);
            let mut seen = vec![false; columns.len()];
            let mut collector = Collector::new(limits);
            let mut found = statement.query([])?;
            while let Some(row) = found.next()? {
                let mut size = 0;
                let mut values = Vec::with_capacity(columns.len());
                for (at, column) in columns.iter_mut().enumerate() {
                    let value = row.get_ref(at)?;
                    // Where nothing was declared, the first value tells the type.
                    if !seen[at] && value != ValueRef::Null {
                        seen[at] = true;
                        column.kind = refined(column.kind, value);
                    }
                    values.push(json(column.kind, value, &mut size));
                }
                match collector.push(values, size) {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => return Ok(Err(error)),
                }
            }
            Ok(Ok(collector.finish(columns, began.elapsed())))
        })
        .await?
    }
}

fn columns(statement: &rusqlite::Statement<'_>) -> Vec<ResultColumn> {
    statement
        .columns()
        .iter()
        .map(|column| {
            let kind = match column.decl_type().map(|declared| types::sqlite(declared).0) {
                Some("TINYINT" | "SMALLINT" | "INT" | "BIGINT" | "DECIMAL" | "NUMERIC") => ResultType::Number,
                Some("FLOAT" | "DOUBLE") => ResultType::Float,
                Some("BOOLEAN") => ResultType::Boolean,
                Some("DATE") => ResultType::Date,
                Some("TIME") => ResultType::Time,
                Some("DATETIME" | "TIMESTAMP") => ResultType::Timestamp,
                Some("JSON") => ResultType::Json,
                Some("BLOB") => ResultType::Binary,
                _ => ResultType::Varchar,
            };
            ResultColumn { name: column.name().to_owned(), kind }
        })
        .collect()
}

/// SQLite keeps any value in any column: the value's own type wins where the two cannot agree.
fn refined(declared: ResultType, value: ValueRef<'_>) -> ResultType {
    match (declared, value) {
        (ResultType::Varchar, ValueRef::Integer(_)) => ResultType::Number,
        (ResultType::Varchar | ResultType::Number, ValueRef::Real(_)) => ResultType::Float,
        (ResultType::Number | ResultType::Float | ResultType::Boolean, ValueRef::Text(_)) => ResultType::Varchar,
        (ResultType::Varchar, ValueRef::Blob(_)) => ResultType::Binary,
        (ResultType::Date | ResultType::Time | ResultType::Timestamp, ValueRef::Integer(_) | ValueRef::Real(_)) => {
            ResultType::Number
        }
        (declared, _) => declared,
    }
}

fn json(kind: ResultType, value: ValueRef<'_>, size: &mut usize) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number @ (0 | 1)) if kind == ResultType::Boolean => Value::Bool(number == 1),
        ValueRef::Integer(number) => {
            *size += 8;
            rows::number(&number.to_string())
        }
        ValueRef::Real(number) => {
            *size += 8;
            rows::float(number)
        }
        ValueRef::Text(text) => {
            *size += text.len();
            let text = String::from_utf8_lossy(text);
            match kind {
                ResultType::Json => rows::typed(kind, &text),
                _ => Value::from(text),
            }
        }
        ValueRef::Blob(bytes) => {
            *size += bytes.len();
            rows::binary(bytes)
        }
    }
}

/// Tables and views with the texts that made them.
fn relations(db: &Connection) -> Result<Vec<(Table, String)>, rusqlite::Error> {
    let mut statement = db.prepare(include_str!("sqlite/tables.sql"))?;
    let rows = statement.query_map([], |row| {
        let kind = if row.get_ref(1)?.as_str()? == "view" { TableKind::View } else { TableKind::Table };
        Ok((Table::new(row.get(0)?, kind), row.get::<_, Option<String>>(2)?.unwrap_or_default()))
    })?;
    rows.collect()
}

fn catalogue(db: &Connection) -> Result<Vec<Table>, rusqlite::Error> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    let mut said: BTreeMap<String, HashMap<String, String>> = BTreeMap::new();
    for (mut table, sql) in relations(db)? {
        if table.kind.is_view() {
            table.definition = Some(sql);
        } else {
            let Comments { table: of_table, columns } = comments(&sql);
            table.comment = of_table;
            said.insert(table.name.clone(), columns);
        }
        tables.insert(table.name.clone(), table);
    }
    // SQLite compares names without case; what a view or key says may be spelled otherwise.
    let spelled: BTreeMap<String, String> =
        tables.keys().map(|name| (name.to_ascii_lowercase(), name.clone())).collect();
    let spelling = |name: String| spelled.get(&name.to_ascii_lowercase()).cloned().unwrap_or(name);

    let mut statement = db.prepare(include_str!("sqlite/columns.sql"))?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let Some(table) = tables.get_mut(row.get_ref(0)?.as_str()?) else { continue };
        let native_type: String = row.get(3)?;
        let (data_type, length, precision, scale) = types::sqlite(&native_type);
        let key_place = usize::try_from(row.get::<_, u32>(6)?).unwrap_or_default();
        let name: String = row.get(1)?;
        let comment = said.get_mut(&table.name).and_then(|said| said.remove(&name));
        let column = Column {
            name,
            ordinal: row.get(2)?,
            native_type,
            data_type,
            array_data_type: None,
            length,
            precision,
            scale,
            nullable: !row.get::<_, bool>(4)? && key_place == 0,
            default: row.get(5)?,
            comment,
        };
        if key_place > 0 {
            if table.primary_key.len() < key_place {
                table.primary_key.resize(key_place, String::new());
            }
            table.primary_key[key_place - 1].clone_from(&column.name);
        }
        table.columns.push(column);
    }

    let mut statement = db.prepare(include_str!("sqlite/unique_keys.sql"))?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let Some(table) = tables.get_mut(row.get_ref(0)?.as_str()?) else { continue };
        let name: String = row.get(1)?;
        if table.unique_keys.last().is_none_or(|key| key.name != name) {
            table.unique_keys.push(Key { name, columns: Vec::new() });
        }
        if let Some(key) = table.unique_keys.last_mut() {
            key.columns.push(row.get(2)?);
        }
    }

    let primary: BTreeMap<String, Vec<String>> =
        tables.iter().map(|(name, table)| (name.clone(), table.primary_key.clone())).collect();
    let mut statement = db.prepare(include_str!("sqlite/foreign_keys.sql"))?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let Some(table) = tables.get_mut(row.get_ref(0)?.as_str()?) else { continue };
        let name = format!("fk_{}", row.get::<_, i64>(1)?);
        let to = spelling(row.get(2)?);
        if table.foreign_keys.last().is_none_or(|key| key.name != name) {
            let to = TableName { schema: Some(MAIN.to_owned()), name: to.clone() };
            table.foreign_keys.push(ForeignKey { name, columns: Vec::new(), to, to_columns: Vec::new() });
        }
        if let Some(key) = table.foreign_keys.last_mut() {
            let place = key.columns.len();
            key.columns.push(row.get(3)?);
            let named: Option<String> = row.get(4)?;
            key.to_columns.extend(named.or_else(|| primary.get(&to)?.get(place).cloned()));
        }
    }

    for table in tables.values_mut() {
        if table.kind.is_view() {
            let reads = tables_read(table.definition.as_deref().unwrap_or_default(), Dialect::Sqlite);
            table.reads = reads
                .into_iter()
                .map(|read| TableName { schema: Some(MAIN.to_owned()), name: spelling(read.name) })
                .collect();
        } else {
            table.rows = count(db, &table.name)?;
        }
    }
    Ok(tables.into_values().collect())
}

/// The number of rows: exact up to a million. Virtual tables whose module is not there have none.
fn count(db: &Connection, table: &str) -> Result<Option<u64>, rusqlite::Error> {
    let quoted = format!("\"{}\"", table.replace('"', "\"\""));
    let counted = db.query_row(&format!("SELECT COUNT(*) FROM (SELECT 1 FROM {quoted} LIMIT {COUNTED})"), [], |row| {
        row.get::<_, i64>(0)
    });
    match counted {
        Ok(rows) if rows < COUNTED => Ok(u64::try_from(rows).ok()),
        Ok(rows) => {
            let largest = db.query_row(&format!("SELECT MAX(rowid) FROM {quoted}"), [], |row| row.get::<_, i64>(0));
            Ok(u64::try_from(largest.map_or(rows, |largest| largest.max(rows))).ok())
        }
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => Err(error),
        Err(_) => Ok(None),
    }
}
