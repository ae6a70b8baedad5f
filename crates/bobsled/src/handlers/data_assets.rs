//! The data assets of a product: the list as it is drafted or live, and its edit in every form.

use std::sync::Arc;

use emporion_catalog::command::Guard;
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::{Reading, Seen};
use emporion_catalog::record::View;
use emporion_products::assets::asset_tables::AssetTables;
use emporion_products::assets::edit::{self, EditOutcome};
use emporion_products::assets::input::AssetChange;
use emporion_products::assets::list::AssetList;
use emporion_products::assets::print::{self, OWNER, Showing};
use emporion_products::assets::product_assets::Item;
use emporion_products::assets::{contents, list, missing_grants};
use emporion_products::content_state::ContentState;
use emporion_products::failure::Failure;
use emporion_products::page::PageRequest;
use emporion_products::reach::unfiltered_views;
use emporion_products::read_context::ReadContext;
use emporion_products::subject;
use emporion_products::warning::Warning;
use serde_json::{Value, json};

use crate::asset_list;
use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::products::product;

/// `GET data-assets`.
pub async fn list(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let (state, page) = (call.content_state(), PageRequest::of(&call.query));
    let AssetList { product, assets, tables } = list::list(&door.products, &call.of_product()?, state, &page).await?;
    let printed = printed(&product, &assets.items.iter().collect::<Vec<_>>(), &tables, state);
    let data = json!({"dataAssets": printed, "count": assets.items.len()});
    Ok(Reply::list(&page, data, assets.total, assets.pagination))
}

/// `PATCH data-assets`.
pub async fn update(door: Arc<Door>, call: Call, condition: Guard) -> Result<Reply, Failure> {
    let patch = asset_list::parse(call.body()?, call.is_strict())?;
    if let Some(changes) = patch.edit.only_lends() {
        return lend(&door, &call, changes, condition, patch.warnings).await;
    }
    let request = call.of_product()?;
    let EditOutcome { product, plan, drafted } =
        edit::edit(&door.products, &request, &patch.edit, patch.is_deployed, &condition).await?;
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = contents::load(&reading, product.record_id()).await?;
    let closed = if patch.is_deployed { missing_grants::of_acts(&view, &plan.acts) } else { drafted };
    let assets = all_of(&reading, &view).await?;
    let cx = ReadContext { products: &door.products, reading: &reading, product };
    let uncovered = unfiltered_views::of_product(&cx, &view).await?;
    let data = json!({"dataAssets": assets, "added": plan.added, "updated": plan.changed, "removed": plan.removed});
    Ok(Reply::ok(data)
        .etag(product::version(&view))
        .warn(patch.warnings)
        .warn(plan.warnings)
        .warn(closed)
        .warn(uncovered))
}

/// Lends rows to a product, or takes them back: for those who hold them, and nobody else.
async fn lend(
    door: &Door,
    call: &Call,
    changes: &[AssetChange],
    guard: Guard,
    warnings: Vec<Warning>,
) -> Result<Reply, Failure> {
    let changed = edit::lend(&door.products, &call.of_product()?, changes, guard).await?;
    let reading = door.products.catalog.reading(&call.caller).await?;
    let (view, extent) = subject::find_for_lender(&door.products, &call.of_product()?, &reading).await?;
    let product_assets = contents::product_assets(&reading, &view).await?;
    let items: Vec<&Item> = edit::seen_of(&product_assets, &extent).collect();
    let assets = shown(&reading, &view, &items, ContentState::Drafted).await?;
    let data = json!({"dataAssets": assets, "added": 0, "updated": changed, "removed": 0});
    Ok(Reply::ok(data).etag(product::version(&view)).warn(warnings))
}

/// Everything that the caller may see of a product's assets, printed.
pub async fn all(reading: &Reading<'_>, product: RecordId) -> Result<Vec<Value>, Failure> {
    let view = contents::load(reading, product).await?;
    all_of(reading, &view).await
}

async fn all_of(reading: &Reading<'_>, view: &View) -> Result<Vec<Value>, Failure> {
    let product_assets = contents::product_assets(reading, view).await?;
    let items: Vec<&Item> = product_assets.items.iter().collect();
    shown(reading, view, &items, ContentState::Drafted).await
}

async fn shown(
    reading: &Reading<'_>,
    view: &View,
    items: &[&Item],
    state: ContentState,
) -> Result<Vec<Value>, Failure> {
    let tables = AssetTables::behind(reading, items).await?;
    Ok(printed(view, items, &tables, state))
}

fn printed(product: &View, items: &[&Item], tables: &AssetTables, state: ContentState) -> Vec<Value> {
    let since_ms = product.record.created.at.0;
    let showing = Showing { product: product.id(), state, tables, since_ms, owner: OWNER };
    items.iter().map(|item| print::print(item, showing)).collect()
}
