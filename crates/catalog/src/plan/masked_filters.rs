//! Row filters on masked columns. A filter reads the values of a column, whatever is shown of it: who gives one and counts
//! the rows that it leaves could ask out of a masked column what it holds. So filters on a column are given by those who
//! see it, and on one that is masked from their bearer by those who read all rows.

use crate::access;
use crate::action::Action;
use crate::context::Context;
use crate::id::RecordId;
use crate::kinds::DATA_PRODUCT;
use crate::problem::Problem;
use crate::record::View;
use crate::rows::filters::{self, Held};
use crate::rows::masks::{self, Masks};
use crate::rows::role_terms::RoleTerms;
use crate::rows::roles::ROLES;
use crate::rows::{Reader, nominal};

/// Looks at a change of a product.
///
/// Cost: none where no filter is given; else one read of those who get one, where the caller does not read all rows.
/// Errors: `Forbidden`.
pub async fn check(cx: &Context<'_>, before: &View, after: &View) -> Result<(), Problem> {
    let principal = &*cx.caller.principal;
    if before.record.kind != DATA_PRODUCT || principal.is_admin {
        return Ok(());
    }
    let given = given(before, after);
    if given.is_empty() {
        return Ok(());
    }
    let refused = |why: String| access::forbidden(principal, Action::EditUsers, DATA_PRODUCT.name(), Some(why));
    let own = [before, after].into_iter().flat_map(|view| {
        filters::masks_of_principal(view, principal).into_iter().chain(masks::for_roles_of(view, principal))
    });
    let own: Vec<(String, Masks)> = own.collect();
    if let Some(column) = given.iter().find_map(|filter| filter.read_of(&own)) {
        return Err(refused(format!("a row filter would read the column \"{column}\", which is masked from you")));
    }
    if principal.is_bot || nominal::reads_all(&Reader::new(cx.access, cx.snapshot, principal), before).await? {
        return Ok(());
    }
    let bearers: Vec<RecordId> = given.iter().map(|filter| filter.bearer).collect();
    let known = cx.access.principals_of(cx.snapshot, cx.account(), &bearers).await?;
    for filter in &given {
        let theirs = match known.get(&filter.bearer) {
            Some(bearer) => {
                let mut theirs = filters::masks_of_principal(after, bearer);
                theirs.extend(masks::for_roles_of(after, bearer));
                theirs
            }
            // Who is in a team has masks of his own, and comes and goes: what is masked from anybody counts.
            None => filters::all_masks(after),
        };
        if let Some(column) = filter.read_of(&theirs) {
            let why = "only who reads all rows gives a row filter on a column that is masked from its bearer";
            return Err(refused(format!("{why}: \"{column}\"")));
        }
    }
    Ok(())
}

struct Filter {
    bearer: RecordId,
    table: String,
    condition: String,
}

/// The filters that a change brings.
fn given(before: &View, after: &View) -> Vec<Filter> {
    let mut given = Vec::new();
    for role in after.edges.iter().filter(|edge| ROLES.contains(&edge.relation)) {
        if before.edges.iter().any(|edge| edge.to == role.to && edge.attributes == role.attributes) {
            continue;
        }
        let known = filters::restrictions(before, role.to);
        for (table, terms) in filters::of_edge(role) {
            let RoleTerms { condition, links, .. } = RoleTerms::read(terms);
            let reads = condition
                .into_iter()
                .map(Held::Condition)
                .chain(links.into_iter().filter(|link| !link.is_drawn).map(Held::Link));
            let is_new = |held: &Held| !known.iter().any(|(of, other)| of == table && other == held);
            given.extend(reads.filter(is_new).flat_map(|held| Filter::of(role.to, table, held)));
        }
    }
    given
}

impl Filter {
    /// What it reads: a condition, or the columns by which rows refer to others, and those of the others.
    fn of(bearer: RecordId, table: &str, held: Held) -> Vec<Filter> {
        let filter = |table: &str, condition: String| Filter { bearer, table: table.to_owned(), condition };
        match held {
            Held::Condition(condition) => vec![filter(table, condition)],
            Held::Link(link) => {
                vec![filter(table, link.columns.join(" ")), filter(&link.to, link.to_columns.join(" "))]
            }
            Held::Mask(..) | Held::Followed => Vec::new(),
        }
    }

    /// The masked column that it reads; one that it only might read counts.
    fn read_of(&self, masked: &[(String, Masks)]) -> Option<String> {
        let tables = filters::names(&self.table);
        let may_be_it = |table: &str| filters::names(table).iter().any(|name| tables.contains(name));
        let mut columns = masked.iter().filter(|(table, _)| may_be_it(table)).flat_map(|(_, masks)| masks.keys());
        columns.find(|column| masks::names(&self.condition, column)).cloned()
    }
}
