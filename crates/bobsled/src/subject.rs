//! The product that the path of a call names.

use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::rows::lenders::Extent;
use emporion_products::failure::Failure;
use emporion_products::page::{CursorScope, PageRequest};
use emporion_products::subject;

use crate::call::Call;
use crate::door::Door;

/// The product, if the caller may see it.
pub async fn find(door: &Door, call: &Call, reading: &Reading<'_>, depth: &Depth) -> Result<View, Failure> {
    subject::find(&door.products, &call.of_product()?, reading, depth).await
}

/// The same for those, too, whose tables it has: they see these, and nothing else of a product that is hidden from them.
pub async fn find_for_lender(door: &Door, call: &Call, reading: &Reading<'_>) -> Result<(View, Extent), Failure> {
    subject::find_for_lender(&door.products, &call.of_product()?, reading).await
}

/// A list that belongs to one product.
pub fn listing(call: &Call, view: &View, name: &str) -> CursorScope {
    listing_of(call, view.id(), name)
}

/// The same of a product by its id.
pub fn listing_of(call: &Call, product: RecordId, name: &str) -> CursorScope {
    CursorScope::of(call.caller.account(), &format!("{name}/{product}"), &PageRequest::of(&call.query))
}
