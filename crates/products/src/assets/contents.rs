//! A product with what it holds, as the catalogue has it for a caller.

use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation;

use super::pending;
use super::product_assets::ProductAssets;
use crate::failure::Failure;
use crate::refs;

/// What the asset list needs of a product's edges.
pub fn depth() -> Depth {
    Depth::of(&[relation::HAS_ASSET, relation::SERVED_BY], false)
}

/// A product that was found already, with the edges that the asset list needs.
pub async fn load(reading: &Reading<'_>, product: RecordId) -> Result<View, Failure> {
    let target = refs::product_id(reading.catalog(), product);
    Ok(reading.get(&target, States::Alive, &depth()).await?)
}

/// Its assets, live and drafted.
pub async fn product_assets(reading: &Reading<'_>, view: &View) -> Result<ProductAssets, Failure> {
    Ok(ProductAssets::of(view, pending::of_product(reading, view).await?))
}
