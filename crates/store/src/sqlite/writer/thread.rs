//! Storing change sets in groups.
//!
//! A group is one transaction and one sync of the log. Each set's expectations are checked before its first write, so
//! that a set that loses one costs nothing; whatever goes wrong later takes the group back and stores it again, set by
//! set, behind savepoints. Nobody is answered before the log is on disk.

use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use emporion_catalog::change_set::{ChangeSet, Lost};
use emporion_catalog::id::{Millis, Seq};
use emporion_catalog::ports::{StoreError, StoreResult};
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use super::upkeep::Upkeep;
use super::{Job, Loan, Stored, Task};
use crate::sqlite::apply::{Batch, Failure};
use crate::sqlite::fault::Fault;
use crate::sqlite::rows::Codec;
use crate::sqlite::{Options, open_writing};

/// How long a successful write proves that writing works.
const PROOF_HOLDS: Duration = Duration::from_secs(1);

/// What the thread owns.
pub struct Thread {
    file: PathBuf,
    /// Away while it is lent.
    pub connection: Option<Connection>,
    codec: Arc<Codec>,
    head: u64,
    pub options: Options,
    /// Why nothing may be acknowledged any more.
    pub dead: Option<String>,
    wrote: Option<Instant>,
    pub upkeep: Upkeep,
}

impl Thread {
    pub fn new(file: PathBuf, connection: Connection, codec: Arc<Codec>, head: Seq, options: Options) -> Thread {
        Thread {
            file,
            connection: Some(connection),
            codec,
            head: head.0,
            options,
            dead: None,
            wrote: None,
            upkeep: Upkeep::default(),
        }
    }

    pub fn run(mut self, waiting: &mpsc::Receiver<Task>) {
        let mut next = None;
        while let Some(task) = next.take().or_else(|| waiting.recv().ok()) {
            match task {
                Task::Store(job) => {
                    let mut size = job.sets.len();
                    let mut jobs = vec![job];
                    while size < self.options.group {
                        match waiting.try_recv() {
                            Ok(Task::Store(job)) if size + job.sets.len() <= self.options.group => {
                                size += job.sets.len();
                                jobs.push(job);
                            }
                            Ok(other) => {
                                next = Some(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    self.store(jobs);
                }
                Task::Lend(lent) => self.lend(lent),
                Task::Prove(answer) => drop(answer.send(self.prove())),
            }
            self.tidy();
        }
    }

    /// Stores a group and answers it.
    fn store(&mut self, jobs: Vec<Job>) {
        let result = self.begin().and_then(|()| self.store_begun(&jobs));
        self.answer(jobs, result);
    }

    fn answer(&mut self, jobs: Vec<Job>, result: Result<Vec<Stored>, Fault>) {
        match result {
            Ok(answers) => {
                self.wrote = Some(Instant::now());
                for (job, answer) in jobs.into_iter().zip(answers) {
                    // A caller that has gone away is not interested.
                    let _ = job.answer.send(answer);
                }
            }
            Err(fault) => {
                let error = self.refuse(fault);
                for job in jobs {
                    let _ = job.answer.send(Err(error.clone()));
                }
            }
        }
    }

    /// Stores a group in the transaction that is open, and ends it either way.
    fn store_begun(&mut self, jobs: &[Job]) -> Result<Vec<Stored>, Fault> {
        match self.all_at_once(jobs) {
            Err(fault @ (Fault::Lost(_) | Fault::Store(StoreError::Internal(_)))) => {
                tracing::debug!(?fault, "storing the group again, one by one");
                self.rollback();
                self.begin()?;
                self.one_by_one(jobs).inspect_err(|_| self.rollback())
            }
            result => result.inspect_err(|_| self.rollback()),
        }
    }

    fn all_at_once(&mut self, jobs: &[Job]) -> Result<Vec<Stored>, Fault> {
        let connection = self.connection()?;
        let mut batch = Batch::new(connection, &self.codec, self.head);
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            let mut stored = Vec::with_capacity(job.sets.len());
            for set in &job.sets {
                match batch.store(set) {
                    Ok(seq) => stored.push(Ok(seq)),
                    Err(Failure::Before(Fault::Lost(expect))) => stored.push(Err(Lost(expect))),
                    Err(Failure::Before(fault) | Failure::Midway(fault)) => return Err(fault),
                }
            }
            answers.push(Ok(stored));
        }
        batch.flush()?;
        let head = batch.head;
        commit(connection)?;
        self.head = head;
        Ok(answers)
    }

    /// The careful way: what fails is taken back alone. A call with a set that cannot be stored fails as a whole, since
    /// its caller is told nothing about the others.
    fn one_by_one(&mut self, jobs: &[Job]) -> Result<Vec<Stored>, Fault> {
        let connection = self.connection()?;
        let mut batch = Batch::new(connection, &self.codec, self.head);
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            let before = batch.head;
            run(connection, "SAVEPOINT job")?;
            let mut stored = Ok(Vec::with_capacity(job.sets.len()));
            for set in &job.sets {
                match (alone(&mut batch, set), &mut stored) {
                    (Ok(answer), Ok(list)) => list.push(answer),
                    (Err(Fault::Store(error @ StoreError::Internal(_))), stored) => {
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
        }
        let head = batch.head;
        commit(connection)?;
        self.head = head;
        Ok(answers)
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
            commit(connection)
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
    pub fn refuse(&mut self, fault: Fault) -> StoreError {
        self.wrote = None;
        if let Fault::Unsynced(why) = &fault
            && self.dead.is_none()
        {
            tracing::error!(why, "nothing more is acknowledged");
            self.dead = Some(why.clone());
            match &self.options.on_fatal {
                Some(on_fatal) => on_fatal(why),
                None => std::process::abort(),
            }
        }
        let error = fault.into_store_error();
        tracing::warn!(%error, "a group of change sets was not stored");
        error
    }

    pub fn connection(&self) -> Result<&Connection, Fault> {
        self.connection.as_ref().ok_or_else(|| Fault::internal("the writing connection is away"))
    }

    /// Begins a transaction that may write.
    pub fn begin(&mut self) -> Result<(), Fault> {
        if let Some(why) = &self.dead {
            return Err(Fault::Store(StoreError::Unavailable(why.clone())));
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

/// One set behind a savepoint: stored, lost without a trace, or a fault.
fn alone(batch: &mut Batch<'_>, set: &ChangeSet) -> Result<Result<Seq, Lost>, Fault> {
    let before = batch.head;
    run(batch.connection, "SAVEPOINT one")?;
    let stored = match batch.store(set) {
        Ok(seq) => batch.flush().map(|()| seq),
        Err(Failure::Before(fault) | Failure::Midway(fault)) => Err(fault),
    };
    let answer = match stored {
        Ok(seq) => Ok(seq),
        Err(Fault::Lost(expect)) => {
            run(batch.connection, "ROLLBACK TO one")?;
            batch.forget(before);
            Err(Lost(expect))
        }
        Err(fault) => return Err(fault),
    };
    run(batch.connection, "RELEASE one")?;
    Ok(answer)
}

/// The point of no return: once this is through, the group is on disk.
pub fn commit(connection: &Connection) -> Result<(), Fault> {
    run(connection, "COMMIT")
}

pub fn run(connection: &Connection, sql: &str) -> Result<(), Fault> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}
