//! What a caller sees of lists because he owns or stewards the domain around it.

use std::collections::{HashMap, HashSet};

use super::BATCH;
use crate::caller::{Designation, Principal};
use crate::catalog::Catalog;
use crate::id::RecordId;
use crate::kind::Kind;
use crate::kinds::DOMAIN;
use crate::load::{self, Depth};
use crate::ports::Snapshot;
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::read::Count;
use crate::record::Record;
use crate::relation::{EDITOR, IN_DOMAIN, OWNER, OWNING_TEAM, Relation, STEWARD, VIEWER};

/// Where a caller stands in domains, so that he sees what was granted there to nobody else.
#[derive(Default)]
pub(crate) struct Standing {
    /// FQNs of the top domains of whose stewards he is one.
    stewards: Vec<String>,
    /// Domains that he owns, by himself or through a team.
    owns: Vec<(RecordId, String)>,
}

impl Standing {
    pub(crate) fn is_empty(&self) -> bool {
        self.stewards.is_empty() && self.owns.is_empty()
    }
}

impl Catalog {
    pub(crate) async fn standing(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        kind: Kind,
    ) -> Result<Standing, Problem> {
        let mut standing = Standing::default();
        if !kind.has(OWNING_TEAM) {
            return Ok(standing);
        }
        let domain = DOMAIN;
        let mut owners = vec![principal.user];
        let contributes = principal.teams.iter().filter(|team| team.designation >= Designation::Steward);
        owners.extend(contributes.map(|team| team.team));
        let teams: Vec<RecordId> = principal.teams.iter().map(|team| team.team).collect();
        let of = |relation: Relation, ids: Vec<RecordId>| ListQuery {
            linked: vec![(relation, ids)],
            limit: u32::MAX,
            ..ListQuery::of(principal.account, domain)
        };
        for record in snapshot.list(&of(OWNER, owners)).await? {
            standing.owns.push((record.id, record.fqn));
        }
        if !teams.is_empty() {
            let stewarded = snapshot.list(&of(STEWARD, teams)).await?;
            standing.stewards.extend(stewarded.into_iter().map(|record| record.fqn));
        }
        Ok(standing)
    }

    /// What shows by its edges, what the caller stewards, and what he inherits as the owner of a domain.
    pub(super) async fn mixed(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        query: &ListQuery,
        ids: &[RecordId],
        standing: &Standing,
    ) -> Result<(Vec<Record>, Count), Problem> {
        let this = std::slice::from_ref(query);
        let by_edges: u64 = totals_by_edges(snapshot, this, ids, standing).await?.into_iter().sum();
        let inherited = self.inherited(snapshot, principal, this, ids, standing).await?;
        let inherited: Vec<Record> = inherited.into_iter().flatten().collect();
        let total = Count::of(by_edges + inherited.len() as u64);
        let mut records = Vec::new();
        if query.limit > 0 {
            let held = standing.stewards.iter().filter_map(|fqn| stewarded(query, fqn));
            let one_more = |query: ListQuery| ListQuery { limit: query.limit.saturating_add(1), ..query };
            let lists: Vec<ListQuery> = std::iter::once(shown(query, ids)).chain(held).map(one_more).collect();
            records.extend(snapshot.lists(&lists).await?.into_iter().flatten());
        }
        records.extend(inherited.into_iter().filter(|record| query.is_ahead(record)));
        let mut told = HashSet::new();
        records.retain(|record| told.insert(record.id));
        records.sort_by(|a, b| query.compare(a, b));
        Ok((records, total))
    }

    /// What nobody owns but the owners of the domain around it: seen by them, and by nothing else of theirs. Of each of
    /// the lists; what stands in several is looked at once.
    pub(super) async fn inherited(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        queries: &[ListQuery],
        ids: &[RecordId],
        standing: &Standing,
    ) -> Result<Vec<Vec<Record>>, Problem> {
        let mut found: Vec<Vec<Record>> = vec![Vec::new(); queries.len()];
        let mut told: Vec<HashSet<RecordId>> = vec![HashSet::new(); queries.len()];
        // What is left to read, each with the place of its list.
        let mut left: Vec<(usize, ListQuery)> = Vec::new();
        for (place, query) in queries.iter().enumerate().filter(|_| !standing.owns.is_empty()) {
            let query = ListQuery { hidden: true, after: None, limit: BATCH, ..query.clone() };
            left.extend(standing.owns.iter().filter_map(|(_, fqn)| Some((place, within(&query, fqn)?))));
            let mut beside = query;
            beside.linked.push((IN_DOMAIN, standing.owns.iter().map(|(id, _)| *id).collect()));
            left.push((place, beside));
        }
        while !left.is_empty() {
            let asked: Vec<ListQuery> = left.iter().map(|(_, query)| query.clone()).collect();
            let batches = snapshot.lists(&asked).await?;
            let mut records = Vec::new();
            let mut places: HashMap<RecordId, Vec<usize>> = HashMap::new();
            let mut longer = Vec::new();
            for ((place, mut query), batch) in left.into_iter().zip(batches) {
                if batch.len() == BATCH as usize {
                    query.after = batch.last().map(|last| query.keyset(last));
                    longer.push((place, query));
                }
                for record in batch.into_iter().filter(|record| told[place].insert(record.id)) {
                    let places = places.entry(record.id).or_default();
                    places.push(place);
                    if places.len() == 1 {
                        records.push(record);
                    }
                }
            }
            left = longer;
            let records = shown_otherwise(snapshot, records, ids, standing).await?;
            for record in self.access.seen(snapshot, principal, records).await? {
                for place in &places[&record.id] {
                    found[*place].push(record.clone());
                }
            }
        }
        Ok(found)
    }
}

/// The query for what is open, or shows by an edge to one of these.
fn shown(query: &ListQuery, ids: &[RecordId]) -> ListQuery {
    ListQuery { visible_to: Some(ids.to_vec()), ..query.clone() }
}

/// How much of each of the lists shows by its edges or is stewarded: one question for all of them.
pub(super) async fn totals_by_edges(
    snapshot: &dyn Snapshot,
    queries: &[ListQuery],
    ids: &[RecordId],
    standing: &Standing,
) -> Result<Vec<u64>, Problem> {
    let mut held: Vec<(usize, ListQuery)> = Vec::new();
    for (place, query) in queries.iter().enumerate() {
        held.extend(standing.stewards.iter().filter_map(|fqn| Some((place, stewarded(query, fqn)?))));
    }
    let alone = held.iter().map(|(_, held)| held.clone());
    let both = held.iter().map(|(_, held)| shown(held, ids));
    let asked: Vec<ListQuery> = queries.iter().map(|query| shown(query, ids)).chain(alone).chain(both).collect();
    let counts = snapshot.counts(&asked).await?;
    let (totals, of_held) = counts.split_at(queries.len());
    let (alone, both) = of_held.split_at(held.len());
    let mut totals = totals.to_vec();
    for (((place, _), alone), both) in held.iter().zip(alone).zip(both) {
        // What shows by its edges, too, is counted already.
        totals[*place] += alone.saturating_sub(*both);
    }
    Ok(totals)
}

/// The query for what stands below a domain as well; `None` where that can be nothing.
fn within(query: &ListQuery, fqn: &str) -> Option<ListQuery> {
    let is_below = |below: &str, above: &str| below == above || is_within(below, above);
    let narrower = match query.within.as_deref() {
        None => fqn,
        Some(asked) if is_below(asked, fqn) => asked,
        Some(asked) if is_below(fqn, asked) => fqn,
        Some(_) => return None,
    };
    Some(ListQuery { within: Some(narrower.to_owned()), ..query.clone() })
}

/// What the stewards of a top domain hold, of what not everybody sees: everything below it that no other team does.
fn stewarded(query: &ListQuery, fqn: &str) -> Option<ListQuery> {
    let mut held = within(query, fqn)?;
    held.unlinked.push(OWNING_TEAM);
    held.hidden = true;
    Some(held)
}

fn is_within(fqn: &str, above: &str) -> bool {
    fqn.strip_prefix(above).is_some_and(|rest| rest.starts_with('.'))
}

/// Those of the records that neither an edge to one of the ids nor a stewardship shows, and that have no owner who lives.
async fn shown_otherwise(
    snapshot: &dyn Snapshot,
    records: Vec<Record>,
    ids: &[RecordId],
    standing: &Standing,
) -> Result<Vec<Record>, Problem> {
    let depth = Depth::of(&[OWNER, OWNING_TEAM, EDITOR, VIEWER], false);
    let views = load::views(snapshot, records, &depth).await?;
    let left = views.into_iter().filter(|view| {
        let is_stewarded = view.edges.iter().all(|edge| edge.relation != OWNING_TEAM)
            && standing.stewards.iter().any(|fqn| is_within(&view.record.fqn, fqn));
        let is_linked = view.edges.iter().any(|edge| ids.contains(&edge.to));
        !is_stewarded && !is_linked && view.targets(OWNER).next().is_none()
    });
    Ok(left.map(|view| view.record).collect())
}
