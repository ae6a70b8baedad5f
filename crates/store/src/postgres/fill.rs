//! A database filled with the rows of a file. Rows are committed as they come, together with how far they are: one that is
//! killed goes on from there. Until all has arrived and was looked through, the database is no store, and nobody opens it.

use std::path::Path;
use std::pin::pin;

use tokio::sync::mpsc::{Receiver, channel};
use tokio_postgres::Row;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;

use super::commits;
use super::error::PostgresError;
use super::session::Session;
use super::shared_keys::StoredKeys;
use super::transfer::{of_file, progress_of, type_of};
use super::verify;
use crate::rows::{self, signed};
use crate::sqlite::transfer::Giver;
use crate::transfer::{AHEAD, Checkpoint, Part, Progress, TABLES, Table, Value};

/// Nobody writes meanwhile (see `group`), nor is anything too slow.
const FILL: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 0; \
     SET LOCAL idle_in_transaction_session_timeout = 0; SELECT pg_advisory_xact_lock(7307218417350467)";
/// Is there from when the database is to be filled until it is: from what, and how far that is. Holds nothing until it is begun.
const UNFINISHED: &str = "unfinished_transfer";
/// Rows that are committed together, at least, but for the last ones of a table.
const ROWS: u64 = 100_000;
/// Faults that an error lists.
const LISTED: usize = 5;
const USED: &str = "the database is used already; a store is put to an empty one";

/// Whether a store is on its way here, or its way was broken off.
pub async fn is_unfinished(session: &Session) -> Result<bool, PostgresError> {
    session.finds(&format!("SELECT 1 WHERE to_regclass('{UNFINISHED}') IS NOT NULL"), &[]).await
}

/// Says that a store is to come here.
pub async fn mark(session: &Session) -> Result<(), PostgresError> {
    session.batch(&format!("CREATE TABLE IF NOT EXISTS {UNFINISHED} (source text, tables bigint, rows bigint)")).await
}

/// Takes that back where nothing of it has come: an empty database is open to all again.
pub async fn give_up(session: &Session) -> Result<(), PostgresError> {
    let given_up = async {
        let begun = format!("SELECT 1 FROM {UNFINISHED}");
        if is_unfinished(session).await? && !session.finds(&begun, &[]).await? {
            session.batch(&format!("DROP TABLE {UNFINISHED}")).await?;
        }
        Ok(())
    };
    within(session, given_up).await
}

/// Fills a database that holds nothing, or what was broken off of the same file, with the rows of a file and the keys that go
/// with them. What was broken off of another one is thrown away.
///
/// Errors: `Unavailable` where something else is in it, the file is no store of this version, a row has what PostgreSQL does
/// not keep, or what has arrived is not what was given: then it is as empty as before. Where the work was ended or the
/// connection lost, the next call goes on.
pub async fn fill(
    session: &Session,
    file: &Path,
    keys: &StoredKeys,
    progress: Progress<'_>,
) -> Result<(), PostgresError> {
    let _patience = session.patient();
    let giver = Giver::open(file).map_err(of_file)?;
    let source = giver.identity().map_err(of_file)?;
    let place = within(session, begin(session, &source)).await?;
    let mut filling = Filling { session, counts: giver.counts.clone(), place, progress, is_ended: false };
    let seq = giver.seq;
    let filled = match filling.take_all(giver).await {
        Ok(()) => within(session, filling.end(seq, keys)).await,
        broken => broken,
    };
    if filled.is_err() && !filling.is_ended && !session.is_closed() {
        // What this file gives can be no store. Why comes before what breaks down now.
        let _ = within(session, clear(session)).await;
    }
    filled
}

/// A transaction of its own.
async fn within<T>(
    session: &Session,
    work: impl Future<Output = Result<T, PostgresError>>,
) -> Result<T, PostgresError> {
    session.batch(FILL).await?;
    let done = work.await;
    let commits = done.is_ok();
    session.end(done, commits).await
}

/// How far a file has come.
async fn begin(session: &Session, source: &str) -> Result<Checkpoint, PostgresError> {
    if session.finds("SELECT 1 FROM log_head WHERE version > 0", &[]).await? {
        return Err(PostgresError::unavailable(USED));
    }
    if is_unfinished(session).await? {
        let place = format!("SELECT tables, rows FROM {UNFINISHED} WHERE source = $1");
        let read = |row: &Row| Ok(Checkpoint { table: rows::count(row, 0)? as usize, rows: rows::count(row, 1)? });
        match session.first(&place, &[&source], read).await? {
            Some(place) => return Ok(place),
            None => clear(session).await?,
        }
    }
    for table in TABLES.iter().map(|table| table.name).chain(["shared_keys"]) {
        if session.finds(&format!("SELECT 1 FROM {table} LIMIT 1"), &[]).await? {
            return Err(PostgresError::unavailable(USED));
        }
    }
    mark(session).await?;
    session.run(&format!("INSERT INTO {UNFINISHED} VALUES ($1, 0, 0)"), &[&source]).await?;
    Ok(Checkpoint::default())
}

async fn clear(session: &Session) -> Result<(), PostgresError> {
    let tables: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
    session.batch(&format!("TRUNCATE {}; DROP TABLE {UNFINISHED}", tables.join(", "))).await
}

struct Filling<'a> {
    session: &'a Session,
    /// Rows of each table that there will be.
    counts: Vec<u64>,
    place: Checkpoint,
    progress: Progress<'a>,
    /// What has come so far stays.
    is_ended: bool,
}

impl Filling<'_> {
    async fn take_all(&mut self, giver: Giver) -> Result<(), PostgresError> {
        let (give, mut given) = channel(AHEAD);
        let from = self.place;
        let giving = tokio::task::spawn_blocking(move || giver.give(&give, from));
        let mut next = given.recv().await;
        while let Some(table) = TABLES.get(self.place.table) {
            let session = self.session;
            within(session, self.take_some(table, &mut next, &mut given)).await?;
        }
        giving.await.map_err(|error| PostgresError::internal(error.to_string()))?.map_err(of_file)?;
        match next {
            Some(Part::End) => Ok(()),
            _ => Err(PostgresError::internal("the rows broke off")),
        }
    }

    /// Rows of a table, as many as are committed together, and how far they are then.
    async fn take_some(
        &mut self,
        table: &'static Table,
        next: &mut Option<Part>,
        given: &mut Receiver<Part>,
    ) -> Result<(), PostgresError> {
        let before = self.place;
        let types: Vec<Type> = table.columns.iter().map(|(_, sort)| type_of(*sort)).collect();
        let copy = format!("COPY {} ({}) FROM STDIN BINARY", table.name, table.columns());
        let mut writer = pin!(BinaryCopyInWriter::new(self.session.copy_in(&copy).await?, &types));
        loop {
            match next {
                Some(Part::Rows(of, rows)) if of.name == table.name => {
                    for row in &*rows {
                        check_kept(table, row)?;
                        writer.as_mut().write_raw(row).await?;
                    }
                    self.place.rows += rows.len() as u64;
                }
                // All that there are of it.
                _ => {
                    self.place = Checkpoint { table: before.table + 1, rows: 0 };
                    break;
                }
            }
            let all = self.counts.iter().sum();
            if !(self.progress)(progress_of(&self.counts, table, self.place.rows), all) {
                self.is_ended = true;
                return Err(PostgresError::unavailable("it was ended"));
            }
            *next = given.recv().await;
            if self.place.rows - before.rows >= ROWS {
                break;
            }
        }
        writer.finish().await?;
        self.note(before).await
    }

    /// Errors: another command goes on with it.
    async fn note(&mut self, before: Checkpoint) -> Result<(), PostgresError> {
        let moved = format!("UPDATE {UNFINISHED} SET tables = $1, rows = $2 WHERE tables = $3 AND rows = $4");
        let [now, before] = [self.place, before].map(|place| [signed(place.table as u64), signed(place.rows)]);
        if self.session.run(&moved, &[&now[0], &now[1], &before[0], &before[1]]).await? == 0 {
            self.is_ended = true;
            return Err(PostgresError::unavailable("another command fills the database"));
        }
        Ok(())
    }

    async fn end(&self, seq: u64, keys: &StoredKeys) -> Result<(), PostgresError> {
        begin_log(self.session, seq, keys).await?;
        compare(self.session, &self.counts).await?;
        self.session.batch(&format!("DROP TABLE {UNFINISHED}")).await
    }
}

/// Errors: a text has a zero byte.
fn check_kept(table: &Table, row: &[Value]) -> Result<(), PostgresError> {
    match row.iter().position(|value| matches!(value, Value::Text(text) if text.contains('\0'))) {
        None => Ok(()),
        Some(column) => Err(PostgresError::unavailable(format!(
            "a row of {} ({}) has a zero byte in {}, which PostgreSQL does not keep",
            table.name,
            table.naming(row),
            table.columns[column].0
        ))),
    }
}

/// The log goes on where it is, in a store that no node has seen; the first commit has changed everything.
async fn begin_log(session: &Session, seq: u64, keys: &StoredKeys) -> Result<(), PostgresError> {
    let head =
        "UPDATE log_head SET seq = $1, version = version + 1, keys = $2, store = gen_random_uuid() RETURNING version";
    let version = session.first(head, &[&signed(seq), &signed(keys.version)], |row| rows::count(row, 0)).await?;
    let version = version.ok_or_else(|| PostgresError::internal("the log has no head"))?;
    let everything: Option<&[i64]> = None;
    session.run(commits::INSERT, &[&signed(version), &everything, &signed(seq), &signed(keys.version)]).await?;
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
