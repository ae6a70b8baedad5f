//! Hashes of one product can be joined. Who sees a column hashed and gets another one hashed whose values he knows reads the
//! first, whoever gave it and whenever. So hashes are given by those who read all rows, to anybody.

use std::collections::HashSet;

use serde_json::Value;

use crate::access;
use crate::action::Action;
use crate::context::Context;
use crate::id::RecordId;
use crate::kinds::DATA_PRODUCT;
use crate::problem::Problem;
use crate::record::View;
use crate::relation::{KEPT_FILTERS, Relation};
use crate::rows::filters::{BEARING, of_edge};
use crate::rows::masks::{self, Mask};
use crate::rows::role_terms::RoleTerms;
use crate::rows::roles::{self, ROLES};
use crate::rows::{Reader, nominal};

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
    let bearing = product.edges.iter().filter(|edge| BEARING.contains(&edge.relation));
    let borne = bearing.flat_map(|edge| of_edge(edge).map(|(table, terms)| (Some(edge.to), table.clone(), terms)));
    let kept = product.field(KEPT_FILTERS).and_then(Value::as_object).into_iter().flatten();
    let kept = kept.flat_map(|(holder, all)| {
        let terms = all.as_object().into_iter().flatten();
        terms.map(|(table, terms)| (holder.parse().ok(), table.clone(), terms))
    });
    let own = borne.chain(kept).map(|(holder, table, terms)| (holder, table, RoleTerms::read(terms).masks));
    let of_role = |holder: Option<RecordId>, role: Relation| {
        // By itself the role is told apart by its name, which stands in no name of a table.
        let named =
            move |table: &String| if holder.is_some() { table.clone() } else { format!("{}\n{table}", role.name()) };
        masks::of_role(&product.record, role).map(move |(table, masks)| (holder, named(table), masks))
    };
    let by_role = roles::standing(product).flat_map(|(role, holder)| of_role(Some(holder), role));
    let of_roles = ROLES.into_iter().flat_map(|role| of_role(None, role));
    let all = own.chain(by_role).chain(of_roles);
    let columns = all.flat_map(|(holder, table, masks)| {
        let hashed = masks.into_iter().filter(|(_, mask)| *mask == Mask::Hashed);
        hashed.map(move |(column, _)| (holder, table.clone(), column))
    });
    columns.collect()
}
