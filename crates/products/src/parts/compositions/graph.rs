//! How products are composed of one another: a graph without cycles, at most three compositions deep.

use std::collections::BTreeMap;

use emporion_catalog::Problem;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
pub use emporion_catalog::rows::composed::{MAX_DEPTH, includes, includes_metric, is_named};
use serde_json::{Value, json};
use uuid::Uuid;

use super::spec::{COMPOSITE, SOURCE, SPEC};
use crate::assets::pending::Intent;
use crate::failure::{Failure, Violation};
use crate::parts::item::{self, Pending};
use crate::parts::spec::Fields;
use crate::read_context::ReadContext;
use crate::refs;

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

/// Whether a product is composed of others.
pub fn is_composite(product: &View) -> bool {
    product.field(COMPOSITE).and_then(Value::as_bool).unwrap_or(false)
}

/// The source, if the caller may see it.
pub async fn seen(cx: &ReadContext<'_>, source: RecordId, depth: &Depth) -> Result<Option<View>, Failure> {
    let target = refs::product_id(&cx.products.catalog, source);
    match cx.reading.get(&target, States::Alive, depth).await {
        Ok(view) => Ok(Some(view)),
        Err(Problem::NotFound { .. }) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

pub async fn is_gone(reading: &Reading<'_>, source: RecordId) -> Result<bool, Failure> {
    Ok(reading.alive_among(&[source]).await?.is_empty())
}

/// What is wrong with composing `product` of `source`, if anything is. `above` is how long a chain ends in the product.
pub async fn wrong(
    reading: &Reading<'_>,
    product: RecordId,
    source: RecordId,
    above: usize,
    reach: Reach,
) -> Result<Option<Failure>, Failure> {
    let below = below(reading, source, product, reach).await?;
    if let Some(path) = below.path {
        let round = std::iter::once(product).chain(path).map(|id| id.to_string()).collect();
        return Ok(Some(Failure::composition_cycle(round)));
    }
    Ok((above + 1 + below.depth > MAX_DEPTH).then(|| Failure::invalid(vec![too_deep()])))
}

pub fn too_deep() -> Violation {
    let message = "{products} can be composed of one another at most three times in a row";
    Violation::new("/sourceDataProductId", "maxDepth", message)
}

async fn below(reading: &Reading<'_>, from: RecordId, wanted: RecordId, reach: Reach) -> Result<Below, Failure> {
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
            for source in sources(reading, product, reach).await? {
                next.entry(source).or_insert_with(|| path.iter().copied().chain([source]).collect());
            }
        }
        level = next;
    }
    Ok(below)
}

/// What a product is composed of, whoever sees it.
async fn sources(reading: &Reading<'_>, product: RecordId, reach: Reach) -> Result<Vec<RecordId>, Failure> {
    let live = item::oldest_first(SPEC.kind, reading);
    let mut sources = reading.referred_by_parts(product, live, |record| source_of(&record.body)).await?;
    if reach == Reach::Drafted {
        sources.extend(reading.referred_by_parts(product, drafts(reading), drafted_source).await?);
    }
    Ok(sources)
}

fn drafts(reading: &Reading<'_>) -> ListQuery {
    ListQuery { fields: vec![("part", SPEC.word.into())], ..item::oldest_first("draft", reading) }
}

/// The source of a composition that a draft would make live.
fn drafted_source(draft: Record) -> Option<RecordId> {
    let (_, pending) = Pending::of(&SPEC, draft)?;
    source_of(&pending.fields).filter(|_| pending.intent != Intent::Delete)
}

/// The longest chain of compositions that ends in the product.
///
/// Cost: with drafts, reads those of all compositions of the account.
pub async fn above(reading: &Reading<'_>, product: RecordId, reach: Reach) -> Result<usize, Failure> {
    let drafted = match reach {
        Reach::Live => Vec::new(),
        Reach::Drafted => reading.referrals(drafts(reading), drafted_source).await?,
    };
    let mut level = vec![product];
    for depth in 0..=MAX_DEPTH {
        let mut next = reading.composing(&level).await?;
        next.extend(drafted.iter().filter(|(_, source)| level.contains(source)).map(|(whole, _)| *whole));
        next.sort_unstable();
        next.dedup();
        if next.is_empty() {
            return Ok(depth);
        }
        level = next;
    }
    Ok(MAX_DEPTH)
}

/// The products that a draft would compose of this one, whoever may see the draft.
///
/// Cost: reads the drafts of all compositions of the account.
pub async fn drafting(cx: &ReadContext<'_>) -> Result<Vec<RecordId>, Failure> {
    Ok(cx.reading.referring(&cx.product, drafts(cx.reading), drafted_source).await?)
}

/// The ids and names of the products that are composed of one, or would be, as far as the caller may see them.
pub async fn users(cx: &ReadContext<'_>) -> Result<Vec<Value>, Failure> {
    let catalog = &cx.products.catalog;
    let mut composing = cx.reading.composing(&[cx.product_id()]).await?;
    composing.extend(drafting(cx).await?);
    composing.sort();
    composing.dedup();
    let query = ListQuery {
        ids: Some(composing),
        limit: 1_000,
        ..ListQuery::of(cx.reading.account(), catalog.kind("data_product"))
    };
    let found = cx.reading.list(query, &Depth::bare()).await?;
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
