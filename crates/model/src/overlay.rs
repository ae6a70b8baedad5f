//! A snapshot with planned but unstored changes on top, so that later commands of one call see earlier ones.

mod matching;
mod observed;
mod planned;
mod shown;

use std::sync::Arc;

use async_trait::async_trait;
use foldhash::{HashSet, HashSetExt};
use parking_lot::Mutex;

use crate::change_set::{ChangeSet, SealedSecret, Write};
use crate::dependency::CommitVersion;
use crate::id::{AccountId, RecordId, Revision};
use crate::kind::Kind;
use crate::observation::{Key, Observation, Observed, Range, Series};
use crate::ports::{Around, Snapshot, StatePlace, StoreResult, Surroundings, level_by_level, step_by_step};
use crate::query::ListQuery;
use crate::record::{Card, Edge, Record};
use crate::relation::Relation;
use planned::Planned;

/// Shows the planned state of records, names, edges, aliases and secrets, in lists too. Only what came back with the
/// restored root of a subtree still looks deleted, and history, credentials and events are those below.
pub struct Overlay<'a> {
    below: &'a dyn Snapshot,
    planned: Mutex<Planned>,
}

impl<'a> Overlay<'a> {
    pub fn over(below: &'a dyn Snapshot) -> Overlay<'a> {
        Overlay { below, planned: Mutex::default() }
    }

    /// Shows what these writes make of the snapshot: of those about subtrees, also where they are half carried out in it.
    pub fn with(below: &'a dyn Snapshot, writes: &[Write]) -> Overlay<'a> {
        let overlay = Overlay::over(below);
        let mut planned = overlay.planned.lock();
        writes.iter().for_each(|write| planned.apply(write));
        drop(planned);
        overlay
    }

    /// Puts a planned change set on top.
    pub fn apply(&self, set: &ChangeSet) {
        let mut planned = self.planned.lock();
        for write in &set.writes {
            planned.apply(write);
        }
    }

    /// Whether the record looks different because of what was planned for a whole subtree, and was looked at.
    pub fn has_reached(&self, id: RecordId) -> bool {
        self.planned.lock().reached.contains(&id)
    }
}

crate::ledger_below! { [] Overlay<'_>, self => self.below }

#[async_trait]
impl Snapshot for Overlay<'_> {
    async fn by_id(&self, account: AccountId, ids: &[RecordId]) -> StoreResult<Vec<Option<Record>>> {
        let mut shown = Vec::with_capacity(ids.len());
        for (id, found) in ids.iter().zip(self.below.by_id(account, ids).await?) {
            shown.push(self.shown(account, *id, found).await?);
        }
        Ok(shown)
    }

    async fn cards(&self, account: AccountId, ids: &[RecordId]) -> StoreResult<Vec<Option<Arc<Card>>>> {
        if self.leaves(ids.iter().copied()) {
            return self.below.cards(account, ids).await;
        }
        let found = self.by_id(account, ids).await?;
        Ok(found.iter().map(|record| record.as_ref().map(|record| Arc::new(Card::of(record)))).collect())
    }

    async fn cards_and_above(
        &self,
        account: AccountId,
        ids: &[RecordId],
        standing: &[RecordId],
    ) -> StoreResult<Vec<Arc<Card>>> {
        if self.leaves(ids.iter().chain(standing).copied()) {
            let found = self.below.cards_and_above(account, ids, standing).await?;
            if self.leaves(found.iter().map(|card| card.id)) {
                return Ok(found);
            }
        }
        level_by_level(self, account, ids, standing).await
    }

    async fn surroundings(&self, account: AccountId, asked: &Around<'_>) -> StoreResult<Surroundings> {
        if self.planned.lock().is_empty() {
            return self.below.surroundings(account, asked).await;
        }
        step_by_step(self, account, asked).await
    }

    async fn by_fqn(&self, account: AccountId, kind: Kind, fqns: &[&str]) -> StoreResult<Vec<Option<Record>>> {
        let mut found = self.below.by_fqn(account, kind, fqns).await?;
        for (slot, fqn) in found.iter_mut().zip(fqns) {
            let (named, earlier) = {
                let planned = self.planned.lock();
                (planned.named(account, kind, fqn), planned.earlier_names(fqn))
            };
            let mut holder = None;
            if let Some(id) = named {
                holder = self.shown(account, id, None).await?;
            }
            let holds = |record: &Record| record.fqn == *fqn && record.state.holds_name();
            if holder.as_ref().is_none_or(|record| !holds(record))
                && let Some(record) = slot.take()
            {
                holder = self.shown(account, record.id, Some(record)).await?;
            }
            for before in earlier {
                if holder.as_ref().is_some_and(holds) {
                    break;
                }
                if let Some(record) = self.below.by_fqn(account, kind, &[&before]).await?.into_iter().flatten().next() {
                    holder = self.shown(account, record.id, Some(record)).await?;
                }
            }
            *slot = holder.filter(holds);
        }
        Ok(found)
    }

    async fn by_folded_name(
        &self,
        account: AccountId,
        kind: Kind,
        folded: &str,
        limit: u32,
    ) -> StoreResult<Vec<Record>> {
        let planned = self.planned.lock().folded(kind, folded);
        let mut seen: HashSet<RecordId> = HashSet::new();
        let mut shown = Vec::new();
        let below = self.below.by_folded_name(account, kind, folded, limit).await?;
        let candidates =
            below.into_iter().map(|record| (record.id, Some(record))).chain(planned.into_iter().map(|id| (id, None)));
        for (id, found) in candidates {
            if seen.insert(id)
                && let Some(record) = self.shown(account, id, found).await?
                && record.state.holds_name()
                && crate::name::fold(&record.name) == folded
            {
                shown.push(record);
            }
        }
        Ok(shown)
    }

    async fn by_alias(&self, account: AccountId, space: &str, value: &str) -> StoreResult<Option<RecordId>> {
        let planned = self.planned.lock().alias(account, space, value);
        match planned {
            Some(answer) => Ok(answer),
            None => self.below.by_alias(account, space, value).await,
        }
    }

    async fn aliases(&self, space: &str, ids: &[RecordId]) -> StoreResult<Vec<(RecordId, String)>> {
        let mut found = self.below.aliases(space, ids).await?;
        let planned = self.planned.lock();
        found.retain(|(_, value)| !planned.has_moved(space, value));
        found.extend(ids.iter().flat_map(|id| planned.aliases_of(space, *id).map(|value| (*id, value))));
        Ok(found)
    }

    async fn greatest_alias(
        &self,
        account: AccountId,
        kind: Kind,
        space: &str,
        beneath: Option<&str>,
    ) -> StoreResult<Option<(RecordId, String)>> {
        let mut greatest: Option<(RecordId, String)> = None;
        let mut bound = beneath.map(str::to_owned);
        while let Some((id, value)) = self.below.greatest_alias(account, kind, space, bound.as_deref()).await? {
            let holds = !self.planned.lock().has_moved(space, &value);
            if holds && self.by_id(account, &[id]).await?.iter().flatten().any(|record| record.state.is_alive()) {
                greatest = Some((id, value));
                break;
            }
            bound = Some(value);
        }
        let is_asked = |record: &&Record| record.account == account && record.state.is_alive();
        let planned: Vec<RecordId> =
            self.planned.lock().of_kind(kind).filter(is_asked).map(|record| record.id).collect();
        let own = if planned.is_empty() { Vec::new() } else { self.aliases(space, &planned).await? };
        let own = own.into_iter().filter(|(_, value)| beneath.is_none_or(|beneath| value.as_str() < beneath));
        Ok(own.chain(greatest).max_by(|one, other| one.1.cmp(&other.1)))
    }

    async fn list(&self, query: &ListQuery) -> StoreResult<Vec<Record>> {
        if self.is_clear(query.kind) {
            return self.below.list(query).await;
        }
        let mut found = self.matching(query).await?;
        found.retain(|record| query.is_ahead(record));
        let planned: HashSet<RecordId> = self.planned.lock().of_kind(query.kind).map(|record| record.id).collect();
        let limit = query.limit as usize;
        let mut page = query.clone();
        let mut room = limit;
        while room > 0 {
            let batch = self.below.list(&page).await?;
            let is_last = batch.len() < page.limit as usize;
            page.after = batch.last().map(|last| query.keyset(last));
            for record in batch.into_iter().filter(|record| !planned.contains(&record.id)) {
                if let Some(record) = self.shown(query.account, record.id, Some(record)).await?
                    && matching::of_record(query, &record)
                {
                    found.push(record);
                    room = room.saturating_sub(1);
                }
            }
            if is_last {
                break;
            }
        }
        found.sort_by(|a, b| query.compare(a, b));
        found.truncate(limit);
        Ok(found)
    }

    async fn count(&self, query: &ListQuery) -> StoreResult<u64> {
        if self.is_clear(query.kind) {
            return self.below.count(query).await;
        }
        let mut page = ListQuery { after: None, limit: 1_000, ..query.clone() };
        if self.planned.lock().has_subtrees() {
            let mut total = 0;
            loop {
                let batch = self.list(&page).await?;
                total += batch.len() as u64;
                match batch.last() {
                    Some(last) if batch.len() == page.limit as usize => page.after = Some(query.keyset(last)),
                    _ => return Ok(total),
                }
            }
        }
        let planned: HashSet<RecordId> = self.planned.lock().of_kind(query.kind).map(|record| record.id).collect();
        let replaced = match &query.ids {
            Some(ids) => ids.iter().copied().filter(|id| planned.contains(id)).collect(),
            None => planned.into_iter().collect(),
        };
        let stale = self.below.count(&ListQuery { ids: Some(replaced), ..query.clone() }).await?;
        let fresh = self.matching(query).await?.len() as u64;
        Ok((self.below.count(query).await? + fresh).saturating_sub(stale))
    }

    async fn edges_from(&self, ids: &[RecordId], relations: Option<&[Relation]>) -> StoreResult<Vec<Edge>> {
        let mut edges = self.below.edges_from(ids, relations).await?;
        let planned = self.planned.lock();
        edges.retain(|edge| !planned.has_replaced(edge.id));
        let stored = edges.len();
        edges.extend(
            planned.edges_from(ids).filter(|edge| relations.is_none_or(|list| list.contains(&edge.relation))).cloned(),
        );
        if edges.len() > stored {
            edges.sort_by(|a, b| {
                (a.from, a.relation.name(), a.at.as_str(), a.ord, a.id).cmp(&(
                    b.from,
                    b.relation.name(),
                    b.at.as_str(),
                    b.ord,
                    b.id,
                ))
            });
        }
        Ok(edges)
    }

    async fn edges_to(&self, ids: &[RecordId], relations: &[Relation], limit: u32) -> StoreResult<Vec<Edge>> {
        let mut edges = self.below.edges_to(ids, relations, limit).await?;
        let planned = self.planned.lock();
        edges.retain(|edge| !planned.has_replaced(edge.id));
        edges.extend(planned.edges_to(ids).filter(|edge| relations.contains(&edge.relation)).cloned());
        Ok(edges)
    }

    async fn edges_ever_to(
        &self,
        id: RecordId,
        relations: &[Relation],
        of: Kind,
        limit: u32,
    ) -> StoreResult<Vec<Edge>> {
        self.below.edges_ever_to(id, relations, of, limit).await
    }

    async fn edges_at(&self, id: RecordId, revision: Revision) -> StoreResult<Vec<Edge>> {
        self.below.edges_at(id, revision).await
    }

    async fn history(&self, id: RecordId, before: Option<Revision>, limit: u32) -> StoreResult<Vec<Record>> {
        self.below.history(id, before, limit).await
    }

    async fn history_below(
        &self,
        parent: RecordId,
        kinds: &[Kind],
        before: Option<StatePlace>,
        limit: u32,
    ) -> StoreResult<Vec<StatePlace>> {
        self.below.history_below(parent, kinds, before, limit).await
    }

    async fn observations(&self, range: &Range) -> StoreResult<Observed> {
        let planned = self.planned.lock().observed.of_item(range.record, range.series, &range.item);
        observed::range(self.below, planned, range).await
    }

    async fn newest_observations(
        &self,
        account: AccountId,
        records: &[RecordId],
        series: &[Series],
    ) -> StoreResult<Vec<Observation>> {
        let mut found = self.below.newest_observations(account, records, series).await?;
        let items = self.planned.lock().observed.items(records, series);
        for (record, series, item) in items {
            found.retain(|known| (known.record, known.series, &known.item) != (record, series, &item));
            let planned = self.planned.lock().observed.of_item(record, series, &item);
            found.extend(observed::newest(self.below, planned, account, (record, series, item)).await?);
        }
        found.sort_by(|a, b| (a.record, a.series.name(), &a.item).cmp(&(b.record, b.series.name(), &b.item)));
        Ok(found)
    }

    async fn observed_at(
        &self,
        account: AccountId,
        record: RecordId,
        keys: &[Key],
    ) -> StoreResult<Vec<Option<serde_json::Value>>> {
        let mut found = self.below.observed_at(account, record, keys).await?;
        let planned = self.planned.lock();
        for (known, key) in found.iter_mut().zip(keys) {
            if let Some(value) = planned.observed.at(record, key) {
                *known = value;
            }
        }
        Ok(found)
    }

    async fn secrets(&self, id: RecordId) -> StoreResult<Vec<SealedSecret>> {
        let planned = self.planned.lock().secrets(id);
        match planned {
            Some(secrets) => Ok(secrets),
            None => self.below.secrets(id).await,
        }
    }

    async fn access_epoch(&self, account: AccountId) -> StoreResult<u64> {
        self.below.access_epoch(account).await
    }

    /// That of what is stored.
    async fn version(&self) -> StoreResult<Option<CommitVersion>> {
        self.below.version().await
    }
}
