//! The follower that keeps an index up with the log.

use std::collections::{HashMap, HashSet, VecDeque};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use emporion_catalog::change_set::{Event, EventKind};
use emporion_catalog::follow::{Batch, Failure, Follower, Followers, Spread, Stop};
use emporion_catalog::id::{AccountId, RecordId, Seq};
use emporion_catalog::kinds::column::COLUMNS;
use emporion_catalog::log_watch::Interest;
use emporion_catalog::record::{Record, View};
use parking_lot::Mutex;
use serde_json::Value;
use tantivy::TantivyError;

use crate::ask::said;
use crate::document::{RELATIONS, document, is_found, observed, used};
use crate::engine::Engine;
use crate::index::{Backlog, Commit, Generation, Written};

/// Documents that are taken in at most before they are kept, while there is much to read.
const MOST_UNKEPT: usize = 50_000;
/// Lines before the end of the log from which on what is taken in is kept, and found, soon.
const NEAR: u64 = 2_000;
/// The same, from which on nothing but what is being written is missing.
const AT_END: u64 = 100;
/// How soon what is written is found, where there is not more of it than can be taken in. A commit costs as much as a hundred
/// documents: so long what comes is gathered, but for what it takes then to take it in.
const FOUND_WITHIN: Duration = Duration::from_millis(80);
/// From the end of taking something in to the beginning of the next, at least: others work on the processors, too.
const LEAST_PAUSE: Duration = Duration::from_millis(10);
/// The same, where there is so much to read that nobody finds soon what he looks for.
const GATHERED_BEHIND: Duration = Duration::from_millis(500);
/// Records and columns that wait to be written at most, while more is read: about four batches of plain tables.
const MOST_WAITING: usize = 10_000;

pub(crate) struct Indexing {
    engine: Arc<Engine>,
    generation: Arc<Generation>,
    followers: Arc<Followers>,
    unkept: AtomicUsize,
    /// Where the log ended when it began to be followed.
    began_at: OnceLock<Seq>,
    kept_at: Mutex<Option<Instant>>,
    /// Since when what is not kept yet is being taken in.
    taking_since: Mutex<Option<Instant>>,
    /// How long it takes to take in and keep what was gathered.
    takes: Mutex<Duration>,
    /// What is being written and kept, one after the other, while more is read.
    writing: Mutex<VecDeque<Writing>>,
}

struct Writing {
    /// Records and columns.
    weight: usize,
    done: Pin<Box<dyn Future<Output = Result<(), TantivyError>> + Send>>,
}

impl Indexing {
    pub fn of(engine: &Arc<Engine>, generation: Arc<Generation>, followers: &Arc<Followers>) -> Indexing {
        Indexing {
            engine: engine.clone(),
            generation,
            followers: followers.clone(),
            unkept: AtomicUsize::new(0),
            began_at: OnceLock::new(),
            kept_at: Mutex::default(),
            taking_since: Mutex::default(),
            takes: Mutex::default(),
            writing: Mutex::default(),
        }
    }

    pub fn name_of(generation: &Generation) -> String {
        let number = generation.directory().file_name().unwrap_or_default();
        format!("search {}", number.to_string_lossy())
    }

    /// Begins to write of records what they are now; what is no longer there is gone. Answers how many these are.
    async fn write(&self, records: Vec<Record>, gone: Vec<RecordId>, ahead: Backlog) -> Result<usize, Failure> {
        let (found, other): (Vec<Record>, Vec<Record>) =
            records.into_iter().partition(|record| record.state.is_alive() && is_found(record.kind));
        let mut written: Vec<Written> = gone.into_iter().map(Written::Gone).collect();
        written.extend(other.into_iter().map(|record| Written::Gone(record.id)));
        let views = self.engine.catalog().whole(found, RELATIONS).await?;
        let used = used(self.engine.catalog(), &views).await?;
        let count = written.len() + views.len();
        let weight = count + views.iter().map(columns).sum::<usize>();
        self.written(MOST_WAITING.saturating_sub(weight)).await?;
        let write = move |generation: &Generation| {
            let document = |view: &View| observed(document(view), used.contains(&view.id()));
            written.extend(views.iter().map(|view| Written::Put(Box::new(document(view)))));
            generation.write(written, ahead)
        };
        let done = Box::pin(self.generation.in_background(write));
        self.writing.lock().push_back(Writing { weight, done });
        Ok(count)
    }

    /// Waits until no more than this many records and columns are being written.
    async fn written(&self, waiting: usize) -> Result<(), Failure> {
        loop {
            let oldest = {
                let mut writing = self.writing.lock();
                let weight: usize = writing.iter().map(|one| one.weight.max(1)).sum();
                if weight <= waiting { None } else { writing.pop_front() }
            };
            match oldest {
                Some(oldest) => oldest.done.await.map_err(refused)?,
                None => return Ok(()),
            }
        }
    }

    /// Records that show something of one that is gone for ever: nothing but the index knows them any more.
    async fn bereft(&self, events: &[(Seq, Event)]) -> Result<Vec<Record>, Failure> {
        let mut gone: HashMap<AccountId, HashSet<RecordId>> = HashMap::new();
        for (_, event) in events.iter().filter(|(_, event)| event.what == EventKind::Purged) {
            gone.entry(event.account).or_default().insert(event.id);
        }
        let mut records = Vec::new();
        for (account, gone) in gone {
            if self.unkept.load(Ordering::Relaxed) > 0 {
                // What was begun to be kept is, before it is asked how far that is.
                self.written(0).await?;
                self.keep(self.generation.position(), self.generation.kept().is_whole).await?;
            }
            let ids = self.generation.in_background(move |generation| generation.leading_to(&gone)).await;
            let ids = ids.map_err(refused)?;
            records.extend(self.engine.catalog().followed_all(account, &ids).await?);
        }
        Ok(records)
    }

    /// Begins to keep what was taken in, once all of that is written. What was kept can be found.
    async fn keep(&self, end: Seq, is_whole: bool) -> Result<(), Failure> {
        self.written(0).await?;
        let commit = Commit { position: end.0, is_whole, ..self.generation.kept() };
        let kept = self.generation.in_background(move |generation| generation.commit(commit));
        let (engine, generation, followers) = (self.engine.clone(), self.generation.clone(), self.followers.clone());
        let done = Box::pin(async move {
            kept.await?;
            engine.has_moved(&generation, &followers);
            Ok(())
        });
        self.writing.lock().push_back(Writing { weight: 0, done });
        self.unkept.store(0, Ordering::Relaxed);
        *self.kept_at.lock() = Some(Instant::now());
        Ok(())
    }
}

#[async_trait]
impl Follower for Indexing {
    fn name(&self) -> String {
        Indexing::name_of(&self.generation)
    }

    async fn position(&self) -> Result<Seq, Failure> {
        // What was taken in and not kept is handed over again, whatever became of it.
        while self.written(0).await.is_err() {}
        self.generation.in_background(Generation::roll_back).await.map_err(refused)?;
        self.unkept.store(0, Ordering::Relaxed);
        *self.taking_since.lock() = None;
        Ok(self.generation.position())
    }

    fn interest(&self) -> Interest {
        self.engine.interest()
    }

    fn gathers_for(&self) -> Duration {
        let takes = *self.takes.lock();
        FOUND_WITHIN.saturating_sub(takes).max(takes + LEAST_PAUSE)
    }

    async fn is_waited_for(&self, behind: Seq) {
        self.engine.is_waited_for(behind).await;
    }

    fn spreads(&self, event: &Event) -> Spread {
        Spread::of(event)
    }

    async fn take(&self, batch: &Batch, _stop: &Stop) -> Result<Seq, Failure> {
        self.taking_since.lock().get_or_insert_with(Instant::now);
        let bereft = self.bereft(&batch.events).await?;
        let mut told: HashSet<RecordId> = HashSet::new();
        let mut records: Vec<Record> = Vec::with_capacity(batch.events.len() + batch.touched.len());
        let mut gone = Vec::new();
        for (_, event) in &batch.events {
            if told.insert(event.id) {
                match batch.records.get(&event.id) {
                    Some(record) => records.push(record.clone()),
                    None => gone.push(event.id),
                }
            }
        }
        let others = batch.touched.iter().cloned().chain(bereft);
        records.extend(others.filter(|record| told.insert(record.id)));
        let began_at = *self.began_at.get_or_init(|| batch.head);
        let ahead = if batch.end.0 + NEAR < batch.head.0 { Backlog::Large } else { Backlog::Small };
        let count = self.write(records, gone, ahead).await?;
        let unkept = self.unkept.fetch_add(count, Ordering::Relaxed) + count;
        let was_whole = self.generation.kept().is_whole;
        // Of an index that lacks much, what a batch near the end touches is one of many such batches.
        let is_near = batch.end.0 + NEAR >= batch.head.0 && (was_whole || batch.touched.is_empty());
        // An index of which nobody finds anything yet is kept for the next start alone.
        let gathers_for = match (is_near, was_whole) {
            (true, _) => Some(FOUND_WITHIN),
            (false, true) => Some(GATHERED_BEHIND),
            (false, false) => None,
        };
        let kept_at = *self.kept_at.lock();
        let is_due = gathers_for.is_some_and(|pause| kept_at.is_none_or(|kept_at| kept_at.elapsed() >= pause));
        if is_due || unkept >= MOST_UNKEPT {
            let is_at_end = batch.end >= began_at && batch.end.0 + AT_END >= batch.head.0 && batch.touched.is_empty();
            self.keep(batch.end, was_whole || is_at_end).await?;
            if is_near {
                self.written(0).await?;
            }
        }
        Ok(batch.end)
    }

    async fn comes_to_end(&self, end: Seq) -> Result<(), Failure> {
        if self.unkept.load(Ordering::Relaxed) > 0 || !self.generation.kept().is_whole {
            self.keep(end, true).await?;
        }
        self.written(0).await?;
        if let Some(since) = self.taking_since.lock().take() {
            let mut takes = self.takes.lock();
            // What took longer than it does as a rule is waited for again.
            *takes = since.elapsed().max((*takes * 7 + since.elapsed()) / 8).min(FOUND_WITHIN);
        }
        self.generation.keep_up().map_err(|error| Failure::new(format!("the index: {error}")))
    }
}

fn columns(view: &View) -> usize {
    view.field(COLUMNS.list).and_then(Value::as_array).map_or(0, Vec::len)
}

fn refused(error: tantivy::TantivyError) -> Failure {
    Failure::new(format!("the index: {}", said(&error)))
}
