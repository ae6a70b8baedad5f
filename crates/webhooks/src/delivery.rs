//! Deliveries to one destination: one message after the other, and none before the one before it has arrived.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use emporion_catalog::Problem;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::change_set::Event;
use emporion_catalog::follow::{Batch, Failure, Follower, Stop};
use emporion_catalog::growth::Interest;
use emporion_catalog::id::Seq;
use parking_lot::Mutex;

use crate::sender::Sender;
use crate::status::{self, FOLLOWER, Status};
use crate::subscriptions::{Destination, Subscription};

/// How many messages, and for how long, may have arrived that are sent again if the process is killed.
const UNKEPT: u32 = 20;
const UNKEPT_TIME: Duration = Duration::from_millis(200);

/// What is sent to one destination of a subscription.
pub struct Delivery {
    catalog: Arc<Catalog>,
    sender: Sender,
    subscription: Arc<Subscription>,
    destination: Destination,
    key: String,
    status: Mutex<Status>,
}

/// The name of the follower that delivers what a key stands for.
pub fn name(key: &str) -> String {
    format!("{FOLLOWER}/{key}")
}

/// What became of an event.
enum Told {
    Arrived,
    /// There is nothing to send.
    Nothing,
    NotNow,
}

impl Delivery {
    pub fn new(
        catalog: Arc<Catalog>,
        sender: Sender,
        subscription: Arc<Subscription>,
        destination: Destination,
    ) -> Delivery {
        let key = status::key(subscription.id, &destination.id);
        Delivery { catalog, sender, subscription, destination, key, status: Mutex::default() }
    }

    async fn keep(&self, status: &Status) -> Result<(), Problem> {
        *self.status.lock() = status.clone();
        let state = status.state(self.subscription.account, self.key.clone());
        self.catalog.keep_follower_states(vec![state], Vec::new()).await
    }

    /// Sends what there is to say of an event.
    ///
    /// Errors: why it did not arrive, and what the destination answered.
    async fn tell(&self, seq: Seq, event: &Event, stop: &Stop) -> Result<Told, (Option<u16>, String)> {
        let unread = |problem: Problem| (None, problem.to_string());
        // His rights as they are now: who lost them is told nothing more.
        let caller = match self.catalog.caller(self.subscription.account, self.subscription.acts_for).await {
            Ok(caller) => caller,
            Err(Problem::Unauthenticated { .. }) => return Ok(Told::Nothing),
            Err(problem) => return Err(unread(problem)),
        };
        // It may have gone, or out of his sight, since the line was read.
        let record = self.catalog.as_told(seq, event, stop).await.map_err(unread)?;
        let messages = &self.subscription.messages;
        let message = messages.message(&caller, record.as_ref(), seq, event).await.map_err(unread)?;
        let Some((id, message)) = message else { return Ok(Told::Nothing) };
        let sent = tokio::select! {
            sent = self.sender.send(&self.destination, &id, message) => sent,
            () = stop.asked() => return Ok(Told::NotNow),
        };
        match sent {
            Ok(answered) if (200..300).contains(&answered.status) => Ok(Told::Arrived),
            Ok(answered) => Err((Some(answered.status), format!("the endpoint answered {}", answered.status))),
            Err(unsent) => Err((None, unsent.to_string())),
        }
    }
}

#[async_trait]
impl Follower for Delivery {
    fn name(&self) -> String {
        name(&self.key)
    }

    async fn position(&self) -> Result<Seq, Failure> {
        let state = self.catalog.follower_state(FOLLOWER, &self.key).await?;
        let state = state.ok_or_else(|| Failure("the subscription is gone".into()))?;
        *self.status.lock() = Status::of(&state);
        Ok(state.position)
    }

    fn interest(&self) -> Interest {
        self.subscription.interest.clone()
    }

    fn takes_records(&self) -> bool {
        false
    }

    async fn take(&self, batch: &Batch, stop: &Stop) -> Result<Seq, Failure> {
        let mut status = self.status.lock().clone();
        let (mut unkept, mut since) = (0, Instant::now());
        for (seq, event) in &batch.events {
            if stop.is_asked() {
                break;
            }
            match self.tell(*seq, event, stop).await {
                Ok(Told::NotNow) => break,
                Ok(Told::Nothing) => status.position = *seq,
                Ok(Told::Arrived) => {
                    status.position = *seq;
                    status.delivered += 1;
                    status.failures = 0;
                    status.last_success_ms = Some(self.catalog.now().0);
                    unkept += 1;
                }
                Err((answered, reason)) => {
                    status.failures += 1;
                    status.last_failure_ms = Some(self.catalog.now().0);
                    status.last_failure_status = answered;
                    status.last_failure_reason = Some(reason.clone());
                    self.keep(&status).await?;
                    return Err(Failure(reason));
                }
            }
            if unkept >= UNKEPT || (unkept > 0 && since.elapsed() >= UNKEPT_TIME) {
                self.keep(&status).await?;
                (unkept, since) = (0, Instant::now());
            }
        }
        if !stop.is_asked() {
            status.position = batch.end;
        }
        // Where nothing was sent, reading it again costs nobody anything.
        if unkept > 0 || batch.events.is_empty() {
            self.keep(&status).await?;
        } else {
            *self.status.lock() = status.clone();
        }
        Ok(status.position)
    }
}
