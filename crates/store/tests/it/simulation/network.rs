//! What lies between the nodes and the store, and who looks at the store itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use emporion_catalog::change_set::{ChangeSet, Expect, Lost};
use emporion_catalog::dependency::{CommitVersion, Dependency};
use emporion_catalog::id::Seq;
use emporion_catalog::log_watch::{Interest, LogAdvance};
use emporion_catalog::ports::{Freshness, Planner, Snapshot, Store, StoreError, StoreResult};
use emporion_store::MemoryStore;
use emporion_store::testing::Link;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::support::random::SeededRandom;

/// Counts what happens in a schedule, so that each thing has its moment.
#[derive(Default)]
pub struct LogicalClock(AtomicU64);

impl LogicalClock {
    pub fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// The way of one node to the store: slow by chance, broken now and then, for a while, or for ever.
pub struct FaultyLink {
    chance: Mutex<SeededRandom>,
    /// The node pauses until then.
    paused: Mutex<Instant>,
    is_dead: AtomicBool,
    /// How many questions of it were lost, before they were asked or after they were answered.
    pub lost: AtomicU64,
}

impl FaultyLink {
    pub fn new(chance: SeededRandom) -> FaultyLink {
        let (paused, is_dead, lost) = (Mutex::new(Instant::now()), AtomicBool::new(false), AtomicU64::new(0));
        FaultyLink { chance: Mutex::new(chance), paused, is_dead, lost }
    }

    pub fn pause(&self, length: Duration) {
        *self.paused.lock() = Instant::now() + length;
    }

    /// Nothing goes this way again.
    pub fn cut(&self) {
        self.is_dead.store(true, Ordering::Relaxed);
    }

    async fn pass(&self, breaks_once_in: u64) -> StoreResult<()> {
        let (delay, is_lost) = {
            let mut chance = self.chance.lock();
            // Most are fast, some are slow, few as slow as a node that swaps.
            let below = chance.one_of(&[2, 2, 2, 2, 5, 5, 20, 200]);
            (chance.milliseconds(below), chance.once_in(breaks_once_in))
        };
        if delay > Duration::ZERO {
            sleep(delay).await;
        }
        let paused = *self.paused.lock();
        if paused > Instant::now() {
            sleep_until(paused).await;
        }
        if is_lost || self.is_dead.load(Ordering::Relaxed) {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return Err(StoreError::Unavailable("the connection broke".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Link for FaultyLink {
    async fn request(&self) -> StoreResult<()> {
        self.pass(500).await
    }

    async fn response(&self) -> StoreResult<()> {
        self.pass(30).await
    }
}

/// A state that the store was in, from a moment on.
pub struct RecordedState {
    pub moment: u64,
    /// The end of the log.
    pub head: Seq,
    pub state: Box<dyn Snapshot>,
}

/// The store, with everything that it ever was.
pub struct RecordingStore {
    store: MemoryStore,
    moments: Arc<LogicalClock>,
    /// Which expectations it does not look at.
    forgotten: Option<fn(&Expect) -> bool>,
    /// How many expectations were lost.
    pub losses: AtomicU64,
    seen: Mutex<Vec<RecordedState>>,
}

impl RecordingStore {
    pub async fn of(
        store: MemoryStore,
        moments: Arc<LogicalClock>,
        forgotten: Option<fn(&Expect) -> bool>,
    ) -> RecordingStore {
        let recording = RecordingStore { store, moments, forgotten, losses: AtomicU64::new(0), seen: Mutex::default() };
        recording.look().await;
        recording
    }

    async fn look(&self) {
        let state = self.store.snapshot().await.expect("memory");
        let head = state.head().await.expect("memory");
        self.seen.lock().push(RecordedState { moment: self.moments.next(), head, state });
    }

    /// Every state, in order.
    pub fn seen(&self) -> Vec<RecordedState> {
        std::mem::take(&mut self.seen.lock())
    }

    async fn noted(&self, answer: &Result<Seq, Lost>) {
        match answer {
            Ok(_) => self.look().await,
            Err(_) => {
                self.losses.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

#[async_trait]
impl Store for RecordingStore {
    async fn snapshot(&self) -> StoreResult<Box<dyn Snapshot>> {
        self.store.snapshot().await
    }

    async fn commit(&self, sets: Vec<ChangeSet>) -> StoreResult<Vec<Result<Seq, Lost>>> {
        let mut answers = Vec::new();
        for mut set in sets {
            if let Some(is_forgotten) = self.forgotten {
                set.expect.retain(|expect| !is_forgotten(expect));
            }
            let answer = self.store.commit(vec![set]).await?;
            for answer in answer {
                self.noted(&answer).await;
                answers.push(answer);
            }
        }
        Ok(answers)
    }

    async fn commit_planned(&self, planner: &dyn Planner) -> StoreResult<Result<Seq, Lost>> {
        let answer = self.store.commit_planned(planner).await?;
        self.noted(&answer).await;
        Ok(answer)
    }

    async fn health(&self) -> StoreResult<Seq> {
        self.store.health().await
    }

    fn unchanged_until<'a>(&'a self, since: CommitVersion, dependencies: &'a [Dependency]) -> Freshness<'a> {
        self.store.unchanged_until(since, dependencies)
    }

    fn grown(&self, interest: Interest) -> Option<watch::Receiver<LogAdvance>> {
        self.store.grown(interest)
    }
}
