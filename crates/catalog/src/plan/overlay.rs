//! A snapshot with planned but unstored changes on top, so that later commands of one call see earlier ones.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use parking_lot::Mutex;

use crate::change_set::{ChangeSet, Credential, CredentialClass, Event, RememberedAnswer, SealedSecret, Write};
use crate::id::{AccountId, CredentialId, EdgeId, RecordId, Revision, Seq};
use crate::kind::Kind;
use crate::ports::{Snapshot, StoreResult};
use crate::query::ListQuery;
use crate::record::{Edge, Record};
use crate::relation::Relation;

/// Lists and counts show the snapshot below only; points, names, edges, aliases and secrets show the planned state.
pub struct Overlay<'a> {
    below: &'a dyn Snapshot,
    planned: Mutex<Planned>,
}

#[derive(Default)]
struct Planned {
    records: HashMap<RecordId, Record>,
    names: HashMap<(AccountId, &'static str, String), RecordId>,
    linked: Vec<Edge>,
    unlinked: HashSet<EdgeId>,
    aliases: HashMap<(AccountId, String, String), Option<RecordId>>,
    secrets: HashMap<RecordId, Vec<SealedSecret>>,
}

impl<'a> Overlay<'a> {
    pub fn over(below: &'a dyn Snapshot) -> Overlay<'a> {
        Overlay { below, planned: Mutex::default() }
    }

    /// Puts a planned change set on top.
    pub fn apply(&self, set: &ChangeSet) {
        let mut planned = self.planned.lock();
        for write in &set.writes {
            match write {
                Write::Put { record, .. } => {
                    planned.names.insert((record.account, record.kind.name(), record.fqn.clone()), record.id);
                    planned.records.insert(record.id, (**record).clone());
                }
                Write::Link(edge) => {
                    planned.unlinked.remove(&edge.id);
                    planned.linked.retain(|known| known.id != edge.id);
                    planned.linked.push((**edge).clone());
                }
                Write::Unlink { id, .. } => {
                    planned.linked.retain(|edge| edge.id != *id);
                    planned.unlinked.insert(*id);
                }
                Write::Alias { account, space, value, id } => {
                    planned.aliases.insert((*account, (*space).to_owned(), value.clone()), Some(*id));
                }
                Write::Unalias { account, space, value } => {
                    planned.aliases.insert((*account, (*space).to_owned(), value.clone()), None);
                }
                Write::PutSecrets { id, secrets } => drop(planned.secrets.insert(*id, secrets.clone())),
                _ => {}
            }
        }
    }
}

#[async_trait]
impl Snapshot for Overlay<'_> {
    async fn by_id(&self, account: AccountId, ids: &[RecordId]) -> StoreResult<Vec<Option<Record>>> {
        let mut found = self.below.by_id(account, ids).await?;
        let planned = self.planned.lock();
        for (slot, id) in found.iter_mut().zip(ids) {
            if let Some(record) = planned.records.get(id).filter(|record| record.account == account) {
                *slot = Some(record.clone());
            }
        }
        Ok(found)
    }

    async fn by_fqn(&self, account: AccountId, kind: Kind, fqns: &[&str]) -> StoreResult<Vec<Option<Record>>> {
        let mut found = self.below.by_fqn(account, kind, fqns).await?;
        let planned = self.planned.lock();
        for (slot, fqn) in found.iter_mut().zip(fqns) {
            let id = planned.names.get(&(account, kind.name(), (*fqn).to_owned())).copied();
            let id = id.or(slot.as_ref().map(|record| record.id));
            if let Some(record) = id.and_then(|id| planned.records.get(&id)) {
                *slot = (record.fqn == *fqn && record.state.holds_name()).then(|| record.clone());
            }
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
        let mut found = self.below.by_folded_name(account, kind, folded, limit).await?;
        let planned = self.planned.lock();
        found.retain(|record| !planned.records.contains_key(&record.id));
        found.extend(
            planned
                .records
                .values()
                .filter(|record| {
                    record.account == account
                        && record.kind == kind
                        && record.state.holds_name()
                        && crate::name::fold(&record.name) == folded
                })
                .cloned(),
        );
        Ok(found)
    }

    async fn by_alias(&self, account: AccountId, space: &str, value: &str) -> StoreResult<Option<RecordId>> {
        let planned = self.planned.lock().aliases.get(&(account, space.to_owned(), value.to_owned())).copied();
        match planned {
            Some(answer) => Ok(answer),
            None => self.below.by_alias(account, space, value).await,
        }
    }

    async fn aliases(&self, space: &str, ids: &[RecordId]) -> StoreResult<Vec<(RecordId, String)>> {
        let mut found = self.below.aliases(space, ids).await?;
        let planned = self.planned.lock();
        found.retain(|(_, value)| !planned.aliases.keys().any(|(_, s, v)| s == space && v == value));
        found.extend(
            planned
                .aliases
                .iter()
                .filter_map(|((_, s, v), id)| id.filter(|id| s == space && ids.contains(id)).map(|id| (id, v.clone()))),
        );
        Ok(found)
    }

    async fn list(&self, query: &ListQuery) -> StoreResult<Vec<Record>> {
        self.below.list(query).await
    }

    async fn count(&self, query: &ListQuery) -> StoreResult<u64> {
        self.below.count(query).await
    }

    async fn edges_from(&self, ids: &[RecordId], relations: Option<&[Relation]>) -> StoreResult<Vec<Edge>> {
        let mut edges = self.below.edges_from(ids, relations).await?;
        let planned = self.planned.lock();
        edges.retain(|edge| !planned.unlinked.contains(&edge.id) && !planned.linked.iter().any(|l| l.id == edge.id));
        edges.extend(
            planned
                .linked
                .iter()
                .filter(|edge| ids.contains(&edge.from) && relations.is_none_or(|list| list.contains(&edge.relation)))
                .cloned(),
        );
        Ok(edges)
    }

    async fn edges_to(&self, ids: &[RecordId], relations: &[Relation], limit: u32) -> StoreResult<Vec<Edge>> {
        let mut edges = self.below.edges_to(ids, relations, limit).await?;
        let planned = self.planned.lock();
        edges.retain(|edge| !planned.unlinked.contains(&edge.id) && !planned.linked.iter().any(|l| l.id == edge.id));
        edges.extend(planned.linked.iter().filter(|e| ids.contains(&e.to) && relations.contains(&e.relation)).cloned());
        Ok(edges)
    }

    async fn edges_at(&self, id: RecordId, revision: Revision) -> StoreResult<Vec<Edge>> {
        self.below.edges_at(id, revision).await
    }

    async fn history(&self, id: RecordId, before: Option<Revision>, limit: u32) -> StoreResult<Vec<Record>> {
        self.below.history(id, before, limit).await
    }

    async fn secrets(&self, id: RecordId) -> StoreResult<Vec<SealedSecret>> {
        let planned = self.planned.lock().secrets.get(&id).cloned();
        match planned {
            Some(secrets) => Ok(secrets),
            None => self.below.secrets(id).await,
        }
    }

    async fn credential(&self, class: CredentialClass, public: &str) -> StoreResult<Option<Credential>> {
        self.below.credential(class, public).await
    }

    async fn credential_by_id(&self, id: CredentialId) -> StoreResult<Option<Credential>> {
        self.below.credential_by_id(id).await
    }

    async fn credentials_of(&self, user: RecordId) -> StoreResult<Vec<Credential>> {
        self.below.credentials_of(user).await
    }

    async fn answer_for(&self, account: AccountId, scope: &str, key: &str) -> StoreResult<Option<RememberedAnswer>> {
        self.below.answer_for(account, scope, key).await
    }

    async fn access_epoch(&self, account: AccountId) -> StoreResult<u64> {
        self.below.access_epoch(account).await
    }

    async fn events(&self, after: Seq, limit: u32) -> StoreResult<Vec<(Seq, Event)>> {
        self.below.events(after, limit).await
    }

    async fn head(&self) -> StoreResult<Seq> {
        self.below.head().await
    }
}
