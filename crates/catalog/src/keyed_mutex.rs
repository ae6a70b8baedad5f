//! What is about one thing, one after the other: commands on a record, writes to the parts of a product, large requests of a
//! user. Those about others never wait for them.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;

type Queue = Arc<tokio::sync::Mutex<()>>;

/// The queues in which somebody stands.
#[derive(Default)]
pub struct KeyedMutex(Mutex<HashMap<u64, Queue>>);

/// It is somebody's turn until this goes.
pub struct KeyedGuard<'a> {
    _guard: OwnedMutexGuard<()>,
    // Left after the turn has ended.
    _place: Place<'a>,
}

/// A place in a queue. Whoever leaves it last, also before his turn, takes the queue away.
struct Place<'a> {
    mutex: &'a KeyedMutex,
    key: u64,
    queue: Option<Queue>,
}

impl KeyedMutex {
    pub async fn lock(&self, key: u64) -> KeyedGuard<'_> {
        let queue = self.0.lock().entry(key).or_default().clone();
        let place = Place { mutex: self, key, queue: Some(queue.clone()) };
        KeyedGuard { _guard: queue.lock_owned().await, _place: place }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut queues = self.mutex.0.lock();
        drop(self.queue.take());
        if queues.get(&self.key).is_some_and(|queue| Arc::strong_count(queue) == 1) {
            queues.remove(&self.key);
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
        let mutex = KeyedMutex::default();
        let first = mutex.lock(7).await;
        // As many as shared a queue when there were 1,024 of them.
        let others = [7 + 1_024, 8, 0].map(|key| mutex.lock(key));
        for other in others {
            drop(tokio::time::timeout(SOON, other).await.expect("it does not wait"));
        }
        assert!(tokio::time::timeout(SOON, mutex.lock(7)).await.is_err());
        drop(first);
        drop(tokio::time::timeout(SOON, mutex.lock(7)).await.expect("its turn has come"));
    }

    #[tokio::test]
    async fn a_queue_goes_with_the_last_who_stands_in_it() {
        let mutex = KeyedMutex::default();
        let first = mutex.lock(7).await;
        let mut second = Box::pin(mutex.lock(7));
        assert!(tokio::time::timeout(SOON, &mut second).await.is_err());
        drop(first);
        assert_eq!(mutex.0.lock().len(), 1, "the second stands there");
        // He goes before he has been told that it is his turn.
        drop(second);
        assert!(mutex.0.lock().is_empty());
    }
}
