//! Looking products up: lists of them, and one of them.

use emporion_catalog::caller::Caller;
use emporion_catalog::finder::Condition;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::ListQuery;
use emporion_catalog::read::Page;
use emporion_catalog::record::View;
use emporion_catalog::{relation, text};
use serde_json::Value;

use crate::details::{self, Details};
use crate::failure::Failure;
use crate::page::{CursorScope, ListPage, PageRequest};
use crate::parts::compositions::spec::{COMPOSITE, SPEC};
use crate::parts::item::{self, Item};
use crate::request::ProductRequest;
use crate::service::Products;
use crate::subject;

/// Which products are wanted; all of them by default.
#[derive(Debug, Clone, Default)]
pub struct ProductFilter {
    pub name: Option<String>,
    pub ids: Option<Vec<RecordId>>,
    /// Words that are said of it.
    pub search: Option<String>,
    pub is_composite: Option<bool>,
}

/// What showing a product needs of its edges.
pub fn depth() -> Depth {
    Depth::of(&[relation::SERVED_BY], false)
}

/// Those that the caller sees, oldest first.
///
/// Errors: 400 for a cursor of another list.
pub async fn list(
    products: &Products,
    caller: &Caller,
    filter: &ProductFilter,
    page: &PageRequest,
) -> Result<ListPage<(View, Details)>, Failure> {
    let catalog = &products.catalog;
    let scope = CursorScope::of(caller.account(), "dataProducts", page);
    let search = filter.search.as_deref().unwrap_or_default();
    let wanted = ListQuery {
        name: filter.name.clone(),
        ids: filter.ids.clone(),
        containing: text::folded_words(search),
        ..ListQuery::of(caller.account(), catalog.kind("data_product"))
    };
    let mut query = scope.query(&products.cursor_keys, page, wanted)?;
    query.fields.extend(filter.is_composite.map(|is_composite| (COMPOSITE, is_composite.into())));
    let condition = Condition::holding(search);
    if condition != Condition::Everything {
        catalog.until_found().await?;
    }
    let reading = catalog.reading(caller).await?;
    let narrowed = reading.narrowed(&[query.kind], &condition).await?;
    let found = match narrowed.of(query) {
        Some(query) => reading.list(query, &depth()).await?,
        None => Page { views: Vec::new(), total: 0, total_is_exact: true, more: false },
    };
    let pagination = scope.pagination_after(&products.cursor_keys, page, &found);
    let mut read = details::of_products(&reading, &found.views).await?;
    let items = found.views.into_iter().map(|view| {
        let details = read.remove(&view.id()).unwrap_or_default();
        (view, details)
    });
    Ok(ListPage { items: items.collect(), total: found.total, pagination })
}

/// A product with its details and its compositions.
///
/// Errors: 404.
pub async fn get(products: &Products, request: &ProductRequest) -> Result<(View, Details, Vec<Item>), Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &depth()).await?;
    let details = details::of_product(&reading, &view).await?;
    let compositions = item::of_product(&SPEC, &reading, &view).await?;
    Ok((view, details, compositions))
}

/// When it was deployed last, in milliseconds since 1970.
pub fn deployed_ms(product: &View) -> Option<i64> {
    product.field("deployed_at").and_then(Value::as_i64)
}

/// When it or what is live of it changed last.
pub fn updated_ms(product: &View) -> i64 {
    product.record.updated.at.0.max(deployed_ms(product).unwrap_or(i64::MIN))
}

/// `composite` where it is made of others, else `standard`.
pub fn product_type(product: &View) -> &'static str {
    if crate::parts::compositions::graph::is_composite(product) { "composite" } else { "standard" }
}
