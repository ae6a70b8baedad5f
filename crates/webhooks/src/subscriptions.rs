//! Who is subscribed: a follower of the subscriptions themselves, which begins and ends the deliveries of each.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::change_set::Event;
use emporion_catalog::follow::{Batch, Failure, Follower, FollowerState, Followers, Stop};
use emporion_catalog::growth::Interest;
use emporion_catalog::id::{AccountId, RecordId, Seq};
use emporion_catalog::record::Record;
use serde_json::Map;

use crate::delivery::{self, Delivery};
use crate::sender::Sender;
use crate::status::{self, FOLLOWER, Status};

/// What a subscription asks for, whatever a door calls it.
#[derive(Clone)]
pub struct Subscription {
    pub id: RecordId,
    pub account: AccountId,
    /// In whose name it is read: what he does not see is not sent.
    pub acts_for: RecordId,
    /// Empty where nothing is to be sent.
    pub destinations: Vec<Destination>,
    /// Which events may be sent, as far as the log itself tells.
    pub interest: Interest,
    /// What is sent of them.
    pub messages: Arc<dyn Messages>,
}

/// Where messages go.
#[derive(Clone, PartialEq, Eq)]
pub struct Destination {
    /// Unique in its subscription.
    pub id: String,
    pub endpoint: String,
    pub method: Method,
    pub headers: Vec<(String, String)>,
    pub query: Vec<(String, String)>,
    /// What messages are signed with, and the header that bears the signature.
    pub secret: Option<String>,
    pub signature_header: &'static str,
    pub connect_timeout: Duration,
    pub read_timeout: Duration,
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Destination({})", self.id)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Post,
    Put,
}

/// How a door words subscriptions.
pub trait Wording: Send + Sync + 'static {
    /// The kind of the records that are subscriptions.
    fn kind(&self) -> &'static str;

    /// What a subscription asks for. `secrets` are its clear texts by their pointer in the body.
    fn read(&self, record: &Record, secrets: &BTreeMap<String, String>) -> Subscription;
}

/// The messages of one subscription.
#[async_trait]
pub trait Messages: Send + Sync + 'static {
    /// The message that tells of an event, with the id that it has each time; `None` where the caller may not see what it
    /// tells, or the subscription does not ask for it. `record` is what the event is about as it is now, unless it is gone.
    async fn message(
        &self,
        caller: &Caller,
        record: Option<&Record>,
        seq: Seq,
        event: &Event,
    ) -> Result<Option<(String, Vec<u8>)>, Problem>;
}

/// Follows the subscriptions.
pub struct Subscriptions {
    followers: Weak<Followers>,
    wording: Arc<dyn Wording>,
    sender: Sender,
}

impl Subscriptions {
    /// Takes up all deliveries where they were left, and follows the subscriptions from there.
    pub async fn start(followers: &Arc<Followers>, wording: Arc<dyn Wording>, sender: Sender) -> Result<(), Problem> {
        let this = Subscriptions { followers: Arc::downgrade(followers), wording, sender };
        let catalog = followers.catalog();
        let states = catalog.follower_states(FOLLOWER).await?;
        if !states.iter().any(|state| state.key.is_empty()) {
            // Nobody is subscribed yet, and nobody is served yet who could: what has been is of no interest.
            let head = catalog.snapshot().await?.head().await?;
            catalog.keep_follower_states(vec![own_state(head)], Vec::new()).await?;
        }
        let mut known: Vec<(AccountId, RecordId)> =
            states.iter().filter_map(|state| Some((state.account, status::of_key(&state.key)?.0))).collect();
        known.sort_unstable();
        known.dedup();
        for (account, id) in known {
            let found = catalog.snapshot().await?.by_id(account, &[id]).await?.pop().flatten();
            if let Some(record) = found.filter(|record| record.state.is_alive()) {
                this.begin(followers, &record).await?;
            }
        }
        followers.start(Arc::new(this));
        Ok(())
    }

    /// What a subscription that is there asks for.
    async fn read(&self, followers: &Followers, record: &Record) -> Result<Subscription, Problem> {
        let catalog = followers.catalog();
        let snapshot = catalog.snapshot().await?;
        let secrets = catalog.unseal(&*snapshot, record.id).await?.into_iter().collect();
        Ok(self.wording.read(record, &secrets))
    }

    /// Begins all deliveries of a subscription.
    async fn begin(&self, followers: &Arc<Followers>, record: &Record) -> Result<(), Problem> {
        let subscription = Arc::new(self.read(followers, record).await?);
        for destination in &subscription.destinations {
            let (catalog, sender) = (followers.catalog().clone(), self.sender.clone());
            followers.start(Arc::new(Delivery::new(catalog, sender, subscription.clone(), destination.clone())));
        }
        Ok(())
    }

    async fn take_up(&self, batch: &Batch) -> Result<(), Failure> {
        let followers = self.followers.upgrade().ok_or_else(|| Failure("the server stops".into()))?;
        let mut changed: HashMap<RecordId, Seq> = HashMap::new();
        for (seq, event) in &batch.events {
            changed.insert(event.id, *seq);
        }
        let catalog = followers.catalog();
        let mut kept = vec![own_state(batch.end)];
        let mut forgotten = Vec::new();
        let mut begun = Vec::new();
        let states = if changed.is_empty() { Vec::new() } else { catalog.follower_states(FOLLOWER).await? };
        for (id, seq) in changed {
            let record = batch.records.get(&id).filter(|record| record.state.is_alive());
            let subscription = match record {
                Some(record) => Some(self.read(&followers, record).await?),
                None => None,
            };
            let wanted: HashSet<String> = subscription
                .iter()
                .flat_map(|subscription| &subscription.destinations)
                .map(|destination| status::key(id, &destination.id))
                .collect();
            let known = states.iter().filter(|state| status::of_key(&state.key).is_some_and(|(of, _)| of == id));
            let mut had = HashSet::new();
            for state in known {
                // Before what it keeps is forgotten, and before it is begun anew as it is now.
                followers.stop(&delivery::name(&state.key)).await;
                had.insert(state.key.clone());
                if !wanted.contains(&state.key) {
                    forgotten.push((FOLLOWER.to_owned(), state.key.clone()));
                }
            }
            for key in wanted.into_iter().filter(|key| !had.contains(key)) {
                let Some(subscription) = &subscription else { continue };
                let status = Status { since: seq, position: seq, ..Status::default() };
                kept.push(status.state(subscription.account, key));
            }
            begun.extend(record);
        }
        catalog.keep_follower_states(kept, forgotten).await?;
        for record in begun {
            self.begin(&followers, record).await?;
        }
        Ok(())
    }
}

/// Where the follower of the subscriptions itself is.
fn own_state(position: Seq) -> FollowerState {
    FollowerState {
        follower: FOLLOWER.into(),
        key: String::new(),
        account: AccountId::GLOBAL,
        position,
        data: Map::new(),
    }
}

#[async_trait]
impl Follower for Subscriptions {
    fn name(&self) -> String {
        FOLLOWER.into()
    }

    async fn position(&self) -> Result<Seq, Failure> {
        let followers = self.followers.upgrade().ok_or_else(|| Failure("the server stops".into()))?;
        let state = followers.catalog().follower_state(FOLLOWER, "").await?;
        Ok(state.map_or(Seq(0), |state| state.position))
    }

    fn interest(&self) -> Interest {
        Interest { account: None, kinds: Some(vec![self.wording.kind()]) }
    }

    async fn take(&self, batch: &Batch, _stop: &Stop) -> Result<Seq, Failure> {
        self.take_up(batch).await?;
        Ok(batch.end)
    }
}
