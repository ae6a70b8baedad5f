//! The rows of the operation table that parts stand for.

use emporion_products::parts::all::ALL;
use emporion_products::parts::{compositions, front_pages, semantic_models, unstructured_assets};

use super::{compositions as composing, front_pages as front_page, rows, semantic_models as models};
use crate::operation::Operation;

/// The rows of single parts that have no twins among the others.
type OwnRows = (&'static str, fn() -> Vec<Operation>);

static OWN: &[OwnRows] = &[
    (semantic_models::spec::SPEC.word, models::routes::rows),
    (front_pages::SPEC.word, || vec![front_page::current_row()]),
    (compositions::spec::SPEC.word, || vec![composing::create::row()]),
    (unstructured_assets::part::SPEC.word, super::unstructured_assets::rows),
];

/// The rows of each part: those that all have, then its own.
pub fn rows() -> Vec<Operation> {
    let own = |word: &str| OWN.iter().filter(|(of, _)| *of == word).flat_map(|(_, rows)| rows()).collect::<Vec<_>>();
    ALL.iter().flat_map(|part| rows::of(*part).into_iter().chain(own(part.spec().word))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_rows_are_of_parts_that_there_are() {
        assert!(OWN.iter().all(|(word, _)| ALL.iter().any(|part| part.spec().word == *word)));
    }
}
