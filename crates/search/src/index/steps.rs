//! How much one question may cost.

use emporion_catalog::finder::Effort;
use tantivy::{Result, TantivyError};

/// How many steps the searches of one question may take; a step is a few nanoseconds.
const MOST_STEPS: u64 = 400_000_000;
/// How many a text counts for that is come by in a dictionary, and one whose documents are read, or their places, too.
pub const OF_A_TEXT: u64 = 20;
pub const OF_POSTINGS: u64 = 40;
pub const OF_PLACES: u64 = 120;
/// How many a document counts for whose places are read.
pub const OF_A_PLACE: u64 = 4;
/// How many a record counts for that is read from the store, or an edge.
pub const OF_A_READ: u64 = 2_000;
/// So many documents of the index are looked at in a step, where each has to be.
pub const DOCUMENTS_IN_A_STEP: u64 = 4;

/// What is said of a question that would take more.
pub const TOO_MUCH: &str = "asks for too much at once: take fewer words and wildcards, or longer beginnings";

/// The steps that a question has taken, in all its clauses.
#[derive(Debug, Clone, Default)]
pub struct Steps(Effort);

impl Steps {
    pub fn of(effort: &Effort) -> Steps {
        Steps(effort.clone())
    }

    pub fn take(&self, steps: u64) -> Result<()> {
        match self.0.add(steps) < MOST_STEPS {
            true => Ok(()),
            false => Err(TantivyError::InvalidArgument(TOO_MUCH.to_owned())),
        }
    }

    /// Takes them where so many are left: for what an answer can be without.
    pub fn spare(&self, steps: u64) -> bool {
        self.0.add_within(steps, MOST_STEPS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_takes_so_many_steps_and_no_more() {
        let effort = Effort::default();
        let steps = Steps::of(&effort);
        assert_eq!((0..).take_while(|_| steps.take(1_000_000).is_ok()).count(), 400);
        assert!(Steps::of(&effort).take(1).is_err(), "what shares it has none left either");
        assert!(Steps::default().take(1).is_ok());
    }

    #[test]
    fn what_can_be_spared_leaves_the_rest_to_others() {
        let steps = Steps::default();
        assert!(steps.spare(MOST_STEPS - 10) && !steps.spare(10) && steps.spare(9));
        assert!(!steps.spare(u64::MAX), "no sum is too great to be told");
    }
}
