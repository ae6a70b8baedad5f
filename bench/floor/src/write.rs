//! Writes: one thread, waiting creates in groups, one sync of the log for each group.

use std::sync::mpsc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use rusqlite::{Connection, params};
use tokio::sync::oneshot;
use uuid::Uuid;

/// Creates that share a sync, at most; as many as the catalogue's.
const GROUP: usize = 64;

enum Task {
    Create { record: New, done: Done },
    Bulk { rows: u32, body: Bytes, done: Done },
}

/// A record with edges that lead away from it.
struct New {
    name: String,
    edges: u32,
    body: Bytes,
}

type Done = oneshot::Sender<Result<()>>;

pub struct Writer {
    tasks: mpsc::Sender<Task>,
}

impl Writer {
    pub fn start(connection: Connection, account: Uuid) -> Result<Writer> {
        let seq: i64 = connection.query_row("SELECT coalesce(max(seq), 0) FROM events", [], |row| row.get(0))?;
        let (tasks, waiting) = mpsc::channel();
        let state = Thread { connection, account, seq };
        std::thread::Builder::new().name("writer".into()).spawn(move || state.run(&waiting))?;
        Ok(Writer { tasks })
    }

    /// Durable when this answers.
    pub async fn create(&self, name: String, edges: u32, body: Bytes) -> Result<()> {
        self.ask(|done| Task::Create { record: New { name, edges, body }, done }).await
    }

    pub async fn bulk(&self, rows: u32, body: Bytes) -> Result<()> {
        self.ask(|done| Task::Bulk { rows, body, done }).await
    }

    async fn ask(&self, task: impl FnOnce(Done) -> Task) -> Result<()> {
        let (done, answer) = oneshot::channel();
        self.tasks.send(task(done)).map_err(|_| anyhow!("the writer has stopped"))?;
        answer.await.context("the writer has stopped")?
    }
}

struct Thread {
    connection: Connection,
    account: Uuid,
    seq: i64,
}

impl Thread {
    fn run(mut self, waiting: &mpsc::Receiver<Task>) {
        let mut next = None;
        while let Some(task) = next.take().or_else(|| waiting.recv().ok()) {
            match task {
                Task::Bulk { rows, body, done } => {
                    let name = || Uuid::now_v7().simple().to_string();
                    let records = (0..rows).map(|_| New { name: name(), edges: 0, body: body.clone() });
                    // Whoever asked may be gone.
                    let _ = done.send(self.store(records));
                }
                Task::Create { record, done } => {
                    let mut group = vec![(record, done)];
                    while group.len() < GROUP {
                        match waiting.try_recv() {
                            Ok(Task::Create { record, done }) => group.push((record, done)),
                            Ok(other) => {
                                next = Some(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    let (records, askers): (Vec<_>, Vec<_>) = group.into_iter().unzip();
                    let outcome = self.store(records.into_iter());
                    for asker in askers {
                        let answer = outcome.as_ref().copied().map_err(|error| anyhow!("{error:#}"));
                        let _ = asker.send(answer);
                    }
                }
            }
        }
    }

    /// Rows and events in one transaction.
    fn store(&mut self, records: impl Iterator<Item = New>) -> Result<()> {
        self.run_cached("BEGIN IMMEDIATE")?;
        let mut seq = self.seq;
        let stored = records.into_iter().try_for_each(|record| {
            seq += 1;
            self.insert(seq, &record)
        });
        if let Err(error) = stored.and_then(|()| self.run_cached("COMMIT")) {
            self.run_cached("ROLLBACK")?;
            return Err(error);
        }
        self.seq = seq;
        Ok(())
    }

    fn insert(&self, seq: i64, New { name, edges, body }: &New) -> Result<()> {
        let (id, nobody, at) = (Uuid::now_v7(), Uuid::nil(), now());
        let body = std::str::from_utf8(body)?;
        self.connection
            .prepare_cached(
                "INSERT INTO records (id, account, kind, name, folded, fqn, state, revision, version, \
                 content_revision, created_at, created_by, created_by_name, updated_at, updated_by, updated_by_name, \
                 visibility, body) \
                 VALUES (?1, ?2, 'data_product', ?3, ?3, ?3, 0, 1, 1, 1, ?4, ?5, 'floor', ?4, ?5, 'floor', 0, ?6)",
            )?
            .execute(params![id.as_bytes(), self.account.as_bytes(), name, at, nobody.as_bytes(), body])?;
        self.connection
            .prepare_cached(
                "INSERT INTO events (seq, account, at, by_id, by_name, what, kind, id, fqn, revision) \
                 VALUES (?1, ?2, ?3, ?4, 'floor', 'created', 'data_product', ?5, ?6, 1)",
            )?
            .execute(params![seq, self.account.as_bytes(), at, nobody.as_bytes(), id.as_bytes(), name])?;
        for ord in 0..*edges {
            self.connection
                .prepare_cached(
                    "INSERT INTO edges (id, source, relation, place, ord, target, since) \
                     VALUES (?1, ?2, 'has_asset', '', ?3, ?4, 1)",
                )?
                .execute(params![
                    Uuid::now_v7().as_bytes(),
                    id.as_bytes(),
                    ord,
                    Uuid::from_u128(u128::from(ord)).as_bytes()
                ])?;
        }
        Ok(())
    }

    fn run_cached(&self, sql: &str) -> Result<()> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}

/// Milliseconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
