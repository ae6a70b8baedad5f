//! Answers that are kept while nothing has changed of what they were made of.
//!
//! An answer belongs to one caller at one access epoch and to one request, to the letter: nobody is told what was made
//! for another, and a right that was taken away ends with its epoch. Whether it still holds is asked of the store each
//! time: the commit that changes any record which the answer was made of ends it before that commit is acknowledged.

use std::any::Any;
use std::future::Future;
use std::sync::Arc;

use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::dependency::{CommitVersion, Dependency};
use crate::id::RecordId;
use crate::tracking::ReadSet;
use emporion_model::segmented_lru::SegmentedLru;

/// What an answer is kept under.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    user: RecordId,
    epoch: u64,
    request: Box<str>,
}

#[derive(Clone)]
struct Kept(Arc<Inner>);

struct Inner {
    answer: Box<dyn Any + Send + Sync>,
    version: CommitVersion,
    dependencies: Box<[Dependency]>,
}

/// Where a thing is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CachePool {
    /// Whole answers: many, and small.
    Answers,
    /// What answers are made with, where that is costly: few, and large.
    Preparations,
}

/// The answers of one catalogue.
pub struct ResponseCache(SegmentedLru<Key, Kept>);

impl ResponseCache {
    pub fn new(bytes: usize) -> ResponseCache {
        ResponseCache(SegmentedLru::new(bytes))
    }

    /// For few and large things.
    pub fn of_large(bytes: usize) -> ResponseCache {
        ResponseCache(SegmentedLru::in_parts(bytes, 4))
    }
}

impl Catalog {
    /// The answer to a request that only reads: the one given before, while making it again would give the same.
    ///
    /// `request` holds all of the request that the answer depends on, beside the caller. `weigh` tells the bytes of an
    /// answer, and `None` of those that are not worth keeping. What `make` looks at beside the catalogue must not change
    /// while the process runs. One may be made with the help of another.
    pub async fn remembered<T, E>(
        &self,
        pool: CachePool,
        caller: &Caller,
        request: String,
        weigh: impl Fn(&T) -> Option<usize>,
        make: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E>
    where
        T: Clone + Send + Sync + 'static,
    {
        let cache = match pool {
            CachePool::Answers => &self.responses,
            CachePool::Preparations => &self.prepared,
        };
        let principal = &caller.principal;
        let key = Key { user: principal.user, epoch: principal.epoch, request: request.into() };
        if let Some(Kept(kept)) = cache.0.get(&key)
            && let Ok(Some(until)) = self.store.unchanged_until(kept.version, &kept.dependencies).await
            && let Some(answer) = kept.answer.downcast_ref::<T>()
        {
            ReadSet::used(Some((until, &kept.dependencies)));
            return Ok(answer.clone());
        }
        if !cache.0.wants(&key) {
            return make.await;
        }
        let reads = Arc::new(ReadSet::default());
        let answer = reads.during(make).await;
        let noted = reads.noted();
        ReadSet::used(noted.as_ref().map(|(version, dependencies)| (*version, &dependencies[..])));
        let answer = answer?;
        if let Some(bytes) = weigh(&answer)
            && let Some((version, dependencies)) = noted
        {
            let bytes = bytes + key.request.len() + dependencies.len() * size_of::<Dependency>() + 256;
            let kept = Inner { answer: Box::new(answer.clone()), version, dependencies };
            cache.0.keep(key, Kept(Arc::new(kept)), bytes);
        }
        Ok(answer)
    }
}
