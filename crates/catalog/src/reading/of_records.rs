//! What belongs to records that the caller sees: edges, who refers to them, what was observed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Reading, Seen, ids};
use crate::boxed::Boxed;
use crate::id::{Millis, RecordId};
use crate::load;
use crate::observation::{Key, Observation, Observed, Range, Series};
use crate::problem::Problem;
use crate::query::States;
use crate::record::{Card, Edge, Record, View};
use crate::relation::Relation;

/// Those who refer to records.
#[derive(Debug, Default)]
pub struct Sources {
    /// From records that the caller sees, in the order of these; living ones, unless deleted ones were asked for.
    pub edges: Vec<Edge>,
    pub records: HashMap<RecordId, Record>,
    /// There are more, or there can be: as many edges were looked at as may be.
    pub is_cut: bool,
}

/// The owners of a record, and the FQNs of its domains.
pub type OwnersAndDomains = (Vec<Arc<Card>>, Vec<String>);

/// Edges that are looked at where the first of them come from what is hidden: those do not stand before what is seen.
const MOST_LOOKED_AT: u32 = 4_000;
/// By how much more are looked at each time.
const STEP: u32 = 4;

impl Reading<'_> {
    /// Living edges from the records; `None` means every relation. What they lead to is named, not shown.
    pub fn edges_from<'a, T: Seen>(
        &'a self,
        of: &[T],
        relations: Option<&'a [Relation]>,
    ) -> Boxed<'a, Result<Vec<Edge>, Problem>> {
        self.edges_of(ids(of), relations)
    }

    fn edges_of<'a>(
        &'a self,
        of: Vec<RecordId>,
        relations: Option<&'a [Relation]>,
    ) -> Boxed<'a, Result<Vec<Edge>, Problem>> {
        Box::pin(async move { Ok(self.snapshot.edges_from(&of, relations).await?) })
    }

    /// Who refers to the records, as far as the caller sees him: at most `limit` edges from those.
    pub fn sources<'a, T: Seen>(
        &'a self,
        of: &[T],
        relations: &'a [Relation],
        limit: u32,
    ) -> Boxed<'a, Result<Sources, Problem>> {
        self.sources_of_ids(ids(of), relations, (States::Alive, limit))
    }

    /// The same of those who are deleted, and refer to the records again once they are back.
    pub fn deleted_sources<'a, T: Seen>(
        &'a self,
        of: &[T],
        relations: &'a [Relation],
        limit: u32,
    ) -> Boxed<'a, Result<Sources, Problem>> {
        self.sources_of_ids(ids(of), relations, (States::Dead, limit))
    }

    fn sources_of_ids<'a>(
        &'a self,
        of: Vec<RecordId>,
        relations: &'a [Relation],
        (states, limit): (States, u32),
    ) -> Boxed<'a, Result<Sources, Problem>> {
        Box::pin(async move {
            let mut looked_at = limit.saturating_add(1);
            loop {
                let mut edges = self.snapshot.edges_to(&of, relations, looked_at).await?;
                let is_whole = edges.len() < looked_at as usize;
                let mut from: Vec<RecordId> = edges.iter().map(|edge| edge.from).collect();
                from.sort_unstable();
                from.dedup();
                let records = self.records(&from, states).await?;
                let mut records: HashMap<RecordId, Record> =
                    records.into_iter().map(|record| (record.id, record)).collect();
                edges.retain(|edge| records.contains_key(&edge.from));
                let has_more = edges.len() > limit as usize;
                if is_whole || has_more || looked_at >= MOST_LOOKED_AT {
                    if has_more {
                        edges.truncate(limit as usize);
                        let shown: HashSet<RecordId> = edges.iter().map(|edge| edge.from).collect();
                        records.retain(|id, _| shown.contains(id));
                    }
                    return Ok(Sources { edges, records, is_cut: has_more || !is_whole });
                }
                looked_at = looked_at.saturating_mul(STEP).min(MOST_LOOKED_AT);
            }
        })
    }

    /// What was observed of one item of a record between two times, newest first.
    pub fn observations<'a>(
        &'a self,
        of: &'a Record,
        (series, item): (Series, &'a str),
        (from, to): (Millis, Millis),
        limit: u32,
    ) -> Boxed<'a, Result<Observed, Problem>> {
        Box::pin(async move {
            let range = Range { account: of.account, record: of.id, series, item: item.to_owned(), from, to, limit };
            Ok(self.snapshot.observations(&range).await?)
        })
    }

    /// The newest observation of each item of these series, ordered by record, series and item.
    pub fn newest_observations<'a, T: Seen>(
        &'a self,
        of: &[T],
        series: &'a [Series],
    ) -> Boxed<'a, Result<Vec<Observation>, Problem>> {
        self.newest_observed(ids(of), series)
    }

    fn newest_observed<'a>(
        &'a self,
        of: Vec<RecordId>,
        series: &'a [Series],
    ) -> Boxed<'a, Result<Vec<Observation>, Problem>> {
        Box::pin(async move { Ok(self.snapshot.newest_observations(self.account(), &of, series).await?) })
    }

    /// What was observed of a record at just these times.
    pub fn observed_at<'a>(
        &'a self,
        of: &'a Record,
        keys: &'a [Key],
    ) -> Boxed<'a, Result<Vec<Option<serde_json::Value>>, Problem>> {
        Box::pin(async move { Ok(self.snapshot.observed_at(self.account(), of.id, keys).await?) })
    }

    /// The team that holds the record: its own, else the steward team of its domain.
    pub fn owning_team<'a>(&'a self, view: &'a View) -> Boxed<'a, Result<Option<Arc<Card>>, Problem>> {
        Box::pin(async move { load::owning_team(&*self.snapshot, view).await })
    }

    /// The domain that the record belongs to in the end: its own, an ancestor's, else `default`.
    pub fn effective_domain<'a>(&'a self, view: &'a View) -> Boxed<'a, Result<Option<Arc<Card>>, Problem>> {
        Box::pin(async move { load::effective_domain(&*self.snapshot, view).await })
    }

    /// Owners and FQNs of domains of a record as rights see them, inherited ones too.
    pub fn owners_and_domains<'a>(&'a self, record: &'a Record) -> Boxed<'a, Result<OwnersAndDomains, Problem>> {
        Box::pin(async move {
            let facts = self.access().facts(&*self.snapshot, &self.caller.principal, record).await?;
            let owners = self.snapshot.cards(self.account(), &facts.owners).await?;
            Ok((owners.into_iter().flatten().collect(), facts.domains))
        })
    }
}
