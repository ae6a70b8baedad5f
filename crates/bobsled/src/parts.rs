//! Requests about the parts of a product: lists, single ones and writes of all parts come from here; what is special about
//! one stands in the part.

pub mod all;
pub mod compositions;
pub mod front_pages;
pub mod handlers;
pub mod paths;
pub mod rows;
pub mod semantic_models;
pub mod unstructured_assets;

#[cfg(test)]
#[path = "parts_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "semantic_models_tests.rs"]
mod semantic_models_tests;

#[cfg(test)]
#[path = "semantic_models_redaction_tests.rs"]
mod semantic_models_redaction_tests;
