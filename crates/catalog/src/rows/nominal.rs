//! Roles in name only. Policies let people name owners, users and members where the rows are none of theirs; whoever they
//! name has all that goes with the role but the rows. Nobody hands on what he does not have.
//!
//! The stewards of a domain hold what no team was named for, without any edge. Which team that is, is kept with the product
//! when somebody who has the rows puts it there; a team that it comes to otherwise reads none.

use serde_json::Value;

use super::{Reader, filters, masks};
use crate::boxed::Boxed;
use crate::id::RecordId;
use crate::problem::Problem;
use crate::record::{Record, View};
use crate::relation::STEWARDS;

/// Whether these stewards have the rows of a product for which no other team was named.
pub fn has_stewards(product: &Record, team: RecordId) -> bool {
    product.body.get(STEWARDS).and_then(Value::as_str) == Some(team.to_string().as_str())
}

/// Whether somebody may query a product, and sees all of its rows.
pub fn reads_all<'a>(reader: &'a Reader<'a>, product: &'a View) -> Boxed<'a, Result<bool, Problem>> {
    Box::pin(async move {
        let is_filtered = !filters::all_restrictions(product, reader.principal).is_empty();
        let is_masked = !masks::for_roles_of(product, reader.principal).is_empty();
        Ok(!is_filtered && !is_masked && reader.may_query(product).await?.is_some())
    })
}
