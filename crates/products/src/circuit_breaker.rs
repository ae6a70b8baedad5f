//! Databases that do not answer: who only stores a statement waits for such a one once, and not again with every write.
//!
//! While its circuit is open, statements for a database are kept unchecked; it is asked beside the writes whether it is
//! there again, and any other call that reaches it closes the circuit, too.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use emporion_catalog::Catalog;
use emporion_catalog::caller::Caller;
use emporion_catalog::record::Record;
use emporion_semantic::guard::Plan;

use crate::databases::{
    Answered, Column, DatabaseError, Databases, Offered, Refreshed, Refreshing, Speech, Statement, Target, Tested,
    Unrefreshed,
};

/// How long a database that did not answer is left alone before it is asked again.
const REST: Duration = Duration::from_secs(15);
/// For the question whether it is there again. Nobody waits for the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Databases that are remembered; more than these are forgotten, and asked as if nothing was known of them.
const MOST_TARGETS: usize = 10_000;

/// Asks databases, and remembers which of them did not answer.
pub struct CircuitBreaker {
    databases: Arc<dyn Databases>,
    circuits: Arc<OpenCircuits>,
}

/// Databases that did not answer, by a number that stands for their settings, with the moment they were last asked.
#[derive(Default)]
struct OpenCircuits {
    asked: Mutex<HashMap<u64, Instant>>,
    hasher: RandomState,
}

/// What to do with a question that nobody should wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Ask,
    LeaveOut,
    /// And find out beside it whether the database answers again.
    LeaveOutAndTry,
}

impl OpenCircuits {
    fn key(&self, target: &Target) -> u64 {
        // With the settings: whoever mends them is heard at once.
        self.hasher.hash_one((&target.service_type, target.config.to_string()))
    }

    fn targets(&self) -> MutexGuard<'_, HashMap<u64, Instant>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn step(&self, target: &Target, now: Instant) -> Step {
        match self.targets().get_mut(&self.key(target)) {
            None => Step::Ask,
            Some(asked) if now.saturating_duration_since(*asked) < REST => Step::LeaveOut,
            Some(asked) => {
                *asked = now;
                Step::LeaveOutAndTry
            }
        }
    }

    fn note<T>(&self, target: &Target, answer: &Result<T, DatabaseError>, now: Instant) {
        match answer {
            Err(DatabaseError::Timeout | DatabaseError::Source { reason: "UNREACHABLE" | "UNAUTHORISED", .. }) => {
                let mut targets = self.targets();
                if targets.len() >= MOST_TARGETS {
                    targets.clear();
                }
                targets.insert(self.key(target), now);
            }
            // Nobody was asked, or what went wrong may be this one statement.
            Err(DatabaseError::Unsupported | DatabaseError::Settings { .. } | DatabaseError::Source { .. }) => {}
            Ok(_) | Err(DatabaseError::Refused { .. } | DatabaseError::Value { .. } | DatabaseError::Cost { .. }) => {
                self.close(target)
            }
        }
    }

    fn close(&self, target: &Target) {
        self.targets().remove(&self.key(target));
    }
}

impl CircuitBreaker {
    pub fn of(databases: Arc<dyn Databases>) -> CircuitBreaker {
        CircuitBreaker { databases, circuits: Arc::default() }
    }

    fn probe(&self, target: &Target) {
        let (databases, circuits, target) = (self.databases.clone(), self.circuits.clone(), target.clone());
        tokio::spawn(async move {
            let answer = databases.test(&target, PATIENCE).await;
            circuits.note(&target, &answer, Instant::now());
        });
    }
}

#[async_trait]
impl Databases for CircuitBreaker {
    async fn test(&self, target: &Target, timeout: Duration) -> Result<Tested, DatabaseError> {
        let answer = self.databases.test(target, timeout).await;
        self.circuits.note(target, &answer, Instant::now());
        answer
    }

    async fn tables(&self, target: &Target, timeout: Duration) -> Result<Vec<Offered>, DatabaseError> {
        let answer = self.databases.tables(target, timeout).await;
        self.circuits.note(target, &answer, Instant::now());
        answer
    }

    async fn take_in(
        &self,
        catalog: &Catalog,
        caller: &Caller,
        service: &Record,
        tables: &[(String, String)],
    ) -> Result<(), String> {
        self.databases.take_in(catalog, caller, service, tables).await
    }

    async fn refresh(
        &self,
        catalog: &Catalog,
        caller: &Caller,
        service: &Record,
        target: &Target,
        how: &Refreshing,
    ) -> Result<Refreshed, Unrefreshed> {
        let answer = self.databases.refresh(catalog, caller, service, target, how).await;
        match &answer {
            Err(Unrefreshed::Source(error)) => self.circuits.note::<()>(target, &Err(error.clone()), Instant::now()),
            Ok(_) | Err(Unrefreshed::Catalogue(_)) => self.circuits.close(target),
            Err(Unrefreshed::Busy(_)) => {}
        }
        answer
    }

    fn allow(&self, target: &Target) -> Result<(), DatabaseError> {
        self.databases.allow(target)
    }

    fn speech(&self, target: &Target) -> Result<Speech, DatabaseError> {
        self.databases.speech(target)
    }

    /// Errors: at once for a database that did not answer before.
    async fn describe(&self, target: &Target, plan: &Plan, timeout: Duration) -> Result<Vec<Column>, DatabaseError> {
        match self.circuits.step(target, Instant::now()) {
            Step::Ask => {
                let answer = self.databases.describe(target, plan, timeout).await;
                self.circuits.note(target, &answer, Instant::now());
                answer
            }
            step => {
                if step == Step::LeaveOutAndTry {
                    self.probe(target);
                }
                let message = "the data source did not answer when it was asked last".to_owned();
                Err(DatabaseError::Source { reason: "UNREACHABLE", message })
            }
        }
    }

    async fn run(&self, target: &Target, statement: &Statement<'_>) -> Result<Answered, DatabaseError> {
        let answer = self.databases.run(target, statement).await;
        // That a query took too long, or failed, says nothing of others.
        if answer.is_ok() {
            self.circuits.close(target);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_silent_database_is_tried_now_and_then_until_it_answers() {
        let target = |host: &str| Target {
            account: emporion_catalog::id::AccountId::GLOBAL,
            service_type: "Postgres".to_owned(),
            config: json!({"hostPort": host}),
        };
        let (circuits, began) = (OpenCircuits::default(), Instant::now());
        let source = DatabaseError::Source { reason: "UNREACHABLE", message: String::new() };
        let (near, far) = (target("near"), target("far"));
        circuits.note::<()>(&near, &Err(source), began);
        assert_eq!(circuits.step(&near, began), Step::LeaveOut);
        assert_eq!(circuits.step(&far, began), Step::Ask, "another database, or the same with other settings");
        assert_eq!(circuits.step(&near, began + REST), Step::LeaveOutAndTry);
        assert_eq!(circuits.step(&near, began + REST), Step::LeaveOut, "one question at a time");
        circuits.note::<()>(&near, &Err(DatabaseError::Value { message: String::new() }), began + REST);
        assert_eq!(circuits.step(&near, began + REST), Step::Ask, "whoever finds fault is there");
    }
}
