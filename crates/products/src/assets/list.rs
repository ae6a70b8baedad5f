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
    let shown: Vec<&Item> = edit::seen_of(&product_assets, &extent).filter(|item| item.is_shown(state)).collect();
    let total = shown.len() as u64;
    let since_ms = view.record.created.at.0;
    let key = |item: &Item| (item.created_ms().unwrap_or(since_ms), item.id);
    let after = scope.after_millis(&products.cursor_keys, page)?;
    let rest = shown.into_iter().filter(|item| after.is_none_or(|after| key(item) > after));
    let position = |item: &&Item| Position { key: SortKey::Millis(key(item).0), id: item.id };
    let (items, pagination) = scope.cut(&products.cursor_keys, page, rest, position);
    let tables = AssetTables::behind(&reading, &items).await?;
    let items = items.into_iter().cloned().collect();
    Ok(AssetList { product: view, assets: ListPage { items, total, pagination }, tables })
}
