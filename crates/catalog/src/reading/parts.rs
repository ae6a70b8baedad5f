//! Parts of records that the caller sees. What one of them takes is a right on the whole, so one look serves for all parts
//! of a kind.

use std::collections::{HashMap, HashSet};

use super::{Reading, Seen, ids};
use crate::boxed::Boxed;
use crate::id::RecordId;
use crate::kind::Kind;
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::Record;

/// What is read of a list at once.
const PAGE: u32 = 1_000;

impl Reading<'_> {
    /// A page of the parts of one kind that a record has, as far as the caller sees them.
    pub fn parts<'a>(&'a self, of: &'a dyn Seen, query: ListQuery) -> Boxed<'a, Result<Vec<Record>, Problem>> {
        Box::pin(async move {
            let query = ListQuery { parent: Some(of.record_id()), ..query };
            let found = self.snapshot.list(&query).await?;
            self.visible_parts(found).await
        })
    }

    /// All of them. The query says in which order.
    pub fn all_parts<'a>(&'a self, of: &'a dyn Seen, query: ListQuery) -> Boxed<'a, Result<Vec<Record>, Problem>> {
        Box::pin(async move {
            let found = self.pages(ListQuery { parent: Some(of.record_id()), ..query }).await?;
            self.visible_parts(found).await
        })
    }

    /// Of each of the records the parts that the query asks for, in one question.
    pub fn parts_of_each<'a, T: Seen>(
        &'a self,
        of: &[T],
        query: &ListQuery,
    ) -> Boxed<'a, Result<Vec<Vec<Record>>, Problem>> {
        let queries: Vec<ListQuery> =
            ids(of).into_iter().map(|whole| ListQuery { parent: Some(whole), ..query.clone() }).collect();
        Box::pin(async move {
            let mut seen = Vec::with_capacity(queries.len());
            for found in self.snapshot.lists(&queries).await? {
                seen.push(self.visible_parts(found).await?);
            }
            Ok(seen)
        })
    }

    /// Those of the parts with these ids that stand right below the record, one place for each, in whatever state they
    /// are: empty also where the caller sees nothing.
    pub fn parts_by_id<'a, T: Seen>(
        &'a self,
        of: &[T],
        parts: &'a [RecordId],
    ) -> Boxed<'a, Result<Vec<Option<Record>>, Problem>> {
        self.parts_of_by_id(ids(of), parts)
    }

    fn parts_of_by_id<'a>(
        &'a self,
        of: Vec<RecordId>,
        parts: &'a [RecordId],
    ) -> Boxed<'a, Result<Vec<Option<Record>>, Problem>> {
        Box::pin(async move {
            let found = self.snapshot.by_id(self.account(), parts).await?;
            let mut places = Vec::with_capacity(found.len());
            for record in found {
                let part = record.filter(|it| it.kind.0.part && it.parent.is_some_and(|parent| of.contains(&parent)));
                places.push(match part {
                    Some(part) => self.visible_parts(vec![part]).await?.pop(),
                    None => None,
                });
            }
            Ok(places)
        })
    }

    /// What the first part of a list says of itself: numbers go on from the last one, whoever sees it. Nothing comes out
    /// but what is read of it.
    pub async fn last_part<T>(
        &self,
        of: &dyn Seen,
        query: ListQuery,
        read: impl Fn(Record) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let query = ListQuery { parent: Some(of.record_id()), limit: 1, ..query };
        Ok(self.snapshot.list(&query).await?.pop().and_then(read))
    }

    /// How many parts of the kind a record has: a number, whoever made them.
    pub fn count_parts<'a>(&'a self, of: &'a dyn Seen, kind: Kind) -> Boxed<'a, Result<u64, Problem>> {
        Box::pin(async move {
            let query = ListQuery { parent: Some(of.record_id()), ..ListQuery::of(self.account(), kind) };
            Ok(self.snapshot.count(&query).await?)
        })
    }

    /// Which of the records have parts of the kind that the caller sees.
    pub fn with_parts<'a, T: Seen>(&'a self, of: &[T], kind: Kind) -> Boxed<'a, Result<HashSet<RecordId>, Problem>> {
        self.those_with_parts(ids(of), kind)
    }

    fn those_with_parts(&self, of: Vec<RecordId>, kind: Kind) -> Boxed<'_, Result<HashSet<RecordId>, Problem>> {
        Box::pin(async move {
            let of_account = ListQuery { limit: PAGE, ..ListQuery::of(self.account(), kind) };
            // Most catalogues have few of them or none, and their number is kept: then one question serves for all.
            let few = 4 * of.len() as u64;
            let mut firsts: HashMap<RecordId, Record> = HashMap::new();
            match self.snapshot.count(&of_account).await? {
                0 => return Ok(HashSet::new()),
                count if count <= few => {
                    for part in self.snapshot.list(&of_account).await? {
                        if let Some(whole) = part.parent.filter(|parent| of.contains(parent)) {
                            firsts.entry(whole).or_insert(part);
                        }
                    }
                }
                _ => {
                    let first = |whole: &RecordId| ListQuery { parent: Some(*whole), limit: 1, ..of_account.clone() };
                    let queries: Vec<ListQuery> = of.iter().map(first).collect();
                    for (whole, mut parts) in of.iter().zip(self.snapshot.lists(&queries).await?) {
                        firsts.extend(parts.pop().map(|part| (*whole, part)));
                    }
                }
            }
            let (wholes, parts): (Vec<RecordId>, Vec<Record>) = firsts.into_iter().unzip();
            let sees = self.sees_each(&parts.iter().collect::<Vec<_>>()).await?;
            Ok(wholes.into_iter().zip(sees).filter_map(|(whole, sees)| sees.then_some(whole)).collect())
        })
    }

    /// Parts of one kind of what the caller sees, those that he sees.
    pub(super) async fn visible_parts(&self, mut found: Vec<Record>) -> Result<Vec<Record>, Problem> {
        if found.iter().any(|part| part.kind.0.asks) {
            return self.seen(found).await;
        }
        let user = self.caller.principal.user;
        // Who sees the whole sees these.
        let is_shown = |part: &Record| {
            let kind = part.kind.0;
            kind.part && (kind.shown || (kind.personal && part.created.by.id == user))
        };
        // For all others it takes one right on the whole.
        let sees_others = match found.iter().find(|part| !is_shown(part)) {
            Some(other) => self.sees(other).await?,
            None => true,
        };
        if !sees_others {
            found.retain(|part| is_shown(part));
        }
        Ok(found)
    }

    /// Every page of a list, without a look at rights.
    pub(super) async fn pages(&self, query: ListQuery) -> Result<Vec<Record>, Problem> {
        let mut query = ListQuery { limit: PAGE, ..query };
        let mut records = Vec::new();
        loop {
            let page = self.snapshot.list(&query).await?;
            let is_last = page.len() < PAGE as usize;
            query.after = page.last().map(|last| query.keyset(last));
            records.extend(page);
            if is_last {
                return Ok(records);
            }
        }
    }
}
