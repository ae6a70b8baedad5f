//! Roles in name only. Policies let people name owners, users and members where the rows are none of theirs; whoever they
//! name has all that goes with the role but the rows. Nobody hands on what he does not have.
//!
//! The stewards of a domain hold what no team was named for, without any edge. Which team that is, is kept with the product
//! when somebody who has the rows puts it there; a team that it comes to otherwise reads none.

use serde_json::Value;

use super::roles::{ROLES, is_denied_rows, opens_rows, standing};
use super::{Reader, filters, masks};
use crate::boxed::Boxed;
use crate::caller::Principal;
use crate::id::RecordId;
use crate::kinds::DATA_PRODUCT;
use crate::load::{self, Depth};
use crate::problem::Problem;
use crate::record::{Record, View};
use crate::relation::{EDITOR, OWNER, OWNING_TEAM, Relation, STEWARDS, VIEWER};

/// By which a product names who stands on it.
const NAMED: [Relation; 4] = [OWNER, EDITOR, VIEWER, OWNING_TEAM];

/// Products that are looked at together.
const AT_ONCE: usize = 500;

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

/// Whether something keeps somebody from rows, or from values, of which the team would bring more to whoever is put into it.
/// Of products that fall to the team as stewards, those are looked at in which he has a role besides.
///
/// Cost: one question, and two more for each five hundred products.
pub fn is_held_back<'a>(reader: &'a Reader<'a>, team: RecordId) -> Boxed<'a, Result<bool, Problem>> {
    Box::pin(async move {
        let holders: Vec<RecordId> = reader.principal.rows_holders().chain([team]).collect();
        let mut products: Vec<RecordId> =
            reader.snapshot.edges_to(&holders, &NAMED, u32::MAX).await?.iter().map(|edge| edge.from).collect();
        products.sort_unstable();
        products.dedup();
        for products in products.chunks(AT_ONCE) {
            let records = reader.snapshot.by_id(reader.principal.account, products).await?.into_iter().flatten();
            let records = records.filter(|record| record.kind == DATA_PRODUCT && record.state.is_alive()).collect();
            let mut views = load::views(reader.snapshot, records, &Depth::of(&NAMED, false)).await?;
            views.retain(|product| brings(product, team));
            if views.iter().any(|product| has_less(reader.principal, product, team)) {
                return Ok(true);
            }
        }
        Ok(false)
    })
}

/// Whether the team has a role with which rows of the product are read.
fn brings(product: &View, team: RecordId) -> bool {
    let edges = || product.edges.iter().filter(|edge| edge.at.is_empty() && edge.to == team);
    edges().any(|edge| (ROLES.contains(&edge.relation) || edge.relation == OWNING_TEAM) && opens_rows(edge))
        || edges().next().is_none() && standing(product).any(|(_, holder)| holder == team)
}

/// Whether somebody is held back by what does not hold the team back.
fn has_less(principal: &Principal, product: &View, team: RecordId) -> bool {
    let is_denied = product.edges.iter().any(|edge| edge.to == principal.user && is_denied_rows(edge));
    is_denied || filters::lifts(&filters::all_on_roles(product, principal), &filters::on_roles(product, team))
}
