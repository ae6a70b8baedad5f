//! Every part that is built, in the order of the document.

use super::compositions::create;
use super::compositions::part::Compositions;
use super::front_pages::{self, FrontPages};
use super::part::Part;
use super::rows;
use super::semantic_models::part::SemanticModels;
use super::semantic_models::routes;
use super::system_prompts::SystemPrompts;
use super::unstructured_assets;
use super::unstructured_assets::part::UnstructuredAssets;
use super::verified_queries::VerifiedQueries;
use crate::operation::Operation;

/// One part, with its rows of the operation table that have no twins among other parts.
pub struct Entry {
    pub part: &'static dyn Part,
    own: fn() -> Vec<Operation>,
}

pub static ALL: &[Entry] = &[
    Entry { part: &SemanticModels, own: routes::rows },
    Entry { part: &VerifiedQueries, own: Vec::new },
    Entry { part: &SystemPrompts, own: Vec::new },
    Entry { part: &FrontPages, own: || vec![front_pages::current_row()] },
    Entry { part: &Compositions, own: || vec![create::row()] },
    Entry { part: &UnstructuredAssets, own: unstructured_assets::rows },
];

/// Their rows of the operation table.
pub fn rows() -> Vec<Operation> {
    ALL.iter().flat_map(|entry| rows::of(entry.part).into_iter().chain((entry.own)())).collect()
}
