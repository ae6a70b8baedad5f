//! Deciding over what there is, and storing what was decided while it still is so.
//!
//! Who answers a request reads the parts of a product, and products around it, and makes commands of that. What it reads is noted,
//! and the store takes the commands only if none of it has changed since: who is overtaken decides again. So two
//! requests for one product need no lock between them, wherever they are answered.

use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Command, Outcome};
use emporion_catalog::tracking::ReadSet;

use crate::failure::Failure;
use crate::idempotency::{self, Idempotent, StoredAnswer};
use crate::service::Products;

/// How often something is decided again. With the waits between, about two seconds.
const TRIES: u32 = 14;
/// In milliseconds. Large writes about others go on for longer, a part at a time.
const LONGEST_WAIT: u64 = 250;

/// Decides, and decides again while others are faster; then answers that they were.
///
/// `decide` stores what it has decided through the decision that it is given, which notes what it reads meanwhile.
pub async fn until_it_stands<T, F>(mut decide: impl FnMut(Decision) -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut tries = 1;
    loop {
        match Decision::made(&mut decide).await {
            Err(failure) if failure.is_overtaken && tries < TRIES => {
                // So that the other one comes to its end.
                tokio::time::sleep(Duration::from_millis((1 << tries.min(10)).min(LONGEST_WAIT))).await;
                tries += 1;
            }
            done => return done,
        }
    }
}

/// One try.
#[derive(Clone, Default)]
pub struct Decision(Arc<ReadSet>);

impl Decision {
    /// Decides once, and notes what is read for it.
    pub async fn made<T, F: Future<Output = T>>(decide: impl FnOnce(Decision) -> F) -> T {
        let decision = Decision::default();
        // On the heap: what is decided grows with what a product is made of, and stands below every handler.
        decision.0.during(Box::pin(decide(decision.clone()))).await
    }

    /// Stores the command if what was read so far still stands.
    ///
    /// Errors: `Overtaken` if it does not.
    pub async fn execute(&self, products: &Products, caller: &Caller, command: &Command) -> Result<Outcome, Problem> {
        products.catalog.execute_decided(caller, command, None, &self.0).await?.outcome()
    }

    /// The same under a key, and with the answer to it.
    pub async fn commit<T: 'static>(
        &self,
        products: &Products,
        caller: &Caller,
        command: &Command,
        stored: Option<StoredAnswer<T>>,
        make: impl Fn(&Outcome) -> T + Send + Sync + 'static,
    ) -> Result<Idempotent<T>, Failure> {
        idempotency::commit(&products.catalog, caller, command, stored, Some(&self.0), make).await
    }
}
