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

/// Parts of the shelf for what is small, most answers, of which many are asked for at once.
const SMALL_PARTS: usize = 64;
/// Parts of the shelf for what is large.
const LARGE_PARTS: usize = 2;
/// What a cache for few and large things has.
const PREPARED_PARTS: usize = 4;

/// The answers of one catalogue.
///
/// On two shelves: a page of a list is as large as a hundred answers about one record, and would have to push them out of
/// any part that takes it. So it goes where there are few parts, and pushes out only what is as large.
pub struct ResponseCache {
    small: SegmentedLru<Key, Kept>,
    large: Option<SegmentedLru<Key, Kept>>,
}

impl ResponseCache {
    /// Holds about so many bytes, a quarter of them in large answers.
    pub fn new(bytes: usize) -> ResponseCache {
        let large = bytes / 4;
        ResponseCache {
            small: SegmentedLru::in_parts(bytes - large, SMALL_PARTS),
            large: Some(SegmentedLru::in_parts(large, LARGE_PARTS)),
        }
    }

    /// For few and large things.
    pub fn of_large(bytes: usize) -> ResponseCache {
        ResponseCache { small: SegmentedLru::in_parts(bytes, PREPARED_PARTS), large: None }
    }

    fn get(&self, key: &Key) -> Option<Kept> {
        self.small.get(key).or_else(|| self.large.as_ref()?.get(key))
    }

    fn wants(&self, key: &Key) -> bool {
        self.small.wants(key)
    }

    /// Whatever was kept before is over, on whichever shelf it stood.
    fn keep(&self, key: Key, kept: Kept, bytes: usize) {
        match &self.large {
            Some(large) if !self.small.takes(bytes) => {
                self.small.remove(&key);
                large.keep(key, kept, bytes);
            }
            Some(large) => {
                large.remove(&key);
                self.small.keep(key, kept, bytes);
            }
            None => self.small.keep(key, kept, bytes),
        }
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
        if let Some(Kept(kept)) = cache.get(&key)
            && let Ok(Some(until)) = self.store.unchanged_until(kept.version, &kept.dependencies).await
            && let Some(answer) = kept.answer.downcast_ref::<T>()
        {
            ReadSet::used(Some((until, &kept.dependencies)));
            return Ok(answer.clone());
        }
        if !cache.wants(&key) {
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
            cache.keep(key, Kept(Arc::new(kept)), bytes);
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: usize = 64 << 20;

    fn key(request: &str) -> Key {
        Key { user: RecordId::from_uuid(uuid::Uuid::nil()), epoch: 1, request: request.into() }
    }

    fn kept(answer: u32) -> Kept {
        Kept(Arc::new(Inner {
            answer: Box::new(answer),
            version: CommitVersion::default(),
            dependencies: Box::new([]),
        }))
    }

    fn found(cache: &ResponseCache, key: &Key) -> Option<u32> {
        cache.get(key).and_then(|kept| kept.0.answer.downcast_ref().copied())
    }

    #[test]
    fn pages_are_kept_and_push_no_small_answer_out() {
        let cache = ResponseCache::new(BYTES);
        let small: Vec<Key> = (0..1_000).map(|number| key(&number.to_string())).collect();
        for one in &small {
            cache.keep(one.clone(), kept(1), 2_000);
        }
        let page = key("page");
        cache.keep(page.clone(), kept(2), 150_000);
        assert_eq!(found(&cache, &page), Some(2));
        for number in 0..1_000 {
            cache.keep(key(&format!("page {number}")), kept(3), 150_000);
        }
        assert_eq!(found(&cache, &page), None, "the shelf has an end");
        assert!(small.iter().all(|one| found(&cache, one) == Some(1)));
    }

    #[test]
    fn an_answer_that_grew_or_shrank_is_found_as_it_is_now() {
        let (cache, key) = (ResponseCache::new(BYTES), key("list"));
        for (answer, bytes) in [(1, 2_000), (2, 200_000), (3, 2_000), (4, 200_000)] {
            cache.keep(key.clone(), kept(answer), bytes);
            assert_eq!(found(&cache, &key), Some(answer));
        }
    }

    #[test]
    fn what_would_fill_the_shelf_is_not_kept() {
        let (cache, key) = (ResponseCache::new(BYTES), key("everything"));
        cache.keep(key.clone(), kept(1), BYTES / 8);
        assert_eq!(found(&cache, &key), None);
    }
}
