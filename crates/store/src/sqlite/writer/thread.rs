//! Storing change sets in groups.
//!
//! A group is one transaction and one sync of the log. Each set's expectations are checked before its first write, so
//! that a set that loses one costs nothing; whatever goes wrong later takes the group back and stores it again, set by
//! set, behind savepoints. Nobody is answered before the log is on disk.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, TryRecvError};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use emporion_catalog::change_set::{ChangeSet, Lost};
use emporion_catalog::id::{Millis, Seq};
use emporion_catalog::ports::{StoreError, StoreResult};
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use super::company::Company;
use super::turns::{RETRY, Turns};
use super::upkeep::Upkeep;
use super::{Job, Loan, Stored, Task};
use crate::sqlite::apply::{Batch, Failure};
use crate::sqlite::fault::Fault;
use crate::sqlite::marks::Changes;
use crate::sqlite::pool::Pool;
use crate::sqlite::{Options, left_over, open_writing};

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
    wrote: Option<Instant>,
    pub upkeep: Upkeep,
    pub turns: Turns,
    company: Company,
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
    ) -> Result<Thread, Fault> {
        let mut thread = Thread {
            file,
            connection: Some(connection),
            pool,
            head: head.0,
            options,
            dead: None,
            wrote: None,
            upkeep: Upkeep::default(),
            turns: Turns::default(),
            company: Company::default(),
            is_awaited: false,
        };
        thread.find_turns()?;
        Ok(thread)
    }

    pub fn run(mut self, waiting: &mpsc::Receiver<Task>) {
        let (mut ready, mut held_back) = (VecDeque::new(), VecDeque::new());
        loop {
            if self.turns.are_under_way() {
                let task = match (ready.pop_front(), self.turns.has_failed) {
                    (Some(task), _) => Ok(task),
                    (None, false) => waiting.try_recv(),
                    (None, true) => waiting.recv_timeout(RETRY).map_err(|error| match error {
                        RecvTimeoutError::Timeout => TryRecvError::Empty,
                        RecvTimeoutError::Disconnected => TryRecvError::Disconnected,
                    }),
                };
                match task {
                    Ok(task) if self.turns.hold_back(&task) => held_back.push_back(task),
                    Ok(task) => ready.extend(self.take(task, waiting)),
                    Err(TryRecvError::Empty) => {}
                    // The next start goes on with it.
                    Err(TryRecvError::Disconnected) => break,
                }
                self.turn();
            } else {
                held_back.append(&mut ready);
                std::mem::swap(&mut held_back, &mut ready);
                let came_before = ready.pop_front().or_else(|| waiting.try_recv().ok());
                self.is_awaited = came_before.is_none();
                let Some(task) = came_before.or_else(|| waiting.recv().ok()) else { break };
                ready.extend(self.take(task, waiting));
            }
            self.tidy();
        }
        self.close();
    }

    /// Does a task, with those that can share its transaction. Answers one that cannot and was taken from the queue.
    fn take(&mut self, task: Task, waiting: &mpsc::Receiver<Task>) -> Option<Task> {
        match task {
            Task::Store(job) => {
                let mut size = job.sets.len();
                let mut jobs = vec![job];
                let mut next = None;
                let mut gathering = None;
                while size < self.options.group {
                    let task = waiting.try_recv().or_else(|error| {
                        let came = if self.is_awaited { 0 } else { jobs.len() };
                        let gathering = gathering.get_or_insert_with(|| self.company.gather(came));
                        gathering.next(jobs.len(), waiting).ok_or(error)
                    });
                    match task {
                        Ok(task) if self.turns.hold_back(&task) => {
                            next = Some(task);
                            break;
                        }
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
                self.company.stored(jobs.len());
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

    fn answer(&mut self, jobs: Vec<Job>, result: Result<Vec<Stored>, Fault>) {
        match result {
            Ok(answers) => {
                self.wrote = Some(Instant::now());
                for (place, (job, answer)) in jobs.into_iter().zip(answers).enumerate() {
                    self.turns.answer(place, job, answer);
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
        let mut batch = Batch::new(connection, &self.pool.codec, self.head);
        batch.turn_rows = self.options.turn_rows;
        let mut answers = Vec::with_capacity(jobs.len());
        let mut begun = Vec::new();
        for (place, job) in jobs.iter().enumerate() {
            let before = batch.begun;
            let mut stored = Vec::with_capacity(job.sets.len());
            for set in &job.sets {
                if let Some(expect) = self.turns.in_the_way_of(set) {
                    stored.push(Err(Lost(expect)));
                    continue;
                }
                match batch.store(set) {
                    Ok(seq) => stored.push(Ok(seq)),
                    Err(Failure::Before(Fault::Lost(expect))) => stored.push(Err(Lost(expect))),
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
    fn finish_group(&mut self, head: u64, changed: &Changes, begun: Vec<usize>) -> Result<(), Fault> {
        self.turns.begun = begun;
        if self.turns.begun.is_empty() {
            return self.finish(head, changed);
        }
        self.pool.under_way.begin();
        let finished = self.finish(head, changed);
        self.find_turns().and(finished)
    }

    /// Commits. Before anybody can see what has changed, what was read of it before no longer holds, and before anybody
    /// is answered every new snapshot is one of the state after it.
    pub fn finish(&mut self, head: u64, changed: &Changes) -> Result<(), Fault> {
        self.pool.cache.marks.change(changed);
        commit(self.connection()?)?;
        self.pool.cache.marks.publish();
        self.head = head;
        Ok(())
    }

    /// The careful way: what fails is taken back alone. A call with a set that cannot be stored fails as a whole, since
    /// its caller is told nothing about the others.
    fn one_by_one(&mut self, jobs: &[Job]) -> Result<Vec<Stored>, Fault> {
        let connection = self.connection()?;
        let mut batch = Batch::new(connection, &self.pool.codec, self.head);
        batch.turn_rows = self.options.turn_rows;
        let mut answers = Vec::with_capacity(jobs.len());
        let mut begun = Vec::new();
        for (place, job) in jobs.iter().enumerate() {
            let (before, begun_before) = (batch.head, batch.begun);
            run(connection, "SAVEPOINT job")?;
            let mut stored = Ok(Vec::with_capacity(job.sets.len()));
            for set in &job.sets {
                let one = match self.turns.in_the_way_of(set) {
                    Some(expect) => Ok(Err(Lost(expect))),
                    None => alone(&mut batch, set),
                };
                match (one, &mut stored) {
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
            begun.extend((batch.begun > begun_before).then_some(place));
        }
        let Batch { head, changed, .. } = batch;
        self.finish_group(head, &changed, begun)?;
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
            commit(connection)?;
            self.pool.cache.marks.publish();
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
    pub fn refuse(&mut self, fault: Fault) -> StoreError {
        self.wrote = None;
        if let Fault::Unsynced(why) = &fault
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

#[cfg(test)]
mod tests {
    use emporion_catalog::id::RecordId;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use emporion_catalog::change_set::{Event, EventKind, Expect, Permit, Write};
    use emporion_catalog::id::{AccountId, Revision};
    use emporion_catalog::record::{Actor, Body, Record, Stamp, State, Visibility};
    use emporion_catalog::registry::Registry;

    use super::*;
    use crate::sqlite::rows::Codec;

    struct World {
        thread: Thread,
        fatal: Arc<AtomicUsize>,
        _directory: tempfile::TempDir,
    }

    fn world() -> World {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("store.db");
        let fatal = Arc::new(AtomicUsize::new(0));
        let told = fatal.clone();
        let on_fatal = Box::new(move |_: &str| {
            told.fetch_add(1, Ordering::SeqCst);
        });
        let options = Options { on_fatal: Some(on_fatal), ..Options::default() };
        let mut connection = open_writing(&file, &options).unwrap();
        crate::sqlite::migrate::migrate(&mut connection).unwrap();
        let codec = Codec::new(Registry::standard());
        let pool = Arc::new(Pool::new(file.clone(), codec, &options));
        World { thread: Thread::new(file, connection, pool, Seq(0), options).unwrap(), fatal, _directory: directory }
    }

    fn put(name: &str, size_bytes: usize) -> ChangeSet {
        let by = Actor { id: RecordId::fresh(), name: "ann".into() };
        let stamp = Stamp { at: Millis(1), by: by.clone() };
        let mut body = Body::new();
        body.insert("description".into(), "x".repeat(size_bytes).into());
        let record = Record {
            id: RecordId::fresh(),
            account: AccountId::GLOBAL,
            kind: Registry::standard().expect("domain"),
            name: name.into(),
            fqn: name.into(),
            parent: None,
            revision: Revision::FIRST,
            version: 1,
            content_revision: 1,
            created: stamp.clone(),
            updated: stamp,
            state: State::Alive,
            visibility: Visibility::Open,
            body,
            change: None,
        };
        let mut set = ChangeSet::new(Permit::for_tests());
        set.events.push(Event {
            account: record.account,
            at: Millis(1),
            by,
            what: EventKind::Created,
            kind: record.kind,
            id: record.id,
            fqn: record.fqn.clone(),
            revision: record.revision,
            detail: None,
        });
        set.writes.push(Write::Put { record: Box::new(record), replaces: None });
        set
    }

    /// A set that no engine can store: an edge that is there already.
    fn broken() -> ChangeSet {
        let mut set = put("broken", 1);
        let Write::Put { record, .. } = &set.writes[0] else { unreachable!() };
        let edge = emporion_catalog::record::Edge {
            id: emporion_catalog::id::EdgeId::fresh(),
            from: record.id,
            relation: emporion_catalog::relation::OWNER,
            at: String::new(),
            ord: 0,
            to: record.id,
            attributes: Body::new(),
            since: Revision::FIRST,
            until: None,
        };
        set.writes.extend([Write::Link(Box::new(edge.clone())), Write::Link(Box::new(edge))]);
        set
    }

    fn store(thread: &mut Thread, calls: Vec<Vec<ChangeSet>>) -> Vec<Stored> {
        let (jobs, answers): (Vec<Job>, Vec<_>) = calls
            .into_iter()
            .map(|sets| {
                let (answer, stored) = oneshot::channel();
                (Job { sets, answer }, stored)
            })
            .unzip();
        thread.store(jobs);
        answers.into_iter().map(|mut stored| stored.try_recv().unwrap()).collect()
    }

    fn head(thread: &Thread) -> u64 {
        let count = |sql| thread.connection().unwrap().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        let head = count("SELECT coalesce(max(seq), 0) FROM events");
        assert_eq!(head, count("SELECT count(*) FROM events"));
        assert_eq!(head, count("SELECT coalesce(sum(n), 0) FROM tallies"));
        head.unsigned_abs()
    }

    #[test]
    fn a_full_disk_refuses_the_group_and_nothing_else() {
        let World { mut thread, fatal, _directory } = world();
        store(&mut thread, vec![vec![put("before", 10)]])[0].as_ref().unwrap();
        let pages: i64 = thread.connection().unwrap().query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        let limit = |thread: &Thread, pages: i64| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            thread.connection().unwrap().query_row(&sql, [], |_| Ok(())).unwrap();
        };
        limit(&thread, pages + 20);
        let calls = vec![vec![put("small", 10)], vec![put("large", 1_000_000)]];
        for answer in store(&mut thread, calls) {
            assert!(matches!(answer, Err(StoreError::Full)), "{answer:?}");
        }
        assert_eq!(head(&thread), 1, "reads go on, and nothing is half-written");
        assert!(thread.wrote.is_none(), "the next question after health writes something");
        thread.prove().unwrap();
        store(&mut thread, vec![vec![put("small", 10)]])[0].as_ref().unwrap();
        limit(&thread, 1_000_000);
        store(&mut thread, vec![vec![put("large", 1_000_000)]])[0].as_ref().unwrap();
        assert_eq!((head(&thread), fatal.load(Ordering::SeqCst)), (3, 0));
    }

    #[test]
    fn a_call_that_cannot_be_stored_fails_alone_and_as_a_whole() {
        let World { mut thread, fatal, _directory } = world();
        let calls = vec![vec![put("a", 1)], vec![put("b", 1), broken(), put("c", 1)], vec![put("d", 1), put("a", 1)]];
        let answers = store(&mut thread, calls);
        assert_eq!(answers[0].as_ref().unwrap(), &[Ok(Seq(1))]);
        assert!(matches!(answers[1], Err(StoreError::Internal(_))));
        let last = answers[2].as_ref().unwrap();
        assert_eq!(last[0], Ok(Seq(2)), "the log has no gap where the failed call was");
        assert!(matches!(last[1], Err(Lost(Expect::NameFree { .. }))));
        assert_eq!((head(&thread), fatal.load(Ordering::SeqCst)), (2, 0));
    }

    #[test]
    fn after_a_failed_sync_nothing_is_acknowledged() {
        let World { mut thread, fatal, _directory } = world();
        store(&mut thread, vec![vec![put("a", 1)]])[0].as_ref().unwrap();
        thread.refuse(Fault::Unsynced("the disk is gone".into()));
        assert_eq!(fatal.load(Ordering::SeqCst), 1);
        let answer = store(&mut thread, vec![vec![put("b", 1)]]).remove(0);
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
        assert!(thread.prove().is_err());
        assert_eq!((head(&thread), fatal.load(Ordering::SeqCst)), (1, 1));
    }

    #[test]
    fn a_lost_connection_is_opened_again() {
        let World { mut thread, _directory, .. } = world();
        thread.connection = None;
        assert_eq!(store(&mut thread, vec![vec![put("a", 1)]])[0].as_ref().unwrap(), &[Ok(Seq(1))]);
    }
}
