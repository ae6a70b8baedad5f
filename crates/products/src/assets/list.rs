//! The list of the data assets of a product.

use emporion_catalog::record::View;

use super::asset_tables::AssetTables;
use super::product_assets::Item;
use super::{contents, edit};
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::page::{CursorScope, ListPage, PageRequest, Position, SortKey};
use crate::request::ProductRequest;
use crate::service::Products;
use crate::subject;

/// A page of them, with what is shown of them.
pub struct AssetList {
    pub product: View,
    pub assets: ListPage<Item>,
    /// Those behind the assets of the page.
    pub tables: AssetTables,
}

/// Those of a product that the caller sees, oldest first; who merely holds tables of it sees these.
///
/// Errors: 404.
pub async fn list(
    products: &Products,
    request: &ProductRequest,
    state: ContentState,
    page: &PageRequest,
) -> Result<AssetList, Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let (view, extent) = subject::find_for_lender(products, request, &reading).await?;
    let scope = CursorScope::of(request.caller.account(), &format!("dataAssets/{}", view.id()), page);
    let product_assets = contents::product_assets(&reading, &view).await?;
    let shown = edit::seen_of(&product_assets, &extent).filter(|item| item.is_shown(state)).cloned().collect();
    let since_ms = view.record.created.at.0;
    let place = |item: &Item| Position { key: SortKey::Millis(item.created_ms().unwrap_or(since_ms)), id: item.id };
    let assets = scope.page(&products.cursor_keys, page, shown, place, Position::gt)?;
    let tables = AssetTables::behind(&reading, &assets.items.iter().collect::<Vec<_>>()).await?;
    Ok(AssetList { product: view, assets, tables })
}
