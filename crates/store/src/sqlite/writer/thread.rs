//! The writing thread: which task it does next, the connection that it writes with, and what becomes of faults.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use emporion_model::id::{Millis, Seq};
use emporion_model::ports::{StoreError, StoreResult};
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use super::chunked_jobs::{ChunkedJobs, RETRY};
use super::commit_window::GroupCommit;
use super::queue::Receiver;
use super::upkeep::Upkeep;
use super::{Job, Loan, Stored, Task};
use crate::sqlite::connect::open_writing;
use crate::sqlite::error::SqliteError;
use crate::sqlite::left_over;
use crate::sqlite::options::Options;
use crate::sqlite::pool::Pool;

/// How long a successful write proves that writing works.
const PROOF_HOLDS: Duration = Duration::from_secs(1);

/// What the thread owns.
pub struct Thread {
    file: PathBuf,
    /// Away while it is lent.
    pub connection: Option<Connection>,
    pub pool: Arc<Pool>,
    pub head: u64,
    pub options: Options,
    /// Why nothing may be acknowledged any more.
    pub dead: Option<String>,
    /// When a commit last brought something to the log. One of which every set was lost brings nothing, on a full disk too.
    pub wrote: Option<Instant>,
    pub upkeep: Upkeep,
    pub chunked_jobs: ChunkedJobs,
    group_commit: GroupCommit,
    /// The thread had nothing to do when the task at hand came.
    is_awaited: bool,
}

impl Thread {
    pub fn new(
        file: PathBuf,
        connection: Connection,
        pool: Arc<Pool>,
        head: Seq,
        options: Options,
    ) -> Result<Thread, SqliteError> {
        let mut thread = Thread {
            file,
            connection: Some(connection),
            pool,
            head: head.0,
            options,
            dead: None,
            wrote: None,
            upkeep: Upkeep::default(),
            chunked_jobs: ChunkedJobs::default(),
            group_commit: GroupCommit::default(),
            is_awaited: false,
        };
        thread.find_chunked_jobs()?;
        Ok(thread)
    }

    pub fn run(mut self, waiting: &Receiver<Task>) {
        let (mut ready, mut held_back) = (VecDeque::new(), VecDeque::new());
        loop {
            if self.chunked_jobs.are_pending() {
                if ready.is_empty() && self.chunked_jobs.has_failed {
                    waiting.wait(1, Some(RETRY));
                }
                match ready.pop_front().or_else(|| waiting.try_recv()) {
                    Some(task) if self.chunked_jobs.hold_back(&task) => held_back.push_back(task),
                    Some(task) => ready.extend(self.take(task, waiting)),
                    // The next start goes on with it.
                    None if waiting.is_over() => break,
                    None => {}
                }
                self.chunk();
            } else {
                held_back.append(&mut ready);
                std::mem::swap(&mut held_back, &mut ready);
                let came_before = ready.pop_front().or_else(|| waiting.try_recv());
                self.is_awaited = came_before.is_none();
                let Some(task) = came_before.or_else(|| waiting.recv()) else { break };
                ready.extend(self.take(task, waiting));
            }
            self.tidy();
        }
        self.close();
    }

    /// Does a task, with those that can share its transaction. Answers one that cannot and was taken from the queue.
    fn take(&mut self, task: Task, waiting: &Receiver<Task>) -> Option<Task> {
        match task {
            Task::Store(job) => {
                let mut size = job.sets.len();
                let mut jobs = vec![job];
                let mut next = None;
                let mut window = None;
                while size < self.options.group {
                    match waiting.try_recv() {
                        Some(task) if self.chunked_jobs.hold_back(&task) => {
                            next = Some(task);
                            break;
                        }
                        Some(Task::Store(job)) if size + job.sets.len() <= self.options.group => {
                            size += job.sets.len();
                            jobs.push(job);
                        }
                        Some(other) => {
                            next = Some(other);
                            break;
                        }
                        None => {
                            let came = if self.is_awaited { 0 } else { jobs.len() };
                            let window =
                                window.get_or_insert_with(|| self.group_commit.gather(came, self.options.group));
                            if !window.wait(jobs.len(), waiting) {
                                break;
                            }
                        }
                    }
                }
                self.group_commit.stored(jobs.len());
                self.store(jobs);
                return next;
            }
            Task::Lend(lent) => self.lend(lent),
            Task::Prove(answer) => drop(answer.send(self.prove())),
        }
        None
    }

    /// Stores a group and answers it.
    fn store(&mut self, jobs: Vec<Job>) {
        let result = self.begin().and_then(|()| self.store_begun(&jobs));
        self.answer(jobs, result);
    }

    fn answer(&mut self, jobs: Vec<Job>, result: Result<Vec<Stored>, SqliteError>) {
        match result {
            Ok(answers) => {
                let sets = || answers.iter().flatten().flatten();
                let lost = sets().filter(|answer| answer.is_err()).count() as u64;
                self.options.activity.lost.add(lost);
                self.options.activity.stored.add(sets().count() as u64 - lost);
                for (place, (job, answer)) in jobs.into_iter().zip(answers).enumerate() {
                    self.chunked_jobs.answer(place, job, answer);
                }
            }
            Err(fault) => {
                self.options.activity.failed.add(1);
                let error = self.refuse(fault);
                for job in jobs {
                    let _ = job.answer.send(Err(error.clone()));
                }
            }
        }
    }

    fn lend(&mut self, lent: oneshot::Sender<StoreResult<Loan>>) {
        if let Err(fault) = self.begin() {
            let error = self.refuse(fault);
            let _ = lent.send(Err(error));
            return;
        }
        let (back, returned) = mpsc::channel();
        let loan = Loan { connection: self.connection.take(), snapshot: None, job: None, back };
        // A caller that has gone away drops the loan, which sends the connection back just the same.
        drop(lent.send(Ok(loan)));
        let Ok((connection, job)) = returned.recv() else { return };
        self.connection = Some(connection);
        match job {
            Some(job) => {
                let jobs = vec![job];
                let result = self.store_begun(&jobs);
                self.answer(jobs, result);
            }
            None => self.rollback(),
        }
    }

    fn prove(&mut self) -> StoreResult<()> {
        if self.dead.is_none() && self.wrote.is_some_and(|at| at.elapsed() < PROOF_HOLDS) {
            return Ok(());
        }
        let written = self.begin().and_then(|()| {
            let connection = self.connection()?;
            connection
                .prepare_cached(
                    "INSERT INTO probe (only, at) VALUES (1, ?1) ON CONFLICT (only) DO UPDATE SET at = excluded.at",
                )?
                .execute(params![Millis::now().0])?;
            commit(connection)?;
            self.pool.cache.invalidations.publish();
            Ok(())
        });
        match written {
            Ok(()) => {
                self.wrote = Some(Instant::now());
                Ok(())
            }
            Err(fault) => {
                self.rollback();
                Err(self.refuse(fault))
            }
        }
    }

    /// Takes note of a fault that nobody can be spared.
    pub fn refuse(&mut self, fault: SqliteError) -> StoreError {
        self.wrote = None;
        if let SqliteError::Unsynced(why) = &fault
            && self.dead.is_none()
        {
            tracing::error!(why, "nothing more is acknowledged");
            self.dead = Some(why.clone());
            left_over::remember_failed_sync(&self.file);
            match &self.options.on_fatal {
                Some(on_fatal) => on_fatal(why),
                None => std::process::abort(),
            }
        }
        let error = fault.into_store_error();
        tracing::warn!(%error, "a group of change sets was not stored");
        error
    }

    pub fn connection(&self) -> Result<&Connection, SqliteError> {
        self.connection.as_ref().ok_or_else(|| SqliteError::internal("the writing connection is away"))
    }

    /// Begins a transaction that may write.
    pub fn begin(&mut self) -> Result<(), SqliteError> {
        if let Some(why) = &self.dead {
            return Err(SqliteError::Store(StoreError::Unavailable(why.clone())));
        }
        if self.connection.is_none() {
            self.connection = Some(open_writing(&self.file, &self.options)?);
        }
        run(self.connection()?, "BEGIN IMMEDIATE")
    }

    /// Ends a transaction that failed; some faults have ended it already.
    pub fn rollback(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let ended = connection.is_autocommit() || run(&connection, "ROLLBACK").is_ok();
        // A connection that cannot even do that is closed; the next group opens another.
        if ended {
            self.connection = Some(connection);
        }
    }
}

/// The point of no return: once this is through, the group is on disk.
pub fn commit(connection: &Connection) -> Result<(), SqliteError> {
    run(connection, "COMMIT")
}

pub fn run(connection: &Connection, sql: &str) -> Result<(), SqliteError> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests;
