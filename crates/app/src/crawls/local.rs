//! The crawls of this node: each holds a turn while it goes on, says so every second, and ends when it is to.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::follow::row::Versioned;
use emporion_catalog::id::{AccountId, Seq};
use emporion_catalog::lease::{self, Ownership};
use emporion_sources::Progress;
use futures_util::FutureExt;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::{Crawl, Crawls, FENCED, FOLLOWER, SILENT, State, TRIES, fence, state};

/// How often a crawl says that it goes on.
const BEAT: Duration = Duration::from_secs(1);
/// How often it is looked whether all have ended.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A crawl of this node while it goes on.
pub struct LocalCrawl {
    account: AccountId,
    pub crawl: Mutex<Crawl>,
    /// It is looked at once whether it is to end.
    pub look: Notify,
    /// As what it is to end, once it is.
    over: watch::Sender<State>,
}

/// Leave to crawl a service. Dropped, it is given back a moment later, and is counted as failed.
pub struct CrawlPermit {
    crawls: Arc<Crawls>,
    id: String,
    own: Arc<LocalCrawl>,
    beating: JoinHandle<()>,
    has_ended: bool,
}

impl Crawls {
    /// Takes a turn, as the owner of a job where one begins the crawl.
    ///
    /// Errors: `Conflict` while the service has one, and while too many are taken; `Unavailable` once this server stops.
    pub async fn take(
        self: &Arc<Crawls>,
        owner: &Ownership,
        account: AccountId,
        id: &str,
        crawl: Crawl,
    ) -> Result<CrawlPermit, Problem> {
        let over = watch::Sender::new(State::Running);
        let own = Arc::new(LocalCrawl { account, crawl: Mutex::new(crawl.clone()), look: Notify::new(), over });
        {
            // Known before it is kept, so that it is nobody's who is gone.
            let mut known = self.own.lock();
            if self.is_stopping.load(Ordering::Acquire) {
                return Err(Problem::Unavailable { reason: "the server is stopping".into() });
            }
            known.insert(id.to_owned(), own.clone());
        }
        match self.keep_turn(owner, account, id, &crawl).await {
            Ok(()) => Ok(self.begun(id, own)),
            Err(problem) => {
                self.own.lock().remove(id);
                Err(problem)
            }
        }
    }

    fn begun(self: &Arc<Crawls>, id: &str, own: Arc<LocalCrawl>) -> CrawlPermit {
        let (crawls, id, kept) = (self.clone(), id.to_owned(), own.clone());
        let beating = {
            let id = id.clone();
            tokio::spawn(async move { crawls.beat(&id, &kept).await })
        };
        CrawlPermit { crawls: self.clone(), id, own, beating, has_ended: false }
    }

    /// Says that a crawl goes on, until others have ended it, or nothing could be said for so long that they may. Once it is to
    /// stop it is told so, and said to go on until it has.
    async fn beat(&self, id: &str, own: &LocalCrawl) {
        let (mut at, mut said) = (Seq(1), Instant::now());
        loop {
            tokio::select! {
                () = tokio::time::sleep(BEAT) => {}
                () = own.look.notified() => {}
            }
            let asked = Instant::now();
            let (expected, row) = ([(id, at)], state(id, own.account, at, &*own.crawl.lock()));
            let swapped = async { self.swap(&expected, vec![row?], Vec::new()).await };
            match tokio::time::timeout_at(said + SILENT, swapped).await {
                Ok(Ok(true)) => (at, said) = (Seq(at.0 + 1), asked),
                // Somebody wants it to end, or the answer to what was written before was lost.
                Ok(Ok(false)) => match self.row::<Crawl>(id).await {
                    Ok(Some(row)) if row.data.state.is_running() => {
                        (at, said) = (row.at, asked);
                        if row.data.is_to_stop {
                            own.crawl.lock().is_to_stop = true;
                            own.over.send_replace(State::stopped());
                        }
                    }
                    Err(_) if !self.is_shared || asked < said + SILENT => {}
                    _ => break,
                },
                // Nobody else takes it for broken off.
                Ok(Err(_)) | Err(_) if !self.is_shared => said = asked,
                Ok(Err(_)) if asked < said + SILENT => {}
                _ => break,
            }
        }
        own.over.send_replace(State::broke_down("its server could not reach the store"));
    }

    /// Ends all of this node, which begins no more: it stops.
    pub fn stop(&self) {
        let own = self.own.lock();
        self.is_stopping.store(true, Ordering::Release);
        own.values().for_each(|own| drop(own.over.send_replace(State::broke_down("its server was stopped"))));
    }

    /// Waits until none of this node goes on.
    pub async fn ended(&self) {
        while !self.own.lock().is_empty() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

impl CrawlPermit {
    /// Who crawls: once others have ended the crawl, he writes nothing any more.
    pub fn writing(&self, caller: &Caller) -> Caller {
        caller.clone().fenced(Some(lease::stands(FOLLOWER, &fence(&self.id), FENCED)))
    }

    /// Where it is told how far the crawl is.
    pub fn progress(&self) -> impl Progress + use<> {
        Told { own: self.own.clone(), catalog: self.crawls.catalog.clone() }
    }

    /// Does the work while the turn is held, and gives it back with what came of it. Answers nothing where it was broken off:
    /// since somebody asked for it, the server stops, others must take it for broken off by now, or the work broke down.
    pub async fn carry_out<T>(mut self, work: impl Future<Output = T>, outcome: impl FnOnce(&T) -> State) -> Option<T> {
        let mut over = self.own.over.subscribe();
        let (done, end) = tokio::select! {
            done = AssertUnwindSafe(work).catch_unwind() => match done {
                Ok(done) => {
                    let state = outcome(&done);
                    (Some(done), End::OfItself(state))
                }
                Err(_) => (None, End::BrokeDown),
            },
            why = over.wait_for(|over| !over.is_running()) => {
                (None, why.map_or(End::BrokeDown, |why| End::MadeTo(why.clone())))
            }
        };
        self.has_ended = true;
        self.beating.abort();
        let is_finished = matches!(end, End::OfItself(State::Finished(_)));
        if let Err(problem) = give_back(&self.crawls, &self.id, end).await {
            tracing::warn!(%problem, "the end of an ingestion is not known to others yet");
        }
        self.forget(is_finished);
        done
    }

    fn forget(&self, is_finished: bool) {
        let ended = if is_finished { &self.crawls.finished } else { &self.crawls.failed };
        ended.fetch_add(1, Ordering::Relaxed);
        self.crawls.own.lock().remove(&self.id);
    }
}

/// How a crawl comes to its end.
enum End {
    OfItself(State),
    BrokeDown,
    MadeTo(State),
}

async fn give_back(crawls: &Crawls, id: &str, end: End) -> Result<(), Problem> {
    for _ in 0..TRIES {
        let Some(kept) = crawls.find(id).await?.filter(|kept| kept.data.state.is_running()) else { return Ok(()) };
        let has_ended = match &end {
            End::OfItself(state) => {
                let data = Crawl { state: state.clone(), ..kept.data };
                crawls.end(id, Versioned { data, ..kept }).await?
            }
            End::BrokeDown => crawls.break_off(id, kept, State::broke_down("it broke down"), true).await?.is_some(),
            // Where it is to begin again, that is for who looks after the turns.
            End::MadeTo(why) => {
                let frees = !Crawl { state: why.clone(), ..kept.data.clone() }.begins_again();
                crawls.break_off(id, kept, why.clone(), frees).await?.is_some()
            }
        };
        // A turn that was under way may still have been written in between.
        if has_ended {
            return Ok(());
        }
    }
    Err(Problem::Unavailable { reason: "its row goes on changing".into() })
}

impl Drop for CrawlPermit {
    fn drop(&mut self) {
        self.beating.abort();
        if !self.has_ended {
            self.forget(false);
            let (crawls, id) = (self.crawls.clone(), std::mem::take(&mut self.id));
            let given_back = async move {
                if let Err(problem) = give_back(&crawls, &id, End::BrokeDown).await {
                    tracing::warn!(%problem, "the turn of an ingestion is not free yet");
                }
            };
            // At the end of the process there is nobody left to do it: others find that it stands still.
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(given_back);
            }
        }
    }
}

struct Told {
    own: Arc<LocalCrawl>,
    catalog: Arc<Catalog>,
}

impl Progress for Told {
    fn step(&self, what: &'static str, done: usize, all: usize) {
        let mut crawl = self.own.crawl.lock();
        if crawl.step != what {
            (crawl.step, crawl.step_began) = (what.to_owned(), self.catalog.now().0);
        }
        (crawl.done, crawl.all) = (done, all);
    }
}
