//! Looking through all records that a query can match.

use std::collections::HashSet;
use std::sync::Arc;

use super::{RELATIONS, language};
use crate::caller::Principal;
use crate::change_set::Expect;
use crate::context::Context;
use crate::dependency::Dependency;
use crate::follow::whole_of;
use crate::id::RecordId;
use crate::kind::Kind;
use crate::kinds::DOMAIN;
use crate::member_language::Standing;
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::Record;

/// How many records are looked at in one read.
const PAGE: u32 = 500;

/// What matches a query.
pub(crate) struct Scanned {
    /// All of it.
    pub all: HashSet<RecordId>,
    /// What the reader sees of it, in the order in which it was made, a few more at most than asked for.
    pub seen: Vec<Record>,
}

/// Everything that matches, whoever sees it, and what of it the reader sees, up to `most` and one page.
///
/// Cost: a read of all records of the kinds that can match.
pub(crate) async fn scan(
    cx: &Context<'_>,
    standing: &Standing,
    reader: &Principal,
    most: usize,
) -> Result<Scanned, Problem> {
    let mut scanned = Scanned { all: HashSet::new(), seen: Vec::new() };
    for kind in &standing.kinds {
        let mut query = ListQuery { limit: PAGE, ..ListQuery::of(cx.account(), *kind) };
        loop {
            let page = cx.snapshot.list(&query).await?;
            query.after = page.last().filter(|_| page.len() == PAGE as usize).map(|last| query.keyset(last));
            let found = matching(cx, standing, page).await?;
            scanned.all.extend(found.iter().map(|record| record.id));
            if scanned.seen.len() <= most {
                let asked: Vec<&Record> = found.iter().collect();
                let seen = cx.access.sees_each(cx.snapshot, reader, &asked).await?;
                scanned
                    .seen
                    .extend(found.into_iter().zip(seen).filter_map(|(record, is_seen)| is_seen.then_some(record)));
            }
            if query.after.is_none() {
                break;
            }
        }
    }
    Ok(scanned)
}

/// Those of the records that match.
pub(crate) async fn matching(
    cx: &Context<'_>,
    standing: &Standing,
    records: Vec<Record>,
) -> Result<Vec<Record>, Problem> {
    let Some(language) = language(cx) else { return Ok(Vec::new()) };
    let views = whole_of(cx.snapshot, cx.account(), records, RELATIONS).await?;
    let found = views.into_iter().filter(|view| standing.condition.holds(&language.document(view)));
    Ok(found.map(|view| view.record).collect())
}

/// That nothing of what was looked through has changed since; nothing where no other commit can come in between.
pub(crate) async fn unchanged(cx: &Context<'_>, standing: &Standing) -> Result<Option<Expect>, Problem> {
    let Some(since) = cx.snapshot.version().await? else { return Ok(None) };
    let is_above = |above: &Kind| standing.kinds.iter().any(|kind| cx.registry.kinds_below(*above).contains(kind));
    let above = cx.registry.iter().filter(is_above);
    let kinds = standing.kinds.iter().copied().chain(above).chain([DOMAIN]);
    let dependencies: Arc<[Dependency]> = kinds.map(|kind| Dependency::kind(cx.account(), kind)).collect();
    Ok(Some(Expect::Unchanged { since, dependencies }))
}
