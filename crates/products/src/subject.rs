//! The product that a request is about.

use emporion_catalog::action::Action;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::reading::{Reading, SeenId};
use emporion_catalog::record::View;
use emporion_catalog::rows::lenders::Extent;

use crate::assets::contents;
use crate::failure::Failure;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::{refs, rights};

/// The product, if the caller may see it.
///
/// Errors: 404.
pub async fn find(
    products: &Products,
    request: &ProductRequest,
    reading: &Reading<'_>,
    depth: &Depth,
) -> Result<View, Failure> {
    let target = refs::product(&products.catalog, &request.product);
    Ok(reading.get(&target, States::Alive, depth).await?)
}

/// The same for those, too, whose tables it has: they see these, and nothing else of a product that is hidden from them.
pub async fn find_for_lender(
    products: &Products,
    request: &ProductRequest,
    reading: &Reading<'_>,
) -> Result<(View, Extent), Failure> {
    let target = refs::product(&products.catalog, &request.product);
    Ok(reading.get_for_lender(&target, &contents::depth()).await?)
}

/// A product whose parts its caller may change; [`editable`] alone says so.
#[derive(Debug, Clone, Copy)]
pub struct EditableProduct(SeenId);

impl EditableProduct {
    pub fn seen(self) -> SeenId {
        self.0
    }
}

/// The product, if the caller may change its parts.
///
/// Errors: 403, 404.
pub async fn editable(products: &Products, request: &ProductRequest) -> Result<EditableProduct, Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let view = find(products, request, &reading, &Depth::bare()).await?;
    rights::require(&reading, Action::EditAll, &view.record).await?;
    Ok(EditableProduct(SeenId::from(&view)))
}
