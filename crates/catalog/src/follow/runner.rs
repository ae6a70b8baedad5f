//! Runs followers: each in a task of its own, woken when the log grows.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::at_least::is_behind;
use super::fan_out::FanOut;
use super::pause::pause;
use super::progress::{Counts, Following, Progress};
use super::{Batch, Failure, Follower, Stop};
use crate::boxed::Boxed;
use crate::catalog::Catalog;
use crate::id::{AccountId, RecordId, Seq};
use crate::log_watch::{Interest, LogAdvance};
use crate::ports::Snapshot;
use crate::questions::Questions;

/// Lines of the log, and records touched by them, that are handed over at once.
const BATCH: u32 = 500;
/// Lines of no interest after which a follower is asked to keep its place, so that it need not read them again.
const IDLE: u64 = 10_000;
/// Lines that are looked through at once for those that are of interest.
const STRETCH: u64 = 10_000;
/// A log that grows without a word is looked at this often.
const TICK: Duration = Duration::from_secs(30);
/// How long a follower that was woken for nothing sleeps on.
const NOTHING_PAUSE: Duration = Duration::from_millis(50);

/// The followers of a catalogue.
pub struct Followers {
    catalog: Arc<Catalog>,
    running: Mutex<HashMap<String, Running>>,
    taken: Arc<AtomicU64>,
    questions: Questions,
}

struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    progress: Arc<Progress>,
}

impl Followers {
    pub fn new(catalog: Arc<Catalog>) -> Followers {
        Followers { catalog, running: Mutex::default(), taken: Arc::default(), questions: Questions::default() }
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
        let questions = self.questions.clone();
        let task = tokio::spawn(async move {
            if let Some(before) = before {
                before.stop.send_replace(true);
                let _ = before.task.await;
            }
            let interest = follower.interest();
            let run = Run { catalog, follower, interest, stop: Stop(asked), progress: known, taken };
            questions.during(run.run()).await;
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

    /// Asks all to stop whose names begin like this, and waits until they have.
    pub fn stop_all<'a>(&'a self, prefix: &'a str) -> Boxed<'a, ()> {
        Box::pin(async move {
            let is_meant = |name: &&String| name.starts_with(prefix);
            let mut names: Vec<String> = self.running.lock().keys().filter(is_meant).cloned().collect();
            // Who begins others comes before them.
            names.sort();
            for name in names {
                self.stop(&name).await;
            }
        })
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
        self.running
            .lock()
            .values()
            .any(|running| running.progress.failures.load(Ordering::Relaxed) == 0 && running.progress.lag(head.0) > 0)
    }

    /// `head` is the newest line of the log.
    pub fn counts(&self, head: u64) -> Counts {
        let running = self.running.lock();
        let progress = || running.values().map(|running| &running.progress);
        Counts {
            running: running.len(),
            failing: progress().filter(|one| one.failures.load(Ordering::Relaxed) > 0).count(),
            lag: progress().map(|one| one.lag(head)).max().unwrap_or(0),
            taken: self.taken.load(Ordering::Relaxed),
            questions: self.questions.count(),
        }
    }
}

impl Followers {
    /// Each of them, by name. `head` is the newest line of the log.
    pub fn each(&self, head: u64) -> Vec<Following> {
        let running = self.running.lock();
        let one = |(name, running): (&String, &Running)| Following {
            name: name.clone(),
            position: running.progress.position.load(Ordering::Relaxed),
            lag: running.progress.lag(head),
            failures: running.progress.failures.load(Ordering::Relaxed),
        };
        let mut each: Vec<Following> = running.iter().map(one).collect();
        each.sort_by(|a, b| a.name.cmp(&b.name));
        each
    }
}

struct Run {
    catalog: Arc<Catalog>,
    follower: Arc<dyn Follower>,
    interest: Interest,
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
}

/// What a step came to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// There is more to read.
    More,
    /// It is at the end of the log, and was handed something.
    AtEnd,
    /// It is at the end of the log, for nothing.
    Nothing,
}

impl Run {
    async fn run(self) {
        let mut grown = self.catalog.store.grown(self.interest.clone());
        *self.progress.grown.lock() = grown.clone();
        let mut at = self.gather_first().await;
        while !self.stop.is_asked() {
            let begun = Instant::now();
            // Marked as seen before the log is read: what comes after is not missed.
            let told = grown.as_mut().map(|grown| *grown.borrow_and_update());
            match self.step(&mut at, told).await {
                Ok(step) => {
                    self.succeeded();
                    if step == Step::Nothing {
                        self.sleep(NOTHING_PAUSE).await;
                    }
                    if step != Step::More {
                        self.wait(&mut grown).await;
                        self.gather(begun + self.follower.gathers_for(), at).await;
                    }
                }
                Err(failure) => {
                    at = None;
                    self.failed(&failure).await;
                }
            }
        }
    }

    async fn sleep(&self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.stop.asked() => {}
        }
    }

    /// What came while the process was away waits as long as what comes later: who has just been started has other things to
    /// do first, and whoever cannot wait says so.
    async fn gather_first(&self) -> Option<At> {
        let until = Instant::now() + self.follower.gathers_for();
        // Where it fails it is tried again, and told of.
        let position = self.follower.position().await.ok()?;
        self.note(position);
        let at = Some(At { read: position, kept: position });
        self.gather(until, at).await;
        at
    }

    /// Leaves what has come to be joined by more, until then, or until somebody waits for it.
    async fn gather(&self, until: Instant, at: Option<At>) {
        let Some(now) = at.filter(|_| until > Instant::now()) else { return };
        tokio::select! {
            () = tokio::time::sleep_until(until) => {}
            () = self.follower.is_waited_for(now.read) => {}
            () = self.stop.asked() => {}
        }
    }

    async fn wait(&self, grown: &mut Option<watch::Receiver<LogAdvance>>) {
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
        let counted = self.progress.failures.load(Ordering::Relaxed) + 1;
        let failures = failure.in_a_row.unwrap_or(counted);
        self.progress.failures.store(failures, Ordering::Relaxed);
        let pause = pause(failures);
        if failures.is_power_of_two() {
            tracing::warn!(follower = self.follower.name(), %failure, failures, ?pause, "a follower failed");
        }
        self.sleep(pause).await;
    }

    /// Hands over what comes next.
    async fn step(&self, at: &mut Option<At>, told: Option<LogAdvance>) -> Result<Step, Failure> {
        let now = match *at {
            Some(now) => now,
            None => {
                let position = self.follower.position().await?;
                At { read: position, kept: position }
            }
        };
        self.note(now.read);
        *at = Some(now);
        // Nothing is asked where nothing of interest has come.
        if let Some(grown) = told.filter(|grown| grown.wanted <= now.read) {
            self.pass_over(at, now, now.read.max(grown.head), grown.head).await?;
            return Ok(Step::AtEnd);
        }
        let snapshot = self.catalog.store.snapshot().await?;
        let head = match told {
            Some(grown) => grown.head,
            None => snapshot.head().await?,
        };
        let until = head.min(Seq(now.read.0 + STRETCH));
        let lines = snapshot.events_of(now.read, until, &self.interest, BATCH).await?;
        let end = match lines.last() {
            Some((last, _)) if lines.len() == BATCH as usize => *last,
            _ => until,
        };
        if lines.is_empty() {
            self.pass_over(at, now, end, head).await?;
            return Ok(if end < head { Step::More } else { Step::Nothing });
        }
        let registry = self.catalog.registry();
        let spread: Vec<FanOut> =
            lines.iter().filter_map(|(_, e)| FanOut::of(registry, e, self.follower.spreads(e))).collect();
        let mut batch = Batch { events: lines, end, head, ..Batch::default() };
        if self.follower.takes_records() {
            self.add_records(&mut batch, &*snapshot).await?;
        }
        drop(snapshot);
        self.wait_for_records(&mut batch).await?;
        if !self.hand_over_touched(spread, now.read, head).await? {
            return Ok(Step::More);
        }
        let came_to = self.follower.take(&batch, &self.stop).await?;
        self.taken.fetch_add(batch.events.len() as u64, Ordering::Relaxed);
        self.reach(at, At { read: came_to, kept: came_to }, head).await?;
        Ok(if came_to < head { Step::More } else { Step::AtEnd })
    }

    /// Moves on over lines of no interest, and has the place kept from time to time.
    async fn pass_over(&self, at: &mut Option<At>, now: At, end: Seq, head: Seq) -> Result<(), Failure> {
        let mut next = At { read: end, ..now };
        if end.0 - now.kept.0 >= IDLE {
            next.kept = self.follower.take(&Batch { end, head, ..Batch::default() }, &self.stop).await?;
        }
        self.reach(at, next, head).await
    }

    async fn reach(&self, at: &mut Option<At>, next: At, head: Seq) -> Result<(), Failure> {
        if next.read >= head {
            self.follower.comes_to_end(next.read).await?;
        }
        self.note(next.read);
        *at = Some(next);
        Ok(())
    }

    async fn add_records(&self, batch: &mut Batch, snapshot: &dyn Snapshot) -> Result<(), Failure> {
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
        Ok(())
    }

    /// Reads those records again, one by one, that are not yet what the log says.
    async fn wait_for_records(&self, batch: &mut Batch) -> Result<(), Failure> {
        for (seq, event) in &batch.events {
            if batch.records.get(&event.id).is_none_or(|record| !is_behind(record, event.revision)) {
                continue;
            }
            match self.catalog.at_least(*seq, event, &self.stop).await? {
                Some(record) => drop(batch.records.insert(event.id, record)),
                None => drop(batch.records.remove(&event.id)),
            }
        }
        Ok(())
    }

    /// Hands over what shows something of what has changed, before the place moves on: whoever is killed meanwhile is
    /// handed it again. Answers whether nobody asked to stop.
    async fn hand_over_touched(&self, spread: Vec<FanOut>, end: Seq, head: Seq) -> Result<bool, Failure> {
        for mut fan_out in spread {
            loop {
                let snapshot = self.catalog.store.snapshot().await?;
                let Some(touched) = fan_out.next(&*snapshot, self.catalog.registry(), BATCH).await? else { break };
                drop(snapshot);
                if !touched.is_empty() {
                    self.follower.take(&Batch { touched, end, head, ..Batch::default() }, &self.stop).await?;
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
