//! One consistent state of the store: what can be asked of it.

use std::sync::Arc;

use async_trait::async_trait;
use foldhash::{HashSet, HashSetExt};

use super::Ledger;
use super::around::{Around, Surroundings, Upward, level_by_level, step_by_step, unique};
use super::store::StoreResult;
use crate::change_set::SealedSecret;
use crate::dependency::CommitVersion;
use crate::id::{AccountId, Millis, RecordId, Revision};
use crate::kind::Kind;
use crate::observation::{Key, Observation, Observed, Range, Series};
use crate::query::ListQuery;
use crate::record::{Card, Edge, Record};
use crate::relation::Relation;

/// One consistent state of the store. Answers keep the order of the question.
#[async_trait]
pub trait Snapshot: Ledger {
    /// Records of the account, deleted ones included.
    async fn by_id(&self, account: AccountId, ids: &[RecordId]) -> StoreResult<Vec<Option<Record>>>;

    /// The same as cards, for those who need no more.
    async fn cards(&self, account: AccountId, ids: &[RecordId]) -> StoreResult<Vec<Option<Arc<Card>>>> {
        let found = self.by_id(account, ids).await?;
        Ok(found.iter().map(|record| record.as_ref().map(|record| Arc::new(Card::of(record)))).collect())
    }

    /// The cards of the records, and of those that are `standing` somewhere with everything above them; each once, in no
    /// order.
    async fn cards_and_above(
        &self,
        account: AccountId,
        ids: &[RecordId],
        standing: &[RecordId],
    ) -> StoreResult<Vec<Arc<Card>>> {
        level_by_level(self, account, ids, standing).await
    }

    /// What stands around records: their living edges, as of `edges_from`, and the cards of what these lead to. Of what
    /// is `standing` somewhere, and of what edges of the `places` lead to, with everything above. Edges `above`, with the
    /// same of what they lead to, follow those of the records. Each edge and each card once.
    async fn surroundings(&self, account: AccountId, asked: &Around<'_>) -> StoreResult<Surroundings> {
        step_by_step(self, account, asked).await
    }

    /// Records that hold these FQNs (alive, or deleted and still holding the name).
    async fn by_fqn(&self, account: AccountId, kind: Kind, fqns: &[&str]) -> StoreResult<Vec<Option<Record>>>;

    /// Records of the kind that hold this name in its folded form, at most `limit`.
    async fn by_folded_name(
        &self,
        account: AccountId,
        kind: Kind,
        folded: &str,
        limit: u32,
    ) -> StoreResult<Vec<Record>>;

    async fn by_alias(&self, account: AccountId, space: &str, value: &str) -> StoreResult<Option<RecordId>>;

    /// `(id, value)` of the aliases that the records have in the space.
    async fn aliases(&self, space: &str, ids: &[RecordId]) -> StoreResult<Vec<(RecordId, String)>>;

    /// Of the living records of the kind, the one with the greatest alias in the space, and that alias; where a value is
    /// given, of the aliases beneath it.
    async fn greatest_alias(
        &self,
        account: AccountId,
        kind: Kind,
        space: &str,
        beneath: Option<&str>,
    ) -> StoreResult<Option<(RecordId, String)>>;

    async fn list(&self, query: &ListQuery) -> StoreResult<Vec<Record>>;

    /// How many records the query matches without its place and limit.
    async fn count(&self, query: &ListQuery) -> StoreResult<u64>;

    /// Several lists at once.
    async fn lists(&self, queries: &[ListQuery]) -> StoreResult<Vec<Vec<Record>>> {
        let mut lists = Vec::with_capacity(queries.len());
        for query in queries {
            lists.push(self.list(query).await?);
        }
        Ok(lists)
    }

    /// Several counts at once.
    async fn counts(&self, queries: &[ListQuery]) -> StoreResult<Vec<u64>> {
        let mut counts = Vec::with_capacity(queries.len());
        for query in queries {
            counts.push(self.count(query).await?);
        }
        Ok(counts)
    }

    /// Living edges from the records; `None` means every relation. Ordered by source, relation, place, `ord`.
    async fn edges_from(&self, ids: &[RecordId], relations: Option<&[Relation]>) -> StoreResult<Vec<Edge>>;

    /// Living edges of a relation from records, from what those lead to, and so on; with those by which `members` are
    /// held, where these edges begin, too. The cards of all of these but the members. In no order.
    async fn edges_up(&self, account: AccountId, asked: &Upward<'_>) -> StoreResult<Surroundings> {
        let mut found = match asked.members {
            [] => Vec::new(),
            members => self.edges_to(members, &[asked.holding], u32::MAX).await?,
        };
        let mut seen: HashSet<RecordId> = HashSet::new();
        let mut level = asked.start(&found);
        loop {
            level.retain(|id| seen.insert(*id));
            if level.is_empty() {
                break;
            }
            let edges = self.edges_from(&level, Some(&[asked.relation])).await?;
            level = edges.iter().map(|edge| edge.to).collect();
            found.extend(edges);
        }
        let cards = self.cards(account, &unique(seen.into_iter())).await?;
        Ok((found, cards.into_iter().flatten().collect()))
    }

    /// Living edges to the records, at most `limit`, ordered by source, then by id.
    async fn edges_to(&self, ids: &[RecordId], relations: &[Relation], limit: u32) -> StoreResult<Vec<Edge>>;

    /// Those of all living edges to the records that bear an attribute, in the same order. An engine keeps what few edges
    /// bear apart, so that it costs as much as there are such edges.
    async fn edges_bearing(
        &self,
        attribute: &'static str,
        ids: &[RecordId],
        relations: &[Relation],
    ) -> StoreResult<Vec<Edge>> {
        let mut edges = self.edges_to(ids, relations, u32::MAX).await?;
        edges.retain(|edge| edge.attributes.get(attribute).is_some_and(|value| !value.is_null()));
        Ok(edges)
    }

    /// Edges to the record from records of a kind, also those that have ended, which began last first, at most `limit`.
    async fn edges_ever_to(&self, id: RecordId, relations: &[Relation], of: Kind, limit: u32)
    -> StoreResult<Vec<Edge>>;

    /// The edges that were alive at a revision of their source.
    async fn edges_at(&self, id: RecordId, revision: Revision) -> StoreResult<Vec<Edge>>;

    /// Past and present states, newest first, at most `limit`, older than `before` where given.
    async fn history(&self, id: RecordId, before: Option<Revision>, limit: u32) -> StoreResult<Vec<Record>>;

    /// The places of past and present states of records of these kinds that stood right below one, in whatever state they
    /// were: newest first, at most `limit`, behind `before` where given. No more of them are looked at than that, as far
    /// as an engine has them in this order: those of semantic models and verified queries.
    async fn history_below(
        &self,
        parent: RecordId,
        kinds: &[Kind],
        before: Option<StatePlace>,
        limit: u32,
    ) -> StoreResult<Vec<StatePlace>>;

    /// What was observed of one item of a record between two times, newest first.
    async fn observations(&self, range: &Range) -> StoreResult<Observed>;

    /// The newest observation of each item of these series, ordered by record, series and item.
    async fn newest_observations(
        &self,
        account: AccountId,
        records: &[RecordId],
        series: &[Series],
    ) -> StoreResult<Vec<Observation>>;

    /// What was observed at just these times.
    async fn observed_at(
        &self,
        account: AccountId,
        record: RecordId,
        keys: &[Key],
    ) -> StoreResult<Vec<Option<serde_json::Value>>>;

    /// The states that records had at revisions, each with the edges that were alive then: the newest state that is no
    /// newer than the revision.
    async fn states(&self, wanted: &[(RecordId, Revision)]) -> StoreResult<Vec<Option<PastState>>> {
        let mut states = Vec::with_capacity(wanted.len());
        for (id, revision) in wanted {
            let state = self.history(*id, Some(revision.next()), 1).await?.pop();
            states.push(match state {
                Some(record) => {
                    let edges = self.edges_at(*id, record.revision).await?;
                    Some((record, edges))
                }
                None => None,
            });
        }
        Ok(states)
    }

    async fn secrets(&self, id: RecordId) -> StoreResult<Vec<SealedSecret>>;

    async fn access_epoch(&self, account: AccountId) -> StoreResult<u64>;

    /// The moment that this state is of, for [`Store::unchanged_until`]; `None` from an engine that marks none.
    async fn version(&self) -> StoreResult<Option<CommitVersion>> {
        Ok(None)
    }
}

/// What a record was, with the edges that were alive then.
pub type PastState = (Record, Vec<Edge>);

/// Where a state stands among those of several records: by its time, then by its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatePlace {
    pub at: Millis,
    pub id: RecordId,
    pub revision: Revision,
}

/// Hands every question of a [`Snapshot`] to a macro that answers them all in one way:
/// `answer! { { with… } [by_id(…) -> …; …] [count(…) -> …; …] }`. First those that an engine must answer; then
/// `count`, which one wrapper answers otherwise, and those that have an answer made of others.
#[macro_export]
macro_rules! snapshot_questions {
    ($answer:ident $($with:tt)*) => {
        $answer! {
            { $($with)* }
            [
                by_id(account: $crate::id::AccountId, ids: &[$crate::id::RecordId]) -> Vec<Option<$crate::record::Record>>;
                by_fqn(account: $crate::id::AccountId, kind: $crate::kind::Kind, fqns: &[&str]) -> Vec<Option<$crate::record::Record>>;
                by_folded_name(account: $crate::id::AccountId, kind: $crate::kind::Kind, folded: &str, limit: u32) -> Vec<$crate::record::Record>;
                by_alias(account: $crate::id::AccountId, space: &str, value: &str) -> Option<$crate::id::RecordId>;
                aliases(space: &str, ids: &[$crate::id::RecordId]) -> Vec<($crate::id::RecordId, String)>;
                greatest_alias(account: $crate::id::AccountId, kind: $crate::kind::Kind, space: &str, beneath: Option<&str>) -> Option<($crate::id::RecordId, String)>;
                list(query: &$crate::query::ListQuery) -> Vec<$crate::record::Record>;
                edges_from(ids: &[$crate::id::RecordId], relations: Option<&[$crate::relation::Relation]>) -> Vec<$crate::record::Edge>;
                edges_to(ids: &[$crate::id::RecordId], relations: &[$crate::relation::Relation], limit: u32) -> Vec<$crate::record::Edge>;
                edges_ever_to(id: $crate::id::RecordId, relations: &[$crate::relation::Relation], of: $crate::kind::Kind, limit: u32) -> Vec<$crate::record::Edge>;
                edges_at(id: $crate::id::RecordId, revision: $crate::id::Revision) -> Vec<$crate::record::Edge>;
                history(id: $crate::id::RecordId, before: Option<$crate::id::Revision>, limit: u32) -> Vec<$crate::record::Record>;
                history_below(parent: $crate::id::RecordId, kinds: &[$crate::kind::Kind], before: Option<$crate::ports::StatePlace>, limit: u32) -> Vec<$crate::ports::StatePlace>;
                observations(range: &$crate::observation::Range) -> $crate::observation::Observed;
                newest_observations(account: $crate::id::AccountId, records: &[$crate::id::RecordId], series: &[$crate::observation::Series]) -> Vec<$crate::observation::Observation>;
                observed_at(account: $crate::id::AccountId, record: $crate::id::RecordId, keys: &[$crate::observation::Key]) -> Vec<Option<::serde_json::Value>>;
                secrets(id: $crate::id::RecordId) -> Vec<$crate::change_set::SealedSecret>;
                access_epoch(account: $crate::id::AccountId) -> u64;
            ]
            [
                count(query: &$crate::query::ListQuery) -> u64;
                cards(account: $crate::id::AccountId, ids: &[$crate::id::RecordId]) -> Vec<Option<::std::sync::Arc<$crate::record::Card>>>;
                cards_and_above(account: $crate::id::AccountId, ids: &[$crate::id::RecordId], standing: &[$crate::id::RecordId]) -> Vec<::std::sync::Arc<$crate::record::Card>>;
                surroundings(account: $crate::id::AccountId, asked: &$crate::ports::Around<'_>) -> $crate::ports::Surroundings;
                lists(queries: &[$crate::query::ListQuery]) -> Vec<Vec<$crate::record::Record>>;
                counts(queries: &[$crate::query::ListQuery]) -> Vec<u64>;
                edges_up(account: $crate::id::AccountId, asked: &$crate::ports::Upward<'_>) -> $crate::ports::Surroundings;
                edges_bearing(attribute: &'static str, ids: &[$crate::id::RecordId], relations: &[$crate::relation::Relation]) -> Vec<$crate::record::Edge>;
                states(wanted: &[($crate::id::RecordId, $crate::id::Revision)]) -> Vec<Option<$crate::ports::PastState>>;
                version() -> Option<$crate::dependency::CommitVersion>;
            ]
        }
    };
}
