//! `GET queryable-tables`: the tables that the caller's statements on a product may read, as statements call them.

use std::sync::Arc;

use emporion_products::failure::Failure;
use emporion_products::reach::queryable::{self, QueryableTable};
use serde_json::{Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;

pub async fn list(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let found = queryable::list(&door.products, &call.of_product()?, call.text("name")).await?;
    let tables: Vec<Value> = found.tables.iter().map(QueryableTable::print).collect();
    Ok(Reply::ok(json!({"tables": tables, "count": tables.len(), "closedCount": found.closed})))
}
