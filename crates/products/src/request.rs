//! Requests about one product.

use emporion_catalog::Catalog;
use emporion_catalog::caller::Caller;

use crate::failure::Failure;
use crate::ids::ProductKey;

/// Who asks for something, and of which product.
#[derive(Debug, Clone)]
pub struct ProductRequest {
    pub caller: Caller,
    pub product: ProductKey,
}

impl ProductRequest {
    /// The same request by its caller as he may act by now: it may have begun a while ago.
    ///
    /// Errors: 401 for who may no longer act at all.
    pub async fn present(&self, catalog: &Catalog) -> Result<ProductRequest, Failure> {
        let caller = catalog.caller_now(&self.caller).await?;
        Ok(ProductRequest { caller, product: self.product.clone() })
    }
}
