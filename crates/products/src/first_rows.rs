//! The first rows of one table of a product, from its source, as the caller may read them.

use std::time::Duration;

use emporion_catalog::id::RecordId;
use serde_json::Map;

use crate::databases::Answered;
use crate::failure::Failure;
use crate::query::{self, Query};
use crate::reach::column_masks::MaskedColumns;
use crate::reach::queryable;
use crate::request::ProductRequest;
use crate::service::Products;

/// Nobody waits long for a look.
const TIMEOUT: Duration = Duration::from_secs(10);

pub struct FirstRows {
    pub answered: Answered,
    /// The caller sees only rows that fulfil it.
    pub row_filter: Option<String>,
    /// Of these he sees something else than their values.
    pub masked: MaskedColumns,
}

/// At most so many rows, in no order.
///
/// Errors: 404 for what is no table of the product that the caller may query by a name, 403 for who may not query the
/// product, and those of [`query::run`].
pub async fn read(
    products: &Products,
    request: &ProductRequest,
    table: RecordId,
    rows: u64,
) -> Result<FirstRows, Failure> {
    let tables = queryable::list(products, request, None).await?.tables;
    let found = tables.into_iter().find(|one| one.record().is_some_and(|record| record.id == table));
    let named = found.and_then(|table| Some((table.sql_name?, table.row_filter, table.masked)));
    let (name, row_filter, masked) = named.ok_or_else(|| Failure::not_found("the {product} has no such table"))?;
    let sql = format!("SELECT * FROM {name}");
    let query = Query { sql, parameters: Map::new(), rows, timeout: TIMEOUT, is_preview: false };
    Ok(FirstRows { answered: query::run(products, request, &query).await?, row_filter, masked })
}
