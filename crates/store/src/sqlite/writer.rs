//! The one writer: a thread that owns the writing connection and stores waiting change sets in groups.
//!
//! A group is one transaction and one sync of the log. Each set's expectations are checked before its first write, so
//! that a set that loses one costs nothing; whatever goes wrong later takes the group back and stores it again, set by
//! set, behind savepoints. Nobody is answered before the log is on disk.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use emporion_catalog::change_set::{ChangeSet, Lost};
use emporion_catalog::id::{Millis, Seq};
use emporion_catalog::ports::{Planner, StoreError, StoreResult};
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use super::apply::{Batch, Failure};
use super::fault::Fault;
use super::rows::Codec;
use super::snapshot::SqliteSnapshot;
use super::{Options, open_writing};

/// How long an answer is kept under its idempotency key.
const ANSWERS_KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// How often old answers are thrown away.
const PRUNED_EVERY: Duration = Duration::from_secs(10 * 60);
/// Old answers that one turn throws away, so that no write waits long for it.
const PRUNED_A_TURN: u32 = 1_000;
/// How long a successful write proves that writing works.
const PROOF_HOLDS: Duration = Duration::from_secs(1);
/// Groups between two looks at the length of the log.
const GROUPS_A_LOOK: u32 = 8;

type Stored = StoreResult<Vec<Result<Seq, Lost>>>;

enum Task {
    Store(Job),
    /// Lend the writing connection, with a transaction open on it, to a planner.
    Lend(oneshot::Sender<StoreResult<Loan>>),
    /// Write something, to find out whether writing works.
    Prove(oneshot::Sender<StoreResult<()>>),
}

struct Job {
    sets: Vec<ChangeSet>,
    answer: oneshot::Sender<Stored>,
}

/// The handle that the store keeps.
pub struct Writer {
    tasks: Option<mpsc::Sender<Task>>,
    thread: Option<JoinHandle<()>>,
    codec: Arc<Codec>,
}

impl Writer {
    pub fn start(
        file: PathBuf,
        connection: Connection,
        codec: Arc<Codec>,
        head: Seq,
        options: Options,
    ) -> StoreResult<Writer> {
        let (tasks, waiting) = mpsc::channel();
        let state = Thread {
            file,
            connection: Some(connection),
            codec: codec.clone(),
            head: head.0,
            options,
            dead: None,
            wrote: None,
            pruned: None,
            groups: 0,
        };
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || state.run(&waiting))
            .map_err(|error| StoreError::Unavailable(format!("starting the writer: {error}")))?;
        Ok(Writer { tasks: Some(tasks), thread: Some(thread), codec })
    }

    pub async fn store(&self, sets: Vec<ChangeSet>) -> Stored {
        let (answer, stored) = oneshot::channel();
        self.send(Task::Store(Job { sets, answer }))?;
        stored.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// The planner looks at the writer's own state, and no other write comes in between. It runs on the caller's thread,
    /// where it can borrow what it likes; the writer waits for it.
    pub async fn plan_and_store(&self, planner: &dyn Planner) -> StoreResult<Result<Seq, Lost>> {
        let (lent, loan) = oneshot::channel();
        self.send(Task::Lend(lent))?;
        let mut loan = loan.await.unwrap_or_else(|_| Err(stopped()))?;
        let snapshot = loan.snapshot(self.codec.clone())?;
        let set = planner.plan(snapshot).await;
        let (answer, stored) = oneshot::channel();
        loan.settle(Job { sets: vec![set], answer });
        let mut stored = stored.await.unwrap_or_else(|_| Err(stopped()))?;
        stored.pop().ok_or_else(|| StoreError::Internal("the writer answered nothing".into()))
    }

    /// Whether a write has just succeeded, or does now.
    pub async fn prove(&self) -> StoreResult<()> {
        let (answer, proven) = oneshot::channel();
        self.send(Task::Prove(answer))?;
        proven.await.unwrap_or_else(|_| Err(stopped()))
    }

    fn send(&self, task: Task) -> StoreResult<()> {
        let tasks = self.tasks.as_ref().ok_or_else(stopped)?;
        tasks.send(task).map_err(|_| stopped())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has said so already; there is nothing left to wait for.
            let _ = thread.join();
        }
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the writer has stopped".into())
}

/// The writing connection in the hands of a planner. It finds its way back when it is dropped, whatever happens.
struct Loan {
    connection: Option<Connection>,
    snapshot: Option<SqliteSnapshot>,
    job: Option<Job>,
    back: mpsc::Sender<(Connection, Option<Job>)>,
}

impl Loan {
    fn snapshot(&mut self, codec: Arc<Codec>) -> StoreResult<&SqliteSnapshot> {
        let connection = self.connection.take().ok_or_else(stopped)?;
        Ok(self.snapshot.insert(SqliteSnapshot::within(connection, codec)))
    }

    fn settle(mut self, job: Job) {
        self.job = Some(job);
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        let shown = self.snapshot.take().and_then(SqliteSnapshot::into_connection);
        if let Some(connection) = self.connection.take().or(shown) {
            // Nobody to take it back means that the writer is gone, and with it every write.
            let _ = self.back.send((connection, self.job.take()));
        }
    }
}

/// What the thread owns.
struct Thread {
    file: PathBuf,
    /// Away while it is lent.
    connection: Option<Connection>,
    codec: Arc<Codec>,
    head: u64,
    options: Options,
    /// Why nothing may be acknowledged any more.
    dead: Option<String>,
    wrote: Option<Instant>,
    pruned: Option<Instant>,
    groups: u32,
}

impl Thread {
    fn run(mut self, waiting: &mpsc::Receiver<Task>) {
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
    fn refuse(&mut self, fault: Fault) -> StoreError {
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

    fn connection(&self) -> Result<&Connection, Fault> {
        self.connection.as_ref().ok_or_else(|| Fault::internal("the writing connection is away"))
    }

    /// Begins a transaction that may write.
    fn begin(&mut self) -> Result<(), Fault> {
        if let Some(why) = &self.dead {
            return Err(Fault::Store(StoreError::Unavailable(why.clone())));
        }
        if self.connection.is_none() {
            self.connection = Some(open_writing(&self.file, &self.options)?);
        }
        run(self.connection()?, "BEGIN IMMEDIATE")
    }

    /// Ends a transaction that failed; some faults have ended it already.
    fn rollback(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let ended = connection.is_autocommit() || run(&connection, "ROLLBACK").is_ok();
        // A connection that cannot even do that is closed; the next group opens another.
        if ended {
            self.connection = Some(connection);
        }
    }

    /// What can wait until everybody is answered.
    fn tidy(&mut self) {
        if self.dead.is_some() {
            return;
        }
        self.groups += 1;
        if self.groups.is_multiple_of(GROUPS_A_LOOK)
            && let Err(error) = self.checkpoint()
        {
            // The log still holds everything; the next try begins where this one failed.
            tracing::warn!(%error, "the log could not be brought into the file");
        }
        if self.pruned.is_none_or(|at| at.elapsed() > PRUNED_EVERY) {
            self.pruned = Some(Instant::now());
            if let Err(fault) = self.prune() {
                self.rollback();
                let error = self.refuse(fault);
                tracing::warn!(%error, "old answers could not be thrown away");
            }
        }
    }

    /// Brings the log into the file once enough of it waits, and lets it begin anew once it has grown long.
    fn checkpoint(&self) -> rusqlite::Result<()> {
        let Some(connection) = &self.connection else { return Ok(()) };
        let look = |mode: &str| {
            connection
                .prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?
                .query_row([], |row| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)))
        };
        let limit = self.options.checkpoint_pages;
        let (pages, done) = look("NOOP")?;
        if pages - done >= limit {
            look("PASSIVE")?;
        }
        // Readers that are always somewhere in the log keep it from beginning anew; wait for them, but briefly.
        if pages >= 8 * limit {
            connection.busy_timeout(Duration::from_millis(100))?;
            let waited = look("RESTART");
            connection.busy_timeout(self.options.busy)?;
            waited?;
        }
        Ok(())
    }

    fn prune(&mut self) -> Result<(), Fault> {
        let kept = i64::try_from(ANSWERS_KEPT.as_millis()).unwrap_or(i64::MAX);
        let oldest = Millis::now().0.saturating_sub(kept);
        let connection = self.connection()?;
        if !connection.prepare_cached("SELECT 1 FROM answers WHERE at < ?1")?.exists([oldest])? {
            return Ok(());
        }
        self.begin()?;
        let connection = self.connection()?;
        // PostgreSQL has no rowid; there the key's three columns stand in its place.
        connection
            .prepare_cached(
                "DELETE FROM answers WHERE (account, scope, key) IN \
                 (SELECT account, scope, key FROM answers WHERE at < ?1 ORDER BY at LIMIT ?2)",
            )?
            .execute(params![oldest, PRUNED_A_TURN])?;
        commit(connection)
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
fn commit(connection: &Connection) -> Result<(), Fault> {
    run(connection, "COMMIT")
}

fn run(connection: &Connection, sql: &str) -> Result<(), Fault> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}
