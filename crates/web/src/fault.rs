//! Faults: what goes wrong with a page.

pub(crate) mod page;
pub mod wording;

use emporion_catalog::problem::Problem;
use emporion_edge::apart::Broken;

use crate::request::internal_client::Refusal;

/// Why no page is shown.
#[derive(Debug)]
pub enum Fault {
    NoSuchPage,
    WrongMethod,
    /// A past that is not kept.
    NoSuchState,
    /// A form that no page of this session has made.
    Forged,
    TooLarge {
        limit: usize,
    },
    /// More than is taken at once, however short it is.
    TooMany,
    Malformed(String),
    Unavailable(String),
    Broken,
    Problem(Problem),
    /// At the address of a form there is another record by now: its name, and its page.
    Another {
        name: String,
        address: String,
    },
    /// What another door has not done.
    Refused(Refusal),
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Fault {
        Fault::Problem(problem)
    }
}

impl From<Broken> for Fault {
    fn from(_: Broken) -> Fault {
        Fault::Broken
    }
}

/// Whether a question for a right was answered with yes.
pub fn is_allowed(asked: Result<(), Problem>) -> Result<bool, Fault> {
    match asked {
        Ok(()) => Ok(true),
        Err(Problem::Forbidden { .. }) => Ok(false),
        Err(problem) => Err(problem.into()),
    }
}
