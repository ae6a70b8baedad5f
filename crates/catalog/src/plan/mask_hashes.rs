//! Hashes of one product can be joined. Who sees a column hashed and gets another one hashed whose values he knows reads the
//! first, whoever gave it and whenever. So hashes are given by those who read all rows, to anybody.

use std::collections::HashSet;

use crate::access;
use crate::action::Action;
use crate::context::Context;
use crate::id::RecordId;
use crate::kinds::DATA_PRODUCT;
use crate::problem::Problem;
use crate::record::View;
use crate::rows::filters::{BEARING, Held};
use crate::rows::masks::{self, Mask};
use crate::rows::roles::ROLES;
use crate::rows::{Reader, filters, nominal};

/// Looks at a change of a product.
///
/// Cost: none where nobody gets a hash; else that of [`nominal::reads_all`].
/// Errors: `Forbidden`.
pub async fn check(cx: &Context<'_>, before: &View, after: &View) -> Result<(), Problem> {
    let principal = &*cx.caller.principal;
    if before.record.kind != DATA_PRODUCT || principal.is_admin || hashed(after).is_subset(&hashed(before)) {
        return Ok(());
    }
    let reader = Reader::new(cx.access, cx.snapshot, principal);
    if nominal::reads_all(&reader, before).await? {
        return Ok(());
    }
    let why = "only who reads all rows gives hashes in place of values";
    Err(access::forbidden(principal, Action::EditUsers, before.record.kind.name(), Some(why.to_owned())))
}

/// Who sees which columns hashed, by table and column: persons, teams, and whoever has a role.
fn hashed(product: &View) -> HashSet<(Option<RecordId>, String, String)> {
    let holders: HashSet<RecordId> = product
        .edges
        .iter()
        .filter(|edge| BEARING.contains(&edge.relation) || ROLES.contains(&edge.relation))
        .map(|edge| edge.to)
        .collect();
    let own = holders.into_iter().flat_map(|holder| {
        let all = [filters::restrictions(product, holder), filters::on_roles(product, holder)].concat();
        all.into_iter().filter_map(move |(table, held)| match held {
            Held::Mask(column, Mask::Hashed) => Some((Some(holder), table, column)),
            _ => None,
        })
    });
    let of_roles = ROLES.into_iter().flat_map(|role| {
        masks::of_role(&product.record, role).flat_map(move |(table, masks)| {
            let hashed = masks.into_iter().filter(|(_, mask)| *mask == Mask::Hashed);
            hashed.map(move |(column, _)| (None, format!("{} {table}", role.name()), column))
        })
    });
    own.chain(of_roles).collect()
}
