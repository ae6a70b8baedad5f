//! The rows of the operation table that parts stand for.

use emporion_products::parts::all::ALL;
use emporion_products::parts::{compositions, front_pages, semantic_models, unstructured_assets};

use super::compositions::create;
use super::front_pages as front_page;
use super::rows;
use super::semantic_models::routes;
use super::unstructured_assets as documents;
use crate::operation::Operation;

/// The rows of each part: those that all have, then those that have no twins among other parts.
pub fn rows() -> Vec<Operation> {
    ALL.iter().flat_map(|part| rows::of(*part).into_iter().chain(own(part.spec().word))).collect()
}

fn own(word: &str) -> Vec<Operation> {
    if word == semantic_models::spec::SPEC.word {
        routes::rows()
    } else if word == front_pages::SPEC.word {
        vec![front_page::current_row()]
    } else if word == compositions::spec::SPEC.word {
        vec![create::row()]
    } else if word == unstructured_assets::part::SPEC.word {
        documents::rows()
    } else {
        Vec::new()
    }
}
