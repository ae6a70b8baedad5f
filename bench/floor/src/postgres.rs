//! The same work over a PostgreSQL database: bare statements over tokio-postgres, prepared once for each connection.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Statement};
use uuid::Uuid;

use crate::write::now;

/// Connections that read: fewer than a node of the catalogue may have.
const READERS: usize = 16;
/// Creates that share a transaction, at most; as many as the catalogue's.
const GROUP: usize = 64;

pub struct Postgres {
    readers: Vec<Reader>,
    turn: AtomicUsize,
    tasks: mpsc::UnboundedSender<Task>,
}

struct Reader {
    client: Client,
    by_id: Statement,
    by_name: Statement,
    page: Statement,
    total: Statement,
}

struct Task {
    names: Vec<String>,
    edges: u32,
    body: Bytes,
    done: oneshot::Sender<Result<()>>,
}

impl Postgres {
    pub async fn connect(address: &str, account: Uuid) -> Result<Postgres> {
        let mut readers = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            readers.push(Reader::prepared(connected(address).await?).await?);
        }
        let writer = Writer::prepared(connected(address).await?, account).await?;
        let (tasks, waiting) = mpsc::unbounded_channel();
        tokio::spawn(writer.run(waiting));
        Ok(Postgres { readers, turn: AtomicUsize::new(0), tasks })
    }

    pub async fn by_id(&self, id: Uuid) -> Result<Option<Vec<u8>>> {
        let reader = self.reader();
        let row = reader.client.query_opt(&reader.by_id, &[&id]).await?;
        Ok(row.map(|row| row.get::<_, &str>(0).as_bytes().to_vec()))
    }

    pub async fn by_name(&self, account: Uuid, kind: &str, fqn: &str) -> Result<Option<Vec<u8>>> {
        let reader = self.reader();
        let row = reader.client.query_opt(&reader.by_name, &[&account, &kind, &fqn]).await?;
        Ok(row.map(|row| row.get::<_, &str>(0).as_bytes().to_vec()))
    }

    /// A page in order of name, with how many there are in all.
    pub async fn list(&self, account: Uuid, kind: &str, after: &str, limit: u32) -> Result<Vec<u8>> {
        let reader = self.reader();
        let limit = i64::from(limit);
        let total: [&(dyn ToSql + Sync); 2] = [&account, &kind];
        let page: [&(dyn ToSql + Sync); 4] = [&account, &kind, &after, &limit];
        let (total, rows) = tokio::try_join!(
            reader.client.query_opt(&reader.total, &total),
            reader.client.query(&reader.page, &page),
        )?;
        let total: i64 = total.map_or(0, |row| row.get(0));
        let mut page = Vec::with_capacity(rows.len() * 1_600);
        page.extend_from_slice(format!("{{\"total\":{total},\"data\":[").as_bytes());
        for (place, row) in rows.iter().enumerate() {
            if place > 0 {
                page.push(b',');
            }
            page.extend_from_slice(row.get::<_, &str>(0).as_bytes());
        }
        page.extend_from_slice(b"]}");
        Ok(page)
    }

    /// Records of these names with the body. Durable when this answers.
    pub async fn store(&self, names: Vec<String>, edges: u32, body: Bytes) -> Result<()> {
        let (done, answer) = oneshot::channel();
        self.tasks.send(Task { names, edges, body, done }).map_err(|_| anyhow!("the writer has stopped"))?;
        answer.await.context("the writer has stopped")?
    }

    fn reader(&self) -> &Reader {
        &self.readers[self.turn.fetch_add(1, Ordering::Relaxed) % self.readers.len()]
    }
}

async fn connected(address: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(address, NoTls).await.context("connecting to the database")?;
    // It ends with the client.
    tokio::spawn(connection);
    Ok(client)
}

impl Reader {
    async fn prepared(client: Client) -> Result<Reader> {
        let (by_id, by_name, page, total) = tokio::try_join!(
            client.prepare("SELECT body FROM records WHERE id = $1"),
            client.prepare("SELECT body FROM records WHERE account = $1 AND kind = $2 AND fqn = $3 AND state < 2"),
            client.prepare(
                "SELECT body FROM records WHERE account = $1 AND kind = $2 AND state = 0 AND name > $3 \
                 ORDER BY name, id LIMIT $4"
            ),
            client.prepare("SELECT n FROM tallies WHERE account = $1 AND kind = $2 AND state = 0"),
        )?;
        Ok(Reader { client, by_id, by_name, page, total })
    }
}

struct Writer {
    client: Client,
    records: Statement,
    events: Statement,
    edges: Statement,
    account: Uuid,
    seq: i64,
}

impl Writer {
    async fn prepared(client: Client, account: Uuid) -> Result<Writer> {
        let (records, events, edges) = tokio::try_join!(
            client.prepare(
                "INSERT INTO records (id, account, kind, name, folded, fqn, state, revision, version, \
                 content_revision, created_at, created_by, created_by_name, updated_at, updated_by, updated_by_name, \
                 visibility, body) \
                 SELECT id, $3, 'data_product', name, name, name, 0, 1, 1, 1, $4, $5, 'floor', $4, $5, 'floor', 0, body \
                 FROM unnest($1::uuid[], $2::text[], $6::text[]) AS new (id, name, body)"
            ),
            client.prepare(
                "INSERT INTO events (seq, account, at, by_id, by_name, what, kind, id, fqn, revision) \
                 SELECT $3 + ord, $4, $5, $6, 'floor', 'created', 'data_product', id, name, 1 \
                 FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS new (id, name, ord)"
            ),
            client.prepare(
                "INSERT INTO edges (id, source, relation, place, ord, target, since) \
                 SELECT id, source, 'has_asset', '', ord, $4, 1 \
                 FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS new (id, source, ord)"
            ),
        )?;
        let last = client.query_one("SELECT coalesce(max(seq), 0) FROM events", &[]).await?;
        Ok(Writer { seq: last.get(0), client, records, events, edges, account })
    }

    async fn run(mut self, mut waiting: mpsc::UnboundedReceiver<Task>) {
        let mut group = Vec::with_capacity(GROUP);
        while waiting.recv_many(&mut group, GROUP).await > 0 {
            let outcome = self.store(&group).await;
            for Task { done, .. } in group.drain(..) {
                // Whoever asked may be gone.
                let _ = done.send(outcome.as_ref().copied().map_err(|error| anyhow!("{error:#}")));
            }
        }
    }

    /// Rows and events in one transaction, whose statements are sent without waiting for each other.
    async fn store(&mut self, group: &[Task]) -> Result<()> {
        let (mut ids, mut names, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
        let (mut edge_ids, mut sources, mut ords) = (Vec::new(), Vec::new(), Vec::new());
        for task in group {
            let body = std::str::from_utf8(&task.body)?;
            for name in &task.names {
                let id = Uuid::now_v7();
                ids.push(id);
                names.push(name.as_str());
                bodies.push(body);
                for ord in 0..task.edges {
                    edge_ids.push(Uuid::now_v7());
                    sources.push(id);
                    ords.push(i64::from(ord));
                }
            }
        }
        let (at, nobody) = (now(), Uuid::nil());
        let records: [&(dyn ToSql + Sync); 6] = [&ids, &names, &self.account, &at, &nobody, &bodies];
        let events: [&(dyn ToSql + Sync); 6] = [&ids, &names, &self.seq, &self.account, &at, &nobody];
        let edges: [&(dyn ToSql + Sync); 4] = [&edge_ids, &sources, &ords, &nobody];
        let write_edges = async {
            match edge_ids.is_empty() {
                true => Ok(0),
                false => self.client.execute(&self.edges, &edges).await,
            }
        };
        let stored = tokio::try_join!(
            self.client.batch_execute("BEGIN"),
            self.client.execute(&self.records, &records),
            self.client.execute(&self.events, &events),
            write_edges,
            self.client.batch_execute("COMMIT"),
        );
        if let Err(error) = stored {
            self.client.batch_execute("ROLLBACK").await?;
            return Err(error.into());
        }
        self.seq += i64::try_from(ids.len())?;
        Ok(())
    }
}
