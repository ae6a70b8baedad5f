//! Long lists, page by page: the address says after which record a page begins.

use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::query::ListQuery;
use emporion_catalog::read::Count;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;

use crate::fault::Fault;
use crate::records::address;
use crate::request::visit::Visit;

/// Records that are read at once for their places in a tree, and how often.
const WALKED: u32 = 1_000;
const MOST_WALKS: usize = 20;

/// A page of a list.
pub struct Paged {
    pub views: Vec<View>,
    /// Of how many, on all pages.
    pub count: Count,
    /// The address of the page that comes next.
    pub next: Option<String>,
}

impl Paged {
    /// The page that the address asks for; `at` makes the address of the one that begins after a record.
    pub async fn of(
        visit: &Visit,
        reading: &Reading<'_>,
        query: ListQuery,
        depth: &Depth,
        at: impl FnOnce(&str) -> String,
    ) -> Result<Paged, Fault> {
        Paged::after(&visit.query("after"), reading, query, depth, at).await
    }

    /// The same after a record, where several lists of a page have pages of their own.
    pub async fn after(
        after: &str,
        reading: &Reading<'_>,
        mut query: ListQuery,
        depth: &Depth,
        at: impl FnOnce(&str) -> String,
    ) -> Result<Paged, Fault> {
        if let Ok(id) = after.parse()
            && let Some(record) = reading.record(id).await?
        {
            query.after = Some(query.keyset(&record));
        }
        let page = reading.list(query, depth).await?;
        let next = page.views.last().filter(|_| page.more).map(|last| at(&last.id().to_string()));
        Ok(Paged { count: page.count(), views: page.views, next })
    }

    /// The same of records that stand below one another, in the order of the tree: each after what it stands below. Of
    /// more than twenty thousand, those that come first by their own names.
    pub async fn of_tree(
        visit: &Visit,
        reading: &Reading<'_>,
        query: ListQuery,
        depth: &Depth,
        at: impl FnOnce(&str) -> String,
    ) -> Result<Paged, Fault> {
        let mut walk = ListQuery { limit: WALKED, ..query.clone() };
        let (mut places, mut count) = (Vec::new(), Count::NONE);
        for _ in 0..MOST_WALKS {
            let page = reading.list(walk.clone(), &Depth::bare()).await?;
            count = page.count();
            places.extend(page.views.iter().map(|view| (place(&view.record.fqn), view.id())));
            match page.views.last().filter(|_| page.more) {
                Some(last) => walk.after = Some(walk.keyset(&last.record)),
                None => {
                    count = Count::of(places.len() as u64);
                    break;
                }
            }
        }
        places.sort();
        let after: Option<RecordId> = visit.query("after").parse().ok();
        let start = places.iter().position(|(_, id)| Some(*id) == after).map_or(0, |found| found + 1);
        let size = query.limit as usize;
        let ids: Vec<RecordId> = places.iter().skip(start).take(size).map(|(_, id)| *id).collect();
        let next = ids.last().filter(|_| places.len() > start + size).map(|last| at(&last.to_string()));
        let mut views = match ids.is_empty() {
            true => Vec::new(),
            false => reading.list(ListQuery { ids: Some(ids), ..query }, depth).await?.views,
        };
        views.sort_by_cached_key(|view| place(&view.record.fqn));
        Ok(Paged { views, count, next })
    }
}

/// Where a list on the page of a record begins after another record.
pub fn on_page_of(above: &View) -> impl FnOnce(&str) -> String {
    let at = address::of_record(&above.record);
    move |after| address::with_query(&at, &[("after", after)])
}

/// Where a record stands in its tree: names that begin alike do not part it from what it stands below.
fn place(fqn: &str) -> Vec<String> {
    name::split(fqn).unwrap_or_default()
}
