//! Storing change sets in groups.
//!
//! A group is one transaction and one sync of the log. Each set's expectations are checked before its first write, so
//! that a set that loses one costs nothing, but for those that an index checks while it is written. Whatever goes wrong
//! then takes the group back and stores it again, set by set, behind savepoints. Nobody is answered before the log is on
//! disk.

use std::time::Instant;

use emporion_model::change_set::{ChangeSet, Lost};
use emporion_model::id::Seq;
use emporion_model::ports::StoreError;

use super::thread::{Thread, commit, run};
use super::{Job, Stored};
use crate::sqlite::apply::{Batch, Failure};
use crate::sqlite::error::SqliteError;
use crate::sqlite::invalidation::Changes;

impl Thread {
    /// Stores a group in the transaction that is open, and ends it either way.
    pub fn store_begun(&mut self, jobs: &[Job]) -> Result<Vec<Stored>, SqliteError> {
        match self.all_at_once(jobs) {
            Err(fault @ (SqliteError::Lost(_) | SqliteError::Store(StoreError::Internal(_)))) => {
                tracing::debug!(?fault, "storing the group again, one by one");
                self.rollback();
                self.begin()?;
                self.one_by_one(jobs).inspect_err(|_| self.rollback())
            }
            result => result.inspect_err(|_| self.rollback()),
        }
    }

    fn all_at_once(&mut self, jobs: &[Job]) -> Result<Vec<Stored>, SqliteError> {
        let connection = self.connection()?;
        let mut batch = Batch::new(connection, &self.pool, self.head);
        batch.turn_rows = self.options.turn_rows;
        let mut answers = Vec::with_capacity(jobs.len());
        let mut begun = Vec::new();
        for (place, job) in jobs.iter().enumerate() {
            let before = batch.begun;
            let mut stored = Vec::with_capacity(job.sets.len());
            for set in &job.sets {
                if let Some(expect) = self.chunked_jobs.in_the_way_of(set) {
                    stored.push(Err(Lost(expect)));
                    continue;
                }
                match batch.store(set) {
                    Ok(seq) => stored.push(Ok(seq)),
                    Err(Failure::Before(SqliteError::Lost(expect))) => stored.push(Err(Lost(expect))),
                    Err(Failure::Before(fault) | Failure::Midway(fault)) => return Err(fault),
                }
            }
            answers.push(Ok(stored));
            begun.extend((batch.begun > before).then_some(place));
        }
        batch.flush()?;
        let Batch { head, changed, .. } = batch;
        self.finish_group(head, &changed, begun)?;
        Ok(answers)
    }

    /// Commits a group, of which some calls have begun work that goes on in turns.
    fn finish_group(&mut self, head: u64, changed: &Changes, begun: Vec<usize>) -> Result<(), SqliteError> {
        self.chunked_jobs.begun = begun;
        if self.chunked_jobs.begun.is_empty() {
            return self.finish(head, changed);
        }
        self.pool.chunked_jobs.begin();
        let finished = self.finish(head, changed);
        self.find_chunked_jobs().and(finished)
    }

    /// Commits. Before anybody can see what has changed, what was read of it before no longer holds, and before anybody
    /// is answered every new snapshot is one of the state after it.
    pub fn finish(&mut self, head: u64, changed: &Changes) -> Result<(), SqliteError> {
        self.pool.cache.invalidations.change(changed);
        let began = Instant::now();
        commit(self.connection()?)?;
        self.pool.cache.invalidations.publish();
        if head > self.head {
            self.wrote = Some(began);
        }
        self.head = head;
        self.pool.log_watch.tell(Seq(head), &changed.lines);
        let activity = &self.options.activity;
        activity.commits.add(1);
        activity.commit_nanos.add(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
        activity.head.set(head);
        Ok(())
    }

    /// The careful way: what fails is taken back alone. A call with a set that cannot be stored fails as a whole, since
    /// its caller is told nothing about the others.
    fn one_by_one(&mut self, jobs: &[Job]) -> Result<Vec<Stored>, SqliteError> {
        let connection = self.connection()?;
        let mut batch = Batch::new(connection, &self.pool, self.head);
        batch.turn_rows = self.options.turn_rows;
        let mut answers = Vec::with_capacity(jobs.len());
        let mut begun = Vec::new();
        for (place, job) in jobs.iter().enumerate() {
            let (before, begun_before) = (batch.head, batch.begun);
            run(connection, "SAVEPOINT job")?;
            let mut stored = Ok(Vec::with_capacity(job.sets.len()));
            for set in &job.sets {
                let one = match self.chunked_jobs.in_the_way_of(set) {
                    Some(expect) => Ok(Err(Lost(expect))),
                    None => alone(&mut batch, set),
                };
                match (one, &mut stored) {
                    (Ok(answer), Ok(list)) => list.push(answer),
                    (Err(SqliteError::Store(error @ StoreError::Internal(_))), stored) => {
                        tracing::error!(%error, "a change set cannot be stored");
                        run(connection, "ROLLBACK TO job")?;
                        batch.forget(before);
                        *stored = Err(error);
                        break;
                    }
                    (Err(fault), _) => return Err(fault),
                    (Ok(_), Err(_)) => break,
                }
            }
            run(connection, "RELEASE job")?;
            answers.push(stored);
            begun.extend((batch.begun > begun_before).then_some(place));
        }
        let Batch { head, changed, .. } = batch;
        self.finish_group(head, &changed, begun)?;
        Ok(answers)
    }
}

/// One set behind a savepoint: stored, lost without a trace, or a fault.
fn alone(batch: &mut Batch<'_>, set: &ChangeSet) -> Result<Result<Seq, Lost>, SqliteError> {
    let before = batch.head;
    run(batch.connection, "SAVEPOINT one")?;
    let stored = match batch.store(set) {
        Ok(seq) => batch.flush().map(|()| seq),
        Err(Failure::Before(fault) | Failure::Midway(fault)) => Err(fault),
    };
    let answer = match stored {
        Ok(seq) => Ok(seq),
        Err(SqliteError::Lost(expect)) => {
            run(batch.connection, "ROLLBACK TO one")?;
            batch.forget(before);
            Err(Lost(expect))
        }
        Err(fault) => return Err(fault),
    };
    run(batch.connection, "RELEASE one")?;
    Ok(answer)
}
