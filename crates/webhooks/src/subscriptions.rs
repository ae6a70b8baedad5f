//! Who is subscribed: a follower of the subscriptions themselves, which begins and ends the deliveries of each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::change_set::Event;
use emporion_catalog::follow::{Batch, Failure, Follower, FollowerState, Followers, Stop};
use emporion_catalog::id::{AccountId, RecordId, Seq};
use emporion_catalog::lease::Ownership;
use emporion_catalog::log_watch::Interest;
use emporion_catalog::record::Record;
use serde_json::Map;

use crate::delivery::{self, Delivery};
use crate::sender::Sender;
use crate::status::{self, FOLLOWER, Patience, Status};

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
    /// How long an event is tried again that a destination does not take.
    pub patience: Patience,
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
    /// tells, or the subscription does not ask for it. `destination` is the id of the one that it is for, `record` what the
    /// event is about as it is now, unless it is gone.
    async fn message(
        &self,
        destination: &str,
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
    owner: Ownership,
}

impl Subscriptions {
    /// Takes up all deliveries where they were left, and follows the subscriptions from there.
    /// They are the owner's of this job, who stops them when it is no more.
    pub async fn start(
        followers: &Arc<Followers>,
        wording: Arc<dyn Wording>,
        sender: Sender,
        owner: Ownership,
    ) -> Result<(), Problem> {
        let this = Subscriptions { followers: Arc::downgrade(followers), wording, sender, owner };
        let catalog = followers.catalog();
        let states = catalog.follower_states(FOLLOWER).await?;
        if !states.iter().any(|state| state.key.is_empty()) {
            // Nobody is subscribed yet, and nobody is served yet who could: what has been is of no interest.
            let head = catalog.log_head().await?;
            catalog.keep_follower_states(&this.owner, vec![own_state(head)], Vec::new()).await?;
        }
        let mut known: Vec<(AccountId, RecordId)> =
            states.iter().filter_map(|state| Some((state.account, status::of_key(&state.key)?.0))).collect();
        known.sort_unstable();
        known.dedup();
        for (account, id) in known {
            let found = catalog.followed(account, id).await?;
            if let Some(record) = found.filter(|record| record.state.is_alive()) {
                this.begin(followers, &record).await?;
            }
        }
        followers.start(Arc::new(this));
        Ok(())
    }

    /// What a subscription that is there asks for, or why its secrets cannot be read.
    ///
    /// Errors: what may be otherwise the next time.
    async fn read(&self, catalog: &Catalog, record: &Record) -> Result<(Subscription, Option<Problem>), Problem> {
        match catalog.unseal(record).await {
            Ok(secrets) => Ok((self.wording.read(record, &secrets.into_iter().collect()), None)),
            Err(problem @ (Problem::Unavailable { .. } | Problem::StorageFull)) => Err(problem),
            Err(problem) => Ok((self.wording.read(record, &BTreeMap::new()), Some(problem))),
        }
    }

    /// Begins all deliveries of a subscription. One whose secrets cannot be read fails alone.
    async fn begin(&self, followers: &Arc<Followers>, record: &Record) -> Result<(), Problem> {
        let catalog = followers.catalog();
        let (subscription, unread) = self.read(catalog, record).await?;
        if let Some(problem) = unread {
            tracing::error!(subscription = %record.id, %problem, "the secrets of a subscription cannot be read");
            return cannot_begin(catalog, &self.owner, &subscription).await;
        }
        let subscription = Arc::new(subscription);
        for destination in &subscription.destinations {
            let (catalog, destination) = (catalog.clone(), destination.clone());
            let delivery = Delivery::new(catalog, &self.sender, subscription.clone(), destination, self.owner.clone());
            followers.start(Arc::new(delivery));
        }
        Ok(())
    }

    /// Takes up what has become of subscriptions. To do so twice does no harm: where it is broken off, it is done again.
    async fn take_up(&self, batch: &Batch) -> Result<(), Failure> {
        let followers = self.followers.upgrade().ok_or_else(|| Failure::new("the server stops"))?;
        let catalog = followers.catalog();
        let changed = first_changes(&batch.events);
        let states = if changed.is_empty() { Vec::new() } else { catalog.follower_states(FOLLOWER).await? };
        let (mut kept, mut forgotten, mut begun) = (Vec::new(), Vec::new(), Vec::new());
        for (id, seq) in changed {
            let record = batch.records.get(&id).filter(|record| record.state.is_alive());
            let subscription = match record {
                Some(record) => Some(self.read(catalog, record).await?.0),
                None => None,
            };
            let destinations = subscription.iter().flat_map(|subscription| &subscription.destinations);
            let wanted = destinations.map(|destination| status::key(id, &destination.id)).collect();
            let change = Change::of(id, &wanted, &states);
            for key in change.gone.iter().chain(&change.going_on) {
                // Before what it keeps is forgotten, and before it is begun anew as it is now.
                followers.stop(&delivery::name(key)).await;
            }
            forgotten.extend(change.gone.into_iter().map(|key| (FOLLOWER.to_owned(), key)));
            if let Some(subscription) = &subscription {
                let status = Status { position: seq, ..Status::default() };
                kept.extend(change.new.into_iter().map(|key| status.state(subscription.account, key)));
            }
            begun.extend(record);
        }
        catalog.keep_follower_states(&self.owner, kept, forgotten).await?;
        for record in begun {
            self.begin(&followers, record).await?;
        }
        // Last: whatever was not begun is handed over again.
        Ok(catalog.keep_follower_states(&self.owner, vec![own_state(batch.end)], Vec::new()).await?)
    }
}

/// When each subscription changed first: a destination that is new is told of what comes after.
fn first_changes(events: &[(Seq, Event)]) -> BTreeMap<RecordId, Seq> {
    let mut changed = BTreeMap::new();
    for (seq, event) in events {
        changed.entry(event.id).or_insert(*seq);
    }
    changed
}

/// What becomes of the deliveries of a subscription, by the keys of their states.
#[derive(Debug, Default, PartialEq, Eq)]
struct Change {
    new: Vec<String>,
    going_on: Vec<String>,
    gone: Vec<String>,
}

impl Change {
    fn of(id: RecordId, wanted: &BTreeSet<String>, states: &[FollowerState]) -> Change {
        let known = states.iter().filter(|state| status::of_key(&state.key).is_some_and(|(of, _)| of == id));
        let known: BTreeSet<String> = known.map(|state| state.key.clone()).collect();
        Change {
            new: wanted.difference(&known).cloned().collect(),
            going_on: wanted.intersection(&known).cloned().collect(),
            gone: known.difference(wanted).cloned().collect(),
        }
    }
}

/// Says of each destination that it is sent nothing.
async fn cannot_begin(catalog: &Catalog, owner: &Ownership, subscription: &Subscription) -> Result<(), Problem> {
    let mut kept = Vec::new();
    for destination in &subscription.destinations {
        let key = status::key(subscription.id, &destination.id);
        if let Some(state) = catalog.follower_state(FOLLOWER, &key).await? {
            let mut status = Status::of(&state);
            status.failed(catalog.now().0, None, "the secrets of the subscription cannot be read: set them anew");
            kept.push(status.state(subscription.account, key));
        }
    }
    catalog.keep_follower_states(owner, kept, Vec::new()).await
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
        let followers = self.followers.upgrade().ok_or_else(|| Failure::new("the server stops"))?;
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

#[cfg(test)]
mod tests {
    use emporion_catalog::change_set::EventKind;
    use emporion_catalog::id::{Millis, Revision};
    use emporion_catalog::record::Actor;
    use emporion_catalog::registry::Registry;

    use super::*;

    fn state(key: &str) -> FollowerState {
        Status::default().state(AccountId::GLOBAL, key.to_owned())
    }

    #[test]
    fn a_destination_goes_on_begins_or_ends() {
        let (id, other) = (RecordId::fresh(), RecordId::fresh());
        let [kept, new, gone] = ["a", "b", "c"].map(|destination| status::key(id, destination));
        let states = [own_state(Seq(9)), state(&kept), state(&gone), state(&status::key(other, "a"))];
        let change = Change::of(id, &BTreeSet::from([kept.clone(), new.clone()]), &states);
        assert_eq!(change, Change { new: vec![new.clone()], going_on: vec![kept.clone()], gone: vec![gone.clone()] });
        // Handed over again, after its states were kept: nothing begins anew.
        let states = [state(&kept), state(&new)];
        let again = Change::of(id, &BTreeSet::from([kept.clone(), new.clone()]), &states);
        assert_eq!(again, Change { going_on: vec![kept, new], ..Change::default() });
    }

    #[test]
    fn a_destination_begins_with_what_follows_the_first_change() {
        let (id, other) = (RecordId::fresh(), RecordId::fresh());
        let event = |id: RecordId| Event {
            account: AccountId::GLOBAL,
            at: Millis(0),
            by: Actor { id, name: "x".into(), through: None, door: None },
            what: EventKind::Updated,
            kind: Registry::standard().expect("event_subscription"),
            id,
            fqn: "s".into(),
            revision: Revision(1),
            detail: None,
        };
        let events = [(Seq(3), event(id)), (Seq(5), event(other)), (Seq(8), event(id))];
        assert_eq!(first_changes(&events), BTreeMap::from([(id, Seq(3)), (other, Seq(5))]));
    }
}
