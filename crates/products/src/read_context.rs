//! Looking at a product.

use std::future::Future;
use std::pin::Pin;

use emporion_catalog::id::RecordId;
use emporion_catalog::reading::{Reading, Seen, SeenId};

use crate::failure::Failure;
use crate::service::Products;

/// Who looks at which product, in which state of the catalogue.
#[derive(Clone, Copy)]
pub struct ReadContext<'a> {
    pub products: &'a Products,
    pub reading: &'a Reading<'a>,
    pub product: SeenId,
}

impl ReadContext<'_> {
    pub fn product_id(&self) -> RecordId {
        self.product.record_id()
    }
}

/// A question to the catalogue on the way to an answer.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;
