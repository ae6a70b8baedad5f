//! So many at a time for each key, each in its turn: commands on a record, writes to the parts of a product, large requests or
//! statements of a user. Those of other keys never wait for them.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The semaphores of keys that somebody holds or waits for.
pub struct KeyedSemaphore {
    permits: usize,
    by_key: Mutex<HashMap<u64, Arc<Semaphore>>>,
}

/// Held until this goes.
pub struct KeyedPermit<'a> {
    // `None` while it is waited for, and once it has been given back.
    permit: Option<OwnedSemaphorePermit>,
    of: &'a KeyedSemaphore,
    key: u64,
    semaphore: Option<Arc<Semaphore>>,
}

/// One at a time.
impl Default for KeyedSemaphore {
    fn default() -> KeyedSemaphore {
        KeyedSemaphore::new(1)
    }
}

impl KeyedSemaphore {
    pub fn new(permits: usize) -> KeyedSemaphore {
        KeyedSemaphore { permits, by_key: Mutex::default() }
    }

    pub async fn acquire(&self, key: impl Hash) -> KeyedPermit<'_> {
        let key = BuildHasherDefault::<DefaultHasher>::default().hash_one(key);
        let semaphore = self.by_key.lock().entry(key).or_insert_with(|| Arc::new(Semaphore::new(self.permits))).clone();
        // Made before it is waited for: who goes away meanwhile leaves nothing behind.
        let mut held = KeyedPermit { permit: None, of: self, key, semaphore: Some(semaphore.clone()) };
        // Nobody closes it.
        held.permit = semaphore.acquire_owned().await.ok();
        held
    }

    /// How many keys somebody holds or waits for.
    pub fn len(&self) -> usize {
        self.by_key.lock().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for KeyedPermit<'_> {
    fn drop(&mut self) {
        let mut by_key = self.of.by_key.lock();
        drop((self.permit.take(), self.semaphore.take()));
        if by_key.get(&self.key).is_some_and(|semaphore| Arc::strong_count(semaphore) == 1) {
            by_key.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn who_has_the_same_key_waits_and_nobody_else_does() {
        let semaphore = KeyedSemaphore::default();
        let first = semaphore.acquire(7).await;
        // As many as shared a queue when there were 1,024 of them.
        let others = [7 + 1_024, 8, 0].map(|key| semaphore.acquire(key));
        for other in others {
            drop(tokio::time::timeout(SOON, other).await.expect("it does not wait"));
        }
        assert!(tokio::time::timeout(SOON, semaphore.acquire(7)).await.is_err());
        drop(first);
        drop(tokio::time::timeout(SOON, semaphore.acquire(7)).await.expect("its turn has come"));
    }

    #[tokio::test]
    async fn as_many_have_it_as_there_are_permits() {
        let semaphore = KeyedSemaphore::new(2);
        let (_first, second) = (semaphore.acquire(7).await, semaphore.acquire(7).await);
        assert!(tokio::time::timeout(SOON, semaphore.acquire(7)).await.is_err());
        drop(second);
        drop(tokio::time::timeout(SOON, semaphore.acquire(7)).await.expect("there is one again"));
    }

    #[tokio::test]
    async fn a_queue_goes_with_the_last_who_stands_in_it() {
        let semaphore = KeyedSemaphore::default();
        let first = semaphore.acquire(7).await;
        let mut second = Box::pin(semaphore.acquire(7));
        assert!(tokio::time::timeout(SOON, &mut second).await.is_err());
        drop(first);
        assert_eq!(semaphore.len(), 1, "the second stands there");
        // He goes before he has been told that it is his turn.
        drop(second);
        assert!(semaphore.is_empty());
    }
}
