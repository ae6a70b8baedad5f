//! Impact of a change of a table: columns that are gone or hold less, what is made of them by lineage, and what of products
//! reads them. The same look says of a table what needs its columns.

mod beside;
mod made;
mod needs;
mod products;
mod read;
mod statement;
mod views;

use std::collections::BTreeMap;

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::kinds::column::COLUMNS;
use emporion_catalog::reading::{Limits, Reading, SeenCard};
use emporion_catalog::record::{Card, View};
use emporion_catalog::relation;
use serde_json::{Map, Value};

use crate::fault::Fault;
use crate::layout::collapsed_list::CollapsedList;
use crate::records::column::ColumnLink;
use crate::records::column_type;
use crate::records::link::Link;
use crate::request::visit::Visit;
use crate::text::plain::shown;
use crate::text::texts::Texts;

use products::Holding;
use statement::Losing;
use views::{ReadingViews, Views};

pub use needs::{Need, Needs};
pub use read::{Parts, ReadBy};

const LIMITS: Limits = Limits { up: 0, down: 4, nodes: 200, edges: 2_000 };
/// Names that are said; more unfold.
const MOST_NAMES: usize = 12;

#[derive(Template)]
#[template(path = "parts/losses.html")]
pub struct Impact {
    t: Texts,
    dropped: CollapsedList,
    narrowed: CollapsedList,
    /// How much is made of the table, as far as the visitor sees it; `None` for nothing.
    downstream: Option<String>,
    /// What lineage says to be made of just these columns.
    hit: CollapsedList,
    /// Products that hold the table, as far as the visitor sees them; and that there may be more than were looked for.
    products: CollapsedList,
    are_products_cut: bool,
    /// What of these reads the columns.
    read: Vec<ReadBy>,
    /// Where more products hold the table than were looked at.
    read_of: Option<String>,
    /// Whose statements read the columns, whatever lineage says.
    views: CollapsedList,
    are_views_cut: bool,
}

impl HtmlSafe for Impact {}

/// Something that is made of the columns, near or far, and which of its own are.
#[derive(Template)]
#[template(source = "{{ link }} ({{ columns }})", ext = "html")]
pub struct Affected {
    link: Link,
    columns: CollapsedList,
}

/// What is lost, and what has to do with it, as far as the visitor sees that.
#[derive(Default)]
pub struct Affecting {
    pub dropped: Vec<String>,
    pub narrowed: Vec<String>,
    /// How much is made of the table.
    pub downstream: usize,
    /// What lineage says to be made of just these columns.
    pub hit: Vec<Affected>,
    /// Products that hold the table, in the order in which they are looked into; and whether there are more than were
    /// looked for.
    pub products: Vec<Link>,
    pub is_cut: bool,
    pub read: Vec<ReadBy>,
    /// Whose statements read the columns; and whether not all were looked at.
    pub views: Vec<Link>,
    pub are_views_cut: bool,
}

impl Impact {
    /// Between two states of a record; `None` where nothing is lost.
    pub async fn between(
        visit: &Visit,
        reading: &Reading<'_>,
        (view, old, new): (&View, &View, &View),
    ) -> Result<Option<Impact>, Fault> {
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
        let made = made::made_of(view.id(), &lost, &walked.down);
        let hit = made.iter().filter_map(|(id, paths)| Some(Affected::of(visit.t, walked.cards.get(id)?, paths)));
        let holding = Holding::of(reading, view).await?;
        let kept = before.keys().filter(|path| !lost.contains(path));
        let kept: Vec<&String> = kept.chain(after.keys().filter(|path| !before.contains_key(*path))).collect();
        let known = |paths: &[&String]| paths.iter().filter_map(|path| products::known(path)).collect::<Vec<_>>();
        let losing = Losing::of(reading, view, (vec![known(&lost)], known(&kept))).await?;
        let (found, views) = match &losing {
            Some(losing) => {
                let views = Views::of(reading, view).await?.reading(losing).await?;
                (holding.reading(reading, losing).await?, views)
            }
            None => (Vec::new(), ReadingViews::default()),
        };
        let read = found.iter().map(|one| {
            let parts: Vec<_> = one.parts.iter().collect();
            ReadBy::of(visit.t, &one.product, &parts, one.is_cut)
        });
        let names = |paths: &[&String]| paths.iter().map(|path| shown(path)).collect();
        let lost = Affecting {
            hit: hit.collect(),
            dropped: names(&dropped),
            narrowed: names(&narrowed),
            downstream: walked.nodes.len(),
            read: read.collect(),
            views: views.found.into_iter().map(|view| view.product).collect(),
            are_views_cut: views.is_cut,
            is_cut: holding.is_cut,
            products: holding.products.into_iter().map(|(link, _)| link).collect(),
        };
        Ok(Some(Impact::reported(visit.t, lost)))
    }

    pub fn reported(t: Texts, lost: Affecting) -> Impact {
        let Affecting { dropped, narrowed, downstream, mut hit, products, is_cut, read, views, are_views_cut } = lost;
        let rendered = t.count("losses.assets", downstream);
        hit.sort_by(|a, b| a.link.name.cmp(&b.link.name));
        let looked_at = t.number(products::MOST_PRODUCTS as u64);
        let is_more = products.len() > products::MOST_PRODUCTS;
        let key = if is_cut { "losses.more_at_least" } else { "diff.more" };
        let names = |names| CollapsedList::of_names(t, names, MOST_NAMES, "diff.more");
        Impact {
            t,
            downstream: match downstream {
                0 => None,
                number if number >= LIMITS.nodes => Some(t.with("losses.at_least", &[("said", &rendered)])),
                _ => Some(rendered),
            },
            dropped: names(dropped),
            narrowed: names(narrowed),
            hit: CollapsedList::of(t, hit, MOST_NAMES, "diff.more"),
            are_products_cut: is_cut && products.len() <= MOST_NAMES,
            products: CollapsedList::of(t, products, MOST_NAMES, key),
            read,
            are_views_cut: are_views_cut && views.len() <= MOST_NAMES,
            views: CollapsedList::of(t, views, MOST_NAMES, "diff.more"),
            read_of: is_more.then(|| t.with("losses.read_of", &[("n", &looked_at)])),
        }
    }
}

impl Affected {
    fn of<'p>(t: Texts, card: &Card, paths: impl IntoIterator<Item = &'p String>) -> Affected {
        let columns = paths.into_iter().map(|path| ColumnLink::of(card.kind, &card.fqn, path)).collect();
        Affected::reported(t, Link::of(card), columns)
    }

    pub fn reported(t: Texts, link: Link, columns: Vec<ColumnLink>) -> Affected {
        Affected { link, columns: CollapsedList::of(t, columns, MOST_NAMES, "diff.more") }
    }
}

fn columns(state: &View) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    COLUMNS.walk(COLUMNS.of(|name| state.field(name)), &mut |path, column: &Map<String, Value>| {
        found.insert(path.to_owned(), Value::Object(column.clone()));
    });
    found
}
