//! Own records: owned by the visitor, or by a team of which he is more than a viewer.

use std::cmp::Reverse;
use std::collections::HashSet;

use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, Order};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation::{OWNER, OWNING_TEAM, Relation};

use crate::fault::Fault;
use crate::request::visit::Visit;

/// Himself, and the teams that he owns things through.
pub fn owners(visit: &Visit) -> Vec<RecordId> {
    std::iter::once(visit.caller().principal.user).chain(teams(visit)).collect()
}

fn teams(visit: &Visit) -> impl Iterator<Item = RecordId> {
    visit.caller().principal.teams.iter().filter(|membership| membership.owns()).map(|membership| membership.team)
}

/// Products that are his own.
pub struct Products {
    /// Those that changed last come first.
    pub views: Vec<View>,
    /// There are more.
    pub more: bool,
}

impl Products {
    /// At most so many of them.
    pub async fn of(visit: &Visit, reading: &Reading<'_>, most: u32, depth: &Depth) -> Result<Products, Fault> {
        let mut products = Products { views: Vec::new(), more: false };
        let mut known = HashSet::new();
        // What a project was left with is owned by it without being given to it.
        for (relation, owners) in [(OWNER, owners(visit)), (OWNING_TEAM, teams(visit).collect())] {
            if owners.is_empty() {
                continue;
            }
            let page = reading.first(changed_last(reading, Some((relation, owners)), most), depth).await?;
            products.more |= page.more;
            products.views.extend(page.views.into_iter().filter(|product| known.insert(product.id())));
        }
        products.views.sort_by_key(|product| Reverse(product.record.updated.at));
        products.more |= products.views.len() > most as usize;
        products.views.truncate(most as usize);
        Ok(products)
    }

    /// All that he sees, at most so many: of who administers the account, each is his to give roles on.
    pub async fn all(reading: &Reading<'_>, most: u32, depth: &Depth) -> Result<Products, Fault> {
        let page = reading.first(changed_last(reading, None, most), depth).await?;
        Ok(Products { views: page.views, more: page.more })
    }
}

fn changed_last(reading: &Reading<'_>, linked: Option<(Relation, Vec<RecordId>)>, most: u32) -> ListQuery {
    ListQuery {
        linked: linked.into_iter().collect(),
        order: Order::Updated,
        descending: true,
        limit: most,
        ..ListQuery::of(reading.account(), reading.catalog().kind("data_product"))
    }
}
