//! What holds somebody back from rows of a product, a row filter or the denial of queries, is taken off by those who have
//! all of its rows, and by nobody from himself.

use crate::access;
use crate::action::Action;
use crate::context::Context;
use crate::id::RecordId;
use crate::kind::Visibility;
use crate::ports::Verdict;
use crate::problem::Problem;
use crate::record::View;
use crate::rows::filters::BEARING;
use crate::rows::roles::is_denied_rows;
use crate::rows::{Reader, filters, nominal};

/// Looks at a change of a product, or (`after` is `None`) at its deletion.
///
/// Cost: none where nobody is held back.
/// Errors: `Forbidden`.
pub async fn check(cx: &Context<'_>, before: &View, after: Option<&View>) -> Result<(), Problem> {
    let principal = &*cx.caller.principal;
    if !before.record.kind.is("data_product") || principal.is_admin {
        return Ok(());
    }
    let mut held_back: Vec<RecordId> =
        before.edges.iter().filter(|edge| BEARING.contains(&edge.relation)).map(|edge| edge.to).collect();
    held_back.sort_unstable();
    held_back.dedup();
    held_back.retain(|user| is_freed(before, after, *user));
    if held_back.is_empty() {
        return Ok(());
    }
    let refused = |why: &str| {
        let kind = before.record.kind.name();
        Err(access::forbidden(principal, Action::EditUsers, kind, Some(why.to_owned())))
    };
    let reader = Reader::new(cx.access, cx.snapshot, principal);
    if held_back.contains(&principal.user) && gains(cx, &reader, after).await? {
        return refused("nobody takes off from himself what keeps him from rows");
    }
    let others = held_back.iter().any(|user| *user != principal.user);
    if others && !principal.is_bot && !nominal::reads_all(&reader, before).await? {
        return refused("only who reads all rows takes off from others what keeps them from rows");
    }
    Ok(())
}

fn is_freed(before: &View, after: Option<&View>, user: RecordId) -> bool {
    // What a role bore and the product keeps counts as taken off: a role is given up for nothing that it holds back.
    let on_roles = |view: &View| filters::on_roles(view, user);
    let left = after.map(on_roles).unwrap_or_default();
    let is_off_roles = on_roles(before).iter().any(|filter| !left.contains(filter));
    let is_gone = after.is_none() && !filters::of_user(before, user).is_empty();
    let is_lifted = is_off_roles || is_gone;
    is_lifted || (is_denied(before, user) && !after.is_some_and(|after| is_denied(after, user)))
}

/// Whether queries are denied to the user in person.
fn is_denied(product: &View, user: RecordId) -> bool {
    product.edges.iter().any(|edge| edge.to == user && is_denied_rows(edge))
}

/// Whether the caller would read more rows: by the role that he keeps, by another standing, or by a policy, which a filter
/// holds back.
async fn gains(cx: &Context<'_>, reader: &Reader<'_>, after: Option<&View>) -> Result<bool, Problem> {
    if let Some(after) = after
        && reader.may_query(after).await?.is_some()
    {
        return Ok(true);
    }
    let table = cx.registry.expect("table");
    let may_have = |part| cx.access.gate().decide(reader.principal, part, table, Visibility::Open, None);
    let parts = [Action::ViewSampleData, Action::ViewDataProfile];
    Ok(parts.into_iter().any(|part| !matches!(may_have(part), Verdict::Never { .. })))
}
