//! Lists: what of a kind the caller sees, page by page, and how much of it there is.
//!
//! Mostly the store answers alone: everything is open, or the caller sees everything, or what was granted to few shows by
//! an edge to him or his teams. What he sees only because he owns or stewards the domain around it is asked for beside
//! that and mixed in. Where policies make it turn on anything else, each record is looked at.

mod standing;

use self::standing::{Standing, totals_by_edges};
use crate::boxed::Boxed;
use crate::caller::{Caller, Principal};
use crate::catalog::Catalog;
use crate::id::RecordId;
use crate::kind::{Kind, Visibility};
use crate::load::{self, Depth};
use crate::ports::{Snapshot, Verdict};
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::read::{Count, Page};
use crate::record::{Record, View};
use crate::references::ReferenceScope;
use crate::relation::OWNING_TEAM;

/// How many records are looked at in one read.
const BATCH: u32 = 1_000;

/// How the caller sees the records of a kind.
pub(crate) enum Scope {
    Nothing,
    Everything,
    /// What is open, and of the rest what an edge leads from to one of these; beside that what he has standing in.
    Edges(Vec<RecordId>, Standing),
    /// Each record has to be looked at.
    Each,
}

/// The same, where he stands nowhere or it is not known yet where.
pub(crate) enum Outline {
    Nothing,
    Everything,
    Edges { ids: Vec<RecordId>, by_standing: bool },
    Each,
}

impl Catalog {
    /// A page of a list. What the caller may not see is neither listed nor counted.
    pub fn list<'a>(
        &'a self,
        caller: &'a Caller,
        query: ListQuery,
        depth: &'a Depth,
    ) -> Boxed<'a, Result<Page, Problem>> {
        Box::pin(async move {
            let snapshot = self.store.snapshot().await?;
            self.list_in(&*snapshot, caller, query, depth, None).await
        })
    }

    /// The same; where each record has to be looked at, no more than so many are for the count alone.
    pub(crate) async fn list_in(
        &self,
        snapshot: &dyn Snapshot,
        caller: &Caller,
        mut query: ListQuery,
        depth: &Depth,
        patience: Option<u32>,
    ) -> Result<Page, Problem> {
        let limit = query.limit as usize;
        let (records, total) = match self.scope(snapshot, &caller.principal, &query).await? {
            Scope::Nothing => (Vec::new(), Count::NONE),
            Scope::Everything => page(snapshot, &query).await?,
            Scope::Edges(ids, standing) if standing.is_empty() => {
                query.visible_to = Some(ids);
                page(snapshot, &query).await?
            }
            Scope::Edges(ids, standing) => self.mixed(snapshot, &caller.principal, &query, &ids, &standing).await?,
            Scope::Each => self.each(snapshot, &caller.principal, &query, patience).await?,
        };
        let Count { number: total, is_exact: total_is_exact } = total;
        let more = records.len() > limit || (limit == 0 && total > 0);
        let records = records.into_iter().take(limit).collect();
        let views = self.views_for(snapshot, &caller.principal, records, depth).await?;
        Ok(Page { views, total, total_is_exact, more })
    }

    /// Views of records that the principal sees, as he sees them.
    pub(crate) async fn views_for(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        records: Vec<Record>,
        depth: &Depth,
    ) -> Result<Vec<View>, Problem> {
        let views = load::views(snapshot, records, depth).await?;
        let asked = if depth.told { ReferenceScope::All } else { ReferenceScope::Edges };
        self.access.show(snapshot, principal, views, asked).await
    }

    /// The first of a list, for those who tell no total: what is behind them is not counted, where the store alone says what
    /// the caller sees.
    pub(crate) async fn first_in(
        &self,
        snapshot: &dyn Snapshot,
        caller: &Caller,
        mut query: ListQuery,
        depth: &Depth,
        patience: Option<u32>,
    ) -> Result<Page, Problem> {
        match self.scope(snapshot, &caller.principal, &query).await? {
            Scope::Everything => {}
            Scope::Edges(ids, standing) if standing.is_empty() => query.visible_to = Some(ids),
            _ => return self.list_in(snapshot, caller, query, depth, patience).await,
        }
        let limit = query.limit as usize;
        query.limit = query.limit.saturating_add(1);
        let mut records = snapshot.list(&query).await?;
        let (total, more) = (records.len() as u64, records.len() > limit);
        records.truncate(limit);
        let views = self.views_for(snapshot, &caller.principal, records, depth).await?;
        Ok(Page { views, total, total_is_exact: !more, more })
    }

    /// What the caller sees of several lists of one kind, each of them whole.
    pub(crate) async fn lists_in(
        &self,
        snapshot: &dyn Snapshot,
        caller: &Caller,
        mut queries: Vec<ListQuery>,
    ) -> Result<Vec<Vec<Record>>, Problem> {
        queries.iter_mut().for_each(|query| query.limit = u32::MAX);
        let Some(first) = queries.first() else { return Ok(Vec::new()) };
        if first.kind.0.part {
            return self.seen_of(snapshot, &caller.principal, snapshot.lists(&queries).await?).await;
        }
        match self.scope(snapshot, &caller.principal, first).await? {
            Scope::Nothing => Ok(vec![Vec::new(); queries.len()]),
            Scope::Everything => Ok(snapshot.lists(&queries).await?),
            Scope::Edges(ids, standing) if standing.is_empty() => {
                queries.iter_mut().for_each(|query| query.visible_to = Some(ids.clone()));
                Ok(snapshot.lists(&queries).await?)
            }
            _ => self.seen_of(snapshot, &caller.principal, snapshot.lists(&queries).await?).await,
        }
    }

    /// How much there is of several lists of one kind that the caller sees; where each record has to be looked at, among so
    /// many of each list.
    pub(crate) async fn totals_in(
        &self,
        snapshot: &dyn Snapshot,
        caller: &Caller,
        mut queries: Vec<ListQuery>,
        patience: Option<u32>,
    ) -> Result<Vec<Count>, Problem> {
        let of_all = |totals: Vec<u64>| totals.into_iter().map(Count::of).collect();
        let Some(first) = queries.first().filter(|first| !first.kind.0.part) else {
            let lists = self.lists_in(snapshot, caller, queries).await?;
            return Ok(lists.iter().map(|list| Count::of(list.len() as u64)).collect());
        };
        match self.scope(snapshot, &caller.principal, first).await? {
            Scope::Nothing => Ok(vec![Count::NONE; queries.len()]),
            Scope::Everything => Ok(of_all(snapshot.counts(&queries).await?)),
            Scope::Edges(ids, standing) if standing.is_empty() => {
                queries.iter_mut().for_each(|query| query.visible_to = Some(ids.clone()));
                Ok(of_all(snapshot.counts(&queries).await?))
            }
            Scope::Edges(ids, standing) => {
                let totals = totals_by_edges(snapshot, &queries, &ids, &standing).await?;
                let inherited = self.inherited(snapshot, &caller.principal, &queries, &ids, &standing).await?;
                Ok(of_all(
                    totals.iter().zip(inherited).map(|(total, inherited)| total + inherited.len() as u64).collect(),
                ))
            }
            // As many records as there are have to be looked at; a long list in parts, so that they need not all be held.
            _ => {
                let most = patience.unwrap_or(BATCH);
                let brief: Vec<ListQuery> =
                    queries.iter().map(|query| ListQuery { limit: most, ..query.clone() }).collect();
                let lists = snapshot.lists(&brief).await?;
                let long: Vec<bool> = lists.iter().map(|list| list.len() == most as usize).collect();
                let seen = self.seen_of(snapshot, &caller.principal, lists).await?;
                let mut totals: Vec<Count> = std::iter::zip(&seen, &long)
                    .map(|(list, is_long)| Count { number: list.len() as u64, is_exact: !is_long })
                    .collect();
                if patience.is_some() {
                    return Ok(totals);
                }
                for (place, query) in queries.into_iter().enumerate().filter(|(place, _)| long[*place]) {
                    let count = ListQuery { limit: 0, ..query };
                    totals[place] = self.list_in(snapshot, caller, count, &Depth::bare(), None).await?.count();
                }
                Ok(totals)
            }
        }
    }

    /// What the caller sees of these lists.
    async fn seen_of(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        lists: Vec<Vec<Record>>,
    ) -> Result<Vec<Vec<Record>>, Problem> {
        let records: Vec<&Record> = lists.iter().flatten().collect();
        let mut seen = self.access.sees_each(snapshot, principal, &records).await?.into_iter();
        let mut of = |list: Vec<Record>| list.into_iter().filter(|_| seen.next() == Some(true)).collect();
        Ok(lists.into_iter().map(&mut of).collect())
    }

    pub(crate) async fn scope(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        query: &ListQuery,
    ) -> Result<Scope, Problem> {
        let kind = query.kind;
        if kind.0.part {
            return self.sight_of_parts(snapshot, principal, query).await;
        }
        Ok(match self.outline(principal, kind) {
            Outline::Nothing => Scope::Nothing,
            Outline::Everything => Scope::Everything,
            Outline::Each => Scope::Each,
            Outline::Edges { ids, by_standing: false } => Scope::Edges(ids, Standing::default()),
            Outline::Edges { ids, by_standing: true } => {
                Scope::Edges(ids, self.standing(snapshot, principal, kind).await?)
            }
        })
    }

    /// How the caller sees the records of a kind that is no part, as far as nothing has to be asked for it.
    pub(crate) fn outline(&self, principal: &Principal, kind: Kind) -> Outline {
        let granted = self.access.list_verdict(principal, kind, Visibility::Granted);
        let open = self.access.list_verdict(principal, kind, Visibility::Open);
        match (granted, open) {
            (Verdict::Always, Verdict::Always) => Outline::Everything,
            (Verdict::Never { .. }, Verdict::Never { .. }) => Outline::Nothing,
            // To nobody in particular: what is open alone.
            (Verdict::Never { .. }, Verdict::Always) => Outline::Edges { ids: Vec::new(), by_standing: false },
            (Verdict::Depends, Verdict::Always) if self.access.gate().is_seen_by_standing(principal, kind) => {
                let mut ids = vec![principal.user];
                ids.extend(principal.teams.iter().map(|membership| membership.team));
                Outline::Edges { ids, by_standing: kind.has(OWNING_TEAM) }
            }
            _ => Outline::Each,
        }
    }

    /// Parts are seen by those who may change the whole, or by those who see it; personal ones, and those that ask, are
    /// looked at one by one.
    async fn sight_of_parts(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        query: &ListQuery,
    ) -> Result<Scope, Problem> {
        let Some(parent) = query.parent.filter(|_| !query.kind.0.personal && !query.kind.0.asks) else {
            return Ok(Scope::Each);
        };
        let whole = snapshot.by_id(query.account, &[parent]).await?.into_iter().flatten().next();
        let Some(whole) = whole else { return Ok(Scope::Nothing) };
        let is_open = self.access.sees_parts_of(snapshot, principal, &whole, query.kind).await?;
        Ok(if is_open { Scope::Everything } else { Scope::Nothing })
    }

    /// All of the list is looked at for the count; with patience for so many alone, the page is, and so many from the
    /// beginning.
    async fn each(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        query: &ListQuery,
        patience: Option<u32>,
    ) -> Result<(Vec<Record>, Count), Problem> {
        let full = most_of(query);
        let from = |after, limit| ListQuery { after, limit, ..query.clone() };
        let Some(patience) = patience else {
            return self.look(snapshot, principal, query, (from(None, BATCH), usize::MAX)).await;
        };
        let most = query.limit.saturating_add(1).clamp(patience, BATCH);
        let (records, count) = self.look(snapshot, principal, query, (from(query.after.clone(), most), full)).await?;
        if query.after.is_none() {
            return Ok((records, count));
        }
        let (_, count) = self.look(snapshot, principal, query, (from(None, most), 0)).await?;
        Ok((records, count))
    }

    /// Looks at batches until so many of the list have been found, or all: a page of the list, and how many were found.
    async fn look(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        query: &ListQuery,
        (mut batches, enough): (ListQuery, usize),
    ) -> Result<(Vec<Record>, Count), Problem> {
        let full = most_of(query);
        let mut records = Vec::new();
        let mut number = 0;
        loop {
            let batch = snapshot.list(&batches).await?;
            let is_last = batch.len() < batches.limit as usize;
            batches.after = batch.last().map(|last| batches.keyset(last));
            let seen = self.access.seen(snapshot, principal, batch).await?;
            number += seen.len() as u64;
            let room = full.saturating_sub(records.len());
            records.extend(seen.into_iter().filter(|record| query.is_ahead(record)).take(room));
            if is_last || records.len() >= enough {
                return Ok((records, Count { number, is_exact: is_last }));
            }
        }
    }
}

/// How many records a page is made of: one more than it holds, to know whether there is one; none of a list that is only
/// counted.
const fn most_of(query: &ListQuery) -> usize {
    if query.limit == 0 { 0 } else { query.limit as usize + 1 }
}

/// One record more than the page holds, to know whether there is one, and how many there are in all.
async fn page(snapshot: &dyn Snapshot, query: &ListQuery) -> Result<(Vec<Record>, Count), Problem> {
    let total = Count::of(snapshot.count(query).await?);
    if query.limit == 0 {
        return Ok((Vec::new(), total));
    }
    let one_more = ListQuery { limit: query.limit.saturating_add(1), ..query.clone() };
    Ok((snapshot.list(&one_more).await?, total))
}
