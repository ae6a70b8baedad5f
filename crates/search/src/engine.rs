//! The index that answers, and the one that may be built beside it.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use emporion_catalog::Catalog;
use emporion_catalog::finder::Finder;
use emporion_catalog::follow::Followers;
use emporion_catalog::id::Seq;
use emporion_catalog::log_watch::Interest;
use emporion_catalog::problem::Problem;
use parking_lot::{Mutex, RwLock};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::ask::fault;
use crate::document::is_found;
use crate::follower::Indexing;
use crate::index::{self, Form, Generation};

/// How long an answer is waited for that knows a place in the log.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many cores there are to one great search at a time: not all of them work on such searches while others wait.
const CORES_OF_A_SEAT: usize = 2;

/// Finds, and keeps up with the log.
pub struct Engine {
    catalog: Arc<Catalog>,
    /// Each index has a folder in it, named by its number.
    directory: PathBuf,
    form: Form,
    serving: RwLock<Arc<Generation>>,
    /// What is built beside it, to be swapped in when it is whole.
    built: Mutex<Option<Arc<Generation>>>,
    moved: watch::Sender<Seq>,
    /// Up to which place in the log somebody waited last to find everything.
    waited_for: watch::Sender<Seq>,
    /// Among whom it follows the log, once it does.
    followers: OnceLock<Weak<Followers>>,
    /// No line behind what the index knows and up to this place is of interest.
    idle_until: AtomicU64,
    /// For great searches.
    seats: Arc<Semaphore>,
}

/// How far an index that is being built has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub position: Seq,
    pub head: Seq,
}

impl Engine {
    /// Opens what lies in a directory, or begins an index there.
    pub async fn open(catalog: Arc<Catalog>, directory: &Path) -> Result<Arc<Engine>, Problem> {
        let head = catalog.log_head().await?;
        let form = Form::now(catalog.registry());
        let fingerprint = &form.fingerprint;
        let opened = |number: u64| Generation::open(&directory.join(number.to_string()), &form);
        let mut found: Vec<(u64, Generation)> = Vec::new();
        for number in numbers(directory) {
            let generation = opened(number).map_err(fault)?;
            // A log that ends before it is another one: that of a store that was put back.
            let is_of_log = generation.position() <= head;
            if is_of_log && (generation.kept().is_whole || generation.kept().fingerprint == *fingerprint) {
                found.push((number, generation));
            } else {
                generation.abandon();
                drop(generation);
                remove(&directory.join(number.to_string()));
            }
        }
        found.sort_by_key(|(number, generation)| {
            let kept = generation.kept();
            (kept.is_whole, kept.fingerprint == *fingerprint, *number)
        });
        let next = found.iter().map(|(number, _)| number + 1).max().unwrap_or(1);
        let (serving, rest) = match found.pop() {
            Some((_, best)) => (best, found),
            None => (opened(next).map_err(fault)?, found),
        };
        let mut built = None;
        for (_, other) in rest.into_iter().rev() {
            let continues = built.is_none() && serving.kept().fingerprint != *fingerprint && !other.kept().is_whole;
            if continues {
                built = Some(Arc::new(other));
            } else {
                let path = other.directory().to_owned();
                other.abandon();
                drop(other);
                remove(&path);
            }
        }
        if built.is_none() && serving.kept().fingerprint != *fingerprint {
            built = Some(Arc::new(opened(next).map_err(fault)?));
        }
        let (moved, _) = watch::channel(serving.position());
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let serving = RwLock::new(Arc::new(serving));
        let directory = directory.to_owned();
        Ok(Arc::new(Engine {
            catalog,
            directory,
            form,
            serving,
            built: Mutex::new(built),
            moved,
            waited_for: watch::channel(Seq(0)).0,
            followers: OnceLock::new(),
            idle_until: AtomicU64::new(0),
            seats: Arc::new(Semaphore::new(cores.div_ceil(CORES_OF_A_SEAT))),
        }))
    }

    /// Begins to follow the log, and finds for the catalogue.
    pub fn start(self: &Arc<Engine>, followers: &Arc<Followers>) {
        let finder: Arc<dyn Finder> = self.clone();
        let _ = self.followers.set(Arc::downgrade(followers));
        self.catalog.found_by(Arc::downgrade(&finder));
        followers.start(Arc::new(Indexing::of(self, self.serving(), followers)));
        let built = self.built.lock().clone();
        if let Some(built) = built {
            followers.start(Arc::new(Indexing::of(self, built, followers)));
        }
    }

    /// Builds an index anew beside the one that answers, which goes on until the new one is whole. Where one is being
    /// built, it goes on.
    pub fn rebuild(self: &Arc<Engine>, followers: &Arc<Followers>) -> Result<(), Problem> {
        let mut built = self.built.lock();
        if built.is_some() || !self.serving().kept().is_whole {
            return Ok(());
        }
        let next = numbers(&self.directory).into_iter().max().unwrap_or(0) + 1;
        let path = self.directory.join(next.to_string());
        let generation = Arc::new(Generation::open(&path, &self.form).map_err(fault)?);
        *built = Some(generation.clone());
        drop(built);
        followers.start(Arc::new(Indexing::of(self, generation, followers)));
        Ok(())
    }

    /// The same among those whom it follows the log with.
    pub(crate) fn rebuild_here(self: &Arc<Engine>) -> Result<(), Problem> {
        let followers = self.followers.get().and_then(Weak::upgrade);
        self.rebuild(&followers.ok_or_else(|| Problem::Unavailable { reason: "nothing is searched yet".into() })?)
    }

    /// How far the index has come that is being built, where one is.
    pub async fn progress(&self) -> Result<Option<Progress>, Problem> {
        let built = self.built.lock().clone();
        let serving = Some(self.serving()).filter(|serving| !serving.kept().is_whole);
        let Some(generation) = built.or(serving) else { return Ok(None) };
        Ok(Some(Progress { position: generation.position(), head: self.catalog.log_head().await? }))
    }

    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    pub(crate) fn serving(&self) -> Arc<Generation> {
        self.serving.read().clone()
    }

    /// Up to which place in the log everything is found.
    pub fn seq(&self) -> Seq {
        self.serving().position()
    }

    /// Which lines of the log the index follows.
    pub(crate) fn interest(&self) -> Interest {
        let kinds = self.catalog.registry().iter().filter(|kind| is_found(*kind)).map(|kind| kind.name());
        Interest { account: None, kinds: Some(kinds.collect()) }
    }

    /// Told after each commit.
    pub(crate) fn has_moved(&self, generation: &Arc<Generation>, followers: &Arc<Followers>) {
        if Arc::ptr_eq(generation, &self.serving()) {
            self.moved.send_replace(generation.position());
            return;
        }
        let mut built = self.built.lock();
        // Nobody is to find less than he did.
        let is_ready = generation.kept().is_whole && generation.position() >= self.seq();
        if is_ready && built.as_ref().is_some_and(|built| Arc::ptr_eq(built, generation)) {
            *built = None;
            let before = std::mem::replace(&mut *self.serving.write(), generation.clone());
            self.moved.send_replace(generation.position());
            tracing::info!(directory = %generation.directory().display(), "searches are answered by the index made anew");
            let followers = followers.clone();
            tokio::spawn(async move {
                followers.stop(&Indexing::name_of(&before)).await;
                let path = before.directory().to_owned();
                before.abandon();
                drop(before);
                remove(&path);
            });
        }
    }

    /// Waits until there is room for another great search.
    ///
    /// Errors: `Unavailable`, after five seconds.
    pub(crate) async fn seat(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let busy = || Problem::Unavailable { reason: "too many great searches are going on".to_owned() };
        let seat = tokio::time::timeout(PATIENCE, self.seats.clone().acquire_owned()).await;
        seat.map_err(|_| busy())?.map_err(|_| busy())
    }

    /// Ends when somebody waits for lines behind this place.
    pub(crate) async fn is_waited_for(&self, behind: Seq) {
        let _ = self.waited_for.subscribe().wait_for(|wanted| *wanted > behind).await;
    }

    /// Waits until everything is found that stands in the log by now.
    ///
    /// Errors: `Unavailable`, after five seconds.
    pub async fn wait_until_caught_up(&self) -> Result<(), Problem> {
        let head = self.catalog.log_head().await?;
        self.wait_for(head).await
    }

    /// Waits until everything is found that stands in the log up to a place.
    ///
    /// Errors: `Unavailable`, after five seconds.
    pub async fn wait_for(&self, wanted: Seq) -> Result<(), Problem> {
        match self.comes_to(wanted, PATIENCE).await? {
            true => Ok(()),
            false => {
                Err(Problem::Unavailable { reason: format!("searches do not know line {} of the log yet", wanted.0) })
            }
        }
    }

    /// Whether everything is found within this time that stands in the log up to a place.
    pub async fn comes_to(&self, wanted: Seq, patience: Duration) -> Result<bool, Problem> {
        let wait = async {
            let mut moved = self.moved.subscribe();
            loop {
                let position = (*moved.borrow_and_update()).max(Seq(self.idle_until.load(Ordering::Relaxed)));
                // Lines of no interest move nothing.
                if position >= wanted || !self.catalog.has_lines(position, wanted, &self.interest()).await? {
                    let head = if position >= wanted { wanted } else { self.catalog.log_head().await? };
                    if head >= wanted {
                        self.idle_until.fetch_max(wanted.0, Ordering::Relaxed);
                        return Ok(true);
                    }
                } else {
                    // What nobody has written yet hurries nothing that is.
                    let wanted = wanted.min(self.catalog.log_head().await?);
                    self.waited_for.send_if_modified(|last| {
                        let is_further = *last < wanted;
                        *last = wanted.max(*last);
                        is_further
                    });
                }
                let _ = tokio::time::timeout(Duration::from_millis(50), moved.changed()).await;
            }
        };
        tokio::time::timeout(patience, wait).await.unwrap_or(Ok(false))
    }
}

/// The numbers of the indexes in a directory.
fn numbers(directory: &Path) -> Vec<u64> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn remove(path: &Path) {
    if let Err(error) = index::remove(path) {
        tracing::warn!(path = %path.display(), %error, "an index that is not needed cannot be removed");
    }
}
