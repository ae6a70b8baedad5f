//! SQLite files, and directories of CSV files, below the configured directories.

mod catalogue;
mod comments;
mod described;
mod fault;
mod functions;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use emporion_semantic::guard::{Dialect, Estimate, Plan, Step};
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, InterruptHandle, OpenFlags};
use serde_json::Value;

use crate::bounds::{Allowance, Bounds};
use crate::csv::{self, Corrections};
use crate::derived;
use crate::error::{ErrorKind, SourceError};
use crate::metadata::{Database, Schema, TableSummary};
use crate::progress::Progress;
use crate::rows::{self, Collector, Limits, ResultColumn, ResultType, Rows};
use crate::source::{Budget, Source, Tested};
use catalogue::{catalogue, count, relations};
use described::{columns, described};
use fault::prepare;

/// The one schema of a file without attached others.
const MAIN: &str = "main";
/// Steps of the engine between two looks at the clock: well under a millisecond.
const STEPS: i32 = 10_000;

pub struct Sqlite {
    path: PathBuf,
    /// What is said of the files of a directory.
    files: Corrections,
    bounds: Bounds,
}

impl Sqlite {
    pub(crate) fn new(path: PathBuf, files: Corrections, bounds: Bounds) -> Sqlite {
        Sqlite { path, files, bounds }
    }

    fn database(&self) -> String {
        self.path.file_name().map_or_else(|| MAIN.to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// Runs `work` on a thread for blocking work, until `timeout` or until the caller goes away.
    async fn run<T: Send + 'static, E: Into<SourceError>>(
        &self,
        timeout: Duration,
        reach: Reach,
        work: impl FnOnce(&Connection, Instant) -> Result<T, E> + Send + 'static,
    ) -> Result<T, SourceError> {
        let (path, files) = (self.path.clone(), self.files.clone());
        let stop = Stop::default();
        let place = stop.0.clone();
        let began = Instant::now();
        let job = tokio::task::spawn_blocking(move || -> Result<T, SourceError> {
            let db = open((&path, &files), reach, began + timeout)?;
            *lock(&place) = State::Running(db.get_interrupt_handle());
            work(&db, began).map_err(Into::into)
        });
        let done = job.await.map_err(|_| SourceError::new(ErrorKind::Failed, "reading the file failed"))?;
        drop(stop);
        done
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

fn open((path, files): (&Path, &Corrections), reach: Reach, deadline: Instant) -> Result<Connection, SourceError> {
    if path.is_dir() {
        return Ok(guarded(csv::open(path, files, deadline)?.connect()?, reach, deadline)?);
    }
    // NOFOLLOW: the path has no links any more, and none may take a file's place in between.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    Ok(guarded(Connection::open_with_flags(path, flags)?, reach, deadline)?)
}

/// A connection that reads and does nothing else.
fn guarded(db: Connection, reach: Reach, deadline: Instant) -> Result<Connection, rusqlite::Error> {
    functions::add(&db)?;
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
                Ok::<_, rusqlite::Error>(rusqlite::version().to_owned())
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
        let (database, mut allowance) = (self.database(), Allowance::new(self.bounds));
        self.run(timeout, Reach::Catalogue, move |db, _| {
            let tables = relations(db, &mut allowance)?;
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
                .collect::<Result<_, SourceError>>()
        })
        .await
    }

    async fn crawl(&self, progress: &dyn Progress, timeout: Duration) -> Result<Database, SourceError> {
        let (timeout, allowance) = (timeout.min(self.bounds.time), Allowance::new(self.bounds));
        let (path, files) = (self.path.clone(), self.files.clone());
        let read = move |db: &Connection, began: Instant| {
            let mut tables = catalogue(db, allowance)?;
            if path.is_dir() {
                tables.extend(csv::open(&path, &files, began + timeout)?.unread());
                tables.sort_by(|one, other| one.name.cmp(&other.name));
            }
            let count = tables.len();
            let mut schemas = vec![Schema { name: MAIN.to_owned(), comment: None, tables }];
            derived::tell(&mut schemas, Dialect::Sqlite);
            Ok::<_, SourceError>((count, schemas))
        };
        let (tables, schemas) = self.run(timeout, Reach::Catalogue, read).await?;
        progress.step("tables", tables, tables);
        let version = format!("SQLite {}", rusqlite::version());
        Ok(Database { name: self.database(), version, schemas, only_schema: None })
    }

    async fn describe(&self, plan: &Plan, timeout: Duration) -> Result<Vec<ResultColumn>, SourceError> {
        let plan = plan.clone();
        self.run(timeout, Reach::Rows, move |db, _| described(db, &plan)).await
    }

    async fn query(&self, plan: &Plan, budget: Option<&Budget>, limits: Limits) -> Result<Rows, SourceError> {
        let sql = plan.sql.clone();
        let budget = budget.map(|budget| (Estimate::question(plan, Dialect::Sqlite), budget.clone()));
        let limits = Limits { rows: limits.rows.min(plan.limit), ..limits };
        self.run(limits.timeout, Reach::Rows, move |db, began| {
            if let Some((question, budget)) = budget {
                budget.check(Estimate::of_steps(&steps(db, &question)?, &budget.sizes))?;
            }
            let mut statement = prepare(db, &sql)?;
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
                if !collector.push(values, size)? {
                    break;
                }
            }
            Ok::<_, SourceError>(collector.finish(columns, began.elapsed()))
        })
        .await
    }
}

/// The plan of a statement.
fn steps(db: &Connection, question: &str) -> Result<Vec<Step>, rusqlite::Error> {
    let mut statement = prepare(db, question)?;
    let steps = statement.query_map([], |row| Ok(Step { id: row.get(0)?, parent: row.get(1)?, text: row.get(3)? }))?;
    steps.collect()
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
