//! Long lists, page by page: the address says after which record a page begins.

use emporion_catalog::load::Depth;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;

use crate::fault::Fault;
use crate::visit::Visit;

/// A page of a list.
pub struct Paged {
    pub views: Vec<View>,
    /// Of how many, on all pages.
    pub total: u64,
    /// The address of the page that comes next.
    pub next: Option<String>,
}

impl Paged {
    /// The page that the address asks for; `at` makes the address of the one that begins after a record.
    pub async fn of(
        visit: &Visit,
        reading: &Reading<'_>,
        mut query: ListQuery,
        depth: &Depth,
        at: impl FnOnce(&str) -> String,
    ) -> Result<Paged, Fault> {
        if let Ok(id) = visit.query("after").parse()
            && let Some(record) = reading.record(id).await?
        {
            query.after = Some(query.keyset(&record));
        }
        let page = reading.list(query, depth).await?;
        let next = page.views.last().filter(|_| page.more).map(|last| at(&last.id().to_string()));
        Ok(Paged { views: page.views, total: page.total, next })
    }
}
