//! How often terms are used: of few labels by reading who bears each, of many by the counts of a search.

use std::collections::{HashMap, HashSet};

use emporion_catalog::finder::{Found, Search};
use emporion_catalog::id::RecordId;
use emporion_catalog::query::States;
use emporion_catalog::read::Count;
use emporion_catalog::reading::{Reading, Sources};
use emporion_catalog::record::View;
use emporion_catalog::relation;

use crate::fault::Fault;
use crate::visit::Visit;
use crate::written;

/// Labels that are read at most.
pub const MOST_LABELS: u32 = 200;
/// Things of which only the store can say whether the visitor sees them are looked at, so many of them.
const MOST_LOOKED_AT: u32 = 200;
/// Products and metrics of a term that are looked up where it has more labels than are read.
const MOST_MEASURING: u32 = 30;

/// What bears one term.
pub struct Uses {
    /// The first of it.
    pub first: Sources,
    /// All of it.
    pub count: Count,
}

impl Uses {
    pub async fn of(visit: &Visit, reading: &Reading<'_>, term: &View) -> Result<Uses, Fault> {
        let mut first = reading.sources(&[term], &[relation::TAGGED], MOST_LABELS).await?;
        let terms = std::slice::from_ref(term);
        let count = counts_beside(visit, &first, terms).await?.first().copied();
        if first.is_cut {
            let measuring = measuring(visit, term).await;
            let records = reading.records(&measuring, States::Alive).await?;
            first.records.extend(records.into_iter().map(|record| (record.id, record)));
        }
        Ok(Uses { first, count: count.unwrap_or(Count { number: 0, is_exact: false }) })
    }
}

/// How many records that the visitor sees bear each of the terms.
pub async fn counts(visit: &Visit, reading: &Reading<'_>, terms: &[View]) -> Result<Vec<Count>, Fault> {
    let labels = reading.sources(terms, &[relation::TAGGED], MOST_LABELS).await?;
    counts_beside(visit, &labels, terms).await
}

async fn counts_beside(visit: &Visit, labels: &Sources, terms: &[View]) -> Result<Vec<Count>, Fault> {
    let found = if labels.is_cut { bearing(visit, terms).await? } else { None };
    let mut read: HashMap<RecordId, HashSet<RecordId>> = HashMap::new();
    for edge in &labels.edges {
        read.entry(edge.to).or_default().insert(edge.from);
    }
    let count = |term: &View| {
        let read = read.get(&term.id()).map_or(0, HashSet::len) as u64;
        match &found {
            None => Count { number: read, is_exact: !labels.is_cut },
            Some(found) => counted(found, &term.record.fqn, read),
        }
    };
    Ok(terms.iter().map(count).collect())
}

/// What a search finds that bears any of the terms, counted by term; `None` where it cannot say now.
async fn bearing(visit: &Visit, terms: &[View]) -> Result<Option<Found>, Fault> {
    if !written::is_found(visit).await? {
        return Ok(None);
    }
    let clauses: Vec<String> = terms.iter().map(|term| clause(visit, term)).collect();
    let search = Search {
        limit: 0,
        counted: vec!["term".to_owned()],
        most_looked_at: Some(MOST_LOOKED_AT),
        ..Search::of(clauses.join(" OR "))
    };
    Ok(visit.door.finder.find(visit.caller(), &search).await.ok())
}

/// The products and metrics that bear a term, as many as are looked at for how it is computed.
async fn measuring(visit: &Visit, term: &View) -> Vec<RecordId> {
    let query = format!("{} kind:(product OR metric)", clause(visit, term));
    let search = Search { limit: MOST_MEASURING, ..Search::of(query) };
    let found = visit.door.finder.find(visit.caller(), &search).await.ok();
    found.into_iter().flat_map(|found| found.hits).map(|hit| hit.id).collect()
}

/// What asks for all that bears a term.
pub fn clause(visit: &Visit, term: &View) -> String {
    visit.door.finder.clause("term", &term.record.fqn)
}

/// How much of what was found bears a term, of which so much was `read`.
fn counted(found: &Found, fqn: &str, read: u64) -> Count {
    let counts = found.facets.iter().find(|counts| counts.field == "term");
    let number = counts.and_then(|counts| counts.values.iter().find(|(value, _)| value == fqn)).map(|(_, n)| *n);
    // The commonest are told alone.
    let is_told = number.is_some() || counts.is_some_and(|counts| counts.others == 0);
    Count { number: number.unwrap_or(0).max(read), is_exact: is_told && found.total_is_exact }
}

#[cfg(test)]
mod tests {
    use emporion_catalog::finder::FacetCounts;
    use emporion_catalog::id::Seq;

    use super::*;

    #[test]
    fn a_term_that_is_not_told_is_not_known_to_be_unused() {
        let found = |total_is_exact, others| Found {
            query: String::new(),
            total: 9,
            total_is_exact,
            seq: Seq(0),
            corrected: None,
            spellings: None,
            hits: Vec::new(),
            facets: vec![FacetCounts { field: "term".to_owned(), values: vec![("Trade.Line".to_owned(), 7)], others }],
            also: Vec::new(),
            after: None,
        };
        let said = |found: &Found, fqn: &str, read| {
            let Count { number, is_exact } = counted(found, fqn, read);
            (number, is_exact)
        };
        assert_eq!(said(&found(true, 0), "Trade.Line", 3), (7, true));
        assert_eq!(said(&found(true, 2), "Trade.Line", 3), (7, true));
        assert_eq!(said(&found(true, 0), "Trade.Order", 0), (0, true));
        assert_eq!(said(&found(true, 2), "Trade.Order", 1), (1, false));
        assert_eq!(said(&found(false, 0), "Trade.Line", 9), (9, false), "more was read than was found by then");
    }
}
