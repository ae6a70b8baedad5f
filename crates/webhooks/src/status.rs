//! How deliveries to a destination go: kept with its place in the log.

use std::time::Duration;

use emporion_catalog::Problem;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::follow::FollowerState;
use emporion_catalog::id::{AccountId, RecordId, Seq};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The follower under whose name all of them are kept.
pub const FOLLOWER: &str = "webhooks";
/// Events that were given up on and are told of; the newest.
const MOST_GIVEN_UP: usize = 10;

/// How deliveries to one destination go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// What it has done with.
    #[serde(skip)]
    pub position: Seq,
    pub delivered: u64,
    pub last_success_ms: Option<i64>,
    pub last_failure_ms: Option<i64>,
    /// What it answered then, where it did.
    pub last_failure_status: Option<u16>,
    pub last_failure_reason: Option<String>,
    /// Failures in a row, and since when.
    pub failures: u64,
    pub failing_since_ms: Option<i64>,
    /// Failures of the event that is next.
    pub tries: u64,
    /// How many events were given up on, and the newest of them.
    pub given_up: u64,
    pub last_given_up: Vec<GivenUp>,
}

/// An event that a destination did not take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenUp {
    /// Its place in the log, and the id of its message.
    pub seq: u64,
    pub message: Option<String>,
    pub at_ms: i64,
    pub reason: String,
}

/// How long an event is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Times that it is tried again at least.
    pub retries: u64,
    /// For how long nothing must have arrived, at least.
    pub time: Duration,
}

impl Status {
    pub fn of(state: &FollowerState) -> Status {
        let kept: Status = serde_json::from_value(Value::Object(state.data.clone())).unwrap_or_else(|error| {
            tracing::error!(key = state.key, %error, "the state of a destination cannot be read");
            Status::default()
        });
        Status { position: state.position, ..kept }
    }

    pub fn state(&self, account: AccountId, key: String) -> FollowerState {
        let data = match serde_json::to_value(self) {
            Ok(Value::Object(data)) => data.into_iter().filter(|(_, value)| !value.is_null()).collect(),
            _ => serde_json::Map::new(),
        };
        FollowerState { follower: FOLLOWER.into(), key, account, position: self.position, data }
    }

    pub fn passed(&mut self, seq: Seq) {
        self.position = seq;
        self.tries = 0;
    }

    pub fn arrived(&mut self, seq: Seq, now_ms: i64) {
        self.passed(seq);
        self.delivered += 1;
        self.failures = 0;
        self.failing_since_ms = None;
        self.last_success_ms = Some(now_ms);
    }

    pub fn failed(&mut self, now_ms: i64, answered: Option<u16>, reason: &str) {
        self.failures += 1;
        self.tries += 1;
        self.failing_since_ms.get_or_insert(now_ms);
        self.last_failure_ms = Some(now_ms);
        self.last_failure_status = answered;
        self.last_failure_reason = Some(reason.to_owned());
    }

    /// Whether the event that failed last has been tried for long enough.
    pub fn is_past(&self, patience: Patience) -> bool {
        let (Some(since), Some(last)) = (self.failing_since_ms, self.last_failure_ms) else { return false };
        let failing = u128::try_from(last.saturating_sub(since)).unwrap_or(0);
        self.tries > patience.retries && failing >= patience.time.as_millis()
    }

    /// Goes on without the event that failed last.
    pub fn give_up(&mut self, seq: Seq, message: Option<String>, now_ms: i64) {
        let reason = self.last_failure_reason.clone().unwrap_or_default();
        self.last_given_up.push(GivenUp { seq: seq.0, message, at_ms: now_ms, reason });
        let over = self.last_given_up.len().saturating_sub(MOST_GIVEN_UP);
        self.last_given_up.drain(..over);
        self.given_up += 1;
        self.passed(seq);
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

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { retries: 2, time: Duration::from_millis(500) };

    #[test]
    fn what_is_kept_is_read_back() {
        let mut status = Status::default();
        status.arrived(Seq(3), 10);
        status.failed(20, Some(500), "the endpoint answered 500");
        status.give_up(Seq(4), Some("id".into()), 30);
        let state = status.state(AccountId::GLOBAL, "k".into());
        assert_eq!((state.position, Status::of(&state)), (Seq(4), status.clone()));
        // As earlier versions wrote it.
        let data = serde_json::json!({"since": 1, "delivered": 7, "failures": 2}).as_object().cloned().unwrap();
        let old = Status::of(&FollowerState { data, ..state });
        assert_eq!((old.delivered, old.failures, old.position, old.tries), (7, 2, Seq(4), 0));
    }

    #[test]
    fn an_event_is_tried_often_and_for_long_before_it_is_given_up_on() {
        let mut status = Status::default();
        status.arrived(Seq(1), 0);
        for (now, is_past) in [(1_000, false), (1_400, false), (1_499, false), (1_500, true)] {
            status.failed(now, None, "no connection");
            assert_eq!(status.is_past(PATIENCE), is_past, "{now}");
        }
        status.give_up(Seq(2), None, 1_500);
        assert_eq!((status.position, status.failures, status.tries, status.given_up), (Seq(2), 4, 0, 1));
        // The next is tried as often, though nothing has arrived for long.
        for is_past in [false, false, true] {
            status.failed(2_000, None, "no connection");
            assert_eq!(status.is_past(PATIENCE), is_past);
        }
        status.arrived(Seq(3), 3_000);
        assert_eq!((status.failures, status.failing_since_ms, status.given_up), (0, None, 1));
        status.failed(4_000, None, "no connection");
        assert!(!status.is_past(Patience { retries: 0, ..PATIENCE }), "it has only begun to fail");
    }

    #[test]
    fn the_newest_that_were_given_up_on_are_told_of() {
        let mut status = Status::default();
        for seq in 1..=15 {
            status.failed(0, None, "x");
            status.give_up(Seq(seq), None, 0);
        }
        let told: Vec<u64> = status.last_given_up.iter().map(|given_up| given_up.seq).collect();
        assert_eq!((status.given_up, told), (15, (6..=15).collect()));
    }
}
