//! Refusals that only the present state of a record can cause, and that the core has no words for.

use std::sync::{Arc, Mutex, PoisonError};

use emporion_catalog::Problem;

use crate::failure::Failure;

/// Carries a failure out of an edit, which can only answer the core's problems.
///
/// An edit may run more than once; what counts is what it said last.
#[derive(Clone, Default)]
pub struct Refusal(Arc<Mutex<Option<Failure>>>);

/// What stands in the problem while the failure is in the slot; never printed.
const MARK: &str = "refused by the service";

impl Refusal {
    /// Keeps the failure, and answers the problem to leave the edit with.
    pub fn say(&self, failure: Failure) -> Problem {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
        Problem::conflict(MARK)
    }

    /// The failure that a problem stands for.
    pub fn failure(&self, problem: Problem) -> Failure {
        if problem == Problem::conflict(MARK)
            && let Some(failure) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            return failure;
        }
        problem.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Code;

    #[test]
    fn a_failure_comes_out_as_it_went_in() {
        let refusal = Refusal::default();
        let inside = refusal.clone();
        let problem = inside.say(Failure::last_admin());
        assert_eq!(refusal.failure(problem).code, Code::LAST_ADMIN);
        assert_eq!(refusal.failure(Problem::KeyReused).code, Code::IDEMPOTENCY_CONFLICT);
    }
}
