//! Deliveries to one destination: one message after the other, and none before the one before it has arrived.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::change_set::Event;
use emporion_catalog::follow::{Batch, Failure, Follower, Stop};
use emporion_catalog::id::Seq;
use emporion_catalog::lease::Ownership;
use emporion_catalog::log_watch::Interest;
use emporion_catalog::record::Record;
use parking_lot::Mutex;

use crate::sender::{Channel, Sender};
use crate::status::{self, FOLLOWER, Status};
use crate::subscriptions::{Destination, Subscription};

/// How many messages, and for how long, may have arrived that are sent again if the process is killed.
const UNKEPT: u32 = 20;
const UNKEPT_TIME: Duration = Duration::from_millis(200);
/// How many lines of the log, of which nothing was to be sent, may be read again.
const UNKEPT_LINES: u64 = 1_000;

/// What is sent to one destination of a subscription.
pub struct Delivery {
    catalog: Arc<Catalog>,
    channel: Channel,
    subscription: Arc<Subscription>,
    key: String,
    owner: Ownership,
    known: Mutex<Known>,
}

/// The name of the follower that delivers what a key stands for.
pub fn name(key: &str) -> String {
    format!("{FOLLOWER}/{key}")
}

/// What became of an event.
enum Outcome {
    Arrived,
    /// There is nothing to send.
    Nothing,
    NotNow,
    Failed(NotArrived),
}

/// Why an event did not arrive.
struct NotArrived {
    /// The id of its message, where one was made.
    message: Option<String>,
    /// What the destination answered, where it did.
    answered: Option<u16>,
    reason: String,
}

/// How it goes, and how much of that is kept.
#[derive(Default)]
struct Known {
    status: Status,
    kept: Seq,
}

impl Delivery {
    pub fn new(
        catalog: Arc<Catalog>,
        sender: &Sender,
        subscription: Arc<Subscription>,
        destination: Destination,
        owner: Ownership,
    ) -> Delivery {
        let key = status::key(subscription.id, &destination.id);
        Delivery { catalog, channel: sender.open(destination), subscription, key, owner, known: Mutex::default() }
    }

    async fn keep(&self, status: &Status) -> Result<(), Problem> {
        let state = status.state(self.subscription.account, self.key.clone());
        self.catalog.keep_follower_states(&self.owner, vec![state], Vec::new()).await?;
        *self.known.lock() = Known { status: status.clone(), kept: status.position };
        Ok(())
    }

    /// Sends what there is to say of an event.
    async fn send(&self, seq: Seq, event: &Event, stop: &Stop) -> Outcome {
        // His rights as they are now: who lost them is told nothing more.
        let caller = match self.catalog.caller(self.subscription.account, self.subscription.acts_for).await {
            Ok(caller) => caller,
            Err(Problem::Unauthenticated { .. }) => return Outcome::Nothing,
            Err(problem) => return self.unread(seq, &problem),
        };
        // It may have gone, or out of his sight, since the line was read.
        let record = match self.catalog.at_least(seq, event, stop).await {
            Ok(record) => record,
            Err(problem) => return self.unread(seq, &problem),
        };
        let (id, message) = match self.message(&caller, record.as_ref(), seq, event).await {
            Ok(Some(made)) => made,
            Ok(None) => return Outcome::Nothing,
            Err(problem) => return self.unread(seq, &problem),
        };
        // Another node may be about to send it, by what this one has kept.
        if !self.owner.is_held() {
            return Outcome::NotNow;
        }
        let sent = tokio::select! {
            sent = self.channel.send(&id, message) => sent,
            () = stop.asked() => return Outcome::NotNow,
        };
        let (answered, reason) = match sent {
            Ok(status) if (200..300).contains(&status) => return Outcome::Arrived,
            Ok(status) => (Some(status), format!("the endpoint answered {status}")),
            Err(unsent) => (None, unsent.to_string()),
        };
        Outcome::Failed(NotArrived { message: Some(id), answered, reason })
    }

    async fn message(
        &self,
        caller: &Caller,
        record: Option<&Record>,
        seq: Seq,
        event: &Event,
    ) -> Result<Option<(String, Vec<u8>)>, Problem> {
        self.subscription.messages.message(&self.channel.to().id, caller, record, seq, event).await
    }

    /// What went wrong here is for the log of the server, not for whoever subscribed.
    fn unread(&self, seq: Seq, problem: &Problem) -> Outcome {
        tracing::error!(delivery = self.key, seq = seq.0, %problem, "no message can be made of an event");
        let reason = "the server could not make a message of the event".to_owned();
        Outcome::Failed(NotArrived { message: None, answered: None, reason })
    }

    /// What is to be done about an event that did not arrive: it is tried again, unless that was done for long enough.
    async fn failed(&self, status: &mut Status, seq: Seq, why: NotArrived) -> Result<(), Failure> {
        let now = self.catalog.now().0;
        status.failed(now, why.answered, &why.reason);
        let is_past = status.is_past(self.subscription.patience);
        if is_past {
            tracing::warn!(delivery = self.key, seq = seq.0, reason = why.reason, "an event is given up on");
            status.give_up(seq, why.message, now);
        }
        self.keep(status).await?;
        Err(Failure::counted(why.reason, status.failures))
    }
}

#[async_trait]
impl Follower for Delivery {
    fn name(&self) -> String {
        name(&self.key)
    }

    async fn position(&self) -> Result<Seq, Failure> {
        let state = self.catalog.follower_state(FOLLOWER, &self.key).await?;
        let state = state.ok_or_else(|| Failure::new("the subscription is gone"))?;
        *self.known.lock() = Known { status: Status::of(&state), kept: state.position };
        Ok(state.position)
    }

    fn interest(&self) -> Interest {
        self.subscription.interest.clone()
    }

    fn takes_records(&self) -> bool {
        false
    }

    async fn take(&self, batch: &Batch, stop: &Stop) -> Result<Seq, Failure> {
        let mut status = self.known.lock().status.clone();
        let (mut unkept, mut since, mut is_over) = (0, Instant::now(), false);
        for (seq, event) in &batch.events {
            if stop.is_asked() {
                break;
            }
            match self.send(*seq, event, stop).await {
                Outcome::NotNow => {
                    is_over = true;
                    break;
                }
                Outcome::Nothing => status.passed(*seq),
                Outcome::Arrived => {
                    status.arrived(*seq, self.catalog.now().0);
                    unkept += 1;
                }
                Outcome::Failed(why) => self.failed(&mut status, *seq, why).await?,
            }
            if unkept >= UNKEPT || (unkept > 0 && since.elapsed() >= UNKEPT_TIME) {
                self.keep(&status).await?;
                (unkept, since) = (0, Instant::now());
            }
        }
        if !is_over && !stop.is_asked() {
            status.position = batch.end;
        }
        // Where nothing was sent, reading some lines again costs nobody anything.
        let passed = status.position.0 - self.known.lock().kept.0;
        if unkept > 0 || batch.events.is_empty() || passed >= UNKEPT_LINES {
            self.keep(&status).await?;
        } else {
            self.known.lock().status = status.clone();
        }
        Ok(status.position)
    }
}
