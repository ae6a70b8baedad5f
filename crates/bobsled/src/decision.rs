//! Deciding over what there is, and storing what was decided while it still is so.
//!
//! A handler reads the parts of a product, and products around it, and makes commands of that. What it reads is noted,
//! and the store takes the commands only if none of it has changed since: who is overtaken decides again. So two
//! requests for one product need no lock between them, wherever they are answered.

use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Outcome};
use emporion_catalog::tracking::ReadSet;

use crate::call::Call;
use crate::commit::{self, Key};
use crate::door::Door;
use crate::envelope::Reply;
use crate::error::Failure;

/// How often something is decided again. With the waits between, about two seconds.
const TRIES: u32 = 14;
/// In milliseconds. Large writes about others go on for longer, a part at a time.
const LONGEST_WAIT: u64 = 250;

/// One try.
#[derive(Default)]
pub struct Decision(Arc<ReadSet>);

impl Decision {
    /// Notes what the work reads.
    pub async fn over<T>(&self, work: impl Future<Output = T>) -> T {
        self.0.during(work).await
    }

    /// Stores the command if what was read so far still stands.
    ///
    /// Errors: `Overtaken` if it does not.
    pub async fn execute(&self, door: &Door, call: &Call, command: &Command) -> Result<Outcome, Problem> {
        door.catalog.execute_decided(&call.caller, command, None, &self.0).await?.outcome()
    }

    /// The same under a key, and with the answer to it.
    pub async fn commit(
        &self,
        door: &Door,
        call: &Call,
        command: &Command,
        key: Option<Key>,
        print: impl Fn(&Outcome) -> Reply + Send + Sync + 'static,
    ) -> Result<Reply, Failure> {
        commit::decided(door, call, command, key, Some(&self.0), print).await
    }
}

/// What a request under a key is answered at last: a refusal may come of what the same request has done a moment before,
/// and then it gets that one's answer.
pub async fn answer(
    door: &Door,
    call: &Call,
    key: Option<&Key>,
    decided: Result<Reply, Failure>,
) -> Result<Reply, Failure> {
    match (decided, key) {
        (Err(failure), Some(key)) => key.replay(door, call).await?.ok_or(failure),
        (decided, _) => decided,
    }
}

/// How often something was decided.
#[derive(Debug, Default)]
pub struct Tries(u32);

impl Tries {
    /// Whether to decide again after this failure. Waits a little first, so that the other one comes to its end.
    pub async fn again(&mut self, failure: &Failure) -> bool {
        failure.is_overtaken && self.left().await
    }

    /// The same where it is known that somebody was faster.
    pub async fn left(&mut self) -> bool {
        self.0 += 1;
        if self.0 < TRIES {
            tokio::time::sleep(Duration::from_millis((1 << self.0.min(10)).min(LONGEST_WAIT))).await;
        }
        self.0 < TRIES
    }
}
