//! Runs followers: each in a task of its own, woken when the log grows.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::fan_out::FanOut;
use super::{Batch, Failure, Follower, Stop};
use crate::catalog::Catalog;
use crate::id::{AccountId, RecordId, Seq};

/// Lines of the log, and records touched by them, that are handed over at once.
const BATCH: u32 = 500;
/// Lines of no interest after which a follower is asked to keep its place, so that it need not read them again.
const IDLE: u64 = 10_000;
/// A log that grows without a word is looked at this often.
const TICK: Duration = Duration::from_secs(30);
/// How long, and how often, to wait for records to be as new as the log says.
const WAIT: Duration = Duration::from_millis(20);
const MOST_WAITS: u32 = 1_500;
/// How long a follower that failed is left alone: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// The followers of a catalogue.
pub struct Followers {
    catalog: Arc<Catalog>,
    running: Mutex<HashMap<String, Running>>,
    taken: Arc<AtomicU64>,
}

struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    progress: Arc<Progress>,
}

/// How far one has come.
#[derive(Default)]
struct Progress {
    position: AtomicU64,
    failures: AtomicU64,
}

/// What followers do, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub running: usize,
    /// Of them, those whose last try failed.
    pub failing: usize,
    /// Lines of the log that the slowest has before it.
    pub lag: u64,
    /// Events handed over since the start.
    pub taken: u64,
}

impl Followers {
    pub fn new(catalog: Arc<Catalog>) -> Followers {
        Followers { catalog, running: Mutex::default(), taken: Arc::default() }
    }

    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// Starts a follower where its own data say. One of the same name is asked to stop, and waited for.
    pub fn start(&self, follower: Arc<dyn Follower>) {
        let name = follower.name();
        let (stop, asked) = watch::channel(false);
        let progress: Arc<Progress> = Arc::default();
        let mut running = self.running.lock();
        let before = running.remove(&name);
        let (catalog, known, taken) = (self.catalog.clone(), progress.clone(), self.taken.clone());
        let task = tokio::spawn(async move {
            if let Some(before) = before {
                before.stop.send_replace(true);
                let _ = before.task.await;
            }
            Run { catalog, follower, stop: Stop(asked), progress: known, taken }.run().await;
        });
        running.insert(name, Running { stop, task, progress });
    }

    /// Asks a follower to stop, and waits until it has.
    pub async fn stop(&self, name: &str) {
        let found = self.running.lock().remove(name);
        if let Some(Running { stop, task, .. }) = found {
            stop.send_replace(true);
            let _ = task.await;
        }
    }

    /// Lets those that do not fail come to the end of the log, then stops all. What is not done in time is cut off, and
    /// done after the next start.
    pub async fn shut_down(&self, within: Duration) {
        let deadline = Instant::now() + within;
        if let Ok(snapshot) = self.catalog.store.snapshot().await
            && let Ok(head) = snapshot.head().await
        {
            drop(snapshot);
            while Instant::now() < deadline && self.is_behind(head) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        let all: Vec<Running> = self.running.lock().drain().map(|(_, running)| running).collect();
        for running in &all {
            running.stop.send_replace(true);
        }
        // Whoever has just been asked gets a moment to keep how far it came.
        let deadline = deadline.max(Instant::now() + Duration::from_millis(500));
        for Running { mut task, .. } in all {
            if timeout_at(deadline, &mut task).await.is_err() {
                task.abort();
            }
        }
    }

    fn is_behind(&self, head: Seq) -> bool {
        self.running.lock().values().any(|running| {
            running.progress.failures.load(Ordering::Relaxed) == 0
                && running.progress.position.load(Ordering::Relaxed) < head.0
        })
    }

    /// `head` is the newest line of the log.
    pub fn counts(&self, head: u64) -> Counts {
        let running = self.running.lock();
        let progress = || running.values().map(|running| &running.progress);
        Counts {
            running: running.len(),
            failing: progress().filter(|one| one.failures.load(Ordering::Relaxed) > 0).count(),
            lag: progress().map(|one| head.saturating_sub(one.position.load(Ordering::Relaxed))).max().unwrap_or(0),
            taken: self.taken.load(Ordering::Relaxed),
        }
    }
}

struct Run {
    catalog: Arc<Catalog>,
    follower: Arc<dyn Follower>,
    stop: Stop,
    progress: Arc<Progress>,
    taken: Arc<AtomicU64>,
}

/// Where a follower is.
#[derive(Clone, Copy)]
struct At {
    /// What it has read.
    read: Seq,
    /// What it was asked to keep last.
    kept: Seq,
    /// How often it has waited for what the log tells of to be seen.
    waited: u32,
}

impl Run {
    async fn run(self) {
        let mut grown = self.catalog.store.grown();
        let mut at: Option<At> = None;
        while !self.stop.is_asked() {
            // Marked as seen before the log is read: what comes after is not missed.
            if let Some(grown) = &mut grown {
                grown.borrow_and_update();
            }
            match self.step(&mut at).await {
                Ok(true) => self.succeeded(),
                Ok(false) => {
                    self.succeeded();
                    self.wait(&mut grown).await;
                }
                Err(failure) => {
                    at = None;
                    self.failed(&failure).await;
                }
            }
        }
    }

    async fn wait(&self, grown: &mut Option<watch::Receiver<Seq>>) {
        let growth = async {
            let has_grown = match grown {
                Some(grown) => grown.changed().await.is_ok(),
                None => false,
            };
            if !has_grown {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = growth => {}
            () = tokio::time::sleep(TICK) => {}
            () = self.stop.asked() => {}
        }
    }

    fn succeeded(&self) {
        if self.progress.failures.swap(0, Ordering::Relaxed) > 0 {
            tracing::info!(follower = self.follower.name(), "follows again");
        }
    }

    /// Says so, not each time, and waits longer from time to time.
    async fn failed(&self, failure: &Failure) {
        let failures = self.progress.failures.fetch_add(1, Ordering::Relaxed) + 1;
        let pause = pause(failures);
        if failures.is_power_of_two() {
            tracing::warn!(follower = self.follower.name(), %failure, failures, ?pause, "a follower failed");
        }
        tokio::select! {
            () = sleep_until(Instant::now() + pause) => {}
            () = self.stop.asked() => {}
        }
    }

    /// Hands over what comes next. Answers whether there was anything.
    async fn step(&self, at: &mut Option<At>) -> Result<bool, Failure> {
        let now = match *at {
            Some(now) => now,
            None => {
                let position = self.follower.position().await?;
                At { read: position, kept: position, waited: 0 }
            }
        };
        self.note(now.read);
        *at = Some(now);
        let snapshot = self.catalog.store.snapshot().await?;
        let lines = snapshot.events(now.read, BATCH).await?;
        let Some(end) = lines.last().map(|(seq, _)| *seq) else { return Ok(false) };
        let registry = self.catalog.registry();
        let spread: Vec<FanOut> =
            lines.iter().filter_map(|(_, e)| FanOut::of(registry, e, self.follower.spreads(e))).collect();
        let events: Vec<_> = lines.into_iter().filter(|(_, event)| self.follower.wants(event)).collect();
        if events.is_empty() && spread.is_empty() && end.0 - now.kept.0 < IDLE {
            self.note(end);
            *at = Some(At { read: end, ..now });
            return Ok(true);
        }
        let mut batch = Batch { events, end, ..Batch::default() };
        let mut ids: HashMap<AccountId, Vec<RecordId>> = HashMap::new();
        for (_, event) in &batch.events {
            ids.entry(event.account).or_default().push(event.id);
        }
        for (account, mut ids) in ids {
            ids.sort_unstable();
            ids.dedup();
            let found = snapshot.by_id(account, &ids).await?;
            batch.records.extend(found.into_iter().flatten().map(|record| (record.id, record)));
        }
        drop(snapshot);
        if batch.is_ahead() && now.waited < MOST_WAITS {
            // A large subtree comes back in parts: the log tells of the first before any of them is seen.
            tokio::time::sleep(WAIT).await;
            *at = Some(At { waited: now.waited + 1, ..now });
            return Ok(true);
        }
        if !self.hand_over_touched(spread, now.read).await? {
            return Ok(true);
        }
        let came_to = self.follower.take(&batch, &self.stop).await?;
        self.taken.fetch_add(batch.events.len() as u64, Ordering::Relaxed);
        self.note(came_to);
        *at = Some(At { read: came_to, kept: came_to, waited: 0 });
        Ok(true)
    }

    /// Hands over what shows something of what has changed, before the place moves on: whoever is killed meanwhile is
    /// handed it again. Answers whether nobody asked to stop.
    async fn hand_over_touched(&self, spread: Vec<FanOut>, end: Seq) -> Result<bool, Failure> {
        for mut fan_out in spread {
            loop {
                let snapshot = self.catalog.store.snapshot().await?;
                let Some(touched) = fan_out.next(&*snapshot, self.catalog.registry(), BATCH).await? else { break };
                drop(snapshot);
                if !touched.is_empty() {
                    self.follower.take(&Batch { touched, end, ..Batch::default() }, &self.stop).await?;
                }
                if self.stop.is_asked() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn note(&self, position: Seq) {
        self.progress.position.store(position.0, Ordering::Relaxed);
    }
}

/// How long a follower is left alone at most after so many failures in a row: twice as long each time.
pub fn pause_after(failures: u64) -> Duration {
    FIRST_PAUSE.saturating_mul(1_u32 << failures.saturating_sub(1).min(20)).min(LONGEST_PAUSE)
}

fn pause(failures: u64) -> Duration {
    let longest = pause_after(failures);
    // From the clock: whoever fails at the same moment need not be tried again at the same moment.
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |at| at.subsec_nanos());
    longest - longest.mul_f64(f64::from(nanos % 1_000) / 5_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_have_an_end() {
        let at_least = |failures| pause(failures) >= FIRST_PAUSE.mul_f64(0.79) * (1 << (failures - 1));
        assert!((1..=8).all(at_least));
        assert!(pause(1) <= FIRST_PAUSE && pause(64) <= LONGEST_PAUSE);
        assert!(pause(64) >= LONGEST_PAUSE.mul_f64(0.79));
    }
}
