//! How old the data of tables are: the latest moment in them is a value computed of rows, so it is told to those who see
//! measured values, and to those who may query all of the rows through a product.

use std::collections::{HashMap, HashSet};

use super::closed::Closed;
use super::filters::means_record;
use super::observed::Sight;
use super::redaction::Redaction;
use super::{Reader, grants, masks, view_sources};
use crate::boxed::Boxed;
use crate::id::RecordId;
use crate::problem::Problem;
use crate::record::{Record, View};
use crate::relation::HAS_ASSET;

/// Views that read views are followed this far.
const STEPS: usize = 8;

/// Why somebody is not told how old the data of a table are. Where several hold, the last one is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Withheld {
    /// He may not query them.
    Closed,
    /// It is a view of which nobody knows what it reads, and of some tables he sees a part only.
    Unknown,
    /// Of its rows or columns he sees a part only, or of those of what it reads.
    Partial,
}

/// What is told of the age of one table: moments that this leaves of its profiles.
pub struct DataAge {
    pub redaction: Redaction,
    /// Why it leaves fewer than there may be.
    pub withheld: Option<Withheld>,
}

/// What a principal sees a part of only.
#[derive(Default)]
struct Kept {
    closed: Closed,
    /// Names of tables that are masked from everybody of his roles.
    masked: Vec<String>,
}

impl Kept {
    fn is_nothing(&self) -> bool {
        self.closed.is_empty() && self.masked.is_empty()
    }

    fn holds(&self, table: &Record) -> bool {
        self.closed.holds(table)
            || !self.closed.masked(table.id).is_empty()
            || self.masked.iter().any(|given| means_record(given, &table.fqn))
    }
}

impl Reader<'_> {
    /// Of each of the tables, which the principal sees. The products, which he sees as well, have their edges to whoever has a
    /// role on them and to their assets.
    ///
    /// For his roles he is told nothing of tables that he sees a part of, nor of views that come to one.
    pub fn ages<'a>(
        &'a self,
        products: &'a [&'a View],
        tables: &'a [&'a Record],
    ) -> Boxed<'a, Result<Vec<DataAge>, Problem>> {
        Box::pin(async move {
            let mut sights = self.sights(tables).await?;
            let sees_all = |sight: &Sight| sight.values;
            let mut lent: HashSet<RecordId> = HashSet::new();
            let mut kept_from: HashMap<RecordId, Withheld> = HashMap::new();
            if !tables.iter().all(|table| sights.get(&table.id).is_some_and(sees_all)) {
                let mut kept = Kept { closed: self.closed().await?, ..Kept::default() };
                let may = self.may_query_each(products).await?;
                for product in products.iter().zip(may).filter_map(|(product, may)| may.map(|_| product)) {
                    let of_roles = masks::for_roles_of(product, self.principal);
                    kept.masked.extend(of_roles.into_iter().map(|(table, _)| table));
                    let edges = product.edges.iter();
                    let granted = edges.filter(|edge| edge.relation == HAS_ASSET && grants::is_granted(edge));
                    lent.extend(granted.map(|edge| edge.to));
                }
                kept_from = self.kept_from(tables, &kept).await?;
            }
            let personal = self.personal(tables).await?;
            let age = |(table, personal): (&&Record, _)| {
                let sight = sights.remove(&table.id).unwrap_or_default();
                let partial = (!sight.counts).then_some(Withheld::Partial);
                let why = partial.or(kept_from.get(&table.id).copied());
                let values = sight.values || why.is_none() && lent.contains(&table.id);
                let withheld = (!values).then_some(why.unwrap_or(Withheld::Closed));
                DataAge { redaction: Redaction::new(Sight { values, ..sight }, personal), withheld }
            };
            Ok(tables.iter().zip(personal).map(age).collect())
        })
    }

    /// Those of the tables that are kept from the principal in part, or come to what is.
    async fn kept_from(&self, tables: &[&Record], kept: &Kept) -> Result<HashMap<RecordId, Withheld>, Problem> {
        let mut found = HashMap::new();
        if kept.is_nothing() {
            return Ok(found);
        }
        let ids = tables.iter().map(|table| table.id);
        let reads = view_sources::of(self.snapshot, ids, STEPS).await?;
        let tops: HashSet<RecordId> = tables.iter().map(|table| table.id).collect();
        let behind: HashSet<RecordId> = reads.values().flatten().copied().filter(|id| !tops.contains(id)).collect();
        let behind: Vec<RecordId> = behind.into_iter().collect();
        let read = match behind.is_empty() {
            true => Vec::new(),
            false => self.snapshot.by_id(self.principal.account, &behind).await?,
        };
        let all = read.iter().flatten().chain(tables.iter().copied());
        let partial: HashSet<RecordId> = all.filter(|table| kept.holds(table)).map(|table| table.id).collect();
        for table in tables {
            let why = if comes_to(&reads, table.id, &partial) {
                Withheld::Partial
            } else if view_sources::is_view(table) && !reads.contains_key(&table.id) {
                Withheld::Unknown
            } else {
                continue;
            };
            found.insert(table.id, why);
        }
        Ok(found)
    }
}

/// Whether it is one of those, or a view that comes to one.
fn comes_to(reads: &HashMap<RecordId, Vec<RecordId>>, from: RecordId, those: &HashSet<RecordId>) -> bool {
    let (mut seen, mut ahead) = (HashSet::from([from]), vec![from]);
    while let Some(at) = ahead.pop() {
        if those.contains(&at) {
            return true;
        }
        ahead.extend(reads.get(&at).into_iter().flatten().filter(|read| seen.insert(**read)));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_comes_to_what_lies_behind_others() {
        let [view, between, table, other] = std::array::from_fn(|_| RecordId::fresh());
        let reads = HashMap::from([(view, vec![between, view]), (between, vec![table])]);
        let of = |from, to| comes_to(&reads, from, &HashSet::from([to]));
        assert!(of(view, table) && of(view, view) && of(between, table));
        assert!(!of(table, view) && !of(view, other));
    }

    #[test]
    fn what_is_seen_in_part_is_said_before_what_is_not_at_all() {
        assert!(Withheld::Partial > Withheld::Unknown && Withheld::Unknown > Withheld::Closed);
    }
}
