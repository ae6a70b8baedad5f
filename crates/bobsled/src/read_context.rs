//! Looking at a product.

use std::future::Future;
use std::pin::Pin;

use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_catalog::ports::Snapshot;

use crate::door::Door;
use crate::error::Failure;

/// Who looks at which product, in which state of the catalogue.
#[derive(Clone, Copy)]
pub struct ReadContext<'a> {
    pub door: &'a Door,
    pub caller: &'a Caller,
    pub snapshot: &'a dyn Snapshot,
    pub product: RecordId,
}

/// A question to the catalogue on the way to an answer.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;
