//! How deliveries to a destination go: kept with its place in the log.

use emporion_catalog::Problem;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::follow::FollowerState;
use emporion_catalog::id::{AccountId, RecordId, Seq};
use serde_json::{Map, Value};

/// The follower under whose name all of them are kept.
pub const FOLLOWER: &str = "webhooks";

/// How deliveries to one destination go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Where in the log it began, and what it has done with.
    pub since: Seq,
    pub position: Seq,
    pub delivered: u64,
    pub last_success_ms: Option<i64>,
    pub last_failure_ms: Option<i64>,
    /// What it answered then, where it did.
    pub last_failure_status: Option<u16>,
    pub last_failure_reason: Option<String>,
    /// Failures in a row.
    pub failures: u64,
}

impl Status {
    pub fn of(state: &FollowerState) -> Status {
        let number = |name: &str| state.data.get(name).and_then(Value::as_u64);
        let at = |name: &str| state.data.get(name).and_then(Value::as_i64);
        Status {
            since: Seq(number("since").unwrap_or(0)),
            position: state.position,
            delivered: number("delivered").unwrap_or(0),
            last_success_ms: at("last_success_ms"),
            last_failure_ms: at("last_failure_ms"),
            last_failure_status: number("last_failure_status").and_then(|status| u16::try_from(status).ok()),
            last_failure_reason: state.data.get("last_failure_reason").and_then(Value::as_str).map(str::to_owned),
            failures: number("failures").unwrap_or(0),
        }
    }

    pub fn state(&self, account: AccountId, key: String) -> FollowerState {
        let mut data = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                data.insert(name.into(), value);
            }
        };
        put("since", Some(self.since.0.into()));
        put("delivered", Some(self.delivered.into()));
        put("last_success_ms", self.last_success_ms.map(Value::from));
        put("last_failure_ms", self.last_failure_ms.map(Value::from));
        put("last_failure_status", self.last_failure_status.map(Value::from));
        put("last_failure_reason", self.last_failure_reason.clone().map(Value::from));
        put("failures", Some(self.failures.into()));
        FollowerState { follower: FOLLOWER.into(), key, account, position: self.position, data }
    }
}

/// The key of a destination's state.
pub fn key(subscription: RecordId, destination: &str) -> String {
    format!("{subscription}/{destination}")
}

/// The subscription and the destination of a key; `None` for the key of the follower itself.
pub fn of_key(key: &str) -> Option<(RecordId, &str)> {
    let (subscription, destination) = key.split_once('/')?;
    Some((subscription.parse().ok()?, destination))
}

/// How deliveries to a destination go; `None` before the first look at it. Whoever asks has looked whether the caller sees
/// the subscription.
pub async fn of_destination(
    catalog: &Catalog,
    subscription: RecordId,
    destination: &str,
) -> Result<Option<Status>, Problem> {
    let state = catalog.follower_state(FOLLOWER, &key(subscription, destination)).await?;
    Ok(state.as_ref().map(Status::of))
}
