//! The list of chat threads of a product, the ones that changed last first.

use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, Order};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;

use super::found;
use super::thread::Thread;
use crate::chat::detail::Detail;
use crate::chat::retelling::Retelling;
use crate::failure::Failure;
use crate::page::{CursorScope, ListPage, PageRequest, Position, SortKey};
use crate::request::ProductRequest;
use crate::rights;
use crate::service::Products;
use crate::subject;

const BATCH: u32 = 200;

/// Which threads are wanted.
#[derive(Debug, Clone)]
pub struct ThreadFilter {
    pub id: Option<RecordId>,
    pub since_ms: i64,
    /// Not included.
    pub until_ms: i64,
    /// Folded, and said in one of its messages.
    pub text: Option<String>,
    /// Also those of others.
    pub is_of_everybody: bool,
}

impl Default for ThreadFilter {
    fn default() -> ThreadFilter {
        ThreadFilter { id: None, since_ms: i64::MIN, until_ms: i64::MAX, text: None, is_of_everybody: false }
    }
}

/// Threads of a product, each with the place where a search found it: the caller's own, unless those of everybody are
/// wanted. How many there are is counted where the page asks for it.
///
/// Errors: 404; 403 for those of everybody to who may not give rights on the product; 400 for a cursor of another list.
pub async fn list(
    products: &Arc<Products>,
    request: &ProductRequest,
    filter: &ThreadFilter,
    page: &PageRequest,
) -> Result<ListPage<(Thread, Option<String>)>, Failure> {
    let (catalog, caller) = (&products.catalog, &request.caller);
    let reading = catalog.reading(caller).await?;
    let view = subject::find(products, request, &reading, &Depth::bare()).await?;
    let mut query = ListQuery {
        order: Order::Updated,
        descending: true,
        limit: BATCH,
        ..ListQuery::of(caller.account(), catalog.kind("chat_thread"))
    };
    if filter.is_of_everybody {
        rights::require(&reading, Action::EditUsers, &view.record).await?;
    } else {
        query.fields.push(("user", caller.principal.user.to_string().into()));
    }
    let scope = CursorScope::of(caller.account(), &format!("threads/{}", view.id()), page);
    let after = scope.after(&products.cursor_keys, page)?;
    // A total is of the whole list, a page begins after its place.
    query.after = after.clone().filter(|_| !page.include_total);
    let start = ListQuery { after, ..query.clone() };
    let retelling = Retelling::to(products, request);
    let (mut fetched, mut total) = (Vec::new(), 0);
    loop {
        let batch = reading.parts(&view, query.clone()).await?;
        let is_last = batch.len() < BATCH as usize;
        query.after = batch.last().map(|last| query.keyset(last));
        for thread in batch {
            let detail = Detail::of(&thread, caller);
            let Some(snippet) = filter.takes(&reading, &thread, (detail, &retelling)).await? else { continue };
            total += 1;
            if fetched.len() <= page.limit && start.is_ahead(&thread) {
                fetched.push((thread, snippet));
            }
        }
        if is_last || (fetched.len() > page.limit && !page.include_total) {
            break;
        }
    }
    let has_more = fetched.len() > page.limit;
    fetched.truncate(page.limit);
    let mut threads = Vec::with_capacity(fetched.len());
    for (thread, snippet) in fetched {
        threads.push((Thread::of(&reading, &thread).await?, snippet));
    }
    let last = threads.last().filter(|_| has_more);
    let position =
        |(thread, _): &(Thread, _)| Position { key: SortKey::Millis(thread.updated_ms), id: thread.id.uuid() };
    let pagination = scope.pagination(&products.cursor_keys, page, last.map(position));
    Ok(ListPage { items: threads, total, pagination })
}

impl ThreadFilter {
    /// `None`: it is not wanted. Otherwise where a search found it.
    async fn takes(
        &self,
        reading: &Reading<'_>,
        thread: &Record,
        seen: (Detail, &Retelling<'_>),
    ) -> Result<Option<Option<String>>, Failure> {
        let created_ms = thread.created.at.0;
        if self.id.is_some_and(|id| id != thread.id) || created_ms < self.since_ms || created_ms >= self.until_ms {
            return Ok(None);
        }
        match &self.text {
            None => Ok(Some(None)),
            Some(text) => Ok(found(reading, thread, seen, text).await?.map(Some)),
        }
    }
}
