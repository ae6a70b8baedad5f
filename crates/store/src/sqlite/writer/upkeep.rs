//! What the writer does once everybody is answered: it brings the log into the file and throws old answers away.

use std::cell::Cell;
use std::time::{Duration, Instant};

use emporion_model::change_set::oldest_answer;
use emporion_model::id::Millis;
use rusqlite::{Connection, params};

use super::thread::{Thread, commit};
use crate::sqlite::error::SqliteError;

/// How often old answers are looked for.
const PRUNED_EVERY: Duration = Duration::from_secs(10 * 60);
/// Old answers that one turn throws away, so that no write waits long for it.
const PRUNED_A_TURN: usize = 1_000;
/// How long the writer waits for readers to leave the log once all of it is in the file. Then it is written from its
/// start again: room that was written before costs half of what new room does.
const MOMENT: Duration = Duration::from_millis(5);
/// The log may grow to this many times the length at which it is brought into the file; then the writer waits longer.
const LONG: i64 = 8;
/// How long.
const PATIENCE: Duration = Duration::from_millis(50);

thread_local! {
    /// The length of the log in pages after the last commit of this thread.
    static LENGTH: Cell<i64> = const { Cell::new(0) };
}

#[derive(Default)]
pub struct Upkeep {
    pruned: Option<Instant>,
    /// The length of the log when it was last looked at, and how much of it is known to be in the file.
    length: i64,
    in_file: i64,
    /// The length of the log at which waiting for readers is tried again, after it was in vain.
    retry_at: i64,
}

/// Has each commit of a connection say how long the log is: to ask the engine for it costs as much as storing a row.
pub fn watch_log(connection: &Connection) {
    connection.wal_hook(Some(|_, pages| {
        LENGTH.set(pages.into());
        Ok(())
    }));
}

impl Thread {
    /// Runs after each task.
    pub fn tidy(&mut self) {
        if self.dead.is_some() {
            return;
        }
        if let Err(error) = self.checkpoint() {
            // The log still holds everything; the next try begins where this one failed.
            tracing::warn!(%error, "the log could not be brought into the file");
        }
        if self.upkeep.pruned.is_none_or(|at| at.elapsed() > PRUNED_EVERY) {
            self.upkeep.pruned = Some(Instant::now());
            match self.prune() {
                // There may be more: the next task is followed by another turn.
                Ok(PRUNED_A_TURN..) => self.upkeep.pruned = None,
                Ok(_) => {}
                Err(fault) => {
                    self.rollback();
                    let error = self.refuse(fault);
                    tracing::warn!(%error, "old answers could not be thrown away");
                }
            }
        }
    }

    /// Leaves one whole file behind, as far as readers that are still there allow it. Nothing depends on it: the next
    /// start reads the log as well.
    pub fn close(&mut self) {
        if let (None, Some(connection)) = (&self.dead, &self.connection) {
            let _resting = self.pool.rest();
            let closed = connection.busy_timeout(PATIENCE).and_then(|()| log(connection, "TRUNCATE"));
            if let Err(error) = closed {
                tracing::warn!(%error, "the log could not be brought into the file");
            }
        }
    }

    /// Brings the log into the file once enough of it waits, and begins it anew if no reader is in it then. Where one has
    /// been for long, he is waited for.
    fn checkpoint(&mut self) -> rusqlite::Result<()> {
        let Some(connection) = &self.connection else { return Ok(()) };
        let limit = self.options.checkpoint_pages;
        let pages = LENGTH.get();
        if pages < self.upkeep.length {
            // It was begun anew.
            self.upkeep.in_file = 0;
        }
        self.upkeep.length = pages;
        let is_long = pages >= LONG * limit && pages >= self.upkeep.retry_at;
        if pages < LONG * limit {
            self.upkeep.retry_at = 0;
        } else if is_long {
            self.upkeep.retry_at = 2 * pages;
        }
        if pages - self.upkeep.in_file < limit && !is_long {
            return Ok(());
        }
        let _resting = self.pool.rest();
        // Readers may come and go meanwhile; those who come after it no longer read in the log.
        log(connection, "PASSIVE")?;
        connection.busy_timeout(if is_long { PATIENCE } else { MOMENT })?;
        let begun_anew = log(connection, "RESTART");
        connection.busy_timeout(self.options.busy)?;
        (_, self.upkeep.in_file) = begun_anew?;
        Ok(())
    }

    /// Answers how many were thrown away.
    fn prune(&mut self) -> Result<usize, SqliteError> {
        let oldest = oldest_answer(Millis::now()).0;
        let found = "SELECT 1 FROM answers WHERE at < ?1";
        if self.connection.is_none() || !self.connection()?.prepare_cached(found)?.exists([oldest])? {
            return Ok(0);
        }
        self.begin()?;
        let connection = self.connection()?;
        let pruned = connection
            .prepare_cached(
                "DELETE FROM answers WHERE (account, scope, key) IN \
                 (SELECT account, scope, key FROM answers WHERE at < ?1 ORDER BY at LIMIT ?2)",
            )?
            .execute(params![oldest, PRUNED_A_TURN as i64])?;
        commit(connection)?;
        self.pool.cache.invalidations.publish();
        Ok(pruned)
    }
}

/// The length of the log in pages, and how much of it is in the file. A mode that could not do all it is for says so
/// in a first column, which is of no interest here.
fn log(connection: &Connection, mode: &str) -> rusqlite::Result<(i64, i64)> {
    connection
        .prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?
        .query_row([], |row| Ok((row.get(1)?, row.get(2)?)))
}
