//! Writing change sets within the writer's transaction.

use emporion_model::change_set::{ChangeSet, Expect, Write};
use emporion_model::id::{AccountId, CredentialId, RecordId, Seq};
use emporion_model::kind::Kind;
use rusqlite::{Connection, Params, params};

use super::chunked_job::Work;
use super::error::{SqliteError, is_duplicate};
use super::pool::Pool;
use super::read::Reader;
use crate::facts::Facts;
use crate::invalidation::{Changes, InvalidationTable};
use crate::rows::{self, Codec, signed, write_object};
use crate::tallies::{Place, Tallies};

/// What one transaction has counted so far, beside what it has written.
pub struct Batch<'a> {
    pub connection: &'a Connection,
    pub codec: &'a Codec,
    /// What earlier transactions have changed.
    pub invalidations: &'a InvalidationTable,
    /// The newest event, those of this transaction included.
    pub head: u64,
    tallies: Tallies,
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
            tallies: Tallies::default(),
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
        self.tallies.pending(account, kind, state)
    }

    pub fn tally(&mut self, account: AccountId, kind: Kind, place: Place, by: i64) {
        self.tallies.add(account, kind, place, by);
    }

    /// Checks every expectation, then writes. After `Lost` from a check nothing is written; after any other fault the
    /// caller takes the transaction (or its savepoint) back.
    pub fn store(&mut self, set: &ChangeSet) -> Result<Seq, Failure> {
        self.check(set).map_err(Failure::Before)?;
        self.write_all(set).map_err(Failure::Midway)
    }

    /// What a savepoint that is taken back leaves behind.
    pub fn forget(&mut self, head: u64) {
        self.head = head;
        self.tallies = Tallies::default();
        self.facts.forget();
    }

    /// Writes the tallies; to be called before the transaction (or its savepoint) ends.
    pub fn flush(&mut self) -> Result<(), SqliteError> {
        for ((account, kind, state), by) in self.tallies.by_state.drain() {
            if by != 0 {
                self.connection
                    .prepare_cached(
                        "INSERT INTO tallies (account, kind, state, n) VALUES (?1, ?2, ?3, ?4) \
                         ON CONFLICT (account, kind, state) DO UPDATE SET n = n + excluded.n",
                    )?
                    .execute(params![account.as_bytes(), kind, state, by])?;
            }
        }
        for ((account, kind, parent, visibility), by) in self.tallies.by_place.drain() {
            let parent = parent.as_ref().map_or(&[][..], |parent| parent.as_bytes());
            if by != 0 {
                self.connection
                    .prepare_cached(
                        "INSERT INTO holdings (account, kind, parent, visibility, n) VALUES (?1, ?2, ?3, ?4, ?5) \
                         ON CONFLICT (account, kind, parent, visibility) DO UPDATE SET n = n + excluded.n",
                    )?
                    .execute(params![account.as_bytes(), kind, parent, visibility, by])?;
            }
            // Of records that are gone nothing stays.
            if by < 0 {
                self.connection
                    .prepare_cached(
                        "DELETE FROM holdings WHERE account = ?1 AND kind = ?2 AND parent = ?3 AND visibility = ?4 AND n = 0",
                    )?
                    .execute(params![account.as_bytes(), kind, parent, visibility])?;
            }
        }
        Ok(())
    }

    fn write_all(&mut self, set: &ChangeSet) -> Result<Seq, SqliteError> {
        self.changed.note(set);
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
            Write::DropCredential { id } => self.drop_credentials("id = ?1", params![id.as_bytes()]),
            Write::DropCredentials { user, classes } => classes.iter().try_for_each(|class| {
                self.drop_credentials("user = ?1 AND class = ?2", params![user.as_bytes(), class.name()])
            }),
            Write::ResealCredential { id, secret } => {
                self.run("UPDATE credentials SET secret = ?2 WHERE id = ?1", params![id.as_bytes(), secret])
            }
            Write::RebindCredential { id, made_with } => {
                let above = made_with.as_ref().map(CredentialId::as_bytes);
                self.run("UPDATE credentials SET made_with = ?2 WHERE id = ?1", params![id.as_bytes(), above])
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
            Write::Note(events) => events.iter().try_for_each(|event| self.note(event)),
            Write::EndAuditEvents { before, most } => self.end_audit_events(*before, *most),
            Write::RaiseEpoch { account } => self.run(
                "INSERT INTO epochs (account, epoch) VALUES (?1, 1) \
                 ON CONFLICT (account) DO UPDATE SET epoch = epoch + 1",
                params![account.as_bytes()],
            ),
        }
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
