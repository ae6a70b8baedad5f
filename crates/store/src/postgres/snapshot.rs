//! One consistent state: a read transaction on a connection of its own, until the snapshot is dropped. It is at least
//! as new as every commit that was acknowledged before the snapshot was taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
use futures_util::future::try_join;
use tokio::sync::RwLock;

use super::error::{PostgresError, TRIES, begun_anew};
use super::log_head::LogHead;
use super::pool::{Pool, PooledSession};
use super::read::Reader;
use super::session::Session;
use super::shared_keys::KeyWatch;
use crate::rows::Codec;

/// A connection out of the pool, or the writer's own while it lets a planner look.
pub struct PostgresSnapshot {
    held: HeldSession,
    codec: Arc<Codec>,
    version: Option<CommitVersion>,
    transaction: RwLock<Transaction>,
    /// A question has failed, and not for having met another transaction.
    has_failed: AtomicBool,
}

/// The transaction by which questions are answered. Whoever asks holds it; who begins another has it alone.
#[derive(Default, Clone, Copy)]
struct Transaction {
    number: u32,
    /// None is open that shows this state.
    is_lost: bool,
}

enum HeldSession {
    Pooled(PooledSession),
    Writers(Session),
}

impl PostgresSnapshot {
    /// By this state nothing is answered with keys that are older than it.
    pub async fn from_pool(
        pool: &Arc<Pool>,
        codec: Arc<Codec>,
        keys: &KeyWatch,
    ) -> Result<PostgresSnapshot, PostgresError> {
        loop {
            let lease = pool.take().await?;
            let session = lease.session()?;
            let begun = begun_anew!({
                let begun = begin(session, lease.begin(), keys).await;
                if matches!(begun, Err(PostgresError::Overtaken(_))) {
                    session.batch("ROLLBACK").await?;
                }
                begun
            });
            match begun {
                Ok(version) => {
                    let (held, version) = (HeldSession::Pooled(lease), Some(version));
                    return Ok(PostgresSnapshot::new(held, codec, version));
                }
                // It was lost while it waited, and those beside it may be: the next one is new.
                Err(PostgresError::Gone(_)) if !lease.is_new => {
                    lease.discard();
                    pool.forget();
                }
                Err(fault) => {
                    lease.discard();
                    return Err(fault);
                }
            }
        }
    }

    /// Over the writer's connection, on which a transaction is open: what it sees is nobody else's yet.
    pub fn within(session: Session, codec: Arc<Codec>) -> PostgresSnapshot {
        PostgresSnapshot::new(HeldSession::Writers(session), codec, None)
    }

    fn new(held: HeldSession, codec: Arc<Codec>, version: Option<CommitVersion>) -> PostgresSnapshot {
        PostgresSnapshot { held, codec, version, transaction: RwLock::default(), has_failed: AtomicBool::new(false) }
    }

    /// Whether a question has failed, and not for having met another transaction.
    pub fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Acquire)
    }

    fn answered<T>(&self, answer: Result<T, PostgresError>) -> StoreResult<T> {
        if matches!(&answer, Err(fault) if !matches!(fault, PostgresError::Overtaken(_))) {
            self.has_failed.store(true, Ordering::Release);
        }
        answer.map_err(PostgresError::into_store_error)
    }

    /// The writer's connection, with its transaction still open.
    pub fn into_session(self) -> Option<Session> {
        match self.held {
            HeldSession::Writers(session) => Some(session),
            HeldSession::Pooled(_) => None,
        }
    }

    fn reader(&self, by: Transaction) -> Result<Reader<'_>, PostgresError> {
        if by.is_lost {
            return Err(PostgresError::unavailable("the state that was looked at can no longer be had"));
        }
        let session = match &self.held {
            HeldSession::Pooled(lease) => lease.session()?,
            HeldSession::Writers(session) => session,
        };
        Ok(Reader { session, codec: &self.codec })
    }

    /// Looks at the state in another transaction, where one that was asked has met another.
    ///
    /// Errors: where it has been followed by another state since; and on the writer's connection, where all is planned anew.
    async fn begin_anew(&self, met: Transaction, fault: PostgresError) -> Result<(), PostgresError> {
        let HeldSession::Pooled(lease) = &self.held else { return Err(fault) };
        let mut transaction = self.transaction.write().await;
        if transaction.number != met.number {
            return Ok(());
        }
        transaction.is_lost = true;
        let session = lease.session()?;
        let begun = begun_anew!({
            session.batch("ROLLBACK").await?;
            look(session, lease.begin()).await
        });
        // All that is written raises it, new keys as well.
        if Some(begun?.0) != self.version {
            return Err(fault);
        }
        *transaction = Transaction { number: met.number + 1, is_lost: false };
        Ok(())
    }
}

/// Begins a transaction. Answers which state it shows, with the version of the keys that belong to it.
async fn look(session: &Session, begin: &str) -> Result<(CommitVersion, u64), PostgresError> {
    let ((), head) = try_join(session.begin(begin), LogHead::read(session)).await?;
    Ok((CommitVersion(head.version), head.keys))
}

async fn begin(session: &Session, begin: &str, keys: &KeyWatch) -> Result<CommitVersion, PostgresError> {
    let (version, newest) = look(session, begin).await?;
    keys.catch_up(session, newest).await?;
    Ok(version)
}

macro_rules! asked {
    ($this:ident.$question:ident($($arg:expr),*)) => {{
        Questions::asked();
        let mut tries = 1;
        loop {
            let transaction = $this.transaction.read().await;
            let (by, answer) = match $this.reader(*transaction) {
                Ok(reader) => (*transaction, reader.$question($($arg),*).await),
                Err(fault) => (*transaction, Err(fault)),
            };
            drop(transaction);
            match answer {
                Err(fault @ PostgresError::Overtaken(_)) if tries < TRIES => {
                    tries += 1;
                    $this.begin_anew(by, fault).await.map_err(PostgresError::into_store_error)?;
                }
                answer => break $this.answered(answer),
            }
        }
    }};
}

#[async_trait]
impl Ledger for PostgresSnapshot {
    async fn credential(&self, class: CredentialClass, public: &str) -> StoreResult<Option<Credential>> {
        asked!(self.credential(class, public))
    }

    async fn credential_by_id(&self, id: CredentialId) -> StoreResult<Option<Credential>> {
        asked!(self.credential_by_id(id))
    }

    async fn credentials_of(&self, user: RecordId) -> StoreResult<Vec<Credential>> {
        asked!(self.credentials_of(user))
    }

    async fn credentials_after(&self, after: Option<CredentialId>, limit: u32) -> StoreResult<Vec<Credential>> {
        asked!(self.credentials_after(after, limit))
    }

    async fn with_secrets_after(&self, after: Option<RecordId>, limit: u32) -> StoreResult<Vec<(AccountId, RecordId)>> {
        asked!(self.with_secrets_after(after, limit))
    }

    async fn ending(&self, of: &[Relation], limit: u32) -> StoreResult<Vec<Ending>> {
        asked!(self.ending(of, limit))
    }

    async fn answer_for(&self, account: AccountId, scope: &str, key: &str) -> StoreResult<Option<RememberedAnswer>> {
        asked!(self.answer_for(account, scope, key))
    }

    async fn referrers(
        &self,
        target: RecordId,
        after: Option<(Relation, RecordId)>,
        limit: u32,
    ) -> StoreResult<Vec<(Relation, RecordId)>> {
        asked!(self.referrers(target, after, limit))
    }

    async fn audit_events(&self, account: AccountId, span: &AuditSpan, limit: u32) -> StoreResult<Vec<AuditEvent>> {
        asked!(self.audit_events(account, span, limit))
    }

    async fn follower_states(&self, follower: &str, key: Option<&str>) -> StoreResult<Vec<FollowerState>> {
        asked!(self.follower_states(follower, key))
    }

    async fn events(&self, after: Seq, limit: u32) -> StoreResult<Vec<(Seq, Event)>> {
        asked!(self.events(after, limit))
    }

    async fn events_of(&self, after: Seq, until: Seq, of: &Interest, limit: u32) -> StoreResult<Vec<(Seq, Event)>> {
        asked!(self.events_of(after, until, of, limit))
    }

    async fn head(&self) -> StoreResult<Seq> {
        asked!(self.head())
    }
}

#[async_trait]
impl Snapshot for PostgresSnapshot {
    async fn by_id(&self, account: AccountId, ids: &[RecordId]) -> StoreResult<Vec<Option<Record>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        asked!(self.by_id(account, ids))
    }

    async fn cards(&self, account: AccountId, ids: &[RecordId]) -> StoreResult<Vec<Option<Arc<Card>>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        asked!(self.cards(account, ids))
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
        asked!(self.cards_and_above(account, ids, standing))
    }

    async fn surroundings(&self, account: AccountId, asked: &Around<'_>) -> StoreResult<Surroundings> {
        if asked.ids.is_empty() && asked.standing.is_empty() {
            return Ok(Default::default());
        }
        asked!(self.surroundings(account, asked))
    }

    async fn by_fqn(&self, account: AccountId, kind: Kind, fqns: &[&str]) -> StoreResult<Vec<Option<Record>>> {
        if fqns.is_empty() {
            return Ok(Vec::new());
        }
        asked!(self.by_fqn(account, kind, fqns))
    }

    async fn by_folded_name(
        &self,
        account: AccountId,
        kind: Kind,
        folded: &str,
        limit: u32,
    ) -> StoreResult<Vec<Record>> {
        asked!(self.by_folded_name(account, kind, folded, limit))
    }

    async fn by_alias(&self, account: AccountId, space: &str, value: &str) -> StoreResult<Option<RecordId>> {
        asked!(self.by_alias(account, space, value))
    }

    async fn aliases(&self, space: &str, ids: &[RecordId]) -> StoreResult<Vec<(RecordId, String)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        asked!(self.aliases(space, ids))
    }

    async fn greatest_alias(
        &self,
        account: AccountId,
        kind: Kind,
        space: &str,
        beneath: Option<&str>,
    ) -> StoreResult<Option<(RecordId, String)>> {
        asked!(self.greatest_alias(account, kind, space, beneath))
    }

    async fn list(&self, query: &ListQuery) -> StoreResult<Vec<Record>> {
        asked!(self.list(query))
    }

    async fn count(&self, query: &ListQuery) -> StoreResult<u64> {
        asked!(self.count(query))
    }

    async fn lists(&self, queries: &[ListQuery]) -> StoreResult<Vec<Vec<Record>>> {
        asked!(self.lists(queries))
    }

    async fn counts(&self, queries: &[ListQuery]) -> StoreResult<Vec<u64>> {
        asked!(self.counts(queries))
    }

    async fn edges_from(&self, ids: &[RecordId], relations: Option<&[Relation]>) -> StoreResult<Vec<Edge>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        asked!(self.edges_from(ids, relations))
    }

    async fn edges_up(&self, account: AccountId, asked: &Upward<'_>) -> StoreResult<Surroundings> {
        if asked.ids.is_empty() && asked.members.is_empty() {
            return Ok(Default::default());
        }
        asked!(self.edges_up(account, asked))
    }

    async fn edges_to(&self, ids: &[RecordId], relations: &[Relation], limit: u32) -> StoreResult<Vec<Edge>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        asked!(self.edges_to(ids, relations, limit))
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
        asked!(self.edges_bearing(attribute, ids, relations))
    }

    async fn edges_ever_to(
        &self,
        id: RecordId,
        relations: &[Relation],
        of: Kind,
        limit: u32,
    ) -> StoreResult<Vec<Edge>> {
        asked!(self.edges_ever_to(id, relations, of, limit))
    }

    async fn edges_at(&self, id: RecordId, revision: Revision) -> StoreResult<Vec<Edge>> {
        asked!(self.edges_at(id, revision))
    }

    async fn history(&self, id: RecordId, before: Option<Revision>, limit: u32) -> StoreResult<Vec<Record>> {
        asked!(self.history(id, before, limit))
    }

    async fn history_below(
        &self,
        parent: RecordId,
        kinds: &[Kind],
        before: Option<StatePlace>,
        limit: u32,
    ) -> StoreResult<Vec<StatePlace>> {
        asked!(self.history_below(parent, kinds, before, limit))
    }

    async fn observations(&self, range: &Range) -> StoreResult<Observed> {
        asked!(self.observations(range))
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
        asked!(self.newest_observations(account, records, series))
    }

    async fn observed_at(
        &self,
        account: AccountId,
        record: RecordId,
        keys: &[Key],
    ) -> StoreResult<Vec<Option<serde_json::Value>>> {
        asked!(self.observed_at(account, record, keys))
    }

    async fn states(&self, wanted: &[(RecordId, Revision)]) -> StoreResult<Vec<Option<PastState>>> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        asked!(self.states(wanted))
    }

    async fn secrets(&self, id: RecordId) -> StoreResult<Vec<SealedSecret>> {
        asked!(self.secrets(id))
    }

    async fn access_epoch(&self, account: AccountId) -> StoreResult<u64> {
        asked!(self.access_epoch(account))
    }

    async fn version(&self) -> StoreResult<Option<CommitVersion>> {
        Ok(self.version)
    }
}
