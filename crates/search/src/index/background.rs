//! The thread on which an index is written. While one is made it gives way to those of requests, and so do the threads that
//! the index makes for itself: on Linux a thread is as patient as the one that made it. An index that is whole is kept up with
//! the log at the pace of those who write: where there is not enough for both, it would fall behind for as long as they do.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use tokio::sync::oneshot;

/// How much it gives way, as `nice` counts: it gets a third of what a request gets where there is not enough for both.
#[cfg(target_os = "linux")]
const PATIENCE: i32 = 5;

/// Without work for so long, there is time for what can wait.
const IDLE: Duration = Duration::from_secs(2);

type Work = Box<dyn FnOnce() + Send>;

pub struct Background {
    works: mpsc::Sender<Work>,
    pub priority: Priority,
}

/// That of the thread among those of requests. A thread of low priority cannot take another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    Low,
    Normal,
}

/// The work panicked.
#[derive(Debug, thiserror::Error)]
#[error("the thread that writes the index could not go on")]
pub struct Panicked;

impl Background {
    /// Ends when it is dropped, after what it was given. `when_idle` is done whenever nothing has come for
    /// two seconds.
    pub fn start(priority: Priority, when_idle: impl Fn() + Send + 'static) -> std::io::Result<Background> {
        let (works, given) = mpsc::channel::<Work>();
        std::thread::Builder::new().name("index".to_owned()).spawn(move || {
            #[cfg(target_os = "linux")]
            if priority == Priority::Low
                && let Err(error) = rustix::process::nice(PATIENCE)
            {
                tracing::debug!(%error, "the index does not give way to requests");
            }
            loop {
                // Whoever waits for it is told, since his channel is dropped with it.
                let _ = match given.recv_timeout(IDLE) {
                    Ok(work) => catch_unwind(AssertUnwindSafe(work)),
                    Err(RecvTimeoutError::Timeout) => catch_unwind(AssertUnwindSafe(&when_idle)),
                    Err(RecvTimeoutError::Disconnected) => break,
                };
            }
        })?;
        Ok(Background { works, priority })
    }

    /// Where nobody takes it, what it would have told is dropped with it.
    fn give(&self, work: impl FnOnce() + Send + 'static) {
        let _ = self.works.send(Box::new(work));
    }

    /// Begins at once, or when what was given before is done; what is answered is how it ended.
    pub fn run<T: Send + 'static, W: FnOnce() -> T + Send + 'static>(
        &self,
        work: W,
    ) -> impl Future<Output = Result<T, Panicked>> + Send + 'static + use<T, W> {
        let (done, outcome) = oneshot::channel();
        self.give(move || drop(done.send(work())));
        async { outcome.await.map_err(|_| Panicked) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_for_what_panics_is_told_and_the_next_work_is_done() {
        let background = Background::start(Priority::Low, || {}).unwrap();
        assert!(background.run(|| panic!("on purpose")).await.is_err());
        assert_eq!(background.run(|| 7).await.unwrap(), 7);
    }
}
