//! Work that takes a processor for a while: beside the workers that answer requests, some of it at a time, and only as long
//! as somebody waits for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use tokio::sync::Semaphore;

/// What work is for. Each has seats of its own: long searches do not keep pages waiting, nor pages searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    Page,
    Search,
}

/// Whoever asks for what takes a while sits here: half of the processors each, so that one of a kind is never waited for by
/// the other.
static SEATS: LazyLock<[Arc<Semaphore>; 2]> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    [(); 2].map(|()| Arc::new(Semaphore::new((processors / 2).max(1))))
});

/// Whether somebody still waits for what is being made. Long work asks between its steps, and ends where nobody does.
#[derive(Debug, Clone)]
pub struct Wanted(Arc<AtomicBool>);

impl Wanted {
    /// Of work that is done where it is asked for: who asks waits.
    pub fn surely() -> Wanted {
        Wanted(Arc::new(AtomicBool::new(true)))
    }

    pub fn is_still(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Ends what is wanted when whoever waits goes away.
struct Waiting(Wanted);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Relaxed);
    }
}

/// The work broke down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken;

/// Does `work` of a page on a thread of its own, once there is a seat for it. Dropped while it waits it is never done; dropped
/// later, the work is told ([`Wanted`]), and keeps its seat until it ends.
///
/// Cost: some 20 µs more than the work itself. What is done sooner is better done in place.
/// Errors: `Broken` where the work panicked.
pub async fn apart<T: Send + 'static>(work: impl FnOnce(&Wanted) -> T + Send + 'static) -> Result<T, Broken> {
    apart_for(For::Page, work).await
}

/// The same, of what it is for.
pub async fn apart_for<T: Send + 'static>(
    what: For,
    work: impl FnOnce(&Wanted) -> T + Send + 'static,
) -> Result<T, Broken> {
    seated(&SEATS[what as usize], work).await
}

async fn seated<T: Send + 'static>(
    seats: &Arc<Semaphore>,
    work: impl FnOnce(&Wanted) -> T + Send + 'static,
) -> Result<T, Broken> {
    let seat = Arc::clone(seats).acquire_owned().await.map_err(|_| Broken)?;
    let wanted = Wanted::surely();
    let waiting = Waiting(wanted.clone());
    let done = tokio::task::spawn_blocking(move || {
        let _seat = seat;
        work(&wanted)
    })
    .await;
    drop(waiting);
    done.map_err(|error| {
        tracing::error!(%error, "work that takes a while broke down");
        Broken
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// Works until nobody wants it, and says that it began and that it ended.
    fn endless(said: mpsc::Sender<&'static str>) -> impl FnOnce(&Wanted) + Send + 'static {
        move |wanted| {
            said.send("began").expect("somebody listens");
            while wanted.is_still() {
                std::thread::yield_now();
            }
            said.send("ended").expect("somebody listens");
        }
    }

    #[tokio::test]
    async fn work_ends_with_its_reader_and_the_worker_is_free_meanwhile() {
        let (said, heard) = mpsc::channel();
        let mut working = Box::pin(apart(endless(said)));
        // The only worker of this runtime does other things while the work goes on.
        while heard.try_recv() != Ok("began") {
            tokio::select! {
                _ = &mut working => panic!("it ends with its reader"),
                () = tokio::task::yield_now() => {}
            }
        }
        drop(working);
        assert_eq!(heard.recv_timeout(PATIENCE), Ok("ended"));
    }

    #[tokio::test]
    async fn who_leaves_before_there_is_a_seat_takes_none() {
        let seats = Arc::new(Semaphore::new(1));
        let (said, heard) = mpsc::channel();
        let mut first = Box::pin(seated(&seats, endless(said)));
        while heard.try_recv() != Ok("began") {
            tokio::select! {
                _ = &mut first => panic!("it ends with its reader"),
                () = tokio::task::yield_now() => {}
            }
        }
        let second = tokio::time::timeout(Duration::from_millis(20), seated(&seats, |_| panic!("nobody waits for it")));
        assert!(second.await.is_err(), "there is one seat, and it is taken");
        drop(first);
        assert_eq!(seated(&seats, |wanted| wanted.is_still()).await, Ok(true), "the seat is free again");
    }

    #[tokio::test]
    async fn searches_and_pages_do_not_wait_for_one_another() {
        let (said, heard) = mpsc::channel();
        let seats = SEATS[For::Search as usize].available_permits();
        let searches: Vec<_> =
            (0..seats).map(|_| tokio::spawn(apart_for(For::Search, endless(said.clone())))).collect();
        for _ in 0..seats {
            while heard.try_recv() != Ok("began") {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(SEATS[For::Search as usize].available_permits(), 0);
        assert_eq!(apart_for(For::Page, |_| 7).await, Ok(7));
        searches.iter().for_each(tokio::task::JoinHandle::abort);
        for _ in 0..seats {
            while heard.try_recv() != Ok("ended") {
                tokio::task::yield_now().await;
            }
        }
    }

    #[tokio::test]
    async fn what_panics_is_told_and_gives_its_seat_back() {
        let seats = Arc::new(Semaphore::new(1));
        assert_eq!(seated(&seats, |_| -> u8 { panic!("told") }).await, Err(Broken));
        assert_eq!(seated(&seats, |_| 7).await, Ok(7));
    }
}
