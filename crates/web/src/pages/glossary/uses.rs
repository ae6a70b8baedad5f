//! How often terms, or tags, are used: of few labels by reading who bears each, of many by the counts of a search.

use std::collections::{HashMap, HashSet};

use emporion_catalog::finder::{Found, Search};
use emporion_catalog::id::{RecordId, Seq};
use emporion_catalog::query::States;
use emporion_catalog::read::Count;
use emporion_catalog::reading::{Reading, Sources};
use emporion_catalog::record::View;
use emporion_catalog::relation;

use crate::fault::Fault;
use crate::request::recent_writes;
use crate::request::visit::Visit;

/// Labels that are read at most.
const MOST_LABELS: u32 = 200;
/// Where there are more labels, so much of what bears the term is listed.
const MOST_LISTED: u32 = 100;
/// Things of which only the store can say whether the visitor sees them are looked at, so many of them.
const MOST_LOOKED_AT: u32 = 200;
/// Products and metrics of a term that are looked up where it has more labels than are read.
const MOST_MEASURING: u32 = 30;
/// As long as a query may become by terms that are asked for together; searches take somewhat more.
const LONGEST: usize = 3_500;
const OR: &str = " OR ";

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
        let counts = counts_beside(visit, &first, std::slice::from_ref(term)).await?;
        let count = counts.first().copied().unwrap_or(Count { number: 0, is_exact: false });
        // Of many labels the first may all be on what the visitor does not see.
        if first.is_cut
            && let Some(listed) = listed(visit, reading, term).await?
        {
            first = listed;
        }
        Ok(Uses { first, count })
    }
}

/// The first that a search finds to bear a term, and of products and metrics some more; `None` where it cannot say now.
async fn listed(visit: &Visit, reading: &Reading<'_>, term: &View) -> Result<Option<Sources>, Fault> {
    let clause = clause(visit, term);
    let search = async |limit: u32, query: String| {
        let search = Search { limit, most_looked_at: Some(MOST_LOOKED_AT), ..Search::of(query) };
        visit.door.finder.find(visit.caller(), &search).await.ok()
    };
    let Some(found) = search(MOST_LISTED, clause.clone()).await else { return Ok(None) };
    let ids: Vec<RecordId> = found.hits.iter().map(|hit| hit.id).collect();
    let records = reading.records(&ids, States::Alive).await?;
    let mut edges = reading.edges_from(&records, Some(&[relation::TAGGED])).await?;
    edges.retain(|edge| edge.to == term.id());
    let measuring = search(MOST_MEASURING, format!("{clause} kind:(product OR metric)")).await;
    let measuring: Vec<RecordId> = measuring.into_iter().flat_map(|found| found.hits).map(|hit| hit.id).collect();
    let measuring = reading.records(&measuring, States::Alive).await?;
    let records = records.into_iter().chain(measuring).map(|record| (record.id, record)).collect();
    Ok(Some(Sources { edges, records, is_cut: true }))
}

/// How many records that the visitor sees bear each of the terms.
pub async fn counts(visit: &Visit, reading: &Reading<'_>, terms: &[View]) -> Result<Vec<Count>, Fault> {
    let labels = reading.sources(terms, &[relation::TAGGED], MOST_LABELS).await?;
    counts_beside(visit, &labels, terms).await
}

async fn counts_beside(visit: &Visit, labels: &Sources, terms: &[View]) -> Result<Vec<Count>, Fault> {
    let mut read: HashMap<RecordId, HashSet<RecordId>> = HashMap::new();
    for edge in &labels.edges {
        read.entry(edge.to).or_default().insert(edge.from);
    }
    let read = |term: &View| read.get(&term.id()).map_or(0, HashSet::len) as u64;
    if !labels.is_cut || !recent_writes::is_found(visit).await? {
        let count = |term| Count { number: read(term), is_exact: !labels.is_cut };
        return Ok(terms.iter().map(count).collect());
    }
    let mut counts = Vec::with_capacity(terms.len());
    for terms in together(terms, |term| clause(visit, term).len()) {
        let found = bearing(visit, terms).await;
        counts.extend(terms.iter().map(|term| match &found {
            Some(found) => counted(found, &term.record.fqn, read(term), visit.log),
            None => Count { number: read(term), is_exact: false },
        }));
    }
    Ok(counts)
}

/// Terms in groups of which all can be asked for at once, by how long what asks for each is.
fn together<T>(mut terms: &[T], long: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let mut groups = Vec::new();
    while !terms.is_empty() {
        let lengths = terms.iter().scan(0, |all, term| {
            *all += long(term) + OR.len();
            Some(*all)
        });
        let many = lengths.take_while(|all| *all <= LONGEST).count().max(1);
        let (group, rest) = terms.split_at(many);
        groups.push(group);
        terms = rest;
    }
    groups
}

/// What a search finds that bears any of the terms, counted by term; `None` where it cannot say now.
async fn bearing(visit: &Visit, terms: &[View]) -> Option<Found> {
    let clauses: Vec<String> = terms.iter().map(|term| clause(visit, term)).collect();
    let search = Search {
        limit: 0,
        counted: vec![terms.first().map_or("term", field).to_owned()],
        most_looked_at: Some(MOST_LOOKED_AT),
        ..Search::of(clauses.join(OR))
    };
    visit.door.finder.find(visit.caller(), &search).await.ok()
}

/// What asks for all that bears a term.
pub fn clause(visit: &Visit, term: &View) -> String {
    visit.door.finder.clause(field(term), &term.record.fqn)
}

/// What searches call labels of this sort.
fn field(label: &View) -> &'static str {
    if label.record.kind.is("tag") { "tag" } else { "term" }
}

/// How much of what was found bears a term, of which so much was `read`. What the log has come to since may be more.
fn counted(found: &Found, fqn: &str, read: u64, log: Seq) -> Count {
    let counts = found.facets.iter().find(|counts| ["term", "tag"].contains(&counts.field.as_str()));
    let number = counts.and_then(|counts| counts.values.iter().find(|(value, _)| value == fqn)).map(|(_, n)| *n);
    // The commonest are told alone.
    let is_told = number.is_some() || counts.is_some_and(|counts| counts.others == 0);
    let number = number.unwrap_or(0);
    let is_all = found.total_is_exact && found.seq >= log && number >= read;
    Count { number: number.max(read), is_exact: is_told && is_all }
}

#[cfg(test)]
mod tests {
    use emporion_catalog::finder::FacetCounts;

    use super::*;

    #[test]
    fn a_term_that_is_not_told_is_not_known_to_be_unused() {
        let found = |total_is_exact, others| Found {
            query: String::new(),
            total: 9,
            total_is_exact,
            seq: Seq(7),
            corrected: None,
            spellings: None,
            hits: Vec::new(),
            facets: vec![FacetCounts { field: "term".to_owned(), values: vec![("Trade.Line".to_owned(), 7)], others }],
            also: Vec::new(),
            after: None,
        };
        let said_at = |found: &Found, fqn: &str, read, log| {
            let Count { number, is_exact } = counted(found, fqn, read, Seq(log));
            (number, is_exact)
        };
        let rendered = |found: &Found, fqn: &str, read| said_at(found, fqn, read, 7);
        assert_eq!(rendered(&found(true, 0), "Trade.Line", 3), (7, true));
        assert_eq!(rendered(&found(true, 2), "Trade.Line", 3), (7, true));
        assert_eq!(rendered(&found(true, 0), "Trade.Order", 0), (0, true));
        assert_eq!(rendered(&found(true, 2), "Trade.Order", 1), (1, false));
        assert_eq!(rendered(&found(false, 0), "Trade.Line", 7), (7, false));
        assert_eq!(rendered(&found(true, 0), "Trade.Line", 9), (9, false), "more was read than was found by then");
        assert_eq!(said_at(&found(true, 0), "Trade.Line", 3, 8), (7, false), "the search is behind");
    }

    #[test]
    fn no_more_is_asked_for_at_once_than_a_query_may_hold() {
        let many =
            |lengths: &[usize]| together(lengths, |long| *long).iter().map(|group| group.len()).collect::<Vec<_>>();
        assert_eq!(many(&[]), [0; 0]);
        assert_eq!(many(&[30; 100]), [100]);
        assert_eq!(many(&[96; 80]), [35, 35, 10]);
        assert_eq!(many(&[9_000, 10]), [1, 1], "what is too long is asked for by itself, and refused");
    }
}
