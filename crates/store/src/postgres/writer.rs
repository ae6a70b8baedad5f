//! The writer of a node: a task that owns one connection and stores waiting change sets in groups.

use std::sync::Arc;
use std::time::{Duration, Instant};

use emporion_model::change_set::{ChangeSet, Lost, oldest_answer};
use emporion_model::id::{Millis, Seq};
use emporion_model::ports::{Planner, StoreError, StoreResult};
use parking_lot::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::commits;
use super::connector::Connector;
use super::control::Control;
use super::error::{PostgresError, begun_anew};
use super::options::Options;
use super::session::Session;
use super::snapshot::PostgresSnapshot;
use crate::rows::Codec;

/// How often what is old is looked for.
const PRUNED_EVERY: Duration = Duration::from_secs(10 * 60);

pub type Stored = StoreResult<Vec<Result<Seq, Lost>>>;

enum Task {
    Store(Job),
    /// Lend the writing connection, with a transaction open on it that is alone, to a planner.
    Lend(oneshot::Sender<Result<Loan, PostgresError>>),
    /// Write something, to find out whether writing works.
    Prove(oneshot::Sender<StoreResult<()>>),
}

pub struct Job {
    pub sets: Vec<ChangeSet>,
    answer: oneshot::Sender<Result<Vec<Result<Seq, Lost>>, PostgresError>>,
}

/// The handle that the store keeps. Once it is gone, the task stores what waits, and ends.
pub struct Writer {
    tasks: UnboundedSender<Task>,
    codec: Arc<Codec>,
    options: Arc<Options>,
    standing: Arc<Mutex<Standing>>,
}

/// How it goes with what is to be written.
#[derive(Default)]
pub struct Standing {
    /// Since when nothing has been stored of what was to be.
    unstored: Option<Instant>,
    /// The writing connection was lost, and nothing has been stored since.
    is_cut_off: bool,
}

/// How long a write is waited for that shows whether writing works.
const PROVEN_WITHIN: Duration = Duration::from_millis(400);
/// A node that stands still with the turn has lost it by then (see `isolation`).
const TURN_LOST: Duration = Duration::from_secs(10);

/// What the task has.
pub struct Turns {
    pub connector: Arc<Connector>,
    pub options: Arc<Options>,
    pub control: Arc<Control>,
    pub codec: Arc<Codec>,
    pub session: Option<Session>,
    pruned: Option<Instant>,
    pub standing: Arc<Mutex<Standing>>,
}

impl Standing {
    /// Something was stored.
    fn goes_on(&mut self) {
        *self = Standing::default();
    }

    pub fn cut_off(&mut self) {
        self.is_cut_off = true;
    }

    /// Whether what waits to be written waits for the turn of another node, as far as can be seen.
    fn waits_for_others(&self) -> bool {
        !self.is_cut_off && self.unstored.is_none_or(|since| since.elapsed() < TURN_LOST)
    }
}

impl Writer {
    pub fn start(connector: Arc<Connector>, control: Arc<Control>, codec: Arc<Codec>, session: Session) -> Writer {
        let options = connector.options.clone();
        let ends = options.on_fatal.clone();
        let (tasks, waiting) = unbounded_channel();
        let standing = Arc::<Mutex<Standing>>::default();
        let writer = Writer { tasks, codec: codec.clone(), options: options.clone(), standing: standing.clone() };
        let turns = Turns { connector, options, control, codec, session: Some(session), pruned: None, standing };
        tokio::spawn(async move {
            if let Err(fault) = tokio::spawn(turns.run(waiting)).await
                && fault.is_panic()
            {
                let why = "the writer has broken down";
                tracing::error!(why, "nothing more is stored");
                match ends {
                    Some(ends) => ends(why),
                    None => std::process::abort(),
                }
            }
        });
        writer
    }

    pub async fn store(&self, sets: Vec<ChangeSet>) -> Stored {
        let _waiting = self.options.activity.wait();
        let (answer, stored) = oneshot::channel();
        self.send(Task::Store(Job { sets, answer }))?;
        stored.await.map_err(|_| stopped())?.map_err(PostgresError::into_store_error)
    }

    /// The planner looks at the writer's own state, and no other write comes in between, of no node.
    pub async fn plan_and_store(&self, planner: &dyn Planner) -> StoreResult<Result<Seq, Lost>> {
        let _waiting = self.options.activity.wait();
        begun_anew!(self.plan_once(planner).await).map_err(PostgresError::into_store_error)
    }

    async fn plan_once(&self, planner: &dyn Planner) -> Result<Result<Seq, Lost>, PostgresError> {
        let (lent, loan) = oneshot::channel();
        self.send(Task::Lend(lent))?;
        let mut loan = loan.await.map_err(|_| stopped())??;
        let snapshot = loan.snapshot(self.codec.clone())?;
        let set = planner.plan(snapshot).await;
        // The planner has its fault; what is asked behind it says nothing of its own.
        if snapshot.has_failed() {
            return Err(PostgresError::unavailable("what was to be planned could not be read"));
        }
        let (answer, stored) = oneshot::channel();
        loan.settle(Job { sets: vec![set], answer });
        let mut stored = stored.await.map_err(|_| stopped())??;
        stored.pop().ok_or_else(|| PostgresError::internal("the writer answered nothing"))
    }

    /// Whether a write succeeds. Where another node stands still with the turn, all wait until it loses it (see `isolation`):
    /// then none of them is at fault, and each goes on by itself.
    pub async fn prove(&self) -> StoreResult<()> {
        let (answer, proven) = oneshot::channel();
        self.send(Task::Prove(answer))?;
        match tokio::time::timeout(PROVEN_WITHIN, proven).await {
            Ok(proven) => proven.unwrap_or_else(|_| Err(stopped())),
            Err(_) if self.standing.lock().waits_for_others() => Ok(()),
            Err(_) => Err(StoreError::Unavailable("writes have been waiting for too long".into())),
        }
    }

    fn send(&self, task: Task) -> StoreResult<()> {
        self.tasks.send(task).map_err(|_| stopped())
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the writer has stopped".into())
}

/// The writing connection in the hands of a planner. It finds its way back when it is dropped, whatever happens.
struct Loan {
    session: Option<Session>,
    snapshot: Option<PostgresSnapshot>,
    job: Option<Job>,
    back: Option<oneshot::Sender<(Session, Option<Job>)>>,
}

impl Loan {
    fn snapshot(&mut self, codec: Arc<Codec>) -> StoreResult<&PostgresSnapshot> {
        let session = self.session.take().ok_or_else(stopped)?;
        Ok(self.snapshot.insert(PostgresSnapshot::within(session, codec)))
    }

    fn settle(mut self, job: Job) {
        self.job = Some(job);
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        let shown = self.snapshot.take().and_then(PostgresSnapshot::into_session);
        if let (Some(session), Some(back)) = (self.session.take().or(shown), self.back.take()) {
            // Nobody to take it back means that it took too long: its transaction ends with it.
            let _ = back.send((session, self.job.take()));
        }
    }
}

impl Turns {
    async fn run(mut self, mut waiting: UnboundedReceiver<Task>) {
        let mut next = None;
        loop {
            let task = match next.take() {
                Some(task) => task,
                None => match waiting.recv().await {
                    Some(task) => task,
                    None => return,
                },
            };
            self.standing.lock().unstored.get_or_insert_with(Instant::now);
            next = self.take(task, &mut waiting).await;
            self.tidy().await;
        }
    }

    /// Does a task, with those that can share its transaction. Answers one that cannot and was taken from the queue.
    async fn take(&mut self, task: Task, waiting: &mut UnboundedReceiver<Task>) -> Option<Task> {
        match task {
            Task::Store(job) => {
                // Those who are ready to write at this moment come along.
                tokio::task::yield_now().await;
                let mut size = job.sets.len();
                let mut jobs = vec![job];
                let mut next = None;
                while size < self.options.group
                    && let Ok(task) = waiting.try_recv()
                {
                    match task {
                        Task::Store(job) if size + job.sets.len() <= self.options.group => {
                            size += job.sets.len();
                            jobs.push(job);
                        }
                        other => {
                            next = Some(other);
                            break;
                        }
                    }
                }
                let began = Instant::now();
                let stored = self.store(&jobs).await;
                self.answer(jobs, stored, began);
                return next;
            }
            Task::Lend(lent) => self.lend(lent).await,
            // Who asked has had his answer: writes are waited for.
            Task::Prove(answer) if answer.is_closed() => {}
            Task::Prove(answer) => {
                let proven = begun_anew!(self.write_something().await);
                if proven.is_ok() {
                    self.standing.lock().goes_on();
                }
                drop(answer.send(proven.map_err(PostgresError::into_store_error)));
            }
        }
        None
    }

    fn answer(&self, jobs: Vec<Job>, stored: Result<Vec<Stored>, PostgresError>, began: Instant) {
        let activity = &self.options.activity;
        match stored {
            Ok(answers) => {
                self.standing.lock().goes_on();
                let lost = answers.iter().flatten().flatten().filter(|answer| answer.is_err()).count() as u64;
                activity.lost.add(lost);
                activity.stored.add(answers.iter().flatten().flatten().count() as u64 - lost);
                activity.commits.add(1);
                activity.commit_nanos.add(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
                for (job, answer) in jobs.into_iter().zip(answers) {
                    // A caller that has gone away is not interested.
                    let _ = job.answer.send(answer.map_err(PostgresError::Store));
                }
            }
            Err(fault) => {
                activity.failed.add(1);
                tracing::warn!(?fault, "a group of change sets was not stored");
                for job in jobs {
                    let _ = job.answer.send(Err(fault.clone()));
                }
            }
        }
    }

    async fn lend(&mut self, lent: oneshot::Sender<Result<Loan, PostgresError>>) {
        let began = match self.begin(true).await {
            Ok(began) => began,
            Err(fault) => {
                self.rollback().await;
                let _ = lent.send(Err(fault));
                return;
            }
        };
        let (back, returned) = oneshot::channel();
        let loan = Loan { session: self.session.take(), snapshot: None, job: None, back: Some(back) };
        // A caller that has gone away drops the loan, which sends the connection back just the same.
        drop(lent.send(Ok(loan)));
        let Ok(Ok((session, job))) = tokio::time::timeout(self.options.idle_timeout, returned).await else { return };
        self.session = Some(session);
        let Some(job) = job else {
            self.rollback().await;
            return;
        };
        let (jobs, since) = (vec![job], Instant::now());
        let stored = self.store_begun(&jobs, began, true).await;
        if stored.is_err() {
            self.rollback().await;
        }
        self.answer(jobs, stored, since);
    }

    async fn write_something(&mut self) -> Result<(), PostgresError> {
        let proven = match self.begin(false).await {
            Ok(_) => {
                let write = "INSERT INTO probe (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at";
                self.write_one(write, Millis::now().0).await
            }
            Err(fault) => Err(fault),
        };
        if proven.is_err() {
            self.rollback().await;
        }
        proven
    }

    async fn write_one(&self, sql: &str, value: i64) -> Result<(), PostgresError> {
        let session = self.session()?;
        session.run(sql, &[&value]).await?;
        session.commit().await
    }

    /// Throws old answers and old commits away, from time to time.
    async fn tidy(&mut self) {
        if self.pruned.is_some_and(|at| at.elapsed() < PRUNED_EVERY) {
            return;
        }
        self.pruned = Some(Instant::now());
        let Ok(session) = self.session() else { return };
        let answers = "DELETE FROM answers WHERE at < $1";
        let pruned = async {
            session.run(answers, &[&oldest_answer(Millis::now()).0]).await?;
            session.run(commits::PRUNE, &[]).await
        };
        if let Err(fault) = pruned.await {
            tracing::warn!(?fault, "what is old could not be thrown away");
        }
    }
}
