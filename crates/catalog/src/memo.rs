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
use crate::id::RecordId;
use crate::shelf::Shelf;
use crate::watch::{Mark, Reads, Watch};

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
    mark: Mark,
    watched: Box<[Watch]>,
}

/// Where a thing is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Whole answers: many, and small.
    Answers,
    /// What answers are made with, where that is costly: few, and large.
    Preparations,
}

/// The answers of one catalogue.
pub struct Memo(Shelf<Key, Kept>);

impl Memo {
    pub fn new(bytes: usize) -> Memo {
        Memo(Shelf::new(bytes))
    }

    /// For few and large things.
    pub fn of_large(bytes: usize) -> Memo {
        Memo(Shelf::in_parts(bytes, 4))
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
        room: Room,
        caller: &Caller,
        request: String,
        weigh: impl Fn(&T) -> Option<usize>,
        make: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E>
    where
        T: Clone + Send + Sync + 'static,
    {
        let memo = match room {
            Room::Answers => &self.memo,
            Room::Preparations => &self.prepared,
        };
        let principal = &caller.principal;
        let key = Key { user: principal.user, epoch: principal.epoch, request: request.into() };
        if let Some(Kept(kept)) = memo.0.get(&key)
            && self.store.is_unchanged(kept.mark, &kept.watched)
            && let Some(answer) = kept.answer.downcast_ref::<T>()
        {
            Reads::used(Some((kept.mark, &kept.watched)));
            return Ok(answer.clone());
        }
        if !memo.0.wants(&key) {
            return make.await;
        }
        let reads = Arc::new(Reads::default());
        let answer = reads.during(make).await;
        let noted = reads.noted();
        Reads::used(noted.as_ref().map(|(mark, watched)| (*mark, &watched[..])));
        let answer = answer?;
        if let Some(bytes) = weigh(&answer)
            && let Some((mark, watched)) = noted
        {
            let bytes = bytes + key.request.len() + watched.len() * size_of::<Watch>() + 256;
            let kept = Inner { answer: Box::new(answer.clone()), mark, watched };
            memo.0.keep(key, Kept(Arc::new(kept)), bytes);
        }
        Ok(answer)
    }
}
