//! Statements that fail as those do that have met another transaction (40001), on purpose.

use std::sync::Arc;

use emporion_store::postgres::FailsOnPurpose;
use parking_lot::Mutex;

use super::random::SeededRandom;

/// Which statements fail; at first none.
#[derive(Default, Clone)]
pub struct SerializationFailures(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// So many statements from now.
    next: Option<u64>,
    /// All that begin so.
    always: Option<&'static str>,
    /// From time to time, of those that are no questions: what has been looked at is not there to be looked at again once
    /// others have written.
    random: Option<SeededRandom>,
    failed: u64,
    /// Since something was committed: the more often, the longer none fails, else what is long would never come to its end.
    in_a_row: u32,
}

impl SerializationFailures {
    pub fn hook(&self) -> FailsOnPurpose {
        let state = self.0.clone();
        Arc::new(move |sql| state.lock().fails(sql))
    }

    /// The n-th statement from now fails.
    pub fn nth(&self, n: u64) {
        *self.0.lock() = State { next: Some(n), ..State::default() };
    }

    pub fn always(&self, beginning: &'static str) {
        *self.0.lock() = State { always: Some(beginning), ..State::default() };
    }

    pub fn now_and_then(&self) {
        *self.0.lock() = State { next: Some(1), random: Some(SeededRandom::of(40_001, 0)), ..State::default() };
    }

    /// From now on none fails. Answers how many have.
    pub fn end(&self) -> u64 {
        std::mem::take(&mut *self.0.lock()).failed
    }
}

impl State {
    fn fails(&mut self, sql: &str) -> bool {
        let is_question = sql.starts_with("SELECT") || sql.starts_with("WITH");
        if sql == "ROLLBACK" || (self.random.is_some() && is_question) {
            return false;
        }
        let comes = match self.next {
            Some(1) => {
                self.next = self.random.as_mut().map(|random| (10 + random.below(60)) << self.in_a_row);
                self.in_a_row += 1;
                true
            }
            Some(left) => {
                self.next = Some(left - 1);
                false
            }
            None => false,
        };
        if !comes && sql == "COMMIT" {
            self.in_a_row = 0;
        }
        let fails = comes || self.always.is_some_and(|beginning| sql.starts_with(beginning));
        self.failed += u64::from(fails);
        fails
    }
}
