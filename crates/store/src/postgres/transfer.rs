//! A file made of the rows of a database, in one state of it, while nodes write on.

use std::error::Error;
use std::path::Path;
use std::pin::pin;

use bytes::BytesMut;
use futures_util::StreamExt;
use tokio::sync::mpsc::channel;
use tokio_postgres::binary_copy::{BinaryCopyOutRow, BinaryCopyOutStream};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::error::PostgresError;
use super::log_head::LogHead;
use super::session::Session;
use super::shared_keys::{self, StoredKeys};
use super::verify;
use crate::sqlite::copy::{Copied, sealed_texts};
use crate::sqlite::error::SqliteError;
use crate::sqlite::transfer::take;
use crate::transfer::{AHEAD, Batch, Part, Progress, Sort, TABLES, Table, Value};

const LOOK: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0; \
     SET LOCAL idle_in_transaction_session_timeout = 0";

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
    let seq = LogHead::read(session).await?.seq;
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

/// How many rows are done while a table is under way.
pub fn progress_of(counts: &[u64], table: &Table, taken: u64) -> u64 {
    let before = TABLES.iter().zip(counts).take_while(|(before, _)| before.name != table.name);
    before.map(|(_, count)| count).sum::<u64>() + taken
}

pub const fn type_of(sort: Sort) -> Type {
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

pub fn of_file(fault: SqliteError) -> PostgresError {
    PostgresError::Store(fault.into_store_error())
}
