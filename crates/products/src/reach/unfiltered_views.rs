//! Views that show what row filters and column masks hide: one holds for the table that it names, and a view of the same
//! product reads that table without it.

use std::collections::{BTreeMap, HashMap, HashSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::reading::Through;
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation::{ROLE_MASKS, ROW_FILTERS};
use emporion_catalog::rows::roles::ROLES;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::assets::relations::{self, Relation};
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::message::Message;
use crate::reach::row_filters::means;
use crate::read_context::ReadContext;
use crate::warning::Warning;

const UNFILTERED_VIEW: &str = "UNFILTERED_VIEW";
/// Views that read views are followed this far.
const STEPS: usize = 8;
/// A request that uncovers more is told of these, and that there are others.
const MOST_WARNINGS: usize = 20;

/// The names for which one user, or everybody of one role, has row filters or column masks.
pub type Names = Vec<String>;

/// The names in a list of filters.
pub fn names(filters: &Value) -> Option<Names> {
    filters.as_object().filter(|filters| !filters.is_empty()).map(|filters| filters.keys().cloned().collect())
}

/// Those of everybody who has any on the product, and those that hold for whole roles.
async fn of_everybody(cx: &ReadContext<'_>, product: &Record) -> Result<Vec<Names>, Failure> {
    let roles = cx.reading.edges_from(&[cx.product], Some(&ROLES)).await?;
    let given = |attributes: &Map<String, Value>| attributes.get(ROW_FILTERS).and_then(names);
    let of_roles = product.body.get(ROLE_MASKS).and_then(Value::as_object).into_iter().flat_map(Map::values);
    Ok(roles.iter().filter_map(|edge| given(&edge.attributes)).chain(of_roles.filter_map(names)).collect())
}

/// Views that go round row filters, in what a deploy would leave.
pub async fn of_product(cx: &ReadContext<'_>, view: &View) -> Result<Vec<Warning>, Failure> {
    let filters = of_everybody(cx, &view.record).await?;
    if filters.is_empty() {
        return Ok(Vec::new());
    }
    warnings(cx, &relations::of_view(cx, view, ContentState::Drafted).await?, &filters).await
}

/// The views among the tables, by their places, that read a covered one and are not covered themselves: each with what it
/// shows.
///
/// Cost: one read for every step of views that read views, the last of which finds none.
pub async fn showing(
    cx: &ReadContext<'_>,
    tables: &[Relation],
    covered: &HashSet<RecordId>,
) -> Result<Vec<(usize, RecordId)>, Failure> {
    let behind: Vec<&Through> = tables.iter().filter_map(|table| table.record.as_ref()).collect();
    let reads = cx.reading.read_by_views(&behind, STEPS).await?;
    let views = tables.iter().enumerate().filter_map(|(at, table)| Some((at, table.record.as_ref()?.id)));
    let views = views.filter(|(_, id)| !covered.contains(id));
    Ok(views.flat_map(|(at, id)| first_covered(&reads, id, covered).into_iter().map(move |of| (at, of))).collect())
}

/// A warning for each view among the tables that shows somebody what his filters on another one of them hide.
///
/// Cost: nothing without filters; else one read for every step of views that read views, the last of which finds none.
pub async fn warnings(cx: &ReadContext<'_>, tables: &[Relation], filters: &[Names]) -> Result<Vec<Warning>, Failure> {
    let tables: BTreeMap<RecordId, &Relation> =
        tables.iter().filter_map(|table| Some((table.record.as_ref()?.id, table))).collect();
    let is_named = |names: &Names, table: &Relation| names.iter().any(|name| means(name, table));
    if !filters.iter().any(|names| tables.values().any(|table| is_named(names, table))) {
        return Ok(Vec::new());
    }
    let behind: Vec<&Through> = tables.values().filter_map(|table| table.record.as_ref()).collect();
    let reads = cx.reading.read_by_views(&behind, STEPS).await?;
    // By what they are called, and with an asset: what several assets show is told once.
    let mut uncovered: BTreeMap<(String, String), Uuid> = BTreeMap::new();
    for names in filters {
        let covered: HashSet<RecordId> =
            tables.iter().filter(|(_, table)| is_named(names, table)).map(|(id, _)| *id).collect();
        for (id, view) in tables.iter().filter(|(id, _)| !covered.contains(id)) {
            let hidden = first_covered(&reads, *id, &covered).into_iter().filter_map(|id| tables.get(&id));
            for table in hidden {
                let asset = uncovered.entry((view.called(), table.called())).or_insert(view.asset);
                *asset = view.asset.min(*asset);
            }
        }
    }
    Ok(reported(uncovered))
}

fn reported(uncovered: BTreeMap<(String, String), Uuid>) -> Vec<Warning> {
    let others = "other views of the product read tables without their row filters or masks, too";
    let others = (uncovered.len() > MOST_WARNINGS).then(|| Warning::new(UNFILTERED_VIEW, others, None));
    let warnings = uncovered.into_iter().take(MOST_WARNINGS).map(|((view, table), asset)| {
        let message = "the view \"{}\" reads \"{}\" without its row filters or masks, and has none of its own";
        Warning::new(UNFILTERED_VIEW, Message::with(message, [view, table]), Some(format!("/dataAssets/{asset}")))
    });
    warnings.chain(others).collect()
}

/// The filtered tables that a view comes to; what lies behind one of them is shown through it.
fn first_covered(
    reads: &HashMap<RecordId, Vec<RecordId>>,
    view: RecordId,
    covered: &HashSet<RecordId>,
) -> Vec<RecordId> {
    let (mut found, mut seen, mut ahead) = (Vec::new(), HashSet::from([view]), vec![view]);
    while let Some(at) = ahead.pop() {
        for read in reads.get(&at).into_iter().flatten().filter(|read| seen.insert(**read)) {
            if covered.contains(read) { found.push(*read) } else { ahead.push(*read) }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_not_all_are_told_that_is_said() {
        let of = |many: usize| {
            let names = (0..many).map(|at| ((format!("view_{at:02}"), "orders".to_owned()), Uuid::nil()));
            reported(names.collect())
        };
        let (all, some) = (of(MOST_WARNINGS), of(MOST_WARNINGS + 1));
        assert!(all.len() == MOST_WARNINGS && all.iter().all(|one| one.path.is_some()));
        assert_eq!((some.len(), &some[..MOST_WARNINGS]), (MOST_WARNINGS + 1, &all[..]));
        assert_eq!(some.last().map(|one| (one.code, &one.path)), Some((UNFILTERED_VIEW, &None)));
    }
}
