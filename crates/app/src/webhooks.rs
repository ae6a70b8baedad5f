//! Webhooks in OpenMetadata's words: what the door says of subscriptions and events, put between the follower of the log
//! and the sender.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};
use std::time::Duration;

use anyhow::Result;
use async_trait::async_trait;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::change_set::Event;
use emporion_catalog::follow::{Followers, pause_after};
use emporion_catalog::id::{RecordId, Seq};
use emporion_catalog::kinds::event_subscription::ACTS_FOR;
use emporion_catalog::lease::Ownership;
use emporion_catalog::log_watch::Interest;
use emporion_catalog::problem::Problem;
use emporion_catalog::record::Record;
use emporion_edge::origin;
use emporion_hosts::Hosts;
use emporion_openmetadata::Door;
use emporion_openmetadata::secrets;
use emporion_openmetadata::special::subscriptions::{Selection, message};
use emporion_openmetadata::subscriptions::body;
use emporion_openmetadata::subscriptions::chat::Form;
use emporion_openmetadata::subscriptions::deliveries::{Delivered, Deliveries};
use emporion_openmetadata::subscriptions::destination::{self, SIGNATURE_HEADER};
use emporion_webhooks::{Destination, Messages, Method, Patience, Reach, Sender, Subscription, Subscriptions, Wording};
use serde_json::Value;
use tokio::sync::watch;

use crate::config;
use crate::jobs::Owned;

/// How long until deliveries are begun anew that could not be.
const BEGUN_AGAIN: Duration = Duration::from_secs(1);

impl config::Webhooks {
    /// Where messages may be sent, of values that were checked.
    pub fn reach(&self) -> Reach {
        let allowed = self.allowed_networks.iter().filter_map(|text| origin::network(text)).collect();
        Reach { allowed, only: Hosts::parse(&self.hosts).expect("configuration was checked") }
    }
}

/// Begins all deliveries where they were left. `base` is what absolute addresses in messages begin with. Of several nodes
/// only the owner of the job sends.
pub async fn start(followers: &Arc<Followers>, config: &config::Config, base: &str, owned: Owned) -> Result<()> {
    let options = crate::doors::openmetadata(config);
    let base = config.public_url.as_deref().unwrap_or(base).trim_end_matches('/');
    let door = Door::new(followers.catalog().clone(), options);
    let give_up_after = Duration::from_secs(config.webhooks.give_up_after_seconds);
    let wording = Arc::new(Worded { give_up_after, door: Arc::new(door), base: format!("{base}/api").into() });
    let sender = Sender { reach: config.webhooks.reach() };
    match owned {
        None => Subscriptions::start(followers, wording, sender, Ownership::alone()).await?,
        Some(owned) => drop(tokio::spawn(while_owned(Arc::downgrade(followers), wording, sender, owned))),
    }
    Ok(())
}

/// Sends as long as the job is this node's.
async fn while_owned(
    followers: Weak<Followers>,
    wording: Arc<Worded>,
    sender: Sender,
    mut owned: watch::Receiver<Option<Ownership>>,
) {
    loop {
        let owner = owned.borrow_and_update().clone();
        let Some(followers) = followers.upgrade() else { return };
        followers.stop_all(emporion_webhooks::FOLLOWER).await;
        let is_begun = match owner {
            Some(owner) => Subscriptions::start(&followers, wording.clone(), sender.clone(), owner).await,
            None => Ok(()),
        };
        drop(followers);
        let changed = match is_begun {
            Ok(()) => owned.changed().await,
            Err(problem) => {
                tracing::warn!(%problem, "webhooks could not be begun; it is tried again");
                let again = tokio::time::timeout(BEGUN_AGAIN, owned.changed()).await;
                again.unwrap_or(Ok(()))
            }
        };
        if changed.is_err() {
            return;
        }
    }
}

struct Worded {
    door: Arc<Door>,
    base: Arc<str>,
    give_up_after: Duration,
}

impl Wording for Worded {
    fn kind(&self) -> &'static str {
        "event_subscription"
    }

    fn read(&self, record: &Record, clear: &BTreeMap<String, String>) -> Subscription {
        let mut body = Value::from(record.body.clone());
        secrets::reveal(&mut body, clear);
        let selection = Selection::of(record);
        let wanted = destination::wanted_destinations(&body);
        let forms = wanted.iter().map(|destination| (destination.id.clone(), destination.form)).collect();
        let named = record.body.get(ACTS_FOR).and_then(Value::as_str).and_then(|id| id.parse().ok());
        Subscription {
            id: record.id,
            account: record.account,
            acts_for: named.unwrap_or(record.created.by.id),
            destinations: wanted.into_iter().map(destination).collect(),
            interest: Interest { account: Some(record.account), kinds: Some(selection.kinds().collect()) },
            patience: Patience { retries: body::retries(record), time: self.give_up_after },
            messages: Arc::new(Selected { door: self.door.clone(), base: self.base.clone(), selection, forms }),
        }
    }
}

/// The messages of a subscription.
struct Selected {
    door: Arc<Door>,
    base: Arc<str>,
    selection: Selection,
    /// In which form each destination is told.
    forms: HashMap<String, Form>,
}

#[async_trait]
impl Messages for Selected {
    async fn message(
        &self,
        destination: &str,
        caller: &Caller,
        record: Option<&Record>,
        seq: Seq,
        event: &Event,
    ) -> Result<Option<(String, Vec<u8>)>, Problem> {
        let form = self.forms.get(destination).copied().unwrap_or(Form::Event);
        message(&self.door, &self.base, caller, (&self.selection, form), record, (seq, event)).await
    }
}

fn destination(wanted: destination::Destination) -> Destination {
    Destination {
        id: wanted.id,
        endpoint: wanted.endpoint,
        method: if wanted.is_put { Method::Put } else { Method::Post },
        headers: wanted.headers,
        query: wanted.query,
        secret: wanted.secret,
        signature_header: SIGNATURE_HEADER,
        connect_timeout: Duration::from_secs(wanted.connect_seconds),
        read_timeout: Duration::from_secs(wanted.read_seconds),
    }
}

/// What the door asks of deliveries.
pub struct Known {
    catalog: Arc<Catalog>,
    reach: Reach,
}

impl Known {
    pub fn new(catalog: Arc<Catalog>, reach: Reach) -> Known {
        Known { catalog, reach }
    }
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Known({:?})", self.reach)
    }
}

#[async_trait]
impl Deliveries for Known {
    fn refuses(&self, endpoint: &str) -> Option<String> {
        match endpoint.parse() {
            Ok(url) => self.reach.check(&url).err().map(|refused| refused.to_string()),
            Err(_) => Some("is not an http or https address".to_owned()),
        }
    }

    fn may_set(&self, header: &str) -> bool {
        emporion_webhooks::may_set(header)
    }

    async fn try_out(&self, wanted: destination::Destination, message: Vec<u8>) -> Result<u16, String> {
        let sender = Sender { reach: self.reach.clone() };
        let id = RecordId::fresh().to_string();
        sender.open(destination(wanted)).send(&id, message).await.map_err(|unsent| unsent.to_string())
    }

    async fn status(&self, subscription: RecordId, destination: &str) -> Result<Option<Delivered>, Problem> {
        let status = emporion_webhooks::of_destination(&self.catalog, subscription, destination).await?;
        Ok(status.map(|status| {
            let pause = i64::try_from(pause_after(status.failures).as_millis()).unwrap_or(i64::MAX);
            Delivered {
                next_attempt_ms: status
                    .last_failure_ms
                    .filter(|_| status.failures > 0)
                    .map(|at| at.saturating_add(pause)),
                last_success_ms: status.last_success_ms,
                last_failure_ms: status.last_failure_ms,
                last_failure_status: status.last_failure_status,
                last_failure_reason: status.last_failure_reason,
                failures: status.failures,
                given_up: status.last_given_up.into_iter().filter_map(|event| event.message).collect(),
                given_up_in_all: status.given_up,
            }
        }))
    }
}
