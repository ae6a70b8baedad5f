//! How products are composed of one another: a graph without cycles, at most three compositions deep.

use std::collections::BTreeMap;

use emporion_catalog::Problem;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::View;
use emporion_catalog::relation::COMPOSED_OF;
use serde_json::{Value, json};
use uuid::Uuid;

use super::spec::{SOURCE, SPEC};
use crate::error::{Failure, Violation};
use crate::parts::item;
use crate::parts::spec::Fields;
use crate::read_context::ReadContext;
use crate::refs;

/// The longest chain, in compositions.
pub const MAX_DEPTH: usize = 3;

/// Which compositions count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Live,
    /// Also those that the caller sees as drafts.
    Drafted,
}

/// What stands below a product.
#[derive(Debug, Default)]
pub struct Below {
    /// The longest chain, as far as it was followed.
    pub depth: usize,
    /// From the product down to the one that was looked for.
    pub path: Option<Vec<RecordId>>,
}

/// The product that a composition takes over.
pub fn source_of(fields: &Fields) -> Option<RecordId> {
    let text = fields.get(SOURCE)?.as_str()?;
    Uuid::try_parse(text).ok().map(RecordId::from_uuid)
}

/// The source, if the caller may see it.
pub async fn seen(cx: &ReadContext<'_>, source: RecordId) -> Result<Option<View>, Failure> {
    let catalog = &cx.door.catalog;
    let target = refs::product_id(catalog, source);
    match catalog.get_in(cx.snapshot, cx.caller, &target, States::Alive, &Depth::bare()).await {
        Ok(view) => Ok(Some(view)),
        Err(Problem::NotFound { .. }) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

pub async fn is_gone(cx: &ReadContext<'_>, source: RecordId) -> Result<bool, Failure> {
    let found = cx.snapshot.by_id(cx.caller.account(), &[source]).await?;
    Ok(!found.into_iter().flatten().any(|record| record.state.is_alive()))
}

/// Whether a composition takes a table over, by its whole name or the last part of it.
pub fn includes(include: Option<&Value>, table: &str) -> bool {
    names(include, "datasets").is_none_or(|mut names| names.any(|name| name == "*" || is_named(name, table)))
}

/// Whether a composition takes a metric over.
pub fn includes_metric(include: Option<&Value>, metric: &str) -> bool {
    names(include, "metrics").is_none_or(|mut names| names.any(|name| name == "*" || name.eq_ignore_ascii_case(metric)))
}

/// `None`: everything is taken over.
fn names<'a>(include: Option<&'a Value>, what: &str) -> Option<impl Iterator<Item = &'a str>> {
    Some(include?.get(what)?.as_array()?.iter().filter_map(Value::as_str))
}

/// Whether an entry of `include` means a table.
pub fn is_named(name: &str, table: &str) -> bool {
    let last = name::split(table).and_then(|mut parts| parts.pop()).unwrap_or_default();
    [table, &last].iter().any(|own| name.eq_ignore_ascii_case(own))
}

/// What is wrong with composing `product` of `source`, if anything is.
///
/// `above` is the longest chain that ends in the product.
pub async fn wrong(
    cx: &ReadContext<'_>,
    source: RecordId,
    above: usize,
    reach: Reach,
) -> Result<Option<Failure>, Failure> {
    let below = below(cx, source, cx.product, reach).await?;
    if let Some(path) = below.path {
        let round = std::iter::once(cx.product).chain(path).map(|id| id.to_string()).collect();
        return Ok(Some(Failure::composition_cycle(round)));
    }
    Ok((above + 1 + below.depth > MAX_DEPTH).then(|| Failure::invalid(vec![too_deep()])))
}

pub fn too_deep() -> Violation {
    let message = "{products} can be composed of one another at most three times in a row";
    Violation::new("/sourceDataProductId", "maxDepth", message)
}

async fn below(cx: &ReadContext<'_>, from: RecordId, wanted: RecordId, reach: Reach) -> Result<Below, Failure> {
    // One level of the graph after the other, each product with a way that leads to it.
    let mut level = BTreeMap::from([(from, vec![from])]);
    let mut below = Below::default();
    for depth in 0.. {
        if let Some(path) = level.remove(&wanted) {
            return Ok(Below { depth, path: Some(path) });
        }
        if level.is_empty() || depth > MAX_DEPTH {
            break;
        }
        below.depth = depth;
        let mut next = BTreeMap::new();
        for (product, path) in level {
            for source in sources(cx, product, reach).await? {
                next.entry(source).or_insert_with(|| path.iter().copied().chain([source]).collect());
            }
        }
        level = next;
    }
    Ok(below)
}

async fn sources(cx: &ReadContext<'_>, product: RecordId, reach: Reach) -> Result<Vec<RecordId>, Failure> {
    let items = item::of_product(&SPEC, &cx.door.catalog, cx.snapshot, cx.caller, product).await?;
    let of_item = |item: &item::Item| -> Vec<RecordId> {
        match reach {
            Reach::Live => item.live.iter().filter_map(|record| source_of(&record.body)).collect(),
            Reach::Drafted => item.contents().filter_map(source_of).collect(),
        }
    };
    Ok(items.iter().flat_map(of_item).collect())
}

/// The longest chain of live compositions that ends in the product.
pub async fn above(cx: &ReadContext<'_>) -> Result<usize, Failure> {
    let mut level = vec![cx.product];
    for depth in 0..=MAX_DEPTH {
        level = composing(cx, &level).await?;
        if level.is_empty() {
            return Ok(depth);
        }
    }
    Ok(MAX_DEPTH)
}

/// The living products that are composed of any of these.
pub async fn composing(cx: &ReadContext<'_>, products: &[RecordId]) -> Result<Vec<RecordId>, Failure> {
    let edges = cx.snapshot.edges_to(products, &[COMPOSED_OF], u32::MAX).await?;
    let ids: Vec<RecordId> = edges.iter().map(|edge| edge.from).collect();
    let records = cx.snapshot.by_id(cx.caller.account(), &ids).await?;
    let alive = records.into_iter().flatten().filter(|record| record.state.is_alive());
    let mut parents: Vec<RecordId> = alive.filter_map(|record| record.parent).collect();
    parents.sort();
    parents.dedup();
    Ok(parents)
}

/// The products that a draft would compose of this one, whoever may see the draft.
///
/// Cost: reads the drafts of all compositions of the account; only deletions ask.
pub async fn drafting(cx: &ReadContext<'_>) -> Result<Vec<RecordId>, Failure> {
    let drafts = item::all_drafts(&SPEC, &cx.door.catalog, cx.snapshot, cx.caller).await?;
    let of_this = drafts.into_iter().filter(|(_, fields)| source_of(fields) == Some(cx.product));
    Ok(of_this.map(|(product, _)| product).collect())
}

/// The ids and names of the products that are composed of one, or would be, as far as the caller may see them.
pub async fn users(cx: &ReadContext<'_>) -> Result<Vec<Value>, Failure> {
    let catalog = &cx.door.catalog;
    let mut composing = composing(cx, &[cx.product]).await?;
    composing.extend(drafting(cx).await?);
    composing.sort();
    composing.dedup();
    let query = ListQuery {
        ids: Some(composing),
        limit: 1_000,
        ..ListQuery::of(cx.caller.account(), catalog.kind("data_product"))
    };
    let found = catalog.list_in(cx.snapshot, cx.caller, query, &Depth::bare()).await?;
    let print = |view: &View| json!({"id": view.id().to_string(), "name": view.record.name});
    Ok(found.views.iter().map(print).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_composition_takes_over_what_it_includes() {
        assert!(includes(None, "orders") && includes(Some(&json!({"datasets": ["*"]})), "orders"));
        let some = json!({"datasets": ["Orders"]});
        assert!(includes(Some(&some), "shop.orders") && !includes(Some(&some), "customers"));
        assert!(includes_metric(Some(&some), "net_sales") && includes_metric(None, "net_sales"));
        let one = json!({"datasets": ["*"], "metrics": ["Net_Sales"]});
        assert!(includes_metric(Some(&one), "net_sales") && !includes_metric(Some(&one), "margin"));
    }
}
