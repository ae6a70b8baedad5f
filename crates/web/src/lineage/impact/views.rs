//! The views that are made of a table: their statements read columns of it, also those that go into none of theirs.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use emporion_catalog::id::RecordId;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation;
use emporion_edge::apart::{Wanted, apart};
use emporion_semantic::guard::defining_query;
use serde_json::Value;

use super::beside;
use super::products::{Found, Part, in_time};
use super::statement::{Losing, Other};
use crate::fault::Fault;
use crate::records::column::ColumnLink;
use crate::records::link::Link;

/// The text that counts them.
pub const SORT: &str = "count.views";
/// Views that are looked at, and how long.
const MOST: u32 = 50;
const PATIENCE: Duration = Duration::from_millis(100);

/// Those that the visitor sees, and what else each is made of, as far as he sees that.
pub struct Views {
    views: Vec<(Record, Vec<Other>)>,
    is_cut: bool,
}

/// Views that read columns.
#[derive(Default)]
pub struct ReadingViews {
    pub found: Vec<Found>,
    /// Not all were looked at.
    pub is_cut: bool,
}

impl Views {
    pub async fn of(reading: &Reading<'_>, view: &View) -> Result<Views, Fault> {
        let made = reading.sources(&[view], &[relation::DERIVED_FROM], MOST).await?;
        let is_view = |record: &Record| record.kind.is("table") && definition(record).is_some();
        let mut views: Vec<Record> = made.records.into_values().filter(is_view).collect();
        views.sort_by(|a, b| a.fqn.cmp(&b.fqn));
        if views.is_empty() {
            return Ok(Views { views: Vec::new(), is_cut: made.is_cut });
        }
        let edges = reading.edges_from(&views, Some(&[relation::DERIVED_FROM])).await?;
        let of: HashSet<RecordId> = edges.iter().map(|edge| edge.to).filter(|id| *id != view.id()).collect();
        let of = reading.records(&of.into_iter().collect::<Vec<_>>(), States::Alive).await?;
        let of: HashMap<RecordId, Record> = of.into_iter().map(|record| (record.id, record)).collect();
        let views = views.into_iter().map(|record| {
            let own = edges.iter().filter(|edge| edge.from == record.id);
            let others = own.filter_map(|edge| beside::other(of.get(&edge.to)?)).collect();
            (record, others)
        });
        Ok(Views { views: views.collect(), is_cut: made.is_cut })
    }

    /// Those whose statements read the columns.
    pub async fn reading(self, losing: &Arc<Losing>) -> Result<ReadingViews, Fault> {
        let Views { views, mut is_cut } = self;
        if views.is_empty() {
            return Ok(ReadingViews { found: Vec::new(), is_cut });
        }
        let losing = losing.clone();
        let find = move |_: &Wanted| {
            let until = Instant::now() + PATIENCE;
            let mut is_late = false;
            let mut found = Vec::new();
            for (view, others) in in_time(&views, until, &mut is_cut) {
                let (groups, is_whole) = read(view, others, &losing, until);
                is_late |= !is_whole;
                if !groups.is_empty() {
                    found.push(Found::of_view(Link::of_record(view), groups));
                }
            }
            ReadingViews { found, is_cut: is_cut || is_late }
        };
        Ok(apart(find).await?)
    }
}

fn definition(view: &Record) -> Option<&str> {
    view.body.get("schema_definition").and_then(Value::as_str)
}

/// The groups of columns that its statement reads, and whether there was time to look at all.
fn read(view: &Record, others: &[Other], losing: &Losing, until: Instant) -> (BTreeSet<usize>, bool) {
    let definition = definition(view).unwrap_or_default();
    if losing.named(definition).is_empty() {
        return (BTreeSet::new(), true);
    }
    match defining_query(definition, losing.dialect) {
        Some(sql) => losing.read(&sql, &Value::Null, others, until),
        None => (BTreeSet::new(), true),
    }
}

impl Found {
    fn of_view(link: Link, groups: BTreeSet<usize>) -> Found {
        let part = ColumnLink { name: link.name.clone(), address: link.address.clone() };
        Found { product: link, parts: vec![Part { sort: SORT, link: part, groups }], is_cut: false }
    }
}
