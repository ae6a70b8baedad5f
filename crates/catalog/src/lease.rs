//! Single jobs have one owner among the nodes over a store: a lease, a row that its owner renews and that others take over
//! once it has stood still for long enough.
//!
//! No clock is compared with another's: who waits looks whether the row changes, and counts by its own clock from when it saw
//! the last change; the owner counts from before it asked for that change, and so stops first. Every lease has an epoch. What
//! an owner writes expects it: who wakes late finds a later one, and has written nothing.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::access;
use crate::boxed::Boxed;
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::change_set::{ChangeSet, Expect, Write};
use crate::follower_state::FollowerState;
use crate::id::{AccountId, RecordId, Seq};
use crate::problem::Problem;

/// Under which leases are kept among what followers keep: the place of one is its epoch.
const LEASES: &str = "leases";
/// How long a lease is good for without being renewed.
const GOOD_FOR: Duration = Duration::from_secs(8);
/// How often it is renewed, and looked at by those who would take it.
const RENEWED_EVERY: Duration = Duration::from_secs(2);

/// That a job is this process's.
#[derive(Clone, Debug)]
pub struct Ownership(Option<Arc<Held>>);

#[derive(Debug)]
struct Held {
    name: &'static str,
    epoch: u64,
    good_until: Mutex<Instant>,
}

impl Ownership {
    /// Of the one process that there is.
    pub fn alone() -> Ownership {
        Ownership(None)
    }

    /// Whether nobody else can have taken it over yet. To be asked before what no expectation guards.
    pub fn is_held(&self) -> bool {
        self.0.as_ref().is_none_or(|held| Instant::now() < *held.good_until.lock())
    }

    /// The same caller, who writes as the owner: nothing any more once the job is another's.
    ///
    /// Errors of what he writes then: `Overtaken`.
    pub fn writing(&self, caller: Caller) -> Caller {
        caller.fenced(self.expectation())
    }

    /// What everything that the owner writes is to expect.
    pub(crate) fn expectation(&self) -> Option<Expect> {
        self.0.as_ref().map(|held| expectation(held.name, held.epoch))
    }
}

fn expectation(name: &str, epoch: u64) -> Expect {
    stands(LEASES, name, Seq(epoch))
}

/// What is to be expected by what may be written while a row of a follower stands at a place.
pub fn stands(follower: &str, key: &str, position: Seq) -> Expect {
    Expect::FollowerAt { follower: follower.into(), key: key.into(), position }
}

/// A lease as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Kept {
    epoch: u64,
    /// Empty where nobody holds it.
    node: String,
    /// How often it was renewed.
    renewed: u64,
}

impl Kept {
    fn of(state: Option<&FollowerState>) -> Kept {
        let Some(state) = state else { return Kept::default() };
        Kept {
            epoch: state.position.0,
            node: state.data.get("node").and_then(Value::as_str).unwrap_or_default().to_owned(),
            renewed: state.data.get("renewed").and_then(Value::as_u64).unwrap_or(0),
        }
    }

    fn state(&self, name: &str) -> FollowerState {
        let data: Map<String, Value> =
            [("node".to_owned(), json!(self.node)), ("renewed".to_owned(), json!(self.renewed))].into_iter().collect();
        let (follower, key) = (LEASES.into(), name.into());
        FollowerState { follower, key, account: AccountId::GLOBAL, position: Seq(self.epoch), data }
    }
}

/// Asks for a job for as long as it lives; dropped, it gives the job up.
pub struct Lease {
    owned: watch::Receiver<Option<Ownership>>,
    stop: watch::Sender<bool>,
    keeping: tokio::task::JoinHandle<()>,
}

impl Lease {
    /// Asks for a job from now on.
    pub fn seek(catalog: Arc<Catalog>, name: &'static str) -> Lease {
        let (told, owned) = watch::channel(None);
        let (stop, asked) = watch::channel(false);
        let keeper = Keeper { catalog, name, node: RecordId::fresh().to_string(), told };
        Lease { owned, stop, keeping: tokio::spawn(keeper.keep(asked)) }
    }

    /// Whether the job is this process's, and when that changes.
    pub fn owned(&self) -> watch::Receiver<Option<Ownership>> {
        self.owned.clone()
    }

    /// For tests: neither renews it nor gives it up any more, as a process that was killed.
    pub fn stand_still(&self) {
        self.keeping.abort();
    }

    /// Gives the job up, so that another need not wait.
    pub fn give_up(self) -> Boxed<'static, ()> {
        Box::pin(async move {
            self.stop.send_replace(true);
            let _ = self.keeping.await;
        })
    }
}

struct Keeper {
    catalog: Arc<Catalog>,
    name: &'static str,
    node: String,
    told: watch::Sender<Option<Ownership>>,
}

impl Keeper {
    async fn keep(self, mut stop: watch::Receiver<bool>) {
        // As it was seen last, and since when it is so.
        let mut seen: Option<(Kept, Instant)> = None;
        let mut held: Option<(Arc<Held>, Kept)> = None;
        // Where nobody is left who could say so, it is to stop, too.
        while stop.has_changed().is_ok() && !*stop.borrow() {
            match &mut held {
                None => {
                    if let Some(got) = self.look(&mut seen).await {
                        self.told.send_replace(Some(Ownership(Some(got.0.clone()))));
                        held = Some(got);
                    }
                }
                Some((owned, kept)) => {
                    if !self.renew(owned, kept).await {
                        tracing::warn!(job = self.name, "another node does this job now");
                        self.told.send_replace(None);
                        (held, seen) = (None, None);
                    }
                }
            }
            tokio::select! {
                () = tokio::time::sleep(RENEWED_EVERY) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
        self.told.send_replace(None);
        if let Some((_, kept)) = held {
            let free = Kept { node: String::new(), ..kept };
            // Where that is not stored, others wait.
            let _ = self.write(&free, free.epoch).await;
        }
    }

    /// Takes the lease where it is free, or has stood still.
    async fn look(&self, seen: &mut Option<(Kept, Instant)>) -> Option<(Arc<Held>, Kept)> {
        // An answer can be as old as its question: that it stands still is known up to then.
        let looked = Instant::now();
        let state = self.catalog.follower_state(LEASES, self.name).await.ok()?;
        let kept = Kept::of(state.as_ref());
        let is_free = kept.node.is_empty();
        let since = match seen {
            Some((known, since)) if *known == kept => *since,
            _ => seen.insert((kept.clone(), Instant::now())).1,
        };
        if !is_free && looked < since + GOOD_FOR {
            return None;
        }
        let taken = Kept { epoch: kept.epoch + 1, node: self.node.clone(), renewed: 0 };
        let asked = Instant::now();
        match self.write(&taken, kept.epoch).await {
            Ok(true) => {
                tracing::info!(job = self.name, epoch = taken.epoch, "this node does this job");
                let good_until = Mutex::new(asked + GOOD_FOR);
                Some((Arc::new(Held { name: self.name, epoch: taken.epoch, good_until }), taken))
            }
            // Somebody else was first, or it cannot be known.
            _ => None,
        }
    }

    /// Answers whether the lease is still this node's.
    async fn renew(&self, held: &Held, kept: &mut Kept) -> bool {
        // Each try is another row: one whose answer is lost may have been stored, and who waits must see that the next one
        // is new.
        kept.renewed += 1;
        let asked = Instant::now();
        // While the store is away it may be renewed later: nobody else can take it meanwhile either.
        let renewing = tokio::time::timeout_at(*held.good_until.lock(), self.write(kept, kept.epoch));
        match renewing.await {
            Ok(Ok(true)) => {
                *held.good_until.lock() = asked + GOOD_FOR;
                true
            }
            Ok(Ok(false)) => false,
            Ok(Err(_)) => Instant::now() < *held.good_until.lock(),
            Err(_) => false,
        }
    }

    /// Answers whether the lease was of this epoch.
    async fn write(&self, kept: &Kept, epoch: u64) -> Result<bool, Problem> {
        let expected = vec![(self.name.to_owned(), Seq(epoch))];
        self.catalog
            .swap_follower_states(&Ownership::alone(), LEASES, expected, vec![kept.state(self.name)], Vec::new())
            .await
    }
}

impl Catalog {
    /// Keeps states, and forgets those of a follower under some keys, where its states are still at the places that are
    /// expected (at 0 one that there is not), and the job is the owner's. Answers whether it was so; where not, nothing is
    /// done. No event tells of it.
    pub fn swap_follower_states<'a>(
        &'a self,
        owner: &'a Ownership,
        follower: &'a str,
        expected: Vec<(String, Seq)>,
        kept: Vec<FollowerState>,
        forgotten: Vec<String>,
    ) -> Boxed<'a, Result<bool, Problem>> {
        Box::pin(async move {
            let mut set = ChangeSet::new(access::of_the_server());
            set.expect.extend(expected.iter().map(|(key, position)| stands(follower, key, *position)));
            set.expect.extend(owner.expectation());
            set.writes.extend(kept.into_iter().map(|state| Write::PutFollower(Box::new(state))));
            set.writes.extend(forgotten.into_iter().map(|key| Write::DropFollower { follower: follower.into(), key }));
            Ok(self.store.commit(vec![set]).await?.pop().is_some_and(|stored| stored.is_ok()))
        })
    }

    /// Keeps states and forgets others as the owner of a job, all or none. No event tells of it: a follower would follow
    /// itself.
    ///
    /// Errors: `Overtaken` where the job is another's by now.
    pub fn keep_follower_states<'a>(
        &'a self,
        owner: &'a Ownership,
        kept: Vec<FollowerState>,
        forgotten: Vec<(String, String)>,
    ) -> Boxed<'a, Result<(), Problem>> {
        Box::pin(async move {
            let mut set = ChangeSet::new(access::of_the_server());
            set.writes.extend(kept.into_iter().map(|state| Write::PutFollower(Box::new(state))));
            set.writes.extend(forgotten.into_iter().map(|(follower, key)| Write::DropFollower { follower, key }));
            if set.is_empty() {
                return Ok(());
            }
            set.expect.extend(owner.expectation());
            match self.store.commit(vec![set]).await?.pop() {
                Some(Ok(_)) => Ok(()),
                // It expects nothing else.
                _ => Err(Problem::Overtaken),
            }
        })
    }
}
