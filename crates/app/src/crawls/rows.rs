//! The rows of crawls, as nodes of several versions read and write them.

use std::collections::VecDeque;

use emporion_catalog::Problem;
use emporion_catalog::follow::{FollowerState, row};
use emporion_catalog::id::{AccountId, Millis, RecordId, Seq};
use emporion_ingest::{BROKE_DOWN, RunRecord, STOPPED};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Under which all of them are kept.
pub const FOLLOWER: &str = "crawls";

// Of rows that another version has written, what is missing is empty.
#[derive(Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Turns {
    pub taken: Vec<Turn>,
}

#[derive(Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Turn {
    pub id: String,
    pub account: String,
    pub service: String,
}

/// The newest runs of an account that have ended, oldest first.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Ended {
    pub runs: VecDeque<String>,
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

#[derive(Default, Clone, PartialEq, Serialize, Deserialize)]
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

    pub fn stopped() -> State {
        State::failed(STOPPED, "it was ended; what was written before stays")
    }

    pub fn broke_down(why: &str) -> State {
        State::failed(BROKE_DOWN, &format!("{why}; what was written before stays"))
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

    pub fn record(&self) -> Option<RunRecord> {
        self.record.as_ref().and_then(RunRecord::of_json)
    }

    /// Whether another takes its place: it had begun at its time, and its server went away.
    pub fn begins_again(&self) -> bool {
        let is_scheduled = self.record().is_some_and(|record| record.is_scheduled());
        is_scheduled && !self.is_again && matches!(&self.state, State::Failed(reason, _) if reason == BROKE_DOWN)
    }
}

/// A row that takes the place of the one that stood there.
pub fn state<T: Serialize>(key: &str, account: AccountId, after: Seq, data: &T) -> Result<FollowerState, Problem> {
    row::next(after, (FOLLOWER, key), account, data)
}
