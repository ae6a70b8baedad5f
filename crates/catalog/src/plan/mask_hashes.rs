//! Hashes of one product can be joined: who sees hashes in it, and gave hashes in place of values that he knows, would learn
//! the values of the others. So he gives none, to nobody.

use std::collections::HashSet;

use crate::access;
use crate::action::Action;
use crate::context::Context;
use crate::kinds::DATA_PRODUCT;
use crate::problem::Problem;
use crate::record::View;
use crate::rows::filters;
use crate::rows::masks::{self, Mask};

/// Looks at a change of a product.
///
/// Errors: `Forbidden`.
pub fn check(cx: &Context<'_>, before: &View, after: &View) -> Result<(), Problem> {
    let principal = &*cx.caller.principal;
    if before.record.kind != DATA_PRODUCT || principal.is_admin {
        return Ok(());
    }
    let own = filters::masks_of_principal(before, principal).into_iter().chain(masks::for_roles_of(before, principal));
    if own.flat_map(|(_, masks)| masks).all(|(_, mask)| mask != Mask::Hashed)
        || hashed(after).is_subset(&hashed(before))
    {
        return Ok(());
    }
    let why = "who sees hashes in a product gives no more of them in it";
    Err(access::forbidden(principal, Action::EditUsers, before.record.kind.name(), Some(why.to_owned())))
}

/// By table and column, from whomever.
fn hashed(product: &View) -> HashSet<(String, String)> {
    let columns = filters::all_masks(product).into_iter().flat_map(|(table, masks)| {
        let hashed = masks.into_iter().filter(|(_, mask)| *mask == Mask::Hashed);
        hashed.map(move |(column, _)| (table.clone(), column))
    });
    columns.collect()
}
