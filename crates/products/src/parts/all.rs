//! Every part that is built, in the order of the document.

use super::compositions::part::Compositions;
use super::front_pages::FrontPages;
use super::part::Part;
use super::semantic_models::part::SemanticModels;
use super::system_prompts::SystemPrompts;
use super::unstructured_assets::part::UnstructuredAssets;
use super::verified_queries::VerifiedQueries;

pub static ALL: &[&dyn Part] =
    &[&SemanticModels, &VerifiedQueries, &SystemPrompts, &FrontPages, &Compositions, &UnstructuredAssets];
