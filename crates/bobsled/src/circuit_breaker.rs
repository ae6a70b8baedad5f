//! Databases that do not answer: who only stores a statement waits for such a one once, and not again with every write.
//!
//! While a place is known to be silent its statements are kept unchecked; it is asked beside the writes whether it is
//! there again, and any other call that reaches it says so, too.

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

/// How long a silent place is left alone before it is asked again.
const REST: Duration = Duration::from_secs(15);
/// For the question whether it is there again. Nobody waits for the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Places that are remembered; more than these are forgotten, and asked as if nothing was known of them.
const MOST_PLACES: usize = 10_000;

/// Asks databases, and remembers which of them did not answer.
pub struct CircuitBreaker {
    databases: Arc<dyn Databases>,
    silent: Arc<Silent>,
}

/// Places that did not answer, by a number that stands for their settings, with the moment they were last asked.
#[derive(Default)]
struct Silent {
    asked: Mutex<HashMap<u64, Instant>>,
    hasher: RandomState,
}

/// What to do with a question that nobody should wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Ask,
    LeaveOut,
    /// And find out beside it whether the place answers again.
    LeaveOutAndTry,
}

impl Silent {
    fn key(&self, place: &Target) -> u64 {
        // With the settings: whoever mends them is heard at once.
        self.hasher.hash_one((&place.service_type, place.config.to_string()))
    }

    fn places(&self) -> MutexGuard<'_, HashMap<u64, Instant>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn step(&self, place: &Target, now: Instant) -> Step {
        match self.places().get_mut(&self.key(place)) {
            None => Step::Ask,
            Some(asked) if now.saturating_duration_since(*asked) < REST => Step::LeaveOut,
            Some(asked) => {
                *asked = now;
                Step::LeaveOutAndTry
            }
        }
    }

    fn note<T>(&self, place: &Target, answer: &Result<T, DatabaseError>, now: Instant) {
        match answer {
            Err(DatabaseError::Timeout | DatabaseError::Source { reason: "UNREACHABLE" | "UNAUTHORISED", .. }) => {
                let mut places = self.places();
                if places.len() >= MOST_PLACES {
                    places.clear();
                }
                places.insert(self.key(place), now);
            }
            // Nobody was asked, or what went wrong may be this one statement.
            Err(DatabaseError::Unsupported | DatabaseError::Settings { .. } | DatabaseError::Source { .. }) => {}
            Ok(_) | Err(DatabaseError::Refused { .. } | DatabaseError::Value { .. } | DatabaseError::Cost { .. }) => {
                self.heard(place)
            }
        }
    }

    fn heard(&self, place: &Target) {
        self.places().remove(&self.key(place));
    }
}

impl CircuitBreaker {
    pub fn of(databases: Arc<dyn Databases>) -> CircuitBreaker {
        CircuitBreaker { databases, silent: Arc::default() }
    }

    fn try_beside(&self, place: &Target) {
        let (databases, silent, place) = (self.databases.clone(), self.silent.clone(), place.clone());
        tokio::spawn(async move {
            let answer = databases.test(&place, PATIENCE).await;
            silent.note(&place, &answer, Instant::now());
        });
    }
}

#[async_trait]
impl Databases for CircuitBreaker {
    async fn test(&self, place: &Target, timeout: Duration) -> Result<Tested, DatabaseError> {
        let answer = self.databases.test(place, timeout).await;
        self.silent.note(place, &answer, Instant::now());
        answer
    }

    async fn tables(&self, place: &Target, timeout: Duration) -> Result<Vec<Offered>, DatabaseError> {
        let answer = self.databases.tables(place, timeout).await;
        self.silent.note(place, &answer, Instant::now());
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
        place: &Target,
        how: &Refreshing,
    ) -> Result<Refreshed, Unrefreshed> {
        let answer = self.databases.refresh(catalog, caller, service, place, how).await;
        match &answer {
            Err(Unrefreshed::Source(fault)) => self.silent.note::<()>(place, &Err(fault.clone()), Instant::now()),
            Ok(_) | Err(Unrefreshed::Catalogue(_)) => self.silent.heard(place),
            Err(Unrefreshed::Busy(_)) => {}
        }
        answer
    }

    fn allow(&self, place: &Target) -> Result<(), DatabaseError> {
        self.databases.allow(place)
    }

    fn speech(&self, place: &Target) -> Result<Speech, DatabaseError> {
        self.databases.speech(place)
    }

    /// Errors: at once for a place that did not answer before.
    async fn describe(&self, place: &Target, plan: &Plan, timeout: Duration) -> Result<Vec<Column>, DatabaseError> {
        match self.silent.step(place, Instant::now()) {
            Step::Ask => {
                let answer = self.databases.describe(place, plan, timeout).await;
                self.silent.note(place, &answer, Instant::now());
                answer
            }
            step => {
                if step == Step::LeaveOutAndTry {
                    self.try_beside(place);
                }
                let message = "the data source did not answer when it was asked last".to_owned();
                Err(DatabaseError::Source { reason: "UNREACHABLE", message })
            }
        }
    }

    async fn run(&self, place: &Target, statement: &Statement<'_>) -> Result<Answered, DatabaseError> {
        let answer = self.databases.run(place, statement).await;
        // That a query took too long, or failed, says nothing of others.
        if answer.is_ok() {
            self.silent.heard(place);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_silent_place_is_tried_now_and_then_until_it_answers() {
        let place = |host: &str| Target {
            account: emporion_catalog::id::AccountId::GLOBAL,
            service_type: "Postgres".to_owned(),
            config: json!({"hostPort": host}),
        };
        let (silent, began) = (Silent::default(), Instant::now());
        let source = DatabaseError::Source { reason: "UNREACHABLE", message: String::new() };
        let (near, far) = (place("near"), place("far"));
        silent.note::<()>(&near, &Err(source), began);
        assert_eq!(silent.step(&near, began), Step::LeaveOut);
        assert_eq!(silent.step(&far, began), Step::Ask, "another place, or the same with other settings");
        assert_eq!(silent.step(&near, began + REST), Step::LeaveOutAndTry);
        assert_eq!(silent.step(&near, began + REST), Step::LeaveOut, "one question at a time");
        silent.note::<()>(&near, &Err(DatabaseError::Value { message: String::new() }), began + REST);
        assert_eq!(silent.step(&near, began + REST), Step::Ask, "whoever finds fault is there");
    }
}
