//! The one writer: a thread that owns the writing connection and stores waiting change sets in groups.
//!
//! This file is what the store holds of it: the queue, and the loan of the connection to a planner. `thread` takes
//! the tasks, `group` stores, `chunked_jobs` does large work in parts, `upkeep` does what can wait until everybody is answered.

mod chunked_jobs;
mod commit_window;
mod group;
mod queue;
mod thread;
mod upkeep;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;

use emporion_model::change_set::{ChangeSet, Lost};
use emporion_model::id::Seq;
use emporion_model::ports::{Planner, StoreError, StoreResult};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::error::SqliteError;
use super::options::Options;
use super::pool::Pool;
use super::snapshot::SqliteSnapshot;
use crate::activity::Activity;
use thread::Thread;
pub use upkeep::watch_log;

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
    tasks: Option<queue::Sender<Task>>,
    thread: Option<JoinHandle<()>>,
    pool: Arc<Pool>,
    activity: Arc<Activity>,
}

impl Writer {
    pub fn start(
        file: PathBuf,
        connection: Connection,
        pool: Arc<Pool>,
        head: Seq,
        options: Options,
    ) -> StoreResult<Writer> {
        let (tasks, waiting) = queue::queue();
        let activity = options.activity.clone();
        let state =
            Thread::new(file, connection, pool.clone(), head, options).map_err(SqliteError::into_store_error)?;
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || state.run(&waiting))
            .map_err(|error| StoreError::Unavailable(format!("starting the writer: {error}")))?;
        Ok(Writer { tasks: Some(tasks), thread: Some(thread), pool, activity })
    }

    pub async fn store(&self, sets: Vec<ChangeSet>) -> Stored {
        let _waiting = self.activity.wait();
        let (answer, stored) = oneshot::channel();
        self.send(Task::Store(Job { sets, answer }))?;
        stored.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// The planner looks at the writer's own state, and no other write comes in between. It runs on the caller's thread,
    /// where it can borrow what it likes; the writer waits for it.
    pub async fn plan_and_store(&self, planner: &dyn Planner) -> StoreResult<Result<Seq, Lost>> {
        let _waiting = self.activity.wait();
        let (lent, loan) = oneshot::channel();
        self.send(Task::Lend(lent))?;
        let mut loan = loan.await.unwrap_or_else(|_| Err(stopped()))?;
        let snapshot = loan.snapshot(self.pool.clone())?;
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
        let is_urgent = !matches!(task, Task::Store(_));
        tasks.send(task, is_urgent).map_err(|_| stopped())
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
    fn snapshot(&mut self, pool: Arc<Pool>) -> StoreResult<&SqliteSnapshot> {
        let connection = self.connection.take().ok_or_else(stopped)?;
        Ok(self.snapshot.insert(SqliteSnapshot::within(connection, pool)))
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
