//! A database filled with the rows of a file, in one transaction: it is whole, or as empty as before. And a file made of the
//! rows of a database, in one state of it, while nodes write on.

use std::error::Error;
use std::path::Path;
use std::pin::pin;

use bytes::BytesMut;
use futures_util::StreamExt;
use tokio::sync::mpsc::channel;
use tokio_postgres::binary_copy::{BinaryCopyInWriter, BinaryCopyOutRow, BinaryCopyOutStream};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::error::PostgresError;
use super::session::Session;
use super::shared_keys::{self, StoredKeys};
use super::verify;
use crate::rows::{self, signed};
use crate::sqlite::copy::{Copied, sealed_texts};
use crate::sqlite::error::SqliteError;
use crate::sqlite::transfer::{Giver, take};
use crate::transfer::{AHEAD, Batch, Part, Progress, Sort, TABLES, Table, Value};

/// Nobody writes meanwhile (see `group`), nor is anything too slow.
const FILL: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 0; \
     SET LOCAL idle_in_transaction_session_timeout = 0; SELECT pg_advisory_xact_lock(7307218417350467)";
const LOOK: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0; \
     SET LOCAL idle_in_transaction_session_timeout = 0";

/// Faults that an error lists.
const LISTED: usize = 5;

/// Fills a database that holds nothing with the rows of a file and the keys that go with them.
///
/// Errors: `Unavailable` where something is in it, the file is no store of this version, a row has what PostgreSQL does not
/// keep, it was ended, or what has arrived is not what was given.
pub async fn fill(
    session: &Session,
    file: &Path,
    keys: &StoredKeys,
    progress: Progress<'_>,
) -> Result<(), PostgresError> {
    let _patience = session.patient();
    session.batch(FILL).await?;
    let filled = fill_begun(session, file, keys, progress).await;
    let commits = filled.is_ok();
    session.end(filled, commits).await
}

async fn fill_begun(
    session: &Session,
    file: &Path,
    keys: &StoredKeys,
    progress: Progress<'_>,
) -> Result<(), PostgresError> {
    for table in TABLES.iter().map(|table| table.name).chain(["shared_keys"]) {
        if session.finds(&format!("SELECT 1 FROM {table} LIMIT 1"), &[]).await? {
            return Err(PostgresError::unavailable("the database is used already; a store is put to an empty one"));
        }
    }
    let giver = Giver::open(file).map_err(of_file)?;
    let (counts, seq, all) = (giver.counts.clone(), giver.seq, giver.counts.iter().sum());
    let (give, mut given) = channel(AHEAD);
    let giving = tokio::task::spawn_blocking(move || giver.give(&give));
    let mut taken = vec![0; TABLES.len()];
    let mut next = given.recv().await;
    for (table, taken) in TABLES.iter().zip(&mut taken) {
        let types: Vec<Type> = table.columns.iter().map(|(_, sort)| type_of(*sort)).collect();
        let into = session.copy_in(&format!("COPY {} ({}) FROM STDIN BINARY", table.name, table.columns())).await?;
        let mut writer = pin!(BinaryCopyInWriter::new(into, &types));
        while let Some(Part::Rows(of, rows)) = &next
            && of.name == table.name
        {
            for row in rows {
                if let Some(column) = unkept(row) {
                    let (column, _) = table.columns[column];
                    return Err(PostgresError::unavailable(format!(
                        "a row of {} ({}) has a zero byte in {column}, which PostgreSQL does not keep",
                        table.name,
                        table.naming(row)
                    )));
                }
                writer.as_mut().write_raw(row).await?;
            }
            *taken += rows.len() as u64;
            let done = progress_of(&counts, table, *taken);
            if !progress(done, all) {
                return Err(PostgresError::unavailable("it was ended"));
            }
            next = given.recv().await;
        }
        writer.finish().await?;
    }
    giving.await.map_err(|error| PostgresError::internal(error.to_string()))?.map_err(of_file)?;
    if !matches!(next, Some(Part::End)) {
        return Err(PostgresError::internal("the rows broke off"));
    }
    begin_log(session, seq, keys).await?;
    compare(session, &counts).await
}

/// The place of a text with a zero byte.
fn unkept(row: &[Value]) -> Option<usize> {
    row.iter().position(|value| matches!(value, Value::Text(text) if text.contains('\0')))
}

/// How many rows are done while a table is under way.
fn progress_of(counts: &[u64], table: &Table, taken: u64) -> u64 {
    let before = TABLES.iter().zip(counts).take_while(|(before, _)| before.name != table.name);
    before.map(|(_, count)| count).sum::<u64>() + taken
}

/// The log goes on where it is, in a store that no node has seen; the first commit has changed everything.
async fn begin_log(session: &Session, seq: u64, keys: &StoredKeys) -> Result<(), PostgresError> {
    let head =
        "UPDATE log_head SET seq = $1, version = version + 1, keys = $2, store = gen_random_uuid() RETURNING version";
    let version = session.first(head, &[&signed(seq), &signed(keys.version)], |row| rows::count(row, 0)).await?;
    let version = version.ok_or_else(|| PostgresError::internal("the log has no head"))?;
    session.run("INSERT INTO commits (version, changed) VALUES ($1, NULL)", &[&signed(version)]).await?;
    let put = "INSERT INTO shared_keys (id, version, wrapped) VALUES (1, $1, $2)";
    session.run(put, &[&signed(keys.version), &keys.wrapped]).await?;
    let next = "SELECT setval(pg_get_serial_sequence('observation_series', 'id'), \
                (SELECT coalesce(max(id), 0) + 1 FROM observation_series), false)";
    session.finds(next, &[]).await?;
    Ok(())
}

/// Whether as much has arrived as was given, and all of it is whole.
async fn compare(session: &Session, counts: &[u64]) -> Result<(), PostgresError> {
    // Beside all else, so that the first questions know how much there is.
    session.batch("ANALYZE").await?;
    for (table, given) in TABLES.iter().zip(counts) {
        let arrived = verify::count(session, table.name).await?;
        if arrived != *given {
            let name = table.name;
            return Err(PostgresError::internal(format!("{name}: {given} rows were given, {arrived} have arrived")));
        }
    }
    let faults = verify::report(session).await?.faults;
    if !faults.is_empty() {
        let listed = faults[..faults.len().min(LISTED)].join("; ");
        return Err(PostgresError::unavailable(format!(
            "what has arrived is not whole, {} faults: {listed}",
            faults.len()
        )));
    }
    Ok(())
}

/// Makes a file of the database as it is at this moment, readable by its owner only, and tells the keys as they are then.
/// The transaction is ended by whoever has the connection. One that fails leaves no file.
///
/// Errors: `Unavailable` where the file is there already, or it was ended; `Full`.
pub async fn copy(
    session: &Session,
    to: &Path,
    progress: Progress<'_>,
) -> Result<(Copied, Option<StoredKeys>), PostgresError> {
    let _patience = session.patient();
    session.batch(LOOK).await?;
    let mut counts = Vec::new();
    for table in TABLES {
        counts.push(verify::count(session, table.name).await?);
    }
    let (give, given) = channel(AHEAD);
    let taking = {
        let to = to.to_owned();
        tokio::task::spawn_blocking(move || take(&to, given))
    };
    let mut sent = Ok(());
    for table in TABLES {
        let before = progress_of(&counts, table, 0);
        sent = send(session, table, &give, &|done| progress(before + done, counts.iter().sum())).await;
        if sent.is_err() {
            break;
        }
    }
    if sent.is_ok() {
        // One who takes no more says why below.
        let _ = give.send(Part::End).await;
    }
    drop(give);
    let taken = taking.await.map_err(|error| PostgresError::internal(error.to_string()))?;
    // What broke the rows off comes first.
    sent.and(taken.map_err(of_file))?;
    let seq = session.first("SELECT seq FROM log_head", &[], |row| rows::count(row, 0)).await?.unwrap_or(0);
    let keys = shared_keys::read(session).await?;
    let bytes =
        std::fs::metadata(to).map_err(|error| PostgresError::unavailable(format!("{}: {error}", to.display())))?;
    Ok((Copied { bytes: bytes.len(), records: counts[0], seq, sealed: sealed_texts(to)? }, keys))
}

async fn send(
    session: &Session,
    table: &'static Table,
    to: &tokio::sync::mpsc::Sender<Part>,
    progress: &dyn Fn(u64) -> bool,
) -> Result<(), PostgresError> {
    let types: Vec<Type> = table.columns.iter().map(|(_, sort)| type_of(*sort)).collect();
    let from = session.copy_out(&format!("COPY ({}) TO STDOUT BINARY", table.select())).await?;
    let mut rows = pin!(BinaryCopyOutStream::new(from, &types));
    let (mut batch, mut done) = (Batch::of(table), 0);
    while let Some(row) = rows.next().await {
        done += 1;
        if let Some(part) = batch.push(values(table, &row?)?) {
            if !progress(done) {
                return Err(PostgresError::unavailable("it was ended"));
            }
            if to.send(part).await.is_err() {
                return Ok(());
            }
        }
    }
    let _ = to.send(batch.take()).await;
    Ok(())
}

fn values(table: &Table, row: &BinaryCopyOutRow) -> Result<Vec<Value>, PostgresError> {
    let value = |(column, (_, sort)): (usize, &(&str, Sort))| {
        let read = match sort {
            Sort::Id | Sort::IdOrNone => row.try_get::<Option<_>>(column)?.map(Value::Id),
            Sort::Int => row.try_get::<Option<_>>(column)?.map(Value::Int),
            Sort::Text => row.try_get::<Option<_>>(column)?.map(Value::Text),
            Sort::Bytes => row.try_get::<Option<_>>(column)?.map(Value::Bytes),
        };
        Ok(read.unwrap_or(Value::Null))
    };
    table.columns.iter().enumerate().map(value).collect()
}

const fn type_of(sort: Sort) -> Type {
    match sort {
        Sort::Id | Sort::IdOrNone => Type::UUID,
        Sort::Int => Type::INT8,
        Sort::Text => Type::TEXT,
        Sort::Bytes => Type::BYTEA,
    }
}

impl ToSql for Value {
    fn to_sql(&self, of: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Id(id) => id.to_sql(of, out),
            Value::Int(number) => number.to_sql(of, out),
            Value::Text(text) => text.to_sql(of, out),
            Value::Bytes(bytes) => bytes.to_sql(of, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn of_file(fault: SqliteError) -> PostgresError {
    PostgresError::Store(fault.into_store_error())
}
