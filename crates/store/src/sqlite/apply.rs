//! Writing change sets within the writer's transaction.

use std::collections::HashMap;

use emporion_model::change_set::{ChangeSet, Credential, Event, Expect, RememberedAnswer, SealedSecret, Write};
use emporion_model::id::{AccountId, EdgeId, RecordId, Revision, Seq};
use emporion_model::kind::Kind;
use emporion_model::record::Edge;
use rusqlite::{Connection, Params, params};

use super::chunked_job::Work;
use super::error::{SqliteError, is_duplicate};
use super::expect::Facts;
use super::invalidation::{Changes, InvalidationTable};
use super::pool::Pool;
use super::read::Reader;
use super::rows::{self, Codec, signed, write_attributes, write_object};

/// What one transaction has counted so far, beside what it has written.
pub struct Batch<'a> {
    pub connection: &'a Connection,
    pub codec: &'a Codec,
    /// What earlier transactions have changed.
    pub invalidations: &'a InvalidationTable,
    /// The newest event, those of this transaction included.
    pub head: u64,
    /// Differences of the tallies that are not yet written.
    tallies: HashMap<(AccountId, &'static str, i64), i64>,
    /// What was expected and found so far.
    pub facts: Facts,
    /// What is changed.
    pub changed: Changes,
    /// Writes about larger subtrees are only begun, and go on in turns.
    pub turn_rows: usize,
    /// How many were begun.
    pub begun: usize,
}

impl<'a> Batch<'a> {
    pub fn new(connection: &'a Connection, pool: &'a Pool, head: u64) -> Batch<'a> {
        Batch {
            connection,
            codec: &pool.codec,
            invalidations: &pool.cache.invalidations,
            head,
            tallies: HashMap::new(),
            facts: Facts::default(),
            changed: Changes::default(),
            turn_rows: usize::MAX,
            begun: 0,
        }
    }

    pub fn reader(&self) -> Reader<'_> {
        Reader { connection: self.connection, codec: self.codec, cache: None }
    }

    pub fn pending(&self, account: AccountId, kind: Kind, state: i64) -> i64 {
        self.tallies.get(&(account, kind.name(), state)).copied().unwrap_or(0)
    }

    pub fn tally(&mut self, account: AccountId, kind: Kind, state: i64, by: i64) {
        *self.tallies.entry((account, kind.name(), state)).or_default() += by;
    }

    /// Checks every expectation, then writes. After `Lost` from a check nothing is written; after any other fault the
    /// caller takes the transaction (or its savepoint) back.
    pub fn store(&mut self, set: &ChangeSet) -> Result<Seq, Failure> {
        self.check(&set.expect).map_err(Failure::Before)?;
        self.write_all(set).map_err(Failure::Midway)
    }

    /// What a savepoint that is taken back leaves behind.
    pub fn forget(&mut self, head: u64) {
        self.head = head;
        self.tallies.clear();
        self.facts.forget();
    }

    /// Writes the tallies; to be called before the transaction (or its savepoint) ends.
    pub fn flush(&mut self) -> Result<(), SqliteError> {
        for ((account, kind, state), by) in self.tallies.drain() {
            if by != 0 {
                self.connection
                    .prepare_cached(
                        "INSERT INTO tallies (account, kind, state, n) VALUES (?1, ?2, ?3, ?4) \
                         ON CONFLICT (account, kind, state) DO UPDATE SET n = n + excluded.n",
                    )?
                    .execute(params![account.as_bytes(), kind, state, by])?;
            }
        }
        Ok(())
    }

    fn write_all(&mut self, set: &ChangeSet) -> Result<Seq, SqliteError> {
        self.note_changes(set);
        let stamp = set.events.first().map(|event| (event.at, &event.by));
        set.writes.iter().for_each(|write| self.facts.outlive(write));
        let mut rest = set.writes.as_slice();
        while let Some((write, after)) = rest.split_first() {
            let dropped = self.drop_leaves(rest)?;
            if dropped > 0 {
                rest = &rest[dropped..];
                continue;
            }
            let links = rest.iter().map_while(Write::link).count();
            if links > 0 {
                self.link(rest.iter().map_while(Write::link))?;
                rest = &rest[links..];
                continue;
            }
            match Work::of(write, stamp) {
                Some(work) => self.carry_out(&work, Work::can_go_on_later(after))?,
                None => self.write(write)?,
            }
            rest = after;
        }
        for event in &set.events {
            self.append(event)?;
        }
        Ok(Seq(self.head))
    }

    /// Notes what the set changes, but for what only the stored rows tell. Records come before their edges.
    fn note_changes(&mut self, set: &ChangeSet) {
        for write in &set.writes {
            if let Write::Put { record, .. } = write {
                self.changed.put(record);
            }
        }
        for write in &set.writes {
            match write {
                Write::Link(edge) => self.changed.edge(edge.from, edge.to),
                Write::Alias { account, space, value, id } => {
                    self.changed.record(*id);
                    self.changed.alias(*account, space, value);
                }
                Write::RaiseEpoch { account } => self.changed.rights(*account),
                Write::Observe { record, .. } => self.changed.observations(*record),
                _ => {}
            }
        }
    }

    fn write(&mut self, write: &Write) -> Result<(), SqliteError> {
        match write {
            Write::Put { record, replaces: None, .. } => self.insert(record),
            Write::Put { record, replaces: Some(replaced), silent } => self.replace(record, *replaced, *silent),
            Write::Unlink { id, until } => self.unlink(*id, *until),
            Write::Alias { account, space, value, id } => self.alias(*account, space, value, *id),
            Write::Unalias { account, space, value } => {
                let gone = self.reader().first(
                    "DELETE FROM aliases WHERE account = ?1 AND space = ?2 AND value = ?3 RETURNING id",
                    params![account.as_bytes(), space, value],
                    |row| rows::id(row, 0),
                )?;
                gone.into_iter().for_each(|id| self.changed.record(id));
                self.changed.alias(*account, space, value);
                Ok(())
            }
            // Links, and what is about subtrees, were told apart before.
            Write::Link(_) | Write::MovePrefix { .. } | Write::MarkSubtree { .. } | Write::DropSubtree { .. } => Ok(()),
            Write::PutSecrets { id, secrets } => self.put_secrets(*id, secrets),
            Write::Observe { account, record, observations } => self.observe(*account, *record, observations),
            Write::PutCredential(credential) => self.put_credential(credential),
            Write::DropCredential { id } => self.run("DELETE FROM credentials WHERE id = ?1", params![id.as_bytes()]),
            Write::DropCredentials { user, classes } => classes.iter().try_for_each(|class| {
                let held = params![user.as_bytes(), class.name()];
                self.run("DELETE FROM credentials WHERE user = ?1 AND class = ?2", held)
            }),
            Write::ResealCredential { id, secret } => {
                self.run("UPDATE credentials SET secret = ?2 WHERE id = ?1", params![id.as_bytes(), secret])
            }
            Write::PutKey(answer) => self.put_answer(answer),
            Write::PutFollower(state) => self.run(
                "INSERT INTO follower_states (follower, key, account, position, data) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT (follower, key) DO UPDATE SET account = excluded.account, position = excluded.position, \
                 data = excluded.data",
                params![
                    state.follower,
                    state.key,
                    state.account.as_bytes(),
                    signed(state.position.0),
                    write_object(&state.data),
                ],
            ),
            Write::DropFollower { follower, key } => {
                self.run("DELETE FROM follower_states WHERE follower = ?1 AND key = ?2", params![follower, key])
            }
            Write::RaiseEpoch { account } => self.run(
                "INSERT INTO epochs (account, epoch) VALUES (?1, 1) \
                 ON CONFLICT (account) DO UPDATE SET epoch = epoch + 1",
                params![account.as_bytes()],
            ),
        }
    }

    fn link<'e>(&self, edges: impl Iterator<Item = &'e Edge>) -> Result<(), SqliteError> {
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO edges (id, source, relation, place, ord, target, attributes, since) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        for edge in edges {
            insert.execute(params![
                edge.id.as_bytes(),
                edge.from.as_bytes(),
                edge.relation.name(),
                edge.at,
                edge.ord,
                edge.to.as_bytes(),
                write_attributes(&edge.attributes),
                signed(edge.since.0),
            ])?;
        }
        Ok(())
    }

    /// Ending what has ended already is nothing. An edge that lived for no revision leaves nothing behind.
    fn unlink(&mut self, id: EdgeId, until: Revision) -> Result<(), SqliteError> {
        self.run(
            "INSERT INTO past_edges (id, source, relation, place, ord, target, attributes, since, until) \
             SELECT id, source, relation, place, ord, target, attributes, since, ?2 FROM edges \
             WHERE id = ?1 AND since < ?2 ON CONFLICT DO NOTHING",
            params![id.as_bytes(), signed(until.0)],
        )?;
        let ends = self.reader().first(
            "DELETE FROM edges WHERE id = ?1 RETURNING source, target",
            params![id.as_bytes()],
            |row| Ok((rows::id(row, 0)?, rows::id(row, 1)?)),
        )?;
        if let Some((from, to)) = ends {
            self.changed.edge(from, to);
        }
        Ok(())
    }

    fn alias(&self, account: AccountId, space: &'static str, value: &str, id: RecordId) -> Result<(), SqliteError> {
        let written = self
            .connection
            .prepare_cached("INSERT INTO aliases (account, space, value, id) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![account.as_bytes(), space, value, id.as_bytes()]);
        match written {
            Ok(_) => Ok(()),
            Err(error) if is_duplicate(&error) => {
                Err(SqliteError::Lost(Expect::AliasFree { account, space, value: value.to_owned() }))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn put_secrets(&self, id: RecordId, secrets: &[SealedSecret]) -> Result<(), SqliteError> {
        self.run("DELETE FROM secrets WHERE record = ?1", params![id.as_bytes()])?;
        for secret in secrets {
            self.run(
                "INSERT INTO secrets (record, path, sealed, fingerprint) VALUES (?1, ?2, ?3, ?4)",
                params![id.as_bytes(), secret.path, secret.sealed, secret.fingerprint],
            )?;
        }
        Ok(())
    }

    /// What a class shows is unique in it: the new credential takes the place of the old one.
    fn put_credential(&self, credential: &Credential) -> Result<(), SqliteError> {
        self.run(
            "DELETE FROM credentials WHERE id = ?1 OR (class = ?2 AND public = ?3)",
            params![credential.id.as_bytes(), credential.class.name(), credential.public],
        )?;
        self.run(
            "INSERT INTO credentials (id, account, user, class, public, label, secret, created_at, expires_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                credential.id.as_bytes(),
                credential.account.as_bytes(),
                credential.user.as_bytes(),
                credential.class.name(),
                credential.public,
                credential.label,
                credential.secret,
                credential.created.0,
                credential.expires.map(|at| at.0),
            ],
        )
    }

    fn put_answer(&self, answer: &RememberedAnswer) -> Result<(), SqliteError> {
        let since = answer.oldest();
        self.run(
            "DELETE FROM answers WHERE account = ?1 AND scope = ?2 AND key = ?3 AND at < ?4",
            params![answer.account.as_bytes(), answer.scope, answer.key, since.0],
        )?;
        let written = self
            .connection
            .prepare_cached(
                "INSERT INTO answers (account, scope, key, fingerprint, status, body, at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                answer.account.as_bytes(),
                answer.scope,
                answer.key,
                answer.fingerprint,
                answer.status,
                &answer.body[..],
                answer.at.0,
            ]);
        match written {
            Ok(_) => Ok(()),
            Err(error) if is_duplicate(&error) => Err(SqliteError::Lost(Expect::KeyUnused {
                account: answer.account,
                scope: answer.scope.clone(),
                key: answer.key.clone(),
                since,
            })),
            Err(error) => Err(error.into()),
        }
    }

    fn append(&mut self, event: &Event) -> Result<(), SqliteError> {
        self.run(
            "INSERT INTO events (seq, account, at, by_id, by_name, what, kind, id, fqn, revision, detail, by_through, \
             by_door) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                signed(self.head + 1),
                event.account.as_bytes(),
                event.at.0,
                event.by.id.as_bytes(),
                event.by.name,
                event.what.name(),
                event.kind.name(),
                event.id.as_bytes(),
                event.fqn,
                signed(event.revision.0),
                event.detail.as_ref().map(ToString::to_string),
                event.by.through,
                event.by.door,
            ],
        )?;
        self.head += 1;
        self.changed.lines.add(event.account, event.kind);
        Ok(())
    }

    pub fn run(&self, sql: &str, params: impl Params) -> Result<(), SqliteError> {
        self.connection.prepare_cached(sql)?.execute(params)?;
        Ok(())
    }
}

/// How storing a set failed.
#[derive(Debug)]
pub enum Failure {
    /// Nothing of the set was written.
    Before(SqliteError),
    /// A part of it may have been.
    Midway(SqliteError),
}
