//! Whether an answer still rests on what it was begun with. While it is made, and while it is kept for who was cut off, what
//! its asker may read may be taken from him; so it is looked at anew right before rows leave.

use std::sync::Arc;

use emporion_catalog::load::Depth;

use super::stamp::Basis;
use super::{documents, prepared};
use crate::failure::Failure;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::subject;

/// Whether the same question would rest on the same now.
///
/// Errors: what is missing to ask it at all, as 404 for a product that he no longer sees.
pub async fn holds(basis: Basis, products: &Arc<Products>, request: &ProductRequest) -> Result<bool, Failure> {
    let request = request.present(&products.catalog).await?;
    let stamp = if basis.is_of_documents {
        let reading = products.catalog.reading(&request.caller).await?;
        let view = subject::find(products, &request, &reading, &Depth::bare()).await?;
        documents::stamp(products, &request, &view, basis.is_preview).await?
    } else {
        prepared::prepare(products, &request, basis.is_preview).await?.stamp
    };
    Ok(stamp == basis.stamp)
}

/// Errors: the same, and 409 where it would rest on something else.
pub async fn require(basis: Basis, products: &Arc<Products>, request: &ProductRequest) -> Result<(), Failure> {
    match holds(basis, products, request).await? {
        true => Ok(()),
        false => {
            Err(Failure::conflict("what you may ask of the {product} has changed while the answer was made: ask again"))
        }
    }
}
