//! Who crawls at the moment, over all nodes of a catalogue. Each crawl is held in memory, and two of one service would write
//! over each other, so that whatever crawls for a caller takes a turn first.
//!
//! The turns are one row of the store, which takes the place of the one that was read: who was overtaken reads it anew. Beside
//! it each crawl has a row, which its node writes anew every second while it goes on; whoever wants it to end writes that there,
//! and its node finds it with its next turn. A row that stands still is one of a node that is gone (`Crawls::abandoned`).

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use emporion_catalog::Problem;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::follow::FollowerState;
use emporion_catalog::id::{AccountId, Millis, RecordId, Seq};
use emporion_sources::Progress;
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Under which all of them are kept.
const FOLLOWER: &str = "crawls";
/// The key of the turns; those of crawls are their numbers.
const TURNS: &str = "turns";
/// Crawls at one moment.
const MOST: usize = 4;
/// Runs that have ended whose outcome can still be asked for.
const KEPT: usize = 100;
/// How often a crawl says that it goes on.
const BEAT: Duration = Duration::from_secs(1);
/// How long it may say nothing: then it ends itself, and others take it for broken off.
pub const SILENT: Duration = Duration::from_secs(8);
/// How often a row is written anew that others were ahead of.
const TRIES: usize = 32;

// Of rows that another version has written, what is missing is empty.
#[derive(Default, Clone, Serialize, Deserialize)]
#[serde(default)]
struct Turns {
    taken: Vec<Turn>,
    /// The newest runs that have ended, oldest first.
    ended: VecDeque<String>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Turn {
    id: String,
    account: String,
    service: String,
}

/// A crawl as it is kept.
#[derive(Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Crawl {
    pub service: String,
    pub user: String,
    pub began: i64,
    /// What its service remembers of it; of a crawl that is part of a request nothing is told.
    pub record: Option<Value>,
    /// It is the one that takes the place of one whose node was gone.
    pub is_again: bool,
    pub step: String,
    pub done: usize,
    pub all: usize,
    pub step_began: i64,
    /// Somebody wants it to end.
    pub is_to_stop: bool,
    pub state: State,
}

#[derive(Default, Clone, Serialize, Deserialize)]
pub enum State {
    #[default]
    Running,
    Finished(Value),
    /// Why, in a word for programs, and for people.
    Failed(String, String),
}

impl State {
    pub fn failed(reason: &str, error: &str) -> State {
        State::Failed(reason.to_owned(), error.to_owned())
    }

    pub fn is_running(&self) -> bool {
        matches!(self, State::Running)
    }
}

impl Crawl {
    pub fn new(service: &str, user: RecordId, now: Millis) -> Crawl {
        Crawl {
            service: service.to_owned(),
            user: user.to_string(),
            began: now.0,
            step_began: now.0,
            ..Crawl::default()
        }
    }
}

/// A row, and where it stands.
pub struct Kept<T> {
    pub account: AccountId,
    pub at: Seq,
    pub data: T,
}

/// The crawls of all nodes, and those of this one.
pub struct Crawls {
    catalog: Arc<Catalog>,
    /// Other nodes may take a crawl that says nothing for broken off.
    is_shared: bool,
    own: Mutex<HashMap<String, Arc<Own>>>,
    finished: AtomicU64,
    failed: AtomicU64,
}

/// Those of this node by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub running: u64,
    pub finished: u64,
    pub failed: u64,
}

/// A crawl of this node while it goes on.
struct Own {
    account: AccountId,
    crawl: Mutex<Crawl>,
    /// It is looked at once whether it is to end.
    look: Notify,
    is_over: watch::Sender<bool>,
}

/// Leave to crawl a service. Dropped, it is given back a moment later, and is counted as failed.
pub struct CrawlPermit {
    crawls: Arc<Crawls>,
    id: String,
    own: Arc<Own>,
    beating: JoinHandle<()>,
    has_ended: bool,
}

impl Crawls {
    /// `is_shared`: other nodes run over the same store.
    pub fn new(catalog: Arc<Catalog>, is_shared: bool) -> Arc<Crawls> {
        let (finished, failed) = Default::default();
        Arc::new(Crawls { catalog, is_shared, own: Mutex::default(), finished, failed })
    }

    /// Takes a turn.
    ///
    /// Errors: `Conflict` while the service has one, and while too many are taken.
    pub async fn take(self: &Arc<Crawls>, account: AccountId, id: &str, crawl: Crawl) -> Result<CrawlPermit, Problem> {
        let (look, is_over) = (Notify::new(), watch::Sender::new(false));
        let own = Arc::new(Own { account, crawl: Mutex::new(crawl.clone()), look, is_over });
        // Known before it is kept, so that it is nobody's who is gone.
        self.own.lock().insert(id.to_owned(), own.clone());
        match self.keep_turn(account, id, &crawl).await {
            Ok(()) => Ok(self.begun(id, own)),
            Err(problem) => {
                self.own.lock().remove(id);
                Err(problem)
            }
        }
    }

    async fn keep_turn(&self, account: AccountId, id: &str, crawl: &Crawl) -> Result<(), Problem> {
        let turn = Turn { id: id.to_owned(), account: account.to_string(), service: crawl.service.clone() };
        for _ in 0..TRIES {
            let Kept { at, data: mut turns, .. } = self.turns().await?;
            if turns.taken.iter().any(|taken| (&taken.account, &taken.service) == (&turn.account, &turn.service)) {
                return Err(Problem::conflict(format!("{:?} is being ingested already", crawl.service)));
            }
            if turns.taken.len() >= MOST {
                return Err(Problem::conflict(format!("{MOST} ingestions are running; try again later")));
            }
            turns.taken.push(turn.clone());
            let kept = vec![state(TURNS, AccountId::GLOBAL, at, &turns), state(id, account, Seq(0), crawl)];
            if self.swap(vec![(TURNS, at), (id, Seq(0))], kept, Vec::new()).await? {
                return Ok(());
            }
        }
        Err(Problem::Unavailable { reason: "others take their turns; try again".into() })
    }

    fn begun(self: &Arc<Crawls>, id: &str, own: Arc<Own>) -> CrawlPermit {
        let (crawls, id, kept) = (self.clone(), id.to_owned(), own.clone());
        let beating = {
            let id = id.clone();
            tokio::spawn(async move { crawls.beat(&id, &kept).await })
        };
        CrawlPermit { crawls: self.clone(), id, own, beating, has_ended: false }
    }

    /// Says that a crawl goes on, until others have ended it, or nothing could be said for so long that they may. Once it is to
    /// stop it is told so, and said to go on until it has.
    async fn beat(&self, id: &str, own: &Own) {
        let (mut at, mut said) = (Seq(1), Instant::now());
        loop {
            tokio::select! {
                () = tokio::time::sleep(BEAT) => {}
                () = own.look.notified() => {}
            }
            let asked = Instant::now();
            let kept = vec![state(id, own.account, at, &*own.crawl.lock())];
            let swapped = self.swap(vec![(id, at)], kept, Vec::new());
            match tokio::time::timeout_at(said + SILENT, swapped).await {
                Ok(Ok(true)) => (at, said) = (Seq(at.0 + 1), asked),
                // Somebody wants it to end, or the answer to what was written before was lost.
                Ok(Ok(false)) => match self.row(id).await {
                    Ok(Some(row)) if row.data.state.is_running() => {
                        (at, said) = (row.at, asked);
                        if row.data.is_to_stop {
                            own.crawl.lock().is_to_stop = true;
                            own.is_over.send_replace(true);
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
        own.is_over.send_replace(true);
    }

    async fn row(&self, id: &str) -> Result<Option<Kept<Crawl>>, Problem> {
        self.catalog.follower_state(FOLLOWER, id).await?.map(read).transpose()
    }

    /// A crawl, as its node has said last; of this node, as it is.
    pub async fn find(&self, id: &str) -> Result<Option<Kept<Crawl>>, Problem> {
        // Their numbers are the names of crawls, and nothing else is.
        if id.parse::<u64>().is_err() {
            return Ok(None);
        }
        let Some(mut kept) = self.row(id).await? else { return Ok(None) };
        if let Some(own) = self.own.lock().get(id).filter(|_| kept.data.state.is_running()) {
            let is_to_stop = kept.data.is_to_stop;
            kept.data = Crawl { is_to_stop, ..own.crawl.lock().clone() };
        }
        Ok(Some(kept))
    }

    /// Asks a crawl to end, on whichever node it is.
    pub async fn ask_to_stop(&self, id: &str) -> Result<(), Problem> {
        for _ in 0..TRIES {
            let Some(Kept { account, at, data }) = self.find(id).await? else { return Ok(()) };
            if !data.state.is_running() || data.is_to_stop {
                return Ok(());
            }
            let asked = Crawl { is_to_stop: true, ..data };
            if self.swap(vec![(id, at)], vec![state(id, account, at, &asked)], Vec::new()).await? {
                if let Some(own) = self.own.lock().get(id) {
                    own.look.notify_one();
                }
                return Ok(());
            }
        }
        Err(Problem::Unavailable { reason: "the ingestion goes on; try again".into() })
    }

    /// Crawls that go on nowhere any more: those of other nodes whose rows were seen as they are for long enough. `seen` is
    /// what was found before. Where there are no other nodes, all that are not this process's.
    pub async fn abandoned(
        &self,
        seen: &mut HashMap<String, (Seq, Instant)>,
        is_alone: bool,
    ) -> Result<Vec<(String, Kept<Crawl>)>, Problem> {
        let turns = self.turns().await?.data.taken;
        seen.retain(|id, _| turns.iter().any(|turn| turn.id == *id));
        let mut abandoned = Vec::new();
        for Turn { id, .. } in turns.into_iter().filter(|turn| !self.own.lock().contains_key(&turn.id)) {
            let Some(crawl) = self.find(&id).await? else { continue };
            let now = Instant::now();
            let since = match seen.get(&id) {
                Some((at, since)) if *at == crawl.at => *since,
                _ => seen.entry(id.clone()).insert_entry((crawl.at, now)).get().1,
            };
            if is_alone || now >= since + SILENT {
                abandoned.push((id, crawl));
            }
        }
        Ok(abandoned)
    }

    /// Ends a crawl that was seen like this, and frees its turn. Answers whether it was still so.
    pub async fn end(&self, id: &str, seen: Kept<Crawl>, ended: State) -> Result<bool, Problem> {
        for _ in 0..TRIES {
            let Kept { at, data: mut turns, .. } = self.turns().await?;
            turns.taken.retain(|turn| turn.id != *id);
            let (mut kept, mut forgotten) = (Vec::new(), Vec::new());
            if seen.data.record.is_some() {
                turns.ended.push_back(id.to_owned());
                forgotten.extend((turns.ended.len() > KEPT).then(|| turns.ended.pop_front()).flatten());
                kept.push(state(id, seen.account, seen.at, &Crawl { state: ended.clone(), ..seen.data.clone() }));
            } else {
                forgotten.push(id.to_owned());
            }
            kept.push(state(TURNS, AccountId::GLOBAL, at, &turns));
            if self.swap(vec![(TURNS, at), (id, seen.at)], kept, forgotten).await? {
                return Ok(true);
            }
            if self.find(id).await?.is_none_or(|now| now.at != seen.at) {
                return Ok(false);
            }
        }
        Err(Problem::Unavailable { reason: "the end of an ingestion could not be kept".into() })
    }

    /// How many of this node run, have finished since the start, and how many of all failed.
    pub fn counts(&self) -> Counts {
        let of = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Counts { running: self.own.lock().len() as u64, finished: of(&self.finished), failed: of(&self.failed) }
    }

    async fn turns(&self) -> Result<Kept<Turns>, Problem> {
        match self.catalog.follower_state(FOLLOWER, TURNS).await? {
            Some(kept) => read(kept),
            None => Ok(Kept { account: AccountId::GLOBAL, at: Seq(0), data: Turns::default() }),
        }
    }

    async fn swap(
        &self,
        expected: Vec<(&str, Seq)>,
        kept: Vec<FollowerState>,
        forgotten: Vec<String>,
    ) -> Result<bool, Problem> {
        let expected = expected.into_iter().map(|(key, at)| (key.to_owned(), at)).collect();
        self.catalog.swap_follower_states(FOLLOWER, expected, kept, forgotten).await
    }
}

/// A row that takes the place of the one that stood there.
fn state<T: Serialize>(key: &str, account: AccountId, after: Seq, data: &T) -> FollowerState {
    let data = match serde_json::to_value(data) {
        Ok(Value::Object(data)) => data,
        _ => unreachable!("texts and numbers by name"),
    };
    FollowerState { follower: FOLLOWER.into(), key: key.into(), account, position: Seq(after.0 + 1), data }
}

fn read<T: DeserializeOwned>(kept: FollowerState) -> Result<Kept<T>, Problem> {
    let data = serde_json::from_value(Value::Object(kept.data));
    let data = data.map_err(|error| Problem::internal(format!("a row of {FOLLOWER}: {error}")))?;
    Ok(Kept { account: kept.account, at: kept.position, data })
}

impl CrawlPermit {
    /// Where it is told how far the crawl is.
    pub fn progress(&self) -> impl Progress + use<> {
        Told { own: self.own.clone(), catalog: self.crawls.catalog.clone() }
    }

    /// Waits until the crawl is to end, since somebody asks for it, or others must take it for broken off by now.
    pub async fn is_over(&self) {
        let mut is_over = self.own.is_over.subscribe();
        // It lives as long as this.
        let _ = is_over.wait_for(|is_over| *is_over).await;
    }

    /// Gives the turn back, after which others may take it. `None` is the outcome of one that was made to end; where nobody has
    /// asked for that, it is left to those who will find it standing still.
    pub async fn end(mut self, outcome: Option<State>) {
        self.has_ended = true;
        self.beating.abort();
        let is_finished = matches!(outcome, Some(State::Finished(_)));
        if let Err(problem) = give_back(&self.crawls, &self.id, outcome).await {
            tracing::warn!(%problem, "the end of an ingestion is not known to others yet");
        }
        self.forget(is_finished);
    }

    fn forget(&self, is_finished: bool) {
        let ended = if is_finished { &self.crawls.finished } else { &self.crawls.failed };
        ended.fetch_add(1, Ordering::Relaxed);
        self.crawls.own.lock().remove(&self.id);
    }
}

async fn give_back(crawls: &Crawls, id: &str, outcome: Option<State>) -> Result<(), Problem> {
    for _ in 0..TRIES {
        let Some(kept) = crawls.find(id).await?.filter(|kept| kept.data.state.is_running()) else { return Ok(()) };
        let ended = match &outcome {
            Some(ended) => ended.clone(),
            None if kept.data.is_to_stop => State::failed("STOPPED", "it was ended; what was written before stays"),
            None => return Ok(()),
        };
        // A turn that was under way may still have been written in between.
        if crawls.end(id, kept, ended).await? {
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
                let broke_down = State::failed("BROKE_DOWN", "it broke down; what was written before stays");
                if let Err(problem) = give_back(&crawls, &id, Some(broke_down)).await {
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
    own: Arc<Own>,
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
