//! Products: list, read, change, delete.

use std::sync::Arc;

use emporion_catalog::finder::Condition;
use emporion_catalog::query::ListQuery;
use emporion_catalog::read::Page;
use emporion_catalog::reading::{Reading, SeenId};
use emporion_catalog::record::View;
use emporion_catalog::text;
use emporion_products::change;
use emporion_products::content_state::ContentState;
use emporion_products::delete;
use emporion_products::details::{self, Details};
use emporion_products::failure::Failure;
use emporion_products::parts::compositions::part::Compositions;
use emporion_products::parts::compositions::spec::COMPOSITE;
use emporion_products::parts::compositions::stale;
use emporion_products::parts::part::Part;
use emporion_products::parts::semantic_models::part::SemanticModels;
use emporion_products::read_context::ReadContext;
use serde_json::{Map, Value, json};
use emporion_products::page::{CursorScope, PageRequest};

use super::{data_assets, users};
use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::parts::handlers;
use crate::product_input::{ProductPatch, includes};
use crate::products::product;
use crate::{guard, subject};

/// `GET data-products`: what the caller may see, oldest first.
pub async fn list(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let (catalog, caller) = (&door.products.catalog, &call.caller);
    let page = PageRequest::of(&call.query);
    let listing = CursorScope::of(caller.account(), "dataProducts", &page);
    let mut query = ListQuery {
        name: call.text("name").map(str::to_owned),
        ids: call.text("ids").map(|ids| ids.split(',').filter_map(|id| id.parse().ok()).collect()),
        containing: text::folded_words(call.text("search").unwrap_or_default()),
        ..ListQuery::of(caller.account(), catalog.kind("data_product"))
    };
    query = listing.query(&door.cursor_keys, &page, query)?;
    if let Some(wanted) = call.text("dataProductType") {
        query.fields.push((COMPOSITE, (wanted == "composite").into()));
    }
    let wanted = Condition::holding(call.text("search").unwrap_or_default());
    if wanted != Condition::Everything {
        catalog.until_found().await?;
    }
    let reading = catalog.reading(caller).await?;
    let narrowed = reading.narrowed(&[query.kind], &wanted).await?;
    let found = match narrowed.of(query) {
        Some(query) => reading.list(query, &product::depth()).await?,
        None => Page { views: Vec::new(), total: 0, total_is_exact: true, more: false },
    };
    let read = details::of_products(&reading, &found.views).await?;
    let printed: Vec<Value> = found
        .views
        .iter()
        .map(|view| product::print(view, read.get(&view.id()).unwrap_or(&Details::default())).into())
        .collect();
    let data = json!({"dataProducts": printed, "count": found.views.len()});
    Ok(Reply::list(&page, data, found.total, listing.pagination_after(&door.cursor_keys, &page, &found)))
}

/// `GET data-products/{id}`: the product itself, flat unless `wrap` is asked for.
pub async fn get(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let includes = includes(&call.query)?;
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = subject::find(&door, &call, &reading, &product::depth()).await?;
    let mut printed = printed(&reading, &view).await?;
    for word in includes {
        match word {
            "dataAssets" => {
                let assets = data_assets::all(&reading, view.id()).await?;
                printed.insert("dataAssets".to_owned(), assets.into());
            }
            "compositions" | "semanticModels" => {
                let part: &dyn Part = if word == "compositions" { &Compositions } else { &SemanticModels };
                let cx = ReadContext { products: &door.products, reading: &reading, product: SeenId::from(&view) };
                printed.insert(word.to_owned(), handlers::all(part, &cx).await?.into());
            }
            "users" => {
                let users = users::all(&reading, view.id()).await?;
                printed.insert("users".to_owned(), users.into());
            }
            _ => {}
        }
    }
    let data = if call.flag("wrap") { json!({"dataProduct": printed}) } else { printed.into() };
    let cx = ReadContext { products: &door.products, reading: &reading, product: SeenId::from(&view) };
    let warnings = stale::warnings(&cx, &view, ContentState::Drafted).await?;
    Ok(Reply::ok(data).etag(product::version(&view)).warn(warnings))
}

/// `PATCH data-products/{id}`: a merge patch of the settings.
pub async fn update(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let ProductPatch { change, warnings } = ProductPatch::parse(call.body()?, call.is_strict())?;
    let guard = guard::guard(call.if_match()?.as_ref());
    let (view, details) = change::change(&door.products, &call.of_product()?, change, guard).await?;
    Ok(Reply::ok(product::print(&view, &details).into()).etag(product::version(&view)).warn(warnings))
}

/// `DELETE data-products/{id}`: soft, and the name is free at once. Not while others are composed of it, unless forced.
pub async fn delete(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let guard = guard::guard(call.if_match()?.as_ref());
    Ok(Reply::deleted(delete::delete(&door.products, &call.of_product()?, guard, call.flag("force")).await?))
}

async fn printed(reading: &Reading<'_>, view: &View) -> Result<Map<String, Value>, Failure> {
    let details = details::of_product(reading, view).await?;
    Ok(product::print(view, &details))
}
