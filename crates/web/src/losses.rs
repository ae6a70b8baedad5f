//! What a later state of a table takes from those who read it: columns that are gone, and columns that hold less. And what,
//! by lineage, is made of it.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds::column::COLUMNS;
use emporion_catalog::reading::{Limits, Reading, SeenCard};
use emporion_catalog::record::{Edge, View};
use emporion_catalog::relation;
use serde_json::{Map, Value};

use crate::column_type;
use crate::fault::Fault;
use crate::link::Link;
use crate::plain::shown;
use crate::texts::Texts;
use crate::visit::Visit;

const LIMITS: Limits = Limits { up: 0, down: 4, nodes: 200, edges: 2_000 };
/// Names that are said; more are counted.
const MOST_NAMES: usize = 12;
const MOST_HOLDERS: u32 = 200;

#[derive(Template)]
#[template(path = "parts/losses.html")]
pub struct Losses {
    t: Texts,
    dropped: Vec<String>,
    narrowed: Vec<String>,
    /// How much is made of the table, as far as the visitor sees it; `None` for nothing.
    downstream: Option<String>,
    /// What lineage says to be made of just these columns.
    hit: Vec<Link>,
    more: Option<String>,
    /// Products that hold the table, as far as the visitor sees them.
    products: Vec<Link>,
    more_products: Option<String>,
}

impl HtmlSafe for Losses {}

impl Losses {
    /// Between two states of a record; `None` where nothing is lost.
    pub async fn between(
        visit: &Visit,
        reading: &Reading<'_>,
        (view, old, new): (&View, &View, &View),
    ) -> Result<Option<Losses>, Fault> {
        let (before, after) = (columns(old), columns(new));
        let dropped: Vec<&String> = before.keys().filter(|path| !after.contains_key(*path)).collect();
        let is_narrower =
            |path: &&String| after.get(*path).is_some_and(|now| column_type::is_narrower(&before[*path], now));
        let narrowed: Vec<&String> = before.keys().filter(is_narrower).collect();
        if dropped.is_empty() && narrowed.is_empty() {
            return Ok(None);
        }
        let walked = reading.walk(&SeenCard::from(&view.record), relation::DERIVED_FROM, LIMITS).await?;
        let t = visit.t;
        let said = t.count("losses.assets", walked.nodes.len());
        let said = match walked.nodes.len() {
            0 => None,
            number if number >= LIMITS.nodes => Some(t.with("losses.at_least", &[("said", &said)])),
            _ => Some(said),
        };
        let lost: Vec<&String> = dropped.iter().chain(&narrowed).copied().collect();
        let direct = walked.down.iter().filter(|edge| edge.to == view.id() && reads(edge, &lost));
        let hit: BTreeSet<RecordId> = direct.map(|edge| edge.from).collect();
        let mut hit: Vec<Link> = hit.iter().filter_map(|id| Some(Link::of(walked.cards.get(id)?))).collect();
        hit.sort_by(|a, b| a.name.cmp(&b.name));
        let more = hit.len().checked_sub(MOST_NAMES).filter(|more| *more > 0).map(|more| t.count("diff.more", more));
        hit.truncate(MOST_NAMES);
        let holding = reading.sources(&[view], &[relation::HAS_ASSET], MOST_HOLDERS).await?;
        let mut products: Vec<Link> = holding.records.values().map(Link::of_record).collect();
        products.sort_by(|a, b| a.name.cmp(&b.name));
        let more_products = products.len().checked_sub(MOST_NAMES).filter(|more| *more > 0);
        let is_cut = holding.edges.len() >= MOST_HOLDERS as usize;
        let key = if is_cut { "losses.more_at_least" } else { "diff.more" };
        let more_products = more_products.map(|more| t.count(key, more));
        products.truncate(MOST_NAMES);
        let names = |paths: Vec<&String>| {
            let mut names: Vec<String> = paths.iter().take(MOST_NAMES).map(|path| shown(path)).collect();
            names.extend(
                paths.len().checked_sub(MOST_NAMES).filter(|more| *more > 0).map(|more| t.count("diff.more", more)),
            );
            names
        };
        let (dropped, narrowed) = (names(dropped), names(narrowed));
        Ok(Some(Losses { t, dropped, narrowed, downstream: said, hit, more, products, more_products }))
    }
}

fn columns(state: &View) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    COLUMNS.walk(COLUMNS.of(|name| state.field(name)), &mut |path, column: &Map<String, Value>| {
        found.insert(path.to_owned(), Value::Object(column.clone()));
    });
    found
}

/// Whether lineage says that what the edge comes from is made of one of these columns, or of something in it.
fn reads(edge: &Edge, lost: &[&String]) -> bool {
    let mapped = edge.attributes.get("columns").and_then(Value::as_array).into_iter().flatten();
    let origins = mapped.filter_map(|one| one.get("from")).flat_map(|from| match from {
        Value::Array(places) => places.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect::<Vec<_>>(),
    });
    let is_within = |origin: &str, lost: &String| {
        let path = COLUMNS.path(origin).unwrap_or(origin);
        path.strip_prefix(lost.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    origins.into_iter().any(|origin| lost.iter().any(|lost| is_within(origin, lost)))
}
