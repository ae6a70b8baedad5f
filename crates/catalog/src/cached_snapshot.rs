//! A snapshot that is asked for nothing twice: records by id and by FQN, cards and edges stay with it while it lives.
//!
//! So code that looks at one record after the other stays as simple as it is, and still asks few questions: what it will
//! want to know is fetched for all records at once before ([`crate::prefetch`]), and it is answered from here.

mod known;

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use parking_lot::Mutex;

use crate::climb::{MOST_ANCESTORS, first_unknown};
use crate::id::{AccountId, RecordId};
use crate::kind::Kind;
use crate::ports::{Around, Snapshot, StoreResult, Surroundings, Upward, Wrapper, join};
use crate::record::{Card, Edge, Record};
use crate::relation::Relation;
use known::Known;

/// Over any snapshot.
pub struct CachedSnapshot<'a> {
    below: Below<'a>,
    known: Mutex<Known>,
}

enum Below<'a> {
    Borrowed(&'a dyn Snapshot),
    Owned(Box<dyn Snapshot>),
}

impl<'a> CachedSnapshot<'a> {
    pub fn over(below: &'a dyn Snapshot) -> CachedSnapshot<'a> {
        CachedSnapshot { below: Below::Borrowed(below), known: Mutex::default() }
    }

    /// Over one that ends with it.
    pub fn of(below: Box<dyn Snapshot>) -> CachedSnapshot<'static> {
        CachedSnapshot { below: Below::Owned(below), known: Mutex::default() }
    }
}

impl CachedSnapshot<'_> {
    /// Reads what is not known yet of what stands around records, by one question.
    async fn fetch_around(&self, account: AccountId, asked: &Around<'_>) -> StoreResult<()> {
        let (missing, standing) = {
            let known = self.known.lock();
            let missing: Vec<RecordId> =
                unique(asked.ids).into_iter().filter(|id| !known.has_edges(*id, asked.relations)).collect();
            let lacks = |id: &RecordId| !known.has_all_above(account, *id, asked.above);
            (missing, unique(&asked.standing.iter().copied().filter(lacks).collect::<Vec<_>>()))
        };
        if missing.is_empty() && (standing.is_empty() || asked.above.is_empty()) {
            return Ok(());
        }
        let fresh = Around { ids: &missing, standing: &standing, ..*asked };
        let (edges, cards) = self.below().surroundings(account, &fresh).await?;
        let is_own = |edge: &Edge| {
            missing.binary_search(&edge.from).is_ok() && asked.relations.is_none_or(|all| all.contains(&edge.relation))
        };
        let (own, mut farther): (Vec<Edge>, Vec<Edge>) = edges.into_iter().partition(is_own);
        let above = if asked.above.is_empty() { Vec::new() } else { fresh.up(&own, &cards) };
        // What is asked for itself can stand above another.
        let is_above = |edge: &&Edge| above.binary_search(&edge.from).is_ok() && asked.above.contains(&edge.relation);
        farther.extend(own.iter().filter(is_above).cloned());
        farther.retain(|edge| is_above(&edge));
        let met = [fresh.split(&own), fresh.farther(&above).split(&farther)];
        let mut known = self.known.lock();
        known.cards.extend(cards.into_iter().map(|card| ((account, card.id), Some(card))));
        for id in met.into_iter().flat_map(|(targets, standing)| targets.into_iter().chain(standing)) {
            known.cards.entry((account, id)).or_insert(None);
        }
        known.put_edges(&missing, asked.relations, own);
        if !above.is_empty() {
            known.put_edges(&above, Some(asked.above), farther);
        }
        Ok(())
    }
}

fn unique(ids: &[RecordId]) -> Vec<RecordId> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    ids
}

emporion_model::ledger_below! { [] CachedSnapshot<'_>, self => self.below() }

impl Wrapper for CachedSnapshot<'_> {
    fn below(&self) -> &dyn Snapshot {
        match &self.below {
            Below::Borrowed(below) => *below,
            Below::Owned(below) => &**below,
        }
    }

    async fn by_id(&self, account: AccountId, ids: &[RecordId]) -> StoreResult<Vec<Option<Record>>> {
        let missing = {
            let known = self.known.lock();
            let is_missing = |id: &RecordId| !known.records.contains_key(&(account, *id));
            unique(ids).into_iter().filter(is_missing).collect::<Vec<_>>()
        };
        if !missing.is_empty() {
            let found = self.below().by_id(account, &missing).await?;
            let mut known = self.known.lock();
            for (id, record) in missing.into_iter().zip(found) {
                known.put_record(account, id, record);
            }
        }
        let known = self.known.lock();
        Ok(ids.iter().map(|id| known.records.get(&(account, *id)).cloned().flatten()).collect())
    }

    async fn cards(&self, account: AccountId, ids: &[RecordId]) -> StoreResult<Vec<Option<Arc<Card>>>> {
        let missing = {
            let known = self.known.lock();
            unique(ids).into_iter().filter(|id| known.card(account, *id).is_none()).collect::<Vec<_>>()
        };
        if !missing.is_empty() {
            let found = self.below().cards(account, &missing).await?;
            let mut known = self.known.lock();
            known.cards.extend(missing.into_iter().map(|id| (account, id)).zip(found));
        }
        let known = self.known.lock();
        Ok(ids.iter().map(|id| known.card(account, *id).cloned().flatten()).collect())
    }

    async fn cards_and_above(
        &self,
        account: AccountId,
        ids: &[RecordId],
        standing: &[RecordId],
    ) -> StoreResult<Vec<Arc<Card>>> {
        let (plain, above) = {
            let known = self.known.lock();
            let plain: Vec<RecordId> = ids.iter().copied().filter(|id| known.card(account, *id).is_none()).collect();
            let look = |id| known.card(account, id).cloned();
            let above: Vec<RecordId> = standing.iter().filter_map(|id| first_unknown(*id, look)).collect();
            (unique(&plain), unique(&above))
        };
        if !plain.is_empty() || !above.is_empty() {
            let fetched = self.below().cards_and_above(account, &plain, &above).await?;
            let mut known = self.known.lock();
            known.cards.extend(fetched.into_iter().map(|card| ((account, card.id), Some(card))));
            for id in plain.into_iter().chain(above) {
                known.cards.entry((account, id)).or_insert(None);
            }
        }
        let known = self.known.lock();
        let mut found: HashMap<RecordId, Arc<Card>> = HashMap::new();
        let card = |id: RecordId| known.card(account, id).cloned().flatten();
        found.extend(ids.iter().filter_map(|id| card(*id)).map(|card| (card.id, card)));
        for id in standing {
            let mut next = card(*id);
            for _ in 0..MOST_ANCESTORS {
                let Some(one) = next else { break };
                next = one.parent.and_then(card);
                found.insert(one.id, one);
            }
        }
        Ok(found.into_values().collect())
    }

    async fn surroundings(&self, account: AccountId, asked: &Around<'_>) -> StoreResult<Surroundings> {
        self.fetch_around(account, asked).await?;
        let mut edges = self.known.lock().edges(&unique(asked.ids), asked.relations);
        // All of what follows is known, but where something was when only a part of the edges was.
        let (targets, standing) = asked.split(&edges);
        let mut cards = Snapshot::cards_and_above(self, account, &targets, &standing).await?;
        if !asked.above.is_empty() {
            let above = asked.up(&edges, &cards);
            join((&mut edges, &mut cards), Snapshot::surroundings(self, account, &asked.farther(&above)).await?);
        }
        Ok((edges, cards))
    }

    async fn edges_from(&self, ids: &[RecordId], relations: Option<&[Relation]>) -> StoreResult<Vec<Edge>> {
        let ids = unique(ids);
        let missing: Vec<RecordId> = {
            let known = self.known.lock();
            ids.iter().copied().filter(|id| !known.has_edges(*id, relations)).collect()
        };
        if !missing.is_empty() {
            let found = self.below().edges_from(&missing, relations).await?;
            self.known.lock().put_edges(&missing, relations, found);
        }
        Ok(self.known.lock().edges(&ids, relations))
    }

    async fn edges_up(&self, account: AccountId, asked: &Upward<'_>) -> StoreResult<Surroundings> {
        let (found, [ids, members]) = self.known.lock().upward(account, asked);
        if ids.is_empty() && members.is_empty() {
            return Ok(found);
        }
        let fresh = Upward { ids: &ids, members: &members, ..*asked };
        let (edges, cards) = self.below().edges_up(account, &fresh).await?;
        let mut known = self.known.lock();
        known.put_upward(account, &fresh, edges, cards);
        Ok(known.upward(account, asked).0)
    }

    async fn edges_to(&self, ids: &[RecordId], relations: &[Relation], limit: u32) -> StoreResult<Vec<Edge>> {
        let [relation] = relations else { return self.below().edges_to(ids, relations, limit).await };
        let ids = unique(ids);
        let missing: Vec<RecordId> = {
            let known = self.known.lock();
            ids.iter().copied().filter(|id| !known.incoming.contains_key(&(*id, *relation))).collect()
        };
        if !missing.is_empty() {
            let found = self.below().edges_to(&missing, relations, limit).await?;
            if found.len() >= limit as usize {
                // Some may be left out: nothing to remember.
                return if missing == ids { Ok(found) } else { self.below().edges_to(&ids, relations, limit).await };
            }
            let mut known = self.known.lock();
            for id in &missing {
                known.incoming.insert((*id, *relation), Vec::new());
            }
            for edge in found {
                known.incoming.entry((edge.to, *relation)).or_default().push(edge);
            }
        }
        let known = self.known.lock();
        let mut found: Vec<Edge> =
            ids.iter().filter_map(|id| known.incoming.get(&(*id, *relation))).flatten().cloned().collect();
        found.sort_by_key(|edge| (edge.from, edge.id));
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn by_fqn(&self, account: AccountId, kind: Kind, fqns: &[&str]) -> StoreResult<Vec<Option<Record>>> {
        let missing: Vec<&str> = {
            let known = self.known.lock();
            fqns.iter().copied().filter(|fqn| known.holder(account, kind, fqn).is_none()).collect()
        };
        if !missing.is_empty() {
            let found = self.below().by_fqn(account, kind, &missing).await?;
            let mut known = self.known.lock();
            for (fqn, record) in missing.into_iter().zip(found) {
                known.put_holder(account, kind, fqn, record);
            }
        }
        let known = self.known.lock();
        let holder = |fqn: &&str| known.records.get(&(account, known.holder(account, kind, fqn)??)).cloned().flatten();
        Ok(fqns.iter().map(holder).collect())
    }
}
