//! What goes wrong with an index, as those who ask are told.

use emporion_catalog::problem::Problem;
use tantivy::TantivyError;

use crate::index::TOO_MUCH;

/// Whether a query was given up that asks for more than one may.
pub fn is_too_much(error: &TantivyError) -> bool {
    matches!(error, TantivyError::InvalidArgument(told) if told == TOO_MUCH)
}

/// The same of what was said of it.
pub fn is_said_too_much(problem: &Problem) -> bool {
    *problem == Problem::invalid("query", TOO_MUCH)
}

pub(crate) fn fault(error: TantivyError) -> Problem {
    if is_too_much(&error) {
        return Problem::invalid("query", TOO_MUCH);
    }
    Problem::internal(format!("the index of searches: {}", said(&error)))
}

/// What went wrong. What ends the index's writer on another thread says nothing of itself here.
pub(crate) fn said(error: &TantivyError) -> String {
    match error {
        TantivyError::ErrorInThread(_) => "its writer could not go on, as where there is no room".to_owned(),
        error => error.to_string(),
    }
}
