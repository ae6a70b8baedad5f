//! Who crawls at the moment, over all nodes of a catalogue. Each crawl is held in memory, and two of one service would write
//! over each other, so that whatever crawls for a caller takes a turn first ([`local`]).
//!
//! The turns are one row of the store, which takes the place of the one that was read: who was overtaken reads it anew. Beside
//! it each crawl has a row, which its node writes anew every second while it goes on; whoever wants it to end writes that there,
//! and its node finds it with its next turn. A row that stands still is one of a node that is gone (`Crawls::end_abandoned`).
//! All that a crawl writes expects a third row, which goes with its end: a node that stood still and wakes writes nothing.

mod local;
mod rows;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use emporion_catalog::Problem;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::follow::FollowerState;
use emporion_catalog::follow::row::{Versioned, parse};
use emporion_catalog::id::{AccountId, Seq};
use emporion_catalog::lease::Ownership;
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::time::Instant;

pub use local::CrawlPermit;
use local::LocalCrawl;
pub use rows::{Crawl, State};
use rows::{Ended, FOLLOWER, Turn, Turns, state};

/// The key of the turns; those of crawls are their numbers.
const TURNS: &str = "turns";
/// Of an account's runs that have ended, before its number.
const ENDED: &str = "ended ";
/// Of what a crawl's writes expect, before its number.
const FENCE: &str = "fence ";
/// Where that row stands as long as it does.
const FENCED: Seq = Seq(1);
/// Crawls at one moment.
const MOST: usize = 4;
/// Runs of an account that have ended whose outcome can still be asked for.
const KEPT: usize = 100;
/// How long a crawl may say nothing: then it ends itself, and others take it for broken off.
pub const SILENT: Duration = Duration::from_secs(8);
/// How often a row is written anew that others were ahead of.
const TRIES: usize = 32;

/// The crawls of all nodes, and those of this one.
pub struct Crawls {
    catalog: Arc<Catalog>,
    /// Other nodes may take a crawl that says nothing for broken off.
    is_shared: bool,
    own: Mutex<HashMap<String, Arc<LocalCrawl>>>,
    is_stopping: AtomicBool,
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

impl Crawls {
    /// `is_shared`: other nodes run over the same store.
    pub fn new(catalog: Arc<Catalog>, is_shared: bool) -> Arc<Crawls> {
        let (own, is_stopping, finished, failed) = Default::default();
        Arc::new(Crawls { catalog, is_shared, own, is_stopping, finished, failed })
    }

    async fn keep_turn(&self, owner: &Ownership, account: AccountId, id: &str, crawl: &Crawl) -> Result<(), Problem> {
        let turn = Turn { id: id.to_owned(), account: account.to_string(), service: crawl.service.clone() };
        for _ in 0..TRIES {
            let Versioned { at, data: mut turns, .. } = self.turns().await?;
            if turns.taken.iter().any(|taken| (&taken.account, &taken.service) == (&turn.account, &turn.service)) {
                return Err(Problem::conflict(format!("{:?} is being ingested already", crawl.service)));
            }
            if turns.taken.len() >= MOST {
                return Err(Problem::conflict(format!("{MOST} ingestions are running; try again later")));
            }
            turns.taken.push(turn.clone());
            let mut kept = vec![state(TURNS, AccountId::GLOBAL, at, &turns)?, state(id, account, Seq(0), crawl)?];
            kept.push(state(&fence(id), account, Seq(FENCED.0 - 1), &json!({}))?);
            if self.swap_as(owner, &[(TURNS, at), (id, Seq(0))], kept, Vec::new()).await? {
                return Ok(());
            }
            if !owner.is_held() {
                break;
            }
        }
        Err(Problem::Unavailable { reason: "others take their turns; try again".into() })
    }

    /// A crawl, as its node has said last; of this node, as it is.
    pub async fn find(&self, id: &str) -> Result<Option<Versioned<Crawl>>, Problem> {
        // Their numbers are the names of crawls, and nothing else is.
        if id.parse::<u64>().is_err() {
            return Ok(None);
        }
        let Some(mut kept) = self.row::<Crawl>(id).await? else { return Ok(None) };
        if let Some(own) = self.own.lock().get(id).filter(|_| kept.data.state.is_running()) {
            let is_to_stop = kept.data.is_to_stop;
            kept.data = Crawl { is_to_stop, ..own.crawl.lock().clone() };
        }
        Ok(Some(kept))
    }

    /// Asks a crawl to end, on whichever node it is.
    pub async fn ask_to_stop(&self, id: &str) -> Result<(), Problem> {
        for _ in 0..TRIES {
            let Some(Versioned { account, at, data }) = self.find(id).await? else { return Ok(()) };
            if !data.state.is_running() || data.is_to_stop {
                return Ok(());
            }
            let asked = Crawl { is_to_stop: true, ..data };
            if self.swap(&[(id, at)], vec![state(id, account, at, &asked)?], Vec::new()).await? {
                if let Some(own) = self.own.lock().get(id) {
                    own.look.notify_one();
                }
                return Ok(());
            }
        }
        Err(Problem::Unavailable { reason: "the ingestion goes on; try again".into() })
    }

    /// Whether its turn is free.
    pub async fn is_over(&self, id: &str) -> Result<bool, Problem> {
        Ok(!self.turns().await?.data.taken.iter().any(|turn| turn.id == id))
    }

    /// Ends crawls that go on nowhere any more: those of other nodes whose rows were seen as they are for long enough, or say
    /// that they are over. `seen` is what was found before. Where there are no other nodes, all that are not this process's.
    /// Answers those in whose place another is to begin: account and service.
    pub async fn end_abandoned(
        &self,
        seen: &mut HashMap<String, (Seq, Instant)>,
    ) -> Result<Vec<(AccountId, String)>, Problem> {
        let turns = self.turns().await?.data.taken;
        seen.retain(|id, _| turns.iter().any(|turn| turn.id == *id));
        let mut again = Vec::new();
        for Turn { id, .. } in turns.into_iter().filter(|turn| !self.own.lock().contains_key(&turn.id)) {
            let crawl = self.left::<Crawl>(&id).await?;
            let now = Instant::now();
            let since = match seen.get(&id) {
                Some((at, since)) if *at == crawl.at => *since,
                _ => seen.entry(id.clone()).insert_entry((crawl.at, now)).get().1,
            };
            if crawl.data.state.is_running() && self.is_shared && now < since + SILENT {
                continue;
            }
            let why = match crawl.data.is_to_stop {
                true => State::stopped(),
                false => State::broke_down("its server is gone"),
            };
            let (account, service) = (crawl.account, crawl.data.service.clone());
            tracing::warn!(service, "an ingestion was broken off: its server is gone");
            match self.break_off(&id, crawl, why, true).await {
                Ok(Some(ended)) if ended.begins_again() => again.push((account, service)),
                Ok(_) => {}
                Err(problem) => tracing::warn!(%problem, service, "its turn is not free yet"),
            }
        }
        Ok(again)
    }

    /// What is left of a crawl that has a turn, or of an account's outcomes. What cannot be read keeps nobody waiting: it is
    /// empty, as what is missing.
    async fn left<T: DeserializeOwned + Default>(&self, key: &str) -> Result<Versioned<T>, Problem> {
        let empty = |account, at| Versioned { account, at, data: T::default() };
        let Some(kept) = self.catalog.follower_state(FOLLOWER, key).await? else {
            return Ok(empty(AccountId::GLOBAL, Seq(0)));
        };
        let (account, at) = (kept.account, kept.position);
        Ok(parse(kept).unwrap_or_else(|problem| {
            tracing::warn!(%problem, key, "what is kept of ingestions cannot be read, and begins anew");
            empty(account, at)
        }))
    }

    /// Ends a crawl that came to no end by itself and was seen like this. Its row says so, then its service learns of it, and
    /// then its turn is free: who is killed in between leaves the turn to whoever looks after such. `frees`: not before that.
    /// Answers the crawl as it ended, and nothing where it was not like this any more.
    async fn break_off(
        &self,
        id: &str,
        mut seen: Versioned<Crawl>,
        why: State,
        frees: bool,
    ) -> Result<Option<Crawl>, Problem> {
        if seen.data.state.is_running() {
            seen.data.state = why;
            let kept = vec![state(id, seen.account, seen.at, &seen.data)?];
            if !self.swap(&[(id, seen.at)], kept, vec![fence(id)]).await? {
                return Ok(None);
            }
            seen.at = Seq(seen.at.0 + 1);
        }
        if let (Some(record), State::Failed(reason, why)) = (seen.data.record(), &seen.data.state) {
            match record.broke_off(&self.catalog, seen.account, reason, why).await {
                Ok(()) | Err(Problem::NotFound { .. }) => {}
                Err(problem) if passes(&problem) => return Err(problem),
                // It would keep the turn for ever.
                Err(problem) => {
                    tracing::warn!(%problem, service = seen.data.service, "a service cannot be told of its run")
                }
            }
        }
        let ended = seen.data.clone();
        let is_free = frees && self.end(id, seen).await?;
        Ok((is_free || !frees).then_some(ended))
    }

    /// Keeps how a crawl has ended, and frees its turn. Answers whether it stood there still.
    async fn end(&self, id: &str, ended: Versioned<Crawl>) -> Result<bool, Problem> {
        let runs_key = format!("{ENDED}{}", ended.account);
        for _ in 0..TRIES {
            let Versioned { at, data: mut turns, .. } = self.turns().await?;
            turns.taken.retain(|turn| turn.id != *id);
            let mut kept = vec![state(TURNS, AccountId::GLOBAL, at, &turns)?];
            let (mut expected, mut forgotten) = (vec![(TURNS, at), (id, ended.at)], vec![fence(id)]);
            if ended.data.record.is_some() {
                let Versioned { at, data: Ended { mut runs }, .. } = self.left(&runs_key).await?;
                runs.push_back(id.to_owned());
                forgotten.extend((runs.len() > KEPT).then(|| runs.pop_front()).flatten());
                expected.push((&runs_key, at));
                kept.push(state(&runs_key, ended.account, at, &Ended { runs })?);
                kept.push(state(id, ended.account, ended.at, &ended.data)?);
            } else if ended.at > Seq(0) {
                forgotten.push(id.to_owned());
            }
            if self.swap(&expected, kept, forgotten).await? {
                return Ok(true);
            }
            if self.row::<Crawl>(id).await.is_ok_and(|now| now.map_or(Seq(0), |now| now.at) != ended.at) {
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

    async fn turns(&self) -> Result<Versioned<Turns>, Problem> {
        // Not what is left of them: they are of crawls that go on.
        let none = || Versioned { account: AccountId::GLOBAL, at: Seq(0), data: Turns::default() };
        Ok(self.row(TURNS).await?.unwrap_or_else(none))
    }

    async fn row<T: DeserializeOwned>(&self, key: &str) -> Result<Option<Versioned<T>>, Problem> {
        self.catalog.follower_state(FOLLOWER, key).await?.map(parse).transpose()
    }

    async fn swap(
        &self,
        expected: &[(&str, Seq)],
        kept: Vec<FollowerState>,
        forgotten: Vec<String>,
    ) -> Result<bool, Problem> {
        self.swap_as(&Ownership::alone(), expected, kept, forgotten).await
    }

    async fn swap_as(
        &self,
        owner: &Ownership,
        expected: &[(&str, Seq)],
        kept: Vec<FollowerState>,
        forgotten: Vec<String>,
    ) -> Result<bool, Problem> {
        let expected = expected.iter().map(|(key, at)| ((*key).to_owned(), *at)).collect();
        self.catalog.swap_follower_states(owner, FOLLOWER, expected, kept, forgotten).await
    }
}

fn fence(id: &str) -> String {
    format!("{FENCE}{id}")
}

/// Whether what is refused now may succeed in a moment, since it was the store that refused.
fn passes(problem: &Problem) -> bool {
    use Problem::{Overtaken, Stale, StorageFull, Throttled, Unavailable};
    matches!(problem, Overtaken | Stale { .. } | StorageFull | Throttled { .. } | Unavailable { .. })
}
