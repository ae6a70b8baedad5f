//! Holding documents against what is wanted of them: for so long, and beside the workers that answer requests where it takes a
//! while.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use emporion_edge::apart;
use serde_json::Value;

use super::query::{Query, holds_of, parts};
use super::test::Looked;
use crate::errors::{OmError, OmResult};

/// How long documents are looked at for one answer; it says then that there are at least so many matches, as well.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of documents times parts of a query: fewer are looked at where they are asked for, sooner than another thread begins.
const FEW: usize = 500_000;

/// What documents are held against: what matches, and what of that are hits.
pub struct Matcher {
    pub query: Query,
    pub post: Option<Query>,
    begun: Instant,
    /// Milliseconds of that in which there was no seat: whoever waits is not late for it.
    waited: AtomicU64,
}

impl Matcher {
    pub fn of(query: Query, post: Option<Query>) -> Arc<Matcher> {
        Arc::new(Matcher { query, post, begun: Instant::now(), waited: AtomicU64::new(0) })
    }

    /// There is a seat now, for which it was waited so long.
    fn seated(&self, waited: Duration) {
        let waited = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        self.waited.fetch_add(waited, Ordering::Relaxed);
    }

    fn is_late(&self) -> bool {
        let waited = Duration::from_millis(self.waited.load(Ordering::Relaxed));
        self.begun.elapsed().saturating_sub(waited) > PATIENCE
    }

    /// Of each document whether it matches, and is a hit, too. Those that there was no time for are not among them.
    fn judged(&self, documents: &[Value], waits: &apart::Wanted) -> Vec<Option<bool>> {
        let one = |document| {
            let looked = Looked::at(document);
            let is_hit = || self.post.as_ref().is_none_or(|post| holds_of(post, &looked));
            holds_of(&self.query, &looked).then(is_hit)
        };
        documents.iter().take_while(|_| waits.is_still() && !self.is_late()).map(one).collect()
    }

    fn parts(&self) -> usize {
        parts(&self.query) + self.post.as_ref().map_or(0, parts)
    }

    /// Holds documents against it, beside the workers that answer requests where it takes a while.
    pub async fn matches(self: &Arc<Matcher>, documents: Vec<Value>) -> OmResult<(Vec<Value>, Vec<Option<bool>>)> {
        let bytes: usize = documents.iter().map(weight).sum();
        if bytes.saturating_mul(self.parts()) <= FEW {
            let judged = self.judged(&documents, &apart::Wanted::surely());
            return Ok((documents, judged));
        }
        let (wanted, asked) = (Arc::clone(self), Instant::now());
        let judge = move |waits: &apart::Wanted| {
            wanted.seated(asked.elapsed());
            let judged = wanted.judged(&documents, waits);
            (documents, judged)
        };
        apart::apart_for(apart::For::Search, judge).await.map_err(|_| OmError::internal())
    }
}

/// About the bytes that are looked at of a document.
fn weight(document: &Value) -> usize {
    match document {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(members) => members.values().map(weight).sum(),
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_a_seat_takes_nothing_of_the_time() {
        let begun = Instant::now().checked_sub(2 * PATIENCE).expect("the machine is up for longer");
        let wanted = Matcher { query: Query::Everything, post: None, begun, waited: AtomicU64::new(0) };
        let judged = || wanted.judged(&[Value::Null], &apart::Wanted::surely()).len();
        assert_eq!(judged(), 0, "the time is over");
        wanted.seated(2 * PATIENCE);
        assert_eq!(judged(), 1, "and is not where all of it was spent waiting");
    }
}
