//! A file's rows given to another engine, and a file made of the rows of one.

use std::fs;
use std::path::Path;

use emporion_model::ports::StoreError;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, Row, ToSql, params_from_iter};
use tokio::sync::mpsc::{Receiver, Sender};
use uuid::Uuid;

use super::error::SqliteError;
use super::file::create;
use super::migrate;
use super::observed::unfolded;
use super::options::Options;
use super::pool::open_reading;
use crate::rows;
use crate::transfer::{Batch, Checkpoint, Part, Sort, TABLES, Table, Value};

/// Observations as they were given, with the names of their members.
const OBSERVATIONS: &str = "SELECT o.series, o.at, o.value, l.members FROM observations AS o \
     LEFT JOIN observation_layouts AS l ON l.id = o.layout ORDER BY o.series, o.at";
/// In KiB: rows come in the order of one index, and there are many.
const CACHE: i64 = -131_072;

/// A file whose rows are to be given, in one state.
pub struct Giver {
    connection: Connection,
    /// Of each table, in their order.
    pub counts: Vec<u64>,
    /// The newest event of the log.
    pub seq: u64,
}

impl Giver {
    /// Errors: `Unavailable` where it is no store of the shape of this binary, or has work in it that was broken off.
    pub fn open(file: &Path) -> Result<Giver, SqliteError> {
        let connection = open_reading(file, Options::default().busy)?;
        connection.execute_batch("BEGIN DEFERRED")?;
        migrate::check_is_newest(&connection)?;
        let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs);
        if number("SELECT count(*) FROM under_way")? > 0 {
            let why = "a large deletion or move was broken off in it; the next start of its server ends that";
            return Err(SqliteError::Store(StoreError::Unavailable(why.into())));
        }
        let count = |table: &Table| number(&format!("SELECT count(*) FROM {}", table.name));
        let counts = TABLES.iter().map(count).collect::<rusqlite::Result<_>>()?;
        let seq = number("SELECT coalesce(max(seq), 0) FROM events")?;
        Ok(Giver { connection, counts, seq })
    }

    /// Tells it from other files, and from what it was before.
    pub fn identity(&self) -> Result<String, SqliteError> {
        let newest = "SELECT coalesce((SELECT at FROM events ORDER BY seq DESC LIMIT 1), 0)";
        let newest: i64 = self.connection.query_row(newest, [], |row| row.get(0))?;
        Ok(format!("{} events to {newest}, {:?} rows", self.seq, self.counts))
    }

    /// Gives all rows from a place on. Ends early where nobody takes them any more.
    pub fn give(self, to: &Sender<Part>, from: Checkpoint) -> Result<(), SqliteError> {
        for (number, table) in TABLES.iter().enumerate().skip(from.table) {
            let sql = if table.name == "observations" { OBSERVATIONS.into() } else { table.select() };
            let given = if number == from.table { from.rows } else { 0 };
            let mut statement = self.connection.prepare(&format!("{sql} LIMIT -1 OFFSET {given}"))?;
            let mut rows = statement.query([])?;
            let mut batch = Batch::of(table);
            while let Some(row) = rows.next()? {
                let mut values = values(table, row)?;
                if table.name == "observations"
                    && let Some(members) = row.get::<_, Option<String>>(3)?
                    && let Some(Value::Text(text)) = values.last_mut()
                {
                    let members = serde_json::from_str::<Vec<String>>(&members);
                    let members = members.map_err(|error| SqliteError::internal(format!("a layout: {error}")))?;
                    *text = unfolded(&members, rows::parse(text)?)?.to_string();
                }
                if let Some(part) = batch.push(values)
                    && to.blocking_send(part).is_err()
                {
                    return Ok(());
                }
            }
            if to.blocking_send(batch.take()).is_err() {
                return Ok(());
            }
        }
        // Nobody there is nobody who counts on it.
        let _ = to.blocking_send(Part::End);
        Ok(())
    }
}

fn values(table: &Table, row: &Row<'_>) -> Result<Vec<Value>, SqliteError> {
    let value = |(column, (_, sort)): (usize, &(&str, Sort))| {
        Ok(match (row.get_ref(column)?, sort) {
            (ValueRef::Null, _) => Value::Null,
            (_, Sort::Int) => Value::Int(row.get(column)?),
            (_, Sort::Text) => Value::Text(row.get(column)?),
            (_, Sort::Bytes) => Value::Bytes(row.get(column)?),
            (ValueRef::Blob([]), Sort::IdOrNone) => Value::Id(Uuid::nil()),
            (ValueRef::Blob(bytes), Sort::Id | Sort::IdOrNone) => {
                Value::Id(Uuid::from_slice(bytes).map_err(|error| rows::wrong(column, error))?)
            }
            (_, Sort::Id | Sort::IdOrNone) => return Err(rows::wrong(column, "no id").into()),
        })
    };
    table.columns.iter().enumerate().map(value).collect()
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Id(id) => ValueRef::Blob(id.as_bytes()),
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Makes a file of all rows that come, readable by its owner only. One that fails leaves nothing.
pub fn take(to: &Path, from: Receiver<Part>) -> Result<(), SqliteError> {
    if !create(to)? {
        return Err(SqliteError::Store(StoreError::Unavailable(format!("{} is there already", to.display()))));
    }
    fill(to, from).inspect_err(|_| {
        // What cannot be removed either is told by the fault that came before.
        let _ = fs::remove_file(to);
    })
}

fn fill(to: &Path, mut from: Receiver<Part>) -> Result<(), SqliteError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(to, flags)?;
    // Half a file is thrown away, so no step of it has to be undone or to last.
    connection.query_row("PRAGMA journal_mode = OFF", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "cache_size", CACHE)?;
    migrate::migrate(&mut connection)?;
    connection.execute_batch("BEGIN")?;
    loop {
        match from.blocking_recv() {
            Some(Part::Rows(table, rows)) => {
                let mark = |(column, (_, sort)): (usize, &(&str, Sort))| match sort {
                    Sort::IdOrNone => format!("iif(?{0} = zeroblob(16), x'', ?{0})", column + 1),
                    _ => format!("?{}", column + 1),
                };
                let marks: Vec<String> = table.columns.iter().enumerate().map(mark).collect();
                let sql = format!("INSERT INTO {} ({}) VALUES ({})", table.name, table.columns(), marks.join(", "));
                let mut statement = connection.prepare_cached(&sql)?;
                for row in rows {
                    statement.execute(params_from_iter(row))?;
                }
            }
            Some(Part::End) => break,
            None => return Err(SqliteError::Store(StoreError::Unavailable("the rows broke off".into()))),
        }
    }
    connection.execute_batch("COMMIT")?;
    connection.close().map_err(|(_, error)| error)?;
    let synced = fs::File::open(to).and_then(|file| file.sync_all());
    synced.map_err(|error| SqliteError::Store(StoreError::Unavailable(format!("{}: {error}", to.display()))))
}
