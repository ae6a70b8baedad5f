//! Products: list, read, change, delete.

use std::sync::Arc;

use emporion_catalog::command::Guard;
use emporion_catalog::reading::SeenId;
use emporion_catalog::record::View;
use emporion_products::change;
use emporion_products::content_state::ContentState;
use emporion_products::delete;
use emporion_products::details::{self, Details};
use emporion_products::failure::Failure;
use emporion_products::page::PageRequest;
use emporion_products::parts::compositions::part::Compositions;
use emporion_products::parts::compositions::stale;
use emporion_products::parts::part::Part;
use emporion_products::parts::semantic_models::part::SemanticModels;
use emporion_products::parts::{self, members};
use emporion_products::read::{self, ProductFilter};
use emporion_products::read_context::ReadContext;
use emporion_products::subject;
use serde_json::{Value, json};

use super::{data_assets, users};
use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::product_input::{ProductPatch, includes};
use crate::products::product;

/// `GET data-products`: what the caller may see, oldest first.
pub async fn list(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let page = PageRequest::of(&call.query);
    let filter = ProductFilter {
        name: call.text("name").map(str::to_owned),
        ids: call.text("ids").map(|ids| ids.split(',').filter_map(|id| id.parse().ok()).collect()),
        search: call.text("search").map(str::to_owned),
        is_composite: call.text("dataProductType").map(|wanted| wanted == "composite"),
    };
    let found = read::list(&door.products, &call.caller, &filter, &page).await?;
    let print = |(view, details): &(View, Details)| Value::from(product::print(view, details));
    let printed: Vec<Value> = found.items.iter().map(print).collect();
    let data = json!({"dataProducts": printed, "count": found.items.len()});
    Ok(Reply::list(&page, data, found.total, found.pagination))
}

/// `GET data-products/{id}`: the product itself, flat unless `wrap` is asked for.
pub async fn get(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let includes = includes(&call.query)?;
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = subject::find(&door.products, &call.of_product()?, &reading, &read::depth()).await?;
    let mut printed = product::print(&view, &details::of_product(&reading, &view).await?);
    for word in includes {
        match word {
            "dataAssets" => {
                let assets = data_assets::all(&reading, view.id()).await?;
                printed.insert("dataAssets".to_owned(), assets.into());
            }
            "compositions" | "semanticModels" => {
                let part: &dyn Part = if word == "compositions" { &Compositions } else { &SemanticModels };
                let cx = ReadContext { products: &door.products, reading: &reading, product: SeenId::from(&view) };
                let all = parts::read::all(part, &cx).await?;
                let all: Value = all.iter().map(|seen| members::line(part, seen)).collect();
                printed.insert(word.to_owned(), all);
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
pub async fn update(door: Arc<Door>, call: Call, guard: Guard) -> Result<Reply, Failure> {
    let ProductPatch { change, not_taken, mut warnings } = ProductPatch::parse(call.body()?, call.is_strict())?;
    if !not_taken.is_empty() {
        let reading = door.products.catalog.reading(&call.caller).await?;
        let view = subject::find(&door.products, &call.of_product()?, &reading, &read::depth()).await?;
        let present = product::print(&view, &details::of_product(&reading, &view).await?);
        not_taken.warn(&present, &mut warnings)?;
    }
    let (view, details) = change::change(&door.products, &call.of_product()?, change, guard).await?;
    Ok(Reply::ok(product::print(&view, &details).into()).etag(product::version(&view)).warn(warnings))
}

/// `DELETE data-products/{id}`: soft, and the name is free at once. Not while others are composed of it, unless forced.
pub async fn delete(door: Arc<Door>, call: Call, guard: Guard) -> Result<Reply, Failure> {
    Ok(Reply::deleted(delete::delete(&door.products, &call.of_product()?, guard, call.flag("force")).await?))
}
