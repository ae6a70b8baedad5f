//! Looking through all records that a query can match.

use std::collections::HashSet;
use std::sync::Arc;

use super::{RELATIONS, language};
use crate::caller::Principal;
use crate::change_set::Expect;
use crate::context::Context;
use crate::dependency::Dependency;
use crate::finder::Condition;
use crate::follow::whole_of;
use crate::id::RecordId;
use crate::kind::Kind;
use crate::kinds::DOMAIN;
use crate::member_language::Standing;
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::{Record, View};

/// How many records are looked at in one read.
const PAGE: u32 = 500;
/// Records that are looked at for something that nothing may have.
const MOST_LOOKED_AT: usize = 10_000;

/// What matches a query.
pub(crate) struct Scanned {
    /// All of it.
    pub all: HashSet<RecordId>,
    /// What the reader sees of it, in the order in which it was made, a few more at most than asked for.
    pub seen: Vec<Record>,
}

/// All records of some kinds, one kind after the other.
struct Pages<'k> {
    kinds: std::slice::Iter<'k, Kind>,
    /// The rest of the kind that is being read.
    rest: Option<ListQuery>,
}

impl Pages<'_> {
    fn of(kinds: &[Kind]) -> Pages<'_> {
        Pages { kinds: kinds.iter(), rest: None }
    }

    /// The next of them, none at the end of a kind at times; `None` at the end of all.
    async fn next(&mut self, cx: &Context<'_>) -> Result<Option<Vec<Record>>, Problem> {
        let begun = |kind: &Kind| ListQuery { limit: PAGE, ..ListQuery::of(cx.account(), *kind) };
        let Some(mut query) = self.rest.take().or_else(|| self.kinds.next().map(begun)) else { return Ok(None) };
        let page = cx.snapshot.list(&query).await?;
        if let Some(last) = page.last().filter(|_| page.len() == PAGE as usize) {
            query.after = Some(query.keyset(last));
            self.rest = Some(query);
        }
        Ok(Some(page))
    }
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
    let mut pages = Pages::of(&standing.kinds);
    while let Some(page) = pages.next(cx).await? {
        let found = matching(cx, standing, page).await?;
        scanned.all.extend(found.iter().map(|record| record.id));
        if scanned.seen.len() <= most {
            let asked: Vec<&Record> = found.iter().collect();
            let seen = cx.access.sees_each(cx.snapshot, reader, &asked).await?;
            scanned.seen.extend(found.into_iter().zip(seen).filter_map(|(record, is_seen)| is_seen.then_some(record)));
        }
    }
    Ok(scanned)
}

/// Of these conditions the first that is met by nothing which the reader sees among records of these kinds; `None` as well
/// where there are too many to look at all of them.
///
/// Cost: for conditions that are not met a read of so many records, once for all.
pub(crate) async fn unmet(
    cx: &Context<'_>,
    kinds: &[Kind],
    conditions: &[&Condition],
    reader: &Principal,
) -> Result<Option<usize>, Problem> {
    let Some(language) = language(cx) else { return Ok(None) };
    let mut open: Vec<usize> = (0..conditions.len()).collect();
    let mut looked_at = 0;
    let mut pages = Pages::of(kinds);
    while let Some(page) = pages.next(cx).await? {
        if open.is_empty() || looked_at >= MOST_LOOKED_AT {
            return Ok(None);
        }
        looked_at += page.len();
        let views = whole_of(cx.snapshot, cx.account(), page, RELATIONS).await?;
        let met = |view: &View| {
            let document = language.document(view);
            open.iter().copied().filter(|at| conditions[*at].holds(&document)).collect::<Vec<usize>>()
        };
        let fitting: Vec<(&Record, Vec<usize>)> =
            views.iter().map(|view| (&view.record, met(view))).filter(|(_, met)| !met.is_empty()).collect();
        let records: Vec<&Record> = fitting.iter().map(|(record, _)| *record).collect();
        let seen = cx.access.sees_each(cx.snapshot, reader, &records).await?;
        for ((_, met), _) in fitting.iter().zip(seen).filter(|(_, is_seen)| *is_seen) {
            open.retain(|at| !met.contains(at));
        }
    }
    Ok(open.first().copied())
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
