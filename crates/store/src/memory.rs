//! An engine that keeps everything in memory, for tests: it forgets all when it is dropped.
//!
//! A state is never altered: a change set makes a new one out of a copy, so that a snapshot is a pointer and a set that
//! fails midway leaves nothing behind. Each change costs as much as the store is large.

mod query;
mod state;

use std::cmp::Reverse;
use std::sync::Arc;

use async_trait::async_trait;
use emporion_model::audit_event::{AuditEvent, AuditSpan};
use emporion_model::change_set::{ChangeSet, Credential, CredentialClass, Event, Lost, RememberedAnswer, SealedSecret};
use emporion_model::dependency::{CommitVersion, Dependency};
use emporion_model::follower_state::FollowerState;
use emporion_model::id::{AccountId, AuditEventId, CredentialId, RecordId, Revision, Seq};
use emporion_model::kind::Kind;
use emporion_model::log_watch::{Interest, LogAdvance, LogWatch, NewLines};
use emporion_model::name;
use emporion_model::observation::{Key, Observation, Observed, Range, Series};
use emporion_model::ports::{Ending, Freshness, Ledger, Planner, Snapshot, StatePlace, Store, StoreResult};
use emporion_model::query::ListQuery;
use emporion_model::record::{Edge, Record};
use emporion_model::relation::Relation;
use parking_lot::RwLock;
use serde_json::Value;
use tokio::sync::watch;

use state::State;

/// A store without a file.
#[derive(Default)]
pub struct MemoryStore {
    state: RwLock<Arc<State>>,
    /// Held by the one that writes; a planner may hold it for as long as it thinks.
    writing: tokio::sync::Mutex<()>,
    log_watch: LogWatch,
}

impl MemoryStore {
    /// Another store that begins with what this one holds.
    pub fn copy(&self) -> MemoryStore {
        MemoryStore { state: RwLock::new(self.now()), ..MemoryStore::default() }
    }

    fn now(&self) -> Arc<State> {
        self.state.read().clone()
    }

    fn store(&self, set: &ChangeSet) -> Result<Seq, Lost> {
        let mut next = State::clone(&self.now());
        let before = next.events.len();
        let seq = next.store(set).map_err(Lost)?;
        let mut lines = NewLines::default();
        next.events[before..].iter().for_each(|event| lines.add(event.account, event.kind));
        *self.state.write() = Arc::new(next);
        self.log_watch.tell(seq, &lines);
        Ok(seq)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn snapshot(&self) -> StoreResult<Box<dyn Snapshot>> {
        Ok(Box::new(MemorySnapshot(self.now())))
    }

    async fn commit(&self, sets: Vec<ChangeSet>) -> StoreResult<Vec<Result<Seq, Lost>>> {
        let _turn = self.writing.lock().await;
        Ok(sets.iter().map(|set| self.store(set)).collect())
    }

    async fn commit_planned(&self, planner: &dyn Planner) -> StoreResult<Result<Seq, Lost>> {
        let _turn = self.writing.lock().await;
        let set = planner.plan(&MemorySnapshot(self.now())).await;
        Ok(self.store(&set))
    }

    async fn health(&self) -> StoreResult<Seq> {
        Ok(self.now().head())
    }

    fn unchanged_until<'a>(&'a self, since: CommitVersion, _: &'a [Dependency]) -> Freshness<'a> {
        Freshness::Known(Some(since).filter(|since| self.now().version == *since))
    }

    fn grown(&self, interest: Interest) -> Option<watch::Receiver<LogAdvance>> {
        Some(self.log_watch.watch(interest))
    }
}

/// One state of the store.
struct MemorySnapshot(Arc<State>);

fn sorted(mut edges: Vec<Edge>) -> Vec<Edge> {
    edges.sort_by(|a, b| {
        (a.from, a.relation.name(), a.at.as_str(), a.ord, a.id).cmp(&(
            b.from,
            b.relation.name(),
            b.at.as_str(),
            b.ord,
            b.id,
        ))
    });
    edges
}

#[async_trait]
impl Ledger for MemorySnapshot {
    async fn credential(&self, class: CredentialClass, public: &str) -> StoreResult<Option<Credential>> {
        Ok(self.0.credentials.values().find(|c| c.class == class && c.public == public).cloned())
    }

    async fn credential_by_id(&self, id: CredentialId) -> StoreResult<Option<Credential>> {
        Ok(self.0.credentials.get(&id).cloned())
    }

    async fn credentials_of(&self, user: RecordId) -> StoreResult<Vec<Credential>> {
        Ok(self.0.credentials.values().filter(|credential| credential.user == user).cloned().collect())
    }

    async fn credentials_after(&self, after: Option<CredentialId>, limit: u32) -> StoreResult<Vec<Credential>> {
        let later = self.0.credentials.values().filter(|credential| after.is_none_or(|after| credential.id > after));
        Ok(later.take(limit as usize).cloned().collect())
    }

    async fn with_secrets_after(&self, after: Option<RecordId>, limit: u32) -> StoreResult<Vec<(AccountId, RecordId)>> {
        let holds =
            self.0.secrets.iter().filter(|(id, held)| !held.is_empty() && after.is_none_or(|after| **id > after));
        let found = holds.filter_map(|(id, _)| self.0.record(*id).map(|record| (record.account, *id)));
        Ok(found.take(limit as usize).collect())
    }

    async fn ending(&self, of: &[Relation], limit: u32) -> StoreResult<Vec<Ending>> {
        let ends = |edge: &Edge| edge.ends_at().filter(|_| of.contains(&edge.relation)).map(|at| (edge.from, at));
        let living = |id: RecordId| self.0.record(id).filter(|record| record.state.is_alive());
        let ending = |(record, at)| living(record).map(|found| Ending { at, account: found.account, record });
        let mut found: Vec<Ending> = self.0.edges.values().filter_map(|edge| ends(edge)).filter_map(ending).collect();
        found.sort_by_key(|ending| (ending.at, ending.record));
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn answer_for(&self, account: AccountId, scope: &str, key: &str) -> StoreResult<Option<RememberedAnswer>> {
        Ok(self.0.answers.get(&(account, scope.to_owned(), key.to_owned())).cloned())
    }

    async fn referrers(
        &self,
        target: RecordId,
        after: Option<(Relation, RecordId)>,
        limit: u32,
    ) -> StoreResult<Vec<(Relation, RecordId)>> {
        let place = |(relation, id): (Relation, RecordId)| (relation.name(), id);
        let edges = self.0.edges.values().filter(|edge| edge.to == target).map(|edge| (edge.relation, edge.from));
        let mut found: Vec<_> = edges.filter(|one| after.is_none_or(|after| place(*one) > place(after))).collect();
        found.sort_by_key(|one| place(*one));
        found.dedup();
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn follower_states(&self, follower: &str, key: Option<&str>) -> StoreResult<Vec<FollowerState>> {
        let states = self.0.follower_states.values().filter(|state| state.follower == follower);
        Ok(states.filter(|state| key.is_none_or(|key| state.key == key)).cloned().collect())
    }

    async fn audit_events(&self, account: AccountId, span: &AuditSpan, limit: u32) -> StoreResult<Vec<AuditEvent>> {
        let from = (account, (span.since, AuditEventId::from_uuid(uuid::Uuid::nil())));
        let until = (account, span.before);
        if from >= until {
            return Ok(Vec::new());
        }
        Ok(self.0.audit_events.range(from..until).rev().take(limit as usize).map(|(_, event)| event.clone()).collect())
    }

    async fn events(&self, after: Seq, limit: u32) -> StoreResult<Vec<(Seq, Event)>> {
        let numbered = self.0.events.iter().zip(1..).map(|(event, seq)| (Seq(seq), event));
        let later = numbered.filter(|(seq, _)| *seq > after);
        Ok(later.take(limit as usize).map(|(seq, event)| (seq, event.clone())).collect())
    }

    async fn events_of(&self, after: Seq, until: Seq, of: &Interest, limit: u32) -> StoreResult<Vec<(Seq, Event)>> {
        let numbered = self.0.events.iter().zip(1..).map(|(event, seq)| (Seq(seq), event));
        let between = numbered.filter(|(seq, event)| *seq > after && *seq <= until && of.has(event));
        Ok(between.take(limit as usize).map(|(seq, event)| (seq, event.clone())).collect())
    }

    async fn head(&self) -> StoreResult<Seq> {
        Ok(self.0.head())
    }
}

#[async_trait]
impl Snapshot for MemorySnapshot {
    async fn by_id(&self, account: AccountId, ids: &[RecordId]) -> StoreResult<Vec<Option<Record>>> {
        let one = |id| self.0.record(id).filter(|record| record.account == account).cloned();
        Ok(ids.iter().map(|id| one(*id)).collect())
    }

    async fn by_fqn(&self, account: AccountId, kind: Kind, fqns: &[&str]) -> StoreResult<Vec<Option<Record>>> {
        Ok(fqns.iter().map(|fqn| self.0.holder(account, kind, fqn).cloned()).collect())
    }

    async fn by_folded_name(
        &self,
        account: AccountId,
        kind: Kind,
        folded: &str,
        limit: u32,
    ) -> StoreResult<Vec<Record>> {
        let named = self.0.of_kind(account, kind).filter(|r| r.state.holds_name() && name::fold(&r.name) == folded);
        Ok(named.take(limit as usize).cloned().collect())
    }

    async fn by_alias(&self, account: AccountId, space: &str, value: &str) -> StoreResult<Option<RecordId>> {
        Ok(self.0.aliases.get(&(account, space.to_owned(), value.to_owned())).copied())
    }

    async fn aliases(&self, space: &str, ids: &[RecordId]) -> StoreResult<Vec<(RecordId, String)>> {
        let all = self.0.aliases.iter().filter(|((_, s, _), id)| s == space && ids.contains(id));
        let mut found: Vec<_> = all.map(|((_, _, value), id)| (*id, value.clone())).collect();
        found.sort();
        Ok(found)
    }

    async fn greatest_alias(
        &self,
        account: AccountId,
        kind: Kind,
        space: &str,
        beneath: Option<&str>,
    ) -> StoreResult<Option<(RecordId, String)>> {
        let is_alive = |id| self.0.record(id).is_some_and(|record| record.kind == kind && record.state.is_alive());
        let held = self.0.aliases.iter().filter(|((owner, s, value), id)| {
            *owner == account && s == space && beneath.is_none_or(|top| value.as_str() < top) && is_alive(**id)
        });
        Ok(held.map(|((_, _, value), id)| (*id, value.clone())).max_by(|one, other| one.1.cmp(&other.1)))
    }

    async fn list(&self, query: &ListQuery) -> StoreResult<Vec<Record>> {
        Ok(query::list(&self.0, query))
    }

    async fn count(&self, query: &ListQuery) -> StoreResult<u64> {
        Ok(query::matching(&self.0, query).count() as u64)
    }

    async fn edges_from(&self, ids: &[RecordId], relations: Option<&[Relation]>) -> StoreResult<Vec<Edge>> {
        let wanted = |edge: &&Edge| {
            ids.contains(&edge.from) && relations.is_none_or(|relations| relations.contains(&edge.relation))
        };
        Ok(sorted(self.0.edges.values().map(|edge| &**edge).filter(wanted).cloned().collect()))
    }

    async fn edges_to(&self, ids: &[RecordId], relations: &[Relation], limit: u32) -> StoreResult<Vec<Edge>> {
        let wanted = |edge: &&Edge| ids.contains(&edge.to) && relations.contains(&edge.relation);
        let mut found: Vec<Edge> = self.0.edges.values().map(|edge| &**edge).filter(wanted).cloned().collect();
        found.sort_by_key(|edge| (edge.from, edge.id));
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn edges_ever_to(
        &self,
        id: RecordId,
        relations: &[Relation],
        of: Kind,
        limit: u32,
    ) -> StoreResult<Vec<Edge>> {
        let is_of = |edge: &Edge| self.0.records.get(&edge.from).is_some_and(|record| record.kind == of);
        let wanted = |edge: &&Edge| edge.to == id && relations.contains(&edge.relation) && is_of(edge);
        let all = self.0.edges.values().chain(&self.0.past_edges).map(|edge| &**edge);
        let mut found: Vec<Edge> = all.filter(wanted).cloned().collect();
        found.sort_by_key(|edge| Reverse((edge.id, edge.since)));
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn edges_at(&self, id: RecordId, revision: Revision) -> StoreResult<Vec<Edge>> {
        let wanted =
            |edge: &&Edge| edge.from == id && edge.since <= revision && edge.until.is_none_or(|until| revision < until);
        Ok(sorted(
            self.0.edges.values().chain(&self.0.past_edges).map(|edge| &**edge).filter(wanted).cloned().collect(),
        ))
    }

    async fn history(&self, id: RecordId, before: Option<Revision>, limit: u32) -> StoreResult<Vec<Record>> {
        let past = self.0.revisions.range((id, Revision(0))..=(id, Revision(u64::MAX))).rev();
        let mut states: Vec<Record> = self.0.record(id).into_iter().cloned().collect();
        for (_, state) in past {
            let mut record = Record::clone(&state.record);
            if let Some(after) = states.last().filter(|_| state.silent) {
                record.body = after.body.clone();
                record.change = after.change.clone();
            }
            states.push(record);
        }
        states.retain(|record| before.is_none_or(|before| record.revision < before));
        states.truncate(limit as usize);
        Ok(states)
    }

    async fn history_below(
        &self,
        parent: RecordId,
        kinds: &[Kind],
        before: Option<StatePlace>,
        limit: u32,
    ) -> StoreResult<Vec<StatePlace>> {
        let is_below = |state: &&Arc<Record>| state.parent == Some(parent) && kinds.contains(&state.kind);
        let past = self.0.revisions.values().map(|past| &past.record);
        let states = self.0.records.values().chain(past).filter(is_below);
        let place = |state: &Arc<Record>| StatePlace { at: state.updated.at, id: state.id, revision: state.revision };
        let mut places: Vec<StatePlace> = states.map(place).collect();
        places.retain(|place| before.is_none_or(|before| *place < before));
        places.sort_unstable_by_key(|place| Reverse(*place));
        places.truncate(limit as usize);
        Ok(places)
    }

    async fn observations(&self, range: &Range) -> StoreResult<Observed> {
        let within = self.0.item(range.account, range.record, range.series, &range.item);
        let within = within.filter(|_| range.from <= range.to);
        let mut found: Vec<Observation> = within
            .into_iter()
            .flat_map(|item| item.range(range.from..=range.to).rev())
            .map(|(at, value)| Observation {
                record: range.record,
                series: range.series,
                item: range.item.clone(),
                at: *at,
                value: value.clone(),
            })
            .collect();
        let total = found.len() as u64;
        found.truncate(range.limit as usize);
        Ok(Observed { found, total })
    }

    async fn newest_observations(
        &self,
        account: AccountId,
        records: &[RecordId],
        series: &[Series],
    ) -> StoreResult<Vec<Observation>> {
        let newest = self.0.observations.iter().filter_map(|((owner, record, name, item), values)| {
            let series = *series.iter().find(|series| series.name() == *name)?;
            let (at, value) = values.last_key_value()?;
            (*owner == account && records.contains(record)).then(|| Observation {
                record: *record,
                series,
                item: item.clone(),
                at: *at,
                value: value.clone(),
            })
        });
        Ok(newest.collect())
    }

    async fn observed_at(&self, account: AccountId, record: RecordId, keys: &[Key]) -> StoreResult<Vec<Option<Value>>> {
        Ok(keys.iter().map(|key| self.0.observed(account, record, key).cloned()).collect())
    }

    async fn secrets(&self, id: RecordId) -> StoreResult<Vec<SealedSecret>> {
        Ok(self.0.secrets.get(&id).cloned().unwrap_or_default())
    }

    async fn access_epoch(&self, account: AccountId) -> StoreResult<u64> {
        Ok(self.0.epochs.get(&account).copied().unwrap_or(0))
    }

    async fn version(&self) -> StoreResult<Option<CommitVersion>> {
        Ok(Some(self.0.version))
    }
}
