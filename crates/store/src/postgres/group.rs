//! Storing change sets in groups.
//!
//! A group is one transaction. Each set's expectations are checked before its first write, so that a set that loses
//! one costs nothing, but for those that an index checks while it is written. Whatever goes wrong then takes the
//! group back and stores it again, set by set, behind savepoints.
//!
//! All transactions that write share a lock (see decision 0037). Who plans inside the writer, or writes about a
//! subtree, or was overtaken again and again, has it alone.

use std::time::Duration;

use emporion_model::change_set::{ChangeSet, Lost, Write};
use emporion_model::id::Seq;
use emporion_model::ports::{StoreError, StoreResult};
use futures_util::future::try_join;

use super::batch::{Batch, Failure};
use super::commits;
use super::error::{PostgresError, TRIES};
use super::finish::finish;
use super::session::Session;
use super::writer::{Job, Stored, Turns};
use crate::invalidation::Version;

/// How often a group that was overtaken is tried among others.
const AMONG_OTHERS: u32 = 4;
/// How long to wait before each further try to reach the server.
const BACK_OFF: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
];

/// How a job stands in a transaction: for each set how many lines the transaction has by then.
type Answer = StoreResult<Vec<Result<usize, Lost>>>;

fn is_about_subtrees(set: &ChangeSet) -> bool {
    let reaches = |write: &Write| {
        matches!(write, Write::MovePrefix { .. } | Write::MarkSubtree { .. } | Write::DropSubtree { .. })
    };
    set.writes.iter().any(reaches)
}

impl Turns {
    /// Stores a group: one answer for each job, or the fault that nobody is spared.
    pub async fn store(&mut self, jobs: &[Job]) -> Result<Vec<Stored>, PostgresError> {
        let reaches_far = jobs.iter().any(|job| job.sets.iter().any(is_about_subtrees));
        let (mut is_careful, mut overtaken, mut lost) = (false, 0, 0);
        loop {
            let is_alone = reaches_far || overtaken >= AMONG_OTHERS;
            let tried = match self.begin(is_alone).await {
                Ok(began) => self.store_begun(jobs, began, is_careful).await,
                Err(fault) => Err(fault),
            };
            let fault = match tried {
                Ok(answers) => return Ok(answers),
                Err(fault) => fault,
            };
            tracing::debug!(?fault, "storing the group again");
            self.rollback().await;
            match fault {
                PostgresError::Overtaken(_) if overtaken < TRIES => {
                    overtaken += 1;
                    tokio::time::sleep(Duration::from_millis(u64::from(overtaken))).await;
                }
                // Nothing was committed.
                PostgresError::Gone(_) if lost < 2 => lost += 1,
                PostgresError::Lost(_)
                | PostgresError::Duplicate(_)
                | PostgresError::Store(StoreError::Internal(_))
                    if !is_careful =>
                {
                    is_careful = true;
                }
                fault => return Err(fault),
            }
        }
    }

    /// Begins a transaction that may write, with all that others have committed before it known. Answers up to where.
    pub async fn begin(&mut self, is_alone: bool) -> Result<Version, PostgresError> {
        let mut fault = PostgresError::internal("nothing was tried");
        for wait in BACK_OFF {
            tokio::time::sleep(wait).await;
            match self.try_begin(is_alone).await {
                Err(PostgresError::Gone(detail)) => {
                    self.session = None;
                    fault = PostgresError::Gone(detail);
                }
                begun => return begun,
            }
        }
        Err(fault)
    }

    async fn try_begin(&mut self, is_alone: bool) -> Result<Version, PostgresError> {
        if self.session.as_ref().is_none_or(Session::is_closed) {
            self.standing.lock().cut_off();
            self.session = Some(self.connector.open(None).await?);
        }
        let session = self.session()?;
        // One after the other at the server: what it answers last is of a time when the lock was held.
        let begin = session.begin(self.options.isolation.begin(is_alone));
        let known = commits::catch_up(session, &self.control.invalidations, &self.control.keys);
        let ((), version) = try_join(begin, known).await?;
        Ok(version)
    }

    pub fn session(&self) -> Result<&Session, PostgresError> {
        self.session.as_ref().ok_or_else(|| PostgresError::internal("the writing connection is away"))
    }

    /// Ends a transaction that failed.
    pub async fn rollback(&mut self) {
        if let Some(session) = self.session.take()
            && session.batch("ROLLBACK").await.is_ok()
        {
            self.session = Some(session);
        }
    }

    /// Stores a group in the transaction that is open, and commits it.
    pub async fn store_begun(
        &self,
        jobs: &[Job],
        began: Version,
        is_careful: bool,
    ) -> Result<Vec<Stored>, PostgresError> {
        let mut batch = Batch::new(self.session()?, &self.codec, &self.control.invalidations, began);
        batch.keeps_order = is_careful;
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            answers.push(match is_careful {
                true => carefully(&mut batch, &job.sets).await?,
                false => Ok(at_once(&mut batch, &job.sets).await?),
            });
        }
        let finished = finish(batch, &self.control.keys).await?;
        self.control.tell_own(finished.base, finished.head, finished.lines);
        let seq = |answer: Result<usize, Lost>| answer.map(|lines| Seq(finished.base + lines as u64));
        Ok(answers.into_iter().map(|answer| answer.map(|sets| sets.into_iter().map(seq).collect())).collect())
    }
}

async fn at_once(batch: &mut Batch<'_>, sets: &[ChangeSet]) -> Result<Vec<Result<usize, Lost>>, PostgresError> {
    let mut stored = Vec::with_capacity(sets.len());
    for set in sets {
        stored.push(match batch.store(set).await {
            Ok(lines) => Ok(lines),
            Err(Failure::Before(PostgresError::Lost(expect))) => Err(Lost(expect)),
            Err(Failure::Before(fault) | Failure::Midway(fault)) => return Err(fault),
        });
    }
    Ok(stored)
}

/// What fails is taken back alone. A call with a set that cannot be stored fails as a whole, since its caller is told
/// nothing about the others.
async fn carefully(batch: &mut Batch<'_>, sets: &[ChangeSet]) -> Result<Answer, PostgresError> {
    let mark = batch.mark();
    batch.session.batch("SAVEPOINT job").await?;
    let mut stored = Ok(Vec::with_capacity(sets.len()));
    for set in sets {
        match (alone(batch, set).await, &mut stored) {
            (Ok(answer), Ok(list)) => list.push(answer),
            (Err(fault @ (PostgresError::Store(StoreError::Internal(_)) | PostgresError::Duplicate(_))), stored) => {
                let error = fault.into_store_error();
                tracing::error!(%error, "a change set cannot be stored");
                batch.session.batch("ROLLBACK TO job").await?;
                *stored = Err(error);
            }
            (Err(fault), _) => return Err(fault),
            (Ok(_), Err(_)) => {}
        }
        if stored.is_err() {
            batch.take_back(mark);
            break;
        }
    }
    batch.session.batch("RELEASE job").await?;
    Ok(stored)
}

/// One set behind a savepoint: stored, lost without a trace, or a fault.
async fn alone(batch: &mut Batch<'_>, set: &ChangeSet) -> Result<Result<usize, Lost>, PostgresError> {
    let mark = batch.mark();
    batch.session.batch("SAVEPOINT one").await?;
    let stored = match batch.store(set).await {
        // Nobody else's is gathered with it.
        Ok(lines) => batch.flush().await.map(|()| lines).map_err(Failure::Midway),
        failed => failed,
    };
    let answer = match stored {
        Ok(lines) => Ok(lines),
        Err(Failure::Before(PostgresError::Lost(expect)) | Failure::Midway(PostgresError::Lost(expect))) => {
            batch.session.batch("ROLLBACK TO one").await?;
            batch.take_back(mark);
            Err(Lost(expect))
        }
        Err(Failure::Before(fault) | Failure::Midway(fault)) => return Err(fault),
    };
    batch.session.batch("RELEASE one").await?;
    Ok(answer)
}
