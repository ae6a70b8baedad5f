//! Tables that show what filters or masks would hide, before these are given: in the product itself, in products that it is
//! composed of, and in those that are composed of it. Nothing is told of what the caller does not see.

use std::collections::{BTreeSet, HashMap, HashSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::query::States;
use emporion_catalog::reading::SeenId;
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation::DERIVED_FROM;
use emporion_catalog::rows::composed::MAX_DEPTH;

use crate::assets::relations::{self, Relation};
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::parts::compositions::{graph, spec::SPEC};
use crate::parts::item;
use crate::reach::row_filters::means;
use crate::reach::unfiltered_views::{self, Names};
use crate::read_context::ReadContext;

/// Products around this one that are looked at.
const MOST_PRODUCTS: usize = 50;
/// Tables that are told.
const MOST_TOLD: usize = 20;

/// A table that shows rows of another one without what is said for that one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShownElsewhere {
    pub table: String,
    pub of: String,
    /// The product that has it, where that is another one.
    pub product: Option<String>,
    /// It reads the other one itself; else it is made of it, as lineage says.
    pub is_view: bool,
}

/// What filters or masks under these names leave shown, the first of it. A table that has something of its own is not told.
pub async fn of(cx: &ReadContext<'_>, names: &Names) -> Result<Vec<ShownElsewhere>, Failure> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut own = relations::of_product(cx, ContentState::Drafted).await?;
    own.extend(relations::of_product(cx, ContentState::Live).await?);
    let is_named = |table: &&Relation| names.iter().any(|name| means(name, table));
    let named = own.iter().filter(is_named);
    let covered: HashMap<RecordId, String> =
        named.filter_map(|table| Some((table.record.as_ref()?.id, table.called()))).collect();
    if covered.is_empty() {
        return Ok(Vec::new());
    }
    let mut told = BTreeSet::new();
    add(cx, &own, &covered, None, &mut told).await?;
    for product in around(cx).await? {
        let cx = ReadContext { product: SeenId::from(&product), ..*cx };
        let tables = relations::of_view(&cx, &product, ContentState::Live).await?;
        let lent: Vec<Relation> = seen(&cx, tables.into_iter().filter(|table| table.is_lent).collect()).await?;
        add(&cx, &lent, &covered, Some(&product.record), &mut told).await?;
    }
    Ok(told.into_iter().take(MOST_TOLD).collect())
}

async fn add(
    cx: &ReadContext<'_>,
    tables: &[Relation],
    covered: &HashMap<RecordId, String>,
    product: Option<&Record>,
    told: &mut BTreeSet<ShownElsewhere>,
) -> Result<(), Failure> {
    let ids: HashSet<RecordId> = covered.keys().copied().collect();
    let views = unfiltered_views::showing(cx, tables, &ids).await?;
    let made = made_of(cx, tables, &ids).await?;
    let each = views.into_iter().map(|one| (one, true)).chain(made.into_iter().map(|one| (one, false)));
    for ((at, of), is_view) in each {
        let one = ShownElsewhere {
            table: tables[at].called(),
            of: covered[&of].clone(),
            product: product.map(|product| product.name.clone()),
            is_view,
        };
        if is_view || !told.contains(&ShownElsewhere { is_view: true, ..one.clone() }) {
            told.insert(one);
        }
    }
    Ok(())
}

/// Which of the tables, by their places, lineage calls made of a covered one, of those tables that the caller sees.
async fn made_of(
    cx: &ReadContext<'_>,
    tables: &[Relation],
    covered: &HashSet<RecordId>,
) -> Result<Vec<(usize, RecordId)>, Failure> {
    let ids = |tables: &[Relation]| -> Vec<RecordId> {
        tables.iter().filter_map(|table| Some(table.record.as_ref()?.id)).collect()
    };
    let records = cx.reading.records(&ids(tables), States::Alive).await?;
    let all: Vec<RecordId> = covered.iter().copied().collect();
    let known: HashSet<RecordId> =
        cx.reading.records(&all, States::Alive).await?.iter().map(|record| record.id).collect();
    let from: Vec<SeenId> = records.iter().filter(|one| !covered.contains(&one.id)).map(SeenId::from).collect();
    let edges = cx.reading.edges_from(&from, Some(&[DERIVED_FROM])).await?;
    let made = edges.iter().filter(|edge| !edge.is_of_a_view() && known.contains(&edge.to));
    let place = |id: RecordId| tables.iter().position(|table| table.record.as_ref().is_some_and(|own| own.id == id));
    Ok(made.filter_map(|edge| Some((place(edge.from)?, edge.to))).collect())
}

async fn seen(cx: &ReadContext<'_>, tables: Vec<Relation>) -> Result<Vec<Relation>, Failure> {
    let mut seen = Vec::new();
    for table in tables {
        if let Some(record) = &table.record
            && cx.reading.sees(record).await?
        {
            seen.push(table);
        }
    }
    Ok(seen)
}

/// The products that the caller sees above this one and below it. Of one that is hidden from him he is not led on.
async fn around(cx: &ReadContext<'_>) -> Result<Vec<View>, Failure> {
    let (mut found, mut known) = (Vec::new(), HashSet::from([cx.product_id()]));
    for is_above in [true, false] {
        let mut level = vec![cx.product];
        for _ in 0..MAX_DEPTH {
            let next = if is_above { above(cx, &level).await? } else { below(cx, &level).await? };
            level.clear();
            for id in next {
                if found.len() >= MOST_PRODUCTS || !known.insert(id) {
                    continue;
                }
                let Some(view) = graph::seen(cx, id, &super::depth()).await? else { continue };
                level.push(SeenId::from(&view));
                found.push(view);
            }
        }
    }
    Ok(found)
}

async fn above(cx: &ReadContext<'_>, level: &[SeenId]) -> Result<Vec<RecordId>, Failure> {
    let ids: Vec<RecordId> = level.iter().map(emporion_catalog::reading::Seen::record_id).collect();
    Ok(cx.reading.composing(&ids).await?)
}

async fn below(cx: &ReadContext<'_>, level: &[SeenId]) -> Result<Vec<RecordId>, Failure> {
    let mut sources = Vec::new();
    for product in level {
        let items = item::of_product(&SPEC, cx.reading, *product).await?;
        sources.extend(items.iter().filter_map(|item| graph::source_of(item.seen(ContentState::Live)?)));
    }
    Ok(sources)
}
