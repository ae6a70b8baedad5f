//! Whether a reading is held while something is waited for that can take long: checked where that begins, in builds for
//! development, by the task that does both.

#[cfg(debug_assertions)]
mod count {
    use std::collections::HashMap;
    use std::sync::LazyLock;

    use parking_lot::Mutex;
    use tokio::task::Id;

    static READINGS: LazyLock<Mutex<HashMap<Id, usize>>> = LazyLock::new(Mutex::default);

    /// Counts a reading of a task.
    pub struct Held(Option<Id>);

    impl Held {
        pub fn begin() -> Held {
            let task = tokio::task::try_id();
            if let Some(task) = task {
                *READINGS.lock().entry(task).or_default() += 1;
            }
            Held(task)
        }
    }

    impl Drop for Held {
        fn drop(&mut self) {
            let Some(task) = self.0 else { return };
            let mut readings = READINGS.lock();
            if let Some(count) = readings.get_mut(&task) {
                *count -= 1;
                if *count == 0 {
                    readings.remove(&task);
                }
            }
        }
    }

    /// # Panics
    /// Where the task holds a reading.
    pub fn assert_none(before: &str) {
        let held = tokio::task::try_id().and_then(|task| READINGS.lock().get(&task).copied());
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

    pub fn assert_none(_before: &str) {}
}

pub use count::{Held, assert_none};
