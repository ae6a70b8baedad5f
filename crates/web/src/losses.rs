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

/// What is lost, and what has to do with it, as far as the visitor sees that.
#[derive(Default)]
pub struct Lost {
    pub dropped: Vec<String>,
    pub narrowed: Vec<String>,
    /// How much is made of the table.
    pub downstream: usize,
    /// What lineage says to be made of just these columns.
    pub hit: Vec<Link>,
    /// Products that hold the table, and whether there are more than were looked for.
    pub products: Vec<Link>,
    pub is_cut: bool,
}

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
        let lost: Vec<&String> = dropped.iter().chain(&narrowed).copied().collect();
        let direct = walked.down.iter().filter(|edge| edge.to == view.id() && reads(edge, &lost));
        let hit: BTreeSet<RecordId> = direct.map(|edge| edge.from).collect();
        let holding = reading.sources(&[view], &[relation::HAS_ASSET], MOST_HOLDERS).await?;
        let names = |paths: Vec<&String>| paths.into_iter().map(|path| shown(path)).collect();
        let lost = Lost {
            hit: hit.iter().filter_map(|id| Some(Link::of(walked.cards.get(id)?))).collect(),
            dropped: names(dropped),
            narrowed: names(narrowed),
            downstream: walked.nodes.len(),
            products: holding.records.values().map(Link::of_record).collect(),
            is_cut: holding.is_cut,
        };
        Ok(Some(Losses::told(visit.t, lost)))
    }

    pub fn told(t: Texts, lost: Lost) -> Losses {
        let Lost { mut dropped, mut narrowed, downstream, mut hit, mut products, is_cut } = lost;
        let said = t.count("losses.assets", downstream);
        hit.sort_by(|a, b| a.name.cmp(&b.name));
        products.sort_by(|a, b| a.name.cmp(&b.name));
        let key = if is_cut { "losses.more_at_least" } else { "diff.more" };
        let more_products = cut(t, &mut products, key).or_else(|| is_cut.then(|| t.say("losses.perhaps_more")));
        for names in [&mut dropped, &mut narrowed] {
            let more = cut(t, names, "diff.more");
            names.extend(more);
        }
        Losses {
            t,
            downstream: match downstream {
                0 => None,
                number if number >= LIMITS.nodes => Some(t.with("losses.at_least", &[("said", &said)])),
                _ => Some(said),
            },
            dropped,
            narrowed,
            more: cut(t, &mut hit, "diff.more"),
            hit,
            more_products,
            products,
        }
    }
}

/// Leaves as many as are said, and counts the others in the words of this text.
fn cut<T>(t: Texts, all: &mut Vec<T>, key: &str) -> Option<String> {
    let more = all.len().checked_sub(MOST_NAMES).filter(|more| *more > 0)?;
    all.truncate(MOST_NAMES);
    Some(t.count(key, more))
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
