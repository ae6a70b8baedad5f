//! One consistent state: a read transaction on a connection of its own, begun by the first question. It is at least as
//! new as every commit that was acknowledged before the snapshot was taken.
//!
//! Questions are answered on the thread that asks: the answer is in memory or a page away, so a hop to another thread
//! would cost more than it.

use std::sync::Arc;

use async_trait::async_trait;
use emporion_model::audit_event::{AuditEvent, AuditSpan};
use emporion_model::change_set::{Credential, CredentialClass, Event, RememberedAnswer, SealedSecret};
use emporion_model::dependency::CommitVersion;
use emporion_model::follower_state::FollowerState;
use emporion_model::id::{AccountId, CredentialId, RecordId, Revision, Seq};
use emporion_model::kind::Kind;
use emporion_model::log_watch::Interest;
use emporion_model::observation::{Key, Observation, Observed, Range, Series};
use emporion_model::ports::{
    Around, Ending, Ledger, PastState, Snapshot, StatePlace, StoreResult, Surroundings, Upward,
};
use emporion_model::query::ListQuery;
use emporion_model::questions::Questions;
use emporion_model::record::{Card, Edge, Record};
use emporion_model::relation::Relation;
use parking_lot::Mutex;
use rusqlite::Connection;

use super::chunked_job::{self, ChunkedJob};
use super::error::SqliteError;
use super::pool::{Pool, Session};
use super::read::Reader;

/// A connection out of the pool, or the writer's own while it lets a planner look.
pub struct SqliteSnapshot {
    session: Mutex<Option<Session>>,
    pool: Arc<Pool>,
    /// The writer takes its connection back itself, and what it sees is nobody else's yet.
    is_writers: bool,
}

impl SqliteSnapshot {
    pub fn from_pool(pool: Arc<Pool>) -> Result<SqliteSnapshot, SqliteError> {
        let session = pool.take()?;
        Ok(SqliteSnapshot { session: Mutex::new(Some(session)), pool, is_writers: false })
    }

    /// Over a connection on which a transaction is open.
    pub fn within(connection: Connection, pool: Arc<Pool>) -> SqliteSnapshot {
        let session = Session { connection, begun: Some(0) };
        SqliteSnapshot { session: Mutex::new(Some(session)), pool, is_writers: true }
    }

    /// Fixes the state now, instead of with the first question.
    pub fn begin(&self) -> StoreResult<()> {
        self.ask(|_| Ok(()))
    }

    /// The work on subtrees that is half done in this state.
    pub fn chunked_jobs(&self) -> StoreResult<Vec<ChunkedJob>> {
        self.ask(|reader| chunked_job::all(reader.connection))
    }

    /// The connection, with its transaction still open.
    pub fn into_connection(self) -> Option<Connection> {
        self.session.lock().take().map(|session| session.connection)
    }

    fn question<T>(&self, question: impl FnOnce(Reader<'_>) -> Result<T, SqliteError>) -> StoreResult<T> {
        Questions::asked();
        self.ask(question)
    }

    fn ask<T>(&self, question: impl FnOnce(Reader<'_>) -> Result<T, SqliteError>) -> StoreResult<T> {
        let mut session = self.session.lock();
        let Some(session) = &mut *session else {
            return Err(SqliteError::internal("the snapshot has ended").into_store_error());
        };
        let answer = session.begin(&self.pool.cache).and_then(|version| {
            let cache = (!self.is_writers).then_some((&self.pool.cache, version));
            question(Reader { connection: &session.connection, codec: &self.pool.codec, cache })
        });
        answer.map_err(SqliteError::into_store_error)
    }
}

impl Drop for SqliteSnapshot {
    fn drop(&mut self) {
        if let Some(session) = self.session.get_mut().take().filter(|_| !self.is_writers) {
            self.pool.give_back(session);
        }
    }
}

#[async_trait]
impl Ledger for SqliteSnapshot {
    async fn credential(&self, class: CredentialClass, public: &str) -> StoreResult<Option<Credential>> {
        self.question(|reader| reader.credential(class, public))
    }

    async fn credential_by_id(&self, id: CredentialId) -> StoreResult<Option<Credential>> {
        self.question(|reader| reader.credential_by_id(id))
    }

    async fn credentials_of(&self, user: RecordId) -> StoreResult<Vec<Credential>> {
        self.question(|reader| reader.credentials_of(user))
    }

    async fn credentials_after(&self, after: Option<CredentialId>, limit: u32) -> StoreResult<Vec<Credential>> {
        self.question(|reader| reader.credentials_after(after, limit))
    }

    async fn with_secrets_after(&self, after: Option<RecordId>, limit: u32) -> StoreResult<Vec<(AccountId, RecordId)>> {
        self.question(|reader| reader.with_secrets_after(after, limit))
    }

    async fn ending(&self, of: &[Relation], limit: u32) -> StoreResult<Vec<Ending>> {
        self.question(|reader| reader.ending(of, limit))
    }

    async fn answer_for(&self, account: AccountId, scope: &str, key: &str) -> StoreResult<Option<RememberedAnswer>> {
        self.question(|reader| reader.answer_for(account, scope, key))
    }

    async fn referrers(
        &self,
        target: RecordId,
        after: Option<(Relation, RecordId)>,
        limit: u32,
    ) -> StoreResult<Vec<(Relation, RecordId)>> {
        self.question(|reader| reader.referrers(target, after, limit))
    }

    async fn audit_events(&self, account: AccountId, span: &AuditSpan, limit: u32) -> StoreResult<Vec<AuditEvent>> {
        self.question(|reader| reader.audit_events(account, span, limit))
    }

    async fn follower_states(&self, follower: &str, key: Option<&str>) -> StoreResult<Vec<FollowerState>> {
        self.question(|reader| reader.follower_states(follower, key))
    }

    async fn events(&self, after: Seq, limit: u32) -> StoreResult<Vec<(Seq, Event)>> {
        self.question(|reader| reader.events(after, limit))
    }

    async fn events_of(&self, after: Seq, until: Seq, of: &Interest, limit: u32) -> StoreResult<Vec<(Seq, Event)>> {
        self.question(|reader| reader.events_of(after, until, of, limit))
    }

    async fn head(&self) -> StoreResult<Seq> {
        self.question(|reader| reader.head())
    }
}

#[async_trait]
impl Snapshot for SqliteSnapshot {
    async fn by_id(&self, account: AccountId, ids: &[RecordId]) -> StoreResult<Vec<Option<Record>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.question(|reader| reader.by_id(account, ids))
    }

    async fn cards(&self, account: AccountId, ids: &[RecordId]) -> StoreResult<Vec<Option<Arc<Card>>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.question(|reader| reader.cards(account, ids))
    }

    async fn cards_and_above(
        &self,
        account: AccountId,
        ids: &[RecordId],
        standing: &[RecordId],
    ) -> StoreResult<Vec<Arc<Card>>> {
        if ids.is_empty() && standing.is_empty() {
            return Ok(Vec::new());
        }
        self.question(|reader| reader.cards_and_above(account, ids, standing))
    }

    async fn surroundings(&self, account: AccountId, asked: &Around<'_>) -> StoreResult<Surroundings> {
        if asked.ids.is_empty() && asked.standing.is_empty() {
            return Ok(Default::default());
        }
        self.question(|reader| reader.surroundings(account, asked))
    }

    async fn by_fqn(&self, account: AccountId, kind: Kind, fqns: &[&str]) -> StoreResult<Vec<Option<Record>>> {
        if fqns.is_empty() {
            return Ok(Vec::new());
        }
        self.question(|reader| reader.by_fqn(account, kind, fqns))
    }

    async fn by_folded_name(
        &self,
        account: AccountId,
        kind: Kind,
        folded: &str,
        limit: u32,
    ) -> StoreResult<Vec<Record>> {
        self.question(|reader| reader.by_folded_name(account, kind, folded, limit))
    }

    async fn by_alias(&self, account: AccountId, space: &str, value: &str) -> StoreResult<Option<RecordId>> {
        self.question(|reader| reader.by_alias(account, space, value))
    }

    async fn aliases(&self, space: &str, ids: &[RecordId]) -> StoreResult<Vec<(RecordId, String)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.question(|reader| reader.aliases(space, ids))
    }

    async fn greatest_alias(
        &self,
        account: AccountId,
        kind: Kind,
        space: &str,
        beneath: Option<&str>,
    ) -> StoreResult<Option<(RecordId, String)>> {
        self.question(|reader| reader.greatest_alias(account, kind, space, beneath))
    }

    async fn list(&self, query: &ListQuery) -> StoreResult<Vec<Record>> {
        self.question(|reader| reader.list(query))
    }

    async fn count(&self, query: &ListQuery) -> StoreResult<u64> {
        self.question(|reader| reader.count(query))
    }

    async fn lists(&self, queries: &[ListQuery]) -> StoreResult<Vec<Vec<Record>>> {
        self.question(|reader| queries.iter().map(|query| reader.list(query)).collect())
    }

    async fn counts(&self, queries: &[ListQuery]) -> StoreResult<Vec<u64>> {
        self.question(|reader| queries.iter().map(|query| reader.count(query)).collect())
    }

    async fn edges_from(&self, ids: &[RecordId], relations: Option<&[Relation]>) -> StoreResult<Vec<Edge>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.question(|reader| reader.edges_from(ids, relations))
    }

    async fn edges_up(&self, account: AccountId, asked: &Upward<'_>) -> StoreResult<Surroundings> {
        if asked.ids.is_empty() && asked.members.is_empty() {
            return Ok(Default::default());
        }
        self.question(|reader| reader.edges_up(account, asked))
    }

    async fn edges_to(&self, ids: &[RecordId], relations: &[Relation], limit: u32) -> StoreResult<Vec<Edge>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.question(|reader| reader.edges_to(ids, relations, limit))
    }

    async fn edges_bearing(
        &self,
        attribute: &'static str,
        ids: &[RecordId],
        relations: &[Relation],
    ) -> StoreResult<Vec<Edge>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.question(|reader| reader.edges_bearing(attribute, ids, relations))
    }

    async fn edges_ever_to(
        &self,
        id: RecordId,
        relations: &[Relation],
        of: Kind,
        limit: u32,
    ) -> StoreResult<Vec<Edge>> {
        self.question(|reader| reader.edges_ever_to(id, relations, of, limit))
    }

    async fn edges_at(&self, id: RecordId, revision: Revision) -> StoreResult<Vec<Edge>> {
        self.question(|reader| reader.edges_at(id, revision))
    }

    async fn history(&self, id: RecordId, before: Option<Revision>, limit: u32) -> StoreResult<Vec<Record>> {
        self.question(|reader| reader.history(id, before, limit))
    }

    async fn history_below(
        &self,
        parent: RecordId,
        kinds: &[Kind],
        before: Option<StatePlace>,
        limit: u32,
    ) -> StoreResult<Vec<StatePlace>> {
        self.question(|reader| reader.history_below(parent, kinds, before, limit))
    }

    async fn observations(&self, range: &Range) -> StoreResult<Observed> {
        self.question(|reader| reader.observations(range))
    }

    async fn newest_observations(
        &self,
        account: AccountId,
        records: &[RecordId],
        series: &[Series],
    ) -> StoreResult<Vec<Observation>> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        self.question(|reader| reader.newest_observations(account, records, series))
    }

    async fn observed_at(
        &self,
        account: AccountId,
        record: RecordId,
        keys: &[Key],
    ) -> StoreResult<Vec<Option<serde_json::Value>>> {
        self.question(|reader| reader.observed_at(account, record, keys))
    }

    async fn states(&self, wanted: &[(RecordId, Revision)]) -> StoreResult<Vec<Option<PastState>>> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        self.question(|reader| reader.states(wanted))
    }

    async fn secrets(&self, id: RecordId) -> StoreResult<Vec<SealedSecret>> {
        self.question(|reader| reader.secrets(id))
    }

    async fn access_epoch(&self, account: AccountId) -> StoreResult<u64> {
        self.question(|reader| reader.access_epoch(account))
    }

    async fn version(&self) -> StoreResult<Option<CommitVersion>> {
        self.ask(|reader| Ok(reader.cache.map(|(_, version)| CommitVersion(version))))
    }
}
