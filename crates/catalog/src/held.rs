//! Whether a reading is held while something is waited for that can take long: checked where that begins, in builds for
//! development, by the task that does both; of work that tasks do side by side ([`apart`]), by the piece of it.

#[cfg(debug_assertions)]
mod count {
    use std::collections::HashMap;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use parking_lot::Mutex;
    use tokio::task::Id;

    static READINGS: LazyLock<Mutex<HashMap<Work, usize>>> = LazyLock::new(Mutex::default);
    static PIECES: AtomicU64 = AtomicU64::new(1);

    tokio::task_local! {
        static PIECE: u64;
    }

    /// A task, and a piece of what it does side by side.
    type Work = (Id, u64);

    fn work() -> Option<Work> {
        Some((tokio::task::try_id()?, PIECE.try_with(|piece| *piece).unwrap_or(0)))
    }

    /// Work that is done side by side with others by one task: no other waits for what it waits for.
    pub fn apart<F: Future>(work: F) -> impl Future<Output = F::Output> {
        PIECE.scope(PIECES.fetch_add(1, Ordering::Relaxed), work)
    }

    /// Counts a reading of a task.
    pub struct Held(Option<Work>);

    impl Held {
        pub fn begin() -> Held {
            let work = work();
            if let Some(work) = work {
                *READINGS.lock().entry(work).or_default() += 1;
            }
            Held(work)
        }
    }

    impl Drop for Held {
        fn drop(&mut self) {
            let Some(work) = self.0 else { return };
            let mut readings = READINGS.lock();
            if let Some(count) = readings.get_mut(&work) {
                *count -= 1;
                if *count == 0 {
                    readings.remove(&work);
                }
            }
        }
    }

    /// # Panics
    /// Where the task, or the piece of its work, holds a reading.
    pub fn assert_none(before: &str) {
        let held = work().and_then(|work| READINGS.lock().get(&work).copied());
        assert_eq!(held, None, "a reading is held before {before}");
    }
}

#[cfg(not(debug_assertions))]
mod count {
    pub struct Held;

    impl Held {
        pub fn begin() -> Held {
            Held
        }
    }

    pub fn apart<F: Future>(work: F) -> F {
        work
    }

    pub fn assert_none(_before: &str) {}
}

pub use count::{Held, apart, assert_none};

#[cfg(all(test, debug_assertions))]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_one_piece_of_work_holds_the_others_of_its_task_do_not() {
        let task = tokio::spawn(async {
            let (held, is_held) = oneshot::channel();
            let (looked, has_looked) = oneshot::channel();
            let holds = apart(async {
                let _held = Held::begin();
                held.send(()).unwrap();
                has_looked.await.unwrap();
            });
            let waits = apart(async {
                is_held.await.unwrap();
                assert_none("a source is asked");
                looked.send(()).unwrap();
            });
            tokio::join!(holds, waits);
            assert_none("a source is asked");
        });
        task.await.unwrap();
        let holds = tokio::spawn(apart(async {
            let _held = Held::begin();
            assert_none("a source is asked");
        }));
        assert!(holds.await.unwrap_err().is_panic());
    }
}
